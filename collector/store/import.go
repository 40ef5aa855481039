package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"afterimage/wasm/wire/seal"
)

// Import stores a whole recording as a finished session of its site. ErrExists when the
// session is there already, ErrDeleted when it was deleted here. Nobody can add to an
// imported page view: its write secret is random and thrown away.
func (s *Store) Import(ctx context.Context, r Recording) error {
	if !ValidID(r.Session) || !ValidSiteID(r.Site) {
		return errors.New("import: session or site is not an id")
	}
	views, segs, err := checkRecording(r, s.now())
	if err != nil {
		return fmt.Errorf("import %s: %w", r.Session, err)
	}
	if err := s.space.check(); err != nil {
		return fmt.Errorf("import %s: %w", r.Session, err)
	}
	x := s.session(r.Session)
	x.mu.Lock()
	defer x.mu.Unlock()
	defer s.drop(x)
	if dead, err := s.isDeleted(ctx, r.Session); err != nil {
		return fmt.Errorf("import %s: %w", r.Session, err)
	} else if dead {
		return fmt.Errorf("import %s: %w", r.Session, ErrDeleted)
	}
	var salt [4]byte
	rand.Read(salt[:])
	key := blobKey(r.Site, r.Session, 1, hex.EncodeToString(salt[:]))
	if err := s.announce(ctx, key); err != nil {
		return fmt.Errorf("import %s: %w", r.Session, err)
	}
	err = s.blobs.write(ctx, key, segs)
	if err == nil {
		err = s.blobs.sync()
	}
	if err == nil {
		err = s.db.inTx(ctx, func(t tx) error {
			if err := s.adopt(ctx, t, key); err != nil {
				return err
			}
			return importRows(ctx, t, r, views, key)
		})
	}
	if err != nil {
		return fmt.Errorf("import %s: %w", r.Session, errors.Join(err, s.abandon(ctx, key), s.sweep(context.WithoutCancel(ctx))))
	}
	for _, a := range r.Assets {
		err := s.putAsset(ctx, r.Session, a, true)
		if errors.Is(err, ErrConflict) || errors.Is(err, ErrLimit) {
			s.log.Warn("an asset of an imported recording was left out: it shows as a box", "session", r.Session, "err", err)
		} else if err != nil {
			return fmt.Errorf("import %s: the session is there, but: %w", r.Session, err)
		}
	}
	return nil
}

// checkRecording counts a recording and sorts its segments. Segments without a time of
// arrival arrive now.
func checkRecording(r Recording, now time.Time) (map[string]*view, []Segment, error) {
	views := map[string]*view{}
	var all []Segment
	for i, p := range r.PageViews {
		if !ValidID(p.ID) || !ValidID(p.Tab) || views[p.ID] != nil {
			return nil, nil, fmt.Errorf("page view %d: not an id, or twice", i)
		}
		if len(p.Envelope) != seal.EnvelopeSize {
			return nil, nil, fmt.Errorf("page view %s: %w", p.ID, ErrNoEnvelope)
		}
		v := &view{tab: p.Tab, ord: int64(i)}
		views[p.ID] = v
		segs := slices.Clone(p.Segments)
		slices.SortFunc(segs, func(a, b Segment) int { return int(a.Number) - int(b.Number) })
		for i := range segs {
			if segs[i].ArrivedAt.IsZero() {
				segs[i].ArrivedAt = now
			}
			g := segs[i]
			h, ok := clearHeader(g.Sealed)
			if !ok || h.pageView != p.ID || h.number != g.Number || h.epoch != g.Epoch || g.Number > MaxSegmentNumber {
				return nil, nil, fmt.Errorf("page view %s: segment %d does not match its clear header", p.ID, g.Number)
			}
			if !v.blobRanges.Add(g.Number) {
				return nil, nil, fmt.Errorf("page view %s: segment %d twice", p.ID, g.Number)
			}
			at := g.ArrivedAt.UnixMilli()
			v.firstMs, v.lastMs = earlier(v.firstMs, at), max(v.lastMs, at)
			v.blobBytes += int64(len(g.Sealed))
			all = append(all, g)
		}
	}
	if len(all) == 0 {
		return nil, nil, errors.New("no segments")
	}
	return views, all, nil
}

func importRows(ctx context.Context, t tx, r Recording, views map[string]*view, key string) error {
	var first, last, bytes int64
	segments := 0
	for _, v := range views {
		first, last = earlier(first, v.firstMs), max(last, v.lastMs)
		bytes += v.blobBytes
		segments += v.blobRanges.Len()
	}
	res, err := t.exec(ctx, `INSERT INTO sessions (id, site, visitor_tag, consent_version, sampled, first_ms, last_ms, segments, bytes, finished, generation, blob)
		VALUES (?, ?, ?, '', 1, ?, ?, ?, ?, 1, 1, ?) ON CONFLICT (id) DO NOTHING`, r.Session, r.Site, r.VisitorTag, first, last, segments, bytes, key)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil {
		return err
	} else if n == 0 {
		return ErrExists
	}
	for _, p := range r.PageViews {
		v := views[p.ID]
		secret := make([]byte, 32)
		rand.Read(secret)
		res, err := t.exec(ctx, `INSERT INTO page_views (id, session, tab, ord, secret_hash, first_ms, last_ms, segments, bytes, gaps, blob_ranges, blob_bytes)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`, p.ID, r.Session, p.Tab, v.ord, secret, v.firstMs, v.lastMs,
			v.blobRanges.Len(), v.blobBytes, v.blobRanges.Gaps(), v.blobRanges.encode(), v.blobBytes)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return fmt.Errorf("page view %s: %w", p.ID, ErrExists)
		}
		if _, err := t.exec(ctx, `INSERT INTO envelopes (page_view, session, envelope) VALUES (?, ?, ?)`, p.ID, r.Session, p.Envelope); err != nil {
			return err
		}
	}
	return nil
}
