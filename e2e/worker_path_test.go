package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
)

// echoCore is the stand-in for the core in tests of the worker (see its source).
func echoCore(t *testing.T) []byte {
	t.Helper()
	core, err := buildEchoCore()
	if err != nil {
		t.Fatal(err)
	}
	return core
}

var buildEchoCore = sync.OnceValues(func() ([]byte, error) {
	out := filepath.Join(binDir, "echo.wasm")
	cmd := exec.Command("sh", "wasm/toolchain/core.sh", out, "./jsbridge/worker/testing/core")
	cmd.Dir = ".."
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the echo core: %w\n%s", err, text)
	}
	return os.ReadFile(out)
})

var trackName = regexp.MustCompile(`e(\d+)\x00`)

// events are the numbers i of all track(i) that arrived of a page view, in order.
func (u *uploads) events(keys siteKeys, view string) (list []int) {
	u.t.Helper()
	for _, plain := range u.plain(keys, view) {
		for _, m := range trackName.FindAllStringSubmatch(string(plain), -1) {
			var n int
			fmt.Sscan(m[1], &n)
			list = append(list, n)
		}
	}
	return list
}

// upTo is 0, 1, … n-1.
func upTo(n int) (list []int) {
	for i := range n {
		list = append(list, i)
	}
	return list
}

type flushed struct{ Acknowledged, Pending int }

func TestWorkerDeliversWhatIsFlushed(t *testing.T) {
	for _, kind := range []string{"shared", "dedicated"} {
		t.Run(kind, func(t *testing.T) {
			keys, u, p := newSiteKeys(t), newUploads(t), newWorkerPage(t, echoCore(t))
			view := randomHex(t)
			tb := newTab(t)
			tb.open(p.URL)
			eval[any](tb, fmt.Sprintf(`globalThis.r = rec(%q, %s); r.begin(); for (let i = 0; i < 5; i++) r.track(i); 0`, kind, p.config(u.url(), keys.settings(nil), view, nil)))
			tb.until(`r.has('ready')`)
			got := eval[flushed](tb, `r.ask('flush')`)
			if got.Pending != 0 || got.Acknowledged == 0 {
				t.Errorf("flush answers %+v, want nothing pending and something acknowledged", got)
			}
			if got, want := u.events(keys, view), upTo(5); !slices.Equal(got, want) {
				t.Errorf("events %v arrived, want %v", got, want)
			}
			if n := eval[int](tb, `r.log.filter((m) => m.t === 'applied').length`); n != 6 {
				t.Errorf("%d batches were reported as applied, want 6", n)
			}
		})
	}
}
