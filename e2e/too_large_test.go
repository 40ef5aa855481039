package e2e

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
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

// A segment larger than a frame may be is given up. The page's console says so with the remedy, the
// site's health page counts it, and when it happens again and again recording ends: each time costs a
// snapshot, and what is acknowledged between does not make the next one smaller.
func TestSegmentThatIsTooLargeIsToldInTheConsole(t *testing.T) {
	t.Parallel()
	g := newRightsRig(t, true, "")
	g.body = `<h1>a</h1><pre hidden>` + randomWords(3<<19) + `</pre>`
	g.attrs = `data-privacy="balanced"`
	tb := newTab(t)
	tb.allow("WebSocket")
	tb.onNewDocument(`globalThis.warned = []; console.warn = (...a) => warned.push(a.join(' '))`)
	g.visit(tb, "recording")
	const cause, remedy = "segment too large", "block part of the page"
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
