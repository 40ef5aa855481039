package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Share lets whoever has its key open one session. The content keys lie here sealed to that
// key, which stands in the link alone: without the row the link opens nothing, so a share is
// revoked by removing it, and goes with its session.
type Share struct {
	ID     string
	MadeAt time.Time
	Who    string
	Bytes  int // of the sealed keys
}

const (
	maxShares     = 100 // of a session
	maxShareBytes = 128 << 10
)

// AddShare keeps sealed keys of a session, and says so in the audit. ErrExists when the id
// is taken, ErrLimit when there are too many or they are too large.
func (s *Store) AddShare(ctx context.Context, session, id string, keys []byte, who string) error {
	if !ValidID(id) || len(keys) == 0 || len(keys) > maxShareBytes {
		return fmt.Errorf("share of session %.40q: %w", session, ErrLimit)
	}
	err := s.db.inTx(ctx, func(t tx) error {
		var site string
		if err := t.row(ctx, `SELECT site FROM sessions WHERE id = ?`+s.db.forUpdate(), session).Scan(&site); err != nil {
			return notFound(err)
		}
		var n int
		if err := t.row(ctx, `SELECT COUNT(*) FROM shares WHERE session = ?`, session).Scan(&n); err != nil {
			return err
		}
		if n >= maxShares {
			return ErrLimit
		}
		r, err := t.exec(ctx, `INSERT INTO shares (id, session, made_ms, who, keys) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
			id, session, s.now().UnixMilli(), who, keys)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err == nil && n == 0 {
			return ErrExists
		}
		return s.audit(ctx, t, AuditEntry{Who: who, Action: AuditShared, Site: site, Detail: map[string]any{"session": session, "share": id}})
	})
	if err != nil {
		return fmt.Errorf("share of session %.40q: %w", session, err)
	}
	return nil
}

// Shares lists those of a session, latest first.
func (s *Store) Shares(ctx context.Context, session string) ([]Share, error) {
	rows, err := s.db.query(ctx, `SELECT id, made_ms, who, LENGTH(keys) FROM shares WHERE session = ? ORDER BY made_ms DESC, id`, session)
	if err != nil {
		return nil, fmt.Errorf("shares: %w", err)
	}
	defer rows.Close()
	out := []Share{}
	for rows.Next() {
		var x Share
		var ms int64
		if err := rows.Scan(&x.ID, &ms, &x.Who, &x.Bytes); err != nil {
			return nil, fmt.Errorf("shares: %w", err)
		}
		x.MadeAt = time.UnixMilli(ms)
		out = append(out, x)
	}
	return out, rows.Err()
}

// SharedKeys returns the sealed keys of a share, or ErrNotFound.
func (s *Store) SharedKeys(ctx context.Context, session, id string) (keys []byte, err error) {
	err = s.db.row(ctx, `SELECT keys FROM shares WHERE id = ? AND session = ?`, id, session).Scan(&keys)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("share %.40q: %w", id, ErrNotFound)
	}
	return keys, err
}

// RevokeShare removes a share: its link opens nothing from then on.
func (s *Store) RevokeShare(ctx context.Context, session, id, who string) error {
	err := s.db.inTx(ctx, func(t tx) error {
		var site string
		if err := t.row(ctx, `SELECT s.site FROM shares x JOIN sessions s ON s.id = x.session WHERE x.id = ? AND x.session = ?`, id, session).Scan(&site); err != nil {
			return notFound(err)
		}
		if _, err := t.exec(ctx, `DELETE FROM shares WHERE id = ?`, id); err != nil {
			return err
		}
		return s.audit(ctx, t, AuditEntry{Who: who, Action: AuditUnshared, Site: site, Detail: map[string]any{"session": session, "share": id}})
	})
	if err != nil {
		return fmt.Errorf("share %.40q: %w", id, err)
	}
	return s.forget(ctx)
}
