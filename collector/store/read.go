package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// Session returns the index of one session, counted to the latest acknowledged segment.
func (s *Store) Session(ctx context.Context, id string) (SessionInfo, error) {
	if !ValidID(id) {
		return SessionInfo{}, fmt.Errorf("session %.40q: %w", id, ErrNotFound)
	}
	x := s.peek(id)
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := s.fresh(ctx, x); err != nil {
		return SessionInfo{}, fmt.Errorf("session %s: %w", id, err)
	}
	return s.info(x), nil
}

// Sessions lists sessions that have segments, latest activity first.
func (s *Store) Sessions(ctx context.Context, f SessionFilter) ([]SessionInfo, error) {
	if err := s.Flush(ctx); err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	if f.Limit <= 0 {
		f.Limit = 100
	}
	q := `SELECT id, site, visitor_tag, first_ms, last_ms, segments, bytes, finished FROM sessions WHERE segments > 0`
	var args []any
	if f.Site != "" {
		q, args = q+` AND site = ?`, append(args, f.Site)
	}
	switch {
	case f.Before.IsZero():
	case f.BeforeID != "":
		before := f.Before.UnixMilli()
		q, args = q+` AND (last_ms < ? OR last_ms = ? AND id > ?)`, append(args, before, before, f.BeforeID)
	default:
		q, args = q+` AND last_ms < ?`, append(args, f.Before.UnixMilli())
	}
	q += ` ORDER BY last_ms DESC, id LIMIT ?`
	rows, err := s.db.query(ctx, q, append(args, f.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	defer rows.Close()
	var out []SessionInfo
	at := map[string]int{}
	for rows.Next() {
		var i SessionInfo
		var first, last, finished int64
		if err := rows.Scan(&i.ID, &i.Site, &i.VisitorTag, &first, &last, &i.Segments, &i.Bytes, &finished); err != nil {
			return nil, fmt.Errorf("sessions: %w", err)
		}
		i.FirstAt, i.LastAt = time.UnixMilli(first), time.UnixMilli(last)
		i.Finished = finished != 0
		i.Continuable = !i.Finished && !s.idle(last)
		i.Live = i.Continuable && s.live(i.ID)
		at[i.ID] = len(out)
		out = append(out, i)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	if err := s.addViews(ctx, out, at); err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	return out, nil
}

// addViews fills in the page views of a list in one query per 500 sessions.
func (s *Store) addViews(ctx context.Context, list []SessionInfo, at map[string]int) error {
	for part := range slices.Chunk(list, 500) {
		args := make([]any, len(part))
		for i, x := range part {
			args[i] = x.ID
		}
		marks := strings.TrimSuffix(strings.Repeat("?,", len(part)), ",")
		rows, err := s.db.query(ctx, `SELECT session, id, tab, first_ms, last_ms, segments, bytes, gaps FROM page_views
			WHERE segments > 0 AND session IN (`+marks+`) ORDER BY session, ord`, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var session string
			var p PageViewInfo
			var first, last int64
			if err := rows.Scan(&session, &p.ID, &p.Tab, &first, &last, &p.Segments, &p.Bytes, &p.Gaps); err != nil {
				return err
			}
			p.FirstAt, p.LastAt = time.UnixMilli(first), time.UnixMilli(last)
			i := &list[at[session]]
			i.PageViews = append(i.PageViews, p)
		}
		if err := rows.Err(); err != nil {
			return err
		}
	}
	return nil
}

// Envelopes returns the envelopes of a session by page view.
func (s *Store) Envelopes(ctx context.Context, session string) (map[string][]byte, error) {
	rows, err := s.db.query(ctx, `SELECT page_view, envelope FROM envelopes WHERE session = ?`, session)
	if err != nil {
		return nil, fmt.Errorf("envelopes: %w", err)
	}
	defer rows.Close()
	out := map[string][]byte{}
	for rows.Next() {
		var id string
		var env []byte
		if err := rows.Scan(&id, &env); err != nil {
			return nil, fmt.Errorf("envelopes: %w", err)
		}
		out[id] = env
	}
	return out, rows.Err()
}

// Segments yields the segments of a session in order of page view, then number. They
// come from blob and journal, each (page view, number) once. An unknown or deleted
// session yields ErrNotFound.
func (s *Store) Segments(ctx context.Context, session string) iter.Seq2[Segment, error] {
	return func(yield func(Segment, error) bool) {
		if !ValidID(session) {
			yield(Segment{}, fmt.Errorf("session %.40q: %w", session, ErrNotFound))
			return
		}
		x := &sessionState{id: session} // a state of its own: a reader never holds up an append
		for attempt := 0; ; attempt++ {
			if err := s.load(ctx, x); err != nil {
				yield(Segment{}, fmt.Errorf("session %s: %w", session, err))
				return
			}
			yielded := false
			again := false
			for g, err := range s.merged(ctx, x) {
				if err != nil && !yielded && attempt < 3 && isGone(err) {
					again = true // the finaliser swapped generations between row and blob
					break
				}
				yielded = true
				if !yield(g, err) {
					return
				}
			}
			if !again {
				return
			}
		}
	}
}

// sessionState is session under a name that parameters called session do not hide.
type sessionState = session

// merged yields blob and journal of a loaded session, each segment once; x.mu is held or
// x is the caller's own. The journal is read before the blob: when the finaliser moves
// segments in between they are seen twice, never missed, and the repeat is dropped here.
func (s *Store) merged(ctx context.Context, x *session) iter.Seq2[Segment, error] {
	return func(yield func(Segment, error) bool) {
		ord := map[string]int{}
		for i, id := range x.order() {
			ord[id] = i
		}
		late, err := s.journaled(ctx, x, ord)
		if err != nil {
			yield(Segment{}, err)
			return
		}
		less := func(a, b Segment) bool {
			if ord[a.PageView] != ord[b.PageView] {
				return ord[a.PageView] < ord[b.PageView]
			}
			return a.Number < b.Number
		}
		if x.blob != "" {
			for g, err := range s.blobs.read(ctx, x.blob) {
				if err != nil {
					yield(Segment{}, err)
					return
				}
				if _, ok := ord[g.PageView]; !ok {
					continue
				}
				for len(late) > 0 && less(late[0], g) {
					if !yield(late[0], nil) {
						return
					}
					late = late[1:]
				}
				if !yield(g, nil) {
					return
				}
			}
		}
		for _, g := range late {
			if !yield(g, nil) {
				return
			}
		}
	}
}

// journaled collects what the journal holds beyond the blob, first bytes first, sorted.
func (s *Store) journaled(ctx context.Context, x *session, ord map[string]int) ([]Segment, error) {
	var out []Segment
	have := map[string]*Ranges{}
	for m, err := range s.journal.read(ctx, x.id, 0) {
		if err != nil {
			return nil, err
		}
		err := readRecord(m.data, func(g Segment) error {
			v := x.views[g.PageView]
			if v == nil || v.blobRanges.Has(g.Number) {
				return nil
			}
			r := have[g.PageView]
			if r == nil {
				r = &Ranges{}
				have[g.PageView] = r
			}
			if r.Add(g.Number) {
				out = append(out, g)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("journal: record %d: %w", m.seq, err)
		}
	}
	slices.SortFunc(out, func(a, b Segment) int {
		if d := ord[a.PageView] - ord[b.PageView]; d != 0 {
			return d
		}
		return int(a.Number) - int(b.Number)
	})
	return out, nil
}
