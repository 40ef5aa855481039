package privacy

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"afterimage/collector/ingest"
	"afterimage/collector/store"

	"github.com/andybalholm/brotli"
	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/html"
)

//go:embed page
var sources embed.FS

// The page has the strict policy of the other pages. It has no
// Cross-Origin-Opener-Policy: the site's page that opened it has to reach it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; " +
	"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// defaultVisitorDays is the life of a visitor id where the site's pages say nothing else.
const defaultVisitorDays = 395

// view is what the template gets.
type view struct {
	Problem, Done   string
	Site            *store.Site
	Origins         string // JSON
	Run             ingest.Running
	Held            bool
	VisitorDays     int
	LateDays        int
	EnvelopeDays    int
	ContactHref     template.URL
	CaptureBalanced bool
	Keystrokes      bool
}

var page = sync.OnceValues(func() (*template.Template, error) {
	return template.ParseFS(sources, "page/page.html")
})

var small = sync.OnceValue(func() *minify.M {
	m := minify.New()
	m.AddFunc("text/css", css.Minify)
	m.AddFunc("text/html", html.Minify)
	return m
})

var styleBytes = sync.OnceValues(func() ([]byte, error) {
	b, err := sources.ReadFile("page/privacy.css")
	if err != nil {
		return nil, err
	}
	return small().Bytes("text/css", b)
})

func (h *handler) page(w http.ResponseWriter, r *http.Request) {
	site, err := h.Store.Site(r.Context(), r.URL.Query().Get("site"))
	switch {
	case errors.Is(err, store.ErrNotFound):
		h.show(w, r, http.StatusNotFound, view{Problem: "No site has this name. The address of this page ends in ?site= and the site's name; open it from the site."})
	case err != nil:
		h.Log.Error("privacy page", "err", err)
		h.show(w, r, http.StatusInternalServerError, view{Problem: "The page cannot be shown now. Try again."})
	default:
		h.showSite(w, r, http.StatusOK, site, "", "")
	}
}

func (h *handler) showSite(w http.ResponseWriter, r *http.Request, status int, site store.Site, problem, done string) {
	run, err := ingest.RunningOf(site)
	origins, _ := json.Marshal(site.Origins) // texts
	if err != nil {
		h.Log.Error("privacy page", "site", site.ID, "err", err)
		h.show(w, r, http.StatusInternalServerError, view{Problem: "The page cannot be shown now. Try again."})
		return
	}
	v := view{Problem: problem, Done: done, Site: &site, Origins: string(origins), Run: run, Held: site.Custody == store.Held,
		VisitorDays: site.Notice.VisitorDays, LateDays: int(store.LateFor / (24 * time.Hour)),
		EnvelopeDays: int((h.EnvelopesFor + 24*time.Hour - 1) / (24 * time.Hour)), CaptureBalanced: run.Privacy == "balanced",
		Keystrokes: site.Notice.Keystrokes == nil || *site.Notice.Keystrokes}
	if v.VisitorDays == 0 {
		v.VisitorDays = defaultVisitorDays
	}
	if c := site.Notice.Contact; strings.HasPrefix(c, "https://") {
		v.ContactHref = template.URL(c) // checked when it was set
	} else if c != "" {
		v.ContactHref = template.URL("mailto:" + c)
	}
	h.show(w, r, status, v)
}

func (h *handler) show(w http.ResponseWriter, r *http.Request, status int, v view) {
	t, err := page()
	var b bytes.Buffer
	if err == nil {
		err = t.Execute(&b, v)
	}
	var text []byte
	if err == nil {
		text, err = small().Bytes("text/html", b.Bytes())
	}
	if err != nil {
		h.Log.Error("privacy page", "err", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	head := w.Header()
	head.Set("Content-Security-Policy", policy)
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	head.Set("Cache-Control", "no-store") // settings may change at any time
	send(w, r, status, "text/html; charset=utf-8", text)
}

func (h *handler) style(w http.ResponseWriter, r *http.Request) {
	b, err := styleBytes()
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	send(w, r, http.StatusOK, "text/css; charset=utf-8", b)
}

func send(w http.ResponseWriter, r *http.Request, status int, contentType string, b []byte) {
	head := w.Header()
	head.Set("Content-Type", contentType)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "br") {
		head.Set("Content-Encoding", "br")
		w.WriteHeader(status)
		z := brotli.NewWriterLevel(w, 5)
		z.Write(b)
		z.Close()
		return
	}
	head.Set("Content-Length", fmt.Sprint(len(b)))
	w.WriteHeader(status)
	io.Copy(w, bytes.NewReader(b))
}
