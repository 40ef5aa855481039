package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"afterimage/wasm/wire/seal"
)

const siteColumns = `id, name, site_key, custody, origins, enabled, sealing_key, wrapped_key, identity_key, signature, settings, settings_version, created_ms, notice`

// AddSite stores a new site; ErrExists when its id is taken.
func (s *Store) AddSite(ctx context.Context, site Site) error {
	if err := checkSite(&site); err != nil {
		return err
	}
	if site.CreatedAt.IsZero() {
		site.CreatedAt = s.now()
	}
	args, err := siteArgs(site)
	if err != nil {
		return err
	}
	res, err := s.db.exec(ctx, `INSERT INTO sites (`+siteColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`, args...)
	if err != nil {
		return fmt.Errorf("site %s: %w", site.ID, err)
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return fmt.Errorf("site %s: %w", site.ID, ErrExists)
	}
	return nil
}

// UpdateSite changes a site in one transaction, so that of two changes at once neither is
// lost. An error of change is returned as it is and nothing is stored.
func (s *Store) UpdateSite(ctx context.Context, id string, change func(*Site) error) (site Site, err error) {
	err = s.db.inTx(ctx, func(t tx) error {
		if site, err = scanSite(t.row(ctx, `SELECT `+siteColumns+` FROM sites WHERE id = ?`+s.db.forUpdate(), id)); err != nil {
			return fmt.Errorf("site %.40q: %w", id, notFound(err))
		}
		old := site
		if err := change(&site); err != nil {
			return err
		}
		if !bytes.Equal(old.SealingKey, site.SealingKey) {
			if err := s.retire(ctx, t, old); err != nil {
				return err
			}
			if err := s.audit(ctx, t, AuditEntry{Who: "cli", Action: AuditKeyRotated, Site: id}); err != nil {
				return err
			}
		}
		return saveSite(ctx, t, site)
	})
	if err != nil {
		return Site{}, err
	}
	return site, nil
}

// SaveSite overwrites a site that exists, whatever it was.
func (s *Store) SaveSite(ctx context.Context, site Site) error {
	return s.db.inTx(ctx, func(t tx) error { return saveSite(ctx, t, site) })
}

func saveSite(ctx context.Context, t tx, site Site) error {
	if err := checkSite(&site); err != nil {
		return err
	}
	args, err := siteArgs(site)
	if err != nil {
		return err
	}
	res, err := t.exec(ctx, `UPDATE sites SET id = ?, name = ?, site_key = ?, custody = ?, origins = ?, enabled = ?, sealing_key = ?, wrapped_key = ?,
		identity_key = ?, signature = ?, settings = ?, settings_version = ?, created_ms = ?, notice = ? WHERE id = ?`, append(args, site.ID)...)
	if err != nil {
		return fmt.Errorf("site %s: %w", site.ID, err)
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return fmt.Errorf("site %s: %w", site.ID, ErrNotFound)
	}
	return nil
}

func checkSite(site *Site) error {
	if !ValidSiteID(site.ID) {
		return fmt.Errorf("site %.40q: not an id, expected 8 to 32 of a-z and 0-9", site.ID)
	}
	if site.Custody != Managed && site.Custody != Held {
		return fmt.Errorf("site %s: custody %q, expected %s or %s", site.ID, site.Custody, Managed, Held)
	}
	if len(site.SealingKey) != seal.PublicKeySize {
		return fmt.Errorf("site %s: sealing key of %d bytes, expected %d", site.ID, len(site.SealingKey), seal.PublicKeySize)
	}
	if len(site.Settings) == 0 {
		site.Settings = json.RawMessage("{}")
	}
	return nil
}

func siteArgs(site Site) ([]any, error) {
	origins, err := json.Marshal(site.Origins)
	if err != nil {
		return nil, fmt.Errorf("site %s: %w", site.ID, err)
	}
	notice, err := json.Marshal(site.Notice)
	if err != nil {
		return nil, fmt.Errorf("site %s: %w", site.ID, err)
	}
	enabled := 0
	if site.Enabled {
		enabled = 1
	}
	return []any{site.ID, site.Name, site.Key, site.Custody, string(origins), enabled, site.SealingKey, site.WrappedKey,
		site.Identity, site.Signature, string(site.Settings), site.SettingsVersion, site.CreatedAt.UnixMilli(), string(notice)}, nil
}

// Site returns one site or ErrNotFound.
func (s *Store) Site(ctx context.Context, id string) (Site, error) {
	site, err := scanSite(s.db.row(ctx, `SELECT `+siteColumns+` FROM sites WHERE id = ?`, id))
	if err != nil {
		return Site{}, fmt.Errorf("site %.40q: %w", id, notFound(err))
	}
	return site, nil
}

// Sites returns all sites, oldest first.
func (s *Store) Sites(ctx context.Context) ([]Site, error) {
	rows, err := s.db.query(ctx, `SELECT `+siteColumns+` FROM sites ORDER BY created_ms, id`)
	if err != nil {
		return nil, fmt.Errorf("sites: %w", err)
	}
	defer rows.Close()
	var out []Site
	for rows.Next() {
		site, err := scanSite(rows)
		if err != nil {
			return nil, fmt.Errorf("sites: %w", err)
		}
		out = append(out, site)
	}
	return out, errors.Join(rows.Err())
}

func scanSite(row interface{ Scan(...any) error }) (Site, error) {
	var site Site
	var origins, settings, notice string
	var enabled, created int64
	err := row.Scan(&site.ID, &site.Name, &site.Key, &site.Custody, &origins, &enabled, &site.SealingKey, &site.WrappedKey,
		&site.Identity, &site.Signature, &settings, &site.SettingsVersion, &created, &notice)
	if err != nil {
		return Site{}, err
	}
	if err := json.Unmarshal([]byte(origins), &site.Origins); err != nil {
		return Site{}, fmt.Errorf("origins: %w", err)
	}
	if err := json.Unmarshal([]byte(notice), &site.Notice); err != nil {
		return Site{}, fmt.Errorf("notice: %w", err)
	}
	site.Enabled = enabled != 0
	site.Settings = json.RawMessage(settings)
	site.CreatedAt = time.UnixMilli(created)
	return site, nil
}
