package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/gorilla/websocket"
)

// leaveOnHide makes the page say `gone` when it goes and `leave` when it is hidden, as the bridge does;
// event 0 comes with what is said first.
const leaveOnHide = `
	let left = 0;
	const leave = (t) => r.leave(left++ ? undefined : 0, t);
	addEventListener('pagehide', () => leave('gone'));
	document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') leave('leave'); });`

// The last second of a page view arrives whichever way the page goes, without another page
// of the origin to help: the shared worker outlives the page.
func TestTailArrives(t *testing.T) {
	t.Parallel()
	for _, way := range []struct {
		name string
		open bool // the socket is greeted before the page goes
	}{{"by the socket", true}, {"by HTTP", false}} {
		for _, exit := range []struct {
			name string
			do   func(g *workerRig)
		}{
			{"on a link to another origin", func(g *workerRig) {
				other := newWorkerPage(g.t, nil)
				g.run(fmt.Sprintf(`document.getElementById('link').href = %q`, other.URL))
				g.do(chromedp.Click(chromedp.ID("link")))
			}},
			{"on a link", func(g *workerRig) { g.do(chromedp.Click(chromedp.ID("link"))) }},
			{"on reload", func(g *workerRig) { g.do(chromedp.Reload()) }},
			{"on close", func(g *workerRig) { g.closePage() }},
		} {
			t.Run(way.name+" "+exit.name, func(t *testing.T) {
				g := newWorkerRig(t)
				if !way.open {
					g.up.set(func() { g.up.onHello = func(*websocket.Conn, int) bool { return false } })
				}
				g.begin("shared")
				if way.open {
					g.flush()
				}
				frames := look(g.up, func() int { return g.up.frames })
				g.run(leaveOnHide)
				exit.do(g)
				g.arrived(1)
				// A slow machine may post a tail beside the frame that is not acknowledged in time.
				frames = look(g.up, func() int { return g.up.frames }) - frames
				tails := look(g.up, func() int { return g.up.tails })
				if way.open && frames == 0 || !way.open && tails == 0 {
					t.Errorf("%d frames and %d HTTP tails came", frames, tails)
				}
			})
		}
	}
}

// A dedicated worker dies with its page, so it posts at once, while the page may still live.
func TestTailOfADedicatedWorkerGoesAtOnce(t *testing.T) {
	g := newWorkerRig(t)
	g.begin("dedicated")
	g.flush()
	g.up.set(func() { g.up.onFrame = func(*websocket.Conn, string, []uploadedSegment) bool { return false } })
	g.run(`r.leave(0)`)
	g.arrived(1)
	if n := look(g.up, func() int { return g.up.tails }); n != 1 {
		t.Errorf("%d HTTP tails were posted, want 1", n)
	}
	g.storedUntil("nothing", func(n []int) bool { return len(n) == 0 })
}

// What does not fit into one keepalive request stays in the outbox; the newest part goes.
func TestTailIsTheNewestThatFits(t *testing.T) {
	t.Parallel()
	g := newWorkerRig(t)
	g.up.set(func() { g.up.onHello = func(*websocket.Conn, int) bool { return false } })
	g.begin("dedicated")
	g.storedUntil("the snapshot", func(n []int) bool { return len(n) == 1 })
	for i := range 3 {
		g.run(`r.big(25000)`)
		g.storedUntil("one more", func(n []int) bool { return len(n) == i+2 })
	}
	g.run(`r.leave(0)`)
	waitFor(t, "the tail", func() bool { return look(g.up, func() int { return g.up.tails }) == 1 })
	g.storedUntil("the older half", func(n []int) bool { return fmt.Sprint(n) == "[0 1]" })
	if got := look(g.up, func() string { return fmt.Sprint(g.up.views[g.view].numbers()) }); got != "[2 3 4]" {
		t.Errorf("segments %s came with the tail, want [2 3 4]", got)
	}
	g.up.set(func() { g.up.onHello = nil })
	g.up.drop(websocket.CloseGoingAway, "restart")
	g.arrived(1)
	g.storedUntil("nothing", func(n []int) bool { return len(n) == 0 })
}

// A page that goes into the back/forward cache says that it leaves; when it comes back it
// records on, in the same page view.
func TestWorkerLivesThroughTheBackForwardCache(t *testing.T) {
	wholeBrowser(t)
	for _, kind := range workerKinds {
		t.Run(kind, func(t *testing.T) {
			var g *workerRig
			comesBack(t, func() *tab {
				g = newWorkerRig(t)
				g.begin(kind)
				g.flush()
				// After its welcome the worker looks for leftovers and asks for their locks, which throws the page
				// out of the cache where it comes that late. It has asked when it answers after this.
				g.storedUntil("nothing", func(n []int) bool { return len(n) == 0 })
				g.flush()
				g.run(leaveOnHide + `; addEventListener('pageshow', () => r.port.postMessage({ t: 'visible' }))`)
				g.leave(g.page.URL + "/other")
				g.arrived(1)
				return g.tab
			})
			g.track(1, 3)
			if got := g.flush(); got.Pending != 0 {
				t.Errorf("flush answers %+v, want nothing pending", got)
			}
			g.arrived(3)
		})
	}
}

// A click may lead away. A worker that goes with its page seals up to the click at once, and what
// follows by itself; one that outlives its page waits for more.
func TestClickIsSealedAtOnceWhereTheWorkerGoesWithItsPage(t *testing.T) {
	t.Parallel()
	for _, kind := range workerKinds {
		t.Run(kind, func(t *testing.T) {
			g := newWorkerRig(t)
			g.begin(kind)
			g.flush()
			g.run(`r.send('click', [[2, r.now()], [37, 'e0', '{}']]); r.track(1)`)
			g.arrived(2)
			at := map[string]int{}
			for i, plain := range g.up.plain(g.keys, g.view) {
				for _, name := range trackName.FindAllString(string(plain), -1) {
					at[name] = i
				}
			}
			if len(at) != 2 {
				t.Fatalf("events stand in segments %v, want two events", at)
			}
			segments := map[int]bool{}
			for _, i := range at {
				segments[i] = true
			}
			if want := map[string]int{"shared": 1, "dedicated": 2}[kind]; len(segments) != want {
				t.Errorf("click and what follows are in %d segments, want %d", len(segments), want)
			}
		})
	}
}
