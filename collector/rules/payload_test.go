package rules_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"testing"

	"afterimage/collector/rules"
)

// What is missing has the value that recorders give it, and what is of another type is no payload.
func TestReadPayload(t *testing.T) {
	p, err := rules.ReadPayload([]byte(`{"v":1}`))
	if err != nil || p.Privacy != "strict" || p.Consent != "none" || !p.RespectDNT || !p.Enabled || p.Sample != 1 {
		t.Errorf("got %+v, %v", p, err)
	}
	for _, text := range []string{``, `[]`, `{"mask":"a"}`, `{"sample":"1"}`, `{"v":1} x`} {
		if p, err := rules.ReadPayload([]byte(text)); err == nil {
			t.Errorf("%s: got %+v", text, p)
		}
	}
	again, err := json.Marshal(rules.Payload{V: 1, Site: "s"})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := rules.ReadPayload(again); err != nil || p.RespectDNT || p.Enabled || p.Sample != 0 {
		t.Errorf("written zero values come back as %+v, %v", p, err)
	}
}

func TestSignedVerify(t *testing.T) {
	key := func(c elliptic.Curve) (*ecdsa.PrivateKey, string) {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		spki, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		return k, base64.RawURLEncoding.EncodeToString(spki)
	}
	k, identity := key(elliptic.P256())
	_, other := key(elliptic.P256())
	_, larger := key(elliptic.P384())
	sum := sha256.Sum256([]byte("payload"))
	r, s, err := ecdsa.Sign(rand.Reader, k, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	raw := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	good := base64.RawURLEncoding.EncodeToString(raw)
	for _, c := range []struct {
		name   string
		signed rules.Signed
		want   error
	}{
		{"as it was signed", rules.Signed{Payload: "payload", Identity: identity, Signature: good}, nil},
		{"another payload", rules.Signed{Payload: "payloaD", Identity: identity, Signature: good}, rules.ErrSignature},
		{"another identity", rules.Signed{Payload: "payload", Identity: other, Signature: good}, rules.ErrSignature},
		{"an identity of another curve", rules.Signed{Payload: "payload", Identity: larger, Signature: good}, rules.ErrForm},
		{"an identity that is no key", rules.Signed{Payload: "payload", Identity: "AAAA", Signature: good}, rules.ErrForm},
		{"no identity", rules.Signed{Payload: "payload", Identity: "", Signature: good}, rules.ErrForm},
		{"a signature that is cut", rules.Signed{Payload: "payload", Identity: identity, Signature: good[:84]}, rules.ErrForm},
		{"no signature", rules.Signed{Payload: "payload", Identity: identity, Signature: ""}, rules.ErrForm},
	} {
		t.Run(c.name, func(t *testing.T) {
			spki, signature, err := c.signed.Verify()
			if !errors.Is(err, c.want) || (err == nil) != (len(spki) > 0 && len(signature) == 64) {
				t.Errorf("got %d, %d bytes, %v; want %v", len(spki), len(signature), err, c.want)
			}
		})
	}
}
