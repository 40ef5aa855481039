package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"afterimage/jsbridge"
	"afterimage/wasm/wire"

	"github.com/chromedp/chromedp"
)

// recordedSite is a page with the script tag and all that the recorder loads, on one origin or
// two, and a collector behind it.
type recordedSite struct {
	t        *testing.T
	up       *uploads
	keys     siteKeys
	page     string // URL of the page
	assets   string // origin of script, worker, core and settings
	html     string
	script   []byte
	mu       sync.Mutex
	requests []string // paths asked for beside the page itself
	csp      string   // of the page
	settings map[string]any
	signed   func(payload string) map[string]any // the answer of a held site
	headers  map[string]string
	lacks    func(name string) bool // files that are not served
}

// newRecordedSite serves body with the script tag in the head; attrs are added to the tag.
func newRecordedSite(t *testing.T, foreign bool, attrs, body string) *recordedSite {
	t.Helper()
	s := &recordedSite{t: t, up: newUploads(t), keys: newSiteKeys(t)}
	entry, ok := jsbridge.Assets().Get("afterimage.js")
	if !ok {
		t.Fatal("no afterimage.js is built")
	}
	var err error
	if s.script, err = entry.Raw(); err != nil {
		t.Fatal(err)
	}
	files := func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r.URL.Path)
		s.mu.Unlock()
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		name := strings.TrimPrefix(r.URL.Path, "/in/")
		switch {
		case name == "afterimage.js":
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(s.script)
		case strings.HasPrefix(name, "v1/settings/"):
			s.mu.Lock()
			settings := s.keys.settings(s.settings)
			s.mu.Unlock()
			w.Header().Set("Content-Type", "application/json")
			answer := map[string]any{"payload": settings}
			if s.signed != nil {
				answer = s.signed(settings)
			}
			_, _ = w.Write([]byte(toJSON(answer)))
		default:
			if s.lacks != nil && s.lacks(name) || !jsbridge.Assets().Serve(w, r, name) {
				http.NotFound(w, r)
			}
		}
	}
	s.assets = serve(t, http.HandlerFunc(files))
	page := func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/in/") {
			files(w, r)
			return
		}
		if s.csp != "" {
			w.Header().Set("Content-Security-Policy", s.csp)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(s.html))
	}
	s.page = serve(t, http.HandlerFunc(page))
	if !foreign {
		s.assets = s.page
	}
	s.html = fmt.Sprintf(`<!doctype html><html><head><title>a page</title>
<script>window.afterimageConfig = { paths: { socket: %q, tail: %q } }</script>
<script async src="%s/in/afterimage.js" data-site="m.%s" %s></script></head><body>%s</body></html>`,
		strings.Replace(s.up.url(), "http", "ws", 1)+"/v1/ws", s.up.url()+"/v1/tail", s.assets, workerSite, attrs, body)
	return s
}

// ops decodes all that arrived of the only page view, or of the one named.
func (s *recordedSite) ops(view string) (list []wire.Op) {
	s.t.Helper()
	var d wire.Decoder
	for i, plain := range s.up.plain(s.keys, view) {
		if _, err := d.ReadSegment(plain, func(op *wire.Op) error {
			kept := *op // the rest is the decoder's memory
			kept.Nums, kept.Name, kept.Text = slices.Clone(op.Nums), slices.Clone(op.Name), slices.Clone(op.Text)
			kept.Attrs = slices.Clone(op.Attrs)
			for i, a := range kept.Attrs {
				kept.Attrs[i].Name, kept.Attrs[i].Value = slices.Clone(a.Name), slices.Clone(a.Value)
			}
			list = append(list, kept)
			return nil
		}); err != nil {
			s.t.Fatalf("segment %d: %v", i, err)
		}
	}
	return list
}

func kinds(ops []wire.Op) map[wire.Kind]int {
	count := map[wire.Kind]int{}
	for _, op := range ops {
		count[op.Kind]++
	}
	return count
}

const recordedBody = `<main><h1>A shop</h1><form id=f><input id=mail name=email><input id=pw type=password value=CANARYATTR>
<textarea id=area data-afterimage=allow></textarea><select id=sel data-afterimage=allow><option>1<option>2</select><input type=checkbox id=box data-afterimage=allow></form>
<div id=scroller style="height:50px;overflow:auto"><div style="height:500px">tall</div></div>
<div data-afterimage=block style="width:70px;height:30px">CANARYBLOCK</div><ul id=list></ul></main>`

// The script tag alone records: tree, changes, form state, clicks, scroll, routes; on its own
// origin and from another.
func TestScriptTagRecords(t *testing.T) {
	t.Parallel()
	for _, foreign := range []bool{false, true} {
		t.Run(map[bool]string{false: "same origin", true: "another origin"}[foreign], func(t *testing.T) {
			s := newRecordedSite(t, foreign, "", recordedBody)
			tb := newTab(t)
			tb.open(s.page)
			tb.until("window.afterimage && afterimage.state.phase === 'recording'")
			// The allow markers bring the full form; until it is there keys in such a field are told as in others.
			waitFor(t, "the full form", func() bool {
				_, epochs := s.arrived(tb)
				return epochs == 2
			})
			eval[any](tb, `(async () => {
				const list = document.getElementById('list')
				for (let i = 0; i < 30; i++) { const li = document.createElement('li'); li.textContent = 'item ' + i; list.append(li) }
				scroller.scrollTop = 120
				mail.value = 'set by script'
				box.checked = true
				sel.selectedIndex = 1
				history.pushState({}, '', '/product')
				afterimage.track('bought', { n: 1 })
				afterimage.identify('user-1', { plan: 'free' })
				await new Promise((r) => setTimeout(r, 100))
				list.firstChild.remove()
				list.prepend(list.lastChild)
			})()`)
			click(tb, "#list")
			typeInto(tb, "#area", "typed text")
			typeInto(tb, "#pw", "CANARYTYPED")
			done := eval[struct{ Acknowledged, Pending int }](tb, "afterimage.flush()")
			if done.Pending != 0 || done.Acknowledged == 0 {
				t.Errorf("flush answers %+v", done)
			}
			if state := eval[string](tb, "afterimage.state.phase + afterimage.state.reason"); state != "recording" {
				t.Fatalf("state is %q", state)
			}
			view := eval[string](tb, "afterimage.pageViewId")
			ops := s.ops(view)
			got := kinds(ops)
			for _, k := range []wire.Kind{wire.KindSnapshotBegin, wire.KindSnapshotEnd, wire.KindElement, wire.KindText, wire.KindMove, wire.KindRemove, wire.KindBox,
				wire.KindValue, wire.KindChecked, wire.KindSelected, wire.KindScroll, wire.KindMouse, wire.KindKey, wire.KindFocus, wire.KindNavigate, wire.KindMeta,
				wire.KindTrack, wire.KindIdentify} {
				if got[k] == 0 {
					t.Errorf("no op of kind %d arrived; got %v", k, got)
				}
			}
			meta := map[int64]bool{}
			for _, op := range ops {
				if op.Kind == wire.KindMeta {
					meta[op.Nums[0]] = true
				}
				for _, text := range [][]byte{op.Name, op.Text} {
					if strings.Contains(string(text), "CANARY") {
						t.Errorf("op of kind %d holds what may never be read", op.Kind)
					}
				}
			}
			// Keys that the page tells, and those that the worker finds out.
			for _, key := range []int64{1, 3, 7, 8, 12, 22, 25, 26, 27, 28, 29, 4, 9, 10, 24} {
				if !meta[key] {
					t.Errorf("no meta value of key %d arrived; got %v", key, meta)
				}
			}
			stopped := eval[struct{ Acknowledged, Pending int }](tb, "afterimage.stop()")
			if stopped.Pending != 0 {
				t.Errorf("stop answers %+v", stopped)
			}
		})
	}
}

// What a page view costs in requests where nothing may be recorded: the script, and nothing more.
func TestNothingIsAskedForOrStored(t *testing.T) {
	// What the page says for its visitor changes nothing of that.
	for _, c := range []struct{ name, attrs, before, phase, says string }{
		{"Do Not Track", "", `Object.defineProperty(navigator, 'doNotTrack', { value: '1' })`, "idle", `afterimage.consent(true)`},
		{"Global Privacy Control", "data-consent=required", `Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })`, "idle", `afterimage.consent(true, '2')`},
		{"consent is required", "data-consent=required", "", "waiting-consent", `afterimage.track('a')`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newRecordedSite(t, false, c.attrs, recordedBody)
			tb := newTab(t)
			if c.before != "" {
				tb.onNewDocument(c.before)
			}
			tb.open(s.page)
			tb.until(fmt.Sprintf("window.afterimage && (afterimage.state.phase !== 'idle' || afterimage.state.reason) && afterimage.state.phase === %q", c.phase))
			eval[any](tb, c.says)
			if got := strings.Join(s.requests, " "); got != "/in/afterimage.js" {
				t.Errorf("requests: %s", got)
			}
			if got := eval[string](tb, everythingStored); got != nothingStored {
				t.Errorf("stored: %s", got)
			}
		})
	}
}

func TestConsentStartsAndWithdrawalEnds(t *testing.T) {
	s := newRecordedSite(t, false, "data-consent=required data-consent-version=2", recordedBody)
	tb := newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && afterimage.state.phase === 'waiting-consent'")
	eval[any](tb, "afterimage.consent(true, '2')")
	tb.until("afterimage.state.phase === 'recording'")
	eval[any](tb, "afterimage.flush()")
	eval[any](tb, "afterimage.consent(false)")
	if phase := eval[string](tb, "afterimage.state.phase"); phase != "waiting-consent" {
		t.Errorf("after withdrawal the phase is %q", phase)
	}
	// Beside it stands, until that has happened, that the outbox is to be emptied.
	waitFor(t, "the refusal alone in storage", func() bool { return stored(tb) == `["{\"w\":true}"]` })
}

func TestRefusalsNameTheCause(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, attrs, csp, allow, want string }{
		{"a misspelt option", "data-maks=.x", "", "", "did you mean mask"},
		{"a selector that cannot be followed", `data-block="li:nth-child(2)"`, "", "", "only type, class, id and attribute"},
		{"one selector masked and allowed", `data-mask=".a,.b  .c" data-allow=".d, .b .c"`, "", "", "selector .b .c is in mask and in allow: take it out of one"},
		{"one selector in another case and order", `data-mask="P.b.a > I[Name=x]" data-allow=".d, p.a.b>i[ name = 'x' ]"`, "", "", "in mask and in allow"},
		{"one selector blocked and allowed", `data-block=.a data-allow=.a`, "", "", "selector .a is in block and in allow"},
		{"a selector with a character that cannot be seen", "data-mask=\".b, .a\u00a0\"", "", "", "cannot be seen"},
		{"a site key that is none", `data-site="x"`, "", "", "not a site key"},
		{"a value of another kind", "data-privacy=lax", "", "", "privacy must be strict|balanced"},
		{"a share that is none", "data-sample=2", "", "", "sample must be 0..1"},
		{"a capture that this version lacks", "data-capture-network", "", "", "this version does not have capture.network"},
		{"an object that is no JSON", "data-capture={keystrokes:0}", "", "", "capture must be an object, in an attribute as JSON"},
		{"a misspelt part of capture", "data-capture-consle", "", "", "did you mean capture.console"},
		{"no worker allowed", "", "worker-src 'none'", "Content Security Policy", "worker-src"},
		{"no connection allowed", "", "connect-src 'none'", "Content Security Policy", "connect-src"},
		{"trusted types without our policy", "", "require-trusted-types-for 'script'; trusted-types other", "Content Security policy", "trusted-types"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newRecordedSite(t, false, c.attrs, recordedBody)
			if c.name == "a site key that is none" {
				s.html = strings.Replace(s.html, `data-site="m.`+workerSite+`"`, "", 1)
			}
			s.csp = c.csp
			tb := newTab(t)
			if c.allow != "" {
				tb.allow(c.allow)
			}
			tb.open(s.page)
			tb.until("window.afterimage && afterimage.state.phase === 'refused'")
			if got := eval[string](tb, "afterimage.state.reason + ' ' + (afterimage.state.directive ?? '')"); !strings.Contains(got, c.want) {
				t.Errorf("reason is %q, want it to hold %q", got, c.want)
			}
		})
	}
}

// Options that are planned are refused when they are asked for, not ignored.
func TestOptionsOfLaterVersionsAreRefused(t *testing.T) {
	s := newRecordedSite(t, false, "", recordedBody)
	s.html = strings.Replace(s.html, `data-site="m.`+workerSite+`"`, "", 1)
	tb := newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage")
	const key = "m." + workerSite
	for _, c := range []struct{ options, want, site string }{
		{`{ rules: [] }`, "this version does not have rules", key},
		{`{ capture: { canvas: true } }`, "this version does not have capture.canvas", key},
		{`{ capture: { console: true } }`, "this version does not have capture.console", key},
		{`{ capture: { network: true } }`, "this version does not have capture.network", key},
		{`{ capture: { media: true } }`, "this version does not have capture.media", key},
		{`{ capture: { selection: true } }`, "this version does not have capture.selection", key},
		{`{ capture: { keystrokes: 1 } }`, "capture.keystrokes must be boolean", key},
		{`{ capture: true }`, "capture must be an object", key},
		{`{ paths: { socet: '/x' } }`, "did you mean paths.socket", key},
		{`{ mask: [1] }`, "mask must be list", key},
		{`{ rules: false, capture: { canvas: false, console: false, network: false, media: false, selection: false, keystrokes: false } }`, "not a site key", ""},
	} {
		if got := eval[string](tb, `afterimage.start(Object.assign(`+c.options+`, {site: '`+c.site+`'})).then(() => 'started', (e) => e.code + ': ' + e.message)`); !strings.HasPrefix(got, "option: ") || !strings.Contains(got, c.want) {
			t.Errorf("start(%s): got %q, want option: …%s…", c.options, got, c.want)
		}
	}
}

// After stop the page's globals are what they were.
func TestStopUndoesEverything(t *testing.T) {
	s := newRecordedSite(t, false, "", recordedBody)
	tb := newTab(t)
	tb.onNewDocument(`window.globals = () => [
		[Element.prototype, 'attachShadow'], [HTMLInputElement.prototype, 'value'], [HTMLInputElement.prototype, 'checked'],
		[HTMLTextAreaElement.prototype, 'value'], [HTMLSelectElement.prototype, 'value'], [HTMLSelectElement.prototype, 'selectedIndex'],
		[HTMLOptionElement.prototype, 'selected'], [CSSStyleSheet.prototype, 'insertRule'], [CSSStyleSheet.prototype, 'deleteRule'],
		[CSSStyleSheet.prototype, 'replace'], [CSSStyleSheet.prototype, 'replaceSync'], [CSSGroupingRule.prototype, 'insertRule']]
		.map(([o, k]) => Object.getOwnPropertyDescriptor(o, k)).map((d) => d.set ?? d.value)
	window.before = globals()
	window.look = (f) => [f.name, f.length, String(f), typeof f, 'prototype' in f].join()`)
	tb.open(s.page)
	tb.until("window.afterimage && afterimage.state.phase === 'recording'")
	if n := eval[int](tb, "globals().filter((f, i) => f !== before[i]).length"); n != 12 {
		t.Errorf("%d of 12 globals are wrapped while recording", n)
	}
	if list := eval[[]string](tb, "globals().map(look).filter((text, i) => text !== look(before[i]))"); len(list) > 0 {
		t.Errorf("wrapped globals look different: %s", list)
	}
	if got := eval[string](tb, `(() => { try { HTMLInputElement.prototype.value = 1; return 'none' } catch (e) { return e.name + ': ' + e.message } })()`); got != "TypeError: Illegal invocation" {
		t.Errorf("a wrong receiver gives %q", got)
	}
	eval[any](tb, "afterimage.stop()")
	if n := eval[int](tb, "globals().filter((f, i) => f !== before[i]).length"); n != 0 {
		t.Errorf("%d globals stay wrapped after stop", n)
	}
}

// click and typeInto act as a person: trusted input at the middle of the element.
func click(tb *tab, selector string) {
	tb.t.Helper()
	at := eval[[2]float64](tb, fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.scrollIntoViewIfNeeded(); const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })()`, selector))
	tb.do(chromedp.MouseClickXY(at[0], at[1]))
}

func typeInto(tb *tab, selector, text string) {
	tb.t.Helper()
	click(tb, selector)
	tb.do(chromedp.KeyEvent(text))
}
