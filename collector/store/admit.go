package store

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"afterimage/wasm/wire/seal"
)

// Limits of one session: what a page that never stops, or somebody with a site's key,
// can make the store keep.
const (
	MaxPageViews     = 2000      // of a session
	MaxSessionBytes  = 256 << 20 // sealed
	MaxSegmentNumber = 1 << 22   // a segment a second for 48 days
	maxRanges        = 4096      // gaps of a page view
)

// ErrNoEnvelope says that a new page view came without its envelope.
var ErrNoEnvelope = errors.New("envelope is missing or not of the right size")

// ErrWrongKey says that the envelope of a new page view is sealed to another key than the site's.
var ErrWrongKey = errors.New("envelope is sealed to another key")

// Admit registers page views and says what of them is durable already. It is durable
// itself on return. The error is of the store; what is wrong with one page view stands
// in its Admitted.Err.
func (s *Store) Admit(ctx context.Context, a Admission) ([]Admitted, error) {
	if !ValidID(a.Session) || !ValidID(a.Tab) || !ValidSiteID(a.Site) {
		return nil, fmt.Errorf("admit: session, tab or site is not an id")
	}
	out := make([]Admitted, len(a.PageViews))
	for i, p := range a.PageViews {
		if !ValidID(p.ID) {
			return nil, fmt.Errorf("admit: page view %d is not an id", i)
		}
		out[i].PageView = p.ID
	}
	if err := s.space.check(); err != nil {
		return nil, err
	}
	x := s.session(a.Session)
	x.mu.Lock()
	defer x.mu.Unlock()
	err := s.db.inTx(ctx, func(t tx) error { return s.admit(ctx, t, a, out) })
	if err != nil {
		s.drop(x)
		for _, e := range []error{ErrDeleted, ErrTooLate, ErrOtherWriter, ErrOptedOut} {
			if errors.Is(err, e) {
				for i := range out {
					out[i].Err = err
				}
				return out, nil
			}
		}
		return nil, fmt.Errorf("admit: %w", err)
	}
	if err := s.load(ctx, x); errors.Is(err, ErrNotFound) {
		s.drop(x) // a new session of which no page view was taken
		return out, nil
	} else if err != nil {
		s.drop(x)
		return nil, fmt.Errorf("admit: %w", err)
	}
	for i := range out {
		if v := x.views[out[i].PageView]; v != nil && out[i].Err == nil {
			out[i].Durable = v.ranges.Clone()
		}
	}
	return out, nil
}

func (s *Store) admit(ctx context.Context, t tx, a Admission, out []Admitted) error {
	var n int64
	if err := t.row(ctx, `SELECT COUNT(*) FROM tombstones WHERE session = ?`, a.Session).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return ErrDeleted
	}
	if err := t.row(ctx, `SELECT COUNT(*) FROM opted_out WHERE site = ? AND visitor_tag = ?`, a.Site, a.VisitorTag).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return ErrOptedOut
	}
	known := true
	err := s.checkSession(ctx, t, a)
	if errors.Is(err, sql.ErrNoRows) {
		known = false
	} else if err != nil {
		return err
	}
	var count int64
	if err := t.row(ctx, `SELECT COUNT(*) FROM page_views WHERE session = ?`, a.Session).Scan(&count); err != nil {
		return err
	}
	for i, p := range a.PageViews {
		var session string
		var secret []byte
		err := t.row(ctx, `SELECT session, secret_hash FROM page_views WHERE id = ?`, p.ID).Scan(&session, &secret)
		switch {
		case err == nil:
			if session != a.Session || subtle.ConstantTimeCompare(secret, p.SecretHash[:]) != 1 {
				out[i].Err = ErrOtherWriter
			}
			continue
		case !errors.Is(err, sql.ErrNoRows):
			return err
		case a.KnownOnly:
			return ErrBusy
		case len(p.Envelope) != seal.EnvelopeSize:
			out[i].Err = ErrNoEnvelope
			continue
		case count >= MaxPageViews:
			out[i].Err = fmt.Errorf("session has %d page views: %w", count, ErrLimit)
			continue
		}
		ours, err := s.sealedToSite(ctx, t, a.Site, p.Envelope, a.SealingKey)
		if err != nil {
			return err
		}
		if !ours {
			out[i].Err = ErrWrongKey
			continue
		}
		// Only now: a hello of which no page view is taken must leave nothing behind.
		if !known {
			if err := s.insertSession(ctx, t, a); err != nil {
				return err
			}
			known = true
		}
		if _, err := t.exec(ctx, `INSERT INTO page_views (id, session, tab, ord, secret_hash, first_ms, last_ms, segments, bytes, gaps, blob_ranges, blob_bytes)
			VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0, 0, '[]', 0)`, p.ID, a.Session, a.Tab, count, p.SecretHash[:]); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO envelopes (page_view, session, envelope) VALUES (?, ?, ?)`, p.ID, a.Session, p.Envelope); err != nil {
			return err
		}
		out[i].New = true
		count++
	}
	return nil
}

// checkSession says whether the session may take page views; sql.ErrNoRows when it is new.
func (s *Store) checkSession(ctx context.Context, t tx, a Admission) error {
	var site string
	var lastMs int64
	if err := t.row(ctx, `SELECT site, last_ms FROM sessions WHERE id = ?`, a.Session).Scan(&site, &lastMs); err != nil {
		return err
	}
	if site != a.Site {
		return ErrOtherWriter // the session of another site
	}
	if s.tooLate(lastMs) {
		return ErrTooLate
	}
	return nil
}

func (s *Store) insertSession(ctx context.Context, t tx, a Admission) error {
	now := s.now().UnixMilli()
	sampled := 0
	if a.Sampled {
		sampled = 1
	}
	if _, err := t.exec(ctx, `INSERT INTO sessions (id, site, visitor_tag, consent_version, privacy_version, sampled, first_ms, last_ms, segments, bytes, finished, generation, blob)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, '') ON CONFLICT (id) DO NOTHING`,
		a.Session, a.Site, a.VisitorTag, a.ConsentVersion, a.PrivacyVersion, sampled, now, now); err != nil {
		return err
	}
	return s.checkSession(ctx, t, a) // another collector may have been first
}

// sealedTo reports whether an envelope names a public key; no key takes any.
func sealedTo(envelope, public []byte) bool {
	if len(public) == 0 {
		return true
	}
	id, err := seal.EnvelopeKeyID(envelope)
	return err == nil && id == seal.KeyID(public)
}

func (s *Store) isDeleted(ctx context.Context, session string) (bool, error) {
	var n int64
	err := s.db.row(ctx, `SELECT COUNT(*) FROM tombstones WHERE session = ?`, session).Scan(&n)
	return n > 0, err
}

// tooLate reports whether a session ended too long ago for late segments.
func (s *Store) tooLate(lastMs int64) bool {
	return s.now().Sub(time.UnixMilli(lastMs)) > LateFor
}
