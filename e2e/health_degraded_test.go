package e2e

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A page that keeps the recorder busy is told of where people look: in the page's state, in the
// recording and, counted, on the site's health page.
func TestBusyPageIsToldOnTheHealthPage(t *testing.T) {
	g := newRightsRig(t, true, "")
	g.body = `<main id="rows" hidden></main><script>
		let frames = 0
		function work() {
			const list = []
			for (let i = 0; i < 1500; i++) { const row = document.createElement('div'); row.append('row ' + frames, document.createElement('b')); list.push(row) }
			rows.replaceChildren(...list)
			frames++
			if (window.afterimage?.state.phase !== 'degraded') setTimeout(work, 16)
		}
		work()
	</script>`
	tb := newTab(t)
	tb.onNewDocument(soon)
	g.visit(tb, "degraded")
	if reason := eval[string](tb, `afterimage.state.reason`); !strings.Contains(reason, "busy page") || !strings.Contains(reason, "pointer") {
		t.Errorf("the state says %q", reason)
	}
	// Much of a busy page waits before it.
	waitFor(t, "an acknowledgement of all", func() bool { return eval[flushed](tb, `afterimage.flush()`).Pending == 0 })
	if events := g.replay(t, "cat", eval[string](tb, `afterimage.sessionId`)); !strings.Contains(events, `"degraded"`) {
		t.Error("the recording does not tell")
	}
	ui := newTab(t)
	ui.open(regexp.MustCompile(`http://\S+/sign-in/\S+`).FindString(g.server.output()))
	ui.do(chromedp.Click(chromedp.CSS("form button")))
	ui.until(`location.pathname === "/"`)
	ui.open(g.server.URL + "/sites/" + g.site() + "/health")
	ui.until(`(() => { ` + deepScript + ` return deep(document).some((e) => e.textContent.includes('pointer samples left out')) })()`)
}
