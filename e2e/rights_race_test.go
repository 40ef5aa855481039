package e2e

import (
	"net/http"
	"strings"
	"testing"

	"afterimage/jsbridge"
)

// holding keeps what is asked for under a path until release is called; asked is closed with the first request.
func (g *rightsRig) holding(path string) (asked chan struct{}, release func()) {
	asked, released := make(chan struct{}), make(chan struct{})
	first := true
	g.mu.Lock()
	defer g.mu.Unlock()
	g.instead[path] = func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		if first {
			close(asked)
		}
		first = false
		g.mu.Unlock()
		select {
		case <-released:
		case <-r.Context().Done():
			return
		}
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if !jsbridge.Assets().Serve(w, r, strings.TrimPrefix(path, "/")) {
			http.NotFound(w, r)
		}
	}
	return asked, func() { close(released) }
}

// Who withdraws while a recording begins, here or in another tab, is not recorded, and nothing of an id is stored
// anew: what begins is at a different point for each script that it waits for.
func TestWithdrawalWhileARecordingBegins(t *testing.T) {
	t.Parallel()
	const minor = `afterimage.start({ minor: true }).catch(() => 0)`
	for i, script := range []string{"afterimage-recorder.js", "afterimage-worker-full.js"} {
		for j, c := range []struct{ name, does, phase string }{
			{"opt-out", `afterimage.optOut()`, "idle"},
			{"withdrawal", `afterimage.consent(false)`, "waiting-consent"},
			{"minor", minor, "idle"},
		} {
			for k, elsewhere := range []bool{false, true} {
				if !*everyRow && (i+j+k)%2 == 1 {
					continue // each pair of the three is there
				}
				t.Run(script+", "+c.name+map[bool]string{false: "", true: " in another tab"}[elsewhere], func(t *testing.T) {
					t.Parallel()
					g := newRightsRig(t, true, `data-privacy=balanced`)
					status := http.StatusServiceUnavailable
					g.erasing(&status)
					first := newTab(t)
					first.allow("503")
					g.visit(first, "recording")
					key := eval[string](first, storedNow+`.k`)
					asked, release := g.holding(chunkPath(t, script))
					tb := newTabIn(t, first.ctx)
					tb.allow("503")
					g.newDocument() // else the script comes from the browser's cache
					tb.open(g.page)
					<-asked
					if elsewhere {
						eval[any](first, c.does)
						tb.until(storedNow + `.k === undefined`)
						eval[any](tb, `new Promise((f) => setTimeout(f, 100))`) // the event of it
					} else {
						eval[any](tb, c.does+`; 0`)
					}
					release()
					want := map[string]string{"opt-out": `{"o":true}`, "withdrawal": `{"w":true}`, "minor": `{"e":"` + key + `"}`}[c.name]
					tb.until(`JSON.stringify(` + storedNow + `) === '` + want + `'`)
					eval[any](tb, `new Promise((f) => setTimeout(f, 1500))`)
					if got := eval[string](tb, `JSON.stringify(`+storedNow+`)`); got != want {
						t.Errorf("stored: %s, want %s", got, want)
					}
					if got := eval[string](tb, `JSON.stringify([afterimage.sessionId, afterimage.state])`); !strings.HasPrefix(got, "[null,") || strings.Contains(got, `"recording"`) {
						t.Errorf("it records: %s", got)
					}
					tb.workersEnd()
					for _, path := range g.requests() {
						if path == "/v1/ws" || strings.HasPrefix(path, "/afterimage-core") {
							t.Errorf("%s was asked for after the withdrawal", path)
						}
					}
				})
			}
		}
	}
}

// What is handed over before the settings have said that consent is required is not kept for when it is given.
func TestWhatIsSaidBeforeConsentIsForgotten(t *testing.T) {
	t.Parallel()
	s := newRecordedSite(t, false, "", `<h1>Page</h1>`)
	s.settings = map[string]any{"consent": "required"}
	tb := newTab(t)
	tb.onNewDocument(`addEventListener('DOMContentLoaded', () => { const timer = setInterval(() => { if (window.afterimage) { clearInterval(timer); afterimage.track('EARLYEVENT') } }) })`)
	tb.open(s.page)
	tb.until(`window.afterimage?.state.phase === 'waiting-consent'`)
	eval[any](tb, `afterimage.consent(true); 0`)
	tb.until(isRecording)
	eval[any](tb, `afterimage.track('lateevent'); afterimage.flush()`)
	texts := strings.Join(textsOf(s.ops(eval[string](tb, `afterimage.pageViewId`))), "\n")
	if strings.Contains(texts, "EARLYEVENT") {
		t.Error("what was said before consent was recorded")
	}
	if !strings.Contains(texts, "lateevent") {
		t.Error("what was said after consent was not")
	}
}

// A visit of a page that asks for no consent says nothing of what the visitor consented to.
func TestNewVersionIsAskedForAfterAPageThatDoesNotAsk(t *testing.T) {
	t.Parallel()
	g := newRightsRig(t, true, `data-consent=required`)
	version := "1"
	g.change = func(s map[string]any) { s["privacyVersion"] = version }
	tb := newTab(t)
	g.visit(tb, "waiting-consent")
	eval[any](tb, `afterimage.consent(true)`)
	tb.until(isRecording)
	version = "2"
	g.attrs = ""
	g.visit(tb, "recording")
	g.attrs = `data-consent=required`
	g.visit(tb, "waiting-consent")
	if eval[bool](tb, `new Promise((f) => setTimeout(f, 500)).then(() => `+isRecording+`)`) {
		t.Error("consent to version 1 was taken for version 2")
	}
}

// What a page or another tab keeps for itself does not make the notice anew, under the visitor's hands.
func TestNoticeStaysWhileOtherTabsWrite(t *testing.T) {
	t.Parallel()
	g := newRightsRig(t, true, noticeAttrs)
	tb := newTab(t)
	g.visit(tb, "waiting-consent")
	tb.until(noticeBox)
	eval[any](tb, `globalThis.box = `+noticeBox+`; 0`)
	press(tb, tabKey)
	press(tb, tabKey)
	other := newTabIn(t, tb.ctx)
	g.visit(other, "waiting-consent")
	eval[any](tb, `globalThis.heard = 0; addEventListener('storage', () => heard++); 0`)
	eval[any](other, `localStorage.cart = 1; localStorage.cart = 2; 0`)
	tb.until(`heard === 2`)
	eval[any](tb, `new Promise((f) => setTimeout(f, 100))`)
	if !eval[bool](tb, noticeBox+` === box && box.matches(':focus-within')`) {
		t.Error("the notice was made anew, or lost the focus")
	}
	// Put away it stays away in this document, and comes with the next one.
	press(other, tabKey)
	press(other, escapeKey)
	other.until(`!` + noticeBox)
	eval[any](tb, `localStorage.cart = 3; 0`)
	if eval[bool](other, `new Promise((f) => setTimeout(f, 300)).then(() => !!`+noticeBox+`)`) {
		t.Error("what was put away came again because another tab wrote")
	}
	g.visit(other, "waiting-consent")
	other.until(noticeBox)
	// An answer in one tab closes it in the other.
	press(other, tabKey)
	press(other, tabKey)
	press(other, enterKey)
	other.until(`!` + noticeBox + ` && ` + storedNow + `.w`)
	tb.until(`!` + noticeBox)
}

// Numbers are ids too, and nothing that is handed over ends a recording.
func TestWhatIsNoTextIsHandedOver(t *testing.T) {
	t.Parallel()
	s := newRecordedSite(t, false, "", `<h1>Page</h1>`)
	tb := newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	eval[any](tb, `afterimage.identify(8731, { plan: 'free' }); afterimage.track(undefined, () => 0); afterimage.track('after'); afterimage.flush()`)
	if got := eval[string](tb, `JSON.stringify(afterimage.state)`); !strings.Contains(got, "recording") {
		t.Fatalf("state %s", got)
	}
	texts := strings.Join(textsOf(s.ops(eval[string](tb, `afterimage.pageViewId`))), "\n")
	if !strings.Contains(texts, "8731") || !strings.Contains(texts, "after") {
		t.Errorf("recorded: %s", texts)
	}
}

// Where the browser keeps nothing, what a visitor said holds as long as the document does.
func TestWordOfAVisitorHoldsWithoutStorage(t *testing.T) {
	t.Parallel()
	for _, does := range []string{`afterimage.optOut()`, `afterimage.consent(false)`} {
		g := newRightsRig(t, true, "")
		tb := newTab(t)
		tb.onNewDocument(`for (const name of ['localStorage', 'sessionStorage', 'indexedDB']) Object.defineProperty(globalThis, name, { get() { throw new DOMException('denied', 'SecurityError') } })`)
		g.visit(tb, "recording")
		eval[any](tb, does+`; afterimage.start().catch(() => 0); new Promise((f) => setTimeout(f, 2000))`)
		if got := eval[string](tb, `JSON.stringify([afterimage.sessionId, afterimage.state.phase])`); got != `[null,"refused"]` {
			t.Errorf("after %s and start(): %s", does, got)
		}
		// What waited cannot be deleted, so nothing is recorded here any more; the reason says so.
		if got := eval[string](tb, `afterimage.state.reason`); !strings.Contains(got, "IndexedDB fails") {
			t.Errorf("reason %q", got)
		}
	}
}
