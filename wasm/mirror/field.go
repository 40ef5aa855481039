package mirror

import (
	"afterimage/wasm/mask"
	"afterimage/wasm/wire"
)

// activity is the bucket of key events in masked fields that was told last, or is to be told.
type activity struct {
	id     uint32 // the field of the last of them
	bucket int64  // its start; a bucket is activityMs long
	end    int64  // 0 before the first key
	open   bool   // fields have something due
}

const activityMs = 1000

// boxStep rounds the width of a box that has the focus, px.
const boxStep = 64

// Kinds of key: jsbridge/PROTOCOL.md.
const (
	keyCharacter = 0
	keyEditing   = 1
	keyLast      = 4
)

// applyKey sends a key event by kind where its field is allowed. In a masked field only
// that there was activity within a second is told, not how many keys; of a secret nothing. Where
// keys are not recorded they still say what scrolls with the caret.
func (c *Core) applyKey(s, kind int32) {
	n := c.n(s)
	if kind < 0 || kind > keyLast || n.flags&secret != 0 || n.kids == textSecret || n.mode == mask.Blocked {
		return
	}
	if n.mode.Opens() || !c.typedIn(n) && kind > keyEditing {
		if c.keys {
			c.begin(wire.KindKey, c.seen(s))
			c.num(int64(kind))
			c.send()
		}
		return
	}
	bucket := c.atMs - c.atMs%activityMs
	if c.act.bucket != bucket {
		c.flushActivity(bucket + activityMs)
	}
	n = c.n(c.seen(s))
	c.act = activity{n.id, bucket, bucket + activityMs, true}
	if c.keys {
		n.due |= dueKeys
	}
}

// flushActivity writes what is due if the bucket ended before nowMs, and takes off the wire what is gone. The time of
// both is that at which the bucket began, or of what was told last: it says nothing of the keys.
func (c *Core) flushActivity(nowMs int64) {
	at := c.atMs
	c.atMs = c.act.bucket
	if nowMs > c.goneMs+activityMs {
		c.exorcise()
		c.goneMs = nowMs
	} else {
		c.sweep(nowMs)
	}
	if c.act.open && nowMs >= c.act.end {
		c.act.open = false
		// Several fields may take the keys by turns, and be emptied and filled at each.
		for s := range c.nodes {
			n := c.n(int32(s))
			due := n.due
			n.due = 0
			if due&dueKeys != 0 {
				c.begin(wire.KindActivity, int32(s))
				c.num(c.act.bucket)
				c.num(1)
				c.send()
			}
			if due > dueKeys {
				c.tellFilled(int32(s), due&^dueKeys)
			}
		}
	}
	c.atMs = at
}

// phraseElements stand in the lines of an editor, as custom elements do; all others make lines.
const phraseElements = " span b i u s a em strong code font mark small sub sup ins del q kbd img "

// fold leaves out what stands in a line of an editor that is masked, if something before or behind it does: a
// line tells that something is in it, not how many texts or elements are made of it, which may be one
// for each key. what: the name of the element, or the text.
func (c *Core) fold(s int32, what []byte) {
	n := c.n(s)
	p := c.n(n.parent)
	if n.flags&hidden != 0 || p.kids&textTyped == 0 || n.mode.Opens() {
		return
	}
	beside := (c.n(n.prev).flags | c.n(n.next).flags) & (phrase | ghost)
	switch {
	case n.kind == kindElement && n.tag != mask.TagUnknown && !mask.Listed(phraseElements, what):
	case beside != 0:
		n.flags |= hidden | phrase
	case n.kind == kindElement || !mask.OnlySpace(what):
		n.flags |= phrase
	}
}

// haunt keeps what stands for its line of a masked editor: scripts write it anew at each key. It reports
// whether it does; exorcise sees to what is left alone.
func (c *Core) haunt(n *node) bool {
	if n.flags&(phrase|ghost) == 0 {
		return c.haveGone(n)
	}
	c.goneMs = c.atMs
	if n.flags&hidden != 0 {
		return false
	}
	n.flags = n.flags&^phrase | ghost
	return true
}

// exorcise removes what stands for lines in which nothing is left.
func (c *Core) exorcise() {
	for s := range c.nodes {
		n := c.n(int32(s))
		if mask.Detects() && n.flags&gone != 0 {
			c.takeAway(int32(s))
			continue
		}
		if n.flags&ghost != 0 && (c.n(n.prev).flags|c.n(n.next).flags)&phrase == 0 {
			c.takeAway(int32(s))
		}
	}
}

// typedIn: a field, or text that the visitor may type.
func (c *Core) typedIn(n *node) bool {
	return n.tag == mask.TagInput || n.tag == mask.TagTextarea || n.tag == mask.TagSelect || n.kids != textPlain
}

// applyValue sends the live value of a field through the policy. While the field stays
// masked, one op says that something was typed; the keys after it change nothing.
func (c *Core) applyValue(s int32, value []byte) {
	n := c.n(s)
	if n.mode == mask.Blocked {
		return
	}
	if n.input == mask.InputFile || n.input == mask.InputHidden || n.input == mask.InputToggle {
		return
	}
	if mask.Detects() && n.mode.Opens() && n.flags&secret == 0 && c.pol.IsSecretValue(value) {
		n.flags |= secret // a copy of one, as pages make them to show it
	}
	shown := n.mode.Opens() && n.flags&secret == 0
	if !shown {
		if n.flags&secret != 0 {
			c.pol.TypedSecret(n.id, value)
		} else {
			c.pol.Typed(n.id, value)
		}
		if mask.Detects() {
			c.joinBoxes(n, value)
		}
		if n.input != mask.InputSlider {
			c.emitMask(s, len(value) > 0)
		}
		return
	}
	if mask.Detects() {
		c.pol.ShownValue(value)
	}
	if n.flags&hidden == 0 {
		n.flags &^= sentMask | sentNone
		c.emitText(wire.KindValue, s, c.pol.Value(value, n.mode, false))
	}
}

// echoEarlier is beyond the ids of nodes, and leaves the bits for parts of a value.
const echoEarlier = -1 - 1<<28

// echo remembers what stands in a secret field, or with id 0 in another one; with an id below −1 in the field or
// text of node −1 − id (in the strict form as in a secret one, which is tighter). From echoEarlier on down each number is a
// field of a page view before this one.
func (c *Core) echo(id int32, value []byte) {
	if id == 0 {
		c.pol.Typed(0, value)
	} else if mask.Detects() && id <= echoEarlier {
		c.pol.Typed(uint32(-1-id), value)
	} else if mask.Detects() && id < -1 {
		n := c.n(c.slot(uint32(-1 - id)))
		c.pol.Typed(n.id, value)
		c.joinBoxes(n, value)
	} else {
		if mask.Detects() && len(value) > 0 {
			c.secretMs = c.atMs
		}
		if mask.Detects() && id > 0 {
			c.joinBoxes(c.n(c.slot(uint32(id))), value)
		}
		c.pol.TypedSecret(uint32(max(id, 0)), value)
	}
}

// learnTyped remembers the text of an editable element that is masked: what a visitor writes
// there is often shown elsewhere then.
func (c *Core) learnTyped(n *node, data []byte) {
	p := c.n(n.parent)
	switch {
	case p.mode == mask.Blocked || p.flags&secret != 0:
	case p.kids == textSecret:
		c.pol.TypedSecret(n.id, data)
	case p.kids == textTyped:
		c.pol.Typed(n.id, data)
	}
}

// emitMask sends whether a masked field is filled, within the second of a key at its end.
func (c *Core) emitMask(s int32, filled bool) {
	n, say := c.n(s), uint16(sentNone)
	if filled {
		say = sentMask
	}
	if n.due == 0 && c.atMs >= c.act.end {
		c.tellFilled(s, say)
		return
	}
	n.due = n.due&dueKeys | say
	c.act.open = true
}

// tellFilled sends whether a field is filled that is masked still, if the wire does not say so already.
func (c *Core) tellFilled(s int32, say uint16) {
	n := c.n(s)
	if n.flags&(hidden|say) != 0 || n.mode.Opens() && n.flags&secret == 0 {
		return
	}
	n.flags = n.flags&^(sentMask|sentNone) | say
	c.emitText(wire.KindValue, s, c.pol.Filled(say == sentMask))
}

// applyAttr takes in what an attribute says, and sends it through the policy.
func (c *Core) applyAttr(s int32, name, value []byte) {
	n, null := c.n(s), c.null
	if n.kind != kindElement {
		return
	}
	wasSecret := n.flags&secret != 0
	if c.pol.HintOf(name) == mask.HintMarker {
		n.attrMark = 0
	}
	c.learn(n, name, value, null)
	c.noteLink(n, name, value)
	if n.flags&secret != 0 && !wasSecret {
		// What the wire shows of it may be its value.
		n.flags &^= sentMask | sentNone
		c.tellFilled(s, sentMask)
	}
	c.retune(s)
	if c.n(s).flags&hidden == 0 {
		c.tellAttr(s, name, value, null)
	}
}

func (c *Core) tellAttr(s int32, name, value []byte, null bool) {
	n := c.n(s)
	e := c.element(s)
	c.drawn(s, n.first == 0 || c.n(n.first).kind == kindText)
	kind := wire.KindAttr
	an, av, ok := c.pol.Attr(e, name, value)
	c.notDrawn()
	if mask.Detects() {
		n.look &^= lookOf(name)
		if !null {
			n.look |= lookOf(name)
		}
	}
	if null || !ok {
		kind = wire.KindAttrRemoved
		an, ok = c.pol.AttrName(e, name)
		av = mask.Text{}
	}
	if ok {
		c.begin(kind, s).Name = an.Bytes()
		c.op.Text = av.Bytes()
		// A caret or a bar that goes with what is typed: beside the field, with nothing in it or only such a one.
		c.blunt = n.isSizedByValue() || c.typing(s, c.n(c.slot(c.act.id)).parent) && c.n(n.first).first == 0
		c.send()
		c.blunt = false
	}
}

// isSizedByValue reports whether scripts may give the element a size after what is typed in it. The numbers of
// its attributes are told as it appears, and not when they alone change.
func (n *node) isSizedByValue() bool {
	return n.tag == mask.TagInput && (!n.mode.Opens() || n.flags&secret != 0)
}

// typing reports whether s stands in at, and somebody has typed within two seconds.
func (c *Core) typing(s, at int32) bool {
	return c.atMs < c.act.bucket+2*activityMs && c.inside(s, at)
}
