package view

import "sort"

// timeline is what the player shows of the whole session. Times are session ms.
type timeline struct {
	start, duration int64
	starts          []int64 // of the page views, in session time
	ends            []int64
	order           []int // page views by start
	shown           []shownSpan
	gaps            []span
	idle            []span
}

type span struct{ from, to int64 }

type shownSpan struct {
	from int64
	page int
}

// idleAfterMs without activity of the visitor is a span that the player offers to skip.
const idleAfterMs = 5000

// line is the timeline, built when segments came since the last call.
func (s *Session) line() *timeline {
	if s.timeline != nil {
		return s.timeline
	}
	t := &timeline{starts: make([]int64, len(s.pages)), ends: make([]int64, len(s.pages))}
	s.timeline = t
	first := true
	for _, v := range s.pages {
		if v.anchored && (first || v.anchorMs < t.start) {
			t.start, first = v.anchorMs, false
		}
	}
	var end int64
	for i, v := range s.pages {
		at := end // without an anchor: after those before it
		if v.anchored {
			at = min(v.anchorMs-t.start, maxJumpMs)
		}
		t.starts[i] = at
		t.ends[i] = at + v.length()
		end = max(end, t.ends[i])
		t.order = append(t.order, i)
	}
	t.duration = end
	sort.SliceStable(t.order, func(a, b int) bool { return t.starts[t.order[a]] < t.starts[t.order[b]] })
	t.showSpans(s)
	for _, v := range s.pages {
		t.gaps = append(t.gaps, v.gaps(t)...)
	}
	sort.Slice(t.gaps, func(i, j int) bool { return t.gaps[i].from < t.gaps[j].from })
	t.idleSpans(s)
	return t
}

// length is the page view's length in session time.
func (v *pageView) length() int64 { return int64(v.lastAt) + v.jumpedMs }

// toSession turns a time of the page view into session time.
func (v *pageView) toSession(at uint32, t *timeline) int64 {
	out := t.starts[v.index] + int64(at)
	if i := sort.Search(len(v.jumps), func(i int) bool { return v.jumps[i].at > at }); i > 0 {
		out += v.jumps[i-1].sum
	}
	return out
}

// fromSession turns session time into a time of the page view; a time inside a jump is the
// moment before it.
func (v *pageView) fromSession(atMs int64, t *timeline) uint32 {
	at := atMs - t.starts[v.index]
	for _, j := range v.jumps {
		if at <= int64(j.at) {
			break
		}
		if at < int64(j.at)+j.delta {
			at = max(int64(j.at)-1, 0)
			break
		}
		at -= j.delta
	}
	return uint32(min(max(at, 0), maxPageMs))
}

// showSpans finds which page view was in front when: the one that began, became visible or
// was acted on last.
func (t *timeline) showSpans(s *Session) {
	var marks []shownSpan
	for _, i := range t.order {
		v := s.pages[i]
		marks = append(marks, shownSpan{t.starts[i], i})
		if len(s.pages) == 1 {
			break
		}
		for _, a := range v.active {
			marks = append(marks, shownSpan{v.toSession(a.from, t), i})
			if a.to != a.from {
				marks = append(marks, shownSpan{v.toSession(a.to, t), i})
			}
		}
	}
	sort.SliceStable(marks, func(a, b int) bool { return marks[a].from < marks[b].from })
	for _, m := range marks {
		if n := len(t.shown); n == 0 || t.shown[n-1].page != m.page {
			t.shown = append(t.shown, m)
		}
	}
}

func (s *Session) pageAt(atMs int64) *pageView {
	if s.pinned >= 0 && s.pinned < len(s.pages) {
		return s.pages[s.pinned]
	}
	shown := s.line().shown
	if len(shown) == 0 {
		return nil
	}
	i := sort.Search(len(shown), func(i int) bool { return shown[i].from > atMs })
	return s.pages[shown[max(i-1, 0)].page]
}

// gaps are the spans of a page view in which segments are missing.
func (v *pageView) gaps(t *timeline) []span {
	var out []span
	var last *epoch
	next := uint32(0) // number that must follow
	from := uint32(0)
	open := false
	for _, e := range v.epochs {
		if !e.started {
			open = open || len(e.pending) > 0
			continue
		}
		if open || e.firstNumber != next {
			out = append(out, span{v.toSession(from, t), v.toSession(e.ops0(), t)})
		}
		last, next = e, e.lastNumber+1
		from = e.opsEnd()
		open = len(e.pending) > 0 || e.broken
	}
	if open { // nobody knows how long: until another page view begins, or to the end
		begin := t.starts[v.index]
		if last != nil {
			begin = v.toSession(from, t)
		}
		to := t.duration
		for _, start := range t.starts {
			if start > begin {
				to = min(to, start)
			}
		}
		out = append(out, span{begin, max(to, begin)})
	}
	return out
}

func (e *epoch) ops0() uint32 {
	if len(e.ops) == 0 {
		return 0
	}
	return e.ops[0].at
}

func (e *epoch) opsEnd() uint32 {
	if len(e.ops) == 0 {
		return 0
	}
	return e.ops[len(e.ops)-1].at
}

// idleSpans are the spans in which no page view has activity.
func (t *timeline) idleSpans(s *Session) {
	var busy []span
	for _, v := range s.pages {
		busy = append(busy, span{t.starts[v.index], t.starts[v.index] + 1})
		for _, b := range v.busy {
			busy = append(busy, span{v.toSession(b.from, t), v.toSession(b.to, t)})
		}
	}
	sort.Slice(busy, func(i, j int) bool { return busy[i].from < busy[j].from })
	var end int64
	for _, b := range busy {
		if b.from-end > idleAfterMs {
			t.idle = append(t.idle, span{end, b.from})
		}
		end = max(end, b.to)
	}
	if t.duration-end > idleAfterMs {
		t.idle = append(t.idle, span{end, t.duration})
	}
}
