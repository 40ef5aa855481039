package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"

	"afterimage/wasm/pack"

	"github.com/gorilla/websocket"
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
	module, err := os.ReadFile(out)
	if err != nil {
		return nil, err
	}
	return pack.Packed(module)
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

// workerRig is a site, its collector, a page and one page view to be recorded.
type workerRig struct {
	*tab
	keys   siteKeys
	up     *uploads
	page   *workerPage
	view   string
	config string
}

func newWorkerRig(t *testing.T) *workerRig {
	t.Helper()
	g := &workerRig{keys: newSiteKeys(t), up: newUploads(t), page: newWorkerPage(t, echoCore(t)), view: randomHex(t)}
	g.tab = newTab(t)
	g.allow("WebSocket connection to") // drops are what these tests are about
	g.allow("net::ERR_")
	g.open(g.page.URL)
	g.config = g.page.config(g.up.url(), g.keys.settings(nil), g.view, nil)
	return g
}

// begin starts the worker as `r` in the page and sends the first snapshot.
func (g *workerRig) begin(kind string) {
	g.t.Helper()
	eval[any](g.tab, fmt.Sprintf(`globalThis.r = rec(%q, %s); r.begin(); 0`, kind, g.config))
	g.until(`r.has('ready')`)
}

// run evaluates a script in the page for what it does.
func (g *workerRig) run(script string) { g.t.Helper(); eval[any](g.tab, `{`+script+`}; 0`) }

func (g *workerRig) track(from, to int) {
	g.t.Helper()
	g.run(fmt.Sprintf(`for (let i = %d; i < %d; i++) r.track(i)`, from, to))
}

func (g *workerRig) flush() flushed { g.t.Helper(); return eval[flushed](g.tab, `r.ask('flush')`) }

// arrived waits until the events 0 to n-1 of the page view are at the collector, each once,
// in order, and nothing else.
func (g *workerRig) arrived(n int) {
	g.t.Helper()
	waitFor(g.t, fmt.Sprintf("%d events at the collector", n), func() bool { return len(g.up.events(g.keys, g.view)) >= n })
	if got, want := g.up.events(g.keys, g.view), upTo(n); !slices.Equal(got, want) {
		g.t.Errorf("events %v arrived, want %v", got, want)
	}
	if conflicts := look(g.up, func() int { return g.up.views[g.view].conflicts }); conflicts != 0 {
		g.t.Errorf("%d segments came with other bytes under a known number", conflicts)
	}
}

func (g *workerRig) storedUntil(what string, ok func(numbers []int) bool) {
	g.t.Helper()
	waitFor(g.t, "the outbox to hold "+what, func() bool {
		numbers, err := tryEval[[]int](g.tab, fmt.Sprintf(`stored(%q)`, g.view))
		return err == nil && ok(numbers)
	})
}

var workerKinds = []string{"shared", "dedicated"}

func TestWorkerDeliversWhatIsFlushed(t *testing.T) {
	for _, kind := range workerKinds {
		t.Run(kind, func(t *testing.T) {
			g := newWorkerRig(t)
			g.begin(kind)
			g.track(0, 5)
			if got := g.flush(); got.Pending != 0 || got.Acknowledged == 0 {
				t.Errorf("flush answers %+v, want nothing pending and something acknowledged", got)
			}
			g.arrived(5)
			if n := eval[int](g.tab, `r.log.filter((m) => m.t === 'applied').length`); n != 6 {
				t.Errorf("%d batches were reported as applied, want 6", n)
			}
			g.storedUntil("nothing", func(n []int) bool { return len(n) == 0 })
		})
	}
}

func TestWorkerSealsEachSecondAndSendsWithoutBeingAsked(t *testing.T) {
	for range 3 {
		g := newWorkerRig(t)
		g.begin("shared")
		g.flush() // the welcome is there
		g.flush() // and with it the anchor, which might have a segment of its own
		g.storedUntil("nothing", func(n []int) bool { return len(n) == 0 })
		before := look(g.up, func() int { return g.up.frames })
		// From before the first of them is sealed until both are.
		took := eval[float64](g.tab, fmt.Sprintf(`(async () => {
			const began = performance.now();
			const until = async (n) => { while (performance.now() - began < 5000 && (await stored(%q)).length < n) await new Promise((r) => setTimeout(r, 20)) };
			r.track(0);
			await until(1);
			r.track(1);
			await until(2);
			return performance.now() - began;
		})()`, g.view))
		g.arrived(2)
		g.storedUntil("nothing", func(n []int) bool { return len(n) == 0 })
		if took >= 5000 {
			t.Logf("the machine is too slow: two segments took %.0f ms", took)
			continue
		}
		if frames := look(g.up, func() int { return g.up.frames }) - before; frames != 1 {
			t.Errorf("two segments within 5 s came in %d frames, want 1", frames)
		}
		return
	}
	t.Fatal("two segments never came about within 5 s, though each second is sealed")
}

func TestWorkerSendsEachSecondWhileWatched(t *testing.T) {
	g := newWorkerRig(t)
	g.begin("shared")
	g.flush()
	g.up.say(map[string]any{"t": "watch", "on": true})
	before := look(g.up, func() int { return g.up.frames })
	g.run(`r.track(0); globalThis.ticking = setInterval(() => r.track(r.n = (r.n ?? 0) + 1), 300)`)
	waitFor(t, "three frames", func() bool { return look(g.up, func() int { return g.up.frames }) >= before+3 })
	n := len(g.up.events(g.keys, g.view))
	if n == 0 || n > 25 {
		t.Errorf("%d events in three frames, want those of about three seconds", n)
	}
}

func TestWorkerSendsAtOnceWhenThereIsMuch(t *testing.T) {
	g := newWorkerRig(t)
	g.begin("shared")
	g.flush()
	g.run(`r.at = r.now(); r.big(40000)`)
	waitFor(t, "the large segment", func() bool { return look(g.up, func() int { return len(g.up.views[g.view].segs) }) == 2 })
	if took := eval[int](g.tab, `r.now() - r.at`); took > 4500 {
		t.Errorf("it came after %d ms, not before the 5 s were over", took)
	}
}

func TestWorkerAddsTheServersClock(t *testing.T) {
	g := newWorkerRig(t)
	g.begin("shared")
	g.flush()
	var texts []string
	waitFor(t, "the op that holds both clocks", func() bool { // it may come a second after the snapshot
		texts = nil
		for _, plain := range g.up.plain(g.keys, g.view) {
			for _, m := range regexp.MustCompile(`(\d{13})\x00(\d{13})\x00`).FindAllStringSubmatch(string(plain), -1) {
				texts = append(texts, m[1], m[2])
			}
		}
		return len(texts) > 0
	})
	if len(texts) != 2 {
		t.Fatalf("%d clock values were recorded, want the anchored one and the browser's", len(texts))
	}
	var server, browser int64
	fmt.Sscan(texts[0], &server)
	fmt.Sscan(texts[1], &browser)
	if d := server - browser; d < -1000 || d > 1000 {
		t.Errorf("anchored and browser's clock differ by %d ms on one machine", d)
	}
}

func TestWorkerReconnectsToAKilledCollector(t *testing.T) {
	for _, kind := range workerKinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			g := newWorkerRig(t)
			g.begin(kind)
			g.track(0, 3)
			g.flush()
			g.up.kill()
			g.track(3, 6)
			g.storedUntil("what the collector lacks", func(n []int) bool { return len(n) > 0 })
			g.up.start()
			g.arrived(6)
			if got := g.flush(); got.Pending != 0 {
				t.Errorf("flush answers %+v, want nothing pending", got)
			}
			g.storedUntil("nothing", func(n []int) bool { return len(n) == 0 })
		})
	}
}

// Connections break in every way at random places; what is acknowledged is there, and each
// event once.
func TestWorkerLosesAndDoublesNothingInAStorm(t *testing.T) {
	g := newWorkerRig(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	calm := false
	g.up.set(func() {
		g.up.onFrame = func(c *websocket.Conn, view string, segs []uploadedSegment) bool {
			if calm {
				return true
			}
			switch rng.IntN(4) {
			case 0: // lost on the way
				_ = c.NetConn().Close()
				return false
			case 1: // stored, and the acknowledgement lost
				if _, err := g.up.store(view, segs); err != nil {
					t.Error(err)
				}
				_ = c.NetConn().Close()
				return false
			case 2: // half of it stored
				if _, err := g.up.store(view, segs[:len(segs)/2]); err != nil {
					t.Error(err)
				}
				_ = c.Close()
				return false
			}
			return true
		}
	})
	g.begin("shared")
	for i := range 20 {
		g.track(3*i, 3*i+3)
		g.run(`r.port.postMessage({ t: 'flush', id: 0 })`)
		sockets := look(g.up, func() int { return g.up.sessions })
		waitFor(t, "a frame or another socket", func() bool {
			return look(g.up, func() bool { return g.up.sessions > sockets }) || len(g.up.events(g.keys, g.view)) == 3*i+3
		})
	}
	g.up.set(func() { calm = true })
	g.arrived(60)
	if got := g.flush(); got.Pending != 0 {
		t.Errorf("flush answers %+v, want nothing pending", got)
	}
	g.storedUntil("nothing", func(n []int) bool { return len(n) == 0 })
	if n := look(g.up, func() int { return g.up.sessions }); n < 4 {
		t.Errorf("%d sockets were opened: the storm was none", n)
	}
}

func TestWorkerOutboxSurvivesReload(t *testing.T) {
	t.Parallel()
	for _, kind := range workerKinds {
		t.Run(kind, func(t *testing.T) {
			g := newWorkerRig(t)
			g.up.kill() // before anything can be sent
			g.begin(kind)
			g.track(0, 4)
			g.storedUntil("a segment", func(n []int) bool { return len(n) > 0 })
			old := g.view
			g.open(g.page.URL + "/other")
			g.view = randomHex(t)
			g.config = g.page.config(g.up.url(), g.keys.settings(nil), g.view, nil)
			g.begin("dedicated")
			g.up.start()
			g.run(`r.port.postMessage({ t: 'visible' })`)
			now := g.view
			g.view = old
			g.arrived(4)
			g.storedUntil("nothing of the old page view", func(n []int) bool { return len(n) == 0 })
			g.view = now
			if got := g.flush(); got.Pending != 0 || got.Acknowledged == 0 {
				t.Errorf("flush of the new page view answers %+v", got)
			}
		})
	}
}

func TestWorkerEndsBelowAnyPrefix(t *testing.T) {
	for _, way := range []string{"socket", "tail"} {
		t.Run(way, func(t *testing.T) {
			g := newWorkerRig(t)
			g.config = g.page.config(g.up.url()+"/pre/fix", g.keys.settings(nil), g.view, map[string]any{"paths": map[string]string{"socket": "s", "tail": "t"}})
			if way == "tail" {
				g.up.set(func() { g.up.onHello = func(*websocket.Conn, int) bool { return false } })
			}
			g.begin("dedicated")
			g.run(`r.leave(0)`)
			g.arrived(1)
		})
	}
}
