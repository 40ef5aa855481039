// Package custody makes and uses the keys of a held site, on its owner's machine.
//
// A held site has two P-256 key pairs. The sealing key opens recordings; whoever analyses
// them has its file. The identity key signs which sealing key and which settings hold; its
// hash stands in the site key of the snippet, so a recorder believes nobody else, the
// collector included. Keep the identity file apart: without it nobody can watch anything,
// but who has it can make recorders seal to a key of their own.
//
//	h.<site>.<base64url(SHA-256 of the identity key, SPKI DER)>
//
// Signed settings are the object that collectors hand to recorders: the payload is one
// JSON text whose exact bytes are signed (ECDSA P-256 with SHA-256, r and s of 32 bytes
// each), with a version that only grows: a recorder refuses older than it saw.
package custody

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"afterimage/collector/rules"
)

// Errors that callers decide on.
var (
	ErrIdentity  = errors.New("not an identity key file")
	ErrSettings  = errors.New("these cannot be the settings of a held site")
	ErrSignature = errors.New("the signature does not fit")
)

// Settings is the payload that is signed. The zero value of everything but Site and
// SealingKey is made safe by Defaults.
type Settings struct{ rules.Payload }

// PrivacyChanged reports whether two settings differ in what concerns privacy.
func (s *Settings) PrivacyChanged(o *Settings) bool {
	return s.Privacy != o.Privacy || s.Consent != o.Consent || s.RespectDNT != o.RespectDNT ||
		!slices.Equal(s.Mask, o.Mask) || !slices.Equal(s.Block, o.Block) || !slices.Equal(s.Allow, o.Allow)
}

// NextPrivacyVersion raises the privacy version.
func (s *Settings) NextPrivacyVersion() {
	n, _ := strconv.Atoi(s.PrivacyVersion) // "" is 0
	s.PrivacyVersion = strconv.Itoa(n + 1)
}

// Defaults are the settings of a new site: strict, no consent asked for, everybody who
// does not object is recorded.
func Defaults(site string, sealing *ecdh.PublicKey) Settings {
	return Settings{rules.Payload{V: 1, Site: site, Custody: "held", Version: 1,
		SealingKey: base64.RawURLEncoding.EncodeToString(sealing.Bytes()),
		Privacy:    "strict", Mask: []string{}, Block: []string{}, Allow: []string{},
		Consent: "none", RespectDNT: true, Enabled: true, Sample: 1, PrivacyVersion: "1"}}
}

// Check refuses what recorders refuse.
func (s *Settings) Check() error {
	key, err := base64.RawURLEncoding.DecodeString(s.SealingKey)
	if err == nil {
		_, err = ecdh.P256().NewPublicKey(key)
	}
	switch {
	case s.V != 1 || s.Custody != "held":
		return fmt.Errorf("%w: v %d, custody %q; want 1 and \"held\"", ErrSettings, s.V, s.Custody)
	case err != nil:
		return fmt.Errorf("%w: sealingKey is not a P-256 point", ErrSettings)
	case s.Version < 1:
		return fmt.Errorf("%w: settingsVersion %d, want 1 or more", ErrSettings, s.Version)
	}
	if err := rules.Check(s.Payload.Settings()); err != nil {
		return fmt.Errorf("%w: %w", ErrSettings, err)
	}
	return nil
}

// Signed is the object that a collector hands out.
type Signed struct{ rules.Signed }

// Identity is the key pair that signs.
type Identity struct{ private *ecdsa.PrivateKey }

// NewIdentity makes one.
func NewIdentity() (*Identity, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return &Identity{private}, nil
}

// NewSealingKey makes a key pair for recordings.
func NewSealingKey() (*ecdh.PrivateKey, error) { return ecdh.P256().GenerateKey(rand.Reader) }

// SPKI is the public key as recorders get it.
func (i *Identity) SPKI() ([]byte, error) { return x509.MarshalPKIXPublicKey(&i.private.PublicKey) }

// SiteKey is what stands in data-site.
func (i *Identity) SiteKey(site string) (string, error) {
	spki, err := i.SPKI()
	if err != nil {
		return "", err
	}
	return rules.SiteKey(site, spki), nil
}

// Sign checks and signs settings.
func (i *Identity) Sign(s Settings) (Signed, error) {
	if err := s.Check(); err != nil {
		return Signed{}, err
	}
	payload, err := json.Marshal(s)
	if err != nil {
		return Signed{}, err
	}
	digest := sha256.Sum256(payload)
	r, sv, err := ecdsa.Sign(rand.Reader, i.private, digest[:])
	if err != nil {
		return Signed{}, err
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	sv.FillBytes(raw[32:])
	spki, err := i.SPKI()
	if err != nil {
		return Signed{}, err
	}
	enc := base64.RawURLEncoding
	return Signed{rules.Signed{Payload: string(payload), Identity: enc.EncodeToString(spki), Signature: enc.EncodeToString(raw)}}, nil
}

// Verify checks the signature and returns the settings and the site key they belong to.
func (s *Signed) Verify() (Settings, string, error) {
	spki, _, err := s.Signed.Verify()
	if errors.Is(err, rules.ErrSignature) {
		return Settings{}, "", ErrSignature
	}
	if err != nil {
		return Settings{}, "", fmt.Errorf("%w: %w", ErrSettings, err)
	}
	p, err := rules.ReadPayload([]byte(s.Payload))
	if err != nil {
		return Settings{}, "", fmt.Errorf("%w: %w", ErrSettings, err)
	}
	settings := Settings{p}
	if err := settings.Check(); err != nil {
		return Settings{}, "", err
	}
	return settings, rules.SiteKey(settings.Site, spki), nil
}

// WritePEM writes the identity key as a file: a line for people, then PKCS#8.
func (i *Identity) WritePEM(w io.Writer, site string) error {
	return writePEM(w, i.private, "Afterimage identity key of site "+site+". It signs the site's settings and sealing keys. Keep it offline.")
}

// WriteSealingPEM writes a sealing key as a file.
func WriteSealingPEM(w io.Writer, private *ecdh.PrivateKey, site string) error {
	return writePEM(w, private, "Afterimage sealing key of site "+site+". Who has this file can watch its recordings: replay --key FILE.")
}

func writePEM(w io.Writer, private any, line string) error {
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, line+"\n"); err != nil {
		return err
	}
	return pem.Encode(w, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// ParseIdentity reads an identity key file. Its errors never quote it.
func ParseIdentity(text []byte) (*Identity, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("%w: there is no PEM block \"PRIVATE KEY\" in it", ErrIdentity)
	}
	if extra, _ := pem.Decode(rest); extra != nil {
		return nil, fmt.Errorf("%w: it holds more than one key", ErrIdentity)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: the PEM block is not PKCS#8", ErrIdentity)
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || private.Curve != elliptic.P256() {
		return nil, fmt.Errorf("%w: not a P-256 key", ErrIdentity)
	}
	return &Identity{private}, nil
}
