package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// realSite is an application that we did not write, and what a person does in it.
type realSite struct {
	name, path string
	ready      string // true when the application has started
	drive      func(tb *tab)
	typed      []string // what the drive types: may stand nowhere in the recording
	allow      []string // errors that the site reports by itself, with no network
	boxes      int      // per cent of the boxes that must be within 1 px in balanced
	pixels     int      // per mille of the pixels that may differ in balanced
	alone      bool     // keeps the machine busy by itself
}

func realSites() []realSite {
	return []realSite{
		{
			name: "monaco", path: "/sites/monaco.html", ready: "window.siteReady",
			// Read only: with the first key it is an editor, whose text is masked (TestRealEditorsTellNoKeys).
			drive: func(tb *tab) { tb.wheel(400, 300, 700) },
			boxes: 97, pixels: 1,
		},
		{
			name: "redoc", path: "/sites/redoc.html", ready: "window.siteReady",
			drive: func(tb *tab) {
				tb.do(chromedp.Click(chromedp.CSS(`input[type=text]`)))
				tb.typeText("zqwxvkjy")
				tb.wheel(800, 400, 1500)
			},
			typed: []string{"zqwxvkjy"}, allow: []string{"cdn.redoc.ly"}, boxes: 97, pixels: 1, alone: true,
		},
		{
			name: "reveal", path: "/npm/reveal.js/demo.html", ready: "window.Reveal && Reveal.isReady()",
			drive: func(tb *tab) {
				for range 3 {
					tb.do(chromedp.KeyEvent(kb.ArrowRight))
				}
				tb.until(`Reveal.getIndices().h > 0 && document.getAnimations().every((a) => a.playState !== "running")`)
			},
			// Its theme loads a web font, and font files are not recorded: text stands in the
			// viewer's own font, so boxes are printed and not asserted, and pixels of letters differ.
			allow: []string{"static.slid.es", "slideshare", "ERR_"}, boxes: 0, pixels: 80,
		},
		{
			name: "swagger", path: "/sites/swagger.html", ready: "window.siteReady && document.querySelector('.opblock')",
			drive: func(tb *tab) {
				tb.do(chromedp.Click(chromedp.CSS(".opblock-summary-control")))
				tb.until(`document.querySelector(".opblock.is-open .try-out__btn")`)
				tb.do(chromedp.Click(chromedp.CSS(".opblock.is-open .try-out__btn")))
				tb.wheel(600, 400, 300)
			},
			pixels: 1, boxes: 95, // a select is as wide as its options, and their texts are masked
		},
	}
}

// typeText types with trusted key events, key by key, into what has the focus.
func (tb *tab) typeText(text string) { tb.t.Helper(); tb.do(chromedp.KeyEvent(text)) }

// wheel turns the wheel at a point. Chromium refuses a wheel event without deltaX, and the
// protocol's types leave a zero out.
func (tb *tab) wheel(x, y, dy float64) {
	tb.t.Helper()
	if _, err := cdp.Call(tb.ctx, chromedp.FromContext(tb.ctx).Target, input.DispatchMouseEvent, input.DispatchMouseEventParams{
		Type: input.DispatchMouseEventTypeMouseWheel, X: x, Y: y, DeltaX: 1e-6, DeltaY: dy}); err != nil {
		tb.t.Fatal(err)
	}
}

// settle waits until the page has been still for ten frames in a row.
func (tb *tab) settle() {
	tb.t.Helper()
	eval[any](tb, `new Promise((done) => {
		let still = 0, last = ''
		const look = () => {
			const now = document.getElementsByTagName('*').length + ' ' + scrollX + ' ' + scrollY
			still = now === last ? still + 1 : 0
			last = now
			if (still > 30) done(true); else requestAnimationFrame(look)
		}
		look()
	})`)
}

// Applications that we did not write, as their packages ship them, driven by trusted input
// in both levels; the replayed document is compared with the recorded one.
func TestRealSites(t *testing.T) {
	for _, site := range realSites() {
		t.Run(site.name, func(t *testing.T) {
			if !site.alone {
				t.Parallel()
			}
			for _, level := range []string{"strict", "balanced"} {
				if site.alone && level == "strict" && !*everyRow {
					continue // it holds up all others
				}
				t.Run(level, func(t *testing.T) {
					if !site.alone {
						t.Parallel()
					}
					inRealSite(t, site, level)
				})
			}
		})
	}
}

func inRealSite(t *testing.T, site realSite, level string) {
	var c *collectorSite
	page := serve(t, siteHandler(func() string { return scriptTag(c, `data-privacy="`+level+`"`) }))
	c = startCollectorFor(t, page, "--privacy", "balanced")
	tb := newTab(t)
	for _, a := range site.allow {
		tb.allow(a)
	}
	tb.viewport(1280, 800)
	tb.open(page + site.path)
	tb.until(site.ready)
	tb.until(`window.afterimage && afterimage.state.phase === "recording"`)
	site.drive(tb)
	tb.settle()
	recorded := describe(tb, "document")
	session := eval[string](tb, `afterimage.sessionId`)
	if stopped := eval[map[string]float64](tb, `afterimage.stop({timeoutMs: 60000})`); stopped["pending"] != 0 {
		t.Fatalf("stop left %v segments unacknowledged", stopped["pending"])
	}
	picture := tb.pictureOf("document")
	text := c.replay(t, "cat", session)
	for _, typed := range site.typed {
		if strings.Contains(strings.ToLower(text), typed) {
			t.Errorf("typed text %q stands in the recording", typed)
		}
	}
	if out := c.replay(t, "verify", session); !strings.Contains(out, "whole: chain unbroken, no gaps") {
		t.Errorf("verify says:\n%s", out)
	}
	rp := c.openReplay(t, session, 1280, 800)
	eval[any](rp, `player.seek(player.startTime + player.duration)`)
	l := compare(t, recorded, describe(rp, "player.document"))
	differ, of := differing(t, picture, rp.pictureOf("player.document"), 800)
	fmt.Printf("%-8s %-8s %s, %.2f %% of the pixels differ\n", site.name, level, l, float64(differ)*100/float64(of))
	if l.form != l.elements {
		t.Errorf("form state differs:%s", l.differences())
	}
	if l.scroll != l.elements {
		t.Errorf("scroll differs:%s", l.differences())
	}
	if level == "balanced" {
		// What looks like a token or a person is masked in balanced too.
		if l.text*100 < l.elements*99 {
			t.Errorf("text differs:%s", l.differences())
		}
		if differ*1000 > of*site.pixels {
			t.Errorf("%d of %d pixels differ", differ, of)
		}
		if l.box*100 < l.elements*site.boxes {
			t.Errorf("%d of %d boxes are within 1 px:%s", l.box, l.elements, l.differences())
		}
	}
	if errs := eval[[]string](rp, `player.errors.map(String)`); len(errs) > 0 {
		t.Errorf("the player reports %q", errs)
	}
}

// pictureOf is a screenshot without what a recording does not hold: what fields show, canvas, video, and where a caret is in its blink.
func (tb *tab) pictureOf(document string) []byte {
	tb.t.Helper()
	eval[any](tb, `(() => {
		const style = `+document+`.createElement('style')
		style.textContent = 'input,textarea,select,canvas,video,.cursor{visibility:hidden!important}*{caret-color:transparent!important;animation:none!important;transition:none!important}'
		`+document+`.head.append(style)
		return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))
	})()`)
	return tb.screenshot()
}
