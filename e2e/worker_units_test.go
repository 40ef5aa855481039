package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// fakeExports are the core's exports as plain functions; `over` replaces some.
const fakeExports = `
globalThis.fakeCore = (over) => units.core.host({ memory: new WebAssembly.Memory({ initial: 1 }), core_version: () => 1, core_in: () => 8,
	core_apply: () => 0, core_segment: () => 3, core_out: () => 8, core_epoch: () => 1, core_resend: () => 0,
	core_dropped_epoch() {}, core_needs: () => 0, core_handed: () => 0, ...over });
globalThis.codeOf = (f) => { try { f(); return 'none'; } catch (e) { return e.code; } };
0`

func TestCoreFailsClosed(t *testing.T) {
	tb := unitsTab(t)
	eval[any](tb, fakeExports)
	for _, c := range []struct{ name, over, want string }{
		{"status 0 goes on", `{}`, "none"},
		{"an unknown op ends it", `{ core_apply: () => -1 }`, "op"},
		{"a wrong size ends it", `{ core_apply: () => -2 }`, "op"},
		{"a wrong cursor ends it", `{ core_apply: () => -3 }`, "op"},
		{"an unknown id ends it", `{ core_apply: () => -4 }`, "op"},
		{"another version ends it", `{ core_apply: () => -5 }`, "version"},
		{"the memory ceiling ends it", `{ core_apply: () => -6 }`, "memory"},
		{"no room for the batch ends it", `{ core_in: () => 0 }`, "memory"},
		{"a wrong order ends it", `{ core_apply: () => -7 }`, "op"},
		{"an inner error ends it", `{ core_apply: () => -8 }`, "internal"},
		{"a status of a newer core ends it", `{ core_apply: () => -99 }`, "op"},
		{"a trap ends it", `{ core_apply() { throw new WebAssembly.RuntimeError('unreachable') } }`, "trap"},
		{"an address out of memory ends it", `{ core_in: () => 1 << 20 }`, "internal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := eval[[]string](tb, fmt.Sprintf(`(() => {
				const core = fakeCore(%s), first = codeOf(() => core.apply_(Int32Array.of(2 | 2 << 8, 0), 'x'));
				return [first, ...['segment_', 'resend_', 'needs_', 'dropEpoch_', 'handed_'].map((f) => codeOf(() => core[f](0)))];
			})()`, c.over))
			for i, code := range got {
				if code != c.want {
					t.Errorf("call %d answers %q, want %q", i, code, c.want)
				}
			}
		})
	}
}

// core_in and core_apply may grow the memory, which detaches every view on the old buffer.
func TestCoreOutlivesMemoryGrowth(t *testing.T) {
	tb := unitsTab(t)
	got := eval[[]string](tb, fakeExports+`;(() => {
		const memory = new WebAssembly.Memory({ initial: 1 }), seen = [];
		let at = 65536;
		const core = fakeCore({ memory,
			core_in: () => { memory.grow(1); return at; },
			core_apply: (n, t) => { seen.push(new TextDecoder().decode(new Uint8Array(memory.buffer, at + 4 * n, t))); memory.grow(1); at += 65536; return 0; },
			core_segment: () => { memory.grow(1); at += 65536; return 2; }, core_out: () => 65536 });
		core.apply_(Int32Array.of(0x64636261), 'ä€😀\0');
		const s = core.segment_(0);
		core.apply_(Int32Array.of(1), 'z');
		return [...seen, new TextDecoder().decode(s.plain_)];
	})()`)
	if want := []string{"ä€😀\x00", "z", "ab"}; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestResendListIsRead(t *testing.T) {
	tb := unitsTab(t)
	got := eval[string](tb, fakeExports+`;(() => {
		const memory = new WebAssembly.Memory({ initial: 1 });
		new Int32Array(memory.buffer).set([7, 1, 9, 0], 4);
		let n = 16;
		const core = fakeCore({ memory, core_resend: () => n, core_out: () => 16 });
		const told = core.resend_();
		n = 0;
		return JSON.stringify([told, core.resend_()]);
	})()`)
	if want := `[[[7,1],[9,0]],[]]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// manualWorld: `inWorld(random, f)` runs f with a clock that stands still until told: `w.run(ms)` lets
// time pass. Promises go on meanwhile, but nothing that takes time does.
const manualWorld = `
globalThis.inWorld = async (random, f) => {
	const real = { setTimeout, clearTimeout, WebSocket }, chance = Math.random;
	const w = { t: 0, timers: [], sockets: [], last: 0,
		run(ms) { const end = w.t + ms;
			for (;;) { const next = w.timers.filter((x) => x.at <= end).sort((a, b) => a.at - b.at)[0]; if (!next) break;
				w.timers = w.timers.filter((x) => x !== next); w.t = next.at; next.f(); }
			w.t = end; },
		socket(url, protocol) { const s = { url, protocol, at: w.t, sent: [], bufferedAmount: 0, readyState: 0, closed: false, send(m) { s.sent.push(m); }, close() { s.readyState = 2; s.closed = true; },
			say(m) { s.onmessage?.({ data: JSON.stringify(m) }); }, open() { s.readyState = 1; s.onopen?.(); }, drop(code = 1006, reason = '') { s.readyState = 3; s.onclose?.({ code, reason }); } };
			w.sockets.push(s); return s; } };
	Object.assign(globalThis, { WebSocket: function (url, protocol) { return w.socket(url, protocol); },
		setTimeout(f, ms = 0, ...args) { w.timers.push({ id: ++w.last, at: w.t + ms, f: () => f(...args) }); return w.last; },
		clearTimeout(id) { w.timers = w.timers.filter((x) => x.id !== id); } });
	Math.random = () => random;
	performance.now = () => w.t;
	try {
		return JSON.stringify(await f(w));
	} finally {
		Object.assign(globalThis, real);
		Math.random = chance;
		delete performance.now;
	}
};
globalThis.welcome = { t: 'welcome', serverTimeMs: 0, settingsVersion: 1, watch: false, pageViews: {} };
0`

func TestBackoffGrowsToItsCapWithFullJitter(t *testing.T) {
	tb := unitsTab(t)
	eval[any](tb, manualWorld)
	for _, c := range []struct {
		name   string
		random float64
		want   string
	}{
		{"chance 0 tries at once", 0, "[0,0,0,0,0,0,0,0,0]"},
		{"chance 1/2 waits half", 0.5, "[0,250,500,1000,2000,4000,8000,15000,15000]"},
		{"chance near 1 waits all", 1, "[0,500,1000,2000,4000,8000,16000,30000,30000]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := eval[string](tb, fmt.Sprintf(`inWorld(%v, (w) => {
				units.socket.openSocket('ws://x', { hello_: () => 'hi', message_() {}, closed_() {} });
				const waits = [];
				for (let i = 0, before = 0; i < 9; i++) { while (w.sockets.length <= i) w.run(1); waits.push(w.sockets[i].at - before); before = w.t; w.sockets[i].drop(); }
				return waits;
			})`, c.random))
			// A timer of n ms is seen at the next whole ms; the manual clock runs by 1.
			if got != c.want {
				t.Errorf("waits %s, want %s", got, c.want)
			}
		})
	}
}

func TestSocketLife(t *testing.T) {
	tb := unitsTab(t)
	eval[any](tb, manualWorld)
	for _, c := range []struct{ name, script, want string }{
		{"hello comes first, and the subprotocol is ours", `w.run(0); s(0).open(); return [s(0).protocol, ...s(0).sent]`, `["afterimage.v1","hi"]`},
		{"it is ready from the welcome on, not from the opening", `w.run(0); s(0).open(); const a = socket.ready_(); s(0).say(welcome); return [a, socket.ready_()]`, `[false,true]`},
		{"a welcome alone does not forget the attempts", `for (let n = 0; n < 4; n++) { nth(n); s(n).open(); s(n).say(welcome); s(n).drop(); } const t = w.t; nth(4); return [s(4).at - t]`, `[4000]`},
		{"progress forgets them", `for (let n = 0; n < 4; n++) { nth(n); s(n).open(); s(n).say(welcome); socket.progress_(); s(n).drop(); } const t = w.t; nth(4); return [s(4).at - t]`, `[500]`},
		{"a silent collector is left after 30 s", `w.run(0); s(0).open(); w.run(29999); const a = s(0).closed; w.run(1); return [a, s(0).closed]`, `[false,true]`},
		{"an answer in time keeps it", `w.run(0); s(0).open(); w.run(20000); s(0).say(welcome); w.run(600000); return [s(0).closed, w.sockets.length]`, `[false,1]`},
		{"a frame without an answer is silence too", `w.run(0); s(0).open(); s(0).say(welcome); socket.send_(new Uint8Array(1)); w.run(30000); return [s(0).closed]`, `[true]`},
		{"waking tries at once", `w.run(0); s(0).drop(); socket.wake_(true); return [w.sockets.length]`, `[2]`},
		{"waking an open socket does nothing", `w.run(0); s(0).open(); socket.wake_(true); w.run(10); return [w.sockets.length]`, `[1]`},
		{"at rest nothing is tried", `w.run(0); s(0).open(); s(0).say(welcome); socket.rest_(); w.run(600000); return [s(0).closed, socket.ready_(), w.sockets.length, w.timers.length]`, `[true,false,1,0]`},
		{"waking ends the rest", `w.run(0); s(0).open(); socket.rest_(); socket.wake_(true); return [w.sockets.length]`, `[2]`},
		{"it rises from rest", `w.run(0); s(0).open(); socket.rest_(); socket.wake_(); socket.wake_(); return [w.sockets.length]`, `[2]`},
		{"rising does not cut a wait short", `w.run(0); s(0).drop(); socket.wake_(); return [w.sockets.length]`, `[1]`},
		{"closed does not rise", `w.run(0); socket.close_(); socket.wake_(); return [w.sockets.length]`, `[1]`},
		{"a rest while it waits to try again cancels that", `w.run(0); s(0).drop(); socket.rest_(); w.run(600000); return [w.sockets.length]`, `[1]`},
		{"closed is closed", `w.run(0); s(0).open(); socket.close_(); socket.wake_(true); w.run(600000); return [w.sockets.length, s(0).closed, w.timers.length]`, `[1,true,0]`},
		{"what is not JSON is ignored", `w.run(0); s(0).open(); s(0).onmessage({ data: '{' }); return [s(0).closed]`, `[false]`},
		{"a constructor that throws is a drop", `w.socket = () => { throw new Error('mixed content'); }; w.run(3600000); return [codes[0], codes.length > 100]`, `[1006,true]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := eval[string](tb, `inWorld(1, (w) => {
				const s = (i) => w.sockets[i], nth = (n) => { while (w.sockets.length <= n) w.run(1); }, codes = [];
				const socket = units.socket.openSocket('ws://x', { hello_: () => 'hi', message_() {}, closed_: (code) => { codes.push(code); } });
				`+c.script+`
			})`)
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// identity is the key pair with which the owner of a held site signs its settings.
type identity struct {
	key  *ecdsa.PrivateKey
	spki []byte
}

func newIdentity(t *testing.T) identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return identity{key, spki}
}

func (o identity) fingerprint() string { return base64.RawURLEncoding.EncodeToString(sum(o.spki)) }

func (o identity) sign(payload string) string {
	r, s, err := ecdsa.Sign(rand.Reader, o.key, sum([]byte(payload)))
	if err != nil {
		panic(err) // no source of randomness
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return base64.RawURLEncoding.EncodeToString(raw)
}

func (o identity) signed(payload string) map[string]any {
	return map[string]any{"payload": payload, "identity": base64.RawURLEncoding.EncodeToString(o.spki), "signature": o.sign(payload)}
}

// A collector that brings back settings older than a browser has seen is refused by it.
func TestWorkerOfAHeldSite(t *testing.T) {
	g, owner := newWorkerRig(t), newIdentity(t)
	at := func(version int) {
		g.view = randomHex(t)
		g.config = g.page.config(g.up.url(), "", g.view, map[string]any{"siteKey": "h." + workerSite + "." + owner.fingerprint(),
			"settings": owner.signed(g.keys.settings(map[string]any{"custody": "held", "settingsVersion": version}))})
	}
	at(5)
	g.begin("shared")
	g.track(0, 1)
	g.flush()
	g.arrived(1)
	at(4)
	g.start("shared")
	if got := g.failure(); got.Code != "settings" || !strings.Contains(got.Reason, "older") {
		t.Errorf("got %+v, want settings that are older", got)
	}
	at(6)
	g.begin("dedicated")
	g.track(0, 1)
	g.flush()
	g.arrived(1)
}

func TestSettingsAreReadStrictly(t *testing.T) {
	tb := unitsTab(t)
	keys, owner := newSiteKeys(t), newIdentity(t)
	b64 := base64.RawURLEncoding.EncodeToString
	managed := func(extra map[string]any) map[string]any { return map[string]any{"payload": keys.settings(extra)} }
	held := func(extra, over map[string]any) map[string]any {
		all := map[string]any{"custody": "held"}
		for name, value := range extra {
			all[name] = value
		}
		payload := keys.settings(all)
		signed := owner.signed(payload)
		for name, value := range over {
			signed[name] = value
		}
		return signed
	}
	m, h := "m."+workerSite, "h."+workerSite+"."+owner.fingerprint()
	const ok = "ok"
	for _, c := range []struct {
		name, siteKey string
		signed        map[string]any
		seen          int
		want          string
	}{
		{"managed as it is", m, managed(nil), 0, ok},
		{"managed with every field", m, managed(map[string]any{"privacy": "balanced", "mask": []string{".a"}, "block": []string{}, "allow": []string{"#b"}, "consent": "required", "respectDNT": true, "enabled": true, "sample": 0.5}), 0, ok},
		{"an unknown field is for newer recorders", m, managed(map[string]any{"later": 1}), 0, ok},
		{"another version", m, managed(map[string]any{"v": 2}), 0, "v is not"},
		{"another site", m, managed(map[string]any{"site": "othersite"}), 0, "site is not that of"},
		{"held settings under a managed key", m, managed(map[string]any{"custody": "held"}), 0, "custody is not that"},
		{"managed settings under a held key", h, held(map[string]any{"custody": "managed"}, nil), 0, "custody is not that"},
		{"an unknown privacy level", m, managed(map[string]any{"privacy": "none"}), 0, "privacy is not"},
		{"a selector that is no text", m, managed(map[string]any{"mask": []any{1}}), 0, "mask is not"},
		{"a sample above one", m, managed(map[string]any{"sample": 1.1}), 0, "sample is not"},
		{"a version that is no whole number", m, managed(map[string]any{"settingsVersion": 1.5}), 0, "settingsVersion is not"},
		{"a sealing key of 64 bytes", m, managed(map[string]any{"sealingKey": b64(keys.public[1:])}), 0, "sealingKey is not"},
		{"a sealing key that is no point", m, managed(map[string]any{"sealingKey": b64(append([]byte{2}, keys.public[1:]...))}), 0, "sealingKey is not"},
		{"a list of selectors with every character", m, managed(map[string]any{"mask": []string{`a[b="\\c"]`, "é\n", ""}}), 0, ok},
		{"a selector that ends its text early", m, managed(map[string]any{"mask": map[string]any{"a": "\"]"}}), 0, "mask is not"},
		{"a flag that is a text", m, managed(map[string]any{"enabled": "true"}), 0, "enabled is not"},
		{"held without an identity", h, held(nil, map[string]any{"identity": ""}), 0, "identity is not that of"},
		{"a small sample", m, managed(map[string]any{"sample": 1e-7}), 0, ok},
		{"a sample below nothing", m, managed(map[string]any{"sample": -0.5}), 0, "sample is not"},
		{"a sealing key that is no base64url", m, managed(map[string]any{"sealingKey": "*"}), 0, "sealingKey is not"},
		{"no JSON", m, map[string]any{"payload": "{"}, 0, "cannot be read"},
		{"held and signed", h, held(nil, nil), 0, ok},
		{"held, the version that was seen", h, held(map[string]any{"settingsVersion": 5}, nil), 5, ok},
		{"held, a version older than one seen", h, held(map[string]any{"settingsVersion": 4}, nil), 5, "older than"},
		{"held without a signature", h, held(nil, map[string]any{"signature": ""}), 0, "does not verify"},
		{"held with a signature of something else", h, held(nil, map[string]any{"signature": owner.sign("x")}), 0, "does not verify"},
		{"held with a broken signature", h, held(nil, map[string]any{"signature": "AAAA"}), 0, "does not verify"},
		{"held with one space more in the payload", h, held(nil, map[string]any{"payload": " " + keys.settings(map[string]any{"custody": "held"})}), 0, "does not verify"},
		{"held with another identity key", "h." + workerSite + "." + b64(sum([]byte("x"))), held(nil, nil), 0, "identity is not that of"},
		{"held without a fingerprint in the site key", "h." + workerSite, held(nil, nil), 0, "identity is not that of"},
		{"held with an identity that is no key", "h." + workerSite + "." + b64(sum([]byte{1, 2, 3})), held(nil, map[string]any{"identity": b64([]byte{1, 2, 3})}), 0, "cannot be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := eval[string](tb, fmt.Sprintf(`units.settings.readSettings(%s, %q, async (v) => Math.max(v, %d)).then((s) => s.sealingKey_.length === 65 ? 'ok' : 'no key', (e) => e.code + ': ' + e.reason)`, toJSON(c.signed), c.siteKey, c.seen))
			if c.want == ok && got != ok || c.want != ok && (!strings.HasPrefix(got, "settings: ") || !strings.Contains(got, c.want)) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
