package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"time"

	"afterimage/collector/ingest"
	"afterimage/collector/notify"
	"afterimage/collector/rules"
	"afterimage/collector/store"
)

// who stands in the audit: whoever may run commands on the data directory.
const who = "cli"

// NoticeChange is what the collector says of a site on its privacy page; nil stays.
type NoticeChange struct {
	Contact       *string `json:"contact,omitempty"`
	RetentionDays *int    `json:"retentionDays,omitempty"`
	Viewers       *string `json:"viewers,omitempty"`
	ConsentText   *string `json:"consentText,omitempty"`
	VisitorDays   *int    `json:"visitorDays,omitempty"`
	CookieDomain  *string `json:"cookieDomain,omitempty"`
	Keystrokes    *bool   `json:"keystrokes,omitempty"`
}

const maxNoticeBytes = 4000

func (c NoticeChange) apply(n *store.Notice) error {
	if c.Contact != nil && *c.Contact != "" {
		u, err := url.Parse(*c.Contact)
		web := err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil
		if m, err := mail.ParseAddress(*c.Contact); !web && (err != nil || m.Address != *c.Contact) {
			return problem("use privacy@example.com or https://example.com/privacy", "contact %.60q is neither a mail address nor an https URL", *c.Contact)
		}
	}
	if c.RetentionDays != nil && (*c.RetentionDays < 0 || *c.RetentionDays > 3650) {
		return problem("use 1 to 3650, or 0 to keep recordings until they are deleted", "retention of %d days", *c.RetentionDays)
	}
	if c.VisitorDays != nil && (*c.VisitorDays < 0 || *c.VisitorDays > 395) {
		return problem("use 1 to 395, the option visitorDays of the site's pages", "life of a visitor id of %d days", *c.VisitorDays)
	}
	for _, s := range []*string{c.Viewers, c.ConsentText, c.CookieDomain} {
		if s != nil && len(*s) > maxNoticeBytes {
			return problem("keep it short; a link can lead to more", "a text has %d bytes, at most %d", len(*s), maxNoticeBytes)
		}
	}
	rules.Replace(&n.Contact, c.Contact)
	rules.Replace(&n.RetentionDays, c.RetentionDays)
	rules.Replace(&n.Viewers, c.Viewers)
	rules.Replace(&n.ConsentText, c.ConsentText)
	rules.Replace(&n.VisitorDays, c.VisitorDays)
	rules.Replace(&n.CookieDomain, c.CookieDomain)
	if c.Keystrokes != nil {
		n.Keystrokes = c.Keystrokes
	}
	return nil
}

func encodeSettings(set ingest.SiteSettings) (json.RawMessage, error) {
	check := rules.Settings{Privacy: set.Privacy, Mask: set.Mask, Block: set.Block, Allow: set.Allow, Consent: set.Consent, Sample: 1}
	if check.Privacy == "" {
		check.Privacy = "strict"
	}
	if check.Consent == "" {
		check.Consent = "none"
	}
	rules.Replace(&check.Sample, set.Sample)
	if err := asProblem(rules.Check(check)); err != nil {
		return nil, err
	}
	return json.Marshal(set)
}

func asProblem(err error) error {
	var p *rules.Problem
	if errors.As(err, &p) {
		return &Problem{p.What, p.Hint}
	}
	return err
}

// settings changes what recorders are sent and what visitors are told. Each change of the
// former raises the settings version; what concerns privacy the privacy version too, which
// closes the gate of consent. changed names what did.
func (q SetSite) settings(site *store.Site) (changed []string, err error) {
	old, err := ingest.RunningOf(*site)
	if err != nil {
		return nil, err
	}
	oldText := site.Notice.ConsentText
	if err := q.NoticeChange.apply(&site.Notice); err != nil {
		return nil, err
	}
	own := q.Privacy != nil || q.Mask != nil || q.Block != nil || q.Allow != nil || q.Consent != nil || q.IgnoreDNT != nil || q.Sample != nil
	if site.Custody == store.Held {
		if own {
			return nil, problem("sign new settings with replay key and give them as --settings", "the settings of held site %s are signed by its owner", site.ID)
		}
		if len(q.Signed) > 0 {
			if err := hold(site, q.Signed); err != nil {
				return nil, err
			}
		}
		return heldChanges(site, old, oldText)
	}
	if len(q.Signed) > 0 {
		return nil, problem("", "signed settings belong to held custody, site %s is managed", site.ID)
	}
	if !own && site.Notice.ConsentText == oldText {
		return nil, nil
	}
	var set ingest.SiteSettings
	if err := json.Unmarshal(site.Settings, &set); err != nil {
		return nil, fmt.Errorf("settings of site %s: %w", site.ID, err)
	}
	rules.Replace(&set.Privacy, q.Privacy)
	rules.Replace(&set.Mask, q.Mask)
	rules.Replace(&set.Block, q.Block)
	rules.Replace(&set.Allow, q.Allow)
	rules.Replace(&set.Consent, q.Consent)
	rules.Replace(&set.AllowDNT, q.IgnoreDNT)
	if q.Sample != nil {
		set.Sample = q.Sample
	}
	if site.Settings, err = encodeSettings(set); err != nil {
		return nil, err
	}
	now, err := ingest.RunningOf(*site)
	if err != nil {
		return nil, err
	}
	if changed = differences(old, now, oldText, site.Notice.ConsentText); len(changed) > 0 {
		n, _ := strconv.Atoi(set.PrivacyVersion) // "" is 0
		set.PrivacyVersion = strconv.Itoa(n + 1)
		if site.Settings, err = encodeSettings(set); err != nil {
			return nil, err
		}
	}
	site.SettingsVersion++
	return changed, nil
}

// heldChanges sees to it that the owner signed a new privacy version with what concerns
// privacy: the collector cannot make one, and without it nobody would be asked again.
func heldChanges(site *store.Site, old ingest.Running, oldText string) ([]string, error) {
	now, err := ingest.RunningOf(*site)
	if err != nil {
		return nil, err
	}
	changed := differences(old, now, oldText, site.Notice.ConsentText)
	if len(changed) > 0 && now.PrivacyVersion == old.PrivacyVersion {
		return nil, problem("sign anew (replay key sign, with --consent-changed for a new text) and give the file as --settings in the same command",
			"%s changed and the signed privacyVersion did not", changed[0])
	}
	if now.PrivacyVersion != old.PrivacyVersion && len(changed) == 0 {
		changed = []string{"consent text"}
	}
	return changed, nil
}

func differences(a, b ingest.Running, aText, bText string) (out []string) {
	for _, d := range []struct {
		name    string
		changed bool
	}{
		{"privacy", a.Privacy != b.Privacy}, {"mask", !slices.Equal(a.Mask, b.Mask)}, {"block", !slices.Equal(a.Block, b.Block)},
		{"allow", !slices.Equal(a.Allow, b.Allow)}, {"consent", a.Consent != b.Consent}, {"respectDNT", a.RespectDNT != b.RespectDNT},
		{"consent text", aText != bText},
	} {
		if d.changed {
			out = append(out, d.name)
		}
	}
	return out
}

// announce notes a new privacy version in the audit, from where the banner comes, and sends
// word. That a message could not be sent is no failure of the change: it is in the audit too.
func (a *Admin) announce(ctx context.Context, site store.Site, changed []string) error {
	if len(changed) == 0 {
		return nil
	}
	now, err := ingest.RunningOf(site)
	if err != nil {
		return err
	}
	err = a.Store.Audit(ctx, store.AuditEntry{Who: who, Action: store.AuditPrivacyChanged, Site: site.ID,
		Detail: map[string]any{"privacyVersion": now.PrivacyVersion, "changed": changed}})
	if err != nil || a.Announce == nil {
		return err
	}
	at := time.Now()
	if a.Now != nil {
		at = a.Now()
	}
	return a.Announce(ctx, notify.Change{Site: site.ID, Name: site.Name, PrivacyVersion: now.PrivacyVersion, Changed: changed, At: at})
}

// Warnings is rules.Warnings over a site as it runs.
func Warnings(ctx context.Context, st *store.Store, site store.Site) ([]rules.Warning, error) {
	now, err := ingest.RunningOf(site)
	if err != nil {
		return nil, err
	}
	counts, err := st.RecorderCounts(ctx, site.ID)
	if err != nil {
		return nil, err
	}
	masked := map[string]int64{}
	for _, c := range counts {
		masked[c.Name] += c.Count
	}
	n := site.Notice
	return rules.Warnings(rules.Site{ID: site.ID, Settings: now.Settings, Contact: n.Contact, RetentionDays: n.RetentionDays,
		CookieDomain: n.CookieDomain, Keystrokes: n.Keystrokes != nil && *n.Keystrokes, Held: site.Custody == store.Held, Masked: masked}), nil
}
