package open

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"afterimage/collector/store"
	"afterimage/wasm/wire/seal"
)

// Unwrap returns the private key (crypto/ecdh P-256, 32 bytes) of a managed site. Its
// error is shown to people, so it should say what to do.
type Unwrap func(ctx context.Context, site store.Site) ([]byte, error)

// FromStore is the source over an open store. unwrap may be nil: then all envelopes stay
// closed. Closing the source leaves the store open.
func FromStore(st *store.Store, unwrap Unwrap) Source {
	return &storeSource{st: st, unwrap: unwrap}
}

type storeSource struct {
	st     *store.Store
	unwrap Unwrap
	close  func() error
}

func (s *storeSource) Close() error {
	if s.close == nil {
		return nil
	}
	return s.close()
}

func notFound(id string, err error) error {
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDeleted) {
		return fmt.Errorf("session %s: %w", id, ErrNotFound)
	}
	return err
}

func (s *storeSource) Sites(ctx context.Context) ([]Site, error) {
	list, err := s.st.Sites(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sites: %w", err)
	}
	out := make([]Site, 0, len(list))
	for _, site := range list {
		out = append(out, Site{ID: site.ID, Name: site.Name, Key: site.Key, Custody: site.Custody,
			Origins: append([]string{}, site.Origins...), CreatedAtMs: ms(site.CreatedAt)})
	}
	return out, nil
}

func (s *storeSource) Sessions(ctx context.Context, f Filter) ([]Session, error) {
	sf := store.SessionFilter{Site: f.Site, Limit: limit(f.Limit)}
	if f.BeforeMs > 0 {
		sf.Before, sf.BeforeID = time.UnixMilli(f.BeforeMs), f.BeforeID
	}
	list, err := s.st.Sessions(ctx, sf)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	out := make([]Session, 0, len(list))
	for i := range list {
		out = append(out, sessionOf(&list[i]))
	}
	return out, nil
}

func (s *storeSource) Session(ctx context.Context, id string) (Session, error) {
	info, err := s.st.Session(ctx, id)
	if err != nil {
		return Session{}, notFound(id, err)
	}
	return sessionOf(&info), nil
}

func (s *storeSource) Keys(ctx context.Context, id string) (Keys, error) {
	info, err := s.st.Session(ctx, id)
	if err != nil {
		return Keys{}, notFound(id, err)
	}
	envelopes, err := s.st.Envelopes(ctx, id)
	if err != nil {
		return Keys{}, fmt.Errorf("envelopes of session %s: %w", id, err)
	}
	keys := Keys{Content: map[string][]byte{}, Envelopes: envelopes, Custody: Managed}
	site, err := s.st.Site(ctx, info.Site)
	if err != nil {
		keys.Problem = fmt.Sprintf("site %s: %v", info.Site, err)
		return keys, nil
	}
	keys.Custody = site.Custody
	if site.Custody == Held {
		return keys, nil
	}
	if s.unwrap == nil {
		keys.Problem = "the master key of managed sites was not given"
		return keys, nil
	}
	s.openEnvelopes(ctx, site, id, &keys)
	return keys, nil
}

// openEnvelopes opens each envelope with the key that it names: the site's, or one that the
// site had before.
func (s *storeSource) openEnvelopes(ctx context.Context, site store.Site, id string, keys *Keys) {
	former, err := s.st.RetiredKeys(ctx, site.ID)
	if err != nil {
		keys.Problem = err.Error()
		return
	}
	private := map[[8]byte][]byte{}
	problems := map[[8]byte]error{}
	for _, k := range append([]store.RetiredKey{{Public: site.SealingKey, Wrapped: site.WrappedKey}}, former...) {
		of := site
		of.WrappedKey = k.Wrapped
		name := seal.KeyID(k.Public)
		private[name], problems[name] = s.unwrap(ctx, of)
	}
	for pageView, envelope := range keys.Envelopes {
		name, err := seal.EnvelopeKeyID(envelope)
		if err == nil {
			err = problems[name]
		}
		if err == nil && private[name] == nil {
			err = fmt.Errorf("it is sealed to key %x, which the site has no longer", name)
		}
		if err != nil {
			keys.Problem = fmt.Sprintf("private key of site %s: %v", site.ID, err)
			continue
		}
		key, err := seal.OpenEnvelope(private[name], envelope, site.ID, id, pageView)
		if err != nil {
			keys.Problem = fmt.Sprintf("envelope of page view %s: %v", pageView, err)
			continue
		}
		keys.Content[pageView] = key
	}
}

func (s *storeSource) Segments(ctx context.Context, id string, have *Cursor) iter.Seq2[Segment, error] {
	return func(yield func(Segment, error) bool) {
		for seg, err := range s.st.Segments(ctx, id) {
			if err != nil {
				yield(Segment{}, notFound(id, err))
				return
			}
			if have.Has(seg.PageView, seg.Number) {
				continue
			}
			if !yield(Segment{PageView: seg.PageView, Number: seg.Number, Epoch: seg.Epoch, Sealed: seg.Sealed}, nil) {
				return
			}
		}
	}
}

func (s *storeSource) AssetIDs(ctx context.Context, id string) ([]string, error) {
	return s.st.AssetIDs(ctx, id)
}

func (s *storeSource) Asset(ctx context.Context, id, asset string) ([]byte, error) {
	b, err := s.st.Asset(ctx, id, asset)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("asset %.40q: %w", asset, ErrNoAsset)
	}
	return b, err
}

func (s *storeSource) Watch(ctx context.Context, id string) (<-chan struct{}, func(), error) {
	if _, err := s.st.Session(ctx, id); err != nil {
		return nil, nil, notFound(id, err)
	}
	news, stop := s.st.Watch(ctx, id)
	return news, stop, nil
}

func (s *storeSource) Delete(ctx context.Context, id string) (Receipt, error) {
	info, err := s.st.Session(ctx, id)
	if err != nil {
		return Receipt{}, notFound(id, err)
	}
	r, err := s.st.EraseSession(ctx, id, store.Actor(ctx))
	if err != nil {
		return Receipt{}, notFound(id, err)
	}
	return Receipt{Session: id, Site: info.Site, ErasedAt: r.ErasedAt.UTC().Format(time.RFC3339),
		Envelopes: r.Envelopes, Backups: r.Backups, LastCopy: r.Day()}, nil
}

func (s *storeSource) NoteExport(ctx context.Context, id string, sealed bool) error {
	info, err := s.st.Session(ctx, id)
	if err != nil {
		return notFound(id, err)
	}
	return s.st.Audit(ctx, store.AuditEntry{Who: store.Actor(ctx), Action: store.AuditExported, Site: info.Site,
		Detail: map[string]any{"session": id, "sealed": sealed}})
}

func sessionOf(info *store.SessionInfo) Session {
	s := Session{ID: info.ID, Site: info.Site, FirstAtMs: ms(info.FirstAt), LastAtMs: ms(info.LastAt),
		SizeBytes: info.Bytes, Segments: info.Segments, Live: info.Live, Continuable: info.Continuable, Finished: info.Finished,
		VisitorTag: info.VisitorTag, PageViews: make([]PageView, 0, len(info.PageViews))}
	for _, pv := range info.PageViews {
		s.Gaps += pv.Gaps
		s.PageViews = append(s.PageViews, PageView{ID: pv.ID, Tab: pv.Tab, FirstAtMs: ms(pv.FirstAt),
			LastAtMs: ms(pv.LastAt), Segments: pv.Segments, SizeBytes: pv.Bytes, Gaps: pv.Gaps})
	}
	return s
}

func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func limit(n int) int {
	if n <= 0 {
		return DefaultLimit
	}
	return min(n, MaxLimit)
}

func unixMs(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n)
}

// Import puts a recording file into the store.
func (s *storeSource) Import(ctx context.Context, r io.ReaderAt, opt ImportOptions) (Session, error) {
	return ImportFile(ctx, s.st, r, opt)
}
