package store

import (
	"context"
	"errors"
	"time"
)

// A blob that the index does not name yet, or no longer, has a row in blob_garbage, so that
// a crash between blob and index leaves nothing for ever. The row of one that is being
// written falls due after pendingFor; who has not adopted it by half of that never does, so
// that a sweeper and a writer whose clocks differ do not meet.
const pendingFor = time.Hour

// announce notes a blob that is about to be written.
func (s *Store) announce(ctx context.Context, key string) error {
	_, err := s.db.exec(ctx, `INSERT INTO blob_garbage (blob, due_ms) VALUES (?, ?)`, key, s.now().Add(pendingFor).UnixMilli())
	return err
}

// adopt takes back the note, in the transaction that names the blob in the index.
func (s *Store) adopt(ctx context.Context, t tx, key string) error {
	res, err := t.exec(ctx, `DELETE FROM blob_garbage WHERE blob = ? AND due_ms > ?`, key, s.now().Add(pendingFor/2).UnixMilli())
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil {
		return err
	} else if n == 0 {
		return errLateBlob
	}
	return nil
}

var errLateBlob = errors.New("blob took too long; it is written again")

// abandon lets the next sweep remove an announced blob. One that was adopted after all (a
// commit whose answer got lost) has no row any more and stays.
func (s *Store) abandon(ctx context.Context, key string) error {
	_, err := s.db.exec(context.WithoutCancel(ctx), `UPDATE blob_garbage SET due_ms = 0 WHERE blob = ?`, key)
	return err
}

// discard notes a blob that the index names no longer.
func (s *Store) discard(ctx context.Context, t tx, key string) error {
	if key == "" {
		return nil
	}
	_, err := t.exec(ctx, `INSERT INTO blob_garbage (blob, due_ms) VALUES (?, 0) ON CONFLICT (blob) DO NOTHING`, key)
	return err
}

// sweep removes the blobs whose time has come.
func (s *Store) sweep(ctx context.Context) error {
	keys, err := s.texts(ctx, `SELECT blob FROM blob_garbage WHERE due_ms <= ?`, s.now().UnixMilli())
	if err != nil {
		return err
	}
	var errs error
	for _, k := range keys {
		if err := s.blobs.remove(ctx, k); err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		if _, err := s.db.exec(ctx, `DELETE FROM blob_garbage WHERE blob = ?`, k); err != nil {
			return errors.Join(errs, err)
		}
	}
	return errs
}

// texts is the one column of a query.
func (s *Store) texts(ctx context.Context, q string, args ...any) (out []string, err error) {
	rows, err := s.db.query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var t string
		if err := rows.Scan(&t); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

// EmptyFor is how long a session without any segment is kept.
const EmptyFor = time.Hour

// expire removes sessions that were admitted and never got a segment. By now every process
// has dropped them from memory (evict), so nobody appends to one without looking here first.
func (s *Store) expire(ctx context.Context) error {
	ids, err := s.texts(ctx, `SELECT id FROM sessions WHERE segments = 0 AND generation = 0 AND last_ms < ? LIMIT 10000`,
		s.now().Add(-EmptyFor).UnixMilli())
	if err != nil {
		return err
	}
	var errs error
	for _, id := range ids {
		errs = errors.Join(errs, s.expireOne(ctx, id))
	}
	return errs
}

func (s *Store) expireOne(ctx context.Context, id string) error {
	x := s.session(id)
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := s.load(ctx, x); err != nil {
		s.drop(x)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	}
	if x.lastSeq != 0 || x.bytes() > 0 {
		return nil // the index is behind the journal
	}
	defer s.drop(x)
	return s.db.inTx(ctx, func(t tx) error {
		res, err := t.exec(ctx, `DELETE FROM sessions WHERE id = ? AND segments = 0 AND generation = 0`, id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return deleteViews(ctx, t, id)
	})
}
