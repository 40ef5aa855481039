package mirror

import "afterimage/wasm/mask"

// Editors that draw what is typed outside of their field make lines and carets anew at each key. The wire is not
// told: what comes where such a thing went goes on as that, and what nothing replaces goes a second later. Only in
// the full form, which the lean recorder asks for where it meets such a field.

// stands reports whether the parent of n is in a masked editor, and n no part of a line (fold).
func (c *Core) stands(n *node) bool {
	return mask.Detects() && n.tag == mask.TagPlain && n.flags&(hidden|phrase) == 0 && !n.mode.Opens() && n.mode != mask.Blocked && c.n(n.parent).kids&textTyped != 0
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
	n.name = uint8(mix(0, name, false) >> 24)
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
	if o.flags&gone == 0 || o.name != n.name || o.ns != n.ns || o.kids != n.kids || o.inner != 0 {
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
	return true
}

// drawn tells the policy whether the element at hand stands in an editor: where it is drawn follows the caret.
func (c *Core) drawn(s int32, leaf bool) {
	if !mask.Detects() {
		return
	}
	c.pol.Drawn = mask.NotDrawn
	if n := c.n(s); (n.tag == mask.TagPlain || n.tag == mask.TagTextarea || n.tag == mask.TagInput) && !n.mode.Opens() && n.mode != mask.Blocked && c.n(n.parent).kids&textTyped != 0 {
		c.pol.Drawn = mask.DrawnAround
		if leaf {
			c.pol.Drawn = mask.DrawnLeaf
		}
	}
}
