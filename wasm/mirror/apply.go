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

// spot is where new nodes go.
type spot struct {
	parent, prev int32
	lost         bool // under something that was given up
}

// spotOf finds parent and previous sibling. A previous sibling that was given up leaves
// the end of the parent: its children are being asked for.
func (c *Core) spotOf(parent, prev int32) (at spot, code Code) {
	s, ok := c.find(parent)
	if !ok {
		return at, ErrID
	}
	if s == 0 {
		return spot{lost: true}, OK
	}
	if k := c.nodes[s].kind; k == kindText || k == kindOther {
		return at, ErrID
	}
	at.parent = s
	if prev != 0 {
		p, ok := c.find(prev)
		if !ok {
			return at, ErrID
		}
		if p == 0 {
			at.prev = c.nodes[s].last
			return at, OK
		}
		if c.nodes[p].parent != s || c.nodes[s].inner == p {
			return at, ErrID
		}
		at.prev = p
	}
	return at, OK
}

// fresh reports whether ids from..from+n−1 were never used.
func (c *Core) fresh(from, n int32) bool {
	return from > 0 && n >= 0 && uint32(from) > c.maxID && from <= 1<<30 && n <= 1<<28
}

// giveUp marks ids as used, without nodes.
func (c *Core) giveUp(last uint32) {
	if last > c.maxID {
		c.maxID = last
	}
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
	// All other ops have a fixed number of ints before what repeats, and at most two strings.
	shape := opShapes[op]
	var strs [2][]byte
	var null bool
	fixed, ns, list, each := 0, 0, -1, 0
	for k := 0; k < len(shape); k++ {
		switch shape[k] {
		case 'i':
			fixed++
			r.next()
		case 's':
			fixed++
			n := r.next()
			if !r.room() {
				return ErrSize
			}
			s, ok := c.str(n)
			if !ok {
				return ErrText
			}
			strs[ns], null = s, n < 0
			ns++
		case 'c':
			n := r.next()
			list, each = r.i, len(shape)-k-2
			if n < 0 || int(n) > len(a) || r.take(n*int32(each)) == nil && n > 0 {
				return ErrSize
			}
			k = len(shape)
		}
	}
	if !r.done() {
		return ErrSize
	}
	switch op {
	case opHello:
		return c.applyHello(a)
	case opTime:
		if t := int64(a[0]); t > c.atMs {
			c.atMs = t
		}
	case opMeta:
		if t, ok := c.pol.Meta(int(a[0]), strs[0]); ok {
			c.emitNumText(wire.KindMeta, 0, t, int64(a[0]))
		}
	case opSnapshotBegin:
		c.beginEpoch(a)
	case opSnapshotEnd:
		c.endSnapshot()
	case opTextNode, opOtherNode:
		at, code := c.spotOf(a[0], a[1])
		if code != OK {
			return code
		}
		if !c.fresh(a[2], 1) {
			return ErrID
		}
		switch {
		case at.lost:
			c.giveUp(uint32(a[2]))
		case op == opTextNode:
			c.addText(at.parent, at.prev, uint32(a[2]), strs[0])
		default:
			c.addOther(at.parent, at.prev, uint32(a[2]), int64(a[3]), strs[0])
		}
	case opShadow, opFrame:
		return c.applyInner(op, a)
	case opTrack:
		c.emitText(wire.KindTrack, 0, c.pol.Label(strs[0]), c.pol.JSON(strs[1]))
	case opIdentify:
		c.emitText(wire.KindIdentify, 0, c.pol.Label(strs[0]), c.pol.JSON(strs[1]))
	case opAnchor:
		x, okX := decimal(strs[0])
		y, okY := decimal(strs[1])
		if okX && okY {
			c.emitNums(wire.KindAnchor, 0, x, y)
		}
	case opClockJump:
		c.emitInts(wire.KindClockJump, 0, a)
	case opResize:
		c.emitInts(wire.KindResize, 0, a)
	case opVisibility:
		c.emitInts(wire.KindVisibility, 0, a)
	case opViewport:
		c.emitInts(wire.KindViewport, 0, a)
	case opNavigate:
		c.emitNumText(wire.KindNavigate, 0, c.pol.URL(strs[0], c.pol.PageMode()), int64(a[0]))
	case opLeave:
		c.flushActivity(c.atMs + 1000)
		c.emitRef(wire.KindLeave, 0)
	case opTouch:
		o := c.begin(wire.KindTouch, 0)
		o.Nums = append(o.Nums, int64(a[0]))
		for q := a[list:]; len(q) >= 4; q = q[4:] {
			s := int32(0)
			if q[1] > 0 {
				s, _ = c.find(q[1])
			}
			o.Nums = append(o.Nums, int64(q[0]), int64(c.seen(s)), int64(q[2]), int64(q[3]))
		}
		c.send()
	case opSheet, opRuleInsert, opRuleDelete, opAdopted:
		return c.applySheet(op, a, list, strs[0])
	default:
		return c.applyToNode(op, a, list, strs, null)
	}
	return OK
}

// room reports that no int was read beyond the end.
func (a *args) room() bool { return a.i <= len(a.a) }

func (c *Core) emitInts(kind wire.Kind, id uint32, a []int32) {
	o := c.begin(kind, id)
	for _, v := range a {
		o.Nums = append(o.Nums, int64(v))
	}
	c.send()
}

func decimal(s []byte) (n int64, ok bool) {
	if len(s) == 0 || len(s) > 15 {
		return 0, false
	}
	for _, d := range s {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int64(d-'0')
	}
	return n, true
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

// applyToNode applies an op whose first int is a node's id.
func (c *Core) applyToNode(op int, a []int32, list int, strs [2][]byte, null bool) Code {
	id := a[0]
	if op == opMouse || op == opDegraded {
		id = a[1]
	}
	s := int32(0)
	switch op {
	case opMark:
		// A mark may stand before the element that it is for, so that it holds from the start.
		if id > 0 && uint32(id) > c.maxID {
			c.early, c.earlyMarks = uint32(id), uint8(a[1])&(markMask|markBlock|markAllow)
			return OK
		}
		if s, _ = c.find(id); s == 0 {
			return OK
		}
	case opPointer, opMouse, opKey, opFocus, opDegraded:
		// What happened where no node is recorded happened all the same.
		if id > 0 {
			s, _ = c.find(id)
		}
	default:
		var ok bool
		if s, ok = c.find(id); !ok {
			return ErrID
		}
		if s == 0 {
			return OK
		}
	}
	n := &c.nodes[s]
	off := n.flags&hidden != 0
	switch op {
	case opRemove:
		if id == 1 {
			return ErrID
		}
		if !off {
			c.emitRef(wire.KindRemove, n.id)
		}
		c.release(s)
	case opClear:
		c.clearChildren(s)
	case opMove:
		return c.applyMove(s, a)
	case opAttr:
		c.applyAttr(s, strs[0], strs[1], null)
	case opText:
		if n.kind != kindText {
			return ErrID
		}
		if !off {
			c.emitText(wire.KindSetText, n.id, mask.Text{}, c.textOf(n.parent, strs[0]))
		}
	case opMark:
		n.selMark = uint8(a[1]) & (markMask | markBlock | markAllow)
		c.retune(s)
	case opValue:
		c.applyValue(s, strs[0])
	case opChecked, opSelected:
		if !off && n.mode == mask.Allowed && n.flags&secret == 0 {
			if op == opChecked {
				c.emitInts(wire.KindChecked, n.id, a[1:])
			} else {
				c.emitInts(wire.KindSelected, n.id, a[list:])
			}
		}
	case opSecret:
		n.flags |= secret
		c.emitMask(s, a[1] != 0)
	case opScroll:
		// How far a masked field is scrolled tells how much was typed.
		if !off && (n.mode == mask.Allowed || !c.typedIn(s)) {
			c.emitInts(wire.KindScroll, n.id, a[1:])
		}
	case opPointer:
		c.emitInts(wire.KindPointer, c.seen(s), a[list:])
	case opMouse:
		c.emitNums(wire.KindMouse, c.seen(s), int64(a[0]), int64(a[2]), int64(a[3]), int64(a[4]), int64(a[5]))
	case opKey:
		c.applyKey(s, a[1])
	case opFocus:
		c.emitRef(wire.KindFocus, c.seen(s))
	case opSize:
		if !off {
			reason := int64(0)
			if n.mode == mask.Blocked {
				reason = 1
			}
			c.emitNums(wire.KindBox, n.id, int64(a[1]), int64(a[2]), reason)
		}
	case opDegraded:
		c.emitNums(wire.KindDegraded, c.seen(s), int64(a[0]))
	case opDialogState:
		if !off {
			c.emitInts(wire.KindDialogState, n.id, a[1:])
		}
	default:
		return ErrInternal
	}
	return OK
}

// clearChildren ends all children and the inner root of s.
func (c *Core) clearChildren(s int32) {
	for {
		d := c.down(s)
		if d == 0 {
			return
		}
		if c.nodes[d].flags&hidden == 0 {
			c.emitRef(wire.KindRemove, c.nodes[d].id)
		}
		c.release(d)
	}
}

func (c *Core) applyMove(s int32, a []int32) Code {
	at, code := c.spotOf(a[1], a[2])
	if code != OK {
		return code
	}
	n := &c.nodes[s]
	if s == at.prev || n.kind >= kindShadow || !at.lost && c.inside(at.parent, s) {
		return ErrID
	}
	if at.lost { // its new place is being asked for, and brings it
		if n.flags&hidden == 0 {
			c.emitRef(wire.KindRemove, n.id)
		}
		c.release(s)
		return OK
	}
	from := n.parent
	c.unlink(s)
	c.link(s, at.parent, at.prev)
	mode, kids := c.settle(s)
	p := &c.nodes[at.parent]
	quiet := n.kind != kindElement && c.silent(at.parent)
	switch {
	case n.flags&hidden != 0:
		c.recompute(s)
		// Hidden by an old ancestor, and nothing hides it here: nobody will bring it.
		if !quiet {
			c.askUnlessCovered(s)
		}
	case p.flags&hidden != 0 || p.mode == mask.Blocked || quiet:
		c.recompute(s)
		c.withdraw(s)
	case mode != n.mode || kids != n.kids || n.kind == kindText && !c.sameText(from, at.parent):
		c.recompute(s)
		c.withdraw(s)
		c.askUnlessCovered(s)
	default:
		o := c.begin(wire.KindMove, n.id)
		o.Parent, o.Prev = p.id, c.wirePrev(s)
		c.send()
	}
	return OK
}

// sameText reports whether a text child is masked alike under both parents.
func (c *Core) sameText(a, b int32) bool {
	p, q := &c.nodes[a], &c.nodes[b]
	style := p.tag == mask.TagStyle || q.tag == mask.TagStyle
	return (!style || p.tag == q.tag) && (p.flags|q.flags)&secret == 0
}

// applyInner attaches a shadow root or a frame's document. A second one replaces the first.
func (c *Core) applyInner(op int, a []int32) Code {
	host, ok := c.find(a[0])
	if !ok || !c.fresh(a[1], 1) {
		return ErrID
	}
	if host == 0 {
		c.giveUp(uint32(a[1]))
		return OK
	}
	if c.nodes[host].kind != kindElement {
		return ErrID
	}
	if old := c.nodes[host].inner; old != 0 {
		if c.nodes[old].flags&hidden == 0 {
			c.emitRef(wire.KindRemove, c.nodes[old].id)
		}
		c.release(old)
	}
	kind, wireKind := uint8(kindShadow), wire.KindShadowRoot
	if op == opFrame {
		kind, wireKind = kindDocument, wire.KindFrameDocument
	}
	s := c.add(uint32(a[1]), kind)
	c.nodes[s].parent = host
	c.nodes[host].inner = s
	c.place(s)
	if c.nodes[s].flags&hidden != 0 {
		return OK
	}
	o := c.begin(wireKind, c.nodes[s].id)
	o.Parent = c.nodes[host].id
	if op == opShadow {
		o.Nums = append(o.Nums, int64(a[2]))
	}
	c.send()
	return OK
}

// applyTree reads a natively serialised subtree.
func (c *Core) applyTree(r *args) Code {
	parent, prev, first, count := r.next(), r.next(), r.next(), r.next()
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
		if !ok || id == 1 {
			return ErrID
		}
		if s != 0 {
			if c.nodes[s].flags&hidden == 0 {
				c.emitRef(wire.KindRemove, c.nodes[s].id)
			}
			c.release(s)
		}
	}
	if !c.fresh(first, count) {
		return ErrID
	}
	at, code := c.spotOf(parent, prev)
	if code != OK {
		return code
	}
	last := uint32(first) + uint32(count) - 1
	if at.lost {
		c.giveUp(last)
		return OK
	}
	for i := 3; i < len(marks); i += 2 {
		if marks[i-1] < marks[i-3] {
			return ErrSize
		}
	}
	t := treeOp{at.parent, at.prev, uint32(first), int(count), marks, shape, html}
	// Text below a raw element is literal and has no tag around it: that is not a tree.
	raw := c.silent(at.parent) || c.nodes[at.parent].tag == mask.TagStyle
	if raw || !c.readTree(&t, false) {
		c.giveUp(last)
		c.ask(uint32(parent), 1)
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
	parent, prev, id, ns := r.next(), r.next(), r.next(), r.next()
	nameLen := r.next()
	n := r.next()
	lens := r.take(doubled(n))
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
	at, code := c.spotOf(parent, prev)
	if code != OK {
		return code
	}
	if !c.fresh(id, 1) || ns < 0 || ns > 3 {
		return ErrID
	}
	if at.lost {
		c.giveUp(uint32(id))
		return OK
	}
	marks := uint8(0)
	if c.early == uint32(id) {
		marks = c.earlyMarks
	}
	c.addElement(at.parent, at.prev, uint32(id), uint8(ns), name, c.attrs, marks)
	return OK
}

// applySheet applies the ops on style sheets. An owner of 0 is a constructed sheet, which
// may be adopted anywhere: it is masked by the page's mode.
func (c *Core) applySheet(op int, a []int32, list int, css []byte) Code {
	s, mode := int32(0), c.pol.PageMode()
	if a[0] != 0 {
		var ok bool
		if s, ok = c.find(a[0]); !ok {
			return ErrID
		}
		if s == 0 || c.nodes[s].flags&hidden != 0 {
			return OK
		}
		mode = c.nodes[s].mode
	}
	id := c.nodes[s].id
	switch op {
	case opSheet:
		c.emitNumText(wire.KindSheet, id, c.pol.CSS(css, mode), int64(a[1]))
	case opRuleInsert:
		c.emitNumText(wire.KindRuleInsert, id, c.pol.CSS(css, mode), int64(a[1]), int64(a[2]))
	case opRuleDelete:
		c.emitInts(wire.KindRuleDelete, id, a[1:])
	case opAdopted:
		c.emitInts(wire.KindAdopted, id, a[list:])
	}
	return OK
}
