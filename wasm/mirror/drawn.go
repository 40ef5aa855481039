package mirror

import "afterimage/wasm/mask"

// Editors that draw what is typed outside of their field make lines and carets anew at each key. The wire is not
// told: what comes where such a thing went goes on as that, and what nothing replaces goes a second later. Only in
// the full form, which the lean recorder asks for where it meets such a field.

// look of an element: which attributes the wire may have of it, and a hash of its name, which no two names of HTML
// share.
const (
	lookClass = 1 << iota
	lookStyle
	lookOther // the first of four, by a hash of the name
	lookAttrs = lookOther<<4 - 1
	lookSeed  = 486
)

var className, styleName = []byte("class"), []byte("style")

func lookOf(attr []byte) uint16 {
	switch {
	case same(attr, "class"):
		return lookClass
	case same(attr, "style"):
		return lookStyle
	default:
		return lookOther << (mix(0, attr, false) >> 30)
	}
}

// stands reports whether the parent of n is in a masked editor, and n no part of a line (fold).
func (c *Core) stands(n *node) bool {
	return mask.Detects() && (n.tag == mask.TagPlain || n.tag == mask.TagCanvas) && n.flags&(hidden|phrase) == 0 && !n.mode.Opens() && n.mode != mask.Blocked && c.n(n.parent).kids&textTyped != 0
}

// haveGone keeps n, which the page has removed, on the wire if it stands in an editor.
func (c *Core) haveGone(n *node) bool {
	if !c.stands(n) {
		return false
	}
	n.flags |= gone
	c.goneMs = c.atMs
	return true
}

// renew lets a new element go on as one that was beside it, and writes what is different in it.
func (c *Core) renew(s int32, name []byte) bool {
	if !mask.Detects() {
		return false
	}
	n := c.n(s)
	n.look = uint16(mix(lookSeed, name, false)>>22) * (lookAttrs + 1)
	for i := range c.attrs {
		n.look |= lookOf(c.attrs[i].name)
	}
	if !c.stands(n) {
		return false
	}
	// What is not told, and what stands for it, has no place of its own on the wire.
	at := n.next
	for c.n(at).flags&(hidden|ghost) != 0 {
		at = c.n(at).next
	}
	if c.n(at).flags&gone == 0 {
		for at = n.prev; c.n(at).flags&(hidden|ghost) != 0; {
			at = c.n(at).prev
		}
	}
	o := c.n(at)
	lost := o.look &^ n.look
	if o.flags&gone == 0 || (o.look^n.look)&^(lookClass|lookStyle) != 0 || o.ns != n.ns || o.kids != n.kids || o.mode != n.mode || o.inner != 0 {
		return false
	}
	n.wire = o.wire
	parent := n.parent
	c.unlink(s)
	c.link(s, parent, at)
	for k := o.first; k != 0; k = o.first {
		q := c.n(k)
		if q.flags&hidden != 0 {
			c.release(k)
			continue
		}
		if q.flags&(phrase|ghost) != 0 {
			q.flags = q.flags&^phrase | ghost
		} else {
			q.flags |= gone
		}
		c.unlink(k)
		c.link(k, s, n.last)
	}
	c.release(at)
	for i := range c.attrs {
		c.tellAttr(s, c.attrs[i].name, c.attrs[i].value, false)
	}
	if lost&lookClass != 0 {
		c.tellAttr(s, className, nil, true)
	}
	if lost&lookStyle != 0 {
		c.tellAttr(s, styleName, nil, true)
	}
	return true
}

// lastThere is the last child of s that the page has: behind it stands what was in the one that s goes on as.
func (c *Core) lastThere(s int32) int32 {
	s = c.n(s).last
	if mask.Detects() {
		for c.n(s).flags&(gone|ghost) != 0 {
			s = c.n(s).prev
		}
	}
	return s
}

// sweep takes from the wire what was gone at the last sweep too: where something goes all the time, as a caret does
// that blinks, exorcise never comes.
func (c *Core) sweep(nowMs int64) {
	if !mask.Detects() || nowMs <= c.sweptMs+activityMs {
		return
	}
	c.sweptMs = nowMs
	for s := range c.nodes {
		n := c.n(int32(s))
		switch {
		case n.flags&gone == 0 && (n.flags&ghost == 0 || (c.n(n.prev).flags|c.n(n.next).flags)&phrase != 0):
			n.flags &^= swept
		case n.flags&swept == 0:
			n.flags |= swept
		default:
			c.takeAway(int32(s))
		}
	}
}

// drawn tells the policy whether the element at hand stands in an editor: where it is drawn follows the caret.
// notDrawn is the end of that.
func (c *Core) drawn(s int32, leaf bool) {
	if !mask.Detects() {
		return
	}
	c.pol.Drawn = mask.NotDrawn
	if n := c.n(s); (n.tag == mask.TagPlain || n.tag == mask.TagCanvas || n.tag == mask.TagTextarea || n.tag == mask.TagInput) && !n.mode.Opens() && n.mode != mask.Blocked && c.n(n.parent).kids&textTyped != 0 {
		c.pol.Drawn = mask.DrawnAround
		if leaf {
			c.pol.Drawn = mask.DrawnLeaf
		}
	}
}

func (c *Core) notDrawn() {
	if mask.Detects() {
		c.pol.Drawn = mask.NotDrawn
	}
}
