// Package privacy serves the page on which a visitor of a recorded site reads what is
// recorded, and sees, copies and deletes what is recorded of this browser.
//
// The page is made from the site's running settings at each request, so that it cannot say
// something else than what is done. The visitor's key comes from the site's page by
// postMessage (UPLOAD.md, "The visitor's own page") and goes to /v1/visitor in a body: it is
// never in an address, a log or the database.
package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"afterimage/collector/ingest"
	"afterimage/collector/store"
	"afterimage/collector/throttle"
)

// Config connects a Handler.
type Config struct {
	Store  *store.Store
	Log    *slog.Logger
	Now    func() time.Time
	Client func(*http.Request) netip.Addr
	// EnvelopesFor is how long a backup of envelopes is kept; 0 where none is made.
	EnvelopesFor time.Duration
	// Script serves the page's script; nil where the build has none.
	Script http.Handler
	// Copy writes the recording file of a session.
	Copy func(ctx context.Context, session string, w io.Writer) error
}

const (
	visitorPerMinute = 60
	reportsPerHour   = 5
	maxBody          = 16 << 10
	maxReport        = 4000
	bodyFor          = 15 * time.Second
)

type handler struct {
	Config
	asks, reports throttle.Window
}

// Handler serves the page, its files and what they ask.
func Handler(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	addresses := &throttle.Hasher{Now: c.Now}
	h := &handler{Config: c,
		asks:    throttle.Window{Hasher: addresses, Now: c.Now, Every: time.Minute, Most: visitorPerMinute},
		reports: throttle.Window{Hasher: addresses, Now: c.Now, Every: time.Hour, Most: reportsPerHour}}
	cross := http.NewCrossOriginProtection()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /privacy", h.page)
	mux.HandleFunc("GET /privacy.css", h.style)
	mux.Handle("POST /privacy", cross.Handler(http.HandlerFunc(h.report)))
	mux.Handle("POST /v1/visitor", cross.Handler(http.HandlerFunc(h.visitor)))
	if c.Script != nil {
		mux.Handle("GET /privacy.js", c.Script)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyFor)) // an error means no deadline, no more
		mux.ServeHTTP(w, r)
	})
}

type ask struct {
	V       int    `json:"v"`
	Site    string `json:"site"`
	Key     string `json:"key"`
	Action  string `json:"action"`
	Session string `json:"session"`
}

// listed is what a visitor is shown of one session.
type listed struct {
	Session        string `json:"session"`
	FirstAtMs      int64  `json:"firstAtMs"`
	LastAtMs       int64  `json:"lastAtMs"`
	SizeBytes      int64  `json:"sizeBytes"`
	PageViews      int    `json:"pageViews"`
	ConsentVersion string `json:"consentVersion"`
	Live           bool   `json:"live"`
}

func (h *handler) visitor(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	fail := func(status int, code, what string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]string{"code": code, "error": what})
	}
	if !h.asks.Allow(h.Client(r)) {
		w.Header().Set("Retry-After", "60")
		fail(http.StatusTooManyRequests, "rate", "too many requests; wait a minute")
		return
	}
	var q ask
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&q); err != nil || q.V != 1 {
		fail(http.StatusBadRequest, "bad-request", `not {"v":1,"site","key","action"}`)
		return
	}
	tag := ingest.VisitorTag(q.Key, q.Site)
	if tag == "" || !store.ValidSiteID(q.Site) {
		fail(http.StatusBadRequest, "bad-request", "site or key is not of its form")
		return
	}
	answer, err := h.act(r.Context(), w, q, tag)
	switch {
	case errors.Is(err, errAction):
		fail(http.StatusBadRequest, "bad-request", "action is unknown")
	case errors.Is(err, store.ErrNotFound):
		fail(http.StatusNotFound, "not-found", "nothing of this is recorded of this browser")
	case err != nil:
		h.Log.Error("visitor", "site", q.Site, "action", q.Action, "err", err)
		fail(http.StatusInternalServerError, "internal", "that did not work; try again")
	case answer != nil:
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(answer)
	}
}

var errAction = errors.New("unknown action")

// act does what a visitor asks. A nil answer was written already.
func (h *handler) act(ctx context.Context, w http.ResponseWriter, q ask, tag string) (any, error) {
	if _, err := h.Store.Site(ctx, q.Site); err != nil {
		return nil, err
	}
	list, err := h.Store.VisitorSessions(ctx, q.Site, tag)
	if err != nil {
		return nil, err
	}
	own := func() bool {
		for _, s := range list {
			if s.ID == q.Session {
				return true
			}
		}
		return false
	}
	switch q.Action {
	case "list":
		out := []listed{}
		for _, s := range list {
			out = append(out, listed{s.ID, s.FirstAt.UnixMilli(), s.LastAt.UnixMilli(), s.Bytes, len(s.PageViews), s.ConsentVersion, s.Continuable})
		}
		optedOut, err := h.Store.OptedOut(ctx, q.Site, tag)
		return map[string]any{"sessions": out, "optedOut": optedOut}, err
	case "copy":
		if !own() || h.Copy == nil {
			return nil, store.ErrNotFound
		}
		return nil, h.copy(ctx, w, q.Session)
	case "delete":
		if q.Session == "" {
			r, err := h.Store.EraseVisitor(ctx, q.Site, tag, "visitor")
			return receipt(r), err
		}
		if !own() {
			return nil, store.ErrNotFound
		}
		r, err := h.Store.EraseSession(ctx, q.Session, "visitor")
		return receipt(r), err
	case "opt-out", "opt-in":
		out := q.Action == "opt-out"
		return map[string]any{"optedOut": out}, h.Store.SetOptOut(ctx, q.Site, tag, out)
	}
	return nil, errAction
}

func receipt(r store.Receipt) map[string]any {
	return map[string]any{"deleted": r.Sessions, "lastCopyGoes": r.Day(), "backups": r.Backups}
}

// copy begins the answer with the first bytes, so that an error before them has a status.
func (h *handler) copy(ctx context.Context, w http.ResponseWriter, session string) error {
	first := &lateHead{w: w, session: session}
	err := h.Copy(ctx, session, first)
	if err != nil && first.begun {
		h.Log.Error("copy for a visitor", "err", err)
		panic(http.ErrAbortHandler) // a file that is cut must not look whole
	}
	return err
}

type lateHead struct {
	w       http.ResponseWriter
	session string
	begun   bool
}

func (l *lateHead) Write(b []byte) (int, error) {
	if !l.begun {
		l.begun = true
		l.w.Header().Set("Content-Type", "application/octet-stream")
		l.w.Header().Set("Content-Disposition", `attachment; filename="`+l.session[:8]+`.afterimage"`)
	}
	return l.w.Write(b)
}

// report takes the form about a child's data.
func (h *handler) report(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	site, err := h.Store.Site(r.Context(), r.PostFormValue("site"))
	if err != nil {
		h.show(w, r, http.StatusNotFound, view{Problem: "No site has this name."})
		return
	}
	text, contact := strings.TrimSpace(r.PostFormValue("text")), strings.TrimSpace(r.PostFormValue("contact"))
	switch {
	case text == "" || len(text) > maxReport || len(contact) > 200:
		h.showSite(w, r, http.StatusBadRequest, site, "Say in up to 4000 characters what it is about; nothing was sent.", "")
	case !h.reports.Allow(h.Client(r)):
		h.showSite(w, r, http.StatusTooManyRequests, site, "Too many reports from your address. Wait an hour, or write to the contact above.", "")
	default:
		if err := h.Store.AddReport(r.Context(), site.ID, text, contact); err != nil {
			h.Log.Error("report", "site", site.ID, "err", err)
			h.showSite(w, r, http.StatusInternalServerError, site, "The report was not stored. Try again, or write to the contact above.", "")
			return
		}
		h.showSite(w, r, http.StatusOK, site, "", "Your report was sent to the people who run the site.")
	}
}
