package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// Where no socket comes about, page and worker run and nothing arrives: after some connects in a row that
// fail the state says so, until one succeeds, and the console names the remedy, once.
func TestCollectorOutOfReachIsTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, attrs string
		instead     http.HandlerFunc
	}{
		{"a wrong path", `data-paths='{"socket":"nowhere"}'`, nil},
		{"a proxy that drops upgrades", "", func(w http.ResponseWriter, r *http.Request) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newRightsRig(t, true, c.attrs)
			if c.instead != nil {
				g.instead["/v1/ws"] = c.instead
			}
			tb := newTab(t)
			tb.allow("WebSocket")
			tb.onNewDocument(`globalThis.warned = []; console.warn = (...a) => warned.push(a.join(' '))`)
			g.visit(tb, "recording")
			if got := eval[string](tb, `afterimage.state.reason`); got != "" {
				t.Errorf("at first the reason is %q, want none", got)
			}
			tb.until(`afterimage.state.reason === "unreachable" && warned.length`)
			if got := eval[string](tb, `afterimage.state.phase`); got != "recording" {
				t.Errorf("the phase is %q, want recording: what is recorded waits", got)
			}
			if got := eval[string](tb, `warned[0]`); !strings.Contains(got, "paths.socket") || !strings.Contains(got, "WebSocket upgrades") {
				t.Errorf("the console says %q, want the remedy", got)
			}
			if c.instead == nil {
				return
			}
			g.mu.Lock()
			delete(g.instead, "/v1/ws")
			g.mu.Unlock()
			tb.until(`afterimage.state.reason === ""`)
			if n := eval[map[string]float64](tb, `afterimage.flush()`)["pending"]; n != 0 {
				t.Errorf("%v segments are pending, want none", n)
			}
			tb.allow("ERR_")
			g.kill()
			tb.until(`afterimage.state.reason === "unreachable"`)
			if n := eval[int](tb, `warned.length`); n != 1 {
				t.Errorf("%d warnings, want one", n)
			}
		})
	}
}
