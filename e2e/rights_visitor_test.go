package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"afterimage/wasm/wire"
)

// wantPrivacyPage is a page of the collector as UPLOAD.md describes it; what it is told stands in `told`.
const wantPrivacyPage = `<!doctype html><link rel="icon" href="data:,"><title>privacy</title><script>
globalThis.told = []
addEventListener('message', (e) => { if (e.source === opener) { told.push({ origin: e.origin, data: e.data }); clearInterval(again) } })
const again = setInterval(() => opener?.postMessage({ t: 'afterimage-ready' }, '*'), 250)
</script>`

// opensPrivacy calls privacy() in the page and returns a tab on the page that it opened.
func (g *rightsRig) opensPrivacy(tb *tab, url string) *tab {
	g.t.Helper()
	if !eval[bool](tb, `afterimage.privacy()`) {
		g.t.Fatal("the browser opened nothing")
	}
	return attachTo(tb, url)
}

// The visitor's id and key go to the collector's page by message, to its origin alone.
func TestPrivacyHandsOver(t *testing.T) {
	t.Parallel()
	for _, foreign := range []bool{false, true} {
		t.Run(map[bool]string{false: "below a prefix of the site", true: "on a host of its own"}[foreign], func(t *testing.T) {
			g := newRightsRig(t, foreign, "")
			g.instead["/privacy"] = func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprint(w, wantPrivacyPage)
			}
			tb := newTab(t)
			g.visit(tb, "recording")
			// Whoever else says that it is ready is not answered.
			eval[any](tb, `globalThis.leaked = 0; const f = document.createElement('iframe'); document.body.append(f)
				f.contentWindow.eval("addEventListener('message', () => parent.leaked++); parent.postMessage({ t: 'afterimage-ready' }, '*')"); postMessage({ t: 'afterimage-ready' }, '*'); 0`)
			page := g.opensPrivacy(tb, g.endpoint+"/privacy?site="+g.site())
			page.until(`globalThis.told?.length`)
			eval[any](page, `new Promise((f) => setTimeout(f, 600))`)
			told := eval[[]struct {
				Origin string
				Data   map[string]string
			}](page, `told`)
			if len(told) != 1 {
				t.Fatalf("the page was told %d times", len(told))
			}
			stored := eval[map[string]any](tb, storedNow)
			want := map[string]string{"t": "afterimage-visitor", "site": g.site(), "visitorId": fmt.Sprint(stored["v"]), "key": fmt.Sprint(stored["k"]), "visitorTag": tagOf(t, fmt.Sprint(stored["k"]), g.site())}
			if toJSON(told[0].Data) != toJSON(want) || told[0].Origin != g.page {
				t.Errorf("the page was told %v by %s, want %v by %s", told[0].Data, told[0].Origin, want, g.page)
			}
			if n := eval[int](tb, `leaked`); n != 0 {
				t.Errorf("another window was answered %d times", n)
			}
			g.mu.Lock()
			defer g.mu.Unlock()
			for _, r := range g.seen {
				line := r.Path + "?" + r.Query + toJSON(r.Header)
				if strings.Contains(line, want["visitorId"]) || strings.Contains(line, want["key"]) {
					t.Errorf("id or key stand in the request for %s", r.Path)
				}
				if r.Path == "/privacy" && (r.Header.Get("Referer") != "" || r.Header.Get("Cookie") != "") {
					t.Errorf("the page was asked for with Referer %q, Cookie %q", r.Header.Get("Referer"), r.Header.Get("Cookie"))
				}
			}
		})
	}
}

// A page that is not the collector's gets nothing, even in the window that was opened.
func TestPrivacyAnswersThePinnedOriginAlone(t *testing.T) {
	t.Parallel()
	g := newRightsRig(t, true, "")
	other := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, wantPrivacyPage)
	}))
	g.instead["/privacy"] = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other, http.StatusFound) }
	tb := newTab(t)
	g.visit(tb, "recording")
	page := g.opensPrivacy(tb, other)
	eval[any](page, `new Promise((f) => setTimeout(f, 1500))`)
	if n := eval[int](page, `told.length`); n != 0 {
		t.Errorf("a page of another origin was told %d times", n)
	}
}

// The tag is an HMAC under a key that stays in the browser; all sessions of a browser bear it.
func TestVisitorTagIsAnHMAC(t *testing.T) {
	t.Parallel()
	g := newRightsRig(t, true, "")
	tb := newTab(t)
	g.visit(tb, "recording")
	eval[any](tb, `afterimage.flush()`)
	stored := eval[map[string]any](tb, storedNow)
	key := fmt.Sprint(stored["k"])
	var listed struct{ VisitorTag string }
	if err := json.Unmarshal([]byte(strings.SplitN(g.replay(t, "list", "--json"), "\n", 2)[0]), &listed); err != nil {
		t.Fatal(err)
	}
	if want := tagOf(t, key, g.site()); listed.VisitorTag != want {
		t.Errorf("the collector has the tag %q, want %q", listed.VisitorTag, want)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range g.seen {
		if strings.Contains(r.Path+r.Query+r.Body+toJSON(r.Header), key) {
			t.Errorf("the key stands in the request for %s", r.Path)
		}
	}
}

// A visitor id lives so long after it was made, however often its visitor comes.
func TestVisitorIDHasALifetime(t *testing.T) {
	t.Parallel()
	const day = 86_400_000
	for _, c := range []struct {
		name, attrs string
		days        int
		lives       bool
	}{
		{"394 of 395 days", "", 394, true},
		{"395 of 395 days", "", 395, false},
		{"29 of 30 days", "data-visitor-days=30", 29, true},
		{"30 of 30 days", "data-visitor-days=30", 30, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newRightsRig(t, true, c.attrs)
			tb := newTab(t)
			g.visit(tb, "recording")
			before := eval[map[string]any](tb, storedNow)
			// So long ago, less a minute where it still lives.
			age := c.days * day
			if c.lives {
				age += day - 60_000
			}
			eval[any](tb, fmt.Sprintf(`(() => { const k = Object.keys(localStorage)[0], s = JSON.parse(localStorage[k]); s.t -= %d; localStorage[k] = JSON.stringify(s) })()`, age))
			g.visit(tb, "recording")
			after := eval[map[string]any](tb, storedNow)
			for _, name := range []string{"v", "k", "s"} {
				if (before[name] == after[name]) != c.lives {
					t.Errorf("%s was %v and is %v", name, before[name], after[name])
				}
			}
		})
	}
}

func TestVisitorDaysAreBounded(t *testing.T) {
	t.Parallel()
	for _, days := range []string{"0", "396", "x"} {
		g := newRightsRig(t, true, "data-visitor-days="+days)
		tb := newTab(t)
		g.visit(tb, "refused")
		if got := eval[string](tb, `afterimage.state.reason`); !strings.Contains(got, "visitorDays must be 1..395") {
			t.Errorf("visitorDays %s: %q", days, got)
		}
	}
}

// The cookie is there only where the site asks, and rules then: without it there is no id, and
// no tag that would link the next one.
func TestCookieIsSetOnlyWhereAsked(t *testing.T) {
	t.Parallel()
	g := newRightsRig(t, true, "")
	tb := newTab(t)
	g.visit(tb, "recording")
	if got := eval[string](tb, `document.cookie`); got != "" {
		t.Errorf("cookies: %q", got)
	}
	g.attrs = `data-cookie-domain=""`
	g.visit(tb, "recording")
	first := eval[map[string]any](tb, storedNow)
	if got, want := eval[string](tb, `document.cookie`), fmt.Sprintf("afterimage_%s=%s", g.site(), first["v"]); got != want {
		t.Errorf("cookies: %q, want %q", got, want)
	}
	eval[any](tb, `document.cookie = document.cookie.split('=')[0] + '=; max-age=0; path=/; secure'`)
	g.visit(tb, "recording")
	second := eval[map[string]any](tb, storedNow)
	for _, name := range []string{"v", "k", "s"} {
		if first[name] == second[name] {
			t.Errorf("%s outlived the cookie", name)
		}
	}
}

// What looks like a person is refused as an identity, with an error that says so.
func TestIdentifyRefusesPeople(t *testing.T) {
	t.Parallel()
	g := newRightsRig(t, true, "")
	tb := newTab(t)
	g.visit(tb, "recording")
	const call = `(() => { try { afterimage.identify(%s, {}); return 'taken' } catch (e) { return e.code + ': ' + e.message } })()`
	for _, id := range []string{"grace@example.org", "grace%40example.org", "Grace Hopper", "Jean Luc Picard", "+353871234567", "00353871234567", "087 123 4567", "0871234567",
		"(087)1234567", "1-212-555-0123", "1(212)555.0123", "212-555-0123", "212.555.0123", "2125550123", "渡辺 謙"} {
		if got := eval[string](tb, fmt.Sprintf(call, toJSON(id))); !strings.HasPrefix(got, "identity: ") || !strings.Contains(got, "looks like") {
			t.Errorf("identify(%q): %s", id, got)
		}
	}
	for _, id := range []string{"1", "8731", "1234567", "123456789", "12345678901", "u-8731", "user_8731", "a3f1c2d4-0b1e-4f5a-9c3d-112233445566", "01J9ZQ4T8YV", "plan-free", "0", "000123"} {
		if got := eval[string](tb, fmt.Sprintf(call, toJSON(id))); got != "taken" {
			t.Errorf("identify(%q): %s", id, got)
		}
	}
}

// What the site hands over is masked where it looks like a person, and how often is told as numbers.
func TestWhatTheSiteHandsOverIsMaskedAndCounted(t *testing.T) {
	t.Parallel()
	// Chromium may end a dedicated worker with its page, before its tail is out.
	for range 3 {
		if handsOver(t) {
			return
		}
	}
	t.Error("three page views, and the counts of none arrived")
}

func handsOver(t *testing.T) bool {
	t.Helper()
	s := newRecordedSite(t, false, `data-release="of grace@example.org" data-environment=production`, `<h1>Page</h1>`)
	tb := newTab(t)
	tb.onNewDocument(`delete globalThis.SharedWorker`) // the tail goes at once
	tb.open(s.page)
	tb.until(isRecording)
	eval[any](tb, `afterimage.track('bought', { sku: 'A-1', note: 'call +353 87 123 4567', email: 'grace@example.org', n: 3 })
		afterimage.track('mail to grace@example.org'); afterimage.identify('u-8731', { plan: 'free', name: 'Grace' })
		try { afterimage.identify('Grace Hopper') } catch {} 0`)
	eval[any](tb, `afterimage.flush()`)
	view := eval[string](tb, `afterimage.pageViewId`)
	for _, text := range []string{"grace", "Grace", "Hopper", "123 4567"} {
		if strings.Contains(strings.Join(textsOf(s.ops(view)), "\n"), text) {
			t.Errorf("%q was recorded", text)
		}
	}
	if texts := strings.Join(textsOf(s.ops(view)), "\n"); !strings.Contains(texts, "A-1") || !strings.Contains(texts, "u-8731") || !strings.Contains(texts, "production") {
		t.Errorf("what is no person is missing: %s", texts)
	}
	tb.open("about:blank")
	return countsArrive(s, map[string]int{"label-masked": 1, "track-masked": 3, "traits-masked": 1, "identify-refused": 1})
}

// countsArrive waits for the counts of a page view whose page has gone.
func countsArrive(s *recordedSite, want map[string]int) bool {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		got := map[string]int{}
		for _, h := range look(s.up, func() []uploadHello { return s.up.hellos }) {
			for name, n := range h.Counts {
				got[name] += n
			}
		}
		if toJSON(got) == toJSON(want) {
			return true
		}
	}
	return false
}

func textsOf(ops []wire.Op) (list []string) {
	for _, op := range ops {
		list = append(list, string(op.Name), string(op.Text))
	}
	return list
}

// The collector's own page: it shows and deletes the sessions of this browser, and of no other.
func TestPrivacyPageShowsAndDeletes(t *testing.T) {
	t.Parallel()
	for _, foreign := range []bool{false, true} {
		t.Run(map[bool]string{false: "below a prefix of the site", true: "on a host of its own"}[foreign], func(t *testing.T) {
			t.Parallel()
			g := newRightsRig(t, foreign, "")
			others := newTab(t)
			g.visit(others, "recording")
			eval[any](others, `afterimage.flush()`)
			theirs := eval[string](others, `afterimage.sessionId`)
			tb := newTab(t)
			g.visit(tb, "recording")
			eval[any](tb, `afterimage.flush()`)
			mine := eval[string](tb, `afterimage.sessionId`)
			page := g.opensPrivacy(tb, g.endpoint+"/privacy?site="+g.site())
			page.until(`document.querySelectorAll('#own-list tr').length === 1`)
			if dir := os.Getenv("AFTERIMAGE_SHOTS"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, "privacy.png"), page.screenshot(), 0o644); err != nil {
					t.Error(err)
				}
			}
			eval[any](page, `globalThis.confirm = () => true; document.querySelector('#own-list .danger').click()`)
			page.until(`document.querySelector('#own-status').textContent.startsWith('Deleted: one visit') && document.querySelectorAll('#own-list tr').length === 0`)
			list := g.replay(t, "list", "--json")
			if strings.Contains(list, mine) || !strings.Contains(list, theirs) {
				t.Errorf("the collector has %s, want %s alone", list, theirs)
			}
			// What the recorder had still to send is refused.
			eval[any](tb, `afterimage.track('after')`)
			tb.until(`afterimage.state.phase !== 'recording'`)
			if list := g.replay(t, "list", "--json"); strings.Contains(list, mine) {
				t.Error("the deleted session came back")
			}
		})
	}
}
