package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// session is what this process knows of one session: the durable set and the counters,
// never bytes. It is loaded from index and journal when first needed, so any process may
// die at any time.
type session struct {
	id string

	mu         sync.Mutex // guards all below, and orders appends
	loaded     bool
	site       string
	visitorTag string
	consent    string // version
	privacy    string // version
	lastSeq    uint64 // position of the latest record in the journal; 0: none
	generation int64
	blob       string
	finished   bool
	firstMs    int64
	lastMs     int64
	dirty      bool // counters are not in the DB yet
	unknown    bool // the journal has segments of page views that the index does not know
	views      map[string]*view
	recent     recentSums
}

// view is one page view of a session.
type view struct {
	tab             string
	ord             int64
	ranges          Ranges // durable: blob and journal
	blobRanges      Ranges // in the blob
	bytes           int64
	blobBytes       int64
	firstMs, lastMs int64
}

// session returns the shared state of a session, not loaded yet when it is new.
func (s *Store) session(id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.sessions[id]
	if x == nil {
		x = &session{id: id}
		s.sessions[id] = x
	}
	return x
}

// peek is session, but what is not in memory is not kept there: for readers.
func (s *Store) peek(id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.sessions[id]; x != nil {
		return x
	}
	return &session{id: id}
}

// drop forgets a session's state; x.mu is held, so nobody is using it.
func (s *Store) drop(x *session) {
	x.loaded = false
	x.views = nil
	x.recent = recentSums{}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[x.id] == x {
		delete(s.sessions, x.id)
	}
}

// load reads index and journal; x.mu is held. ErrNotFound when the index has no row.
func (s *Store) load(ctx context.Context, x *session) error {
	x.loaded = false
	x.views = map[string]*view{}
	x.lastSeq, x.unknown = 0, false
	x.recent = recentSums{}
	var finished int64
	err := s.db.row(ctx, `SELECT site, visitor_tag, consent_version, privacy_version, first_ms, last_ms, finished, generation, blob FROM sessions WHERE id = ?`, x.id).
		Scan(&x.site, &x.visitorTag, &x.consent, &x.privacy, &x.firstMs, &x.lastMs, &finished, &x.generation, &x.blob)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	x.finished = finished != 0
	rows, err := s.db.query(ctx, `SELECT id, tab, ord, first_ms, last_ms, blob_ranges, blob_bytes FROM page_views WHERE session = ?`, x.id)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, ranges string
		v := &view{}
		if err := rows.Scan(&id, &v.tab, &v.ord, &v.firstMs, &v.lastMs, &ranges, &v.blobBytes); err != nil {
			return err
		}
		if v.blobRanges, err = readRanges(ranges); err != nil {
			return fmt.Errorf("page view %s: %w", id, err)
		}
		v.ranges = v.blobRanges.Clone()
		v.bytes = v.blobBytes
		x.views[id] = v
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := s.catchUp(ctx, x); err != nil {
		return err
	}
	x.loaded = true
	return nil
}

// catchUp counts the records behind x.lastSeq; x.mu is held.
func (s *Store) catchUp(ctx context.Context, x *session) error {
	for m, err := range s.journal.read(ctx, x.id, x.lastSeq+1) {
		if err != nil {
			return err
		}
		err := readRecord(m.data, func(g Segment) error {
			if v := x.views[g.PageView]; v != nil {
				x.count(v, g)
			} else {
				x.unknown = true
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("record %d: %w", m.seq, err)
		}
		x.lastSeq = m.seq
	}
	return nil
}

// count adds a segment to the durable set and the counters, once.
func (x *session) count(v *view, g Segment) {
	if !v.ranges.Add(g.Number) {
		return
	}
	x.recent.add(g)
	at := g.ArrivedAt.UnixMilli()
	v.bytes += int64(len(g.Sealed))
	v.firstMs, v.lastMs = earlier(v.firstMs, at), max(v.lastMs, at)
	x.firstMs, x.lastMs = earlier(x.firstMs, at), max(x.lastMs, at)
	x.finished = false
	x.dirty = true
}

// beyondBlob reports whether the journal has what the blob has not.
func (x *session) beyondBlob() bool {
	for _, v := range x.views {
		if v.ranges.Len() != v.blobRanges.Len() {
			return true
		}
	}
	return false
}

// earlier treats 0 as "not known yet".
func earlier(a, b int64) int64 {
	if a == 0 || b < a {
		return b
	}
	return a
}

// fresh is load, or when that was done already only what others appended since.
func (s *Store) fresh(ctx context.Context, x *session) error {
	if !x.loaded {
		return s.load(ctx, x)
	}
	return s.catchUp(ctx, x)
}

// order is the page views of a session in the order in which they were admitted.
func (x *session) order() []string {
	ids := slices.Collect(maps.Keys(x.views))
	slices.SortFunc(ids, func(a, b string) int {
		if d := x.views[a].ord - x.views[b].ord; d != 0 {
			return int(d)
		}
		if a < b {
			return -1
		}
		return 1
	})
	return ids
}

// idle reports whether the session has ended. A clock that was wrong when the session
// was written, or is now, must neither keep a session open for ever nor lose anything:
// far in the future counts as idle too, and late segments reopen it.
func (s *Store) idle(lastMs int64) bool {
	return !within(s.now().Sub(time.UnixMilli(lastMs)), SessionIdle)
}

func (s *Store) info(x *session) SessionInfo {
	out := SessionInfo{
		ID: x.id, Site: x.site, VisitorTag: x.visitorTag, ConsentVersion: x.consent, PrivacyVersion: x.privacy,
		FirstAt: time.UnixMilli(x.firstMs), LastAt: time.UnixMilli(x.lastMs),
		Finished: x.finished, Continuable: !x.finished && !s.idle(x.lastMs),
	}
	out.Live = out.Continuable && s.live(x.id)
	for _, id := range x.order() {
		v := x.views[id]
		if len(v.ranges) == 0 {
			continue // admitted, nothing arrived
		}
		p := PageViewInfo{ID: id, Tab: v.tab, FirstAt: time.UnixMilli(v.firstMs), LastAt: time.UnixMilli(v.lastMs),
			Segments: v.ranges.Len(), Bytes: v.bytes, Gaps: v.ranges.Gaps()}
		out.Segments += p.Segments
		out.Bytes += p.Bytes
		out.PageViews = append(out.PageViews, p)
	}
	return out
}

// Flush writes the counters of running sessions to the index.
func (s *Store) Flush(ctx context.Context) error {
	s.flushing.Lock()
	defer s.flushing.Unlock()
	s.mu.Lock()
	all := slices.Collect(maps.Values(s.sessions))
	s.mu.Unlock()
	type row struct {
		x          *session
		generation int64
		info       SessionInfo
	}
	var rows []row
	for _, x := range all {
		x.mu.Lock()
		if x.loaded && x.dirty {
			x.dirty = false
			rows = append(rows, row{x, x.generation, s.info(x)})
		}
		x.mu.Unlock()
	}
	err := s.refusals.flush(ctx, s.db)
	if len(rows) == 0 {
		return err
	}
	failed := s.db.inTx(ctx, func(t tx) error {
		for _, r := range rows {
			// The generation keeps an older count from overwriting what the finaliser swapped in.
			res, err := t.exec(ctx, `UPDATE sessions SET first_ms = ?, last_ms = ?, segments = ?, bytes = ?, finished = 0 WHERE id = ? AND generation = ?`,
				r.info.FirstAt.UnixMilli(), r.info.LastAt.UnixMilli(), r.info.Segments, r.info.Bytes, r.info.ID, r.generation)
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil || n == 0 {
				continue
			}
			if err := saveViews(ctx, t, r.info.PageViews); err != nil {
				return err
			}
		}
		return nil
	})
	if failed != nil {
		for _, r := range rows {
			r.x.mu.Lock()
			r.x.dirty = true // again; when it was dropped meanwhile, load counts anew
			r.x.mu.Unlock()
		}
	}
	return errors.Join(err, failed)
}

func saveViews(ctx context.Context, t tx, views []PageViewInfo) error {
	for _, p := range views {
		if _, err := t.exec(ctx, `UPDATE page_views SET first_ms = ?, last_ms = ?, segments = ?, bytes = ?, gaps = ? WHERE id = ?`,
			p.FirstAt.UnixMilli(), p.LastAt.UnixMilli(), p.Segments, p.Bytes, p.Gaps, p.ID); err != nil {
			return err
		}
	}
	return nil
}
