package seal_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"afterimage/wasm/wire/seal"
)

func readVectors(t testing.TB) (v sealedVectors) {
	t.Helper()
	b, err := os.ReadFile(vectorFile)
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// FuzzOpenSegment opens what anybody may have sent: one of the promised errors, or bytes
// that seal to the same again.
func FuzzOpenSegment(f *testing.F) {
	v := readVectors(f)
	key, _ := hex.DecodeString(v.ContentKey)
	for _, s := range v.Segments {
		b, _ := hex.DecodeString(s.Sealed)
		f.Add(b)
		f.Add(b[:len(b)-1])
	}
	f.Add([]byte("AS\x02\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		plain, h, err := seal.OpenSegment(key, b)
		if err != nil {
			if plain != nil || !errors.Is(err, seal.ErrAuth) && !errors.Is(err, seal.ErrTruncated) && !errors.Is(err, seal.ErrVersion) {
				t.Fatalf("%v beside %d bytes", err, len(plain))
			}
			return
		}
		if again, err := seal.SealSegment(key, h, plain); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("segment %d does not seal to the same again: %v", h.Number, err)
		}
	})
}

// FuzzOpenEnvelope does the same for an envelope, which nobody can seal to the same again.
func FuzzOpenEnvelope(f *testing.F) {
	v := readVectors(f)
	priv, _ := hex.DecodeString(v.PrivateKey)
	b, _ := hex.DecodeString(v.Envelope)
	f.Add(b)
	f.Add(b[:len(b)-1])
	f.Fuzz(func(t *testing.T, e []byte) {
		key, err := seal.OpenEnvelope(priv, e, v.Site, v.Session, v.PageView)
		if err == nil && !bytes.Equal(e, b) {
			t.Fatalf("another envelope opens: %x", e)
		}
		if err != nil && (key != nil || !errors.Is(err, seal.ErrEnvelope) && !errors.Is(err, seal.ErrKey) && !errors.Is(err, seal.ErrVersion)) {
			t.Fatalf("%v beside %d bytes", err, len(key))
		}
	})
}

func TestSegmentCutAtEveryByteIsRefused(t *testing.T) {
	v := readVectors(t)
	key, _ := hex.DecodeString(v.ContentKey)
	b, _ := hex.DecodeString(v.Segments[2].Sealed)
	for n := range b {
		if plain, _, err := seal.OpenSegment(key, b[:n]); plain != nil || err == nil {
			t.Fatalf("cut to %d of %d bytes: opened", n, len(b))
		}
	}
}
