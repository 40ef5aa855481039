package seal_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"afterimage/wasm/wire/seal"
)

var update = flag.Bool("update", false, "write the vectors in testdata anew")

// sealedVectors are the envelope and the segments of one made-up page view with fixed
// keys, for other implementations: a sender that may fix its ephemeral key makes the same
// bytes. Keys of the RFC's example, so that nobody takes them for real ones.
type sealedVectors struct {
	Comment    string          `json:"comment"`
	Site       string          `json:"site"`
	Session    string          `json:"session"`
	PageView   string          `json:"pageView"`
	PrivateKey string          `json:"privateKey"`
	PublicKey  string          `json:"publicKey"`
	KeyID      string          `json:"keyId"`
	Ephemeral  string          `json:"ephemeralPrivateKey"`
	Info       string          `json:"info"`
	ContentKey string          `json:"contentKey"`
	Envelope   string          `json:"envelope"`
	Segments   []segmentVector `json:"segments"`
}

type segmentVector struct {
	Number   uint32 `json:"number"`
	Epoch    uint32 `json:"epoch"`
	PrevHash string `json:"prevHash"`
	Plain    string `json:"plain"`
	Sealed   string `json:"sealed"`
}

const vectorFile = "testdata/hpke-envelope.json"

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func makeVectors(t *testing.T) sealedVectors {
	t.Helper()
	rfc := readRFCVector(t)
	v := sealedVectors{
		Comment: "Written by: go test ./wasm/wire/seal -run Vectors -update. Envelope and sealed segments, FORMAT.md section 9. All hex.",
		Site:    site, Session: session, PageView: pageView,
		PrivateKey: hex.EncodeToString(rfc.SkRm), PublicKey: hex.EncodeToString(rfc.PkRm),
		Ephemeral: hex.EncodeToString(rfc.SkEm), ContentKey: "000102030405060708090a0b0c0d0e0f",
	}
	id := sha256.Sum256(rfc.PkRm)
	v.KeyID = hex.EncodeToString(id[:8])
	info := append([]byte("afterimage envelope v1\x00"), byte(len(site)))
	info = append(append(append(append(info, site...), unhex(t, session)...), unhex(t, pageView)...), id[:8]...)
	v.Info = hex.EncodeToString(info)
	enc, _, key, nonce, _ := senderContext(t, rfc.SkEm, rfc.PkRm, info)
	v.Envelope = hex.EncodeToString(append(append(append([]byte{1}, id[:8]...), enc...), gcmSeal(t, key, nonce, unhex(t, v.ContentKey), nil)...))

	var prev [32]byte
	for n := range uint32(3) {
		h := seal.Header{Number: n, Epoch: 1 + n/2, PrevHash: prev}
		copy(h.PageView[:], unhex(t, pageView))
		plain := bytes.Repeat([]byte{byte('a' + n)}, int(10*n))
		header := seal.AppendHeader(nil, h)
		iv := []byte{0, 0, 0, 0, 0, 0, 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
		sealed := append(bytes.Clone(header), gcmSeal(t, unhex(t, v.ContentKey), iv, plain, header)...)
		v.Segments = append(v.Segments, segmentVector{n, h.Epoch, hex.EncodeToString(prev[:]), hex.EncodeToString(plain), hex.EncodeToString(sealed)})
		prev = sha256.Sum256(sealed)
	}
	return v
}

func gcmSeal(t *testing.T, key, nonce, plain, additional []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return aead.Seal(nil, nonce, plain, additional)
}

func TestVectorsOpen(t *testing.T) {
	want, err := json.MarshalIndent(makeVectors(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(vectorFile, want, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%s is not what the format makes of its inputs", vectorFile)
	}
	var v sealedVectors
	if err := json.Unmarshal(got, &v); err != nil {
		t.Fatal(err)
	}
	pub, err := ecdh.P256().NewPublicKey(unhex(t, v.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	if id := seal.KeyID(pub.Bytes()); hex.EncodeToString(id[:]) != v.KeyID {
		t.Errorf("key id %x, want %s", id, v.KeyID)
	}
	key, err := seal.OpenEnvelope(unhex(t, v.PrivateKey), unhex(t, v.Envelope), v.Site, v.Session, v.PageView)
	if err != nil || hex.EncodeToString(key) != v.ContentKey {
		t.Fatalf("envelope: %x, %v", key, err)
	}
	for _, s := range v.Segments {
		plain, h, err := seal.OpenSegment(key, unhex(t, s.Sealed))
		if err != nil || hex.EncodeToString(plain) != s.Plain || h.Number != s.Number || h.Epoch != s.Epoch || hex.EncodeToString(h.PrevHash[:]) != s.PrevHash {
			t.Errorf("segment %d: %x, %+v, %v", s.Number, plain, h, err)
		}
		sealed, err := seal.SealSegment(key, h, plain)
		if err != nil || hex.EncodeToString(sealed) != s.Sealed {
			t.Errorf("segment %d sealed anew: %x, %v", s.Number, sealed, err)
		}
	}
}
