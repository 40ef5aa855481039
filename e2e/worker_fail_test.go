package e2e

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gorilla/websocket"
)

type workerFailure struct{ Code, Directive, Reason string }

func (g *workerRig) failure() workerFailure {
	g.t.Helper()
	g.until(`r.has('failed')`)
	return eval[workerFailure](g.tab, `r.last('failed')`)
}

// nothingSent checks that no segment left the page, also when it goes.
func (g *workerRig) nothingSent() {
	g.t.Helper()
	g.run(`r.leave(9)`)
	g.flush()
	if frames, tails := look(g.up, func() int { return g.up.frames }), look(g.up, func() int { return g.up.tails }); frames+tails != 0 {
		g.t.Errorf("%d frames and %d tails were sent, want none", frames, tails)
	}
}

// start is begin without waiting for `ready`; with event 0, and what is then said in the same task.
func (g *workerRig) start(kind string, then ...string) {
	g.t.Helper()
	eval[any](g.tab, fmt.Sprintf(`globalThis.r = rec(%q, %s); r.begin(); r.track(0); %s; 0`, kind, g.config, strings.Join(then, ";")))
}

func TestWorkerDoesNotStart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		prepare         func(g *workerRig)
		code, directive string
	}{
		{"a core of other bytes", func(g *workerRig) { g.page.core = append(bytes.Clone(g.page.core), 0) }, "core-load", ""},
		{"no core", func(g *workerRig) { g.config = strings.Replace(g.config, "/core.wasm", "/none.wasm", 1) }, "core-load", ""},
		{"a core that is no WebAssembly", func(g *workerRig) {
			g.page.core = []byte("not wasm")
			g.config = g.page.config(g.up.url(), g.keys.settings(nil), g.view, nil)
		}, "core-start", ""},
		{"a page script of another version", func(g *workerRig) {
			g.config = g.page.config(g.up.url(), g.keys.settings(nil), g.view, map[string]any{"protocolVersion": 2})
		}, "version", ""},
		{"settings of another site", func(g *workerRig) {
			g.config = g.page.config(g.up.url(), g.keys.settings(map[string]any{"site": "othersite"}), g.view, nil)
		}, "settings", ""},
		{"held custody without a signature", func(g *workerRig) {
			g.config = g.page.config(g.up.url(), g.keys.settings(nil), g.view, map[string]any{"siteKey": "h." + workerSite + ".x"})
		}, "settings", ""},
		{"a policy without connect-src for the core", func(g *workerRig) { g.page.csp = "default-src 'self'; connect-src 'none'" }, "csp", "connect-src"},
		{"a policy without wasm-unsafe-eval", func(g *workerRig) { g.page.csp = "script-src 'self'" }, "csp", "script-src"},
	} {
		for _, kind := range workerKinds {
			t.Run(c.name+", "+kind, func(t *testing.T) {
				t.Parallel()
				g := newWorkerRig(t)
				g.allow("integrity")
				g.allow("404")
				g.allow("Content Security Policy")
				c.prepare(g)
				g.start(kind)
				if got := g.failure(); got.Code != c.code || got.Directive != c.directive {
					t.Errorf("got %+v, want code %q, directive %q", got, c.code, c.directive)
				}
				g.nothingSent()
				if n := look(g.up, func() int { return g.up.sessions }); n != 0 {
					t.Errorf("%d sockets were opened, want none", n)
				}
			})
		}
	}
}

func TestWorkerNamesThePolicyThatForbidsTheSocket(t *testing.T) {
	t.Parallel()
	for _, kind := range workerKinds {
		t.Run(kind, func(t *testing.T) {
			g := newWorkerRig(t)
			g.allow("Content Security Policy")
			g.page.csp = "connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'"
			g.start(kind)
			if got := g.failure(); got.Code != "csp" || got.Directive != "connect-src" || !strings.Contains(got.Reason, g.up.addr) {
				t.Errorf("got %+v, want csp with connect-src and the address", got)
			}
		})
	}
}

// The bridge refuses with a reason (TestInsecureContextIsRefused of policy_test.go); a worker that is started all the same records nothing.
func TestWorkerNeedsASecureContext(t *testing.T) {
	t.Parallel()
	ctx, stop, err := startBrowser(chromedp.Flag("host-resolver-rules", "MAP plain.test 127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	p, u, keys := newWorkerPage(t, echoCore(t)), newUploads(t), newSiteKeys(t)
	tb := newTabIn(t, ctx)
	tb.allow("CORS policy") // it asks for the core, of which the address has another host here
	tb.open(strings.Replace(p.URL, "127.0.0.1", "plain.test", 1))
	eval[any](tb, fmt.Sprintf(`globalThis.r = rec('dedicated', %s); 0`, p.config(u.url(), keys.settings(nil), randomHex(t), nil)))
	tb.until(`r.has('failed')`)
	if got := eval[workerFailure](tb, `r.last('failed')`); got.Code != "internal" {
		t.Errorf("got %+v, want internal", got)
	}
	tb.close()
}

// The core refuses: what is not sealed is dropped, what was sealed arrives, nothing follows.
func TestWorkerFailsClosed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, op, code string }{
		{"a negative status", "255", "op"},
		{"a trap", "254", "trap"},
	} {
		t.Run(c.name+" before anything is sealed", func(t *testing.T) {
			g := newWorkerRig(t)
			// In one task with the beginning: a second after that the worker seals.
			g.start("shared", `r.send('ops', [[`+c.op+`]]); r.track(1); r.begin()`)
			if got := g.failure(); got.Code != c.code {
				t.Errorf("got %+v, want code %q", got, c.code)
			}
			g.nothingSent()
			g.storedUntil("nothing", func(n []int) bool { return len(n) == 0 })
			if n := eval[int](g.tab, `r.log.filter((m) => m.t === 'failed').length`); n != 1 {
				t.Errorf("`failed` was said %d times, want once", n)
			}
		})
		t.Run(c.name+" after something was sealed", func(t *testing.T) {
			g := newWorkerRig(t)
			g.start("shared", ``) // the event is sealed with the beginning
			g.storedUntil("a segment", func(n []int) bool { return len(n) > 0 })
			g.run(`r.track(7); r.send('ops', [[` + c.op + `]]); r.track(8)`)
			g.failure()
			g.flush()
			g.arrived(1)
		})
	}
}

func TestWorkerForwardsWhatTheCoreWantsAnew(t *testing.T) {
	g := newWorkerRig(t)
	g.begin("shared")
	g.run(`r.send('ops', [[253]])`)
	g.until(`r.has('resend')`)
	if got := eval[string](g.tab, `JSON.stringify(r.last('resend').list)`); got != "[[7,1]]" {
		t.Errorf("got %s, want [[7,1]]", got)
	}
}

func TestWorkerBeginsAnEpochAfterARefusal(t *testing.T) {
	g := newWorkerRig(t)
	g.begin("shared")
	g.track(0, 1)
	g.flush()
	g.up.set(func() {
		g.up.onFrame = func(c *websocket.Conn, view string, segs []uploadedSegment) bool {
			g.up.onFrame = nil
			_ = c.WriteJSON(map[string]any{"t": "refused", "pageView": view, "numbers": []uint32{segs[0].number}, "code": "conflict", "reason": "other bytes came before"})
			return false
		}
	})
	g.track(100, 101)
	g.flush()
	g.until(`r.has('snapshot')`)
	g.flush()
	g.track(1, 2)
	g.flush()
	if got, want := g.up.events(g.keys, g.view), upTo(2); !slices.Equal(got, want) {
		t.Errorf("events %v arrived, want %v", got, want)
	}
	epochs := look(g.up, func() (list []byte) {
		v := g.up.views[g.view]
		for _, n := range v.numbers() {
			list = append(list, v.segs[n][24])
		}
		return list
	})
	if epochs[0] != 1 || epochs[len(epochs)-1] != 2 {
		t.Errorf("epochs %v, want 1 before the refusal and 2 after", epochs)
	}
	g.storedUntil("nothing", func(n []int) bool { return len(n) == 0 })
}

func TestWorkerGivesUpWhatIsAlwaysRefused(t *testing.T) {
	g := newWorkerRig(t)
	g.up.set(func() {
		g.up.onFrame = func(c *websocket.Conn, view string, segs []uploadedSegment) bool {
			for _, s := range segs {
				_ = c.WriteJSON(map[string]any{"t": "refused", "pageView": view, "numbers": []uint32{s.number}, "code": "deleted", "reason": "the session was deleted"})
			}
			return false
		}
	})
	g.begin("shared")
	g.run(`globalThis.ticking = setInterval(() => { r.track(0); r.port.postMessage({ t: 'flush', id: 0 }); }, 50)`)
	g.until(`r.has('failed')`)
	if got := eval[string](g.tab, `r.last('failed').reason`); !strings.Contains(got, "deleted") {
		t.Errorf("the reason is %q, want that of the collector", got)
	}
}

func TestWorkerStopsWhenItsPageViewIsRefused(t *testing.T) {
	g := newWorkerRig(t)
	g.up.set(func() {
		g.up.onHello = func(c *websocket.Conn, n int) bool {
			_ = c.WriteJSON(map[string]any{"t": "refused", "pageView": g.view, "numbers": []uint32{}, "code": "deleted", "reason": "the session was deleted"})
			return true
		}
	})
	g.begin("shared")
	g.until(`r.last('failed')?.reason === 'deleted: the session was deleted'`)
	g.nothingSent()
}

func TestWorkerObeysCloseCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code int
		ends bool
	}{
		{4001, true}, {4002, true}, {4006, true}, {4008, true},
		{1001, false}, {1011, false}, {1013, false}, {4003, false}, {4005, false}, {4007, false}, {4009, false},
	} {
		t.Run(fmt.Sprint(c.code), func(t *testing.T) {
			t.Parallel()
			g := newWorkerRig(t)
			g.up.set(func() {
				g.up.onHello = func(conn *websocket.Conn, n int) bool {
					if n == 1 {
						_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(c.code, "said by the test"), time.Now().Add(patience))
					}
					return n > 1
				}
			})
			g.begin("shared")
			g.track(0, 1)
			if c.ends {
				g.until(`r.has('failed')`)
				if got := eval[string](g.tab, `r.last('failed').reason`); got != "said by the test" {
					t.Errorf("reason %q, want that of the close frame", got)
				}
				g.nothingSent()
				return
			}
			g.arrived(1)
			if n := look(g.up, func() int { return len(g.up.hellos) }); n < 2 {
				t.Errorf("%d hellos, want another after the close", n)
			}
		})
	}
}

func TestWorkerStopsWhenTheCollectorSaysSo(t *testing.T) {
	g := newWorkerRig(t)
	g.begin("shared")
	g.flush()
	g.up.say(map[string]any{"t": "stop", "reason": "switched off"})
	g.until(`r.last('failed')?.reason === 'switched off'`)
	before := look(g.up, func() int { return g.up.frames })
	g.run(`r.track(0)`)
	g.flush()
	if after := look(g.up, func() int { return g.up.frames }); after != before {
		t.Errorf("%d frames came after the stop", after-before)
	}
}

func TestWorkerOfASwitchedOffSite(t *testing.T) {
	g := newWorkerRig(t)
	g.config = g.page.config(g.up.url(), g.keys.settings(map[string]any{"enabled": false}), g.view, nil)
	g.start("shared")
	g.until(`r.has('failed')`)
	g.nothingSent()
}

// Frames shrink to what the path takes, whether or not it says why it broke.
func TestWorkerMeetsASizeLimit(t *testing.T) {
	t.Parallel()
	for _, resets := range []bool{false, true} {
		t.Run(fmt.Sprintf("the connection is reset %v", resets), func(t *testing.T) {
			t.Parallel()
			g := newWorkerRig(t)
			g.up.set(func() { g.up.readLimit, g.up.resets = 30<<10, resets })
			g.up.kill()
			g.begin("shared")
			g.storedUntil("the snapshot", func(n []int) bool { return len(n) == 1 })
			for i := range 5 {
				g.run(fmt.Sprintf(`r.big(10000); r.track(%d)`, i))
				g.storedUntil("one more", func(n []int) bool { return len(n) == i+2 })
			}
			g.up.start()
			g.run(`r.port.postMessage({ t: 'visible' })`)
			g.arrived(5)
		})
	}
}

// A segment that alone is too large is given up, and a new epoch begins.
func TestWorkerGivesUpASegmentThatIsTooLarge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		limit int64
		size  int
	}{
		{"for this collector", 30 << 10, 40_000},
		{"for any collector", 1000 << 10, 1_100_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newWorkerRig(t)
			g.up.set(func() { g.up.readLimit = c.limit })
			g.begin("shared")
			g.flush()
			g.run(fmt.Sprintf(`r.big(%d)`, c.size))
			g.until(`r.has('snapshot')`)
			g.track(0, 1)
			g.flush()
			g.arrived(1)
			g.storedUntil("nothing", func(n []int) bool { return len(n) == 0 })
		})
	}
}

func TestWorkerStopAnswersInTime(t *testing.T) {
	g := newWorkerRig(t)
	g.begin("shared")
	g.flush()
	g.up.set(func() { g.up.mute = true })
	g.track(0, 1)
	got := eval[flushed](g.tab, `r.ask('stop', { timeoutMs: 100 })`)
	if got.Pending != 1 || got.Acknowledged == 0 {
		t.Errorf("stop answers %+v, want one pending and something acknowledged", got)
	}
	waitFor(t, "the socket to close", func() bool { return look(g.up, func() int { return len(g.up.conns) }) == 0 })
}

func TestWorkerForgetsOnWithdrawal(t *testing.T) {
	g := newWorkerRig(t)
	g.up.kill()
	g.begin("shared")
	g.track(0, 1)
	g.storedUntil("a segment", func(n []int) bool { return len(n) > 0 })
	g.run(`r.port.postMessage({ t: 'delete' })`)
	g.storedUntil("nothing", func(n []int) bool { return len(n) == 0 })
	g.workersEnd()
	g.up.start()
	g.run(`r.port.postMessage({ t: 'visible' }); r.leave(9)`)
	next := *g
	next.view = randomHex(t)
	next.config = next.page.config(next.up.url(), next.keys.settings(nil), next.view, nil)
	next.begin("shared")
	next.track(0, 1)
	next.flush()
	if got := look(g.up, func() int { return len(g.up.views) }); got != 1 {
		t.Errorf("segments of %d page views came, want those of the next alone", got)
	}
}

// While nothing is acknowledged, at most so much is kept; then recording pauses, and comes
// back with a new epoch and a number left out.
func TestWorkerMemoryIsBounded(t *testing.T) {
	g := newWorkerRig(t)
	g.up.set(func() { g.up.mute, g.up.readLimit = true, 4<<20 })
	g.begin("shared")
	g.seal()
	for i := range 12 {
		g.run(`r.big(900000)`)
		g.seal()
		g.storedUntil("its part", func(n []int) bool { return len(n) >= min(i+2, 11) })
	}
	if eval[bool](g.tab, `r.has('snapshot')`) {
		t.Error("a new epoch was asked for while there is no room for it")
	}
	credited := eval[int](g.tab, `r.log.filter((m) => m.t === 'applied').length`)
	if credited > 11 {
		t.Errorf("%d batches were credited beyond the bound", credited)
	}
	g.up.set(func() { g.up.mute = false })
	g.up.drop(websocket.CloseGoingAway, "restart")
	g.until(`r.has('snapshot')`)
	g.track(0, 1)
	g.flush()
	g.arrived(1)
	kept := 0
	for _, plain := range g.up.plain(g.keys, g.view) {
		if len(plain) > 900_000 {
			kept++
		}
	}
	if kept != 10 { // the tenth begins below 8 MB
		t.Errorf("%d large segments were kept, want 10 of the 12", kept)
	}
	numbers := look(g.up, func() []uint32 { return g.up.views[g.view].numbers() })
	if last := numbers[len(numbers)-1]; int(last) != len(numbers) {
		t.Errorf("numbers %v, want exactly one left out", numbers)
	}
}

// seal seals what is pending without waiting for an acknowledgement.
func (g *workerRig) seal() { g.t.Helper(); g.run(`r.port.postMessage({ t: 'flush', id: 0 })`) }
