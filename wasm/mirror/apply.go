package mirror

import (
	"afterimage/wasm/mask"
	"afterimage/wasm/wire"
)

// find looks up a node that an op names. ok is false for an id that was never used, which
// ends the recording. 0 with ok is an id that the core gave up or that was removed: the op
// is skipped, as PROTOCOL.md says.
func (c *Core) find(id int32) (s int32, ok bool) {
	if id <= 0 || uint32(id) > c.maxID {
		return 0, false
	}
	return c.slot(uint32(id)), true
}

// spotOf finds where new nodes go. parent is 0 with OK under something that was given up.
// A previous sibling that was given up leaves the end of the parent: its children are
// being asked for.
func (c *Core) spotOf(parentID, prevID int32) (parent, prev int32, code Code) {
	s, ok := c.find(parentID)
	if !ok {
		return 0, 0, ErrID
	}
	if s == 0 {
		return 0, 0, OK
	}
	n := c.n(s)
	if n.kind == kindText || n.kind == kindOther {
		return 0, 0, ErrID
	}
	if prevID == 0 {
		return s, 0, OK
	}
	p, ok := c.find(prevID)
	if !ok || p != 0 && (c.n(p).parent != s || n.inner == p) {
		return 0, 0, ErrID
	}
	if p == 0 {
		p = n.last
	}
	return s, p, OK
}

// fresh reports whether ids from..from+n−1 were never used, and marks them as used.
func (c *Core) fresh(from, n int32) bool {
	if from <= 0 || n < 0 || uint32(from) <= c.maxID || from > 1<<30 || n > 1<<28 {
		return false
	}
	c.maxID = uint32(from + n - 1)
	return true
}

// apply applies one op. a holds its ints without the first; strings are taken in order.
func (c *Core) apply(op int, a []int32) Code {
	r := args{a: a}
	switch op {
	case opTree:
		return c.applyTree(&r)
	case opElement:
		return c.applyElement(&r)
	}
	var strs [2][]byte
	null := false
	s, skip := int32(0), false
	spec := opSpecs[op]
	o := c.begin(wire.Kind(spec[0]), 0)
	ns, list := 0, 0
	for k := 1; k < len(spec) || list > 0 && !r.done(); k++ {
		if k == len(spec) {
			k = list
		}
		v := r.next()
		switch spec[k] {
		case 'n':
			var ok bool
			if s, ok = c.find(v); !ok {
				return ErrID
			}
			skip = s == 0
			o.ID = uint32(v)
		case 'e', 'E':
			// What happened where no node is recorded happened all the same.
			at := int32(0)
			if v != 0 {
				at, _ = c.find(v)
			}
			if spec[k] == 'E' {
				o.Nums = append(o.Nums, int64(c.seen(at)))
				break
			}
			s = at
			o.ID = c.seen(at)
		case 'i':
			o.Nums = append(o.Nums, int64(v))
		case 's':
			if r.i > len(a) {
				return ErrSize
			}
			text, ok := c.str(v)
			if !ok {
				return ErrText
			}
			strs[ns&1], null = text, v < 0
			ns++
		case 'c':
			list = k + 1
			if v < 0 || int(v)*(len(spec)-list) != len(a)-r.i {
				return ErrSize
			}
			if v == 0 {
				k = len(spec)
			}
		}
	}
	if !r.done() {
		return ErrSize
	}
	if skip {
		// What is added under what was given up is given up too.
		if op == opTextNode || op == opOtherNode {
			c.fresh(a[2], 1)
		} else if op == opShadow || op == opFrame {
			c.fresh(a[1], 1)
		} else if op == opMove {
			return c.applyLostMove(a[1], a[2])
		}
		return OK
	}
	n := c.n(s)
	off := n.flags&hidden != 0
	shown := n.mode == mask.Allowed && n.flags&secret == 0
	switch op {
	case opHello:
		return c.applyHello(a)
	case opTime:
		if t := int64(a[0]); t > c.atMs {
			c.atMs = t
		}
		return OK
	case opSnapshotBegin:
		c.beginEpoch()
		for _, v := range a {
			o.Nums = append(o.Nums, int64(v))
		}
	case opSnapshotEnd:
		c.send()
		c.endSnapshot()
		return OK
	case opMeta:
		t, ok := c.pol.Meta(int(a[0]), strs[0])
		if !ok {
			return OK
		}
		o.Text = t.Bytes()
	case opTextNode, opOtherNode:
		parent, prev, code := c.spotOf(a[0], a[1])
		if code != OK {
			return code
		}
		if !c.fresh(a[2], 1) {
			return ErrID
		}
		if op == opTextNode {
			c.addText(parent, prev, uint32(a[2]), strs[0])
		} else {
			c.addOther(parent, prev, uint32(a[2]), int64(a[3]), strs[0])
		}
		return OK
	case opRemove:
		if s == c.document {
			return ErrID
		}
		c.remove(s)
		return OK
	case opClear:
		for d := c.down(s); d != 0; d = c.down(s) {
			c.remove(d)
		}
		return OK
	case opMove:
		return c.applyMove(s, a)
	case opAttr:
		c.applyAttr(s, strs[0], strs[1], null)
		return OK
	case opText:
		if n.kind != kindText {
			return ErrID
		}
		if off {
			return OK
		}
		o.Kind, o.Text = wire.KindSetText, c.textOf(n.parent, strs[0]).Bytes()
	case opMark:
		return c.applyMark(a[0], uint8(a[1])&(markMask|markBlock|markAllow))
	case opShadow, opFrame:
		return c.applyInner(op, s, a)
	case opValue:
		c.applyValue(s, strs[0])
		return OK
	case opSecret:
		n.flags |= secret
		c.emitMask(s, a[1] != 0)
		return OK
	case opChecked, opSelected:
		if off || !shown {
			return OK
		}
	case opScroll:
		// How far a masked field is scrolled tells how much was typed.
		if off || !shown && c.typedIn(n) {
			return OK
		}
	case opSize:
		reason := int64(0)
		if n.mode == mask.Blocked {
			reason = 1
		}
		o.Nums = append(o.Nums, reason)
		if off {
			return OK
		}
	case opDialogState:
		if off {
			return OK
		}
	case opKey:
		c.applyKey(s, a[1])
		return OK
	case opSheet, opRuleInsert, opRuleDelete, opAdopted:
		// An owner of 0 is a constructed sheet, which may be adopted anywhere: it is masked by
		// the page's mode, that of slot 0.
		if off || s == 0 && a[0] != 0 {
			return OK
		}
		o.Text = c.pol.CSS(strs[0], n.mode).Bytes()
	case opNavigate:
		o.Text = c.pol.URL(strs[0], c.pol.PageMode()).Bytes()
	case opTrack, opIdentify:
		o.Name, o.Text = c.pol.Label(strs[0]).Bytes(), c.pol.JSON(strs[1]).Bytes()
	case opAnchor:
		x, okX := decimal(strs[0])
		y, okY := decimal(strs[1])
		if !okX || !okY {
			return OK
		}
		o.Kind = wire.KindAnchor
		o.Nums = append(o.Nums, x, y)
	case opLeave:
		c.flushActivity(c.atMs + activityMs)
		c.begin(wire.KindLeave, 0)
	}
	c.send()
	return OK
}

// remove ends the subtree of s.
func (c *Core) remove(s int32) {
	if n := c.n(s); n.flags&hidden == 0 {
		c.emitRef(wire.KindRemove, n.id)
	}
	c.release(s)
}

func decimal(s []byte) (n int64, ok bool) {
	for _, d := range s {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int64(d-'0')
	}
	return n, len(s) > 0 && len(s) < 16
}

func (c *Core) applyHello(a []int32) Code {
	if a[0] != ProtocolVersion {
		return ErrVersion
	}
	if c.hello {
		return ErrOrder
	}
	level := mask.Strict
	if a[1] == int32(mask.Balanced) {
		level = mask.Balanced
	}
	c.pol = mask.New(level)
	c.keys = a[2]&1 != 0
	c.hello = true
	return OK
}

// applyMark sets the marks of the site's selectors. It may stand before the element that it
// is for, so that it holds from the start.
func (c *Core) applyMark(id int32, marks uint8) Code {
	if id <= 0 {
		return ErrID
	}
	if uint32(id) > c.maxID {
		c.early, c.earlyMarks = uint32(id), marks
		return OK
	}
	if s := c.slot(uint32(id)); s != 0 && c.n(s).kind == kindElement {
		c.n(s).selMark = marks
		c.retune(s)
	}
	return OK
}

func (c *Core) applyMove(s int32, a []int32) Code {
	parent, prev, code := c.spotOf(a[1], a[2])
	n := c.n(s)
	if code != OK || s == prev || n.kind >= kindShadow || c.inside(parent, s) {
		return ErrID
	}
	if parent == 0 { // its new place is being asked for, and brings it
		c.remove(s)
		return OK
	}
	from := n.parent
	c.unlink(s)
	c.link(s, parent, prev)
	mode, kids := c.settle(s)
	p := c.n(parent)
	quiet := n.kind != kindElement && c.silent(parent)
	same := mode == n.mode && kids == n.kids && !quiet && (n.kind != kindText || c.sameText(c.n(from), p)) ||
		mode == mask.Blocked && n.mode == mode // a box moves as a box
	if same && n.flags&hidden == 0 && p.flags&hidden == 0 && p.mode != mask.Blocked {
		n.kids = kids
		o := c.begin(wire.KindMove, n.id)
		o.Parent, o.Prev = p.id, c.wirePrev(s)
		c.send()
		if mode == mask.Blocked {
			c.recompute(s)
		}
		return OK
	}
	// Its level is another now, or it was hidden by an old ancestor and nothing hides it
	// here: it leaves the wire until the bridge has sent it again.
	c.recompute(s)
	c.withdraw(s)
	if !quiet {
		c.askUnlessCovered(s)
	}
	return OK
}

// applyLostMove is the move of a node that was given up. Below a parent that is recorded
// nobody would ever bring it, so the parent is asked for: anew as a whole, or, of a root,
// its children.
func (c *Core) applyLostMove(parentID, prevID int32) Code {
	parent, _, code := c.spotOf(parentID, prevID)
	if n := c.n(parent); parent != 0 && n.flags&hidden == 0 && n.mode != mask.Blocked {
		slow := int32(0)
		if n.kind != kindElement {
			slow = 1
		}
		c.ask(n.id, slow)
	}
	return code
}

// sameText reports whether a text child is masked alike under both parents.
func (c *Core) sameText(p, q *node) bool {
	style := p.tag == mask.TagStyle || q.tag == mask.TagStyle
	return (!style || p.tag == q.tag) && (p.flags|q.flags)&secret == 0
}

// applyInner attaches a shadow root or a frame's document. A second one replaces the first.
func (c *Core) applyInner(op int, host int32, a []int32) Code {
	if !c.fresh(a[1], 1) || c.n(host).kind != kindElement {
		return ErrID
	}
	if old := c.n(host).inner; old != 0 {
		c.remove(old)
	}
	kind, wireKind := uint8(kindShadow), wire.KindShadowRoot
	if op == opFrame {
		kind, wireKind = kindDocument, wire.KindFrameDocument
	}
	s := c.create(uint32(a[1]), kind)
	n := c.n(s)
	n.parent = host
	c.n(host).inner = s
	c.place(s)
	if n.flags&hidden == 0 {
		o := c.begin(wireKind, n.id)
		o.Parent = c.n(host).id
		if op == opShadow {
			o.Nums = append(o.Nums, int64(a[2]))
		}
		c.send()
	}
	return OK
}

// applyTree reads a natively serialised subtree.
func (c *Core) applyTree(r *args) Code {
	parentID, prevID, first, count := r.next(), r.next(), r.next(), r.next()
	forget := r.take(r.next())
	marks := r.take(doubled(r.next()))
	shape := r.take(r.next())
	n := r.next()
	if !r.done() {
		return ErrSize
	}
	html, ok := c.str(n)
	if !ok || n < 0 {
		return ErrText
	}
	for _, id := range forget {
		s, ok := c.find(id)
		if !ok || s == c.document {
			return ErrID
		}
		if s != 0 {
			c.remove(s)
		}
	}
	parent, prev, code := c.spotOf(parentID, prevID)
	if code != OK {
		return code
	}
	if !c.fresh(first, count) {
		return ErrID
	}
	if parent == 0 {
		return OK
	}
	for i := 2; i < len(marks); i += 2 {
		if marks[i] < marks[i-2] {
			return ErrSize
		}
	}
	t := treeOp{parent, prev, uint32(first), int(count), marks, shape, html}
	// Text below a raw element is literal and has no tag around it: that is not a tree.
	if c.silent(parent) || c.n(parent).tag == mask.TagStyle || !c.readTree(&t, false) {
		c.ask(uint32(parentID), 1)
		return OK
	}
	c.readTree(&t, true)
	return OK
}

func doubled(n int32) int32 {
	if n < 0 || n > 1<<28 {
		return -1
	}
	return n * 2
}

// applyElement makes one element of the slow walk.
func (c *Core) applyElement(r *args) Code {
	parentID, prevID, id, ns := r.next(), r.next(), r.next(), r.next()
	nameLen := r.next()
	lens := r.take(doubled(r.next()))
	if !r.done() {
		return ErrSize
	}
	name, ok := c.str(nameLen)
	if !ok || nameLen < 0 {
		return ErrText
	}
	c.attrs = c.attrs[:0]
	for i := 0; i+1 < len(lens); i += 2 {
		k, ok1 := c.str(lens[i])
		v, ok2 := c.str(lens[i+1])
		if !ok1 || !ok2 {
			return ErrText
		}
		c.attrs = append(c.attrs, pair{k, v})
	}
	parent, prev, code := c.spotOf(parentID, prevID)
	if code != OK {
		return code
	}
	if !c.fresh(id, 1) || ns < 0 || ns > 3 {
		return ErrID
	}
	marks := uint8(0)
	if c.early == uint32(id) {
		marks = c.earlyMarks
	}
	if parent != 0 {
		c.addElement(parent, prev, uint32(id), uint8(ns), name, c.attrs, marks)
	}
	return OK
}
