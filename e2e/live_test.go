package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A visit is live in list and player while its page is open and shows how it began; seconds
// after the visitor has left it is live no more, though it could still go on.
func TestLiveEndsWhenTheVisitorLeaves(t *testing.T) {
	t.Parallel()
	var tag string
	page := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><head><link rel="icon" href="data:,"><title>page</title>%s</head><body>
<label for="mail">E-mail address</label><input id="mail" name="m" placeholder="you@shop.example"></body></html>`, tag)
	}))
	c := startCollectorFor(t, page, "--privacy", "balanced")
	tag = scriptTag(c, `data-privacy="balanced"`)
	visitor, ui := newTab(t), newTab(t)
	// As in browsers whose workers end with their page; elsewhere the recorder closes its socket half a minute later.
	visitor.onNewDocument(`delete globalThis.SharedWorker; addEventListener('unload', () => {})`)
	ui.open(regexp.MustCompile(`http://\S+/sign-in/\S+`).FindString(c.server.output()))
	ui.do(chromedp.Click(chromedp.CSS("form button")))
	ui.until(`location.pathname === "/"`)
	visitor.open(page + "/kettles?sort=new")
	visitor.until(`window.afterimage?.state.phase === 'recording'`)
	visitor.do(chromedp.Click("#mail"), chromedp.SendKeys("#mail", "a"))
	eval[any](visitor, `afterimage.flush().then(() => 0)`)
	site, session := strings.Split(c.SiteKey, ".")[1], eval[string](visitor, `afterimage.sessionId`)
	const list = appRoot + ".querySelector('afterimage-sessions')?.renderRoot"
	ui.open(c.server.URL + "/sites/" + site)
	ui.until(list + "?.querySelector('.live') && " + list + ".querySelector('.entry span')")
	if got := eval[string](ui, list+".querySelector('.entry').innerText.trim()"); !strings.HasPrefix(got, "/") || !strings.Contains(got, "desktop") {
		t.Errorf("how it began: got %q, want page and device", got)
	}
	ui.shot("live-list")
	ui.open(c.server.URL + "/sessions/" + session)
	ui.until(playerRoot + "?.querySelector('.live[aria-pressed=true]')")
	const events = playerRoot + ".querySelector('afterimage-events').renderRoot"
	ui.until(events + ".textContent.includes('E-mail address')")
	ui.shot("live-player")
	visitor.open("about:blank")
	ui.until("!" + playerRoot + ".querySelector('.live')")
	if got := c.replay(t, "list"); !strings.Contains(got, "left, may go on") {
		t.Errorf("replay list says %q", got)
	}
	// Who comes back within the time goes on with it, and whoever followed follows again.
	visitor.open(page + "/kettles/2")
	visitor.until(`window.afterimage?.state.phase === 'recording'`)
	ui.until(playerRoot + ".querySelector('.live[aria-pressed=true]')")
	if got := eval[string](visitor, `afterimage.sessionId`); got != session {
		t.Errorf("the visitor came back into session %s, want %s", got, session)
	}
	visitor.open("about:blank")
	ui.open(c.server.URL + "/sites/" + site)
	ui.until(list + "?.querySelector('tbody') && !" + list + ".querySelector('.live') && " + list + ".querySelector('.entry span')")
	ui.until("!" + list + ".querySelector('.duration').innerText.includes('≈')")
	ui.shot("left-list")
}
