package rules

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
)

// Payload is what recorders of a site read (collector/UPLOAD.md, "Settings"), of either
// custody: the collector makes it of a managed site, the owner of a held site signs it.
type Payload struct {
	V          int      `json:"v"`
	Site       string   `json:"site"`
	Custody    string   `json:"custody"`
	Version    int64    `json:"settingsVersion"`
	SealingKey string   `json:"sealingKey"` // base64url, 65 bytes
	Privacy    string   `json:"privacy"`
	Mask       []string `json:"mask"`
	Block      []string `json:"block"`
	Allow      []string `json:"allow"`
	Consent    string   `json:"consent"`
	RespectDNT bool     `json:"respectDNT"`
	Enabled    bool     `json:"enabled"`
	Sample     float64  `json:"sample"`
	// PrivacyVersion changes with what concerns privacy and with the consent text, and with
	// nothing else: consent that was given under another one is asked for again.
	PrivacyVersion string `json:"privacyVersion,omitempty"`
}

// ReadPayload reads one; what is missing has the value that recorders give it.
func ReadPayload(text []byte) (Payload, error) {
	p := Payload{Privacy: "strict", Consent: "none", RespectDNT: true, Enabled: true, Sample: 1}
	if err := json.Unmarshal(text, &p); err != nil {
		return Payload{}, errors.New("the payload of the settings is not JSON of its form")
	}
	return p, nil
}

// Settings is what Check looks at.
func (p *Payload) Settings() Settings {
	return Settings{Privacy: p.Privacy, Mask: p.Mask, Block: p.Block, Allow: p.Allow,
		Consent: p.Consent, RespectDNT: p.RespectDNT, Sample: p.Sample}
}

// Signed is the object that a collector hands out. The payload is one JSON text whose exact
// bytes are signed; identity and signature are of held custody alone.
type Signed struct {
	Payload   string `json:"payload"`
	Identity  string `json:"identity,omitempty"`  // base64url, SPKI DER
	Signature string `json:"signature,omitempty"` // base64url, r || s of ECDSA P-256 over SHA-256
}

// Errors of Verify.
var (
	ErrForm      = errors.New("identity is not a P-256 key, or signature not 64 bytes, in base64url")
	ErrSignature = errors.New("the signature does not verify")
)

// Verify checks the signature and returns the identity's SPKI DER and r || s.
func (s *Signed) Verify() (spki, signature []byte, err error) {
	if spki, err = base64.RawURLEncoding.DecodeString(s.Identity); err != nil {
		return nil, nil, ErrForm
	}
	key, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return nil, nil, ErrForm
	}
	public, ok := key.(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() {
		return nil, nil, ErrForm
	}
	signature, err = base64.RawURLEncoding.DecodeString(s.Signature)
	if err != nil || len(signature) != 64 {
		return nil, nil, ErrForm
	}
	sum := sha256.Sum256([]byte(s.Payload))
	if !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return nil, nil, ErrSignature
	}
	return spki, signature, nil
}

// SiteKey is the site key of a held site, from its identity's SPKI DER.
func SiteKey(site string, spki []byte) string {
	sum := sha256.Sum256(spki)
	return "h." + site + "." + base64.RawURLEncoding.EncodeToString(sum[:])
}

// Replace changes what was given and leaves what was not.
func Replace[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}
