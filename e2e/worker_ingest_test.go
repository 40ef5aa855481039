package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"afterimage/collector/ingest"
	"afterimage/collector/store"
)

// ingestRig is a worker rig whose collector is the real ingest over the real store, in this
// process. What is stored is judged with the tools of the rig: rig.up only holds it.
type ingestRig struct {
	*workerRig
	dir    string
	addr   string
	st     *store.Store
	ingest *ingest.Server
	http   *http.Server
}

func newIngestRig(t *testing.T) *ingestRig {
	t.Helper()
	g := &ingestRig{workerRig: newWorkerRig(t), dir: t.TempDir(), addr: freeAddr(t)}
	g.start()
	t.Cleanup(g.stop)
	if err := g.st.AddSite(context.Background(), store.Site{
		ID: workerSite, Name: "test", Key: "m." + workerSite, Custody: store.Managed, Origins: []string{g.page.URL},
		Enabled: true, SealingKey: g.keys.public, WrappedKey: []byte{1}, Settings: []byte(`{}`), SettingsVersion: 1,
	}); err != nil {
		t.Fatal(err)
	}
	g.config = g.page.config("http://"+g.addr, g.keys.settings(nil), g.view, nil)
	return g
}

func (g *ingestRig) start() {
	g.t.Helper()
	var err error
	if g.st, err = store.Open(context.Background(), store.Config{Dir: g.dir}); err != nil {
		g.t.Fatal(err)
	}
	g.ingest = ingest.New(ingest.Config{Store: g.st})
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/ws", g.ingest.Socket)
	mux.HandleFunc("/v1/tail", g.ingest.Tail)
	mux.HandleFunc("/v1/settings/{site}", g.ingest.Settings)
	l, err := net.Listen("tcp", g.addr)
	if err != nil {
		g.t.Fatal(err)
	}
	g.http = &http.Server{Handler: mux, ReadHeaderTimeout: patience}
	go func(s *http.Server) { _ = s.Serve(l) }(g.http)
}

func (g *ingestRig) stop() {
	if g.st == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = g.http.Close()
	if err := g.ingest.Close(ctx); err != nil {
		g.t.Errorf("close ingest: %v", err)
	}
	if err := g.st.Close(); err != nil {
		g.t.Errorf("close store: %v", err)
	}
	g.st = nil
}

// load reads what is stored of the session into the rig's own collector.
func (g *ingestRig) load() {
	g.t.Helper()
	g.up.mu.Lock()
	defer g.up.mu.Unlock()
	envelopes, err := g.st.Envelopes(context.Background(), workerSession)
	if err != nil {
		return // nothing of the session is there yet
	}
	for view, envelope := range envelopes {
		g.up.views[view] = &uploadedView{session: workerSession, envelope: bytes.Clone(envelope), segs: map[uint32][]byte{}}
	}
	for s, err := range g.st.Segments(context.Background(), workerSession) {
		if errors.Is(err, store.ErrNotFound) {
			return // admitted, and no segment yet
		}
		if err != nil {
			g.t.Fatal(err)
		}
		v := g.up.views[s.PageView]
		if _, twice := v.segs[s.Number]; twice {
			g.t.Errorf("segment %d of %s is stored twice", s.Number, s.PageView)
		}
		v.segs[s.Number] = bytes.Clone(s.Sealed)
	}
}

func (g *ingestRig) holds(n int) {
	g.t.Helper()
	waitFor(g.t, fmt.Sprintf("%d events in the store", n), func() bool {
		g.load()
		return len(g.up.events(g.keys, g.view)) >= n
	})
	if got, want := g.up.events(g.keys, g.view), upTo(n); !slices.Equal(got, want) {
		g.t.Errorf("events %v are stored, want %v", got, want)
	}
}

// Worker and collector, each the real one: sockets, a restart in the middle, a dead page
// view's outbox, and the tail.
func TestWorkerWithTheRealIngest(t *testing.T) {
	t.Parallel()
	g := newIngestRig(t)
	g.begin("dedicated")
	g.track(0, 3)
	if got := g.flush(); got.Pending != 0 || got.Acknowledged == 0 {
		t.Errorf("flush answers %+v, want nothing pending and something acknowledged", got)
	}
	g.holds(3)

	g.stop()
	g.track(3, 5)
	g.storedUntil("what the collector lacks", func(n []int) bool { return len(n) > 0 })
	g.start()
	g.run(`r.port.postMessage({ t: 'visible' })`)
	g.holds(5)

	g.run(`r.leave(5)`) // a dedicated worker posts it by HTTP
	g.holds(6)
	g.storedUntil("nothing", func(n []int) bool { return len(n) == 0 })

	g.stop()
	g.track(6, 8)
	g.storedUntil("what the collector lacks", func(n []int) bool { return len(n) > 0 })
	g.open(g.page.URL + "/other")
	g.start()
	old := g.view
	g.view = randomHex(t)
	g.config = g.page.config("http://"+g.addr, g.keys.settings(nil), g.view, nil)
	g.begin("shared")
	now := g.view
	g.view = old
	g.holds(8)
	g.storedUntil("nothing", func(n []int) bool { return len(n) == 0 })
	g.view = now
	g.track(0, 2)
	g.flush()
	g.holds(2)
}

func TestRealIngestRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string
		prepare    func(g *ingestRig)
	}{
		{"an unknown site", "no site has this key", func(g *ingestRig) {
			g.config = g.page.config("http://"+g.addr, g.keys.settings(map[string]any{"site": "othersite"}), g.view, map[string]any{"siteKey": "m.othersite"})
		}},
		{"an origin that is not listed", "is not listed; add it with", func(g *ingestRig) {
			g.change(func(s *store.Site) { s.Origins = []string{"https://elsewhere.example"} })
		}},
		{"a site that is switched off", "is switched off", func(g *ingestRig) { g.change(func(s *store.Site) { s.Enabled = false }) }},
		{"a page view of another writer", "another writer", func(g *ingestRig) {
			g.run(fmt.Sprintf(`globalThis.first = rec('dedicated', %s); first.begin(); first.track(9)`, g.config))
			waitFor(g.t, "the first writer", func() bool { g.load(); return len(g.up.views) == 1 })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newIngestRig(t)
			c.prepare(g)
			g.record()
			g.until(`r.has('failed')`)
			if got := eval[string](g.tab, `r.last('failed').reason`); !strings.Contains(got, c.want) {
				t.Errorf("reason %q, want one with %q", got, c.want)
			}
		})
	}
}

func (g *ingestRig) change(f func(*store.Site)) {
	g.t.Helper()
	site, err := g.st.Site(context.Background(), workerSite)
	if err != nil {
		g.t.Fatal(err)
	}
	f(&site)
	if err := g.st.SaveSite(context.Background(), site); err != nil {
		g.t.Fatal(err)
	}
	g.ingest.SiteChanged(workerSite)
}

// record starts the worker on a site that may refuse it.
func (g *ingestRig) record() { g.t.Helper(); g.workerRig.start("dedicated") }
