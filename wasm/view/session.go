package view

import (
	"errors"
	"slices"
	"sort"

	"afterimage/wasm/wire"
)

// ErrLimit says that a recording claims more than this package keeps (limits.go).
var ErrLimit = errors.New("recording exceeds the limits of the player")

// Session is the recording of one session: its page views and what is shown of them.
// The zero value is not ready; use NewSession.
type Session struct {
	pages     []*pageView
	byID      map[string]*pageView
	heldBytes int
	problems  problems
	timeline  *timeline // nil: to be built anew
	pinned    int       // page view shown whatever the time, -1: the active one

	assets []Asset

	shown struct {
		page   *pageView
		epoch  *epoch
		n      int
		st     *state
		cur    cursorView
		assets int // how many the page view had
	}
	work struct {
		epoch *epoch
		n     int
		st    *state
	}
	diff     differ
	decoding []*epoch // with a decoder, the one read last at the end
}

// problems counts what was left out, by message; the first ones keep their place.
type problems struct {
	list  []Problem
	index map[string]int
	total int
}

// Problem is something in the recording that could not be applied, and how often.
type Problem struct {
	Message string
	Count   int
}

func (p *problems) add(message string) {
	p.total++
	if i, ok := p.index[message]; ok {
		p.list[i].Count++
		return
	}
	if len(p.list) >= maxProblems {
		return
	}
	if p.index == nil {
		p.index = map[string]int{}
	}
	p.index[message] = len(p.list)
	p.list = append(p.list, Problem{message, 1})
}

// NewSession makes an empty session.
func NewSession() *Session {
	return &Session{byID: map[string]*pageView{}, pinned: -1}
}

// Problems lists what could not be applied so far.
func (s *Session) Problems() []Problem { return s.problems.list }

// AddSegment decodes one opened segment of a page view. Segments of an epoch are decoded in
// order of number: one that comes before its predecessor waits for it (or marks a gap when
// it never comes); a repeated one is left out. The error wraps ErrLimit, or is the decoder's
// about this segment; in both cases the session stays usable with what it has.
func (s *Session) AddSegment(pageViewID string, number uint32, plaintext []byte) error {
	info, err := wire.ReadHeader(plaintext)
	if err != nil {
		return err
	}
	v := s.byID[pageViewID]
	if v == nil {
		if len(s.pages) >= maxPageViews {
			return ErrLimit
		}
		v = &pageView{id: pageViewID, index: len(s.pages), seen: map[uint32]bool{}, meta: map[int64]string{}}
		s.byID[pageViewID] = v
		s.pages = append(s.pages, v)
	}
	if v.seen[number] {
		return nil
	}
	if s.heldBytes >= maxHeldBytes || len(v.seen) > 1<<22 {
		return ErrLimit
	}
	e := v.epochOf(info.Epoch)
	if len(e.pending) >= maxPending {
		return ErrLimit
	}
	v.seen[number] = true
	s.timeline = nil
	e.pending = append(e.pending, pendingSegment{number, append([]byte(nil), plaintext...)})
	sort.Slice(e.pending, func(i, j int) bool { return e.pending[i].number < e.pending[j].number })
	return s.drain(v, e)
}

// drain decodes the waiting segments of e that have become readable.
func (s *Session) drain(v *pageView, e *epoch) error {
	for len(e.pending) > 0 && !e.broken {
		p := e.pending[0]
		if e.started && p.number != e.lastNumber+1 {
			return nil
		}
		var limit error
		_, err := s.decoderOf(e).ReadSegment(p.bytes, func(o *wire.Op) error {
			if s.heldBytes >= maxHeldBytes {
				limit = ErrLimit
				return ErrLimit
			}
			if o.Kind == wire.KindAsset {
				s.takeAsset(v, e, o.Text)
				return nil
			}
			s.heldBytes += v.take(e, o, &s.problems)
			return nil
		})
		if errors.Is(err, wire.ErrOrder) && !e.started {
			return nil
		}
		e.pending = e.pending[1:]
		if err != nil {
			e.broken = true
			if limit != nil {
				return limit
			}
			return err
		}
		if !e.started {
			e.started, e.firstNumber = true, p.number
		}
		e.lastNumber = p.number
	}
	return nil
}

// decoderOf gives e a decoder. A decoder has two megabytes, so only the epochs that were
// read last keep theirs; a segment that comes for another one is a gap.
func (s *Session) decoderOf(e *epoch) *wire.Decoder {
	if i := slices.Index(s.decoding, e); i >= 0 {
		s.decoding = append(slices.Delete(s.decoding, i, i+1), e)
		return e.decoder
	}
	if len(s.decoding) >= maxDecoders {
		s.decoding[0].decoder = nil
		s.decoding = slices.Delete(s.decoding, 0, 1)
	}
	e.decoder = new(wire.Decoder)
	s.decoding = append(s.decoding, e)
	return e.decoder
}

// DurationMs is the length of session time recorded so far.
func (s *Session) DurationMs() int64 { return s.line().duration }

// StartMs is the epoch time, in ms, at which session time is 0.
func (s *Session) StartMs() int64 { return s.line().start }

// Pin shows one page view whatever the time, by its index in the timeline; -1 goes back to
// the one that was active.
func (s *Session) Pin(index int) {
	if index < 0 || index >= len(s.pages) {
		index = -1
	}
	s.pinned = index
}

// stateAt makes the document at session time atMs. st may be changed by the next call.
func (s *Session) stateAt(atMs int64) (v *pageView, e *epoch, n int, st *state) {
	v = s.pageAt(atMs)
	if v == nil {
		return nil, nil, 0, nil
	}
	at := v.fromSession(atMs, s.line())
	e, n = v.find(at)
	if e == nil {
		return v, nil, 0, nil
	}
	w := &s.work
	c := e.checkpointBefore(n)
	if w.epoch != e || w.st == nil || w.n > n || w.n < c.n {
		w.epoch, w.n, w.st = e, c.n, c.st.branch()
	}
	budget := moveBudget(n - w.n)
	for ; w.n < n; w.n++ {
		w.st.apply(&e.ops[w.n], uint32(w.n+1), &budget)
	}
	return v, e, n, w.st
}

// moveBudget is how many nodes may be visited for the depth of moved subtrees.
func moveBudget(ops int) int { return 1<<22 + 256*ops }
