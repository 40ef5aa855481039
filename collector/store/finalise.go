package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
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
	for len(ids) > 0 && ctx.Err() == nil {
		k := min(finaliseBatch, len(ids))
		done, err := s.finaliseBatch(ctx, ids[:k], false)
		n += done
		if err != nil {
			return n, fmt.Errorf("finalise: %w", err)
		}
		ids = ids[k:]
	}
	if err := s.sweep(ctx); err != nil {
		return n, fmt.Errorf("finalise: %w", err)
	}
	s.evict()
	return n, ctx.Err()
}

// FinaliseSession does it now for one session, whatever its activity.
func (s *Store) FinaliseSession(ctx context.Context, session string) error {
	if !ValidID(session) {
		return fmt.Errorf("finalise %.40q: %w", session, ErrNotFound)
	}
	if _, err := s.finaliseBatch(ctx, []string{session}, true); err != nil {
		return fmt.Errorf("finalise: %w", err)
	}
	return s.sweep(ctx)
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
		if err := s.swap(ctx, p); err != nil {
			errs = errors.Join(errs, fmt.Errorf("session %s: %w", p.x.id, err))
			continue
		}
		n++
	}
	return n, errs
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
	if err := s.load(ctx, x); err != nil {
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
	if x.lastSeq == 0 || len(segs) == 0 {
		p.key = x.blob // nothing new
		return p, nil
	}
	var salt [4]byte
	rand.Read(salt[:])
	// The salt keeps two finalisers from writing, and the loser from removing, one object.
	p.key = blobKey(x.site, id, x.generation+1, hex.EncodeToString(salt[:]))
	if err := s.blobs.write(ctx, p.key, segs); err != nil {
		return nil, err
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
		return s.discard(ctx, t, p.old)
	})
	if err != nil {
		if p.key != p.old {
			err = errors.Join(err, s.blobs.remove(ctx, p.key))
		}
		return err
	}
	if x.lastSeq == 0 {
		return nil
	}
	return s.journal.purge(ctx, x.id, x.lastSeq)
}

// discard notes that a blob is to be removed, so that a crash does not leave it for ever.
func (s *Store) discard(ctx context.Context, t tx, key string) error {
	if key == "" {
		return nil
	}
	_, err := t.exec(ctx, `INSERT INTO blob_garbage (blob) VALUES (?) ON CONFLICT (blob) DO NOTHING`, key)
	return err
}

// sweep removes the blobs that discard noted.
func (s *Store) sweep(ctx context.Context) error {
	rows, err := s.db.query(ctx, `SELECT blob FROM blob_garbage`)
	if err != nil {
		return err
	}
	var keys []string
	for rows.Next() {
		var k string
		if err := rows.Scan(&k); err != nil {
			rows.Close()
			return err
		}
		keys = append(keys, k)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, k := range keys {
		if err := s.blobs.remove(ctx, k); err != nil {
			return err
		}
		if _, err := s.db.exec(ctx, `DELETE FROM blob_garbage WHERE blob = ?`, k); err != nil {
			return err
		}
	}
	return nil
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
