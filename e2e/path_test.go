package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// event is a line of `replay cat`, as far as tests read it.
type event struct {
	PageView string  `json:"pageView"`
	Segment  int     `json:"segment"`
	AtMs     float64 `json:"atMs"`
	Op       string  `json:"op"`
	Kind     any     `json:"kind"`
}

// events decodes one session with the command line.
func (c *collectorSite) events(t *testing.T, session string) (list []event) {
	t.Helper()
	for line := range strings.Lines(c.replay(t, "cat", session)) {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("replay cat printed %q: %v", line, err)
		}
		list = append(list, e)
	}
	return list
}

// openReplay opens the bare player of a session on a `replay serve` of its own and waits
// until it is ready.
func (c *collectorSite) openReplay(t *testing.T, session string, w, h int64) *tab {
	t.Helper()
	s := startServer(t, binary(t, "afterimage/replay"), "serve", "--data", c.Data, "--keys", c.Keys, "--addr", "127.0.0.1:0")
	tb := newTab(t)
	tb.viewport(w, h)
	tb.open(s.URL + "/embed/" + session + "?bare=1")
	tb.until(`window.player`)
	eval[any](tb, `player.ready.then(() => true)`)
	return tb
}

// record opens a page of url in a new tab and waits until it is recorded.
func record(t *testing.T, url string, w, h int64, allow ...string) *tab {
	t.Helper()
	tb := newTab(t)
	for _, a := range allow {
		tb.allow(a)
	}
	tb.viewport(w, h)
	tb.open(url)
	tb.until(`window.afterimage && afterimage.state.phase !== "idle"`)
	if state := eval[map[string]any](tb, `({phase: afterimage.state.phase, reason: String(afterimage.state.reason)})`); state["phase"] != "recording" {
		t.Fatalf("the recorder's state is %v", state)
	}
	return tb
}

const shopOfTests = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>shop</title><style>
body { margin: 0; font: 16px/1.4 sans-serif } main { width: 700px; padding: 20px } #list { height: 200px; overflow: auto; border: 1px solid }
#list div { height: 40px; padding: 4px } .tall { height: 1500px; background: linear-gradient(red, blue) }
</style>%s</head><body><main><h1>Products</h1><div id="list"></div>
<form><label>Name <input id="name"></label><label>Secret <input id="secret" type="password"></label>
<label><input id="check" type="checkbox"> news</label><select id="size"><option>small<option>large</select><textarea id="note"></textarea>
<fieldset data-afterimage="allow"><input id="open" type="checkbox"><select id="colour"><option>red<option>blue<option>green</select></fieldset></form>
<button id="add" type="button">Add</button><p id="count">0 in the cart</p><x-stars></x-stars><div class="tall"></div></main>
<script>
class Stars extends HTMLElement { connectedCallback() { this.attachShadow({mode: 'open'}).innerHTML = '<style>b { color: teal; font-size: 30px }</style><b>five stars</b>' } }
customElements.define('x-stars', Stars)
for (let i = 0; i < 50; i++) { const d = document.createElement('div'); d.textContent = 'Product ' + i; d.className = 'product'; list.append(d) }
let n = 0
add.onclick = () => { count.textContent = ++n + ' in the cart'; list.prepend(list.lastElementChild); list.children[3].remove(); history.pushState(null, '', '?cart=' + n) }
</script></body></html>`

// checkWholeAndMasked looks at a session in which Grace was typed into shopOfTests, with a password and a
// note: it has no gap, and of what was typed nothing stands in it.
func (c *collectorSite) checkWholeAndMasked(t *testing.T, session string) {
	t.Helper()
	if out := c.replay(t, "verify", session); !strings.Contains(out, "whole: chain unbroken, no gaps") {
		t.Errorf("verify reports gaps:\n%s", out)
	}
	text := c.replay(t, "cat", session)
	for _, secret := range []string{"Grace", "hunter22", "nobody", "read this"} {
		if strings.Contains(text, secret) {
			t.Errorf("typed text %q stands in the recording", secret)
		}
	}
}

// The collector dies in the middle (kill -9), the visitor goes on, the collector comes back:
// nothing is lost or doubled, and the replay is the page.
func TestPathSurvivesAKilledCollector(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"strict", "balanced"} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			var c *collectorSite
			origin := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprintf(w, shopOfTests, scriptTag(c, `data-privacy="`+level+`"`))
			}))
			c = startCollectorFor(t, origin, "--privacy", "balanced")
			tb := record(t, origin, 1000, 700, "WebSocket connection", "ERR_CONNECTION_REFUSED", "net::ERR")
			tb.do(chromedp.Click(chromedp.CSS("#add")), chromedp.SendKeys(chromedp.CSS("#name"), "Grace"))
			eval[any](tb, `afterimage.flush()`)

			c.kill()
			tb.do(chromedp.Click(chromedp.CSS("#add")), chromedp.SendKeys(chromedp.CSS("#secret"), "hunter22"),
				chromedp.SendKeys(chromedp.CSS("#note"), "nobody may read this"), chromedp.Click(chromedp.CSS("#check")),
				chromedp.Click(chromedp.CSS("#open")), chromedp.SendKeys(chromedp.CSS("#colour"), "g"))
			eval[any](tb, `(document.getElementById("list").scrollTop = 333, scrollTo(0, 150))`)
			c.start(t)
			tb.do(chromedp.Click(chromedp.CSS("#add")))
			eval[any](tb, `scrollTo(0, 150)`)
			tb.until(`document.getElementById("count").textContent === "3 in the cart"`)
			eval[any](tb, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`)
			recorded := describe(tb, "document")
			flushed := eval[map[string]float64](tb, `afterimage.stop({timeoutMs: 60000})`)
			if flushed["pending"] != 0 {
				t.Fatalf("stop left %v segments unacknowledged", flushed["pending"])
			}
			session := eval[string](tb, `afterimage.sessionId`)
			if session == "" {
				session = c.onlySession(t)
			}

			c.checkWholeAndMasked(t, session)
			clicks, activity := 0, 0
			for _, e := range c.events(t, session) {
				if e.Op == "mouse" && e.Kind == "click" {
					clicks++
				}
				if e.Op == "activity" || e.Op == "key" {
					activity++
				}
			}
			if clicks < 4 {
				t.Errorf("got %d clicks, want at least 4", clicks)
			}
			if activity == 0 {
				t.Error("typing left no sign of activity")
			}

			rp := c.openReplay(t, session, 1000, 700)
			eval[any](rp, `player.seek(player.startTime !== undefined ? player.startTime + player.duration : player.currentTime + player.duration)`)
			replayed := describe(rp, "player.document")
			l := compare(t, recorded, replayed)
			t.Logf("%s: %s", level, l)
			if level == "balanced" && l.text != l.elements {
				t.Errorf("text differs:%s", l.differences())
			}
			if l.form != l.elements || l.scroll != l.elements {
				t.Errorf("form state or scroll differs:%s", l.differences())
			}
			// A select is as wide as its options, whose texts are masked; nothing else moves.
			if level == "balanced" && l.box < l.elements-1 {
				t.Errorf("%d of %d boxes are within 1 px:%s", l.box, l.elements, l.differences())
			}
			// What a person sees is the same but for what the level masks.
			hidden := `form { visibility: hidden }`
			if level == "strict" {
				hidden = `form, button, p + * { visibility: hidden } body { color: transparent }` // p + *: the name of a custom element is masked
			}
			for shown, document := range map[*tab]string{tb: "document", rp: "player.document"} {
				eval[any](shown, `(() => { const s = `+document+`.createElement("style"); s.textContent = "`+hidden+`"; `+document+`.head.append(s) })()`)
			}
			if n, of := differing(t, tb.screenshot(), rp.screenshot(), 700); n > 0 {
				t.Errorf("%d of %d pixels differ from the recorded page", n, of)
			}
		})
	}
}

// onlySession is the id of the only session in the collector's data.
func (c *collectorSite) onlySession(t *testing.T) string {
	t.Helper()
	var id string
	n := 0
	for line := range strings.Lines(c.replay(t, "list", "--json")) {
		var s struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatalf("replay list --json printed %q: %v", line, err)
		}
		id = s.ID
		n++
	}
	if n != 1 {
		t.Fatalf("the collector holds %d sessions, expected one", n)
	}
	return id
}
