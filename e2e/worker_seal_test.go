package e2e

import (
	"bytes"
	"crypto/hpke"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// unitsTab is a page on which the worker's parts can be called as `units.FILE.NAME`.
func unitsTab(t *testing.T) *tab {
	t.Helper()
	p := newWorkerPage(t, echoCore(t))
	tb := newTab(t)
	tb.open(p.URL + "/units")
	eval[any](tb, unitsHelp)
	return tb
}

const unitsHelp = `
globalThis.hex = (b) => Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('');
globalThis.un = (s) => units.bytes.fromHex(s);
globalThis.pair = async (d, raw) => { // a key pair from scalar and point
  const b64 = (b) => units.bytes.toBase64(b), x = b64(raw.slice(1, 33)), y = b64(raw.slice(33));
  const jwk = { kty: 'EC', crv: 'P-256', x, y }, ec = { name: 'ECDH', namedCurve: 'P-256' };
  return { privateKey: await crypto.subtle.importKey('jwk', { ...jwk, d: b64(d) }, ec, true, ['deriveBits']),
    publicKey: await crypto.subtle.importKey('jwk', jwk, ec, true, []) };
};
0`

type rfcVector struct {
	Info, SkEm, PkEm, SkRm, PkRm, Enc string
	Encryptions                       []struct {
		Sequence    int
		Pt, Aad, Ct string
	}
}

func TestHPKEIsThatOfTheRFC(t *testing.T) {
	text, err := os.ReadFile("../wasm/wire/seal/testdata/rfc9180-a3-base.json")
	if err != nil {
		t.Fatal(err)
	}
	var v rfcVector
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Encryptions) == 0 || v.Encryptions[0].Sequence != 0 {
		t.Fatalf("vector lacks the message of sequence 0: %+v", v)
	}
	e := v.Encryptions[0]
	tb := unitsTab(t)
	got := eval[string](tb, fmt.Sprintf(`(async () => hex(await units.hpke.sealBase(un(%q), un(%q), un(%q), un(%q), await pair(un(%q), un(%q)))))()`,
		v.PkRm, v.Info, e.Aad, e.Pt, v.SkEm, v.PkEm))
	if want := v.Enc + e.Ct; got != want {
		t.Errorf("sealBase: got %s, want %s", got, want)
	}
	got = eval[string](tb, fmt.Sprintf(`(async () => hex(await units.hpke.openBase(await pair(un(%q), un(%q)), un(%q), un(%q), un(%q))))()`,
		v.SkRm, v.PkRm, v.Info, e.Aad, v.Enc+e.Ct))
	if got != e.Pt {
		t.Errorf("openBase: got %s, want %s", got, e.Pt)
	}
}

func TestGoOpensWhatTypeScriptSealedAndTheOtherWay(t *testing.T) {
	tb := unitsTab(t)
	keys := newSiteKeys(t)
	private, err := keys.private.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for size := range 40 {
		plain, info := bytes.Repeat([]byte{byte(size)}, size), []byte(strings.Repeat("i", size))
		sealed := eval[string](tb, fmt.Sprintf(`(async () => hex(await units.hpke.sealBase(un("%x"), un("%x"), un(""), un("%x"))))()`, keys.public, info, plain))
		raw, err := hex.DecodeString(sealed)
		if err != nil {
			t.Fatal(err)
		}
		got, err := hpke.Open(keys.private, hpke.HKDFSHA256(), hpke.AES128GCM(), info, raw)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("Go opens %x (%v), want %x", got, err, plain)
		}
		raw, err = hpke.Seal(keys.private.PublicKey(), hpke.HKDFSHA256(), hpke.AES128GCM(), info, plain)
		if err != nil {
			t.Fatal(err)
		}
		opened := eval[string](tb, fmt.Sprintf(`(async () => hex(await units.hpke.openBase(await pair(un("%x"), un("%x")), un("%x"), un(""), un("%x"))))()`, private, keys.public, info, raw))
		if opened != hex.EncodeToString(plain) {
			t.Fatalf("TypeScript opens %s, want %x", opened, plain)
		}
	}
	got := eval[string](tb, fmt.Sprintf(`(async () => {
		const sealed = await units.hpke.sealBase(un("%x"), un("01"), un("02"), un("03")), mine = await pair(un("%x"), un("%x"));
		const results = [];
		for (let i = 0; i < sealed.length; i++) {
			const bad = sealed.slice(); bad[i] ^= 1;
			results.push(await units.hpke.openBase(mine, un("01"), un("02"), bad).then(() => i, () => ''));
		}
		return results.join('');
	})()`, keys.public, private, keys.public))
	if got != "" {
		t.Errorf("a change of bytes %s went unnoticed", got)
	}
}

func TestHPKEAgreesWithAPeer(t *testing.T) {
	peer := api.Build(api.BuildOptions{
		Stdin: &api.StdinOptions{Contents: `
			import { Aes128Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core'
			globalThis.peer = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() })`, ResolveDir: "."},
		Bundle: true, Format: api.FormatIIFE, Platform: api.PlatformBrowser,
	})
	if len(peer.Errors) > 0 {
		t.Fatalf("bundle @hpke/core: %s (sh e2e/deps.sh installs it)", peer.Errors[0].Text)
	}
	tb := unitsTab(t)
	eval[any](tb, string(peer.OutputFiles[0].Contents))
	got := eval[[]string](tb, `(async () => {
		const keys = await peer.kem.generateKeyPair(), raw = new Uint8Array(await peer.kem.serializePublicKey(keys.publicKey));
		const info = un('0102'), aad = un('03'), plain = un('a1b2c3');
		const ours = await units.hpke.sealBase(raw, info, aad, plain);
		const recipient = await peer.createRecipientContext({ recipientKey: keys.privateKey, enc: ours.slice(0, 65), info });
		const sender = await peer.createSenderContext({ recipientPublicKey: keys.publicKey, info });
		const theirs = units.bytes.concat(new Uint8Array(sender.enc), new Uint8Array(await sender.seal(plain, aad)));
		return [hex(new Uint8Array(await recipient.open(ours.slice(65), aad))), hex(await units.hpke.openBase(keys, info, aad, theirs))];
	})()`)
	if want := []string{"a1b2c3", "a1b2c3"}; !slices.Equal(got, want) {
		t.Errorf("peer and we open %v, want %v", got, want)
	}
}

// The layout of header, nonce and envelope, with everything random held still, against
// values put together in Go.
func TestSealedSegmentsHaveTheDocumentedLayout(t *testing.T) {
	tb, u, keys := unitsTab(t), newUploads(t), newSiteKeys(t)
	view := strings.Repeat("ab", 16)
	got := eval[struct {
		Envelope string
		Segments []string
		Next     int
	}](tb, fmt.Sprintf(`(async () => {
		const s = await units.seal.startSealer(%q, { session: %q, id: %q }, un("%x"), un('000102030405060708090a0b0c0d0e0f'));
		const all = [s.seal_(un('aa'), 1), s.seal_(un(''), 1)];
		s.skip_();
		all.push(s.seal_(un('bbcc'), 2));
		return { envelope: hex(s.envelope_), segments: (await Promise.all(all)).map((x) => hex(x.bytes_)), next: s.next_() };
	})()`, workerSite, workerSession, view, keys.public))
	if got.Next != 4 {
		t.Errorf("next number is %d, want 4", got.Next)
	}
	envelope, err := hex.DecodeString(got.Envelope)
	if err != nil {
		t.Fatal(err)
	}
	v := &uploadedView{session: workerSession, envelope: envelope, segs: map[uint32][]byte{}}
	u.views[view] = v
	for i, n := range []uint32{0, 1, 3} {
		sealed, err := hex.DecodeString(got.Segments[i])
		if err != nil {
			t.Fatal(err)
		}
		v.segs[n] = sealed
	}
	if got, want := u.plain(keys, view), [][]byte{{0xaa}, {}, {0xbb, 0xcc}}; !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("opened %x, want %x", got, want)
	}
	if want := fmt.Sprintf("41530100%s%08x%08x", view, 0, 0x01000000); !strings.HasPrefix(got.Segments[0], want) {
		t.Errorf("segment 0 begins %.64s, want %s", got.Segments[0], want)
	}
	if !bytes.Equal(v.segs[3][28:60], sum(v.segs[1])) {
		t.Error("the segment after a number left out does not name the hash of the one sealed before it")
	}
	frame := eval[string](tb, fmt.Sprintf(`(() => {
		const sealed = %s.map((s, i) => ({ number_: [0, 1, 3][i], bytes_: un(s) }));
		return hex(units.frame.frameOf(%q, sealed));
	})()`, toJSON(got.Segments), view))
	raw, err := hex.DecodeString(frame)
	if err != nil {
		t.Fatal(err)
	}
	id, segs, err := readFrame(raw)
	if err != nil || id != view || len(segs) != 3 {
		t.Fatalf("frame of %s with %d segments (%v), want %s with 3", id, len(segs), err, view)
	}
	for _, s := range segs {
		if !bytes.Equal(s.sealed, v.segs[s.number]) {
			t.Errorf("segment %d came out of the frame as %x, want %x", s.number, s.sealed, v.segs[s.number])
		}
	}
	for n := range raw {
		if _, _, err := readFrame(raw[:n]); err == nil {
			t.Errorf("frame cut to %d of %d bytes was read", n, len(raw))
		}
	}
}
