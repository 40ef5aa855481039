package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"afterimage/jsbridge"
)

// What waits to be sent when the visitor withdraws, on a page without a worker, is deleted by a script that is
// loaded for it. Where that does not come nothing of it is sent, and nothing is recorded, until a later page
// view has deleted it.
func TestWithdrawalIsRepeatedUntilAllIsDeleted(t *testing.T) {
	t.Parallel()
	for _, does := range []string{`afterimage.optOut()`, `afterimage.consent(false)`} {
		t.Run(does, func(t *testing.T) {
			t.Parallel()
			g := newRightsRig(t, true, "")
			chunk := chunkPath(t, "afterimage-more.js")
			down := true
			absent := func(w http.ResponseWriter, r *http.Request) {
				g.mu.Lock()
				defer g.mu.Unlock()
				if !down && r.URL.Path == chunk {
					w.Header().Set("Access-Control-Allow-Origin", "*")
					jsbridge.Assets().Serve(w, r, strings.TrimPrefix(chunk, "/"))
					return
				}
				http.Error(w, "down", http.StatusServiceUnavailable)
			}
			g.instead[chunk] = absent
			g.instead["/v1/ws"] = absent
			g.instead["/v1/tail"] = absent
			tb := newTab(t)
			for _, complaint := range []string{"503", "WebSocket", "net::ERR", "did not load", "blocked by CORS"} {
				tb.allow(complaint)
			}
			g.visit(tb, "recording")
			old := eval[string](tb, `afterimage.pageViewId`)
			eval[any](tb, `afterimage.track('order', {n: 1}); afterimage.stop({timeoutMs: 100})`)
			tb.workersEnd()
			views := func() string {
				return eval[string](tb, `new Promise((done) => { indexedDB.open('afterimage').onsuccess = (e) => {
					const keys = e.target.result.transaction('views').objectStore('views').getAllKeys()
					keys.onsuccess = () => { e.target.result.close(); done(keys.result.join()) } } })`)
			}
			if got := views(); got != old {
				t.Fatalf("the outbox has the page views %q, want %s", got, old)
			}
			before := len(g.requests())
			eval[any](tb, does)
			waitFor(t, "the request for the script", func() bool { return slices.Contains(g.requests(), "/afterimage-more.js") })
			if got := stored(tb); strings.Contains(got, `v\":`) || strings.Contains(got, `k\":`) {
				t.Errorf("storage holds %s after the withdrawal", got)
			}
			eval[any](tb, `afterimage.optIn(); afterimage.consent(true); afterimage.start().catch(() => 0)`)
			tb.until(`afterimage.state.phase === 'refused'`)
			g.visit(tb, "refused")
			for _, path := range g.requests()[before:] {
				if strings.HasPrefix(path, "/v1/") {
					t.Errorf("%s was asked for while the outbox waits for its deletion", path)
				}
			}
			if got := views(); got != old {
				t.Errorf("the outbox has %q, want it as it was", got)
			}
			g.mu.Lock()
			down = false
			g.mu.Unlock()
			g.visit(tb, "recording")
			if got, now := views(), eval[string](tb, `afterimage.pageViewId`); got != now && got != "" {
				t.Errorf("the outbox has %q, want %s alone", got, now)
			}
			if got := stored(tb); strings.Contains(got, `d\":`) {
				t.Errorf("storage holds %s after the deletion", got)
			}
		})
	}
}
