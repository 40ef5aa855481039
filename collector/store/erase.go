package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Receipt says what an erasure did and when the last copy that can be opened goes: the
// sessions' envelopes are destroyed at once, copies of them lie only in envelope backups.
type Receipt struct {
	Sessions  int       `json:"sessions"`
	Envelopes int       `json:"envelopes"` // destroyed
	ErasedAt  time.Time `json:"erasedAt"`
	// LastCopy is when the last envelope backup that holds a copy is removed; ErasedAt where
	// there is none.
	LastCopy time.Time `json:"lastCopyGoesAt"`
	Backups  int       `json:"backups"` // that still hold a copy
}

// Day is the day of LastCopy, in UTC: a copy that goes during a day is gone on the next.
func (r Receipt) Day() string {
	if r.Backups == 0 {
		return r.ErasedAt.UTC().Format(time.DateOnly)
	}
	return r.LastCopy.UTC().Format(time.DateOnly)
}

// add counts another session's receipt in.
func (r *Receipt) add(o Receipt) {
	r.Sessions += o.Sessions
	r.Envelopes += o.Envelopes
	r.Backups = max(r.Backups, o.Backups)
	if o.LastCopy.After(r.LastCopy) {
		r.LastCopy = o.LastCopy
	}
}

// EraseSession removes a session for good, with a receipt and an entry in the audit, which
// stands and falls with the deletion.
func (s *Store) EraseSession(ctx context.Context, id, who string) (Receipt, error) {
	info, err := s.Session(ctx, id)
	if err != nil {
		return Receipt{}, err
	}
	return s.erase(ctx, info.Site, id, info.FirstAt, who)
}

// erase deletes one session; first is when its first envelope can have come.
func (s *Store) erase(ctx context.Context, site, id string, first time.Time, who string) (Receipt, error) {
	r := Receipt{Sessions: 1, ErasedAt: s.now()}
	r.LastCopy = r.ErasedAt
	var n int64
	if err := s.db.row(ctx, `SELECT COUNT(*) FROM envelopes WHERE session = ?`, id).Scan(&n); err != nil {
		return Receipt{}, err
	}
	r.Envelopes = int(n)
	var backups, due int64
	if err := s.db.row(ctx, `SELECT COUNT(*), COALESCE(MAX(due_ms), 0) FROM envelope_backups WHERE made_ms >= ?`,
		first.UnixMilli()).Scan(&backups, &due); err != nil {
		return Receipt{}, err
	}
	if r.Backups = int(backups); backups > 0 {
		r.LastCopy = time.UnixMilli(due)
	}
	note := AuditEntry{Who: who, Action: AuditErased, Site: site,
		Detail: map[string]any{"session": id, "envelopes": r.Envelopes, "lastCopyGoes": r.Day()}}
	return r, s.deleteSession(ctx, id, &note)
}

// VisitorSessions lists the sessions of a site that bear a visitor tag, latest first. An
// empty tag has none: it is the tag of everybody who has no id.
func (s *Store) VisitorSessions(ctx context.Context, site, tag string) ([]SessionInfo, error) {
	if tag == "" {
		return nil, nil
	}
	ids, err := s.texts(ctx, `SELECT id FROM sessions WHERE site = ? AND visitor_tag = ? ORDER BY last_ms DESC, id`, site, tag)
	if err != nil {
		return nil, fmt.Errorf("sessions of a visitor: %w", err)
	}
	var out []SessionInfo
	for _, id := range ids {
		info, err := s.Session(ctx, id)
		if errors.Is(err, ErrNotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		out = append(out, info)
	}
	return out, nil
}

// EraseVisitor erases all sessions of a site that bear a visitor tag, those without any
// segment too. The audit has an entry for each and one for the whole.
func (s *Store) EraseVisitor(ctx context.Context, site, tag, who string) (Receipt, error) {
	r := Receipt{ErasedAt: s.now()}
	r.LastCopy = r.ErasedAt
	if tag == "" {
		return r, nil
	}
	ids, err := s.texts(ctx, `SELECT id FROM sessions WHERE site = ? AND visitor_tag = ?`, site, tag)
	if err != nil {
		return r, fmt.Errorf("erase a visitor: %w", err)
	}
	var errs error
	for _, id := range ids {
		var first int64
		if err := s.db.row(ctx, `SELECT first_ms FROM sessions WHERE id = ?`, id).Scan(&first); err != nil {
			if err = notFound(err); !errors.Is(err, ErrNotFound) {
				errs = errors.Join(errs, err)
			}
			continue
		}
		one, err := s.erase(ctx, site, id, time.UnixMilli(first), who)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		r.add(one)
	}
	if r.Sessions > 0 {
		errs = errors.Join(errs, s.Audit(ctx, AuditEntry{Who: who, Action: AuditVisitorErased, Site: site,
			Detail: map[string]any{"sessions": r.Sessions, "envelopes": r.Envelopes, "lastCopyGoes": r.Day()}}))
	}
	return r, errs
}

// DestroySiteKey ends all recordings of a site: its private keys, present and former, and
// every envelope go in one transaction, and it records no more. For a held site the key is
// the owner's to destroy; here its envelopes go. What is left of the sessions is ciphertext
// and the list of them.
func (s *Store) DestroySiteKey(ctx context.Context, id, who string) (Receipt, error) {
	r := Receipt{ErasedAt: s.now()}
	r.LastCopy = r.ErasedAt
	err := s.db.inTx(ctx, func(t tx) error {
		site, err := scanSite(t.row(ctx, `SELECT `+siteColumns+` FROM sites WHERE id = ?`+s.db.forUpdate(), id))
		if err != nil {
			return notFound(err)
		}
		site.WrappedKey, site.Enabled = nil, false
		if err := saveSite(ctx, t, site); err != nil {
			return err
		}
		var sessions, envelopes, first, backups, due int64
		if err := t.row(ctx, `SELECT COUNT(*), COALESCE(MIN(first_ms), 0) FROM sessions WHERE site = ?`, id).Scan(&sessions, &first); err != nil {
			return err
		}
		if err := t.row(ctx, `SELECT COUNT(*) FROM envelopes WHERE session IN (SELECT id FROM sessions WHERE site = ?)`, id).Scan(&envelopes); err != nil {
			return err
		}
		if err := t.row(ctx, `SELECT COUNT(*), COALESCE(MAX(due_ms), 0) FROM envelope_backups WHERE made_ms >= ?`, first).Scan(&backups, &due); err != nil {
			return err
		}
		for _, q := range []string{`DELETE FROM envelopes WHERE session IN (SELECT id FROM sessions WHERE site = ?)`,
			`DELETE FROM shares WHERE session IN (SELECT id FROM sessions WHERE site = ?)`,
			`DELETE FROM site_keys WHERE site = ?`} {
			if _, err := t.exec(ctx, q, id); err != nil {
				return err
			}
		}
		r.Sessions, r.Envelopes = int(sessions), int(envelopes)
		if backups > 0 && sessions > 0 {
			r.Backups, r.LastCopy = int(backups), time.UnixMilli(due)
		}
		return s.audit(ctx, t, AuditEntry{Who: who, Action: AuditKeyDestroyed, Site: id,
			Detail: map[string]any{"sessions": r.Sessions, "envelopes": r.Envelopes, "lastCopyGoes": r.Day()}})
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("destroy the key of site %.40q: %w", id, err)
	}
	return r, s.forget(ctx)
}

// Expire erases the sessions whose last activity is older than their site's retention.
func (s *Store) Expire(ctx context.Context) (n int, errs error) {
	sites, err := s.Sites(ctx)
	if err != nil {
		return 0, err
	}
	for _, site := range sites {
		days := site.Notice.RetentionDays
		if days <= 0 {
			continue
		}
		ids, err := s.texts(ctx, `SELECT id FROM sessions WHERE site = ? AND last_ms < ? LIMIT 10000`, site.ID, s.now().AddDate(0, 0, -days).UnixMilli())
		if err != nil {
			return n, errors.Join(errs, err)
		}
		gone := 0
		for _, id := range ids {
			_, err := s.EraseSession(ctx, id, "retention")
			if errors.Is(err, ErrNotFound) || errors.Is(err, ErrDeleted) {
				continue
			}
			if err != nil {
				errs = errors.Join(errs, err)
				continue
			}
			gone++
		}
		if n += gone; gone > 0 {
			errs = errors.Join(errs, s.Audit(ctx, AuditEntry{Who: "collector", Action: AuditExpired, Site: site.ID,
				Detail: map[string]any{"sessions": gone, "retentionDays": days}}))
		}
	}
	return n, errs
}
