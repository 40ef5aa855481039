package mirror

import (
	"afterimage/wasm/mask"
	"afterimage/wasm/wire"
)

// Marker bits, of op mark and of data-afterimage.
const (
	markMask  = 1
	markBlock = 2
	markAllow = 4
	// What holds for the light children of a shadow host, whose slots lie in a part of the
	// shadow tree that is masked or blocked: markMask and markBlock, shifted.
	markSlotted = (markMask | markBlock) << slotShift
	slotShift   = 3
	// The visitor types here although no attribute says so (designMode).
	markTyped = 32
	// An attribute that is gone, or another element, called it secret.
	markCalled = 64
)

// marker reads a data-afterimage attribute. Words that are not known mask: a page that
// wrote "masked" or "none" meant something, and the tighter reading is safe.
func marker(value []byte) uint8 {
	switch {
	case same(value, "block"):
		return markBlock
	case same(value, "allow"):
		return markAllow
	default:
		return markMask
	}
}

// same compares without ASCII case with a lower-case word. string(b) == w allocates.
//
//go:noinline
func same(b []byte, w string) bool {
	if len(b) != len(w) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 32
		}
		if c != w[i] {
			return false
		}
	}
	return true
}

// effective is the mode of a node: block beats all below, else its own marker (the tighter
// one if it has several), else its parent's mode.
//
// The strict form has no allowed text and knows no editor that draws by itself (drawn.go): it masks them as
// before, and asks for the full form.
func (c *Core) effective(parent mask.Mode, marks uint8) mask.Mode {
	if !mask.Detects() && marks&markTyped != 0 {
		c.narrow = true
	}
	switch {
	case parent == mask.Blocked || marks&markBlock != 0:
		return mask.Blocked
	case marks&markMask != 0:
		return mask.Masked
	case marks&markAllow != 0:
		if !mask.Detects() {
			c.narrow = true
			return mask.Masked
		}
		return mask.Allowed
	default:
		return parent
	}
}

// around is the mode that n inherits: its parent's, or that of the slots it is shown in.
func (c *Core) around(n *node) mask.Mode {
	p := c.n(n.parent)
	if n.kind == kindShadow {
		return p.mode
	}
	return c.effective(p.mode, p.selMark&markSlotted>>slotShift)
}

// settle computes mode and kids of s from its parent and itself.
func (c *Core) settle(s int32) (mode mask.Mode, kids uint8) {
	n := c.n(s)
	p := c.n(n.parent)
	mode = c.effective(c.around(n), n.attrMark|n.selMark)
	kids = p.kids
	if mask.Detects() && n.tag == mask.TagTextarea && n.selMark&markCalled != 0 {
		n.flags |= secret | called
	}
	isTyped := n.flags&(editable|typedRole) != 0 || n.selMark&markTyped != 0 || n.tag == mask.TagTextarea
	switch {
	case kids == textSecret:
	case n.kind != kindElement:
	case (n.flags&called != 0 || n.selMark&markCalled != 0) && (isTyped && n.tag != mask.TagTextarea || n.tag == mask.TagSelect):
		kids = textSecret
	case n.tag == mask.TagOption || n.tag == mask.TagField || n.tag == mask.TagSelect:
		kids = textField
	case n.flags&fixed != 0:
		kids = textPlain
	case isTyped:
		kids = textTyped
	}
	if kids == textSecret && mode != mask.Blocked {
		mode = mask.Masked
	}
	return
}

// place settles a node that was just linked, and hides it where nothing of it may be sent.
func (c *Core) place(s int32) {
	n := c.n(s)
	p := c.n(n.parent)
	n.mode, n.kids = c.settle(s)
	if p.flags&hidden != 0 || c.around(n) == mask.Blocked {
		n.flags |= hidden
	}
}

// retune is called when something changed that the effective mode of s depends on. If the
// mode changed, the subtree leaves the wire at once, and the bridge is asked for it: what
// was sent under the old mode is not shown under the new.
func (c *Core) retune(s int32) {
	mode, kids := c.settle(s)
	n := c.n(s)
	if mode == n.mode && kids == n.kids {
		return
	}
	c.withdraw(s)
	c.askUnlessCovered(s)
}

// recompute settles the whole subtree of s anew; gone: it is not on the wire any more.
func (c *Core) recompute(s int32, gone bool) {
	for at := s; at != 0; at = c.following(at, s, false) {
		n := c.n(at)
		n.mode, n.kids = c.settle(at)
		c.judgeSheets(at)
		if gone {
			n.flags = n.flags&^waits | hidden
		}
	}
}

// withdraw settles s and its subtree anew and takes them from the wire.
func (c *Core) withdraw(s int32) {
	if c.n(s).flags&hidden == 0 {
		c.begin(wire.KindRemove, s)
		c.send()
		c.flowGap(s)
	}
	c.recompute(s, true)
}

// askUnlessCovered asks for s unless an ancestor hides it anyway: one that was asked for
// will bring it, one that is blocked never shows it.
func (c *Core) askUnlessCovered(s int32) {
	n := c.n(s)
	p := n.parent
	if n.flags&asked != 0 || (p != 0 && (c.n(p).flags&hidden != 0 || c.n(p).mode == mask.Blocked)) {
		return
	}
	n.flags |= asked
	c.ask(n.id, 0)
}

func (c *Core) ask(id uint32, slow int32) {
	for i := 0; i < len(c.resend); i += 2 {
		if c.resend[i] == int32(id) && c.resend[i+1] == slow {
			return
		}
	}
	c.resend = append(c.resend, int32(id), slow)
}
