package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const noticeAttrs = `data-consent="required" data-consent-version="1" data-notice='{"text":"NOTICETEXT May we record how you use this page?","accept":"Yes, allow","refuse":"No","link":"/privacy-text","linkText":"How we treat it"}'`

// axNodes is the accessibility tree as a screen reader gets it, closed shadow roots included.
func axNodes(tb *tab) (list []string) {
	tb.t.Helper()
	result, err := cdp.Call(tb.ctx, chromedp.FromContext(tb.ctx).Target, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		tb.t.Fatal(err)
	}
	text := func(v *accessibility.Value) string {
		if v == nil {
			return ""
		}
		return strings.Trim(string(v.Value), `"`)
	}
	for _, n := range result.Nodes {
		if !n.Ignored {
			list = append(list, strings.TrimSpace(text(n.Role)+" "+text(n.Name)))
		}
	}
	return list
}

// press sends a key to the focused element.
func press(tb *tab, key string) { tb.t.Helper(); tb.do(chromedp.KeyEvent(key)) }

const (
	tabKey, enterKey, escapeKey = "\t", "\r", "\u001b"
	// noticeBox is the notice's element: the first of the body.
	noticeBox = `document.querySelector('body > [data-afterimage=block]')`
)

// Before consent: the script and, where the site wants the notice, that of the notice; nothing
// is stored; no request bears anything of the page or the visitor.
func TestBeforeConsentNothingIsSentOrStored(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, attrs, want string }{
		{"the site asks itself", `data-consent=required`, "/afterimage.js"},
		{"the notice asks", noticeAttrs, "/afterimage.js /afterimage-more.js"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newRightsRig(t, true, c.attrs)
			tb := newTab(t)
			g.visit(tb, "waiting-consent")
			if strings.Contains(c.attrs, "notice") {
				tb.until(noticeBox)
			}
			eval[any](tb, `afterimage.track('early'); afterimage.flush(); document.querySelector('#other').click(); new Promise((f) => setTimeout(f, 500))`)
			if got := strings.Join(g.requests(), " "); got != c.want {
				t.Errorf("requests: %s, want %s", got, c.want)
			}
			for _, r := range g.seen {
				if r.Query != "" || r.Body != "" || r.Header.Get("Cookie") != "" {
					t.Errorf("%s bears %q %q %q", r.Path, r.Query, r.Body, r.Header.Get("Cookie"))
				}
			}
			if got := eval[string](tb, everythingStored); got != nothingStored {
				t.Errorf("stored: %s", got)
			}
			// The watch itself: with consent there is something to see.
			eval[any](tb, `afterimage.consent(true, '1')`)
			tb.until(isRecording)
			if got := eval[string](tb, everythingStored); got == nothingStored {
				t.Error("also with consent nothing was seen")
			}
		})
	}
}

func TestNoticeIsAnsweredByKeyboard(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		keys   []string
		phase  string
		stored string // "" for anything
	}{
		{"accept", []string{tabKey, tabKey, tabKey, enterKey}, "recording", ""},
		{"refuse", []string{tabKey, tabKey, enterKey}, "waiting-consent", `{"w":true}`},
		{"escape answers nothing", []string{tabKey, escapeKey}, "waiting-consent", `{}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newRightsRig(t, false, noticeAttrs)
			// What a strict page allows: no inline style, no string as HTML or script.
			g.csp = "default-src 'none'; img-src data:; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types afterimage"
			tb := newTab(t)
			g.visit(tb, "waiting-consent")
			tb.until(noticeBox)
			if eval[bool](tb, noticeBox+`.matches(':focus-within')`) {
				t.Error("the notice took the focus")
			}
			ax := axNodes(tb)
			for _, want := range []string{"region How we treat it", "button No", "button Yes, allow", "link How we treat it", "heading Page"} {
				if !slices.Contains(ax, want) {
					t.Errorf("a screen reader is not told %q: %q", want, ax)
				}
			}
			waitFor(t, "the text in a live region", func() bool {
				return slices.Contains(axNodes(tb), "StaticText NOTICETEXT May we record how you use this page?")
			})
			if !slices.ContainsFunc(ax, func(n string) bool { return strings.HasPrefix(n, "status") }) {
				t.Errorf("no live region: %q", ax)
			}
			for _, key := range c.keys {
				press(tb, key)
			}
			tb.until(`!` + noticeBox + ` && afterimage.state.phase === "` + c.phase + `"`)
			if got := eval[string](tb, `JSON.stringify(`+storedNow+`)`); c.stored != "" && got != c.stored {
				t.Errorf("stored: %s, want %s", got, c.stored)
			}
			if c.phase == "recording" {
				eval[any](tb, `afterimage.flush()`)
				session := eval[string](tb, `afterimage.sessionId`)
				if out := g.replay(t, "cat", session); strings.Contains(out, "NOTICETEXT") || strings.Contains(out, "Yes, allow") {
					t.Error("the notice was recorded")
				}
				if got := eval[string](tb, storedNow+`.c`); got != "1" {
					t.Errorf("consent is for version %q", got)
				}
			}
			if c.name == "refuse" {
				// Who has refused is not asked again.
				g.visit(tb, "waiting-consent")
				if eval[bool](tb, `new Promise((f) => setTimeout(f, 300)).then(() => !!`+noticeBox+`)`) {
					t.Error("the notice came again after a refusal")
				}
			}
		})
	}
}

// The notice at the sizes and in the colours of visitors; AFTERIMAGE_SHOTS keeps the pictures.
func TestNoticeFitsEveryScreen(t *testing.T) {
	t.Parallel()
	g := newRightsRig(t, true, `data-consent=required data-notice='{"link":"https://example.org/privacy"}'`)
	g.body = `<style>body { margin: 0; font: 16px sans-serif } div { position: static !important; display: none; color: red !important; z-index: 1 } button { display: none }</style><h1>Page</h1>`
	for _, c := range []struct {
		name string
		w, h int64
		dark bool
	}{{"phone", 390, 844, false}, {"phone dark", 390, 844, true}, {"small", 320, 480, false}, {"desktop", 1280, 800, false}, {"desktop dark", 1280, 800, true}} {
		t.Run(c.name, func(t *testing.T) {
			tb := newTab(t)
			tb.viewport(c.w, c.h)
			tb.dark(c.dark)
			g.visit(tb, "waiting-consent")
			tb.until(noticeBox)
			eval[any](tb, `new Promise((f) => setTimeout(f, 500))`)
			box := eval[[4]float64](tb, `(() => { const r = `+noticeBox+`.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom] })()`)
			if box[0] < 0 || box[1] < 0 || box[2] > float64(c.w) || box[3] > float64(c.h) || box[3]-box[1] < 120 {
				t.Errorf("the notice is at %v of a screen of %d x %d", box, c.w, c.h)
			}
			if eval[bool](tb, `document.documentElement.scrollWidth > innerWidth`) {
				t.Error("the page scrolls sideways")
			}
			if dir := os.Getenv("AFTERIMAGE_SHOTS"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, "notice "+c.name+".png"), tb.screenshot(), 0o644); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// Who asked for less motion sees none.
func TestNoticeStandsStill(t *testing.T) {
	g := newRightsRig(t, true, `data-consent=required data-notice`)
	for _, reduce := range []bool{false, true} {
		tb := newTab(t)
		value := map[bool]string{false: "no-preference", true: "reduce"}[reduce]
		if _, err := cdp.Call(tb.ctx, chromedp.FromContext(tb.ctx).Target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: value}}}); err != nil {
			t.Fatal(err)
		}
		tb.onNewDocument(`{ const attach = Element.prototype.attachShadow; Element.prototype.attachShadow = function (o) { return (globalThis.root = attach.call(this, o)) } }`)
		g.visit(tb, "waiting-consent")
		tb.until(`globalThis.root?.querySelector('section')`)
		if got := eval[string](tb, `getComputedStyle(root.querySelector('section')).animationName`); (got == "none") != reduce {
			t.Errorf("reduced motion %v: the animation is %q", reduce, got)
		}
	}
}

// A page's script may call consent(), but it cannot press the notice's buttons.
func TestNoticeIsNotAnsweredByAScript(t *testing.T) {
	g := newRightsRig(t, true, `data-consent=required data-notice`)
	tb := newTab(t)
	tb.onNewDocument(`{ const attach = Element.prototype.attachShadow; Element.prototype.attachShadow = function (o) { return (globalThis.root = attach.call(this, o)) } }`)
	g.visit(tb, "waiting-consent")
	tb.until(`globalThis.root?.querySelectorAll('button').length === 2`)
	eval[any](tb, `root.querySelectorAll('button').forEach((b) => b.click())`)
	if got := eval[string](tb, everythingStored); got != nothingStored {
		t.Errorf("stored: %s", got)
	}
}

// A new version, of the page's consent text or of the site's privacy settings, closes the gate
// until consent is given again.
func TestNewVersionClosesTheGate(t *testing.T) {
	t.Parallel()
	t.Run("of the page", func(t *testing.T) {
		g := newRightsRig(t, true, `data-consent=required data-consent-version=1`)
		tb := newTab(t)
		g.visit(tb, "waiting-consent")
		eval[any](tb, `afterimage.consent(true)`)
		tb.until(isRecording)
		g.visit(tb, "recording")
		g.attrs = `data-consent=required data-consent-version=2`
		g.newDocument()
		g.visit(tb, "waiting-consent")
		if got := g.requests(); !slices.Equal(got, []string{"/afterimage.js"}) {
			t.Errorf("requests at the closed gate: %s", got)
		}
		wantDeliveryAlone(t, g.earlier())
		eval[any](tb, `afterimage.consent(true)`)
		tb.until(isRecording)
	})
	t.Run("of the settings, in a document that stays", func(t *testing.T) {
		g := newAPIRig(t, map[string]any{"consent": "required"})
		version := "a"
		g.change = func(s map[string]any) { s["privacyVersion"] = version }
		tb := g.open(nil)
		tb.until(`afterimage.state.phase === "waiting-consent"`)
		eval[any](tb, `afterimage.consent(true)`)
		tb.until(isRecording)
		version = "b"
		tb.later(31 * 60_000)
		tb.until(`afterimage.state.phase === "waiting-consent" && afterimage.sessionId === null`)
	})
	t.Run("of the settings", func(t *testing.T) {
		g := newRightsRig(t, true, `data-consent=required`)
		version := "a"
		g.change = func(s map[string]any) { s["privacyVersion"] = version }
		tb := newTab(t)
		g.visit(tb, "waiting-consent")
		eval[any](tb, `afterimage.consent(true)`)
		tb.until(isRecording)
		g.visit(tb, "recording")
		version = "b"
		g.visit(tb, "waiting-consent")
		eval[any](tb, `new Promise((f) => setTimeout(f, 300))`)
		if eval[string](tb, `afterimage.state.phase`) != "waiting-consent" {
			t.Error("the gate did not stay closed")
		}
		eval[any](tb, `afterimage.consent(true)`)
		tb.until(isRecording)
		g.visit(tb, "recording")
		// Where the settings alone ask for consent, it is asked for after them and before all else.
		g.change = func(s map[string]any) { s["privacyVersion"], s["consent"] = "c", "required" }
		g.attrs = ""
		g.newDocument()
		g.visit(tb, "waiting-consent")
		for _, r := range g.requests() {
			if r != "/afterimage.js" && !strings.HasPrefix(r, "/v1/settings/") {
				t.Errorf("requested before consent: %s", r)
			}
		}
		wantDeliveryAlone(t, g.earlier())
	})
}

// wantDeliveryAlone: the page before had consent, and its worker may still deliver what it recorded.
func wantDeliveryAlone(t *testing.T, requests []string) {
	t.Helper()
	for _, r := range requests {
		if r != "/v1/ws" && r != "/v1/tail" {
			t.Errorf("the page before requests %s after it has gone", r)
		}
	}
}
