package e2e

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"testing"
)

// The sealed object is the one of FORMAT.md §9.1, made here a second time by Go.
func TestAssetIsSealedAsTheFormatSays(t *testing.T) {
	t.Parallel()
	tb := unitsTab(t)
	got := eval[map[string]string](tb, `(async () => {
		const secret = Uint8Array.from({length: 32}, (_, i) => i), content = Uint8Array.from({length: 1000}, (_, i) => i)
		const { id, key, sealed } = await units.assets.sealAsset(secret, content)
		return { id: units.bytes.toBase64(id), key: units.bytes.toBase64(key), sealed: units.bytes.toBase64(sealed) }
	})()`)
	secret, plain := make([]byte, 32), make([]byte, 1024) // 1000: e 9, s 4, a multiple of 32
	for i := range secret {
		secret[i] = byte(i)
	}
	for i := range 1000 {
		plain[i] = byte(i)
	}
	h := sha256.Sum256(plain)
	derive := func(label string) []byte {
		m := hmac.New(sha256.New, secret)
		m.Write(append([]byte(label), h[:]...))
		return m.Sum(nil)[:16]
	}
	id, key := derive("id"), derive("key")
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	want := gcm.Seal(nil, make([]byte, 12), plain, append([]byte("afterimage asset v1\x00"), id...))
	for name, b := range map[string][]byte{"id": id, "key": key, "sealed": want} {
		if g, err := base64.RawURLEncoding.DecodeString(got[name]); err != nil || !bytes.Equal(g, b) {
			t.Errorf("%s: got %d bytes %.40x, want %d bytes %.40x", name, len(g), g, len(b), b)
		}
	}
	sizes := eval[[]int](tb, `[1, 255, 256, 257, 1000, 1024, 1025, 262143, 262144].map(units.assets.padded)`)
	for i, want := range []int{256, 256, 256, 272, 1024, 1024, 1088, 262144, 262144} {
		if sizes[i] != want {
			t.Errorf("padded length %d: got %d, want %d", i, sizes[i], want)
		}
	}
}

// What the collector has already is not sent again; a drop of the socket is survived; an
// address that the page has not loaded is not read.
func TestAssetsAreSentOnce(t *testing.T) {
	t.Parallel()
	tb := unitsTab(t)
	png := hex.EncodeToString(append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 400)...))
	got := eval[map[string]any](tb, `(async () => {
		const content = units.bytes.fromHex("`+png+`"), asked = [], frames = [], ops = []
		let listed = false, out = new Uint8Array(), socket, assets, drop = true, word = 'missing'
		const memory = new WebAssembly.Memory({ initial: 1 })
		globalThis.fetch = async (url, o) => { asked.push([url, o.credentials, o.referrerPolicy].join(' ')); return new Response(content) }
		const place = (url) => { const b = new TextEncoder().encode(url); return [1, 0, 0, 0, 0, 0, b.length, 0, ...b] }
		const x = { memory, core_in: () => 64, core_out: () => 4096, core_asset(what, n) {
			if (what === 1) return 1
			if (what === 2) { ops.push([...new Uint8Array(memory.buffer, 64, n)]); return 0 }
			if (listed) return 0
			listed = true
			const list = [...place('/a.png'), ...place('/a.png?w=2'), ...place('/never.png')]
			new Uint8Array(memory.buffer).set(list, 4096)
			return list.length
		} }
		const real = setTimeout
		globalThis.setTimeout = (f, ms, ...args) => real(f, Math.min(ms, 20), ...args)
		socket = { ready_: () => true, backlog_: () => 0, send_(f) {
			frames.push(f.length)
			if (drop) { drop = false; return setTimeout(() => assets.heard({ t: 'welcome', assets: true }, socket)) }
			const id = [...f.subarray(17, 33)].map((b) => b.toString(16).padStart(2, '0')).join('')
			const state = f.length > 33 ? 'stored' : word
			if (f.length > 33) word = 'stored'
			setTimeout(() => assets.heard({ t: 'asset', asset: id, state }, socket))
		} }
		assets = units.assets.newAssets({ core: new Proxy({}, { get: () => (f) => f(x) }), // whatever name the bundle has for with_
			view: { id: '00'.repeat(16) }, site: 'unitsite', endpoint: location.origin, wrote() {},
			ask() { assets.told(location.origin + '/', [location.origin + '/a.png', location.origin + '/a.png?w=2']) } })
		assets.heard({ t: 'welcome', assets: true }, socket)
		assets.look(false)
		for (let i = 0; i < 200 && ops.length < 2; i++) await new Promise((go) => setTimeout(go, 20))
		return { asked: asked.map((a) => a.replace(location.origin, '')).sort(), frames, ops: ops.length, same: JSON.stringify(ops[0]?.slice(-35)) === JSON.stringify(ops[1]?.slice(-35)) }
	})()`)
	if list, _ := got["asked"].([]any); len(list) != 2 || list[0] != "/a.png omit no-referrer" || list[1] != "/a.png?w=2 omit no-referrer" {
		t.Errorf("read %v, want the two addresses that the page has loaded, without credentials and referrer", got["asked"])
	}
	full := 0
	frames, _ := got["frames"].([]any)
	for _, n := range frames {
		if n.(float64) > 33 {
			full++
		}
	}
	if full != 1 || len(frames) != 4 { // asked, dropped, asked again, sent; the second address asks and is told
		t.Errorf("frames %v: %d with content, want one; asked before, after the drop, and for the second address", frames, full)
	}
	if got["ops"] != 2.0 || got["same"] != true {
		t.Errorf("%v ops, of one asset: %v", got["ops"], got["same"])
	}
}
