package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// User is a person who may sign in.
type User struct {
	ID, Name  string
	Password  string // PHC string of argon2id; never the password
	Role      string // owner
	CreatedAt time.Time
}

// RoleOwner may do everything.
const RoleOwner = "owner"

// AddUser stores a new user; ErrExists when the name is taken.
func (s *Store) AddUser(ctx context.Context, u User) error {
	if u.CreatedAt.IsZero() {
		u.CreatedAt = s.now()
	}
	res, err := s.db.exec(ctx, `INSERT INTO users (id, name, password, role, created_ms) VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING`,
		u.ID, u.Name, u.Password, u.Role, u.CreatedAt.UnixMilli())
	if err != nil {
		return fmt.Errorf("user: %w", err)
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return fmt.Errorf("user: %w", ErrExists)
	}
	return nil
}

// User returns the user of a name; UserByID the one of an id.
func (s *Store) User(ctx context.Context, name string) (User, error) {
	return s.user(ctx, "name", name)
}

// UserByID returns the user of an id, or ErrNotFound.
func (s *Store) UserByID(ctx context.Context, id string) (User, error) { return s.user(ctx, "id", id) }

func (s *Store) user(ctx context.Context, column, value string) (User, error) {
	var u User
	var ms int64
	err := s.db.row(ctx, `SELECT id, name, password, role, created_ms FROM users WHERE `+column+` = ?`, value).
		Scan(&u.ID, &u.Name, &u.Password, &u.Role, &ms)
	if err != nil {
		return User{}, fmt.Errorf("user: %w", notFound(err))
	}
	u.CreatedAt = time.UnixMilli(ms)
	return u, nil
}

// Users lists all users, oldest first.
func (s *Store) Users(ctx context.Context) ([]User, error) {
	rows, err := s.db.query(ctx, `SELECT id, name, password, role, created_ms FROM users ORDER BY created_ms, id`)
	if err != nil {
		return nil, fmt.Errorf("users: %w", err)
	}
	defer rows.Close()
	var out []User
	for rows.Next() {
		var u User
		var ms int64
		if err := rows.Scan(&u.ID, &u.Name, &u.Password, &u.Role, &ms); err != nil {
			return nil, fmt.Errorf("users: %w", err)
		}
		u.CreatedAt = time.UnixMilli(ms)
		out = append(out, u)
	}
	return out, rows.Err()
}

// SetPassword replaces the password of a user and ends all logins of everybody: the table
// does not know whose they are, and a changed password must not leave one open.
func (s *Store) SetPassword(ctx context.Context, id, phc string) error {
	return s.db.inTx(ctx, func(t tx) error {
		res, err := t.exec(ctx, `UPDATE users SET password = ? WHERE id = ?`, phc, id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err == nil && n == 0 {
			return ErrNotFound
		}
		_, err = t.exec(ctx, `DELETE FROM logins`)
		return err
	})
}

func tokenHash(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// AddSignInLink stores the hash of a one-time token.
func (s *Store) AddSignInLink(ctx context.Context, token, user string, until time.Time) error {
	_, err := s.db.exec(ctx, `INSERT INTO sign_in_links (token_hash, user_id, expires_ms) VALUES (?, ?, ?)`, tokenHash(token), user, until.UnixMilli())
	return err
}

// UseSignInLink consumes a token and returns its user; ErrNotFound when it was used,
// has expired or never was.
func (s *Store) UseSignInLink(ctx context.Context, token string) (user string, err error) {
	err = s.db.inTx(ctx, func(t tx) error {
		var until int64
		err := t.row(ctx, `SELECT user_id, expires_ms FROM sign_in_links WHERE token_hash = ?`, tokenHash(token)).Scan(&user, &until)
		if err != nil {
			return notFound(err)
		}
		if _, err := t.exec(ctx, `DELETE FROM sign_in_links WHERE token_hash = ? OR expires_ms < ?`, tokenHash(token), s.now().UnixMilli()); err != nil {
			return err
		}
		if until < s.now().UnixMilli() {
			user = ""
		}
		return nil
	})
	if err == nil && user == "" {
		err = ErrNotFound
	}
	return user, err
}

// Logins is an scs.CtxStore over the store's own database: one code path for both
// dialects, tokens as hashes, and no clash with the table "sessions", which scs's own
// stores want for themselves.
type Logins struct{ s *Store }

// Logins returns the store of login sessions.
func (s *Store) Logins() Logins { return Logins{s} }

// FindCtx implements scs.CtxStore.
func (l Logins) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	err = l.s.db.row(ctx, `SELECT data FROM logins WHERE token_hash = ? AND expires_ms > ?`, tokenHash(token), l.s.now().UnixMilli()).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// CommitCtx implements scs.CtxStore.
func (l Logins) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return l.s.db.inTx(ctx, func(t tx) error {
		if _, err := t.exec(ctx, `DELETE FROM logins WHERE expires_ms < ?`, l.s.now().UnixMilli()); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO logins (token_hash, data, expires_ms) VALUES (?, ?, ?)
			ON CONFLICT (token_hash) DO UPDATE SET data = excluded.data, expires_ms = excluded.expires_ms`, tokenHash(token), data, expiry.UnixMilli())
		return err
	})
}

// DeleteCtx implements scs.CtxStore.
func (l Logins) DeleteCtx(ctx context.Context, token string) error {
	_, err := l.s.db.exec(ctx, `DELETE FROM logins WHERE token_hash = ?`, tokenHash(token))
	return err
}

// Find, Commit and Delete complete scs.Store; scs calls the forms with a context.
func (l Logins) Find(token string) ([]byte, bool, error) {
	return l.FindCtx(context.Background(), token)
}

// Commit implements scs.Store.
func (l Logins) Commit(token string, data []byte, expiry time.Time) error {
	return l.CommitCtx(context.Background(), token, data, expiry)
}

// Delete implements scs.Store.
func (l Logins) Delete(token string) error { return l.DeleteCtx(context.Background(), token) }
