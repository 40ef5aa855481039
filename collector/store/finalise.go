package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
)

// finaliseBatch is how many blobs share one sync.
const finaliseBatch = 32

// Finalise moves every session without activity for SessionIdle from the journal into
// its blob and returns how many it moved. Several processes may run it at once: the one
// whose swap of the index row comes second takes its blob back.
func (s *Store) Finalise(ctx context.Context) (n int, err error) {
	ids, err := s.unfinished(ctx)
	if err != nil {
		return 0, fmt.Errorf("finalise: %w", err)
	}
	var errs error
	for part := range slices.Chunk(ids, finaliseBatch) {
		if ctx.Err() != nil {
			break
		}
		done, err := s.finaliseBatch(ctx, part, false)
		n += done
		errs = errors.Join(errs, err) // what is wrong with one session must not keep the others
	}
	errs = errors.Join(errs, s.expire(ctx), s.sweep(ctx), ctx.Err())
	s.evict()
	if errs != nil {
		return n, fmt.Errorf("finalise: %w", errs)
	}
	return n, nil
}

// FinaliseSession does it now for one session, whatever its activity.
func (s *Store) FinaliseSession(ctx context.Context, session string) error {
	if !ValidID(session) {
		return fmt.Errorf("finalise %.40q: %w", session, ErrNotFound)
	}
	_, err := s.finaliseBatch(ctx, []string{session}, true)
	if err = errors.Join(err, s.sweep(ctx)); err != nil {
		return fmt.Errorf("finalise: %w", err)
	}
	return nil
}

// unfinished lists sessions with records in the journal, and those that the index calls
// unfinished although nothing of them is there.
func (s *Store) unfinished(ctx context.Context) ([]string, error) {
	ids, err := s.journal.sessions(ctx)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	out := ids[:0]
	for _, id := range ids {
		if ValidID(id) {
			seen[id] = true
			out = append(out, id)
		}
	}
	now := s.now()
	rows, err := s.db.query(ctx, `SELECT id FROM sessions WHERE finished = 0 AND (last_ms < ? OR last_ms > ?) LIMIT 10000`,
		now.Add(-SessionIdle).UnixMilli(), now.Add(SessionIdle).UnixMilli())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		if !seen[id] {
			out = append(out, id)
		}
	}
	return out, rows.Err()
}

// pending is a session between its blob and its swap; its lock is held.
type pending struct {
	x        *session
	key, old string
	views    map[string]*view // as they are in the new blob
}

func (s *Store) finaliseBatch(ctx context.Context, ids []string, now bool) (n int, err error) {
	s.finalising.Lock() // one batch at a time: only a batch holds several session locks
	defer s.finalising.Unlock()
	var batch []*pending
	defer func() {
		for _, p := range batch {
			s.drop(p.x)
			p.x.mu.Unlock()
		}
	}()
	var errs error
	for _, id := range ids {
		p, err := s.writeGeneration(ctx, id, now)
		if err != nil {
			// One broken session must not keep the others in the journal.
			s.log.Error("finalise", "session", id, "err", err)
			errs = errors.Join(errs, fmt.Errorf("session %s: %w", id, err))
		}
		if p != nil {
			batch = append(batch, p)
		}
	}
	if err := s.blobs.sync(); err != nil {
		return 0, err
	}
	for _, p := range batch {
		err := s.swap(ctx, p)
		if errors.Is(err, errSwapped) {
			continue // done, by somebody else
		}
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("session %s: %w", p.x.id, err))
			continue
		}
		n++
	}
	return n, errs
}

// warnUnknown says once that the journal holds segments which the index does not know:
// somebody put an older database back. They stay there, and are read again when their page
// view is admitted again.
func (s *Store) warnUnknown(session string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.warned[session] {
		s.warned[session] = true
		s.log.Warn("the journal holds segments that the index does not know; they are kept there", "session", session)
	}
}

// writeGeneration writes the session's next blob. It returns nil when there is nothing to
// do, else a pending with x.mu held.
func (s *Store) writeGeneration(ctx context.Context, id string, now bool) (_ *pending, err error) {
	if dead, err := s.isDeleted(ctx, id); err != nil {
		return nil, err
	} else if dead {
		return nil, s.purgeAll(ctx, id)
	}
	x := s.session(id)
	x.mu.Lock()
	defer func() {
		if err != nil {
			s.drop(x)
			x.mu.Unlock()
		}
	}()
	if err := s.load(ctx, x); errors.Is(err, ErrNotFound) {
		s.warnUnknown(id)
		s.drop(x)
		x.mu.Unlock()
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if !now && !s.idle(x.lastMs) {
		x.mu.Unlock()
		return nil, nil
	}
	p := &pending{x: x, old: x.blob, views: map[string]*view{}}
	var segs []Segment
	for g, err := range s.merged(ctx, x) {
		if err != nil {
			return nil, err
		}
		v := p.views[g.PageView]
		if v == nil {
			v = &view{}
			p.views[g.PageView] = v
		}
		v.blobRanges.Add(g.Number)
		v.blobBytes += int64(len(g.Sealed))
		segs = append(segs, g)
	}
	if !x.beyondBlob() {
		if x.unknown && x.finished {
			s.drop(x) // its records stay, so it comes by at every run
			x.mu.Unlock()
			return nil, nil
		}
		p.key = x.blob
		return p, nil
	}
	var salt [4]byte
	rand.Read(salt[:])
	// The salt keeps two finalisers from writing, and the loser from removing, one object.
	p.key = blobKey(x.site, id, x.generation+1, hex.EncodeToString(salt[:]))
	if err := s.announce(ctx, p.key); err != nil {
		return nil, err
	}
	if err := s.blobs.write(ctx, p.key, segs); err != nil {
		return nil, errors.Join(err, s.abandon(ctx, p.key))
	}
	return p, nil
}

var errSwapped = errors.New("another process finalised or deleted it first")

// swap points the index at the new blob, then purges the journal, then removes the old
// blob: in this order a crash leaves repeats, never a gap.
func (s *Store) swap(ctx context.Context, p *pending) error {
	x := p.x
	generation := x.generation
	if p.key != p.old {
		generation++
	}
	info := s.info(x)
	err := s.db.inTx(ctx, func(t tx) error {
		res, err := t.exec(ctx, `UPDATE sessions SET generation = ?, blob = ?, finished = 1, first_ms = ?, last_ms = ?, segments = ?, bytes = ?
			WHERE id = ? AND generation = ?`, generation, p.key, x.firstMs, x.lastMs, info.Segments, info.Bytes, x.id, x.generation)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return errSwapped
		}
		if err := saveViews(ctx, t, info.PageViews); err != nil {
			return err
		}
		if p.key == p.old {
			return nil
		}
		for id, v := range p.views {
			if _, err := t.exec(ctx, `UPDATE page_views SET blob_ranges = ?, blob_bytes = ? WHERE id = ?`, v.blobRanges.encode(), v.blobBytes, id); err != nil {
				return err
			}
		}
		if err := s.adopt(ctx, t, p.key); err != nil {
			return err
		}
		return s.discard(ctx, t, p.old)
	})
	if err != nil {
		if p.key != p.old {
			err = errors.Join(err, s.abandon(ctx, p.key))
		}
		return err
	}
	if x.unknown {
		s.warnUnknown(x.id)
		return nil
	}
	if x.lastSeq == 0 {
		return nil
	}
	return s.journal.purge(ctx, x.id, x.lastSeq)
}

// evict drops from memory what has been idle for long; the next use loads it again.
func (s *Store) evict() {
	s.mu.Lock()
	all := make([]*session, 0, len(s.sessions))
	for _, x := range s.sessions {
		all = append(all, x)
	}
	s.mu.Unlock()
	for _, x := range all {
		if !x.mu.TryLock() {
			continue // in use
		}
		if !x.loaded || !x.dirty && s.now().Sub(time.UnixMilli(x.lastMs)) > SessionIdle {
			s.drop(x)
		}
		x.mu.Unlock()
	}
}
