package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// What a site owner gets wrong is told in the page's console and in its state, with the remedy; and
// the site's health page counts those who came from an origin that is not listed.
func TestMistakesOfASiteAreToldInTheConsole(t *testing.T) {
	t.Parallel()
	var tag string
	page := func() string {
		return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, `<!doctype html><html lang="en"><head><link rel="icon" href="data:,"><title>page</title>%s</head><body>a</body></html>`, tag)
		}))
	}
	listed, unlisted := page(), page()
	c := startCollectorFor(t, listed)
	right := scriptTag(c, "")
	for _, x := range []struct{ name, origin, tag, cause, remedy string }{
		{"a wrong site key", listed, strings.Replace(right, c.SiteKey[:4], c.SiteKey[:2]+"zz", 1), "no site has this key", "copy the script tag"},
		{"no site key", listed, strings.Replace(right, c.SiteKey, "shop", 1), "not a site key", "copy the script tag"},
		{"an origin that is not listed", unlisted, right, unlisted + " is not listed", "collector site set"},
	} {
		t.Run(x.name, func(t *testing.T) {
			tag = x.tag
			tb := newTab(t)
			tb.allow("status of 404")
			tb.allow("status of 403")
			tb.allow("WebSocket")
			tb.onNewDocument(`globalThis.warned = []; console.warn = (...a) => warned.push(a.join(' '))`)
			tb.open(x.origin)
			tb.until(`window.afterimage?.state.phase === 'refused'`)
			for _, told := range []string{eval[string](tb, `warned.join('\n')`), eval[string](tb, `afterimage.state.reason`)} {
				if !strings.Contains(told, x.cause) || !strings.Contains(told, x.remedy) {
					t.Errorf("told %q, want %q and %q", told, x.cause, x.remedy)
				}
			}
		})
	}
	t.Run("the health page", func(t *testing.T) {
		ui := newTab(t)
		ui.open(regexp.MustCompile(`http://\S+/sign-in/\S+`).FindString(c.server.output()))
		ui.do(chromedp.Click(chromedp.CSS("form button")))
		ui.until(`location.pathname === "/"`)
		site := strings.Split(c.SiteKey, ".")[1]
		ui.open(c.server.URL + "/sites/" + site + "/health")
		ui.until(`(() => { ` + deepScript + ` return deep(document).some((e) => e.textContent.includes('Origin not allowed')) })()`)
		// --origin would replace the list, and with it end the recordings of all other origins.
		if got := eval[string](ui, `(() => { `+deepScript+` return deep(document).map((e) => e.textContent).join(' ') })()`); !strings.Contains(got, "site set "+site+" --add-origin") || strings.Contains(got, "set "+site+" --origin") {
			t.Errorf("the remedy is %q", got)
		}
	})
}
