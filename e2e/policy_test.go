package e2e

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// What the page's own policies must allow, and that a missing permission is named: where one
// is missing nothing is recorded.
func TestPagePolicies(t *testing.T) {
	t.Parallel()
	const other = "default-src 'none'; style-src 'unsafe-inline'; script-src $C 'wasm-unsafe-eval'; worker-src blob:; connect-src $C $W"
	const own = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'"
	tt := "; require-trusted-types-for 'script'; trusted-types "
	for _, c := range []struct {
		name, csp string
		coep      bool
		sameHost  bool   // the collector stands below /visit/ of the page's own host
		want      string // part of state.reason; "" when it records
	}{
		{name: "from elsewhere, strict CSP with what is needed", csp: other},
		{name: "from elsewhere, worker-src lacks blob:", csp: strings.Replace(other, "worker-src blob:", "worker-src 'self'", 1), want: "worker-src"},
		{name: "from elsewhere, script-src lacks wasm-unsafe-eval", csp: strings.Replace(other, " 'wasm-unsafe-eval'", "", 1), want: "wasm-unsafe-eval"},
		{name: "from elsewhere, connect-src lacks the collector", csp: strings.Replace(other, "connect-src $C $W", "connect-src 'self'", 1), want: "connect-src"},
		{name: "from elsewhere, connect-src lacks the socket", csp: strings.Replace(other, " $W", "", 1), want: "connect-src"},
		{name: "Trusted Types with the policy afterimage", csp: other + tt + "afterimage"},
		{name: "Trusted Types without it", csp: other + tt + "'none'", want: "trusted-types"},
		{name: "COEP require-corp", csp: other, coep: true},
		{name: "own host, a worker needs only 'self'", csp: own, sameHost: true},
		{name: "own host, Trusted Types", csp: own + tt + "afterimage", sameHost: true},
		{name: "own host, COEP require-corp", csp: own, sameHost: true, coep: true},
		{name: "own host, worker-src is none", csp: strings.Replace(own, "worker-src 'self'", "worker-src 'none'", 1), sameHost: true, want: "worker-src"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var col *collectorSite
			mux := http.NewServeMux()
			mux.HandleFunc("GET /visit/", func(w http.ResponseWriter, r *http.Request) { belowPrefix(col, "/visit").ServeHTTP(w, r) })
			mux.HandleFunc("POST /visit/", func(w http.ResponseWriter, r *http.Request) { belowPrefix(col, "/visit").ServeHTTP(w, r) })
			mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
				h := w.Header()
				h.Set("Content-Type", "text/html")
				csp := strings.NewReplacer("$C", col.URL, "$W", strings.Replace(col.URL, "http", "ws", 1)).Replace(c.csp)
				h.Set("Content-Security-Policy", csp)
				if c.coep {
					h.Set("Cross-Origin-Embedder-Policy", "require-corp")
					h.Set("Cross-Origin-Opener-Policy", "same-origin")
				}
				base := col.URL
				if c.sameHost {
					base = "/visit"
				}
				fmt.Fprintf(w, `<!doctype html><title>policy</title><h1>Hello</h1><script async src="%s/afterimage.js" data-site="%s"></script>`, base, col.SiteKey)
			})
			page := serve(t, mux)
			col = startCollectorFor(t, page)
			tb := newTab(t)
			if c.want != "" {
				tb.allow("") // the browser and the recorder both say what is forbidden
			}
			tb.allow("favicon")
			tb.onNewDocument(`globalThis.warned = []; console.warn = (...a) => warned.push(a.join(' '))`)
			tb.open(page)
			tb.until(`window.afterimage && ["recording", "refused"].includes(afterimage.state.phase)`)
			if c.want == "" {
				if got := eval[string](tb, `afterimage.state.phase + " " + afterimage.state.reason`); !strings.HasPrefix(got, "recording") {
					t.Fatalf("got state %q, want recording", got)
				}
				if got := eval[map[string]float64](tb, `afterimage.flush()`); got["pending"] != 0 || got["acknowledged"] == 0 {
					t.Fatalf("flush answered %v", got)
				}
				return
			}
			// A forbidden socket shows only when it is tried.
			tb.until(`afterimage.state.phase === "refused"`)
			if got := eval[string](tb, `afterimage.state.reason + " " + afterimage.state.directive`); !strings.Contains(got, c.want) {
				t.Errorf("state tells %q, want it to name %q", got, c.want)
			}
			if got := eval[string](tb, `warned.join()`); !strings.Contains(got, "afterimage: nothing is recorded") || !strings.Contains(got, c.want) {
				t.Errorf("the console tells %q, want it to name %q", got, c.want)
			}
			if out := col.replay(t, "list", "--json"); strings.TrimSpace(out) != "" {
				t.Errorf("something was recorded:\n%s", out)
			}
		})
	}
}

// belowPrefix is a reverse proxy as a site's own server would have it.
func belowPrefix(c *collectorSite, prefix string) http.Handler {
	u, err := url.Parse(c.URL)
	if err != nil {
		panic(err) // printed by our own server
	}
	return http.StripPrefix(prefix, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u); r.Out.Host = u.Host }})
}

// Without a secure context there is no WebCrypto, and so no sealing and no recording.
func TestInsecureContextIsRefused(t *testing.T) {
	t.Parallel()
	var col *collectorSite
	page := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><title>insecure</title><script async src="%s/afterimage.js" data-site="%s"></script>`, col.URL, col.SiteKey)
	}))
	insecure := strings.Replace(page, "127.0.0.1", "insecure.test", 1)
	col = startCollectorFor(t, insecure)
	ctx, stop, err := startBrowser(chromedp.Flag("host-resolver-rules", "MAP insecure.test 127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	tb := newTabIn(t, ctx)
	tb.allow("")
	tb.open(insecure)
	tb.until(`window.afterimage && afterimage.state.phase === "refused"`)
	if got := eval[string](tb, `String(afterimage.state.reason)`); !strings.Contains(got, "secure context") && !strings.Contains(got, "https") {
		t.Errorf("state.reason is %q, want it to name the secure context", got)
	}
}
