package store

import (
	"context"
	"fmt"
	"time"
)

// APIToken lets a program act as a user; only its hash is kept.
type APIToken struct {
	Name      string    `json:"name"`
	User      string    `json:"user"` // id
	CreatedAt time.Time `json:"createdAt"`
}

// AddAPIToken stores a token under a name; ErrExists when the name is taken.
func (s *Store) AddAPIToken(ctx context.Context, name, token, user string) error {
	res, err := s.db.exec(ctx, `INSERT INTO api_tokens (name, token_hash, user_id, created_ms) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING`,
		name, tokenHash(token), user, s.now().UnixMilli())
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return fmt.Errorf("token: %w", ErrExists)
	}
	return nil
}

// APITokenUser returns the user of a token, or ErrNotFound.
func (s *Store) APITokenUser(ctx context.Context, token string) (user string, err error) {
	err = s.db.row(ctx, `SELECT user_id FROM api_tokens WHERE token_hash = ?`, tokenHash(token)).Scan(&user)
	return user, notFound(err)
}

// APITokens lists all tokens by name.
func (s *Store) APITokens(ctx context.Context) ([]APIToken, error) {
	rows, err := s.db.query(ctx, `SELECT name, user_id, created_ms FROM api_tokens ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	defer rows.Close()
	var out []APIToken
	for rows.Next() {
		var t APIToken
		var ms int64
		if err := rows.Scan(&t.Name, &t.User, &ms); err != nil {
			return nil, fmt.Errorf("tokens: %w", err)
		}
		t.CreatedAt = time.UnixMilli(ms)
		out = append(out, t)
	}
	return out, rows.Err()
}

// DeleteAPIToken revokes a token at once; ErrNotFound when no token has the name.
func (s *Store) DeleteAPIToken(ctx context.Context, name string) error {
	res, err := s.db.exec(ctx, `DELETE FROM api_tokens WHERE name = ?`, name)
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return ErrNotFound
	}
	return nil
}
