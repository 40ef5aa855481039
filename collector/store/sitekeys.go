package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"afterimage/wasm/wire/seal"
)

// RetiredKey is a sealing key that a site had before: recordings of its time open with it.
type RetiredKey struct {
	Public    []byte
	Wrapped   []byte // managed: private key under the master key; held: nil
	RetiredAt time.Time
}

// retire notes the key that a site has so far; in the transaction that gives it another.
func (s *Store) retire(ctx context.Context, t tx, site Site) error {
	_, err := t.exec(ctx, `INSERT INTO site_keys (site, public_key, wrapped_key, retired_ms) VALUES (?, ?, ?, ?) ON CONFLICT (site, public_key) DO NOTHING`,
		site.ID, site.SealingKey, site.WrappedKey, s.now().UnixMilli())
	return err
}

// RetiredKeys lists the keys that a site had before, latest first.
func (s *Store) RetiredKeys(ctx context.Context, site string) ([]RetiredKey, error) {
	rows, err := s.db.query(ctx, `SELECT public_key, wrapped_key, retired_ms FROM site_keys WHERE site = ? ORDER BY retired_ms DESC`, site)
	if err != nil {
		return nil, fmt.Errorf("keys of site %.40q: %w", site, err)
	}
	defer rows.Close()
	var out []RetiredKey
	for rows.Next() {
		var k RetiredKey
		var ms int64
		if err := rows.Scan(&k.Public, &k.Wrapped, &ms); err != nil {
			return nil, fmt.Errorf("keys of site %.40q: %w", site, err)
		}
		k.RetiredAt = time.UnixMilli(ms)
		out = append(out, k)
	}
	return out, rows.Err()
}

// sealedToSite reports whether an envelope names a key of the site: the one that it has, or
// for as long as late segments may come one that it had. Pages that were open when the key
// changed, and outboxes that were full, would lose their recordings otherwise.
func (s *Store) sealedToSite(ctx context.Context, t tx, site string, envelope, public []byte) (bool, error) {
	if sealedTo(envelope, public) {
		return true, nil
	}
	id, err := seal.EnvelopeKeyID(envelope)
	if err != nil {
		return false, nil
	}
	rows, err := t.QueryContext(ctx, t.d.bind(`SELECT public_key FROM site_keys WHERE site = ? AND retired_ms > ?`), site, s.now().Add(-LateFor).UnixMilli())
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer rows.Close()
	found := false
	for rows.Next() {
		var key []byte
		if err := rows.Scan(&key); err != nil {
			return false, err
		}
		found = found || seal.KeyID(key) == id
	}
	return found, rows.Err()
}
