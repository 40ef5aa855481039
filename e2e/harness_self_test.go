package e2e

import (
	"fmt"
	"net/http"
	"testing"
)

func TestHarnessSeesWhatThePageReports(t *testing.T) {
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><title>x</title><script>console.error("told you"); setTimeout(() => { throw new Error("thrown") })</script>`)
	}))
	tb := newTab(t)
	tb.open(url)
	waitFor(t, "both reports", func() bool { return tb.reported("told you") && tb.reported("thrown") })
	if n := len(tb.unexpected()); n != 2 {
		t.Errorf("got %d unexpected reports, want 2", n)
	}
	tb.allow("told you")
	tb.allow("thrown")
	if got := eval[string](tb, `Promise.resolve(document.title)`); got != "x" {
		t.Errorf("got title %q, want x", got)
	}
}
