package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// apiRig is a page with the recorder's script and a collector. Its settings come over the
// page's own origin, so that a test may change them.
type apiRig struct {
	*collectorSite
	t      *testing.T
	origin string
	config map[string]any       // window.afterimageConfig
	change func(map[string]any) // of the settings
	attrs  string               // of the script tag, instead of config
}

const storageOff = `addEventListener('storage', (e) => e.stopImmediatePropagation(), true)`

func newAPIRig(t *testing.T, config map[string]any) *apiRig {
	t.Helper()
	g := &apiRig{t: t, config: config, change: func(map[string]any) {}}
	g.origin = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/settings" {
			_, _ = w.Write(g.settings())
			return
		}
		site := g.SiteKey
		attrs := g.attrs
		if attrs == "" {
			c := map[string]any{"paths": map[string]any{"settings": g.origin + "/settings"}}
			for name, value := range g.config {
				c[name] = value
			}
			attrs = `data-afterimage-test`
			fmt.Fprintf(w, `<!doctype html><script>afterimageConfig = %s</script>`, toJSON(c))
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><link rel="icon" href="data:,"><title>page</title><h1>Page</h1><input id="name">
<script src="%s/afterimage.js" data-site="%s" %s></script>`, g.URL, site, attrs)
	}))
	g.collectorSite = startCollectorFor(t, g.origin, "--privacy", "balanced")
	return g
}

func (g *apiRig) settings() []byte {
	response, err := http.Get(g.URL + "/v1/settings/" + strings.Split(g.SiteKey, ".")[1])
	if err != nil {
		g.t.Error(err)
		return nil
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	var signed struct {
		Payload string `json:"payload"`
	}
	fields := map[string]any{}
	if err == nil {
		err = json.Unmarshal(body, &signed)
	}
	if err == nil {
		err = json.Unmarshal([]byte(signed.Payload), &fields)
	}
	if err != nil {
		g.t.Error(err)
	}
	g.change(fields)
	return []byte(toJSON(map[string]any{"payload": toJSON(fields)}))
}

// open opens the page in a tab that shares its storage with the tabs of parent, if any.
func (g *apiRig) open(parent *tab, scripts ...string) *tab {
	g.t.Helper()
	var tb *tab
	if parent == nil {
		tb = newTab(g.t)
	} else {
		tb = newTabIn(g.t, parent.ctx)
	}
	for _, script := range scripts {
		tb.onNewDocument(script)
	}
	tb.open(g.origin)
	tb.until(`window.afterimage`)
	return tb
}

const (
	isRecording = `afterimage.state.phase === "recording"`
	// held is the number of page views that workers of this origin hold.
	held = `navigator.locks.query().then((l) => l.held.filter((x) => x.name.startsWith('afterimage:')).length)`
	move = `document.body.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true}))`
)

// levelSeen keeps the level that the page tells its worker.
const levelSeen = `{ const post = MessagePort.prototype.postMessage
	MessagePort.prototype.postMessage = function (m, ...rest) { if (m.t === 'meta') globalThis.level = m.values[26]; post.call(this, m, ...rest) } }`

// later moves the clock of the page on and does something.
func (tb *tab) later(ms int) {
	tb.t.Helper()
	eval[any](tb, fmt.Sprintf(`(() => { const now = Date.now.bind(Date); Date.now = () => now() + %d; %s; return 0 })()`, ms, move))
}

// workersEnd waits until no worker of the tab's origin holds a page view.
func (tb *tab) workersEnd() {
	tb.t.Helper()
	waitFor(tb.t, "the end of the workers", func() bool { return eval[int](tb, held) == 0 })
}

func stored(tb *tab) string {
	tb.t.Helper()
	return eval[string](tb, `JSON.stringify(Object.keys(localStorage).map((k) => localStorage[k]))`)
}

func TestWithdrawalEndsRecordingInAllTabs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ does, phase, stays string }{
		{`afterimage.optOut()`, "idle", `["{\"o\":true}"]`},
		{`afterimage.consent(false)`, "waiting-consent", `["{\"w\":true}"]`},
	} {
		t.Run(c.does, func(t *testing.T) {
			t.Parallel()
			g := newAPIRig(t, nil)
			a := g.open(nil)
			a.until(isRecording)
			b := g.open(a)
			b.until(isRecording)
			deaf := g.open(a, storageOff)
			deaf.until(isRecording)
			eval[any](a, c.does)
			b.until(`afterimage.state.phase === "` + c.phase + `" && afterimage.sessionId === null`)
			deaf.later(6000)
			deaf.until(`afterimage.state.phase === "` + c.phase + `" && afterimage.sessionId === null`)
			b.later(6000)
			a.workersEnd()
			if got := stored(a); got != c.stays {
				t.Errorf("storage holds %s, want %s", got, c.stays)
			}
			a.open(g.origin)
			a.until(`window.afterimage?.state.phase === "` + c.phase + `" && afterimage.state.reason`)
		})
	}
}

func TestConsentIsAskedAgainAfterTheSession(t *testing.T) {
	t.Parallel()
	g := newAPIRig(t, map[string]any{"consent": "required"})
	tb := g.open(nil)
	tb.until(`afterimage.state.phase === "waiting-consent"`)
	eval[any](tb, `afterimage.consent(true)`)
	tb.until(isRecording)
	eval[any](tb, `(() => { const k = Object.keys(localStorage)[0], s = JSON.parse(localStorage[k]); delete s.c; localStorage[k] = JSON.stringify(s) })()`)
	tb.later(31 * 60_000)
	tb.until(`afterimage.state.phase === "waiting-consent"`)
	tb.workersEnd()
}

// A page may clear its storage, at logout say: nobody has withdrawn anything.
func TestClearedStorageBeginsANewSession(t *testing.T) {
	t.Parallel()
	tb := newAPIRig(t, nil).open(nil)
	tb.until(isRecording)
	eval[any](tb, `globalThis.before = afterimage.sessionId; localStorage.clear()`)
	tb.later(6000)
	tb.until(isRecording + ` && afterimage.sessionId && afterimage.sessionId !== before`)
}

func TestConsentOfAnotherVersionDoesNotStart(t *testing.T) {
	t.Parallel()
	g := newAPIRig(t, map[string]any{"consent": "required", "consentVersion": "2"})
	tb := g.open(nil)
	tb.until(`afterimage.state.phase === "waiting-consent"`)
	eval[any](tb, `afterimage.consent(true, '1')`)
	if got := eval[string](tb, `new Promise((f) => setTimeout(f, 300)).then(() => afterimage.state.phase)`); got != "waiting-consent" {
		t.Errorf("phase %q with consent to another version", got)
	}
	eval[any](tb, `afterimage.consent(true, '2')`)
	tb.until(isRecording)
	eval[any](tb, `afterimage.consent(false)`)
	tb.until(`afterimage.state.phase === "waiting-consent"`)
	eval[any](tb, `afterimage.consent(true)`)
	tb.until(isRecording)
}

func TestFailedSnapshotEndsRecording(t *testing.T) {
	t.Parallel()
	const breaks = `Object.defineProperty(document, 'all', { get() { throw new Error('broken') } })`
	t.Run("first", func(t *testing.T) {
		tb := newAPIRig(t, nil).open(nil, breaks)
		tb.until(`afterimage.state.phase === "refused" && afterimage.sessionId === null`)
		tb.workersEnd()
	})
	t.Run("later", func(t *testing.T) {
		tb := newAPIRig(t, nil).open(nil)
		tb.until(isRecording)
		eval[any](tb, breaks+`; 0`)
		if got := eval[string](tb, `afterimage.snapshot().then(() => 'resolved', (e) => e.code)`); got != "internal" {
			t.Errorf("snapshot answers %q, want internal", got)
		}
		tb.until(`afterimage.state.phase === "refused" && afterimage.sessionId === null`)
		tb.workersEnd()
	})
}

func TestRefusedSelectorStartsNoWorker(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"page", "settings"} {
		t.Run(from, func(t *testing.T) {
			g := newAPIRig(t, nil)
			if from == "page" {
				g.config = map[string]any{"mask": []string{"a + b"}}
			} else {
				g.change = func(s map[string]any) { s["block"] = []string{"a:hover"} }
			}
			tb := g.open(nil, `{ const Real = SharedWorker; globalThis.workers = 0; globalThis.SharedWorker = new Proxy(Real, { construct(t, a) { const w = new t(...a); workers++; return w } }) }`)
			tb.until(`afterimage.state.phase === "refused"`)
			if reason := eval[string](tb, `afterimage.state.reason`); !strings.Contains(reason, "selector") {
				t.Errorf("the reason is %q", reason)
			}
			if n := eval[int](tb, `workers`); n != 0 {
				t.Errorf("%d workers were started", n)
			}
		})
	}
}

func TestWorkerEndsWithTheRecording(t *testing.T) {
	t.Parallel()
	for _, does := range []string{`afterimage.stop()`, `afterimage.optOut()`} {
		t.Run(does, func(t *testing.T) {
			tb := newAPIRig(t, nil).open(nil)
			tb.until(isRecording)
			if n := eval[int](tb, held); n != 1 {
				t.Fatalf("%d page views are held, want 1", n)
			}
			eval[any](tb, does)
			tb.workersEnd()
		})
	}
}

func TestOptOutForgetsWhatWasNotSent(t *testing.T) {
	t.Parallel()
	for _, does := range []string{`afterimage.optOut()`, `afterimage.consent(false)`} {
		t.Run(does, func(t *testing.T) {
			g := newAPIRig(t, nil)
			tb := g.open(nil)
			tb.allow("WebSocket")
			tb.allow("net::ERR")
			tb.until(isRecording)
			g.kill()
			eval[any](tb, `afterimage.track('order', {n: 1})`)
			eval[any](tb, `afterimage.stop({timeoutMs: 100})`)
			const rows = `new Promise((done) => { indexedDB.open('afterimage').onsuccess = (e) => {
				const count = e.target.result.transaction('segments').objectStore('segments').count()
				count.onsuccess = () => { e.target.result.close(); done(count.result) } } })`
			if n := eval[int](tb, rows); n == 0 {
				t.Fatal("nothing waits in the outbox")
			}
			eval[any](tb, does)
			waitFor(t, "an empty outbox", func() bool { return eval[int](tb, rows) == 0 })
		})
	}
}

func TestSettingsFailClosed(t *testing.T) {
	t.Parallel()
	const dnt = `Object.defineProperty(navigator, 'doNotTrack', {value: '1'})`
	loose := map[string]any{"privacy": "balanced", "respectDNT": false, "allow": ".a, .b"}
	for _, c := range []struct {
		name, script, want string
		change             func(map[string]any)
	}{
		{"all is said", dnt, "recording balanced", func(s map[string]any) { s["respectDNT"] = false }},
		{"no level", "", "recording strict", func(s map[string]any) { delete(s, "privacy") }},
		{"no word about DNT", dnt, "idle", func(s map[string]any) { delete(s, "respectDNT") }},
		{"one selector in two lists", "", "refused", func(s map[string]any) { s["mask"], s["allow"] = []string{".c .d"}, []string{".a", ".b", ".c  .d"} }},
		{"a selector with a character that cannot be seen", "", "refused", func(s map[string]any) { s["mask"] = []string{".c\u200b"} }},
		{"an unknown level", "", "refused", func(s map[string]any) { s["privacy"] = "open" }},
		{"a level in another case", "", "refused", func(s map[string]any) { s["privacy"] = "Balanced" }},
		{"a list that is none", "", "refused", func(s map[string]any) { s["mask"] = ".c" }},
		{"allows less than the page", "", "refused", func(s map[string]any) { s["allow"] = []string{".a"} }},
		{"allows what the page does", "", "recording balanced", func(s map[string]any) { s["allow"] = []string{".c", ".b,.a"} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newAPIRig(t, loose)
			g.change = c.change
			tb := g.open(nil, c.script, levelSeen)
			want, level, _ := strings.Cut(c.want, " ")
			tb.until(`afterimage.state.reason || ` + isRecording)
			if got := eval[string](tb, `afterimage.state.phase`); got != want {
				t.Errorf("phase %q, want %q: %s", got, want, eval[string](tb, `afterimage.state.reason`))
			}
			if level != "" && eval[string](tb, `globalThis.level`) != level {
				t.Errorf("level %q, want %q", eval[string](tb, `globalThis.level`), level)
			}
		})
	}
}

func TestStopOfADeadWorkerRejects(t *testing.T) {
	t.Parallel()
	tb := newAPIRig(t, nil).open(nil, `{ const post = MessagePort.prototype.postMessage
		MessagePort.prototype.postMessage = function (m, ...rest) { if (m.t !== 'stop') post.call(this, m, ...rest) } }`)
	tb.until(isRecording)
	if got := eval[string](tb, `afterimage.stop({timeoutMs: 1}).then(JSON.stringify, (e) => e.code)`); got != "worker-ended" {
		t.Errorf("stop answers %q, want worker-ended", got)
	}
}

func TestSessionOutOfTheSampleIsNoFault(t *testing.T) {
	t.Parallel()
	tb := newAPIRig(t, map[string]any{"sample": 0.5}).open(nil, `Math.random = () => 0.1`)
	tb.until(isRecording)
	eval[any](tb, `Math.random = () => 0.9; 0`)
	tb.later(31 * 60_000)
	tb.until(`afterimage.state.phase === "idle" && afterimage.state.reason === "sample" && afterimage.sessionId === null`)
	tb.workersEnd()
}

func TestPathsStandInTheScriptTag(t *testing.T) {
	t.Parallel()
	g := newAPIRig(t, nil)
	asked := false
	g.change = func(map[string]any) { asked = true }
	g.attrs = `data-paths='{"settings":"` + g.origin + `/settings"}'`
	tb := g.open(nil)
	tb.until(isRecording)
	if !asked {
		t.Error("the settings did not come from the path of the tag")
	}
	tb.do(chromedp.Click(chromedp.CSS("#name")))
}
