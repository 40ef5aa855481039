package mirror

import (
	"afterimage/wasm/mask"
	"afterimage/wasm/wire"
)

// The writer of wire ops. Everything textual is mask.Text, which only the policy makes;
// numbers are sizes, positions and kinds.

//go:noinline
func (c *Core) begin(kind wire.Kind, s int32) *wire.Op {
	o := &c.op
	o.Kind, o.AtMs = kind, c.atMs
	c.at = s
	o.ID, o.Parent, o.Prev = c.n(s).wire, 0, 0
	o.Name, o.Text = nil, nil
	o.Attrs, o.Nums = o.Attrs[:0], o.Nums[:0]
	return o
}

//go:noinline
func (c *Core) send() {
	if !c.again() {
		c.enc.Append(&c.op)
		c.noteAssets()
	}
	c.pol.Reset()
	if c.enc.PendingBytes() > segmentBytes {
		c.closeSegment()
	}
}

func (c *Core) emitText(kind wire.Kind, s int32, text mask.Text) {
	c.begin(kind, s).Text = text.Bytes()
	c.send()
}

//go:noinline
func (c *Core) num(n int64) { c.op.Nums = append(c.op.Nums, n) }

// wirePrev is the id of the nearest sibling before s that is on the wire.
func (c *Core) wirePrev(s int32) uint32 {
	for p := c.n(s).prev; p != 0; p = c.n(p).prev {
		if c.n(p).flags&hidden == 0 {
			return c.n(p).wire
		}
	}
	return 0
}

// seen is s, or the ancestor that stands for it on the wire.
func (c *Core) seen(s int32) int32 {
	for s != 0 && c.n(s).flags&hidden != 0 {
		s = c.n(s).parent
	}
	return s
}

// emitNode begins the op that creates s at its place, or moves it there. The wire counts what it is told of, so
// that no id tells how much it is not.
func (c *Core) emitNode(kind wire.Kind, s int32) *wire.Op {
	n := c.n(s)
	if n.wire == 0 {
		c.lastWire++
		n.wire = c.lastWire
	}
	o := c.begin(kind, s)
	o.Parent, o.Prev = c.n(n.parent).wire, c.wirePrev(s)
	return o
}

func (c *Core) element(s int32) mask.Element {
	n := c.n(s)
	return mask.Element{Tag: n.tag, Input: n.input, Mode: n.mode, Secret: n.flags&secret != 0, Named: n.flags&named != 0}
}

// pair is an attribute as the page has it.
type pair struct{ name, value []byte }

// addElement makes an element node, learns from its attributes what it is, and writes it.
func (c *Core) addElement(parent, prev int32, id uint32, ns uint8, name []byte, marks uint8) int32 {
	s := c.create(id, kindElement)
	c.link(s, parent, prev)
	n := c.n(s)
	n.ns, n.selMark = ns, marks
	local := name
	for i, ch := range name {
		if ch == ':' {
			local = name[i+1:]
			break
		}
	}
	n.tag = c.pol.TagOf(local)
	if c.pol.Inline(local) {
		n.flags |= inline
	}
	for i := range c.attrs {
		c.learn(n, c.attrs[i].name, c.attrs[i].value, false)
		c.noteLink(n, c.attrs[i].name, c.attrs[i].value)
	}
	c.place(s)
	c.fold(s, local)
	if n.flags&hidden != 0 {
		return s
	}
	if c.renew(s, name) {
		return s
	}
	o := c.emitNode(wire.KindElement, s)
	o.Name = c.pol.TagName(name, n.tag, n.mode).Bytes()
	e := c.element(s)
	c.blunt = n.isSizedByValue()
	c.drawn(s, c.leaf)
	for i := range c.attrs {
		if an, av, ok := c.pol.Attr(e, c.attrs[i].name, c.attrs[i].value); ok {
			o.Attrs = append(o.Attrs, wire.Attr{Name: an.Bytes(), Value: av.Bytes()})
			if c.blunt || c.pol.Drawn != mask.NotDrawn {
				c.note(an.Bytes(), av.Bytes(), uint32(wire.KindAttr))
			}
		}
	}
	c.notDrawn()
	c.num(int64(ns))
	c.blunt = false
	c.send()
	return s
}

// learn notes what an attribute says about its element: marker, kind, secret. A null value
// takes it back, but a secret stays one.
func (c *Core) learn(n *node, name, value []byte, null bool) {
	h := c.pol.HintOf(name)
	field := n.tag == mask.TagInput || n.tag == mask.TagTextarea
	if mask.Detects() && field {
		h = c.pol.FieldHintOf(name)
	}
	switch h {
	case mask.HintNone:
		return
	case mask.HintMarker:
		if !null {
			n.attrMark |= marker(value) // one in a namespace, which is none, may stand beside it
		}
	case mask.HintEditable:
		n.flags &^= editable | fixed
		switch {
		case null:
		case same(value, "false"):
			n.flags |= fixed
		case len(value) == 0 || same(value, "true") || same(value, "plaintext-only"):
			n.flags |= editable
		}
	case mask.HintRole:
		n.flags &^= typedRole
		if c.pol.TypedRole(value) {
			n.flags |= typedRole
		}
	case mask.HintType:
		if n.tag == mask.TagInput {
			n.input = c.pol.InputKind(value)
		}
	case mask.HintLabel:
		if n.tag == mask.TagMeta && same(name, "name") {
			n.flags &^= named
			if c.pol.NamedMeta(value) {
				n.flags |= named
			}
		}
	}
	if c.pol.SecretHint(h, value) {
		n.flags |= called
		if field {
			n.flags |= secret
		}
	}
}

// addText makes a text node and writes it.
func (c *Core) addText(parent, prev int32, id uint32, data []byte) int32 {
	s := c.create(id, kindText)
	c.link(s, parent, prev)
	c.place(s)
	n := c.n(s)
	if n.flags&hidden != 0 || c.silent(parent) {
		n.flags |= hidden
		if mask.Detects() && !c.inSnapshot {
			c.learnTyped(n, data) // of an editor that waits to be sent anew it may be gone by then
		}
		return s
	}
	if c.flows(c.n(parent)) {
		n.flags |= hidden | waits
		c.flowText(s, data)
		return s
	}
	if !c.inSnapshot {
		c.learnTyped(n, data)
	}
	p := c.n(parent)
	if p.tag == mask.TagTextarea && (!p.mode.Opens() || p.flags&secret != 0) {
		// Scripts write it anew at each key.
		n.flags |= hidden
		if len(data) > 0 {
			c.emitMask(parent, true)
		}
		return s
	}
	if c.fold(s, data); n.flags&hidden != 0 {
		return s
	}
	o := c.emitNode(wire.KindText, s)
	o.Text = c.textOf(parent, data).Bytes()
	c.send()
	return s
}

// silent: the text children of these elements are never sent.
func (c *Core) silent(parent int32) bool {
	switch c.n(parent).tag {
	case mask.TagNoText, mask.TagScript, mask.TagFrame, mask.TagObject:
		return true
	}
	return false
}

// textOf masks the data of a text child of parent.
func (c *Core) textOf(parent int32, data []byte) mask.Text {
	p := c.n(parent)
	switch {
	case c.silent(parent):
		return mask.Text{}
	case p.tag == mask.TagStyle:
		return c.pol.CSS(data, p.mode)
	case p.flags&secret != 0:
		return c.pol.Filled(len(data) > 0)
	case p.kids == textTyped || p.kids == textSecret:
		return c.pol.EditableText(data, p.mode)
	case p.kids == textField:
		return c.pol.FieldText(data, p.mode)
	default:
		return c.pol.Text(data, p.mode)
	}
}

// addOther makes a comment or doctype; what a comment says is not even read.
func (c *Core) addOther(parent, prev int32, id uint32, kind int64, name []byte) int32 {
	s := c.create(id, kindOther)
	c.link(s, parent, prev)
	c.place(s)
	if c.n(s).flags&hidden == 0 && c.silent(parent) {
		c.n(s).flags |= hidden
	}
	if c.fold(s, nil); c.n(s).flags&hidden != 0 {
		return s
	}
	o := c.emitNode(wire.KindOther, s)
	o.Name = c.pol.CommonName(name).Bytes()
	c.num(kind)
	c.send()
	return s
}
