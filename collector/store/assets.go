package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"gocloud.dev/blob"
)

// Limits of the assets of one session. All of a session's fit into the head of a recording
// file (replay/open/FILE.md).
const (
	MaxAssetBytes        = 320 << 10 // sealed: 256 KiB of content, padded, and a tag
	MinAssetBytes        = 256 + 16
	MaxSessionAssets     = 256
	MaxSessionAssetBytes = 8 << 20
)

// ErrConflict says that other bytes are stored under the name.
var ErrConflict = errors.New("other bytes are stored under this id")

// Asset is a sealed image or font (wasm/wire/FORMAT.md §9.1). The store cannot open it.
type Asset struct {
	ID     string // 32 hexadecimal digits
	Sealed []byte
}

// PutAsset makes an asset durable and notes that the session shows it. Sealed may be empty:
// then it is only noted, if the session's site has it, else the answer is ErrNotFound and
// the sender sends the bytes. The first bytes of an id win; equal ones are fine, others are
// ErrConflict. ErrLimit, ErrDeleted, ErrTooLate and ErrFull as their names say.
func (s *Store) PutAsset(ctx context.Context, session string, a Asset) error {
	return s.putAsset(ctx, session, a, false)
}

func (s *Store) putAsset(ctx context.Context, session string, a Asset, imported bool) error {
	if !ValidID(session) || !ValidID(a.ID) {
		return fmt.Errorf("asset: session or asset is not an id: %w", ErrNotFound)
	}
	if n := len(a.Sealed); n > MaxAssetBytes || n > 0 && n < MinAssetBytes {
		return fmt.Errorf("asset of %d bytes: %w", n, ErrLimit)
	}
	if err := s.space.check(); err != nil {
		return fmt.Errorf("asset: %w", err)
	}
	there := false
	err := s.db.inTx(ctx, func(t tx) (err error) {
		there, err = s.useAsset(ctx, t, session, a, imported)
		return err
	})
	if err != nil || there {
		return assetError(a.ID, err)
	}
	if len(a.Sealed) == 0 {
		return assetError(a.ID, ErrNotFound)
	}
	var site string
	if err := s.db.row(ctx, `SELECT site FROM sessions WHERE id = ?`, session).Scan(&site); err != nil {
		return assetError(a.ID, notFound(err))
	}
	var salt [4]byte
	rand.Read(salt[:])
	// The salt keeps an object that is being removed apart from its successor.
	key := fmt.Sprintf("assets/%s/%s/%s-%s.afa", site, a.ID[:2], a.ID, hex.EncodeToString(salt[:]))
	if err := s.announce(ctx, key); err != nil {
		return assetError(a.ID, err)
	}
	err = s.blobs.put(ctx, key, a.Sealed)
	if err == nil {
		err = s.blobs.sync()
	}
	if err == nil {
		err = s.db.inTx(ctx, func(t tx) error { return s.enterAsset(ctx, t, session, site, key, a, imported) })
	}
	if err != nil {
		err = errors.Join(err, s.abandon(ctx, key))
	}
	return assetError(a.ID, err)
}

func assetError(id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("asset %s: %w", id, err)
}

// useAsset notes that a session shows an asset which is there already.
func (s *Store) useAsset(ctx context.Context, t tx, session string, a Asset, imported bool) (there bool, err error) {
	var n, last int64
	var site string
	if err := t.row(ctx, `SELECT COUNT(*) FROM tombstones WHERE session = ?`, session).Scan(&n); err != nil {
		return false, err
	}
	if n > 0 {
		return false, ErrDeleted
	}
	// Locked, so that no deletion comes between this look and the note.
	err = t.row(ctx, `SELECT site, last_ms FROM sessions WHERE id = ?`+t.d.forUpdate(), session).Scan(&site, &last)
	if err != nil {
		return false, notFound(err)
	}
	if last != 0 && !imported && s.tooLate(last) {
		return false, ErrTooLate
	}
	var size int64
	var sum []byte
	err = t.row(ctx, `SELECT bytes, sum FROM assets WHERE site = ? AND id = ?`+t.d.forUpdate(), site, a.ID).Scan(&size, &sum)
	there = err == nil
	switch {
	case errors.Is(err, sql.ErrNoRows):
		size = int64(len(a.Sealed))
	case err != nil:
		return false, err
	case len(a.Sealed) > 0:
		if own := sha256.Sum256(a.Sealed); !bytes.Equal(own[:], sum) {
			return false, ErrConflict
		}
	}
	if err := t.row(ctx, `SELECT COUNT(*) FROM asset_uses WHERE session = ? AND asset = ?`, session, a.ID).Scan(&n); err != nil || n > 0 {
		return there, err
	}
	var total int64
	err = t.row(ctx, `SELECT COUNT(*), COALESCE(SUM(assets.bytes), 0) FROM asset_uses
		JOIN assets ON assets.site = asset_uses.site AND assets.id = asset_uses.asset WHERE asset_uses.session = ?`, session).Scan(&n, &total)
	if err != nil {
		return false, err
	}
	if n >= MaxSessionAssets || total+size > MaxSessionAssetBytes {
		return false, fmt.Errorf("session shows %d assets of %d bytes: %w", n, total, ErrLimit)
	}
	if !there {
		return false, nil
	}
	_, err = t.exec(ctx, `INSERT INTO asset_uses (session, site, asset) VALUES (?, ?, ?)`, session, site, a.ID)
	return true, err
}

// enterAsset names a written object in the index. Where another one was quicker, its bytes
// count and this object is left to the sweeper.
func (s *Store) enterAsset(ctx context.Context, t tx, session, site, key string, a Asset, imported bool) error {
	sum := sha256.Sum256(a.Sealed)
	res, err := t.exec(ctx, `INSERT INTO assets (site, id, blob, bytes, sum) VALUES (?, ?, ?, ?, ?) ON CONFLICT (site, id) DO NOTHING`,
		site, a.ID, key, len(a.Sealed), sum[:])
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	if n == 1 {
		if err := s.adopt(ctx, t, key); err != nil {
			return err
		}
	}
	_, err = s.useAsset(ctx, t, session, a, imported)
	return err
}

// dropAssets forgets what a session shows. Objects that no session shows any more are
// noted as garbage, in the same transaction.
func dropAssets(ctx context.Context, t tx, session string) error {
	rows, err := t.QueryContext(ctx, t.d.bind(`SELECT site, asset FROM asset_uses WHERE session = ? ORDER BY site, asset`), session)
	if err != nil {
		return err
	}
	var list [][2]string
	for rows.Next() {
		var a [2]string
		if err := rows.Scan(&a[0], &a[1]); err != nil {
			rows.Close()
			return err
		}
		list = append(list, a)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `DELETE FROM asset_uses WHERE session = ?`, session); err != nil {
		return err
	}
	for _, a := range list {
		var key string
		// Locked before the count, which in PostgreSQL sees what was committed by then.
		err := t.row(ctx, `SELECT blob FROM assets WHERE site = ? AND id = ?`+t.d.forUpdate(), a[0], a[1]).Scan(&key)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		var n int64
		if err := t.row(ctx, `SELECT COUNT(*) FROM asset_uses WHERE site = ? AND asset = ?`, a[0], a[1]).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		if _, err := t.exec(ctx, `DELETE FROM assets WHERE site = ? AND id = ?`, a[0], a[1]); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO blob_garbage (blob, due_ms) VALUES (?, 0) ON CONFLICT (blob) DO NOTHING`, key); err != nil {
			return err
		}
	}
	return nil
}

// Asset is a sealed asset that the session shows; ErrNotFound where it shows no such one,
// also if another session does.
func (s *Store) Asset(ctx context.Context, session, id string) ([]byte, error) {
	if !ValidID(session) || !ValidID(id) {
		return nil, fmt.Errorf("asset %.40q: %w", id, ErrNotFound)
	}
	var key string
	err := s.db.row(ctx, `SELECT assets.blob FROM asset_uses JOIN assets ON assets.site = asset_uses.site AND assets.id = asset_uses.asset
		WHERE asset_uses.session = ? AND asset_uses.asset = ?`, session, id).Scan(&key)
	if err != nil {
		return nil, assetError(id, notFound(err))
	}
	b, err := s.blobs.get(ctx, key, MaxAssetBytes)
	if isGone(err) {
		err = ErrNotFound // deleted between the two looks
	}
	return b, assetError(id, err)
}

// AssetIDs lists the assets that the session shows.
func (s *Store) AssetIDs(ctx context.Context, session string) ([]string, error) {
	ids, err := s.texts(ctx, `SELECT asset FROM asset_uses WHERE session = ? ORDER BY asset`, session)
	if err != nil {
		return nil, fmt.Errorf("assets of session %s: %w", session, err)
	}
	return ids, nil
}

// put writes an object of its own.
func (b *blobs) put(ctx context.Context, key string, data []byte) error {
	if err := b.bucket.WriteAll(ctx, key, data, &blob.WriterOptions{ContentType: "application/octet-stream"}); err != nil {
		return fmt.Errorf("blob %s: %w", key, err)
	}
	return nil
}

// get reads an object of at most limit bytes.
func (b *blobs) get(ctx context.Context, key string, limit int64) ([]byte, error) {
	r, err := b.bucket.NewReader(ctx, key, nil)
	if err != nil {
		return nil, fmt.Errorf("blob %s: %w", key, err)
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errors.New("larger than it may be")
	}
	if err != nil {
		return nil, fmt.Errorf("blob %s: %w", key, err)
	}
	return data, nil
}
