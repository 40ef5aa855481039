package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// erasing lets the rig play the collector's side of erase (collector/UPLOAD.md) with a status.
func (g *rightsRig) erasing(status *int) {
	g.instead["/v1/erase"] = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.WriteHeader(*status)
		_, _ = w.Write([]byte(`{"deleted":1}`))
	}
}

// What was recorded of a minor is deleted here and on the collector, and nothing more is recorded.
func TestMinorStopsAndDeletes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, how string }{
		{"from the next page on", ""},
		{"while it records", `afterimage.start({ minor: true }).catch((e) => e.code)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			status := http.StatusOK
			g := newRightsRig(t, true, "")
			g.erasing(&status)
			tb := newTab(t)
			g.visit(tb, "recording")
			eval[any](tb, `afterimage.flush()`)
			key := eval[string](tb, storedNow+`.k`)
			other := newTabIn(t, tb.ctx)
			g.visit(other, "recording")
			g.attrs = "data-minor"
			if c.how == "" {
				g.visit(tb, "idle")
			} else if got := eval[string](tb, c.how); got != "minor" {
				t.Errorf("start answers %q, want minor", got)
			}
			tb.until(`afterimage.state.phase === 'idle' && afterimage.state.reason.includes('minor') && afterimage.sessionId === null`)
			other.until(`afterimage.state.phase === 'idle' && afterimage.state.reason.includes('minor') && afterimage.sessionId === null`)
			waitFor(t, "the request", func() bool { return len(g.bodies("/v1/erase")) == 1 })
			want := `{"v":1,"site":"` + g.site() + `","keys":["` + key + `"]}`
			if got := g.bodies("/v1/erase")[0]; got != want {
				t.Errorf("asked to erase %s, want %s", got, want)
			}
			tb.until(`JSON.stringify(` + storedNow + `) === '{"e":""}'`)
			tb.workersEnd()
			// It is asked for once.
			g.visit(tb, "idle")
			if n := len(g.bodies("/v1/erase")); n != 1 {
				t.Errorf("asked to erase %d times", n)
			}
		})
	}
}

// A minor of whom nothing was recorded leaves no trace, and nothing is asked for.
func TestMinorIsNotRecorded(t *testing.T) {
	t.Parallel()
	g := newRightsRig(t, true, "data-minor")
	tb := newTab(t)
	g.visit(tb, "idle")
	eval[any](tb, `afterimage.track('x'); new Promise((f) => setTimeout(f, 300))`)
	if got := g.requests(); !slices.Equal(got, []string{"/afterimage.js"}) {
		t.Errorf("requests: %q", got)
	}
	if got := eval[string](tb, everythingStored); got != nothingStored {
		t.Errorf("stored: %s", got)
	}
}

// Where the collector did not delete, the request is repeated with the next page, and nothing is
// recorded before it has succeeded.
func TestMinorsDeletionIsRepeated(t *testing.T) {
	t.Parallel()
	status := http.StatusServiceUnavailable
	g := newRightsRig(t, true, "")
	g.erasing(&status)
	tb := newTab(t)
	tb.allow("503")
	g.visit(tb, "recording")
	key := eval[string](tb, storedNow+`.k`)
	g.attrs = "data-minor"
	g.visit(tb, "refused")
	if got := eval[string](tb, `JSON.stringify(`+storedNow+`)`); got != `{"e":"`+key+`"}` {
		t.Errorf("stored: %s, want the key alone", got)
	}
	g.attrs = ""
	g.visit(tb, "refused")
	status = http.StatusOK
	g.visit(tb, "recording")
	bodies := g.bodies("/v1/erase")
	if len(bodies) != 3 || strings.Count(strings.Join(bodies, ""), key) != 3 {
		t.Errorf("asked to erase %q", bodies)
	}
	after := eval[map[string]any](tb, storedNow)
	if after["k"] == key || after["e"] != nil {
		t.Errorf("stored: %v", after)
	}
}

// The real collector deletes the sessions that bear the key's tag, and no others.
func TestMinorsSessionsAreGoneFromTheCollector(t *testing.T) {
	t.Parallel()
	g := newRightsRig(t, true, "")
	tb := newTab(t)
	g.visit(tb, "recording")
	eval[any](tb, `afterimage.flush()`)
	adult := newTab(t)
	g.visit(adult, "recording")
	eval[any](adult, `afterimage.flush()`)
	session := eval[string](adult, `afterimage.sessionId`)
	g.attrs = "data-minor"
	g.visit(tb, "idle")
	tb.until(`JSON.stringify(` + storedNow + `) === '{"e":""}'`)
	var left []string
	for line := range strings.Lines(g.replay(t, "list", "--json")) {
		var row struct{ ID, Session string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		left = append(left, row.ID+row.Session)
	}
	if len(left) != 1 || left[0] != session {
		t.Errorf("the collector has %q, want the adult's session alone", left)
	}
}
