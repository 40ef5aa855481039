package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"afterimage/jsbridge"
)

// meter is a reverse proxy before a collector that counts body bytes as they pass the
// network, compressed as the browser asked for, by path.
type meter struct {
	mu   sync.Mutex
	down map[string]int64
}

func startMeter(t *testing.T, target string) (*meter, string) {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	m := &meter{down: map[string]int64{}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u); r.Out.Host = u.Host },
		ModifyResponse: func(r *http.Response) error {
			if r.StatusCode == http.StatusSwitchingProtocols {
				return nil // the proxy needs the upgraded body as it is; nothing is loaded over it
			}
			r.Body = &countingBody{ReadCloser: r.Body, m: m, path: r.Request.URL.Path}
			return nil
		},
	}
	return m, serve(t, proxy)
}

type countingBody struct {
	io.ReadCloser
	m    *meter
	path string
}

func (b *countingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.m.mu.Lock()
	b.m.down[b.path] += int64(n)
	b.m.mu.Unlock()
	return n, err
}

// Budgets in bytes, brotli (KB of 1,024): what a visitor downloads, and what of it runs on
// the main thread.
const (
	budgetAll  = 40 * 1024
	budgetMain = 12 * 1024
)

// TestSize loads a page with the one script tag and default options in Chromium, records,
// types, scrolls, flushes, and counts all that came from the collector.
func TestSize(t *testing.T) {
	origin := ""
	site := &collectorSite{}
	var endpoint string
	origin = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><title>size</title><body style="height:3000px"><h1>Hello</h1><input id="name">
<script async src="%s/afterimage.js" data-site="%s"></script>`, endpoint, site.SiteKey)
	}))
	site = startCollectorFor(t, origin)
	m, proxied := startMeter(t, site.URL)
	endpoint = proxied
	tb := newTab(t)
	tb.open(origin)
	tb.until(`window.afterimage && afterimage.state.phase === "recording"`)
	eval[any](tb, `(() => { scrollTo(0, 500); const i = document.getElementById("name"); i.focus() })()`)
	tb.typeText("text")
	eval[any](tb, `afterimage.flush()`)

	m.mu.Lock()
	defer m.mu.Unlock()
	var all, main int64
	var paths []string
	for path := range m.down {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		n := m.down[path]
		where := "worker"
		all += n
		if strings.HasSuffix(path, "/afterimage.js") {
			where = "main thread"
			main += n
		}
		if strings.HasSuffix(path, ".wasm") {
			where = "worker (core)"
		}
		fmt.Printf("%8d B  %-14s %s\n", n, where, path)
	}
	fmt.Printf("%8d B  all that a page view downloads (budget %d)\n%8d B  of it on the main thread (budget %d)\n", all, budgetAll, main, budgetMain)
	for _, e := range jsbridge.Assets().Entries() {
		where := map[string]string{
			"afterimage-more.js":        "beside it, on the main thread of pages that need it",
			"afterimage-recorder.js":    "beside it, on the main thread of pages that need it",
			"afterimage-worker-full.js": "worker of pages that show something",
			"afterimage-core-full.wasm": "core of pages that show something",
		}[e.Source]
		if where == "" {
			continue
		}
		fmt.Printf("%8d B  %s: %s\n", e.BrBytes, where, e.Name)
		if m.down["/"+e.Name] > 0 {
			t.Error("a page with default options loaded what only few pages need")
		}
	}
	if main == 0 || all == main {
		t.Fatal("the script, the worker or the core was not seen on the network")
	}
	for _, limit := range []struct {
		what          string
		bytes, budget int64
	}{{"a page view downloads", all, budgetAll}, {"on the main thread run", main, budgetMain}} {
		if limit.bytes > limit.budget {
			t.Errorf("%s %d bytes, %d over the budget of %d", limit.what, limit.bytes, limit.bytes-limit.budget, limit.budget)
		}
	}
}
