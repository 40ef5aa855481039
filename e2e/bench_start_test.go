package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestBenchStart does what README says on a fresh clone: go run ./collector, sign in, open
// a sample recording, and prints the seconds until the recording is painted. The module
// cache is warm; the build cache is empty, unless AFTERIMAGE_WARM=1.
func TestBenchStart(t *testing.T) {
	wholeBrowser(t)
	if !*benchFlag {
		t.Log("not measured: a benchmark, run by make bench-start")
		return
	}
	dir := t.TempDir()
	clone := filepath.Join(dir, "afterimage")
	if out, err := exec.Command("git", "clone", "-q", "..", clone).CombinedOutput(); err != nil {
		t.Fatalf("git clone: %v\n%s", err, out)
	}
	tb := newTab(t)
	tb.viewport(1440, 900)
	cache := "empty"
	if os.Getenv("AFTERIMAGE_WARM") == "1" {
		cache = "warm"
	} else {
		t.Setenv("GOCACHE", filepath.Join(dir, "gocache"))
	}
	start := time.Now()
	// The two steps of `go run ./collector`, so that the test can end what it started.
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "collector-of-clone"), "./collector")
	build.Dir = clone
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build ./collector: %v\n%s", err, out)
	}
	built := time.Since(start)
	s := startServer(t, filepath.Join(dir, "collector-of-clone"), "--data", filepath.Join(dir, "data"), "--keys", filepath.Join(dir, "keys"), "--addr", "127.0.0.1:0")
	listening := time.Since(start)
	link := regexp.MustCompile(`http://\S+/sign-in/\S+`).FindString(s.output())
	if link == "" {
		t.Fatalf("the collector printed no sign-in link:\n%s", s.output())
	}
	tb.open(link)
	tb.do(chromedp.Click(chromedp.CSS("form button"))) // a link alone, as a mail scanner follows it, signs nobody in
	tb.until(`location.pathname === "/"`)
	session := ""
	waitFor(t, "a sample recording in the list", func() bool {
		session, _ = tryEval[string](tb, `fetch('/api/v1/sessions').then((r) => r.json()).then((l) => l.sessions[0].id)`)
		return session != ""
	})
	tb.open(s.URL + "/embed/" + session)
	tb.until(`window.player`)
	eval[any](tb, `player.ready.then(() => true)`)
	if n := eval[int](tb, `player.document.querySelectorAll('*').length`); n < 50 {
		t.Fatalf("the replayed page has %d elements", n)
	}
	fmt.Printf("build cache %s: built after %.1f s, listening after %.1f s, a recording on screen after %.1f s\n", cache, built.Seconds(), listening.Seconds(), time.Since(start).Seconds())
}
