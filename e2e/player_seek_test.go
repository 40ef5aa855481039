package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// shot keeps a screenshot in AFTERIMAGE_SHOTS, if that is set: for a person to look at.
func (tb *tab) shot(name string) {
	tb.t.Helper()
	if dir := os.Getenv("AFTERIMAGE_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), tb.screenshot(), 0o644); err != nil {
			tb.t.Fatal(err)
		}
	}
}

func TestPlayerBareShowsTheRecordedPage(t *testing.T) {
	t.Parallel()
	base := shopRecording(t).serve(t)
	tb := newTab(t)
	tb.viewport(1280, 720)
	tb.open(base + "/embed/" + fixtureSession + "?bare=1")
	eval[bool](tb, "player.ready.then(() => true)")
	if got := eval[float64](tb, "player.startTime"); int64(got) != fixtureStartMs {
		t.Errorf("start: got %v, want %d", got, fixtureStartMs)
	}
	if got := eval[float64](tb, "player.duration"); got != 27_000 {
		t.Errorf("duration: got %v, want 27000", got)
	}
	tests := []struct {
		name       string
		atMs       int64
		expression string
		want       string
	}{
		{"typing is there, masked", 3000, "player.document.querySelector('#search').value", "•••••••"},
		{"the scroll offset is the recorded one", 7150, "String(player.document.scrollingElement.scrollTop)", "336"},
		{"the basket opens", 8700, "player.document.querySelector('#cart h2').textContent", "Your basket"},
		{"its box is ticked", 10000, "String(player.document.querySelector('#gift').checked)", "true"},
		{"back before the tick", 9000, "String(player.document.querySelector('#gift').checked)", "false"},
		{"back before the basket", 7000, "String(player.document.querySelector('#cart'))", "null"},
		{"the document has a doctype, so standards mode", 7000, "player.document.compatMode", "CSS1Compat"},
		{"the route ends the basket", 19000, "String(player.document.querySelector('#cart'))", "null"},
		{"the next page view", 23000, "player.document.querySelector('h1').textContent", "Thank you for your order"},
		{"back in the first page view", 1000, "String(player.document.querySelectorAll('article').length)", "16"},
		{"a picture has its size", 1000, "(r => r.width + 'x' + r.height)(player.document.querySelector('#i0').getBoundingClientRect())", "250x180"},
		{"noscript is not shown", 1000, "getComputedStyle(player.document.querySelector('noscript')).display", "none"},
		{"scripting is answered as where scripts run", 1000, "getComputedStyle(player.document.body).display", "block"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			eval[bool](tb, seekTo(test.atMs))
			if got := eval[string](tb, test.expression); got != test.want {
				t.Errorf("at %d ms: got %q, want %q", test.atMs, got, test.want)
			}
		})
	}
	if got := eval[[]string](tb, "player.errors"); len(got) != 0 {
		t.Errorf("errors: got %q, want none", got)
	}
	tb.shot("bare")
}

func seekTo(atMs int64) string {
	return fmt.Sprintf("player.seek(player.startTime + %d).then(() => true)", atMs)
}
