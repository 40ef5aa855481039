package e2e

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// seenRequest is a request to the collector as it arrived.
type seenRequest struct {
	Method, Path, Query string
	Header              http.Header
	Body                string
	document            int // see newDocument
}

// rightsRig is a page with the script tag and a real collector, which the page reaches through
// a proxy that keeps every request: below /visit/ of the page's own origin, or on another one.
type rightsRig struct {
	*collectorSite
	t        *testing.T
	page     string // origin of the page
	endpoint string // origin and path of the collector, as the page sees it
	attrs    string // of the script tag
	csp      string
	head     http.Header // further headers of the page
	body     string
	change   func(map[string]any)        // of the settings
	instead  map[string]http.HandlerFunc // by path: what the collector does not answer itself
	mu       sync.Mutex
	seen     []seenRequest
	document int
}

func newRightsRig(t *testing.T, foreign bool, attrs string, siteArgs ...string) *rightsRig {
	t.Helper()
	g := &rightsRig{t: t, attrs: attrs, instead: map[string]http.HandlerFunc{}, head: http.Header{}, body: `<h1>Page</h1><button id="other">Other</button>`}
	mux := http.NewServeMux()
	mux.Handle("/visit/", http.StripPrefix("/visit", http.HandlerFunc(g.collector)))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		for name, values := range g.head {
			w.Header()[name] = values
		}
		if g.csp != "" {
			w.Header().Set("Content-Security-Policy", strings.NewReplacer("$C", g.endpoint, "$W", strings.Replace(g.endpoint, "http", "ws", 1)).Replace(g.csp))
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><head><link rel="icon" href="data:,"><title>page</title>
<script async src="%s/afterimage.js" data-site="%s" %s></script></head><body>%s</body></html>`, g.below(), g.SiteKey, g.attrs, g.body)
	})
	g.page = serve(t, mux)
	g.endpoint = g.page + "/visit"
	if foreign {
		g.endpoint = serve(t, http.HandlerFunc(g.collector))
	}
	if siteArgs == nil {
		siteArgs = []string{"--privacy", "balanced"}
	}
	g.collectorSite = startCollectorFor(t, g.page, siteArgs...)
	return g
}

// site is the site's id.
func (g *rightsRig) site() string { return strings.Split(g.SiteKey, ".")[1] }

// newDocument gives what is opened from now on a path of its own to the collector. A worker may outlive
// its page and open its socket when the next page is there already: the path tells whose request it is.
func (g *rightsRig) newDocument() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.document++
	g.seen = nil
}

// below is the endpoint of the present document.
func (g *rightsRig) below() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.document == 0 {
		return g.endpoint
	}
	return fmt.Sprintf("%s/document-%d", g.endpoint, g.document)
}

func (g *rightsRig) collector(w http.ResponseWriter, r *http.Request) {
	document := 0
	if rest, found := strings.CutPrefix(r.URL.Path, "/document-"); found {
		number, path, _ := strings.Cut(rest, "/")
		document, _ = strconv.Atoi(number)
		r.URL.Path = "/" + path
	}
	seen := seenRequest{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header.Clone(), document: document}
	if r.Method == http.MethodPost {
		body, _ := io.ReadAll(r.Body)
		seen.Body = string(body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	g.mu.Lock()
	g.seen = append(g.seen, seen)
	instead, change := g.instead[r.URL.Path], g.change
	g.mu.Unlock()
	if instead != nil {
		instead(w, r)
		return
	}
	if change != nil && strings.HasPrefix(r.URL.Path, "/v1/settings/") {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		rig := apiRig{collectorSite: g.collectorSite, t: g.t, change: change}
		_, _ = w.Write(rig.settings())
		return
	}
	u, err := url.Parse(g.URL)
	if err != nil {
		g.t.Error(err)
		return
	}
	(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(u) }}).ServeHTTP(w, r)
}

// requests are the paths of what came to the collector, without the hashes in names: since the last
// newDocument of its documents alone.
func (g *rightsRig) requests() []string {
	return g.requestsIf(func(s seenRequest) bool { return s.document == g.document })
}

// earlier are those of documents before the last newDocument that came after it.
func (g *rightsRig) earlier() []string {
	return g.requestsIf(func(s seenRequest) bool { return s.document != g.document })
}

func (g *rightsRig) requestsIf(ok func(seenRequest) bool) (list []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.seen {
		if !ok(s) {
			continue
		}
		parts := strings.Split(s.Path, ".")
		if len(parts) > 2 {
			parts = []string{parts[0], parts[len(parts)-1]}
		}
		list = append(list, strings.Join(parts, "."))
	}
	return list
}

// bodies are those of the requests to a path.
func (g *rightsRig) bodies(path string) (list []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.seen {
		if s.Path == path {
			list = append(list, s.Body)
		}
	}
	return list
}

// visit opens the page in a new tab and waits for a phase.
func (g *rightsRig) visit(tb *tab, phase string) {
	g.t.Helper()
	tb.open(g.page)
	tb.until(fmt.Sprintf(`window.afterimage?.state.phase === %q && (%[1]q !== 'idle' || afterimage.state.reason)`, phase))
}

// everythingStored is all that the page's origin keeps: storage, databases, caches, cookies.
const everythingStored = `(async () => JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage),
	(await indexedDB.databases()).map((d) => d.name), await caches.keys(), document.cookie, (await navigator.serviceWorker.getRegistrations()).length]))()`

const nothingStored = `[[],[],[],[],"",0]`

// storedNow is what the browser keeps for the site.
const storedNow = `JSON.parse(Object.keys(localStorage).filter((k) => k.startsWith('afterimage.')).map((k) => localStorage[k])[0] ?? '{}')`

// tagOf is the tag that a collector computes from a key (collector/UPLOAD.md), written a second time.
func tagOf(t *testing.T, key, site string) string {
	t.Helper()
	raw, err := hex.DecodeString(key)
	if err != nil || len(raw) != 16 {
		t.Fatalf("the key %q is not 32 hexadecimal digits", key)
	}
	mac := hmac.New(sha256.New, raw)
	mac.Write([]byte("afterimage visitor tag v1\x00" + site))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// attachTo finds the tab of tb's browser context that shows url, which the page itself opened.
func attachTo(tb *tab, url string) *tab {
	tb.t.Helper()
	var found target.ID
	waitFor(tb.t, "a tab on "+url, func() bool {
		infos, err := chromedp.Targets(tb.ctx)
		if err != nil {
			tb.t.Fatal(err)
		}
		for _, info := range infos {
			if info.Type == "page" && strings.TrimRight(info.URL, "/") == strings.TrimRight(url, "/") {
				found = info.TargetID
			}
		}
		return found != ""
	})
	opened := &tab{t: tb.t, reports: &reports{}}
	ctx, stop := chromedp.NewContext(tb.ctx, chromedp.WithTargetID(found))
	opened.ctx, opened.close = ctx, stop
	tb.t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		tb.t.Fatalf("attach to %s: %v", url, err)
	}
	return opened
}
