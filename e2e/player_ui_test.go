package e2e

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"afterimage/wasm/wire"

	"afterimage/replay/open"
)

// Paths through the components' shadow roots.
const (
	appRoot    = "document.querySelector('afterimage-app').renderRoot"
	playerElem = appRoot + ".querySelector('afterimage-player')"
	playerRoot = playerElem + ".renderRoot"
)

func TestPlayerPagesAtEverySize(t *testing.T) {
	t.Parallel()
	f := shopRecording(t)
	base := f.serve(t)
	tb := newTab(t)
	pages := []struct{ name, path, ready string }{
		{"list", "/", appRoot + ".querySelector('afterimage-sessions')?.renderRoot.querySelector('tr:last-child .entry span')"},
		{"empty", "/sites/emptysite", appRoot + ".querySelector('afterimage-sessions')?.renderRoot.querySelector('afterimage-snippet')"},
		{"health", "/sites/" + fixtureSite + "/health", appRoot + ".querySelector('afterimage-health')?.renderRoot.querySelector('.card')"},
		{"install", "/sites/" + fixtureSite + "/install", appRoot + ".querySelector('afterimage-snippet')"},
		{"player", "/sessions/" + fixtureSession, playerElem + "?.engine.state.done"},
	}
	for _, dark := range []bool{false, true} {
		tb.dark(dark)
		for _, size := range [][2]int64{{1440, 900}, {1024, 768}, {390, 844}} {
			tb.viewport(size[0], size[1])
			for _, page := range pages {
				tb.open(base + page.path)
				tb.until(page.ready)
				if page.name == "player" {
					eval[bool](tb, playerElem+".engine.seek(8750).then(() => true)")
				}
				name := fmt.Sprintf("%s-%d-%s", page.name, size[0], map[bool]string{false: "light", true: "dark"}[dark])
				tb.shot(name)
				if page.name == "list" {
					if wrapped := eval[[]string](tb, wrappedScript); len(wrapped) > 0 {
						t.Errorf("%s: wrapped or cut: %q", name, wrapped)
					}
				}
				if wide := eval[int](tb, "document.documentElement.scrollWidth"); int64(wide) > size[0] {
					t.Errorf("%s: the page is %d px wide, the window %d", name, wide, size[0])
				}
				if got := eval[string](tb, "document.documentElement.dataset.theme"); (got == "dark") != dark {
					t.Errorf("%s: theme %q", name, got)
				}
				if low := eval[[]string](tb, contrastScript); len(low) > 0 {
					t.Errorf("%s: text of low contrast: %q", name, low)
				}
				if nameless := eval[[]string](tb, namelessScript); len(nameless) > 0 {
					t.Errorf("%s: controls without a name: %q", name, nameless)
				}
			}
		}
	}
}

// wrappedScript answers what of the list of sessions takes more than its line, but for pages,
// of which the end may be left out, and what sticks out of the list.
const wrappedScript = `(() => {
const root = ` + appRoot + `.querySelector('afterimage-sessions').renderRoot
const end = root.querySelector('.panel').getBoundingClientRect().right
return [...root.querySelectorAll('th, td b, td small, td.num, .live, .warn')].filter(e => e.checkVisibility()).flatMap(e => {
  const range = document.createRange()
  range.selectNodeContents(e)
  const lines = new Set([...range.getClientRects()].filter(r => r.width && r.height > 6).map(r => Math.round(r.bottom / 8)))
  return lines.size > 1 || e.getBoundingClientRect().right > end ? [e.textContent.trim()] : []
}) })()`

// deepScript lists all elements of our own pages, through shadow roots, not of the frame.
const deepScript = `const deep = (root, out = []) => { for (const e of root.querySelectorAll('*')) { out.push(e); if (e.shadowRoot) deep(e.shadowRoot, out) } return out };`

// contrastScript answers texts whose contrast with the nearest opaque background is below
// 4.5 (WCAG 2.2, 1.4.3), by the plain formula.
const contrastScript = `(() => { ` + deepScript + `
const parse = c => { const m = c.match(/[\d.]+/g)?.map(Number) ?? [0,0,0,0]; return m.length < 4 ? [...m, 1] : m }
const lum = ([r, g, b]) => { const f = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; return .2126 * f(r) + .7152 * f(g) + .0722 * f(b) }
const up = e => e.assignedSlot ?? e.parentElement ?? e.getRootNode().host
return deep(document).filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.checkVisibility() && !e.closest('noscript, style, option') && !['kbd'].includes(e.localName)).flatMap(e => {
  let back = [255, 255, 255, 1]
  for (let n = e; n; n = up(n)) { const c = parse(getComputedStyle(n).backgroundColor); if (c[3] > .9) { back = c; break } }
  const style = getComputedStyle(e), a = lum(parse(style.color)), b = lum(back)
  const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05)
  return ratio < 4.5 ? [e.localName + '.' + e.className + ' ' + e.textContent.trim().slice(0, 30) + ' ' + ratio.toFixed(2)] : []
}) })()`

const namelessScript = `(() => { ` + deepScript + `
return deep(document).filter(e => e.matches('button, a, select, input, [role=slider]') && e.checkVisibility() && !(e.getAttribute('aria-label') || e.getAttribute('title') || [...(e.labels ?? [])].some((l) => l.textContent.trim()) || e.textContent.trim())).map(e => e.outerHTML.slice(0, 100)) })()`

// What is inside the seal fills in, in the viewer's browser, where the keys are: the page on
// which a visit began, browser and device, and the length that the player has too. The list
// shows what fits to what is typed above it.
func TestSessionListShowsHowVisitsBegan(t *testing.T) {
	t.Parallel()
	f := shopRecording(t)
	base := f.serve(t)
	tb := newTab(t)
	tb.viewport(1440, 900)
	tb.open(base + "/")
	const list = appRoot + ".querySelector('afterimage-sessions').renderRoot"
	const rows = "[..." + list + ".querySelectorAll('tbody tr')]"
	tb.until(appRoot + ".querySelector('afterimage-sessions')?.renderRoot.querySelector('table') && " + rows + ".every(r => r.querySelector('.entry span'))")
	row := func(id, cell string) string {
		return eval[string](tb, fmt.Sprintf(rows+".find(r => r.querySelector('a').getAttribute('href') === '/sessions/%s').querySelector('%s').innerText.trim()", id, cell))
	}
	if got, want := row(fixtureSession, ".entry"), "/catalogue?sort=new\nChromium 156 · Linux · desktop"; got != want {
		t.Errorf("entry page and browser: got %q, want %q", got, want)
	}
	if got := row(fixtureSession, ".duration"); got != "0:27" {
		t.Errorf("duration: got %q, want 0:27 as in the player", got)
	}
	if got := row(olderSessions[2], ".entry"); got != "—\nSealed: its key is not here" {
		t.Errorf("without a key: got %q", got)
	}
	if got := eval[string](tb, list+".querySelector('.entry span[title]').title"); !strings.Contains(got, "--keys FILE") || strings.Contains(got, "--key FILE") {
		t.Errorf("without a key of a managed site the explanation is %q", got)
	}
	if got := row(olderSessions[2], ".duration"); !strings.HasPrefix(got, "≈ ") {
		t.Errorf("without a key the duration, which is of arrivals, is %q, want it marked as such", got)
	}
	tb.shot("list-read")
	show := func(words string) int {
		eval[bool](tb, fmt.Sprintf("(i => { i.value = %q; return i.dispatchEvent(new Event('input')) })("+list+".querySelector('input[type=search]'))", words))
		return eval[int](tb, appRoot+".querySelector('afterimage-sessions').updateComplete.then(() => "+rows+".length)")
	}
	for _, x := range []struct {
		words string
		want  int
	}{
		{"", 15}, {"CATALOGUE chromium", 14}, {"desktop linux", 14}, {fixtureSession[:8], 1}, {olderSessions[2][:8], 1}, {olderSessions[2][:8] + " chromium", 0}, {"nothing-like-it", 0},
	} {
		if got := show(x.words); got != x.want {
			t.Errorf("%q: %d sessions are shown, want %d", x.words, got, x.want)
		}
	}
	tb.shot("list-none-fit")
	eval[any](tb, list+".querySelector('.empty button').click(); 0")
	if got := eval[int](tb, appRoot+".querySelector('afterimage-sessions').updateComplete.then(() => "+rows+".length)"); got != 15 {
		t.Errorf("after all were asked for, %d are shown, want 15", got)
	}
}

func TestSessionListOfAHeldSite(t *testing.T) {
	t.Parallel()
	f := shopRecording(t)
	f.held, f.keys = true, false
	tb := newTab(t)
	tb.open(f.serve(t) + "/")
	tb.until(appRoot + ".querySelector('afterimage-sessions')?.renderRoot.querySelector('.entry span[title]')")
	const entry = appRoot + ".querySelector('afterimage-sessions').renderRoot.querySelector('.entry')"
	if got := eval[string](tb, entry+".innerText.trim()"); got != "—\nSealed: its owner holds the key" {
		t.Errorf("got %q", got)
	}
	if got := eval[string](tb, entry+".querySelector('span').title"); !strings.Contains(got, "--key FILE") || strings.Contains(got, "--keys FILE") {
		t.Errorf("the explanation is %q", got)
	}
	tb.shot("list-held")
}

// A lock says that the recorded page came by https.
func TestAddressShowsALockForHTTPSAlone(t *testing.T) {
	t.Parallel()
	for scheme, want := range map[string]bool{"https": true, "http": false} {
		p := newFixturePage(1)
		p.anchor(fixtureStartMs)
		p.meta(map[int64]string{1: scheme + "://shop.example/"})
		p.html(t, 1, `<!DOCTYPE html><html><head></head><body>a</body></html>`)
		p.op(wire.Op{Kind: wire.KindSnapshotEnd})
		p.flush()
		tb := newTab(t)
		tb.open((&fixture{pages: []*fixturePage{p}, keys: true}).serve(t) + "/sessions/" + fixtureSession)
		tb.until(playerElem + "?.engine.state.done")
		tb.until(playerRoot + ".querySelector('.address span').textContent === 'shop.example/'")
		if got := eval[bool](tb, playerRoot+".querySelector('.address rect') !== null"); got != want {
			t.Errorf("%s: a lock is shown: %v, want %v", scheme, got, want)
		}
	}
}

// A time that is not loaded yet is gone to when it is, not taken for the end of what is there.
func TestSeekBeforeTheRecordingIsLoaded(t *testing.T) {
	t.Parallel()
	base := shopRecording(t).serve(t)
	tb := newTab(t)
	tb.onNewDocument(`customElements.whenDefined('afterimage-player').then(() => {
		const look = () => { const e = ` + playerElem + `?.engine; e ? globalThis.sought = e.seek(4000).then(() => e.state.atMs) : setTimeout(look) }
		look()
	})`)
	tb.open(base + "/sessions/" + fixtureSession)
	tb.until("globalThis.sought")
	if got := eval[float64](tb, "sought"); got != 4000 {
		t.Errorf("at %v ms, want 4000", got)
	}
	eval[any](tb, playerElem+".engine.ready.then(() => 0)")
	if got := eval[float64](tb, playerElem+".engine.state.atMs"); got != 4000 {
		t.Errorf("at %v ms when all is loaded, want 4000", got)
	}
}

func TestPlayerControls(t *testing.T) {
	t.Parallel()
	base := shopRecording(t).serve(t)
	tb := newTab(t)
	tb.viewport(1280, 800)
	tb.open(base + "/sessions/" + fixtureSession)
	tb.until(playerElem + "?.engine.state.playing")
	state := func(member string) string {
		return eval[string](tb, "String("+playerElem+".engine.state."+member+")")
	}
	key := func(k string) {
		eval[bool](tb, fmt.Sprintf("document.dispatchEvent(new KeyboardEvent('keydown', {key: %q, bubbles: true, cancelable: true}))", k))
	}
	key(" ")
	if got := state("playing"); got != "false" {
		t.Errorf("after Space: playing is %s, want false", got)
	}
	eval[bool](tb, playerElem+".engine.seek(4000).then(() => true)")
	key("ArrowRight")
	if got := state("atMs"); got != "9000" {
		t.Errorf("after →: at %s ms, want 9000", got)
	}
	key("Home")
	if got := state("atMs"); got != "0" {
		t.Errorf("after Home: at %s ms, want 0", got)
	}
	key("n")
	if got := state("atMs"); got != "1800" {
		t.Errorf("after N: at %s ms, want 1800, the first click", got)
	}
	key(">")
	key("i")
	if got := state("rate") + " " + state("skipIdle"); got != "2 false" {
		t.Errorf("after > and I: got %s, want 2 false", got)
	}
	const events = playerRoot + ".querySelector('afterimage-events').renderRoot.querySelectorAll('li button')"
	tb.until(events + ".length > 3")
	eval[bool](tb, events+"[3].click() || true")
	tb.until(playerElem + ".engine.state.atMs > 8000")
	tb.until(playerRoot + ".querySelector('.address span').textContent === 'shop.example/catalogue?sort=new'")
	eval[bool](tb, playerElem+".engine.seek(18500).then(() => true)")
	tb.until(playerRoot + ".querySelector('.address span').textContent === 'shop.example/checkout'")
	eval[bool](tb, playerElem+".engine.seek(3000).then(() => true)")
	tb.until("!" + playerRoot + ".querySelector('.typing').hidden && " + playerRoot + ".querySelector('.typing').getBoundingClientRect().width > 0")
	if got := eval[string](tb, playerRoot+".querySelector('.typing').textContent"); got != "" {
		t.Errorf("over a field stands %q: of a masked one the number of keys is not known", got)
	}
	tb.shot("typing")
	eval[bool](tb, playerElem+".engine.seek(8700).then(() => true)")
	tb.until(playerRoot + ".querySelectorAll('.ripple:not([hidden])').length === 1")
}

func TestPlayerSkipsInactivity(t *testing.T) {
	t.Parallel()
	base := shopRecording(t).serve(t)
	tb := newTab(t)
	tb.open(base + "/sessions/" + fixtureSession)
	tb.until(playerElem + "?.engine.state.done")
	eval[bool](tb, playerElem+".engine.seek(9700).then(() => "+playerElem+".engine.play(8) ?? true)")
	tb.until(playerElem + ".engine.state.skipped?.ms > 4000")
	tb.until(playerElem + ".engine.state.atMs >= " + playerElem + ".engine.state.timeline.durationMs && !" + playerElem + ".engine.state.playing")
}

// Where a person went is played, also where nothing happens; the next such span is skipped.
func TestPlayerStaysWhereOneWent(t *testing.T) {
	t.Parallel()
	base := shopRecording(t).serve(t)
	tb := newTab(t)
	tb.open(base + "/sessions/" + fixtureSession)
	tb.until(playerElem + "?.engine.state.done")
	const state = playerElem + ".engine.state"
	idle := eval[[][2]float64](tb, state+".timeline.idle")
	if len(idle) == 0 {
		t.Fatal("the recording has no span without activity")
	}
	from, to := idle[0][0], idle[0][1]
	eval[bool](tb, fmt.Sprintf(playerElem+".engine.seek(%v).then(() => "+playerElem+".engine.play(1) ?? true)", from+1500))
	tb.until(fmt.Sprintf(state+".atMs > %v", from+2000))
	if at := eval[float64](tb, state+".atMs"); at > to-1000 {
		t.Errorf("at %v ms, want still in the span from %v to %v that was gone to", at, from, to)
	}
	if eval[bool](tb, "!!"+state+".skipped") {
		t.Error("something was skipped")
	}
	eval[bool](tb, playerElem+".engine.setSkipIdle(true) ?? true") // who asks for it gets it
	tb.until(state + ".skipped?.ms > 0")
}

// The colours follow the system's while nobody chose, and so does the button that changes them.
func TestThemeFollowsTheSystem(t *testing.T) {
	t.Parallel()
	tb := newTab(t)
	tb.dark(false)
	tb.open(shopRecording(t).serve(t) + "/")
	const button = appRoot + ".querySelector('.theme')"
	tb.until(button + "?.textContent === 'Dark colours'")
	// A page that was not painted yet is not told of a change.
	eval[any](tb, "new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(() => f(0))))")
	tb.dark(true)
	tb.until("document.documentElement.dataset.theme === 'dark'")
	tb.until(button + ".textContent === 'Light colours'")
}

func TestLocalPlayerOffersNoTag(t *testing.T) {
	t.Parallel()
	f := shopRecording(t)
	f.local = true
	base := f.serve(t)
	tb := newTab(t)
	for path, want := range map[string]string{
		"/sites/" + fixtureSite + "/install": appRoot,
		"/sites/emptysite":                   appRoot + ".querySelector('afterimage-sessions')?.renderRoot",
	} {
		tb.open(base + path)
		tb.until(want + "?.querySelector('.empty')?.textContent.includes('takes no recordings in')")
		if eval[bool](tb, "!!"+want+".querySelector('afterimage-snippet')") {
			t.Errorf("%s: there is a tag", path)
		}
	}
	const remove = appRoot + ".querySelector('afterimage-remove')"
	tb.open(base + "/sessions/" + fixtureSession)
	tb.until(remove)
	f.file = true
	tb.open(base + "/sessions/" + fixtureSession)
	tb.until(playerElem + "?.engine.state.done && " + appRoot + ".host.list")
	if eval[bool](tb, "!!"+remove) {
		t.Error("of a file there is something to delete")
	}
}

// A session that is not there offers the way back and nothing to delete; one that is named by
// the beginning of its id opens.
func TestPlayerOfAnUnknownSession(t *testing.T) {
	t.Parallel()
	f := shopRecording(t)
	base := f.serve(t)
	tb := newTab(t)
	tb.allow("404")
	tb.open(base + "/sessions/" + strings.Repeat("f", 32))
	tb.until(playerRoot + "?.querySelector('.card a.button')")
	if got := eval[string](tb, playerRoot+".querySelector('header').textContent"); strings.Contains(got, "Loading") {
		t.Errorf("the address says %q", got)
	}
	if got := eval[string](tb, playerRoot+".querySelector('afterimage-events').renderRoot.textContent"); strings.Contains(got, "yet") {
		t.Errorf("the list says %q", got)
	}
	tb.until(appRoot + ".host.list && !" + appRoot + ".querySelector('afterimage-remove')")
	tb.shot("unknown-session")
	eval[any](tb, playerRoot+".querySelector('.card a.button').click(); 0")
	tb.until("location.pathname === '/' && " + appRoot + ".querySelector('afterimage-sessions')?.renderRoot.querySelector('table')")
	tb.open(base + "/sessions/" + fixtureSession[:8])
	tb.until(playerElem + "?.engine.state.done")
	tb.until("location.pathname === '/sessions/" + fixtureSession + "'")
}

func TestPlayerShowsGaps(t *testing.T) {
	t.Parallel()
	f := shopRecording(t)
	f.missing = map[string]bool{f.pages[0].id + "/4": true}
	base := f.serve(t)
	tb := newTab(t)
	tb.viewport(1280, 800)
	tb.open(base + "/sessions/" + fixtureSession)
	tb.until(playerElem + "?.engine.state.done")
	if got := eval[int](tb, playerElem+".engine.state.timeline.gaps.length"); got != 1 {
		t.Fatalf("gaps: got %d, want 1", got)
	}
	eval[bool](tb, playerElem+".engine.seek("+playerElem+".engine.state.timeline.gaps[0][0] + 10).then(() => true)")
	tb.until(playerRoot + ".querySelector('.chip.warn')?.textContent.includes('missing')")
	tb.shot("gap")
}

func TestPlayerFollowsLive(t *testing.T) {
	t.Parallel()
	f := shopRecording(t)
	f.live = true
	f.pages = f.pages[:1]
	base := f.serve(t)
	tb := newTab(t)
	tb.open(base + "/sessions/" + fixtureSession)
	tb.until(playerRoot + "?.querySelector('.live')?.getAttribute('aria-pressed') === 'true'")
	before := eval[float64](tb, playerElem+".engine.state.timeline.durationMs")
	p := f.pages[0]
	f.mu.Lock()
	p.atMs = int64(before) + 900
	p.op(wire.Op{Kind: wire.KindAttr, ID: p.ids["body"], Name: []byte("data-step"), Text: []byte("later")})
	p.flush()
	f.mu.Unlock()
	tb.until(playerElem + ".engine.frame.contentDocument.body.dataset.step === 'later'")
	// Who leaves may come back within the time, and is followed again.
	f.mu.Lock()
	f.live, f.mayGoOn = false, true
	f.mu.Unlock()
	tb.until("!" + playerRoot + ".querySelector('.live')")
	f.mu.Lock()
	f.live = true
	f.mu.Unlock()
	tb.until(playerRoot + ".querySelector('.live')?.getAttribute('aria-pressed') === 'true'")
	f.mu.Lock()
	f.live, f.mayGoOn = false, false
	f.mu.Unlock()
	tb.until("!" + playerRoot + ".querySelector('.live')")
}

func TestPlayerAsksForALateKeyOnce(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		cutOff bool
		allow  string
	}{{"not there yet", false, ""}, {"no answer", true, "503"}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := shopRecording(t)
			f.keyless, f.cutOff = map[string]bool{f.pages[1].id: true}, test.cutOff
			base := f.serve(t)
			tb := newTab(t)
			if test.allow != "" {
				tb.allow(test.allow)
			}
			tb.open(base + "/embed/" + fixtureSession + "?bare=1")
			if got := eval[string](tb, "player.ready.then(() => 'plays', e => e.message)"); got != "plays" {
				t.Errorf("got %q, want that the other page view plays", got)
			}
			if f.asked != 2 {
				t.Errorf("the keys were asked for %d times, want 2: at first and once for the late one", f.asked)
			}
			if got := eval[string](tb, "player.errors.join()"); !strings.Contains(got, "sealed with a key that is not here") {
				t.Errorf("errors: got %q, want the missing key among them", got)
			}
		})
	}
}

func TestPlayerTakesAKeyThatComesLate(t *testing.T) {
	t.Parallel()
	f := shopRecording(t)
	f.live, f.keyless = true, map[string]bool{f.pages[1].id: true}
	base := f.serve(t)
	tb := newTab(t)
	tb.open(base + "/embed/" + fixtureSession + "?bare=1")
	eval[bool](tb, "player.ready.then(() => true)")
	f.mu.Lock()
	f.keyless = nil
	f.mu.Unlock()
	tb.until("player.duration === 27000")
	f.mu.Lock()
	f.live = false
	f.mu.Unlock()
	eval[bool](tb, seekTo(23_000))
	if got := eval[string](tb, "player.document.querySelector('h1')?.textContent ?? 'nothing'"); got != "Thank you for your order" {
		t.Errorf("page view with the late key: got %q, want its whole recording", got)
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"", "ada"} {
		f := shopRecording(t)
		f.user = user
		base := f.serve(t)
		tb := newTab(t)
		tb.open(base + "/")
		tb.until(appRoot + ".querySelector('afterimage-sessions')?.renderRoot.querySelector('table')")
		const button = appRoot + ".querySelector('[aria-label=\"Sign out\"]')"
		if user == "" {
			if eval[bool](tb, button+" !== null") {
				t.Error("without a login there is something to sign out of")
			}
			continue
		}
		tb.until(button)
		eval[bool](tb, button+".click() ?? true")
		tb.until("location.pathname === '/login' && document.body.textContent === 'signed out'")
	}
}

func TestPlayerTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	text := "(" + playerRoot + "?.querySelector('.card, .problems')?.textContent ?? '')"
	tests := []struct {
		name, path, want, todo string
		change                 func(f *fixture)
		allow                  string
	}{
		{"no such session", "/sessions/" + strings.Repeat("0", 32), "There is no such session.", "deleted", func(*fixture) {}, "404"},
		{"no key of a managed site", "/sessions/" + fixtureSession, "its key is not here", "replay open " + fixtureSession + " --keys FILE", func(f *fixture) { f.keys = false }, ""},
		{"no key of a held site", "/sessions/" + fixtureSession, "its key is not here", "replay open " + fixtureSession + " --key FILE", func(f *fixture) { f.keys, f.held = false, true }, ""},
		{"wrong key", "/sessions/" + fixtureSession, "does not open with this key", "The player shows a gap there", func(f *fixture) { f.pages[1].key[3] ^= 1 }, ""},
		{"nothing recorded", "/sessions/" + fixtureSession, "Nothing is recorded yet.", "", func(f *fixture) { f.pages = nil }, ""},
		{"truncated stream", "/sessions/" + fixtureSession, "damaged", "replay verify", func(f *fixture) { f.pages[0].segments[0] = f.pages[0].segments[0][:30] }, ""},
		{"not a segment", "/sessions/" + fixtureSession, "does not begin with", "replay verify", func(f *fixture) { f.pages[0].segments[1][0] = 'X' }, ""},
		{"other format", "/sessions/" + fixtureSession, "has version 9", "replay verify", func(f *fixture) { f.pages[0].segments[1][2] = 9 }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := shopRecording(t)
			test.change(f)
			base := f.serve(t)
			tb := newTab(t)
			if test.allow != "" {
				tb.allow(test.allow)
			}
			tb.open(base + test.path)
			tb.until(text + ".includes(" + fmt.Sprintf("%q", test.want) + ")")
			if told := eval[string](tb, text); !strings.Contains(told, test.todo) {
				t.Errorf("told %q, want the remedy %q", told, test.todo)
			} else if strings.Contains(told, "--key FILE") && strings.Contains(told, "--keys FILE") {
				t.Errorf("told %q, want the remedy for the site's custody alone", told)
			}
			tb.shot("wrong-" + strings.ReplaceAll(test.name, " ", "-"))
		})
	}
}

func TestEmbedTakesTheShareKey(t *testing.T) {
	t.Parallel()
	f := shopRecording(t)
	f.keys = false
	base := f.serve(t)
	content := map[string][]byte{}
	for _, p := range f.pages {
		content[p.id] = p.key[:]
	}
	id, sealed, key, err := open.SealShare(fixtureSession, content)
	if err != nil {
		t.Fatal(err)
	}
	f.shares = map[string][]byte{id: sealed}
	tb := newTab(t)
	tb.allow("404")
	tb.open(base + "/embed/" + fixtureSession + "?bare=1#key=" + key)
	eval[bool](tb, "player.ready.then(() => true)")
	if got := eval[string](tb, "location.hash"); got != "" {
		t.Errorf("the key stays in the address: %q", got)
	}
	if got := eval[int](tb, "player.document.querySelectorAll('article').length"); got != 16 {
		t.Errorf("articles: got %d, want 16", got)
	}
	tb.open("about:blank")
	tb.open(base + "/embed/" + fixtureSession + "?bare=1#key=AAAA")
	if got := eval[string](tb, "player.ready.then(() => 'opened', e => e.message)"); !strings.Contains(got, "cut off") {
		t.Errorf("a key that is cut off: got %q", got)
	}
	_, _, wrong, err := open.SealShare(fixtureSession, content)
	if err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	f.shares[hex.EncodeToString(fromBase64URL(t, wrong)[:16])] = sealed
	delete(f.shares, id)
	f.mu.Unlock()
	for fragment, want := range map[string]string{wrong: "the key in the link is wrong", key: "The link was revoked"} {
		tb.open("about:blank")
		tb.open(base + "/embed/" + fixtureSession + "?bare=1#key=" + fragment)
		if got := eval[string](tb, "player.ready.then(() => 'opened', e => e.message)"); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
