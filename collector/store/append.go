package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

// Codes of a Refusal. They go over the wire (collector/UPLOAD.md): never rename.
const (
	RefusedConflict  = "conflict"  // other bytes are durable under this number
	RefusedMalformed = "malformed" // no clear header, or it names another segment
	RefusedDeleted   = "deleted"   // the session was deleted
	RefusedLate      = "late"      // the session ended more than LateFor ago
	RefusedLimit     = "limit"     // over a limit of session, page view or segment
	RefusedUnknown   = "unknown"   // the page view was never admitted
)

// Append stores segments of one page view and returns when they are durable. acked has
// the numbers that are durable now, repeats included; refused the others. On an error
// nothing of this call is acknowledged and the sender keeps it: ErrFull when the storage
// is full. Segments keep their bytes; the store does not hold on to them.
func (s *Store) Append(ctx context.Context, sessionID, pageView string, segs []Segment) (acked []uint32, refused []Refusal, err error) {
	pv, ok := idBytes(pageView)
	if !ok || !ValidID(sessionID) {
		return nil, nil, errors.New("append: session or page view is not an id")
	}
	if err := s.space.check(); err != nil {
		return nil, nil, fmt.Errorf("append: %w", err)
	}
	x := s.session(sessionID)
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.loaded {
		if all, err := s.loadForAppend(ctx, x, segs); all != nil || err != nil {
			return nil, all, err
		}
	}
	// Somebody else may append to the same session through another collector; after each
	// such meeting the state is read anew and the decision made again.
	for attempt := 0; ; attempt++ {
		if s.tooLate(x.lastMs) && x.lastMs != 0 {
			return nil, refuseAll(segs, RefusedLate), nil
		}
		plan := s.plan(x, pageView, segs)
		if err := s.compareRepeats(ctx, x, pageView, &plan); err != nil {
			return nil, nil, fmt.Errorf("append: %w", err)
		}
		err := s.publish(ctx, x, pv, plan.fresh)
		if errors.Is(err, errWrongSequence) && attempt < 8 {
			if all, err := s.loadForAppend(ctx, x, segs); all != nil || err != nil {
				return nil, all, err
			}
			continue
		}
		if err != nil {
			s.drop(x) // parts may be stored: the next call reads what is
			return nil, nil, fmt.Errorf("append: %w", err)
		}
		for _, g := range plan.fresh {
			plan.acked = append(plan.acked, g.Number)
		}
		if len(plan.fresh) > 0 {
			s.journal.tell(sessionID)
		}
		return plan.acked, plan.refused, nil
	}
}

// loadForAppend loads, or says that everything is refused.
func (s *Store) loadForAppend(ctx context.Context, x *session, segs []Segment) ([]Refusal, error) {
	dead, err := s.isDeleted(ctx, x.id)
	if err == nil && dead {
		s.drop(x)
		return refuseAll(segs, RefusedDeleted), nil
	}
	if err == nil {
		err = s.load(ctx, x)
	}
	if errors.Is(err, ErrNotFound) {
		s.drop(x)
		return refuseAll(segs, RefusedUnknown), nil
	}
	if err != nil {
		s.drop(x)
		return nil, fmt.Errorf("append: %w", err)
	}
	return nil, nil
}

func refuseAll(segs []Segment, code string) []Refusal {
	out := make([]Refusal, len(segs))
	for i, g := range segs {
		out[i] = Refusal{g.Number, code}
	}
	return out
}

// plan is what an Append is going to do.
type plan struct {
	fresh   []Segment // to be published
	repeats []Segment // durable numbers whose bytes must be compared
	acked   []uint32
	refused []Refusal
}

func (s *Store) plan(x *session, pageView string, segs []Segment) plan {
	var p plan
	v := x.views[pageView]
	if v == nil {
		p.refused = refuseAll(segs, RefusedUnknown)
		return p
	}
	size := x.bytes()
	first := map[uint32][]byte{}
	now := s.now().Truncate(time.Millisecond)
	for _, g := range segs {
		refuse := func(code string) { p.refused = append(p.refused, Refusal{g.Number, code}) }
		h, ok := clearHeader(g.Sealed)
		earlier, seen := first[g.Number]
		switch {
		case !ok || h.pageView != pageView || h.number != g.Number || h.epoch != g.Epoch:
			refuse(RefusedMalformed)
		case len(g.Sealed) > MaxSegmentBytes || g.Number > MaxSegmentNumber:
			refuse(RefusedLimit)
		case seen && bytes.Equal(earlier, g.Sealed): // twice in this call
		case seen:
			refuse(RefusedConflict)
		case v.ranges.Has(g.Number):
			p.repeats = append(p.repeats, g)
		case size+int64(len(g.Sealed)) > MaxSessionBytes || len(v.ranges)+len(p.fresh) > maxRanges:
			refuse(RefusedLimit)
		default:
			if g.ArrivedAt.IsZero() {
				g.ArrivedAt = now
			}
			first[g.Number] = g.Sealed
			size += int64(len(g.Sealed))
			p.fresh = append(p.fresh, g)
		}
	}
	return p
}

func (x *session) bytes() (n int64) {
	for _, v := range x.views {
		n += v.bytes
	}
	return n
}

// compareRepeats acknowledges the repeats that equal what is stored. A recorder repeats what
// was under way when its acknowledgement got lost, and of that the hashes are kept; an older
// one costs reading the session back.
func (s *Store) compareRepeats(ctx context.Context, x *session, pageView string, p *plan) error {
	judge := func(g Segment, same bool) {
		if same {
			p.acked = append(p.acked, g.Number)
		} else {
			p.refused = append(p.refused, Refusal{g.Number, RefusedConflict})
		}
	}
	want := map[uint32][]byte{}
	var older []Segment
	for _, g := range p.repeats {
		if have, ok := x.recent.find(pageView, g.Number); ok {
			judge(g, have == sumOf(g.Sealed))
			continue
		}
		older = append(older, g)
		want[g.Number] = nil
	}
	if len(older) == 0 {
		return nil
	}
	for g, err := range s.merged(ctx, x) {
		if err != nil {
			return err
		}
		if _, ok := want[g.Number]; ok && g.PageView == pageView {
			want[g.Number] = g.Sealed
		}
	}
	for _, g := range older {
		judge(g, bytes.Equal(want[g.Number], g.Sealed))
		if b := want[g.Number]; b != nil {
			g.Sealed = b
			x.recent.add(g) // once more is cheap
		}
	}
	return nil
}

// publish writes records of at most maxMessage bytes and counts what is durable.
func (s *Store) publish(ctx context.Context, x *session, pv [16]byte, segs []Segment) error {
	v := x.views[idText(pv[:])]
	for len(segs) > 0 {
		rec := appendRecord(nil, pv, segs[0].ArrivedAt.UnixMilli())
		n := 0
		for n < len(segs) && (n == 0 || len(rec)+4+len(segs[n].Sealed) <= maxMessage) {
			rec = appendSegment(rec, segs[n].Sealed)
			n++
		}
		seq, err := s.journal.append(ctx, x.id, x.lastSeq, rec)
		if err != nil {
			return err
		}
		x.lastSeq = seq
		for _, g := range segs[:n] {
			x.count(v, g)
		}
		segs = segs[n:]
	}
	return nil
}

// Durable returns the numbers of a page view that are durable.
func (s *Store) Durable(ctx context.Context, pageView string) ([][2]uint32, error) {
	var id string
	if err := s.db.row(ctx, `SELECT session FROM page_views WHERE id = ?`, pageView).Scan(&id); err != nil {
		return nil, notFound(err)
	}
	x := s.peek(id)
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := s.fresh(ctx, x); err != nil {
		return nil, err
	}
	if v := x.views[pageView]; v != nil {
		return v.ranges.Clone(), nil
	}
	return nil, ErrNotFound
}
