package view

import (
	"slices"
	"sort"
	"strconv"

	"afterimage/wasm/wire"
)

// Meta keys that this package reads (PROTOCOL.md).
const (
	metaEntryURL      = 1
	metaDeviceClass   = 7
	metaReducedMotion = 13
	metaViewport      = 27
	metaPixelRatio    = 28
)

// pageView is one document's stay in the session. Its times are ms since it began.
type pageView struct {
	id     string
	index  int
	seen   map[uint32]bool // numbers of segments
	epochs []*epoch        // by number
	names  map[string]string
	meta   map[int64]string
	lastAt uint32
	assets assets

	anchored            bool
	anchorMs, browserMs int64
	jumps               []jump // by time
	jumpedMs            int64

	events     []event
	busy       []span32 // spans with activity of the visitor
	active     []span32 // spans in which this tab was certainly in front
	pointer    []sample
	lastKey    int // index into events of the typing that goes on, -1
	lastScroll int
}

type jump struct {
	at    uint32
	delta int64
	sum   int64 // of the deltas up to this one
}

type span32 struct{ from, to uint32 }

type sample struct {
	at   uint32
	x, y int32
}

type pendingSegment struct {
	number uint32
	bytes  []byte
}

// epoch is one snapshot and what followed it.
type epoch struct {
	number                  uint32
	decoder                 *wire.Decoder
	pending                 []pendingSegment
	started, broken         bool
	firstNumber, lastNumber uint32

	ops    []op
	ready  int // ops up to the end of the snapshot, 0: not there yet
	points []checkpoint
	every  int
	copied int64 // bytes kept alive by points
	tail   *state
	gen    uint64
	budget int
}

type checkpoint struct {
	n  int // ops applied
	st *state
}

func (v *pageView) epochOf(number uint32) *epoch {
	i := sort.Search(len(v.epochs), func(i int) bool { return v.epochs[i].number >= number })
	if i < len(v.epochs) && v.epochs[i].number == number {
		return v.epochs[i]
	}
	e := &epoch{number: number, every: checkpointOps, budget: moveBudget(0)}
	v.epochs = append(v.epochs, nil)
	copy(v.epochs[i+1:], v.epochs[i:])
	v.epochs[i] = e
	return e
}

// take keeps one decoded op of e, applies it to the newest state and notes what the
// timeline shows of it. It answers the bytes held.
func (v *pageView) take(e *epoch, w *wire.Op, p *problems) int {
	if v.names == nil {
		v.names = map[string]string{}
		v.lastKey, v.lastScroll = -1, -1
	}
	at := uint32(min(max(w.AtMs, 0), maxPageMs))
	if n := len(e.ops); n > 0 {
		at = max(at, e.ops[n-1].at)
	}
	v.lastAt = max(v.lastAt, at)
	o, bytes := keep(w, at, v.names)
	if e.tail == nil {
		e.tail = newState(&e.gen)
		if before := v.before(e); before != nil && before.tail != nil {
			e.tail.cur = before.tail.cur
			e.tail.cur.left = false
		}
		e.points = append(e.points, checkpoint{0, e.tail.freeze()})
	}
	e.ops = append(e.ops, o)
	e.budget += 256
	last := &e.ops[len(e.ops)-1]
	v.note(last)
	v.enter(e, last)
	if why := e.tail.apply(last, uint32(len(e.ops)), &e.budget); why != "" {
		p.add(why + ", op kind " + strconv.Itoa(int(o.kind)))
	}
	if o.kind == wire.KindSnapshotEnd && e.ready == 0 {
		e.ready = len(e.ops)
	}
	if len(e.ops)-e.points[len(e.points)-1].n >= e.every {
		e.copied += e.tail.copied
		e.points = append(e.points, checkpoint{len(e.ops), e.tail.freeze()})
		e.thin()
	}
	return bytes
}

// thin drops every second checkpoint while they keep too much alive.
func (e *epoch) thin() {
	if e.copied <= checkpointBytes || len(e.points) < 4 {
		return
	}
	kept := e.points[:1]
	for i := 2; i < len(e.points); i += 2 {
		kept = append(kept, e.points[i])
	}
	for i := len(kept); i < len(e.points); i++ {
		e.points[i] = checkpoint{}
	}
	e.points = kept
	e.every *= 2
	e.copied /= 2
}

func (e *epoch) checkpointBefore(n int) checkpoint {
	i := sort.Search(len(e.points), func(i int) bool { return e.points[i].n > n })
	return e.points[i-1]
}

func (v *pageView) before(e *epoch) *epoch {
	var b *epoch
	for _, x := range v.epochs {
		if x == e {
			return b
		}
		if x.tail != nil {
			b = x
		}
	}
	return b
}

// note takes the facts of the whole page view out of an op.
func (v *pageView) note(o *op) {
	switch o.kind {
	case wire.KindAnchor:
		if a, b := o.num(0), o.num(1); plausibleEpoch(a) || plausibleEpoch(b) {
			v.anchored = true
			v.browserMs, v.anchorMs = b, a
			if !plausibleEpoch(a) {
				v.anchorMs = b
			}
		}
	case wire.KindMeta:
		if len(v.meta) < 128 {
			v.meta[o.num(0)] = o.d().text
		}
	case wire.KindClockJump:
		if d := o.num(0); d > 0 && v.jumpedMs+d <= maxJumpMs && len(v.jumps) < maxJumps {
			v.jumpedMs += d
			v.addJump(o.at, d)
		}
	}
}

// addJump keeps jumps in order of time: epochs may come in any order.
func (v *pageView) addJump(at uint32, delta int64) {
	i := sort.Search(len(v.jumps), func(i int) bool { return v.jumps[i].at > at })
	v.jumps = slices.Insert(v.jumps, i, jump{at: at, delta: delta})
	sum := int64(0)
	if i > 0 {
		sum = v.jumps[i-1].sum
	}
	for ; i < len(v.jumps); i++ {
		sum += v.jumps[i].delta
		v.jumps[i].sum = sum
	}
}

// plausibleEpoch is a time between 2001 and 2286.
func plausibleEpoch(ms int64) bool { return ms > 1e12 && ms < 1e13 }

// find is the epoch to show at time at, and how many of its ops.
func (v *pageView) find(at uint32) (*epoch, int) {
	var e *epoch
	for _, x := range v.epochs {
		if x.tail == nil || x.ready == 0 && e != nil {
			continue
		}
		if e != nil && x.ops[x.ready-1].at > at {
			break
		}
		e = x
	}
	if e == nil {
		return nil, 0
	}
	n := sort.Search(len(e.ops), func(i int) bool { return e.ops[i].at > at })
	return e, max(n, e.ready)
}

// pointerAt is where the pointer was, between two samples that are close in time on the
// line between them.
func (v *pageView) pointerAt(at uint32) (x, y int32, ok bool) {
	i := sort.Search(len(v.pointer), func(i int) bool { return v.pointer[i].at > at })
	if i == 0 {
		return 0, 0, false
	}
	a := v.pointer[i-1]
	if i < len(v.pointer) {
		if b := v.pointer[i]; b.at-a.at <= 150 && b.at > a.at {
			f, d := int64(at-a.at), int64(b.at-a.at)
			return a.x + int32(int64(b.x-a.x)*f/d), a.y + int32(int64(b.y-a.y)*f/d), true
		}
	}
	return a.x, a.y, true
}

func (v *pageView) addSample(at uint32, x, y int64) {
	if len(v.pointer) >= maxSamples {
		return
	}
	if n := len(v.pointer); n > 0 && v.pointer[n-1].at > at {
		at = v.pointer[n-1].at
	}
	v.pointer = append(v.pointer, sample{at, clampCoordinate(x), clampCoordinate(y)})
}
