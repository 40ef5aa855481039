package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"afterimage/collector/demo"
	"afterimage/collector/demo/visitor"

	"github.com/chromedp/chromedp"
)

// tap forwards TCP connections and counts bytes, headers and handshakes included.
type tap struct{ up, down atomic.Int64 }

func startTap(t *testing.T, target string) (*tap, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &tap{}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				client.Close()
				continue
			}
			pass := func(to, from net.Conn, n *atomic.Int64) {
				_, _ = io.Copy(to, io.TeeReader(from, counter{n})) // either side may hang up
				to.Close()
				from.Close()
			}
			go pass(server, client, &p.up)
			go pass(client, server, &p.down)
		}
	}()
	return p, "http://" + l.Addr().String()
}

type counter struct{ n *atomic.Int64 }

func (c counter) Write(b []byte) (int, error) { c.n.Add(int64(len(b))); return len(b), nil }

// rrwebInPage records from the document's start and posts gzip every 5 seconds, as its
// guide says, to /bench/sink.
const rrwebInPage = `
;addEventListener('DOMContentLoaded', () => {
  let events = []
  window.rrwebSent = 0
  const stop = rrwebRecord.record({ emit: (e) => { events.push(e) } })
  const post = async () => {
    if (events.length === 0) return
    const body = JSON.stringify(events)
    events = []
    const gz = await new Response(new Blob([body]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer()
    window.rrwebSent += gz.byteLength
    await fetch('/bench/sink', { method: 'POST', body: gz })
  }
  setInterval(() => { void post() }, 5000)
  window.rrwebFlush = post
})`

// TestBenchWire walks through the demo shop for 60 seconds with both recorders in the same
// page, so that both see the same session, and prints what each sends. rrweb's figure is
// the bodies alone; ours is every byte of the connections to the collector: requests for
// the script, worker and core, handshakes and headers included.
//
// The shop's cart has an allow marker. On a strict page the recorder meets it there for the
// first time, and goes on with the full core and a second snapshot; the row without markers
// shows the same session on a page that has none.
func TestBenchWire(t *testing.T) {
	wholeBrowser(t)
	if !*benchFlag {
		t.Log("not measured: a benchmark, run by make bench-wire")
		return
	}
	rrweb, err := os.ReadFile("node_modules/@rrweb/record/dist/record.umd.min.cjs")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		level string
		allow bool
	}{{"strict", true}, {"strict", false}, {"balanced", true}} {
		var c *collectorSite
		var script string
		shop := demo.Handler(func() string { return script }, func() string { return c.SiteKey })
		mux := http.NewServeMux()
		mux.Handle("/bench/", benchHandler())
		mux.HandleFunc("/demo/", func(w http.ResponseWriter, r *http.Request) {
			shopAs(t, shop, row.level, row.allow, w, r)
		})
		page := serve(t, mux)
		c = startCollectorFor(t, page, "--privacy", row.level)
		p, endpoint := startTap(t, strings.TrimPrefix(c.URL, "http://"))
		script = endpoint + "/afterimage.js"
		tb := newTab(t)
		tb.allow("") // the shop's own errors are part of no visit here, but rrweb logs some
		tb.viewport(1440, 900)
		tb.onNewDocument(string(rrweb) + rrwebInPage)
		start := time.Now()
		tb.open(page + "/demo/")
		tb.until(`window.afterimage && afterimage.state.phase === "recording"`)
		loaded := p.up.Load()
		if err := visitor.Walk(tb.ctx, visitor.Desktop); err != nil {
			t.Fatal(err)
		}
		walked := time.Since(start)
		tb.do(chromedp.Sleep(max(0, 60*time.Second-walked)))
		eval[any](tb, `Promise.all([rrwebFlush(), afterimage.flush()])`)
		peer := eval[int64](tb, `rrwebSent`)
		ours := p.up.Load()
		session := c.sessions(t)[0]
		snapshots := strings.Count(c.replay(t, "cat", session), `"op":"snapshotBegin"`)
		if raw := c.replay(t, "cat", "--raw", session); strings.Contains(raw, "Skip to content") != (row.level == "balanced") {
			t.Fatalf("this was no recording of level %s: check the site's level and the page's", row.level)
		}
		name := row.level
		if !row.allow {
			name += ", no markers"
		}
		fmt.Printf("%s: 60 s session (input for %.0f s): rrweb + gzip %d B, afterimage %d B (of it %d B before the first segment: requests for script, settings, worker, core; snapshots %d), ratio %.2f\n",
			name, walked.Seconds(), peer, ours, loaded, snapshots, float64(ours)/float64(peer))
	}
}

// shopAs serves the shop with another privacy level in its script tag, and, without allow,
// with a script that sets no allow marker.
func shopAs(t *testing.T, shop http.Handler, level string, allow bool, w http.ResponseWriter, r *http.Request) {
	r.Header.Del("Accept-Encoding")
	got := httptest.NewRecorder()
	shop.ServeHTTP(got, r)
	body := got.Body.String()
	replace := func(old, new string) {
		if !strings.Contains(body, old) {
			t.Errorf("%s does not hold %q any more: the benchmark would measure something else", r.URL.Path, old)
		}
		body = strings.ReplaceAll(body, old, new)
	}
	switch kind := got.Header().Get("Content-Type"); {
	case strings.HasPrefix(kind, "text/html"):
		replace(`data-privacy="`+demo.Level+`"`, `data-privacy="`+level+`"`)
	case !allow && strings.Contains(kind, "javascript"):
		replace(`"data-afterimage":"allow"`, `"data-afterimage":null`)
	}
	for k, v := range got.Header() {
		w.Header()[k] = v
	}
	w.Header().Del("Content-Length")
	w.Header().Del("Etag")
	w.WriteHeader(got.Code)
	_, _ = io.WriteString(w, body) // the browser went away: the walk tells
}
