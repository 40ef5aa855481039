package seal_test

import (
	"bytes"
	"errors"
	"testing"

	"afterimage/wasm/wire/seal"
)

const (
	site     = "demoshop"
	session  = "00112233445566778899aabbccddeeff"
	pageView = "ffeeddccbbaa99887766554433221100"
)

func TestEnvelopeOpensOnlyForItsPlaceAndKey(t *testing.T) {
	priv, pub, err := seal.NewSiteKey()
	if err != nil {
		t.Fatal(err)
	}
	otherPriv, _, err := seal.NewSiteKey()
	if err != nil {
		t.Fatal(err)
	}
	key := seal.NewContentKey()
	good, err := seal.SealEnvelope(pub, site, session, pageView, key)
	if err != nil {
		t.Fatal(err)
	}
	if len(good) != 106 {
		t.Fatalf("envelope has %d bytes, want 106", len(good))
	}
	got, err := seal.OpenEnvelope(priv, good, site, session, pageView)
	if err != nil || !bytes.Equal(got, key) {
		t.Fatalf("open: %v, key equal %v", err, bytes.Equal(got, key))
	}
	change := func(at int) []byte {
		b := bytes.Clone(good)
		b[at] ^= 1
		return b
	}
	for _, c := range []struct {
		name                    string
		priv, envelope          []byte
		site, session, pageView string
		want                    error
	}{
		{"another private key", otherPriv, good, site, session, pageView, seal.ErrKey},
		{"a private key that is none", priv[:31], good, site, session, pageView, seal.ErrKey},
		{"another site", priv, good, "demoshoq", session, pageView, seal.ErrEnvelope},
		{"another session", priv, good, site, pageView, pageView, seal.ErrEnvelope},
		{"another page view", priv, good, site, session, session, seal.ErrEnvelope},
		{"a page view id that is none", priv, good, site, session, "abc", seal.ErrEnvelope},
		{"no site", priv, good, "", session, pageView, seal.ErrEnvelope},
		{"empty", priv, nil, site, session, pageView, seal.ErrEnvelope},
		{"cut by a byte", priv, good[:len(good)-1], site, session, pageView, seal.ErrEnvelope},
		{"a byte more", priv, append(bytes.Clone(good), 0), site, session, pageView, seal.ErrEnvelope},
		{"another version", priv, change(0), site, session, pageView, seal.ErrVersion},
		{"another key id", priv, change(3), site, session, pageView, seal.ErrKey},
		{"another enc", priv, change(40), site, session, pageView, seal.ErrEnvelope},
		{"another ciphertext", priv, change(len(good) - 1), site, session, pageView, seal.ErrEnvelope},
	} {
		if got, err := seal.OpenEnvelope(c.priv, c.envelope, c.site, c.session, c.pageView); !errors.Is(err, c.want) || got != nil {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

func TestSegmentAuthenticatesHeaderAndContent(t *testing.T) {
	key := seal.NewContentKey()
	h := seal.Header{PageView: [16]byte{1, 2, 3}, Number: 7, Epoch: 2, PrevHash: [32]byte{9}}
	plain := []byte("a wire segment")
	sealed, err := seal.SealSegment(key, h, plain)
	if err != nil {
		t.Fatal(err)
	}
	if len(sealed) != len(plain)+seal.Overhead {
		t.Fatalf("sealed has %d bytes, want %d", len(sealed), len(plain)+seal.Overhead)
	}
	got, gotHeader, err := seal.OpenSegment(key, sealed)
	if err != nil || !bytes.Equal(got, plain) || gotHeader != h {
		t.Fatalf("open: %v, header %+v", err, gotHeader)
	}
	for i := range sealed {
		b := bytes.Clone(sealed)
		b[i] ^= 0x40
		if _, _, err := seal.OpenSegment(key, b); err == nil {
			t.Errorf("a change of byte %d was not seen", i)
		}
	}
	for n := range sealed {
		if _, _, err := seal.OpenSegment(key, sealed[:n]); err == nil {
			t.Errorf("%d of %d bytes opened", n, len(sealed))
		}
	}
	if _, _, err := seal.OpenSegment(seal.NewContentKey(), sealed); !errors.Is(err, seal.ErrAuth) {
		t.Errorf("another content key: got %v, want %v", err, seal.ErrAuth)
	}
	if _, _, err := seal.OpenSegment(key[:15], sealed); !errors.Is(err, seal.ErrKey) {
		t.Errorf("a short content key: got %v, want %v", err, seal.ErrKey)
	}
	newer := bytes.Clone(sealed)
	newer[2] = 2
	if _, _, err := seal.OpenSegment(key, newer); !errors.Is(err, seal.ErrVersion) {
		t.Errorf("version 2: got %v, want %v", err, seal.ErrVersion)
	}
	if _, err := seal.ReadHeader(sealed[:30]); !errors.Is(err, seal.ErrTruncated) {
		t.Errorf("30 bytes: got %v, want %v", err, seal.ErrTruncated)
	}
}
