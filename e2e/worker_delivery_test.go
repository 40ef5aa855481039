package e2e

import "testing"

// deliveryHelp: `deliver()` starts a delivery in the manual world `w`, with an outbox that only
// takes notes; `d.s(i)` is its i-th socket, `d.log` what it told.
const deliveryHelp = `
globalThis.deliver = (w, outlivesPage_ = true) => {
	const log = [], far = [], view = { id: 'a'.repeat(32), session: 'b'.repeat(32), tab: 'c'.repeat(32), visitorTag: '', consentVersion: '', envelope: 'e', secret: 'x' };
	const outbox_ = { put_: async () => true, remove_: async () => {}, adopt_: async () => undefined };
	let next = 0;
	const events = Object.fromEntries(['anchored', 'gaveUp', 'acknowledged', 'stopped', 'failed'].map((name) => [name + '_', (x) => log.push(x === undefined ? name : name + ':' + x)]));
	const d = units.delivery.startDelivery({ socketUrl_: 'ws://x/v1/ws', tailUrl_: 'http://x/v1/tail', site_: 's', view_: view, next_: () => next, outbox_, blocked_: () => undefined, outlivesPage_, unreachable_: (is) => far.push(is), ...events });
	w.run(0);
	return Object.assign(d, { w, log, far, s: (i) => w.sockets[i],
		seg(size = 100) { d.add_({ number_: next++, bytes_: new Uint8Array(60 + size) }); },
		greet(i = 0, over) { d.s(i).open(); d.s(i).say({ ...welcome, pageViews: { [view.id]: [] }, ...over }); },
		ack(from, to, i = 0) { d.s(i).say({ t: 'ack', pageView: view.id, ranges: [[from, to]] }); },
		hellos: (i = 0) => d.s(i).sent.filter((m) => typeof m === 'string').map((m) => JSON.parse(m).counts ?? 0),
		frames: (i = 0) => d.s(i).sent.filter((m) => typeof m !== 'string').map((b) => new DataView(b.buffer).getUint16(17, true)) });
};
0`

func TestDelivery(t *testing.T) {
	tb := unitsTab(t)
	tb.allow("/v1/tail") // nobody is there
	eval[any](tb, manualWorld)
	eval[any](tb, deliveryHelp)
	for _, c := range []struct{ name, script, want string }{
		{"a frame goes 5 s after the first segment, with all", `d.greet(); d.seg(); d.w.run(1000); d.seg(); d.w.run(3999); const a = d.frames(); d.w.run(1); return [a, d.frames()]`, `[[],[2]]`},
		{"each second while watched", `d.greet(0, { watch: true }); d.seg(); d.w.run(1000); d.seg(); d.w.run(1000); return [d.frames()]`, `[[1,1]]`},
		{"being watched shortens the wait that runs", `d.greet(); d.seg(); d.w.run(500); d.s(0).say({ t: 'watch', on: true }); d.w.run(1000); return [d.frames()]`, `[[1]]`},
		{"no more watched, it goes back to 5 s", `d.greet(0, { watch: true }); d.s(0).say({ t: 'watch', on: false }); d.seg(); d.w.run(4999); const a = d.frames(); d.w.run(1); return [a, d.frames()]`, `[[],[1]]`},
		{"one byte below 32 KB waits", `d.greet(); d.seg(32768 - 46); return [d.frames()]`, `[[]]`},
		{"a worker that goes with its page waits for nothing", `const e = deliver(w, false); e.greet(1); e.seg(); const a = e.frames(1).length; e.seg(); return [a, e.frames(1)]`, `[1,[1,1]]`},
		{"nothing is sent on a socket whose end is not told yet", `d.greet(); d.s(0).readyState = 3; d.seg(40000); const a = d.frames(); d.s(0).drop(); d.w.run(500); d.greet(1); return [a, d.frames(1)]`, `[[],[1]]`},
		{"five ends without a welcome are told, once, and the welcome after them", `const n = []; for (let i = 0; i < 8; i++) { d.s(i).drop(); n.push(d.far.length); while (!d.s(i + 1)) d.w.run(500); } d.greet(8); return [n, d.far]`, `[[0,0,0,0,1,1,1,1],[true,false]]`},
		{"ends after a welcome are not", `for (let i = 0; i < 8; i++) { d.greet(i); d.s(i).drop(); while (!d.s(i + 1)) d.w.run(500); } return [d.far.includes(true)]`, `[false]`},
		{"32 KB go at once", `d.greet(); d.seg(32768 - 45); return [d.frames()]`, `[[1]]`},
		{"what was sealed before the welcome goes with it", `d.seg(); d.seg(); d.greet(); return [d.frames()]`, `[[2]]`},
		{"the welcome's durable set is not sent", `for (let i = 0; i < 4; i++) d.seg(); d.greet(0, { pageViews: { ['a'.repeat(32)]: [[0, 1], [3, 3]] } }); return [d.frames(), d.counts_()]`, `[[1],{"acknowledged":3,"pending":1}]`},
		{"after a drop everything unacknowledged goes again", `d.greet(); d.seg(); d.flush_(); d.seg(); d.flush_(); d.ack(0, 0); d.s(0).drop(); d.w.run(500); d.greet(1); return [d.frames(0), d.frames(1)]`, `[[1,1],[1]]`},
		{"an acknowledgement makes the next drop the first", `const drop = (i) => { d.greet(i); d.s(i).drop(); d.w.run(29000); }; drop(0); drop(1); drop(2); d.greet(3); d.seg(); d.flush_(); d.ack(0, 0, 3); d.s(3).drop(); d.w.run(499); const a = d.w.sockets.length; d.w.run(1); return [a, d.w.sockets.length]`, `[4,5]`},
		{"a flush while it waits to try again tries at once", `d.greet(); d.s(0).drop(); d.seg(); d.flush_(); return [d.w.sockets.length]`, `[2]`},
		{"a segment while it waits does not", `d.greet(); d.s(0).drop(); d.seg(40000); return [d.w.sockets.length]`, `[1]`},
		{"at most the window is under way", `for (let i = 0; i < 20; i++) d.seg(200000); d.greet(); const a = d.frames().length; d.ack(0, 0); return [a, d.frames().length]`, `[6,7]`},
		{"a frame of several segments has at most 256 KB", `for (let i = 0; i < 4; i++) d.seg(100000); d.greet(); return [d.frames()]`, `[[2,2]]`},
		{"there is room up to the bound, and again after an acknowledgement", `for (let i = 0; i < 8; i++) d.seg(900000); d.seg(8388608 - 8 * 900045 - 2 * 45 - 900000); const a = d.room_(); d.seg(899999); const b = d.room_(); d.seg(1); const c = d.room_(); d.greet(); d.ack(0, 0); return [a, b, c, d.room_()]`, `[true,true,false,true]`},
		{"the anchor is the server's clock less half the round trip", `d.w.run(100); d.s(0).open(); d.w.run(40); d.s(0).say({ ...welcome, serverTimeMs: 1e12 }); return [d.log[0]]`, `["anchored:999999999880"]`},
		{"only the first welcome anchors", `d.greet(); d.s(0).drop(); d.w.run(500); d.greet(1); return [d.log.filter((x) => x.startsWith('anchored')).length]`, `[1]`},
		{"a refused segment is given up, once", `d.greet(); d.seg(); d.flush_(); for (let i = 0; i < 2; i++) d.s(0).say({ t: 'refused', pageView: 'a'.repeat(32), numbers: [0], code: 'x', reason: 'y' }); return [d.log.filter((x) => x === 'gaveUp').length, d.counts_()]`, `[1,{"acknowledged":0,"pending":0}]`},
		{"three refusals end it", `d.greet(); for (let i = 0; i < 3; i++) { d.seg(); d.flush_(); d.s(0).say({ t: 'refused', pageView: 'a'.repeat(32), numbers: [i], code: 'x', reason: 'y' }); } return [d.log.at(-1)]`, `["stopped:x: y"]`},
		{"so they do with acknowledgements between them", `d.greet(); for (let i = 0; i < 6; i += 2) { d.seg(); d.seg(); d.flush_(); d.ack(i, i); d.s(0).say({ t: 'refused', pageView: 'a'.repeat(32), numbers: [i + 1], code: 'x', reason: 'y' }); } return [d.log.at(-1) === 'stopped:x: y', d.counts_()]`, `[true,{"acknowledged":3,"pending":1}]`},
		{"a hidden page gives its socket back", `d.greet(); d.leave_(); d.w.run(29999); const a = d.s(0).closed; d.w.run(1); return [a, d.s(0).closed]`, `[false,true]`},
		{"not while something is pending", `d.greet(); d.seg(); d.leave_(); d.w.run(29999); return [d.s(0).closed]`, `[false]`},
		{"a visible one keeps it", `d.greet(); d.leave_(); d.wake_(); d.w.run(600000); return [d.s(0).closed, d.w.sockets.length]`, `[false,1]`},
		{"what happens while it is hidden opens it again, and it rests again", `d.greet(); d.leave_(); d.w.run(30000); d.seg(); d.greet(1); d.ack(0, 0, 1); d.w.run(30000); return [d.s(1).closed, d.w.sockets.length, d.counts_()]`, `[true,2,{"acknowledged":1,"pending":0}]`},
		{"settled at once when nothing is pending", `d.greet(); let n = 0; d.settled_(1000).then(() => n++); await 0; return [n]`, `[1]`},
		{"settled by the acknowledgement", `d.greet(); d.seg(); d.flush_(); let n = 0; d.settled_(1000).then(() => n++); await 0; const a = n; d.ack(0, 0); await 0; return [a, n]`, `[0,1]`},
		{"settled by time", `d.greet(); d.seg(); let n = 0; d.settled_(1000).then(() => n++); d.w.run(999); await 0; const a = n; d.w.run(1); await 0; return [a, n]`, `[0,1]`},
		{"settled by the end", `d.greet(); d.seg(); let n = 0; d.settled_(1e6).then(() => n++); d.s(0).say({ t: 'stop', reason: 'r' }); await 0; return [n, d.log.at(-1)]`, `[1,"stopped:r"]`},
		{"counts go with a hello, once", `d.greet(); d.count_('track-masked', 2); d.count_('track-masked', 1); d.seg(); d.flush_(); d.seg(); d.flush_(); return [d.hellos()]`, `[[0,{"track-masked":3}]]`},
		{"those before the first welcome wait for it", `d.count_('a', 1); d.greet(); return [d.hellos()]`, `[[{"a":1}]]`},
		{"a hello for counts alone goes once a minute", `d.greet(); const again = () => { d.count_('a', 1); d.flush_(); d.s(0).say({ ...welcome, pageViews: {} }) }; again(); d.w.run(59999); again(); const a = d.hellos().length; d.w.run(1); again(); return [a, d.hellos()]`, `[2,[0,{"a":1},{"a":2}]]`},
		{"no count goes twice over a drop", `d.greet(); d.count_('a', 1); d.flush_(); d.s(0).drop(); d.w.run(500); d.greet(1); return [d.hellos(0), d.hellos(1)]`, `[[0,{"a":1}],[0]]`},
		{"nothing is added after the end", `d.greet(); d.close_(); d.seg(); return [d.counts_()]`, `[{"acknowledged":0,"pending":0}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := eval[string](tb, `inWorld(1, async (w) => { const d = deliver(w); `+c.script+` })`)
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
