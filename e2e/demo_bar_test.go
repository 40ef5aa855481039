package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"afterimage/collector/demo"
)

// The demo shop says what its recorder does, and not that all is recorded where nothing is;
// and it leads to the page where visitors see and delete what was recorded of them.
func TestDemoShopSaysWhatItsRecorderDoes(t *testing.T) {
	t.Parallel()
	var script, key string
	shop := http.NewServeMux()
	shop.Handle("/demo/", demo.Handler(func() string { return script }, func() string { return key }))
	base := serve(t, shop)
	c := startCollectorFor(t, base, "--privacy", "balanced")
	script, key = c.server.URL+"/afterimage.js", c.SiteKey
	tb := newTab(t)
	tb.open(base + "/demo/")
	const bar = `document.querySelector('#notice').innerText.replace(/\s+/g, ' ')`
	const foot = `document.querySelector('#foot').innerText`
	says := func(when, yes, no string) {
		t.Helper()
		tb.until(bar + ".includes(" + quoteJS(yes) + ")")
		for _, text := range []string{eval[string](tb, bar), eval[string](tb, foot)} {
			if no != "" && strings.Contains(text, no) {
				t.Errorf("%s: it says %q", when, text)
			}
		}
	}
	press := func(name string) {
		t.Helper()
		eval[any](tb, `(document.querySelector('#what').click(), [...document.querySelectorAll('#recorded button')].find((b) => b.textContent === `+quoteJS(name)+` && b.checkVisibility()).click(), 0)`)
	}
	says("recording", "Recording this visit", "")
	tb.shot("demo-recording")
	press("Do not record me")
	says("after the opt-out", "Not recording: you said no", "is recorded, masked")
	tb.shot("demo-opted-out")
	if eval[bool](tb, `document.querySelector('.rec-dot').classList.contains('on') || document.querySelector('.rec-watch').checkVisibility()`) {
		t.Error("after the opt-out it looks as if something were recorded")
	}
	press("Record me again")
	says("after the opt-in", "Recording this visit", "")
	if got := eval[string](tb, `document.querySelector('#foot a[href^="/privacy"]')?.textContent ?? ''`); got == "" {
		t.Error("there is no link to /privacy")
	}
	eval[any](tb, `globalThis.open = (...a) => { globalThis.opened = a; return null }; document.querySelector('#foot a[href^="/privacy"]').click(); 0`)
	if got := eval[string](tb, `(globalThis.opened ?? []).join()`); got != ",afterimage-privacy" {
		t.Errorf("the link does not go through privacy(): opened %q", got)
	}
	key = "m.nosuchsite0000"
	other := newTab(t)
	other.allow("status of 404")
	tb = other
	tb.open(base + "/demo/")
	tb.until("window.afterimage?.state.phase === 'refused'")
	says("refused", "Not recording: the recorder refused", "is recorded, masked")
}

func quoteJS(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string
	}
	return string(b)
}
