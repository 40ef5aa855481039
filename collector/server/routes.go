package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"afterimage/collector/admin"
	"afterimage/collector/ingest"
	"afterimage/collector/privacy"
	"afterimage/collector/rules"
	"afterimage/collector/store"
)

// public is what the address serves. Recorder routes come first and have no login; all
// else is for people and stands behind it.
func (c *collector) public() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/ws", c.ingest.Socket)
	mux.HandleFunc("/v1/tail", c.posted(c.ingest.Tail))
	mux.HandleFunc("/v1/erase", c.posted(c.ingest.Erase))
	mux.HandleFunc("GET /v1/settings/{site}", c.ingest.Settings)
	visitors := c.visitors()
	for _, path := range append(slices.Clone(visitorPages), "/v1/visitor") {
		mux.Handle(path, visitors)
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", c.ready)
	if c.Parts.Demo != nil && c.demoKey.Load() != nil {
		shop := c.Parts.Demo(func() string { return "/afterimage.js" }, func() string { return *c.demoKey.Load() })
		mux.Handle("/demo/", c.onDemoHost(shop))
		mux.Handle("/demo", c.onDemoHost(shop))
	}
	mux.Handle("/", c.accounts.Wrap(c.people()))
	return c.recorderFiles(c.keepDemoApart(mux))
}

// visitorPages is the page for visitors, with what it loads.
var visitorPages = []string{"/privacy", "/privacy.css", "/privacy.js"}

// visitors is the page for visitors of recorded sites.
func (c *collector) visitors() http.Handler {
	cfg := privacy.Config{Store: c.store, Log: c.Log, Now: c.Now, Client: c.client}
	if c.EnvelopeBackups != "" {
		cfg.EnvelopesFor = c.envelopesFor()
	}
	if c.Parts.Copy != nil {
		cfg.Copy = func(ctx context.Context, session string, w io.Writer) error {
			return c.Parts.Copy(ctx, c.store, c.unwrap, session, w)
		}
	}
	if ui := c.Parts.UIFiles; ui != nil {
		cfg.Script = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !ui.Serve(w, r, ui.Resolve("privacy.js")) {
				http.NotFound(w, r)
			}
		})
	}
	return privacy.Handler(cfg)
}

// recorderFiles serves the files of recorded pages, whatever their names; they lie beside
// the script, at the top.
func (c *collector) recorderFiles(next http.Handler) http.Handler {
	if c.Parts.Recorder == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		if (r.Method == http.MethodGet || r.Method == http.MethodHead) && !strings.Contains(name, "/") && c.Parts.Recorder.Serve(w, r, name) {
			return
		}
		// A page that pins a file of another version must not be led to the login instead.
		if strings.HasPrefix(name, "afterimage") && !strings.Contains(name, "/") {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			http.Error(w, "this collector has no such file of the recorder; a page that pins a file by its hash needs the one of this version", http.StatusNotFound)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// keepDemoApart serves nothing but the shop, what its recorder needs and the page for its
// visitors on the demo's own host: a page of strangers' making must not stand on the origin of the accounts.
func (c *collector) keepDemoApart(next http.Handler) http.Handler {
	if c.DemoHost == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hostIs(r, c.DemoHost) && !strings.HasPrefix(r.URL.Path, "/v1/") && r.URL.Path != "/demo" && !strings.HasPrefix(r.URL.Path, "/demo/") && !slices.Contains(visitorPages, r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (c *collector) onDemoHost(shop http.Handler) http.Handler {
	if c.DemoHost == "" {
		return shop
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !hostIs(r, c.DemoHost) {
			http.NotFound(w, r)
			return
		}
		shop.ServeHTTP(w, r)
	})
}

func hostIs(r *http.Request, name string) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.EqualFold(host, name)
}

// people is what stands behind the login.
func (c *collector) people() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/sites/{id}/health", c.health)
	mux.HandleFunc("POST /api/v1/sessions/{id}/erase", c.eraseSession)
	if c.Parts.API != nil {
		mux.Handle("/api/v1/", c.Parts.API(c.store, c.unwrap, c.Log))
	}
	if c.Parts.UI != nil {
		mux.Handle("/", c.Parts.UI)
	}
	return mux
}

// private is what the unix socket serves, without a login: the same API, and admin.
func (c *collector) private() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/admin/v1/", admin.Handler(c.admin))
	mux.Handle("/", c.people())
	return mux
}

// posted bounds how slowly the body of a recorder's request may come; the server as a whole
// has no such limit, since imports and exports take long.
func (c *collector) posted(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost && r.Method != http.MethodOptions {
			w.Header().Set("Allow", "POST")
			http.Error(w, "this is sent by POST", http.StatusMethodNotAllowed)
			return
		}
		rc := http.NewResponseController(w)
		rc.SetReadDeadline(time.Now().Add(tailReadLimit)) // an error here means no deadline, no more
		next(w, r)
	}
}

func (c *collector) ready(w http.ResponseWriter, r *http.Request) {
	err := errors.New("stopping")
	if !c.stopping.Load() {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		err = c.store.Ready(ctx)
	}
	if err != nil {
		// The cause goes to the log: whoever asks here is not signed in.
		c.Log.Warn("not ready", "err", err)
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	w.Write([]byte("ok\n"))
}

// siteHealth is the answer of GET /api/v1/sites/{id}/health.
type siteHealth struct {
	Site     string        `json:"site"`
	Enabled  bool          `json:"enabled"`
	Refusals []healthCount `json:"refusals"`
	// Counts are what recorders reported (UPLOAD.md), Warnings what site check says.
	Counts   []store.RecorderCount `json:"counts"`
	Warnings []rules.Warning       `json:"warnings"`
	// Reports is how many reports of a child's data wait; collector site reports shows them.
	Reports int `json:"reports"`
	// Changes are new privacy versions of the last 14 days, for the banner.
	Changes []privacyChange `json:"changes"`
}

type privacyChange struct {
	AtMs    int64    `json:"atMs"`
	Version string   `json:"version"`
	Changed []string `json:"changed"`
}

// bannerFor is how long a change of privacy settings is shown.
const bannerFor = 14 * 24 * time.Hour

// fill adds what the store knows beside the refusals.
func (c *collector) fill(ctx context.Context, h *siteHealth, site store.Site) (err error) {
	if h.Counts, err = c.store.RecorderCounts(ctx, site.ID); err != nil {
		return err
	}
	if h.Warnings, err = admin.Warnings(ctx, c.store, site); err != nil {
		return err
	}
	reports, err := c.store.Reports(ctx, site.ID)
	if err != nil {
		return err
	}
	h.Reports = len(reports)
	entries, err := c.store.Audited(ctx, site.ID, store.AuditPrivacyChanged, c.Now().Add(-bannerFor), 20)
	if err != nil {
		return err
	}
	h.Changes = []privacyChange{}
	for _, e := range entries {
		x := privacyChange{AtMs: e.At.UnixMilli(), Changed: []string{}}
		x.Version, _ = e.Detail["privacyVersion"].(string)
		names, _ := e.Detail["changed"].([]any)
		for _, n := range names {
			x.Changed = append(x.Changed, fmt.Sprint(n))
		}
		h.Changes = append(h.Changes, x)
	}
	return nil
}

type healthCount struct {
	Day      string `json:"day"` // UTC
	Code     string `json:"code"`
	Count    int64  `json:"count"`
	LastAtMs int64  `json:"lastAtMs"`
}

// eraseSession is DELETE with a receipt.
func (c *collector) eraseSession(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	receipt, err := c.store.EraseSession(r.Context(), r.PathValue("id"), store.Actor(r.Context()))
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDeleted) {
		w.WriteHeader(http.StatusNotFound)
		json.NewEncoder(w).Encode(map[string]string{"code": "not-found", "error": "no such session", "hint": "it may have been deleted"})
		return
	}
	if err != nil {
		c.Log.Error("erase", "err", err)
		w.WriteHeader(http.StatusInternalServerError)
		json.NewEncoder(w).Encode(map[string]string{"code": "internal", "error": "the session was not erased wholly", "hint": "look at the collector's log"})
		return
	}
	json.NewEncoder(w).Encode(admin.ReceiptOf(receipt))
}

func (c *collector) health(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	fail := func(status int, code, what, hint string) {
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]string{"code": code, "error": what, "hint": hint})
	}
	site, err := c.store.Site(r.Context(), r.PathValue("id"))
	if errors.Is(err, store.ErrNotFound) {
		fail(http.StatusNotFound, "not-found", "no such site", "GET /api/v1/sites lists them")
		return
	}
	var counts []store.RefusalCount
	if err == nil {
		counts, err = c.store.Refusals(r.Context(), site.ID)
	}
	h := siteHealth{Site: site.ID, Enabled: site.Enabled, Refusals: []healthCount{}}
	if err == nil {
		err = c.fill(r.Context(), &h, site)
	}
	if err != nil {
		c.Log.Error("health", "err", err)
		fail(http.StatusInternalServerError, "internal", "the store did not answer", "look at the collector's log")
		return
	}
	for _, n := range counts {
		h.Refusals = append(h.Refusals, healthCount{n.Day, n.Code, n.Count, n.LastAt.UnixMilli()})
	}
	json.NewEncoder(w).Encode(h)
}

// client is the visitor's address: the peer, or behind proxies that are trusted the last
// address of X-Forwarded-For that is none of them.
func (c *collector) client(r *http.Request) netip.Addr {
	addr := ingest.PeerAddress(r)
	if !c.trusted(addr) {
		return addr
	}
	var chain []string
	for _, h := range r.Header.Values("X-Forwarded-For") {
		chain = append(chain, strings.Split(h, ",")...)
	}
	for i := len(chain) - 1; i >= 0; i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(chain[i]))
		if err != nil {
			return addr
		}
		addr = a.Unmap()
		if !c.trusted(addr) {
			return addr
		}
	}
	return addr
}

func (c *collector) trusted(a netip.Addr) bool {
	for _, p := range c.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
