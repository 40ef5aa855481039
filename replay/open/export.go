package open

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// ExportOptions of Export. The zero value writes a file that opens anywhere.
type ExportOptions struct {
	// Sealed leaves the content keys out: the file opens only with the site's key.
	Sealed bool
	// Ring opens what the source cannot.
	Ring *Keyring
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Export writes the session as a recording file (FILE.md). Nothing is written before the
// keys are found; without Sealed a page view that cannot be opened is ErrKey.
func Export(ctx context.Context, src Source, id string, w io.Writer, opt ExportOptions) error {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	r, err := Inspect(ctx, src, id, opt.Ring)
	if err != nil {
		return err
	}
	if closed := r.ClosedErrors(); len(closed) > 0 && !opt.Sealed {
		return fmt.Errorf("export session %s: %w", id, errors.Join(closed...))
	}
	keys, err := src.Keys(ctx, id)
	if err != nil {
		return err
	}
	s := r.Session
	head := Head{Site: s.Site, Session: s.ID, Custody: r.Custody, VisitorTag: s.VisitorTag,
		ExportedAtMs: opt.Now().UnixMilli(), FirstAtMs: s.FirstAtMs, LastAtMs: s.LastAtMs}
	known := map[string]bool{}
	for _, pv := range s.PageViews {
		known[pv.ID] = true
		out := HeadPageView{ID: pv.ID, Tab: pv.Tab, FirstAtMs: pv.FirstAtMs, LastAtMs: pv.LastAtMs, Envelope: keys.Envelopes[pv.ID]}
		if !opt.Sealed {
			out.ContentKey = r.keys[pv.ID]
		}
		head.PageViews = append(head.PageViews, out)
	}
	assets, err := src.AssetIDs(ctx, id)
	if err != nil {
		return fmt.Errorf("export session %s: %w", id, err)
	}
	for _, asset := range assets {
		sealed, err := src.Asset(ctx, id, asset)
		if errors.Is(err, ErrNoAsset) {
			continue // deleted since it was listed
		}
		if err != nil {
			return fmt.Errorf("export session %s: %w", id, err)
		}
		head.Assets = append(head.Assets, HeadAsset{ID: asset, Sealed: sealed})
	}
	f, err := NewFileWriter(w, head)
	if err != nil {
		return fmt.Errorf("export session %s: %w", id, err)
	}
	for seg, err := range src.Segments(ctx, id, nil) {
		if err != nil {
			return fmt.Errorf("export session %s: %w", id, err)
		}
		if !known[seg.PageView] {
			continue // a page view that began after the head was written
		}
		if err := f.Add(seg); err != nil {
			return fmt.Errorf("export session %s: %w", id, err)
		}
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("export session %s: %w", id, err)
	}
	return nil
}
