package store

import (
	"context"
	"errors"
	"fmt"
)

// ErrOptedOut says that the visitor does not want to be recorded.
var ErrOptedOut = errors.New("the visitor opted out")

// SetOptOut notes that nothing of a visitor tag is to be recorded on a site, or takes it back.
func (s *Store) SetOptOut(ctx context.Context, site, tag string, out bool) error {
	if tag == "" {
		return errors.New("opt-out: no visitor tag")
	}
	q, args := `DELETE FROM opted_out WHERE site = ? AND visitor_tag = ?`, []any{site, tag}
	if out {
		q, args = `INSERT INTO opted_out (site, visitor_tag, at_ms) VALUES (?, ?, ?) ON CONFLICT (site, visitor_tag) DO NOTHING`, append(args, s.now().UnixMilli())
	}
	if _, err := s.db.exec(ctx, q, args...); err != nil {
		return fmt.Errorf("opt-out: %w", err)
	}
	return nil
}

// OptedOut reports whether a visitor tag is not to be recorded.
func (s *Store) OptedOut(ctx context.Context, site, tag string) (bool, error) {
	var n int64
	err := s.db.row(ctx, `SELECT COUNT(*) FROM opted_out WHERE site = ? AND visitor_tag = ?`, site, tag).Scan(&n)
	return n > 0, err
}
