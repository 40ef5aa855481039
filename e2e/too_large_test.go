package e2e

import (
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"afterimage/collector/ingest"

	"github.com/chromedp/chromedp"
	"github.com/gorilla/websocket"
)

// randomWords is a text that no compression makes much shorter.
func randomWords(n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for b.Len() < n {
		if b.Len()%9 == 8 {
			b.WriteByte(' ')
		}
		b.WriteByte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[r.IntN(52)])
	}
	return b.String()
}

// Whatever is on a page, its segments can be sent: what is too much of a text ends in an ellipsis, a
// picture that is too much is a box, and recording goes on behind them.
func TestPageOfTooMuchIsRecorded(t *testing.T) {
	t.Parallel()
	g := newRightsRig(t, true, "")
	long := randomWords(3 << 19)
	g.body = `<h1>a</h1><pre hidden>` + long + `</pre><img alt="" src="data:image/svg+xml,` + randomWords(3<<19) + `"><p>behind it</p>`
	g.attrs = `data-privacy="balanced"`
	tb := newTab(t)
	tb.onNewDocument(`globalThis.warned = []; console.warn = (...a) => warned.push(a.join(' '))`)
	g.visit(tb, "recording")
	eval[any](tb, `document.querySelector("p").textContent = "and it goes on"`)
	if n := eval[map[string]float64](tb, `afterimage.flush()`)["pending"]; n != 0 {
		t.Errorf("%v segments are pending, want none", n)
	}
	if got := eval[string](tb, `afterimage.state.phase + warned.join()`); got != "recording" {
		t.Errorf("the state and what was warned of is %q, want recording alone", got)
	}
	player := g.openReplay(t, eval[string](tb, `afterimage.sessionId`), 800, 600)
	eval[any](player, `player.seek(player.currentTime + 60_000)`)
	kept, cut := strings.CutSuffix(eval[string](player, `player.document.querySelector("pre").textContent`), "…")
	if !cut || len(kept) < 500_000 || !strings.HasPrefix(long, kept) {
		t.Errorf("of the text %d bytes of %d are shown, want a beginning and an ellipsis", len(kept), len(long))
	}
	if got := eval[string](player, `player.document.querySelector("p").textContent`); got != "and it goes on" {
		t.Errorf("behind it is %q", got)
	}
	if src := eval[string](player, `String(player.document.querySelector("img").getAttribute("src"))`); len(src) > 1000 {
		t.Errorf("the picture has an address of %d bytes, want a box", len(src))
	}
}

// atMost lets through a socket's messages up to a size, as some proxies do.
func (g *rightsRig) atMost(bytes int64) http.HandlerFunc {
	up := websocket.Upgrader{Subprotocols: []string{ingest.Subprotocol}, CheckOrigin: func(*http.Request) bool { return true }}
	return func(w http.ResponseWriter, r *http.Request) {
		here, err := up.Upgrade(w, r, nil)
		if err != nil {
			g.t.Error(err)
			return
		}
		defer here.Close()
		here.SetReadLimit(bytes)
		d := websocket.Dialer{Subprotocols: []string{ingest.Subprotocol}}
		there, _, err := d.Dial(strings.Replace(g.URL, "http", "ws", 1)+"/v1/ws", http.Header{"Origin": r.Header["Origin"]})
		if err != nil {
			g.t.Error(err)
			return
		}
		defer there.Close()
		pass := func(from, to *websocket.Conn) {
			for {
				kind, b, err := from.ReadMessage()
				if err != nil || to.WriteMessage(kind, b) != nil {
					return
				}
			}
		}
		go func() {
			pass(there, here)
			here.Close()
		}()
		pass(here, there)
		// Closed with bytes unread, a connection is reset, and the page may never read why it was closed.
		for rest := make([]byte, 64<<10); err == nil; _, err = here.NetConn().Read(rest) {
			err = here.NetConn().SetReadDeadline(time.Now().Add(time.Second))
		}
	}
}

// A segment that is too large for what stands before the collector is given up. The page's console says so
// with the remedy, the site's health page counts it, and when it happens again and again recording ends: each
// time costs a snapshot, and what is acknowledged between does not make the next one smaller.
func TestSegmentThatIsTooLargeIsToldInTheConsole(t *testing.T) {
	t.Parallel()
	g := newRightsRig(t, true, "")
	g.instead["/v1/ws"] = g.atMost(200 << 10)
	g.body = `<h1>a</h1><pre hidden>` + randomWords(3<<19) + `</pre>`
	g.attrs = `data-privacy="balanced"`
	tb := newTab(t)
	tb.allow("WebSocket")
	tb.onNewDocument(`globalThis.warned = []; console.warn = (...a) => warned.push(a.join(' '))`)
	g.visit(tb, "recording")
	const cause, remedy = "too large for the proxy", "raise its limit"
	tb.until(`warned.length`)
	if got := eval[string](tb, `warned[0]`); !strings.Contains(got, "a part is not recorded: "+cause) || !strings.Contains(got, remedy) {
		t.Errorf("the console says %q, want that %s and %s", got, cause, remedy)
	}
	tb.until(`afterimage.state.phase === "refused"`)
	for _, got := range []string{eval[string](tb, `afterimage.state.reason`), eval[string](tb, `warned.at(-1)`)} {
		if !strings.Contains(got, cause) || !strings.Contains(got, remedy) {
			t.Errorf("told at the end is %q, want that %s and %s", got, cause, remedy)
		}
	}
	if n := eval[int](tb, `warned.length`); n != 3 {
		t.Errorf("%d warnings, want one for each time", n)
	}
	ui := newTab(t)
	ui.open(regexp.MustCompile(`http://\S+/sign-in/\S+`).FindString(g.server.output()))
	ui.do(chromedp.Click(chromedp.CSS("form button")))
	ui.until(`location.pathname === "/"`)
	ui.open(g.server.URL + "/sites/" + g.site() + "/health")
	ui.until(`(() => { ` + deepScript + ` return deep(document).some((e) => e.textContent.includes('too large to be sent')) })()`)
}
