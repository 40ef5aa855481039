package mirror

import (
	"afterimage/wasm/mask"
	"afterimage/wasm/wire"
)

// Finds that reach over several text nodes. Text that is shown is looked at not only node by
// node but along its run: the text nodes of one block with nothing but inline elements between
// them, so that an address in two elements, broken by wbr or completed by a later change is
// found. A run is looked at again when one of its texts is added, changed or moved, or when
// what stood between two of them goes.
//
// Texts wait for the end of their batch, or for the next frame in it, so that what one task
// puts together is judged together. Of each text the core keeps the ends (flowKeep bytes),
// which is what a neighbour can complete. What a find once covered stays masked until the
// text of that node changes.

const (
	flowKeep  = 128 // bytes of a text that are kept: all, or its first and last half
	flowSteps = 96  // nodes that the search for a neighbour passes
	flowParts = 64  // texts of a run to either side
	flowBytes = 256 // and their bytes
	flowFrame = 16  // ms after which waiting texts are written
	flowRaw   = 256 << 10
)

// flowRef is what is kept of the text in a slot.
type flowRef struct {
	id       uint32 // of the node; another one's is stale
	at       int32  // block in the arena
	n, class uint8  // bytes kept; the block has 16<<class
	whole    bool   // they are the whole text
	pre, suf uint8  // bytes at the ends that a find over several nodes covers
	looked   uint8  // number of the flush that looked at its run
	raw      int32  // where the text begins that waits; earlier ones are not written
}

type flowWait struct {
	s        int32
	id       uint32
	from, to int // in raw; from < 0: only its run is to be looked at
}

type flowPart struct {
	s        int32
	from, to int // in joined
	skip     int // where that begins in the text kept
}

type flow struct {
	refs    []flowRef
	arena   []byte
	free    [4]int32 // first free block of a class, plus 1; chained by their first bytes
	waiting []flowWait
	again   []flowWait
	raw     []byte
	parts   []flowPart
	left    []int32
	joined  []byte
	since   int64
	count   uint8
	skip    bool // only by UnsafeSkipDetection
}

func (f *flow) reset() {
	f.refs, f.arena, f.waiting, f.raw = f.refs[:0], f.arena[:0], f.waiting[:0], f.raw[:0]
	f.free = [4]int32{}
}

// flows reports whether text children of p are shown less personal data.
func (c *Core) flows(p *node) bool {
	return mask.Detects() && (p.mode == mask.Allowed || p.mode == mask.Shown && p.kids == textPlain) && p.flags&secret == 0 && p.tag != mask.TagStyle && !c.flow.skip
}

// flowText takes the text of a node that flows; it is written with the next flush.
func (c *Core) flowText(s int32, data []byte) {
	c.flow.keep(s, c.n(s).id, data)
	from := len(c.flow.raw)
	c.flow.refs[s].raw = int32(from)
	c.flow.raw = append(c.flow.raw, data...)
	c.wait(s, from, len(c.flow.raw))
	if len(c.flow.raw) > flowRaw {
		c.flowFlush(flowParts)
	}
}

func (c *Core) wait(s int32, from, to int) {
	if len(c.flow.waiting) == 0 {
		c.flow.since = c.atMs
	}
	c.flow.waiting = append(c.flow.waiting, flowWait{s, c.n(s).id, from, to})
}

// flowTouch has the runs looked at that begin and end in the subtree of s.
func (c *Core) flowTouch(s int32) {
	if !mask.Detects() || len(c.flow.refs) == 0 {
		return
	}
	if c.n(s).kind == kindText {
		c.wait(s, -1, -1)
		return
	}
	if t := c.flowNext(s, s, true); t != 0 {
		c.wait(t, -1, -1)
	}
	if t := c.flowPrev(s, s, true); t != 0 {
		c.wait(t, -1, -1)
	}
}

// flowGap has the run looked at that closes when s goes from its place.
func (c *Core) flowGap(s int32) {
	if !mask.Detects() || len(c.flow.refs) == 0 {
		return
	}
	if t := c.flowPrev(s, 0, false); t != 0 {
		c.wait(t, -1, -1)
	}
}

// keep remembers the ends of a text.
func (f *flow) keep(s int32, id uint32, data []byte) {
	for int(s) >= len(f.refs) {
		f.refs = append(f.refs, flowRef{})
	}
	r := &f.refs[s]
	n := min(len(data), flowKeep)
	class := uint8(0)
	for 16<<class < n {
		class++
	}
	if r.id == 0 || r.class != class {
		if r.id != 0 {
			f.arena[r.at], f.arena[r.at+1], f.arena[r.at+2], f.arena[r.at+3] = byte(f.free[r.class]), byte(f.free[r.class]>>8), byte(f.free[r.class]>>16), byte(f.free[r.class]>>24)
			f.free[r.class] = r.at + 1
		}
		if at := f.free[class]; at > 0 {
			b := f.arena[at-1:]
			f.free[class] = int32(b[0]) | int32(b[1])<<8 | int32(b[2])<<16 | int32(b[3])<<24
			r.at = at - 1
		} else {
			r.at = int32(len(f.arena))
			for range 16 << class {
				f.arena = append(f.arena, 0)
			}
		}
	}
	at := int(r.at)
	*r = flowRef{id: id, at: r.at, n: uint8(n), class: class, whole: n == len(data), looked: r.looked}
	if r.whole {
		copy(f.arena[at:], data)
	} else {
		copy(f.arena[at:at+flowKeep/2], data)
		copy(f.arena[at+flowKeep/2:at+flowKeep], data[len(data)-flowKeep/2:])
	}
}

// flowed reports whether s is a text that has a part in runs.
func (c *Core) flowed(s int32) bool {
	n := c.n(s)
	return int(s) < len(c.flow.refs) && c.flow.refs[s].id == n.id && (n.flags&hidden == 0 || n.flags&waits != 0)
}

// through: an inline element, which a run goes on over.
func through(n *node) bool {
	return n.kind == kindElement && n.flags&inline != 0 && n.inner == 0 && n.mode != mask.Blocked
}

// passes: a run goes on over the element, or, where something was typed, over a block of four characters at most,
// of which the page may draw it: a card's number digit by digit.
func (c *Core) passes(n *node) bool {
	if through(n) || !c.pol.HasTyped() {
		return through(n)
	}
	for {
		if n.kind != kindElement || n.inner != 0 || n.mode == mask.Blocked || n.first == 0 || n.first != n.last {
			return false
		}
		s := n.first
		if n = c.n(s); n.kind == kindText {
			return c.flowed(s) && c.flow.refs[s].whole && c.flow.refs[s].n <= 4
		}
	}
}

// block is what holds the line of s.
func (c *Core) block(s int32) int32 {
	for s = c.n(s).parent; through(c.n(s)); {
		s = c.n(s).parent
	}
	return s
}

// flowNext is the next text after s in its run, or 0; with in, the first one inside of root.
func (c *Core) flowNext(s, root int32, in bool) int32 {
	for range flowSteps {
		n := c.n(s)
		switch {
		case in && n.first != 0 && n.kind != kindText:
			s = n.first
		case n.next != 0 && s != root:
			s = n.next
		case s == root || root == 0 && !c.passes(c.n(n.parent)) || root != 0 && n.parent == root:
			return 0
		default:
			s, in = n.parent, false
			continue
		}
		n = c.n(s)
		if n.kind == kindText && c.flowed(s) {
			return s
		}
		if n.flags&hidden != 0 || n.kind == kindElement && (n.tag == mask.TagStyle || n.tag == mask.TagScript || n.tag == mask.TagNoText) { // not on the wire, or not drawn: what is around it stands together
			in = false
			continue
		}
		if n.kind == kindText {
			return 0 // shown in another way: masked
		}
		if n.kind == kindElement && root == 0 && !c.passes(n) || n.kind > kindOther {
			return 0
		}
		in = true
	}
	return 0
}

// flowPrev is the text before s in its run, or 0; with in, the last one inside of root.
func (c *Core) flowPrev(s, root int32, in bool) int32 {
	for range flowSteps {
		n := c.n(s)
		switch {
		case in && n.last != 0 && n.kind != kindText:
			s = n.last
		case n.prev != 0 && s != root:
			s = n.prev
		case s == root || root == 0 && !c.passes(c.n(n.parent)) || root != 0 && n.parent == root:
			return 0
		default:
			s, in = n.parent, false
			continue
		}
		n = c.n(s)
		if n.kind == kindText && c.flowed(s) {
			return s
		}
		if n.flags&hidden != 0 || n.kind == kindElement && (n.tag == mask.TagStyle || n.tag == mask.TagScript || n.tag == mask.TagNoText) { // not on the wire, or not drawn: what is around it stands together
			in = false
			continue
		}
		if n.kind == kindText {
			return 0
		}
		if n.kind == kindElement && root == 0 && !c.passes(n) || n.kind > kindOther {
			return 0
		}
		in = true
	}
	return 0
}

// join appends what is kept of s to the run; part 1 the beginning, 2 the end, 3 all.
func (c *Core) join(s int32, part int) {
	f := &c.flow
	r := &f.refs[s]
	b, skip := f.arena[r.at:int(r.at)+int(r.n)], 0
	if !r.whole {
		if part == 1 {
			b = b[:flowKeep/2]
		} else {
			b, skip = b[flowKeep/2:], flowKeep/2
		}
	}
	from := len(f.joined)
	f.joined = append(f.joined, b...)
	f.parts = append(f.parts, flowPart{s, from, len(f.joined), skip})
}

// look looks at the run around s, and notes in its texts what finds over several nodes cover.
func (c *Core) look(s int32) {
	f := &c.flow
	if f.refs[s].looked == f.count {
		return
	}
	f.refs[s].looked = f.count
	f.left = f.left[:0]
	size, complete := 0, true
	for t := c.flowPrev(s, 0, false); t != 0; t = c.flowPrev(t, 0, false) {
		if len(f.left) == flowParts || size > flowBytes {
			complete = false
			break
		}
		f.left = append(f.left, t)
		size += int(f.refs[t].n)
		if !f.refs[t].whole {
			complete = false
			break
		}
	}
	next := c.flowNext(s, 0, false)
	if next == 0 && len(f.left) == 0 {
		return
	}
	f.joined, f.parts = f.joined[:0], f.parts[:0]
	for k := len(f.left) - 1; k >= 0; k-- {
		c.join(f.left[k], 2)
	}
	c.join(s, 1)
	if !f.refs[s].whole {
		c.cover()
		f.joined, f.parts, complete = f.joined[:0], f.parts[:0], false
		c.join(s, 2)
	}
	size = 0
	for t := next; t != 0; t = c.flowNext(t, 0, false) {
		if len(f.parts) > 2*flowParts || size > flowBytes {
			complete = false
			break
		}
		c.join(t, 1)
		size += int(f.refs[t].n)
		if !f.refs[t].whole {
			complete = false
			break
		}
	}
	c.cover()
	if complete {
		for _, p := range f.parts {
			f.refs[p.s].looked = f.count
		}
	}
}

// cover has the detectors go over the joined run, and notes what they find over its seams.
func (c *Core) cover() {
	f := &c.flow
	if len(f.parts) < 2 {
		return
	}
	n := c.pol.Run(f.joined)
	k := 0
	for i := range n {
		from, to, strong := c.pol.RunFind(i)
		for k > 0 && f.parts[k].from > from {
			k--
		}
		for k < len(f.parts)-1 && f.parts[k].to <= from {
			k++
		}
		if to <= f.parts[k].to {
			continue // inside of one node, which its own text tells
		}
		last := k
		for f.parts[last].to < to {
			last++
		}
		if !c.pol.RunEcho(i) && c.block(f.parts[k].s) != c.block(f.parts[last].s) {
			continue
		}
		if !strong && !c.seams(from, to, k) {
			continue
		}
		for q := k; q < len(f.parts) && f.parts[q].from < to; q++ {
			p := f.parts[q]
			r := &f.refs[p.s]
			pre, suf := uint8(0), uint8(0)
			if from <= p.from {
				pre = uint8(min(to, p.to) - p.from)
			}
			if to >= p.to {
				suf = uint8(p.to - max(from, p.from))
			}
			if pre > r.pre || suf > r.suf {
				r.pre, r.suf = max(r.pre, pre), max(r.suf, suf)
				if n := c.n(p.s); n.flags&waits == 0 {
					f.again = append(f.again, flowWait{s: p.s, id: n.id})
				}
			}
		}
	}
}

// seams: a number that only its grouping makes one is one over several nodes if these are
// its groups: 1, 2, 3 in elements of their own are the pages of a list.
func (c *Core) seams(from, to, k int) bool {
	for ; c.flow.parts[k].to < to; k++ {
		at := c.flow.parts[k].to
		if at > from && digit(c.flow.joined[at-1]) && digit(c.flow.joined[at]) {
			return false
		}
	}
	return true
}

func digit(b byte) bool { return b >= '0' && b <= '9' }

// flowFlush writes all texts that wait but the last ones, whose run may not be complete.
func (c *Core) flowFlush(but int) {
	f := &c.flow
	if !mask.Detects() || len(f.waiting) == 0 {
		return
	}
	if f.count++; f.count == 0 {
		for i := range f.refs {
			f.refs[i].looked = 0
		}
		f.count = 1
	}
	f.again = f.again[:0]
	n := max(len(f.waiting)-but, 0)
	for _, w := range f.waiting {
		if c.n(w.s).id == w.id && c.flowed(w.s) {
			c.look(w.s)
		}
	}
	for _, w := range f.waiting[:n] {
		if w.from >= 0 {
			c.writeText(w)
		}
	}
	for _, w := range f.again {
		c.rewrite(w)
	}
	rest, raw := f.waiting[n:], 0
	f.waiting = f.waiting[:len(rest)]
	for i, w := range rest {
		if w.from >= 0 {
			size := copy(f.raw[raw:], f.raw[w.from:w.to])
			if r := &f.refs[w.s]; r.id == w.id && int(r.raw) == w.from {
				r.raw = int32(raw)
			}
			w.from, w.to = raw, raw+size
			raw += size
		}
		f.waiting[i] = w
	}
	f.raw = f.raw[:raw]
}

// writeText writes a text that waited, if it still stands where it may be shown. Of several
// changes of one node the last counts.
func (c *Core) writeText(w flowWait) {
	n := c.n(w.s)
	if n.id != w.id || n.flags&waits == 0 {
		return
	}
	kind := wire.KindSetText
	if n.flags&hidden != 0 {
		kind = wire.KindText
	}
	r := &c.flow.refs[w.s]
	if int(r.raw) != w.from {
		return // an earlier text of this node
	}
	n.flags &^= waits | hidden
	t := c.textEnds(w.s, c.flow.raw[w.from:w.to])
	if kind == wire.KindText {
		c.emitNode(kind, w.s)
	} else {
		c.begin(kind, w.s)
	}
	c.op.Text = t.Bytes()
	c.send()
}

// textEnds masks the data of s, and its ends where a find over several nodes covers them.
func (c *Core) textEnds(s int32, data []byte) mask.Text {
	parent := c.n(s).parent
	if !c.flows(c.n(parent)) {
		return c.textOf(parent, data)
	}
	r := &c.flow.refs[s]
	pre, suf := int(r.pre), int(r.suf)
	if len(data) <= 4 && c.atMs < c.secretMs+2*activityMs && c.secretMs > 0 {
		pre = len(data) // it may be drawn of what is typed, which is too short yet to be known
	}
	if !r.whole {
		// The find may go on where nothing is kept: to the end of the word.
		for pre >= flowKeep/2 && pre < len(data) && data[pre] > ' ' {
			pre++
		}
		for suf >= flowKeep/2 && suf < len(data) && data[len(data)-suf-1] > ' ' {
			suf++
		}
	}
	return c.pol.TextBetween(data, c.n(parent).mode, pre, suf)
}

// rewrite masks more of a text that the wire has. If the core does not have it any more, it
// leaves the wire until the bridge has sent it again.
func (c *Core) rewrite(w flowWait) {
	n := c.n(w.s)
	if n.id != w.id || n.flags&(waits|hidden) != 0 || !c.flows(c.n(n.parent)) {
		return
	}
	r := &c.flow.refs[w.s]
	if !r.whole {
		c.withdraw(w.s)
		c.askUnlessCovered(w.s)
		return
	}
	t := c.textEnds(w.s, c.flow.arena[r.at:int(r.at)+int(r.n)])
	c.emitText(wire.KindSetText, w.s, t)
}
