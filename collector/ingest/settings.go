package ingest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"afterimage/collector/rules"
	"afterimage/collector/store"
	served "afterimage/jsbridge/asset"

	"github.com/andybalholm/brotli"
)

// SiteSettings is what an owner sets for the recorders of a managed site. The zero value
// is the safe one.
type SiteSettings struct {
	Privacy  string   `json:"privacy,omitempty"` // strict (default), balanced
	Mask     []string `json:"mask,omitempty"`    // selectors
	Block    []string `json:"block,omitempty"`
	Allow    []string `json:"allow,omitempty"`
	Consent  string   `json:"consent,omitempty"` // none (default), required
	AllowDNT bool     `json:"unsafeIgnoreDNT,omitempty"`
	Sample   *float64 `json:"sample,omitempty"` // share of sessions, 0 to 1, drawn when one starts; absent: 1
	// PrivacyVersion rises with what above, or in the consent text, concerns privacy.
	PrivacyVersion string `json:"privacyVersion,omitempty"`
}

// Settings answers GET /v1/settings/{site}. A page whose origin is not listed learns it
// here, before it has loaded worker and core.
func (s *Server) Settings(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*") // public: the page's visitors read it
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache") // so that switching a site off is seen at once
	ctx, cancel := context.WithTimeout(r.Context(), StoreTimeout)
	defer cancel()
	site, err := s.sites.get(ctx, r.PathValue("site"))
	if err != nil {
		no := asRefusal(err)
		if no == refuseInternal {
			s.log.Error("settings", "err", err)
		}
		s.answerRefusal(w, "", no)
		return
	}
	// A GET of the page's own origin carries no Origin; then the hello is the check.
	if o := r.Header.Get("Origin"); o != "" && !allowedOrigin(site.Origins, o) {
		s.answerRefusal(w, site.ID, refuseOrigin(site.ID, o))
		return
	}
	// The owner of a held site signs "enabled"; the collector cannot, so it says it by status.
	if site.Custody == store.Held && !site.Enabled {
		s.answerRefusal(w, site.ID, refuseDisabled(site.ID))
		return
	}
	answer, err := settingsOf(site)
	if err != nil {
		s.log.Error("settings", "site", site.ID, "err", err)
		s.answerRefusal(w, site.ID, refuseInternal)
		return
	}
	b, err := json.Marshal(answer)
	if err != nil {
		s.answerRefusal(w, site.ID, refuseInternal)
		return
	}
	sum := sha256.Sum256(b)
	br := served.AcceptsBrotli(r.Header.Get("Accept-Encoding"))
	etag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	if br {
		etag = `"br-` + etag[1:]
	}
	h.Set("ETag", etag)
	h.Set("Vary", "Accept-Encoding")
	if ifNoneMatch(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", "application/json")
	if br {
		if b, err = s.packed(sum, b); err != nil {
			s.log.Error("settings", "site", site.ID, "err", err)
			s.answerRefusal(w, site.ID, refuseInternal)
			return
		}
		h.Set("Content-Encoding", "br")
	}
	w.Write(b)
}

// maxPacked is how many compressed settings are kept.
const maxPacked = 1024

// packed compresses b, whose SHA-256 is sum, once: an encoder costs half a megabyte of garbage, each
// page view asks, and settings change rarely.
func (s *Server) packed(sum [sha256.Size]byte, b []byte) ([]byte, error) {
	s.mu.Lock()
	known := s.compressed[sum]
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	var out bytes.Buffer
	w := brotli.NewWriterOptions(&out, brotli.WriterOptions{Quality: 5, LGWin: 16})
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.compressed == nil || len(s.compressed) >= maxPacked {
		s.compressed = map[[sha256.Size]byte][]byte{}
	}
	s.compressed[sum] = out.Bytes()
	return out.Bytes(), nil
}

func settingsOf(site store.Site) (rules.Signed, error) {
	if site.Custody == store.Held {
		return rules.Signed{Payload: string(site.Settings), Identity: b64.EncodeToString(site.Identity), Signature: b64.EncodeToString(site.Signature)}, nil
	}
	p, err := payloadOf(site)
	if err != nil {
		return rules.Signed{}, err
	}
	b, err := json.Marshal(spare(p))
	if err != nil {
		return rules.Signed{}, fmt.Errorf("settings of site %s: %w", site.ID, err)
	}
	return rules.Signed{Payload: string(b)}, nil
}

// spare is p without what a recorder assumes anyway (UPLOAD.md, Settings): each page view downloads it.
func spare(p rules.Payload) map[string]any {
	fields := map[string]any{"v": p.V, "site": p.Site, "custody": p.Custody, "settingsVersion": p.Version, "sealingKey": p.SealingKey}
	for _, f := range []struct {
		name    string
		value   any
		assumed bool
	}{
		{"privacy", p.Privacy, p.Privacy == "strict"},
		{"mask", p.Mask, len(p.Mask) == 0},
		{"block", p.Block, len(p.Block) == 0},
		{"allow", p.Allow, len(p.Allow) == 0},
		{"consent", p.Consent, p.Consent == "none"},
		{"privacyVersion", p.PrivacyVersion, p.PrivacyVersion == ""},
		{"respectDNT", p.RespectDNT, p.RespectDNT},
		{"enabled", p.Enabled, p.Enabled},
		{"sample", p.Sample, p.Sample == 1},
	} {
		if !f.assumed {
			fields[f.name] = f.value
		}
	}
	return fields
}

// payloadOf is what recorders of a site read. What the owner of a managed site left out is
// filled in; a value that nobody could have set by now is read as the tighter one.
func payloadOf(site store.Site) (rules.Payload, error) {
	if site.Custody == store.Held {
		p, err := rules.ReadPayload(site.Settings)
		if err != nil {
			return rules.Payload{}, fmt.Errorf("settings of site %s: %w", site.ID, err)
		}
		return p, nil
	}
	var set SiteSettings
	if err := json.Unmarshal(site.Settings, &set); err != nil {
		return rules.Payload{}, fmt.Errorf("settings of site %s: %w", site.ID, err)
	}
	p := rules.Payload{V: 1, Site: site.ID, Custody: site.Custody, Version: site.SettingsVersion,
		SealingKey: b64.EncodeToString(site.SealingKey), Enabled: site.Enabled,
		Privacy: "strict", Mask: list(set.Mask), Block: list(set.Block), Allow: list(set.Allow),
		Consent: "none", PrivacyVersion: set.PrivacyVersion, RespectDNT: !set.AllowDNT, Sample: 1}
	if set.Privacy == "balanced" {
		p.Privacy = "balanced"
	}
	if set.Consent != "" && set.Consent != "none" {
		p.Consent = "required"
	}
	if set.Sample != nil {
		p.Sample = min(max(*set.Sample, 0), 1)
	}
	return p, nil
}

// Running is what recorders of a site are told, for people and checks.
type Running struct {
	rules.Settings
	PrivacyVersion string
}

// RunningOf reads a site's settings, of either custody.
func RunningOf(site store.Site) (Running, error) {
	p, err := payloadOf(site)
	if err != nil {
		return Running{}, err
	}
	return Running{p.Settings(), p.PrivacyVersion}, nil
}

func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
