package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
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
func TestBenchWire(t *testing.T) {
	if !*benchFlag {
		t.Log("not measured: a benchmark, run by make bench-wire")
		return
	}
	rrweb, err := os.ReadFile("node_modules/@rrweb/record/dist/record.umd.min.cjs")
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range []string{"strict", "balanced"} {
		var c *collectorSite
		var script string
		shop := demo.Handler(func() string { return script }, func() string { return c.SiteKey })
		mux := http.NewServeMux()
		mux.Handle("/bench/", benchHandler())
		mux.HandleFunc("/demo/", func(w http.ResponseWriter, r *http.Request) {
			shop.ServeHTTP(&levelWriter{ResponseWriter: w, level: level}, r)
		})
		page := serve(t, mux)
		c = startCollectorFor(t, page)
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
		fmt.Printf("%s: 60 s session (input for %.0f s): rrweb + gzip %d B, afterimage %d B (of it %d B before the first segment: requests for script, settings, worker, core), ratio %.2f\n",
			level, walked.Seconds(), peer, ours, loaded, float64(ours)/float64(peer))
	}
}

// levelWriter writes the shop's page with another privacy level.
type levelWriter struct {
	http.ResponseWriter
	level string
}

func (w *levelWriter) Write(b []byte) (int, error) {
	page := strings.ReplaceAll(string(b), `data-privacy="balanced"`, `data-privacy="`+w.level+`"`)
	if page != string(b) {
		w.Header().Del("Content-Length")
	}
	_, err := w.ResponseWriter.Write([]byte(page))
	return len(b), err
}
