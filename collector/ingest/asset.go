package ingest

import (
	"context"
	"encoding/hex"
	"errors"

	"afterimage/collector/store"
)

const (
	assetType = 2
	assetHead = 1 + 16 + 16
)

// asset answers a frame of type 2. Field names go over the wire.
type asset struct {
	T        string `json:"t"` // asset
	PageView string `json:"pageView"`
	Asset    string `json:"asset"`
	// State is stored (durable, and the session shows it), missing (send the bytes) or the
	// code with which it was refused.
	State string `json:"state"`
}

// What an asset's State says beside codes of refused segments.
const (
	assetStored  = "stored"
	assetMissing = "missing"
)

// asset stores what a frame of type 2 brings, or says whether it is there when the frame
// has no bytes behind its head. Nothing here can open it, or tell of what it is.
func (p *peer) asset(ctx context.Context, b []byte) (asset, error) {
	if len(b) < assetHead {
		return asset{}, refuseFrame("asset of %d bytes, shorter than its head of %d", len(b), assetHead)
	}
	a := asset{"asset", hex.EncodeToString(b[1:17]), hex.EncodeToString(b[17:assetHead]), assetStored}
	session, ok := p.views[a.PageView]
	if !ok {
		if a.State = p.barred[a.PageView]; a.State == "" {
			a.State = store.RefusedUnknown
		}
		p.s.count(p.site, a.State, 1)
		return a, nil
	}
	err := p.s.store.PutAsset(ctx, session, store.Asset{ID: a.Asset, Sealed: b[assetHead:]})
	switch {
	case err == nil:
		return a, nil
	case errors.Is(err, store.ErrNotFound):
		a.State = assetMissing // or the session is: then its page view is, and is told of that
		return a, nil
	case errors.Is(err, store.ErrConflict):
		a.State = store.RefusedConflict
	case errors.Is(err, store.ErrLimit):
		a.State = store.RefusedLimit
	case errors.Is(err, store.ErrDeleted):
		a.State = store.RefusedDeleted
	case errors.Is(err, store.ErrTooLate):
		a.State = store.RefusedLate
	default:
		return asset{}, err
	}
	p.s.count(p.site, "asset-"+a.State, 1)
	return a, nil
}
