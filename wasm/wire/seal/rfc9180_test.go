package seal_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

type hexBytes []byte

func (h *hexBytes) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	v, err := hex.DecodeString(s)
	*h = v
	return err
}

type rfcVector struct {
	Info         hexBytes `json:"info"`
	IkmE         hexBytes `json:"ikmE"`
	IkmR         hexBytes `json:"ikmR"`
	PkEm         hexBytes `json:"pkEm"`
	SkEm         hexBytes `json:"skEm"`
	PkRm         hexBytes `json:"pkRm"`
	SkRm         hexBytes `json:"skRm"`
	Enc          hexBytes `json:"enc"`
	SharedSecret hexBytes `json:"shared_secret"`
	Key          hexBytes `json:"key"`
	BaseNonce    hexBytes `json:"base_nonce"`
	Exporter     hexBytes `json:"exporter_secret"`
	Encryptions  []struct {
		Pt, Aad, Nonce, Ct hexBytes
	} `json:"encryptions"`
	Exports []struct {
		Context hexBytes `json:"exporter_context"`
		L       int
		Value   hexBytes `json:"exported_value"`
	} `json:"exports"`
}

func readRFCVector(t *testing.T) rfcVector {
	t.Helper()
	b, err := os.ReadFile("testdata/rfc9180-a3-base.json")
	if err != nil {
		t.Fatal(err)
	}
	var v rfcVector
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Encryptions) == 0 || len(v.Exports) == 0 {
		t.Fatal("the vector holds no encryptions or exports")
	}
	return v
}

// The sender's half written out from the RFC (§4.1, §5.1), since crypto/hpke takes no
// ephemeral key of ours. The script twin is held to the same vector.
func labeledExtract(t *testing.T, suite string, salt []byte, label string, ikm []byte) []byte {
	t.Helper()
	prk, err := hkdf.Extract(sha256.New, append([]byte("HPKE-v1"+suite+label), ikm...), salt)
	if err != nil {
		t.Fatal(err)
	}
	return prk
}

func labeledExpand(t *testing.T, suite string, prk []byte, label string, info []byte, n int) []byte {
	t.Helper()
	full := binary.BigEndian.AppendUint16(nil, uint16(n))
	full = append(append(full, "HPKE-v1"+suite+label...), info...)
	out, err := hkdf.Expand(sha256.New, prk, string(full), n)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const (
	kemSuite  = "KEM\x00\x10"
	hpkeSuite = "HPKE\x00\x10\x00\x01\x00\x01"
)

// senderContext derives shared secret, key and base nonce for a fixed ephemeral key.
func senderContext(t *testing.T, skE, pkR, info []byte) (enc, shared, key, nonce, exporter []byte) {
	t.Helper()
	e, err := ecdh.P256().NewPrivateKey(skE)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ecdh.P256().NewPublicKey(pkR)
	if err != nil {
		t.Fatal(err)
	}
	dh, err := e.ECDH(r)
	if err != nil {
		t.Fatal(err)
	}
	enc = e.PublicKey().Bytes()
	eae := labeledExtract(t, kemSuite, nil, "eae_prk", dh)
	shared = labeledExpand(t, kemSuite, eae, "shared_secret", append(bytes.Clone(enc), pkR...), 32)
	context := []byte{0}
	context = append(context, labeledExtract(t, hpkeSuite, nil, "psk_id_hash", nil)...)
	context = append(context, labeledExtract(t, hpkeSuite, nil, "info_hash", info)...)
	secret := labeledExtract(t, hpkeSuite, shared, "secret", nil)
	key = labeledExpand(t, hpkeSuite, secret, "key", context, 16)
	nonce = labeledExpand(t, hpkeSuite, secret, "base_nonce", context, 12)
	exporter = labeledExpand(t, hpkeSuite, secret, "exp", context, 32)
	return
}

func TestRFC9180SenderDerivesTheVector(t *testing.T) {
	v := readRFCVector(t)
	enc, shared, key, nonce, exporter := senderContext(t, v.SkEm, v.PkRm, v.Info)
	for _, c := range []struct {
		name      string
		got, want []byte
	}{
		{"enc", enc, v.Enc}, {"pkEm", enc, v.PkEm}, {"shared_secret", shared, v.SharedSecret},
		{"key", key, v.Key}, {"base_nonce", nonce, v.BaseNonce}, {"exporter_secret", exporter, v.Exporter},
	} {
		if !bytes.Equal(c.got, c.want) {
			t.Errorf("%s: got %x, want %x", c.name, c.got, c.want)
		}
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range v.Encryptions {
		if got := gcm.Seal(nil, e.Nonce, e.Pt, e.Aad); !bytes.Equal(got, e.Ct) {
			t.Errorf("encryption %d: got %x, want %x", i, got, e.Ct)
		}
	}
}

func TestRFC9180StandardLibraryOpensTheVector(t *testing.T) {
	v := readRFCVector(t)
	kem := hpke.DHKEM(ecdh.P256())
	for _, c := range []struct {
		name     string
		ikm, pub []byte
	}{{"recipient", v.IkmR, v.PkRm}, {"ephemeral", v.IkmE, v.PkEm}} {
		k, err := kem.DeriveKeyPair(c.ikm)
		if err != nil {
			t.Fatal(err)
		}
		if got := k.PublicKey().Bytes(); !bytes.Equal(got, c.pub) {
			t.Errorf("%s key from ikm: got %x, want %x", c.name, got, c.pub)
		}
	}
	priv, err := kem.NewPrivateKey(v.SkRm)
	if err != nil {
		t.Fatal(err)
	}
	r, err := hpke.NewRecipient(v.Enc, priv, hpke.HKDFSHA256(), hpke.AES128GCM(), v.Info)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range v.Encryptions {
		got, err := r.Open(e.Aad, e.Ct)
		if err != nil || !bytes.Equal(got, e.Pt) {
			t.Errorf("encryption %d: got %x, %v, want %x", i, got, err, e.Pt)
		}
	}
	for i, e := range v.Exports {
		got, err := r.Export(string(e.Context), e.L)
		if err != nil || !bytes.Equal(got, e.Value) {
			t.Errorf("export %d: got %x, %v, want %x", i, got, err, e.Value)
		}
	}
}
