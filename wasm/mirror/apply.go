package mirror

import (
	"afterimage/wasm/mask"
	"afterimage/wasm/wire"
)

// find looks up a node that an op names. An id that was never used ends the recording. 0 is
// also an id that the core gave up or that was removed: the op is skipped, as PROTOCOL.md
// says.
//
//go:noinline
func (c *Core) find(id int32) int32 {
	if id <= 0 || uint32(id) > c.maxID {
		c.fail(ErrID)
		return 0
	}
	return c.slot(uint32(id))
}

// spotOf finds where new nodes go: the parent, and in c.spot the previous sibling. It is 0
// under something that was given up, and where the recording ends. A previous sibling that
// was given up leaves the end of the parent: its children are being asked for.
//
//go:noinline
func (c *Core) spotOf(parentID, prevID int32) int32 {
	c.spot = 0
	s := c.find(parentID)
	if s == 0 {
		return 0
	}
	n := c.n(s)
	if n.kind == kindText || n.kind == kindOther {
		c.fail(ErrID)
	} else if prevID != 0 {
		p := c.find(prevID)
		c.spot = p
		if p == 0 {
			c.spot = n.last
		} else if c.n(p).parent != s || n.inner == p {
			c.fail(ErrID)
		}
	}
	if c.code != OK {
		return 0
	}
	return s
}

// fresh marks ids from..from+n−1 as used; that they were never used before is a must.
//
//go:noinline
func (c *Core) fresh(from, n int32) {
	if from <= 0 || n < 0 || uint32(from) <= c.maxID || from > 1<<30 || n > 1<<28 {
		c.fail(ErrID)
		return
	}
	c.maxID = uint32(from + n - 1)
}

// arg is an int of the op, whose form was checked.
//
//go:noinline
func (c *Core) arg(k int) int32 { return c.args[k] }

// apply applies one op. Strings are taken in order.
func (c *Core) apply(op int) {
	switch op {
	case opTree:
		c.applyTree()
		return
	case opElement:
		c.applyElement()
		return
	}
	var strs [2][]byte
	s := int32(0)
	spec := opSpecs[op]
	o := c.begin(wire.Kind(spec[0]), 0)
	ns, list := 0, 0
	skip := false
	for k := 1; k < len(spec) || list > 0 && c.argAt < len(c.args); k++ {
		if k == len(spec) {
			k = list
		}
		v := c.next()
		if c.code != OK {
			return
		}
		switch spec[k] {
		case 'n':
			s = c.find(v)
			skip = s == 0
			o.ID = c.n(s).wire
		case 'e', 'E':
			// What happened where no node is recorded happened all the same.
			at := int32(0)
			if v > 0 && uint32(v) <= c.maxID {
				at = c.slot(uint32(v))
			}
			seen := c.n(c.seen(at)).wire
			// Where in a box the pointer is tells the keys of a keypad.
			skip = skip || op < opKey && (c.n(at).mode == mask.Blocked || op != opMouse && c.n(at).tag == mask.TagCanvas && !mask.Detects())
			if mask.Detects() && c.n(at).tag == mask.TagCanvas && !c.n(at).mode.Opens() {
				skip = skip || c.draws(op)
			}
			if spec[k] == 'e' {
				s, o.ID = at, seen
			} else {
				c.num(int64(seen))
			}
		case 'i':
			c.num(int64(v))
		case 's':
			strs[ns&1] = c.str(v)
			ns++
		case 'c':
			list = k + 1
			if left := len(c.args) - c.argAt; v < 0 || int(v) > left || int(v)*(len(spec)-list) != left {
				c.fail(ErrSize)
			}
			if v == 0 {
				k = len(spec)
			}
		}
	}
	if c.argAt != len(c.args) {
		c.fail(ErrSize)
	}
	if c.code != OK {
		return
	}
	text := strs[0]
	if skip {
		// What is added under what was given up is given up too.
		switch op {
		case opTextNode, opOtherNode:
			c.fresh(c.arg(2), 1)
		case opShadow, opFrame:
			c.fresh(c.arg(1), 1)
		case opMove:
			c.applyLostMove()
		}
		return
	}
	c.at = s
	n := c.n(s)
	off := n.flags&hidden != 0
	shown := n.mode.Opens() && n.flags&secret == 0
	switch op {
	case opHello:
		c.applyHello()
		return
	case opTime:
		if at := int64(c.arg(0)); at > c.flow.since+flowFrame {
			c.flowFlush(0)
		}
		c.atMs = max(c.atMs, int64(c.arg(0)))
		return
	case opSnapshotBegin:
		c.beginEpoch()
		for k := range c.args {
			c.num(int64(c.arg(k)))
		}
	case opSnapshotEnd:
		c.flowFlush(0)
		c.begin(wire.KindSnapshotEnd, 0)
		c.send()
		c.endSnapshot()
		return
	case opMeta:
		t, ok := c.pol.Meta(int(c.arg(0)), text)
		c.countHanded(HandedLabels)
		if !ok {
			return
		}
		o.Text = t.Bytes()
	case opTextNode, opOtherNode:
		parent, id := c.spotOf(c.arg(0), c.arg(1)), c.arg(2)
		c.fresh(id, 1)
		if c.code != OK {
			return
		}
		if op == opTextNode {
			c.addText(parent, c.spot, uint32(id), text)
		} else {
			c.addOther(parent, c.spot, uint32(id), int64(c.arg(3)), text)
		}
		return
	case opRemove:
		c.remove(s)
		return
	case opClear:
		for d := c.down(s); d != 0; {
			next := c.across(d)
			c.remove(d)
			d = next
		}
		return
	case opMove:
		c.applyMove(s)
		return
	case opAttr:
		c.applyAttr(s, text, strs[1])
		return
	case opText:
		if n.kind != kindText {
			c.fail(ErrID)
			return
		}
		if (!off || n.flags&waits != 0) && c.flows(c.n(n.parent)) {
			n.flags |= waits
			c.flowText(s, text)
			return
		}
		c.learnTyped(n, text)
		o.Kind, o.Text = wire.KindSetText, c.textOf(n.parent, text).Bytes()
	case opMark:
		c.applyMark()
		return
	case opShadow, opFrame:
		c.applyInner(op, s)
		return
	case opValue:
		c.applyValue(s, text)
		return
	case opSecret:
		n.flags |= secret | called
		if n.tag == mask.TagInput || n.tag == mask.TagTextarea {
			c.emitMask(s, c.arg(1) != 0)
		} else {
			c.retune(s)
		}
		return
	case opChecked, opSelected:
		off = off || !shown
	case opScroll:
		// How far a masked field is scrolled tells how much was typed.
		off = off || !shown && c.typedIn(n)
		// So does how far aside what is around it goes with the caret.
		if c.typing(c.slot(c.act.id), s) {
			o.Nums[0] = 0
		}
	case opSize:
		reason := int64(0)
		if n.mode == mask.Blocked {
			reason = 1
			if c.focus == n.wire || mask.Detects() && c.focus == focusInBox { // what is typed in it may give it its width
				o.Nums[0] = (o.Nums[0] + boxStep - 1) &^ (boxStep - 1)
			}
		}
		c.num(reason)
	case opDialogState:
	case opPosted:
		c.pol.Posted = true
		return
	case opEcho:
		c.echo(c.arg(0), text)
		return
	case opKey:
		c.applyKey(s, c.arg(1))
		return
	case opSheet, opRuleInsert, opRuleDelete, opAdopted:
		off = off || s == 0 && c.arg(0) != 0
		mode := n.mode
		if op == opAdopted {
			c.noteAdopted(s)
		} else if s == 0 {
			mode = c.sheetMode(c.arg(1))
		}
		if !off {
			o.Text = c.pol.CSS(text, mode).Bytes()
		}
	case opNavigate:
		o.Text = c.pol.URL(text, c.pol.PageMode()).Bytes()
	case opTrack, opIdentify:
		o.Name, o.Text = c.pol.Label(text).Bytes(), c.pol.JSON(strs[1]).Bytes()
		if op == opTrack {
			c.countHanded(HandedEvents)
		} else {
			c.countHanded(HandedTraits)
		}
	case opAnchor:
		o.Kind = wire.KindAnchor
		off = !c.decimal(text) || !c.decimal(strs[1])
	case opFocus:
		c.focus = o.ID
		off = false
		if mask.Detects() {
			c.boxed = c.n(c.seen(s)).mode == mask.Blocked && o.ID != 0
		}
	case opLeave:
		c.flushActivity(c.atMs + activityMs)
		c.begin(wire.KindLeave, 0)
	default:
		off = false // an event: the node on the wire stands for it
	}
	if !off {
		c.send()
	}
}

// remove ends the subtree of s.
//
//go:noinline
func (c *Core) remove(s int32) {
	if s == c.document {
		c.fail(ErrID)
		return
	}
	n := c.n(s)
	if !c.haunt(n) {
		c.takeAway(s)
	}
}

// takeAway takes the subtree of s from the wire and frees it.
func (c *Core) takeAway(s int32) {
	n := c.n(s)
	if n.flags&hidden == 0 {
		c.begin(wire.KindRemove, s)
		c.send()
	}
	c.flowGap(s)
	c.release(s)
}

// decimal puts a decimal number into the op.
//
//go:noinline
func (c *Core) decimal(s []byte) bool {
	n := int64(0)
	for _, d := range s {
		if d < '0' || d > '9' {
			return false
		}
		n = n*10 + int64(d-'0')
	}
	c.num(n)
	return len(s) > 0 && len(s) < 16
}

func (c *Core) applyHello() {
	if c.arg(0) != ProtocolVersion {
		c.fail(ErrVersion)
	} else if c.hello {
		c.fail(ErrOrder)
	} else {
		c.begins(c.arg(1) == int32(mask.Balanced), c.arg(2)&1 != 0) // a level that is unknown is strict
	}
}

// applyMark sets the marks of the site's selectors. It may stand before the element that it
// is for, so that it holds from the start.
func (c *Core) applyMark() {
	id, marks := c.arg(0), uint8(c.arg(1))&(markMask|markBlock|markAllow|markSlotted|markTyped|markCalled)
	if uint32(id) > c.maxID && id > 0 {
		c.early, c.earlyMarks = uint32(id), marks
	} else if s := c.find(id); s != 0 && c.n(s).kind == kindElement {
		was := c.n(s).selMark
		c.n(s).selMark = marks
		c.retune(s)
		if (was^marks)&markSlotted != 0 {
			for at := c.n(s).first; at != 0; at = c.n(at).next {
				c.retune(at)
			}
		}
	}
}

func (c *Core) applyMove(s int32) {
	parent := c.spotOf(c.arg(1), c.arg(2))
	n := c.n(s)
	if s == c.spot && c.find(c.arg(2)) != s {
		c.spot = n.prev // its previous sibling was given up, and it is the last child already
	}
	if s == c.spot || n.kind >= kindShadow || c.inside(parent, s) {
		c.fail(ErrID)
	}
	if c.code != OK {
		return
	}
	if mask.Detects() && n.prev == c.spot && n.parent == parent { // the strict form has no room for it
		return // it stands there
	}
	if parent == 0 { // its new place is being asked for, and brings it
		c.remove(s)
		return
	}
	c.flowGap(s)
	from := c.n(n.parent)
	c.unlink(s)
	c.link(s, parent, c.spot)
	mode, kids := c.settle(s)
	p := c.n(parent)
	quiet := n.kind != kindElement && c.silent(parent)
	if n.flags&hidden != 0 && n.flags&waits != 0 && !quiet && p.flags&hidden == 0 && p.mode != mask.Blocked {
		// It is not on the wire yet, and will be written where it stands then.
		n.mode, n.kids = mode, kids
		return
	}
	same := mode == n.mode && kids == n.kids && !quiet && (n.kind != kindText || c.sameText(from, p)) ||
		mode == mask.Blocked && n.mode == mode // a box moves as a box
	if same && (n.flags|p.flags)&hidden == 0 && p.mode != mask.Blocked {
		n.kids = kids
		c.emitNode(wire.KindMove, s)
		c.send()
		c.flowTouch(s)
		if mode == mask.Blocked {
			c.recompute(s, false)
		}
		return
	}
	// Its level is another now, or it was hidden by an old ancestor and nothing hides it
	// here: it leaves the wire until the bridge has sent it again.
	c.withdraw(s)
	if !quiet {
		c.askUnlessCovered(s)
	}
}

// applyLostMove is the move of a node that was given up. Below a parent that is recorded
// nobody would ever bring it, so the parent is asked for: anew as a whole, or, of a root,
// its children.
func (c *Core) applyLostMove() {
	parent := c.spotOf(c.arg(1), c.arg(2))
	if n := c.n(parent); parent != 0 && n.flags&hidden == 0 && n.mode != mask.Blocked {
		slow := int32(0)
		if n.kind != kindElement {
			slow = 1
		}
		c.ask(n.id, slow)
	}
}

// sameText reports whether a text child is masked alike under both parents.
func (c *Core) sameText(p, q *node) bool {
	style := p.tag == mask.TagStyle || q.tag == mask.TagStyle
	return (!style || p.tag == q.tag) && (p.flags|q.flags)&secret == 0
}

// applyInner attaches a shadow root or a frame's document. A second one replaces the first.
func (c *Core) applyInner(op int, host int32) {
	id := c.arg(1)
	c.fresh(id, 1)
	if c.n(host).kind != kindElement {
		c.fail(ErrID)
	}
	if c.code != OK {
		return
	}
	if old := c.n(host).inner; old != 0 {
		c.remove(old)
	}
	kind, wireKind := uint8(kindShadow), wire.KindShadowRoot
	if op == opFrame {
		kind, wireKind = kindDocument, wire.KindFrameDocument
	}
	s := c.create(uint32(id), kind)
	n := c.n(s)
	n.parent = host
	c.n(host).inner = s
	c.place(s)
	if n.flags&hidden == 0 {
		c.emitNode(wireKind, s)
		if op == opShadow {
			c.num(int64(c.arg(2)))
		}
		c.send()
	}
}

// applyTree reads a natively serialised subtree.
func (c *Core) applyTree() {
	var t treeOp
	parentID, prevID, first, count := c.next(), c.next(), c.next(), c.next()
	forget := c.take(c.next(), 1)
	t.marks = c.take(c.next(), 2)
	t.shape = c.take(c.next(), 1)
	n := c.next()
	if c.argAt != len(c.args) {
		c.fail(ErrSize)
	}
	t.from = c.i
	c.str(n)
	t.to = c.i - 1
	if c.null {
		c.fail(ErrText)
	}
	if c.code != OK {
		return
	}
	for _, id := range forget {
		if s := c.find(id); s != 0 {
			c.remove(s)
		}
		if c.code != OK {
			return
		}
	}
	t.parent = c.spotOf(parentID, prevID)
	t.prev = c.spot
	c.fresh(first, count)
	if c.code != OK || t.parent == 0 {
		return
	}
	for i := 2; i < len(t.marks); i += 2 {
		if t.marks[i] < t.marks[i-2] {
			c.fail(ErrSize)
			return
		}
	}
	t.first, t.count = uint32(first), int(count)
	// Text below a raw element is literal and has no tag around it: that is not a tree.
	if c.silent(t.parent) || c.n(t.parent).tag == mask.TagStyle || !c.readTree(&t, false) {
		c.ask(uint32(parentID), 1)
	} else {
		c.readTree(&t, true)
	}
	c.i, c.end = t.to+1, len(c.text)
}

// applyElement makes one element of the slow walk.
func (c *Core) applyElement() {
	parentID, prevID, id, ns, nameLen := c.next(), c.next(), c.next(), c.next(), c.next()
	lens := c.take(c.next(), 2)
	if c.argAt != len(c.args) {
		c.fail(ErrSize)
	}
	name := c.str(nameLen)
	if c.null {
		c.fail(ErrText)
	}
	c.attrs = c.attrs[:0]
	for i := 0; i+1 < len(lens); i += 2 {
		k := c.str(lens[i])
		c.attrs = append(c.attrs, pair{k, c.str(lens[i+1])})
	}
	parent := c.spotOf(parentID, prevID)
	c.fresh(id, 1)
	if ns < 0 || ns > 3 {
		c.fail(ErrID)
	}
	if c.code != OK || parent == 0 {
		return
	}
	marks := uint8(0)
	if c.early == uint32(id) {
		marks = c.earlyMarks
	}
	c.leaf = true
	c.addElement(parent, c.spot, uint32(id), uint8(ns), name, marks)
}

// draws: an op of the pointer's way while it is pressed. On a canvas that may be a signature. The strict form, which shows
// no picture, tells clicks on one and no more.
func (c *Core) draws(op int) bool {
	if op == opMouse && c.args[0] < 2 {
		c.pressed = c.args[0] == 0
	}
	return op == opPointer && c.pressed || op == opTouch && c.args[0] == 1
}
