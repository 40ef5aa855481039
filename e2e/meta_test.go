package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// What a list of sessions is filtered by goes with the first segment of a page view, as the browser and
// the page say it, through the mask.
func TestFirstSegmentTellsOfPageAndBrowser(t *testing.T) {
	t.Parallel()
	for level, want := range map[string]map[string]string{
		"strict": {"title": "xxxx xx xxxxxxx", "entryUrl": "http://127.0.0.1:x/x", "referrer": "http://127.0.0.1:x/x"},
		"balanced": {"title": "Sale of spring", "referrer": "http://127.0.0.1:x/from",
			"entryUrl": "http://127.0.0.1:x/sale?utm_source=x&utm_medium=x&utm_campaign=x&utm_term=x&utm_content=x"},
	} {
		t.Run(level, func(t *testing.T) {
			var c *collectorSite
			origin := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				if r.URL.Path == "/from" {
					fmt.Fprint(w, `<!doctype html><title>from</title><link rel="icon" href="data:,"><a href="/sale?utm_source=news&utm_medium=email&utm_campaign=spring&utm_term=lamps&utm_content=top">Sale</a>`)
					return
				}
				fmt.Fprintf(w, `<!doctype html><html lang="en"><head><link rel="icon" href="data:,"><title>Sale of spring</title>%s</head><body><h1>a</h1></body></html>`,
					scriptTag(c, `data-release="2.4.1" data-environment="staging" data-privacy="`+level+`"`))
			}))
			c = startCollectorFor(t, origin, "--privacy", "balanced")
			tb := newTab(t)
			tb.viewport(900, 640)
			tb.dark(true)
			// The browser's estimate of it changes with what it measures.
			tb.onNewDocument(`{
				const { connection } = navigator
				globalThis.connections = [connection.effectiveType]
				connection.addEventListener('change', () => connections.push(connection.effectiveType))
			}`)
			tb.open(origin + "/from")
			tb.do(chromedp.Click(chromedp.CSS("a")))
			tb.until(`window.afterimage && ` + isRecording)
			eval[any](tb, `afterimage.flush().then(() => 0)`)
			got := map[string]string{}
			for line := range strings.Lines(c.replay(t, "cat", eval[string](tb, `afterimage.sessionId`))) {
				var e struct {
					Op, Key, Value string
					Segment        int
				}
				if err := json.Unmarshal([]byte(line), &e); err != nil {
					t.Fatal(err)
				}
				if e.Op == "meta" && e.Segment == 0 {
					got[e.Key] = e.Value
				}
			}
			for key, expression := range map[string]string{
				"userAgent": `navigator.userAgent`, "screen": `screen.width + 'x' + screen.height`, "viewport": `innerWidth + 'x' + innerHeight`,
				"pixelRatio": `'' + devicePixelRatio`, "language": `navigator.language`, "timeZone": `Intl.DateTimeFormat().resolvedOptions().timeZone`,
				"connection": fmt.Sprintf(`connections.find((type) => type === %q) ?? connections.join()`, got["connection"]), "os": `navigator.userAgentData.platform`,
			} {
				want[key] = eval[string](tb, expression)
			}
			for key, value := range map[string]string{
				"deviceClass": "desktop", "colorScheme": "dark", "reducedMotion": "no-preference",
				"consentState": "none", "privacyLevel": level, "release": "2.4.1", "environment": "staging", "utm_source": "news", "utm_medium": "email", "utm_campaign": "spring", "utm_term": "lamps", "utm_content": "top", "policyVersion": "1",
			} {
				want[key] = value
			}
			for key, value := range want {
				if got[key] != value {
					t.Errorf("%s is %q, want %q", key, got[key], value)
				}
			}
			if !strings.HasPrefix(got["browser"], "Chrom") || got["visitorId"] == "" || got["tabId"] == "" || got["recorderVersion"] == "" {
				t.Errorf("browser %q, visitor %q, tab %q, recorder %q", got["browser"], got["visitorId"], got["tabId"], got["recorderVersion"])
			}
		})
	}
}
