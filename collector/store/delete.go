package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
)

// deleteSession removes a session for good. First its envelopes go, with a tombstone and
// note, which goes into the audit, in one transaction: from then on nobody opens what is left,
// and late segments are refused. Journal and blob follow; a crash in between is mended at the
// next start.
func (s *Store) deleteSession(ctx context.Context, id string, note *AuditEntry) error {
	if !ValidID(id) {
		return fmt.Errorf("delete session %.40q: %w", id, ErrNotFound)
	}
	x := s.session(id)
	x.mu.Lock()
	defer x.mu.Unlock()
	defer s.drop(x)
	err := s.db.inTx(ctx, func(t tx) error {
		var blob string
		err := t.row(ctx, `SELECT blob FROM sessions WHERE id = ?`, id).Scan(&blob)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := deleteViews(ctx, t, id); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM sessions WHERE id = ?`, id); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO tombstones (session, deleted_ms) VALUES (?, ?) ON CONFLICT (session) DO NOTHING`,
			id, s.now().UnixMilli()); err != nil {
			return err
		}
		if note != nil {
			if err := s.audit(ctx, t, *note); err != nil {
				return err
			}
		}
		return s.discard(ctx, t, blob)
	})
	if err != nil {
		return fmt.Errorf("delete session %s: %w", id, err)
	}
	err = errors.Join(s.forget(ctx), s.purgeAll(ctx, id), s.sweep(ctx))
	if err != nil {
		return fmt.Errorf("delete session %s: it cannot be opened any more, but: %w", id, err)
	}
	s.journal.tell(id)
	return nil
}

// deleteViews takes out all that stands beside a session's row: envelopes first of all, page
// views, and what it shows of assets.
func deleteViews(ctx context.Context, t tx, session string) error {
	if _, err := t.exec(ctx, `DELETE FROM envelopes WHERE session = ?`, session); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `DELETE FROM shares WHERE session = ?`, session); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `DELETE FROM page_views WHERE session = ?`, session); err != nil {
		return err
	}
	return dropAssets(ctx, t, session)
}

// purgeAll removes what the journal holds of a deleted session, each record overwritten
// first: a purge alone leaves its bytes in the file until the block is compacted. What the
// finaliser purged before is such a rest; without its envelope nobody opens it.
func (s *Store) purgeAll(ctx context.Context, id string) error {
	if err := s.journal.overwrite(ctx, id); err != nil {
		return err
	}
	return s.journal.purge(ctx, id, math.MaxUint64-1)
}
