package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
)

// capture.keystrokes: false keeps all of keys out of the recording, and nothing else.
func TestKeystrokesCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	for _, off := range []bool{false, true} {
		t.Run(fmt.Sprintf("off %v", off), func(t *testing.T) {
			var c *collectorSite
			origin := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprintf(w, `<!doctype html><title>keys</title>%s<input id="masked"><input id="shown" data-afterimage="allow">`,
					scriptTag(c, fmt.Sprintf(`data-privacy="balanced" data-capture-keystrokes="%v"`, !off)))
			}))
			c = startCollectorFor(t, origin, "--privacy", "balanced")
			tb := record(t, origin, 800, 600)
			tb.do(chromedp.SendKeys(chromedp.CSS("#masked"), "abc"), chromedp.SendKeys(chromedp.CSS("#shown"), "abc"))
			eval[any](tb, `new Promise((done) => setTimeout(done, 2100))`) // the second of activity is over
			session := eval[string](tb, `afterimage.sessionId`)
			if pending := eval[map[string]float64](tb, `afterimage.stop()`)["pending"]; pending != 0 {
				t.Fatalf("%v segments are not acknowledged", pending)
			}
			ops := c.count(t, session)
			if got := ops["key"] > 0 && ops["activity"] > 0; got == off {
				t.Errorf("ops %v: are there keys and activity? %v", ops, got)
			}
			if off && ops["key"]+ops["activity"] > 0 {
				t.Errorf("ops %v tell of keys", ops)
			}
			if ops["value"] == 0 || ops["focus"] == 0 {
				t.Errorf("ops %v: nothing of values or focus", ops)
			}
		})
	}
}
