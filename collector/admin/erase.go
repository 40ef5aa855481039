package admin

import (
	"context"
	"errors"
	"time"

	"afterimage/collector/rules"
	"afterimage/collector/store"
	"afterimage/wasm/wire/seal"
)

// SiteID names a site, in requests.
type SiteID struct {
	Site string `json:"site"`
}

// SessionID names a session, in requests.
type SessionID struct {
	Session string `json:"session"`
}

// Receipt answers an erasure.
type Receipt struct {
	Sessions  int    `json:"sessions"`
	Envelopes int    `json:"envelopes"`
	Backups   int    `json:"backups"`
	LastCopy  string `json:"lastCopyGoes"` // day, UTC
}

// ReceiptOf is a store's receipt as people get it.
func ReceiptOf(r store.Receipt) Receipt {
	return Receipt{r.Sessions, r.Envelopes, r.Backups, r.Day()}
}

// EraseSession destroys a session's envelopes and deletes all of it.
func (a *Admin) EraseSession(ctx context.Context, q SessionID) (Receipt, error) {
	r, err := a.Store.EraseSession(ctx, q.Session, who)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDeleted) {
		return Receipt{}, problem("list them with: replay list --full", "no session has the id %.40q", q.Session)
	}
	return ReceiptOf(r), err
}

// DestroyKey destroys the private keys of a site and all its envelopes, and switches it off.
func (a *Admin) DestroyKey(ctx context.Context, q SiteID) (Receipt, error) {
	r, err := a.Store.DestroySiteKey(ctx, q.Site, who)
	if errors.Is(err, store.ErrNotFound) {
		return Receipt{}, problem("list them with: collector site list", "no site has the id %.40q", q.Site)
	}
	if err != nil {
		return Receipt{}, err
	}
	a.changed(q.Site)
	return ReceiptOf(r), nil
}

// RotateKey gives a managed site a new sealing key. Old recordings open with the old one,
// which stays beside it, wrapped.
func (a *Admin) RotateKey(ctx context.Context, q SiteID) (store.Site, error) {
	master, err := a.Master()
	if err != nil {
		return store.Site{}, err
	}
	private, public, err := seal.NewSiteKey()
	if err != nil {
		return store.Site{}, err
	}
	site, err := a.Store.UpdateSite(ctx, q.Site, func(site *store.Site) error {
		if site.Custody == store.Held {
			return problem("on the owner's machine: replay key rotate, then collector site set "+site.ID+" --settings FILE",
				"the key of held site %s is its owner's", site.ID)
		}
		site.SealingKey, site.WrappedKey = public, master.Wrap(site.ID, private)
		site.SettingsVersion++
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return store.Site{}, problem("list them with: collector site list", "no site has the id %.40q", q.Site)
	}
	if err != nil {
		return store.Site{}, err
	}
	a.changed(site.ID)
	return site, nil
}

// CheckSite lists what an owner should look at.
func (a *Admin) CheckSite(ctx context.Context, q SiteID) ([]rules.Warning, error) {
	site, err := a.Store.Site(ctx, q.Site)
	if errors.Is(err, store.ErrNotFound) {
		return nil, problem("list them with: collector site list", "no site has the id %.40q", q.Site)
	}
	if err != nil {
		return nil, err
	}
	return Warnings(ctx, a.Store, site)
}

// Backup asks for a backup of envelopes. Dir is absolute: a running collector has another
// working directory than the command.
type Backup struct {
	Dir      string  `json:"dir"`
	KeepDays float64 `json:"keepDays"`
}

// BackUpEnvelopes writes one and removes those that are due.
func (a *Admin) BackUpEnvelopes(ctx context.Context, q Backup) (store.Backup, error) {
	b, err := a.Store.BackUpEnvelopes(ctx, q.Dir, time.Duration(q.KeepDays*24*float64(time.Hour)), who)
	if errors.Is(err, store.ErrSetting) {
		return b, problem("give a folder elsewhere, best on another disk", "%v", err)
	}
	if err != nil {
		return b, err
	}
	_, err = a.Store.PruneEnvelopeBackups(ctx)
	return b, err
}

// File names a file, in requests, absolute.
type File struct {
	File string `json:"file"`
}

// Restored answers RestoreEnvelopes.
type Restored struct {
	Envelopes int `json:"envelopes"`
}

// RestoreEnvelopes puts lost envelopes back.
func (a *Admin) RestoreEnvelopes(ctx context.Context, q File) (Restored, error) {
	n, err := a.Store.RestoreEnvelopes(ctx, q.File, who)
	if errors.Is(err, store.ErrSetting) {
		return Restored{}, problem("give a file that collector backup envelopes made", "%v", err)
	}
	return Restored{n}, err
}

// Reports lists what was reported about children's data on a site's privacy page.
func (a *Admin) Reports(ctx context.Context, q SiteID) ([]store.Report, error) {
	return a.Store.Reports(ctx, q.Site)
}

// Audited lists the latest entries of the audit, of one site or of all.
func (a *Admin) Audited(ctx context.Context, q SiteID) ([]store.AuditEntry, error) {
	return a.Store.Audited(ctx, q.Site, "", time.Time{}, 1000)
}

// Status answers what commands ask of a running collector.
type Status struct {
	CookieHandshakes int64  `json:"cookieHandshakes"`
	URL              string `json:"url,omitempty"` // as people reach it
}

// Status is what a running collector saw since its start; nothing where none runs.
func (a *Admin) Status(context.Context, struct{}) (Status, error) {
	s := Status{URL: a.URL}
	if a.Cookies != nil {
		s.CookieHandshakes = a.Cookies()
	}
	return s, nil
}
