package custody_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"afterimage/replay/custody"
)

func newSite(t *testing.T) (*custody.Identity, custody.Settings) {
	t.Helper()
	identity, err := custody.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	sealing, err := custody.NewSealingKey()
	if err != nil {
		t.Fatal(err)
	}
	return identity, custody.Defaults("ownersite", sealing.PublicKey())
}

// What a recorder does, by the description in the package comment alone.
func TestSignatureAsARecorderChecksIt(t *testing.T) {
	identity, settings := newSite(t)
	signed, err := identity.Sign(settings)
	if err != nil {
		t.Fatal(err)
	}
	siteKey, err := identity.SiteKey("ownersite")
	if err != nil {
		t.Fatal(err)
	}
	spki, err := base64.RawURLEncoding.DecodeString(signed.Identity)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(spki)
	if want := "h.ownersite." + base64.RawURLEncoding.EncodeToString(hash[:]); siteKey != want {
		t.Errorf("site key: got %s, want %s", siteKey, want)
	}
	public, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(signed.Signature)
	if err != nil || len(raw) != 64 {
		t.Fatalf("signature of %d bytes, %v; want 64", len(raw), err)
	}
	digest := sha256.Sum256([]byte(signed.Payload))
	if !ecdsa.Verify(public.(*ecdsa.PublicKey), digest[:], new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])) {
		t.Error("the signature does not verify")
	}
	var payload map[string]any
	if err := json.Unmarshal([]byte(signed.Payload), &payload); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"v": 1.0, "site": "ownersite", "custody": "held", "settingsVersion": 1.0,
		"privacy": "strict", "consent": "none", "respectDNT": true, "enabled": true, "sample": 1.0, "sealingKey": settings.SealingKey} {
		if payload[name] != want {
			t.Errorf("payload %s: got %v, want %v", name, payload[name], want)
		}
	}
	for _, name := range []string{"mask", "block", "allow"} {
		if list, ok := payload[name].([]any); !ok || len(list) != 0 {
			t.Errorf("payload %s: got %v, want an empty list", name, payload[name])
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	identity, settings := newSite(t)
	stranger, _ := newSite(t)
	good, err := identity.Sign(settings)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := stranger.Sign(settings)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := good.Verify(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(*custody.Signed)
		want   error
	}{
		{"another payload", func(s *custody.Signed) { s.Payload = strings.Replace(s.Payload, "strict", "balanced", 1) }, custody.ErrSignature},
		{"a space in the payload", func(s *custody.Signed) { s.Payload += " " }, custody.ErrSignature},
		{"the signature of another identity", func(s *custody.Signed) { s.Signature = foreign.Signature }, custody.ErrSignature},
		{"another identity", func(s *custody.Signed) { s.Identity = foreign.Identity }, custody.ErrSignature},
		{"a short signature", func(s *custody.Signed) { s.Signature = s.Signature[:40] }, custody.ErrSettings},
		{"no signature", func(s *custody.Signed) { s.Signature = "" }, custody.ErrSettings},
		{"no identity", func(s *custody.Signed) { s.Identity = "" }, custody.ErrSettings},
		{"an identity that is no base64url", func(s *custody.Signed) { s.Identity = "+/" }, custody.ErrSettings},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := good
			test.change(&s)
			if _, _, err := s.Verify(); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestSignRefusesWhatRecordersRefuse(t *testing.T) {
	identity, good := newSite(t)
	tests := []struct {
		name   string
		change func(*custody.Settings)
	}{
		{"a level that is none", func(s *custody.Settings) { s.Privacy = "none" }},
		{"no level", func(s *custody.Settings) { s.Privacy = "" }},
		{"a consent rule that is none", func(s *custody.Settings) { s.Consent = "maybe" }},
		{"a share below 0", func(s *custody.Settings) { s.Sample = -0.1 }},
		{"a share above 1", func(s *custody.Settings) { s.Sample = 1.1 }},
		{"a share that is no number", func(s *custody.Settings) { s.Sample = math.NaN() }},
		{"version 0", func(s *custody.Settings) { s.Version = 0 }},
		{"a sealing key that is no point", func(s *custody.Settings) { s.SealingKey = "AAAA" }},
		{"managed custody", func(s *custody.Settings) { s.Custody = "managed" }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := good
			test.change(&s)
			if _, err := identity.Sign(s); !errors.Is(err, custody.ErrSettings) {
				t.Errorf("got %v, want ErrSettings", err)
			}
		})
	}
}

func TestIdentityFileRoundTrip(t *testing.T) {
	identity, settings := newSite(t)
	var b bytes.Buffer
	if err := identity.WritePEM(&b, "ownersite"); err != nil {
		t.Fatal(err)
	}
	back, err := custody.ParseIdentity(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	signed, err := back.Sign(settings)
	if err != nil {
		t.Fatal(err)
	}
	_, got, err := signed.Verify()
	want, _ := identity.SiteKey("ownersite")
	if err != nil || got != want {
		t.Errorf("site key: got %s, %v; want %s", got, err, want)
	}
	for name, text := range map[string]string{
		"empty": "", "two keys": b.String() + b.String(), "noise": "canary-771",
		"a block of something else": "-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n",
	} {
		if _, err := custody.ParseIdentity([]byte(text)); !errors.Is(err, custody.ErrIdentity) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got %v, want ErrIdentity without the text", name, err)
		}
	}
}
