package open

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"afterimage/collector/store"
	"afterimage/wasm/wire/seal"
)

// ErrNoSite: the recording's site is not in the store, and no other was named.
var ErrNoSite = errors.New("the store has no such site")

// ImportOptions of ImportFile.
type ImportOptions struct {
	// Site to put the recording into; empty is the site that the file names.
	Site string
	// Ring opens envelopes where the file has no content keys.
	Ring *Keyring
}

// Importer is a source that can take a recording file.
type Importer interface {
	Import(ctx context.Context, r io.ReaderAt, opt ImportOptions) (Session, error)
}

// ImportFile puts the recording file in r into the store and returns the session.
//
// Segments stay the bytes they are. The envelope is kept where it is sealed to the
// site's key, else the content key is sealed anew to it; ErrKey if there is none. Every
// segment whose key is there is authenticated first, and a file with one that does not
// is refused as ErrDamaged. The error wraps store.ErrExists if the session is there.
func ImportFile(ctx context.Context, st *store.Store, r io.ReaderAt, opt ImportOptions) (Session, error) {
	file, err := ReadFile(r)
	if err != nil {
		return Session{}, err
	}
	head := &file.Head
	siteID := opt.Site
	if siteID == "" {
		siteID = head.Site
	}
	site, err := st.Site(ctx, siteID)
	if errors.Is(err, store.ErrNotFound) {
		return Session{}, fmt.Errorf("site %s: %w", siteID, ErrNoSite)
	}
	if err != nil {
		return Session{}, err
	}
	content, _ := openKeys(file.Keys(), file.Session(), opt.Ring)
	if err := authentic(ctx, file, content); err != nil {
		return Session{}, err
	}
	rec := store.Recording{Site: site.ID, Session: head.Session, VisitorTag: head.VisitorTag}
	at := map[string]int{}
	for _, pv := range head.PageViews {
		envelope, err := envelopeFor(site, head, pv, content[pv.ID])
		if err != nil {
			return Session{}, err
		}
		at[pv.ID] = len(rec.PageViews)
		rec.PageViews = append(rec.PageViews, store.RecordedPageView{ID: pv.ID, Tab: cmp.Or(pv.Tab, pv.ID), Envelope: envelope})
	}
	for _, a := range head.Assets {
		rec.Assets = append(rec.Assets, store.Asset{ID: a.ID, Sealed: a.Sealed})
	}
	arrived := map[string]HeadPageView{}
	for _, pv := range head.PageViews {
		arrived[pv.ID] = pv
	}
	for seg, err := range file.Segments() {
		if err != nil {
			return Session{}, err
		}
		pv := &rec.PageViews[at[seg.PageView]]
		pv.Segments = append(pv.Segments, store.Segment{PageView: seg.PageView, Number: seg.Number, Epoch: seg.Epoch,
			ArrivedAt: unixMs(arrived[seg.PageView].FirstAtMs), Sealed: seg.Sealed})
	}
	for i := range rec.PageViews {
		pv := &rec.PageViews[i]
		if n := len(pv.Segments); n > 1 { // the file knows the first and the last arrival
			pv.Segments[n-1].ArrivedAt = unixMs(arrived[pv.ID].LastAtMs)
		}
	}
	if err := st.Import(ctx, rec); err != nil {
		return Session{}, fmt.Errorf("import session %s: %w", head.Session, err)
	}
	return FromStore(st, nil).Session(ctx, head.Session)
}

// authentic opens every segment whose key is there.
func authentic(ctx context.Context, file *File, content map[string][]byte) error {
	rec := &Recording{Session: file.Session(), src: &FileSource{file: file}, keys: content}
	return rec.Walk(ctx, Visitor{Problem: func(p Problem) error {
		switch p.Kind {
		case Missing, NoKey, Unreadable:
			return nil
		}
		return fmt.Errorf("%w: %v", ErrDamaged, p)
	}})
}

// envelopeFor is the envelope under which a page view lies in the site.
func envelopeFor(site store.Site, head *Head, pv HeadPageView, contentKey []byte) ([]byte, error) {
	own := site.ID == head.Site && len(pv.Envelope) > 0
	if own && len(site.SealingKey) > 0 {
		id, err := envelopeKeyID(pv.Envelope)
		if own := seal.KeyID(site.SealingKey); err == nil && bytes.Equal(id, own[:]) {
			return pv.Envelope, nil
		}
	}
	if len(contentKey) == 16 && len(site.SealingKey) > 0 {
		envelope, err := seal.SealEnvelope(site.SealingKey, site.ID, head.Session, pv.ID, contentKey)
		if err != nil {
			return nil, fmt.Errorf("page view %s: %w", pv.ID, err)
		}
		return envelope, nil
	}
	if own {
		return pv.Envelope, nil
	}
	return nil, fmt.Errorf("page view %s: %w: the file holds no content key, and its envelope belongs to site %s", pv.ID, ErrKey, head.Site)
}
