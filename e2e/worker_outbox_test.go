package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// outboxHelp: `box()` opens an outbox, `view(id)` is a page view, `seg(n)` a segment of 100 bytes.
const outboxHelp = `
globalThis.clock = 1e12;
globalThis.box = (site = 's', max) => units.outbox.openOutbox(site, 'https://c', () => clock, max);
globalThis.view = (id) => ({ id, session: 'b'.repeat(32), tab: 'c'.repeat(32), visitorTag: '', consentVersion: '', envelope: 'e', secret: 'x' });
globalThis.seg = (number, size = 100) => ({ number_: number, bytes_: new Uint8Array(size).fill(number) });
0`

func TestOutbox(t *testing.T) {
	t.Parallel()
	p := newWorkerPage(t, nil)
	for _, c := range []struct{ name, script, want string }{
		{"a dead page view is adopted with its segments in order",
			`const b = await box(); for (const n of [2, 0, 1]) await b.put_(view('a'), n + 1, seg(n)); const l = await b.adopt_(); return [l.view_.id, l.view_.secret, l.list_.map((s) => [s.number_, s.bytes_[50]])]`,
			`["a","x",[[0,0],[1,1],[2,2]]]`},
		{"its next number is that of its last put", `const b = await box(); await b.put_(view('a'), 7, seg(6)); return [(await b.adopt_()).next_()]`, `[7]`},
		{"a page view that somebody records is left alone", `const b = await box(); await b.own_(view('a')); await b.put_(view('a'), 1, seg(0)); return [await b.adopt_()]`, `[null]`},
		{"one that is being drained is not drained twice", `const b = await box(), d = await box(); await b.put_(view('a'), 1, seg(0)); await b.adopt_(); return [await d.adopt_()]`, `[null]`},
		{"one that was given back is found again", `const b = await box(); await b.put_(view('a'), 1, seg(0)); (await b.adopt_()).release_(); return [(await b.adopt_()).list_.length]`, `[1]`},
		{"the oldest comes first", `const b = await box(); for (const id of ['z', 'y', 'x']) { clock++; await b.put_(view(id), 1, seg(0)); } return [(await b.adopt_()).view_.id, (await b.adopt_()).view_.id]`, `["z","y"]`},
		{"another site's page views are not ours", `const b = await box(), d = await box('other'); await b.put_(view('a'), 1, seg(0)); return [await d.adopt_()]`, `[null]`},
		{"what was removed is gone, and the rest is not", `const b = await box(); for (const n of [0, 1, 2, 3, 4]) await b.put_(view('a'), n, seg(n)); await b.remove_('a', [[0, 1], [3, 3]]); return (await b.adopt_()).list_.map((s) => s.number_)`, `[2,4]`},
		{"removing what is not there does nothing", `const b = await box(); await b.remove_('a', [[0, 5]]); await b.put_(view('a'), 1, seg(0)); await b.remove_('a', [[1, 9]]); return [(await b.adopt_()).list_.length]`, `[1]`},
		{"an empty page view is forgotten", `const b = await box(); await b.put_(view('a'), 1, seg(0)); await b.remove_('a', [[0, 0]]); const l = await b.adopt_(); return [l, await rows()]`, `[null,0]`},
		{"at the age limit it is kept", `const b = await box(); await b.put_(view('a'), 1, seg(0)); clock += units.limits.MAX_AGE_MS; return [(await b.adopt_()).list_.length]`, `[1]`},
		{"beyond the age limit it is deleted", `const b = await box(); await b.put_(view('a'), 1, seg(0)); clock += units.limits.MAX_AGE_MS + 1; return [await b.adopt_(), await rows(), await sum()]`, `[null,0,0]`},
		{"one byte below the bound there is room", `const b = await box('s', 201); return [!!await b.put_(view('a'), 1, seg(0)), !!await b.put_(view('b'), 1, seg(0))]`, `[true,true]`},
		{"at the bound there is room", `const b = await box('s', 200); return [!!await b.put_(view('a'), 1, seg(0)), !!await b.put_(view('b'), 1, seg(0))]`, `[true,true]`},
		{"one byte beyond it there is none", `const b = await box('s', 199); return [!!await b.put_(view('a'), 1, seg(0)), !!await b.put_(view('b'), 1, seg(0)), await sum()]`, `[true,false,100]`},
		{"what is removed makes room", `const b = await box('s', 199); await b.put_(view('a'), 1, seg(0)); await b.remove_('a', [[0, 0]]); return [!!await b.put_(view('b'), 1, seg(0)), await sum()]`, `[true,100]`},
		{"a removal that was sent twice frees once", `const b = await box(); await b.put_(view('a'), 1, seg(0)); await b.put_(view('a'), 2, seg(1)); await Promise.all([b.remove_('a', [[0, 0]]), b.remove_('a', [[0, 0]])]); return [await sum()]`, `[100]`},
		{"clear forgets this site and no other", `const b = await box(), d = await box('other'); await b.put_(view('a'), 1, seg(0)); await d.put_(view('o'), 1, seg(0)); await b.clear_(); return [await b.adopt_(), (await d.adopt_()).view_.id, await sum()]`, `[null,"o",100]`},
		{"settings versions only grow", `const b = await box(); return [await b.newestSettings_(3), await b.newestSettings_(2), await b.newestSettings_(4), await (await box('other')).newestSettings_(1)]`, `[3,3,4,1]`},
		{"without IndexedDB nothing is kept and nothing breaks", `const old = indexedDB; Object.defineProperty(globalThis, 'indexedDB', { value: undefined, configurable: true }); const b = await box(); const out = [!!await b.put_(view('a'), 1, seg(0)), await b.adopt_(), await b.newestSettings_(2)]; await b.remove_('a', [[0, 0]]); await b.clear_(); Object.defineProperty(globalThis, 'indexedDB', { value: old }); return out`, `[false,null,2]`},
		{"without Web Locks nothing is drained", `Object.defineProperty(navigator, 'locks', { value: undefined }); const b = await box(); await b.own_(view('a')); return [!!await b.put_(view('a'), 1, seg(0)), await b.adopt_()]`, `[true,null]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tb := newTab(t)
			tb.open(p.URL + "/units")
			eval[any](tb, outboxHelp)
			got := eval[string](tb, `(async () => {
				const get = (r) => new Promise((resolve) => { r.onsuccess = () => resolve(r.result); });
				const store = async (name) => (await get(indexedDB.open('afterimage'))).transaction(name).objectStore(name);
				const rows = async () => get((await store('views')).count()), sum = async () => get((await store('meta')).get('bytes'));
				return JSON.stringify(await (async () => {`+c.script+`})());
			})()`)
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// Leftovers of several page views go one after another over the socket of a later one.
func TestLeftoversOfManyPageViewsAreDrained(t *testing.T) {
	t.Parallel()
	g := newWorkerRig(t)
	g.up.kill()
	var old []string
	for range 4 {
		g.view = randomHex(t)
		old = append(old, g.view)
		g.config = g.page.config(g.up.url(), g.keys.settings(nil), g.view, nil)
		g.begin("dedicated")
		g.track(0, 3)
		g.storedUntil("a segment", func(n []int) bool { return len(n) > 0 })
		g.open(g.page.URL + "/other")
	}
	g.up.start()
	g.view = randomHex(t)
	g.config = g.page.config(g.up.url(), g.keys.settings(nil), g.view, nil)
	g.begin("dedicated")
	g.flush()
	for _, view := range old {
		g.view = view
		g.arrived(3)
		g.storedUntil("nothing", func(n []int) bool { return len(n) == 0 })
	}
	if n := look(g.up, func() int { return g.up.sessions }); n != 1 {
		t.Errorf("%d sockets were opened, want 1 for all", n)
	}
}

// Of two tabs one drains; both deliver their own.
func TestOneTabDrains(t *testing.T) {
	g := newWorkerRig(t)
	g.up.kill()
	g.begin("dedicated")
	g.track(0, 3)
	g.storedUntil("a segment", func(n []int) bool { return len(n) > 0 })
	g.open(g.page.URL + "/other")
	g.up.start()
	eval[any](g.tab, fmt.Sprintf(`globalThis.two = [%q, %q].map((id) => { const config = %s; config.view.id = id; return rec('dedicated', config) }); two.forEach((r) => r.begin()); 0`, randomHex(t), randomHex(t), g.config))
	g.arrived(3)
	eval[any](g.tab, `Promise.all(two.map((r) => r.ask('flush'))).then(() => 0)`)
	drainers := look(g.up, func() (n int) {
		for _, h := range g.up.hellos {
			if slices.ContainsFunc(h.Sessions, func(s helloSessionOf) bool { return s.PageViews[0].ID == g.view }) {
				n++
			}
		}
		return n
	})
	if drainers != 1 {
		t.Errorf("the dead page view was announced %d times, want once", drainers)
	}
}

// A leftover that belongs to another writer, or is refused, must not stop the living one.
func TestARefusedLeftoverIsDropped(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"closed with 4006", "refused", "refused as a whole"} {
		t.Run(how, func(t *testing.T) {
			g := newWorkerRig(t)
			g.up.kill()
			g.begin("dedicated")
			g.track(0, 3)
			g.storedUntil("a segment", func(n []int) bool { return len(n) > 0 })
			g.open(g.page.URL + "/other")
			old := g.view
			g.up.set(func() {
				g.up.onFrame = func(c *websocket.Conn, view string, segs []uploadedSegment) bool {
					if view != old {
						return true
					}
					switch how {
					case "refused":
						_ = c.WriteJSON(map[string]any{"t": "refused", "pageView": view, "numbers": []uint32{0}, "code": "deleted", "reason": "gone"})
					case "refused as a whole":
						_ = c.WriteJSON(map[string]any{"t": "refused", "pageView": view, "numbers": []uint32{}, "code": "other-writer", "reason": "gone"})
					default:
						_ = c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(4006, "another writer"), time.Now().Add(patience))
					}
					return false
				}
			})
			g.up.start()
			g.view = randomHex(t)
			g.config = g.page.config(g.up.url(), g.keys.settings(nil), g.view, nil)
			g.begin("dedicated")
			g.track(0, 1)
			now := g.view
			g.view = old
			g.storedUntil("nothing", func(n []int) bool { return len(n) == 0 })
			g.view = now
			g.flush()
			g.arrived(1)
			if eval[bool](g.tab, `r.has('failed') || r.has('snapshot')`) {
				t.Error("the living page view was disturbed")
			}
		})
	}
}
