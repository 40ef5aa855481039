package seal

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// Sizes in bytes.
const (
	ContentKeySize = 16
	PublicKeySize  = 65 // uncompressed P-256 point (SEC 1 §2.3.3)
	PrivateKeySize = 32 // P-256 scalar, big endian
	KeyIDSize      = 8
	EnvelopeSize   = 1 + KeyIDSize + PublicKeySize + ContentKeySize + 16
	maxSiteIDSize  = 255
)

// EnvelopeVersion is the first byte of an envelope.
const EnvelopeVersion = 1

// infoLabel binds an envelope to this use; the zero byte ends it.
const infoLabel = "afterimage envelope v1\x00"

var (
	// ErrEnvelope: the bytes are not an envelope, or were changed, or belong to another
	// site, session or page view.
	ErrEnvelope = errors.New("envelope does not open")
	// ErrKey: the envelope is sealed to another key, or the given key is not a P-256 key.
	ErrKey = errors.New("wrong key")
	// ErrVersion: made by a newer version of the format.
	ErrVersion = errors.New("version of the sealed format is not known here")
)

// NewSiteKey makes a sealing key pair: priv is the 32-byte scalar, pub the 65-byte point.
func NewSiteKey() (priv, pub []byte, err error) {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a site key: %w", err)
	}
	return key.Bytes(), key.PublicKey().Bytes(), nil
}

// PublicKey gives the public half of priv.
func PublicKey(priv []byte) ([]byte, error) {
	key, err := ecdh.P256().NewPrivateKey(priv)
	if err != nil {
		return nil, fmt.Errorf("%w: not a P-256 private key of %d bytes", ErrKey, PrivateKeySize)
	}
	return key.PublicKey().Bytes(), nil
}

// KeyID names a public key: the first 8 bytes of the SHA-256 of its 65 bytes.
func KeyID(pub []byte) [KeyIDSize]byte {
	sum := sha256.Sum256(pub)
	return [KeyIDSize]byte(sum[:KeyIDSize])
}

// NewContentKey makes a random content key.
func NewContentKey() []byte {
	key := make([]byte, ContentKeySize)
	rand.Read(key) // never fails (Go 1.24 and later)
	return key
}

// EnvelopeKeyID tells to which key an envelope is sealed.
func EnvelopeKeyID(envelope []byte) ([KeyIDSize]byte, error) {
	var id [KeyIDSize]byte
	if len(envelope) == 0 {
		return id, fmt.Errorf("%w: it is empty", ErrEnvelope)
	}
	if envelope[0] != EnvelopeVersion {
		return id, fmt.Errorf("envelope: %w: %d, expected %d", ErrVersion, envelope[0], EnvelopeVersion)
	}
	if len(envelope) != EnvelopeSize {
		return id, fmt.Errorf("%w: %d bytes, expected %d", ErrEnvelope, len(envelope), EnvelopeSize)
	}
	copy(id[:], envelope[1:])
	return id, nil
}

// envelopeInfo is HPKE's info: label, site, session, page view and key id. session and
// pageView are 32 hexadecimal digits.
func envelopeInfo(site, session, pageView string, keyID [KeyIDSize]byte) ([]byte, error) {
	if site == "" || len(site) > maxSiteIDSize {
		return nil, fmt.Errorf("%w: site id of %d bytes, expected 1 to %d", ErrEnvelope, len(site), maxSiteIDSize)
	}
	info := append([]byte(infoLabel), byte(len(site)))
	info = append(info, site...)
	for name, id := range map[string]string{"session": session, "page view": pageView} {
		if raw, err := hex.DecodeString(id); err != nil || len(raw) != 16 {
			return nil, fmt.Errorf("%w: %s id %.40q, expected 32 hexadecimal digits", ErrEnvelope, name, id)
		}
	}
	info, _ = hex.AppendDecode(info, []byte(session)) // checked above
	info, _ = hex.AppendDecode(info, []byte(pageView))
	return append(info, keyID[:]...), nil
}

// SealEnvelope seals contentKey (16 bytes) to the site's public key (65 bytes) for one
// page view and returns the 106-byte envelope. The error wraps ErrKey or ErrEnvelope.
func SealEnvelope(pub []byte, site, session, pageView string, contentKey []byte) ([]byte, error) {
	if len(contentKey) != ContentKeySize {
		return nil, fmt.Errorf("%w: content key of %d bytes, expected %d", ErrEnvelope, len(contentKey), ContentKeySize)
	}
	public, err := ecdh.P256().NewPublicKey(pub)
	if err != nil {
		return nil, fmt.Errorf("%w: not an uncompressed P-256 public key of %d bytes", ErrKey, PublicKeySize)
	}
	to, err := hpke.NewDHKEMPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	keyID := KeyID(pub)
	info, err := envelopeInfo(site, session, pageView, keyID)
	if err != nil {
		return nil, err
	}
	sealed, err := hpke.Seal(to, hpke.HKDFSHA256(), hpke.AES128GCM(), info, contentKey)
	if err != nil {
		return nil, fmt.Errorf("seal envelope: %w", err)
	}
	envelope := append([]byte{EnvelopeVersion}, keyID[:]...)
	return append(envelope, sealed...), nil
}

// OpenEnvelope returns the content key in envelope. The error wraps ErrVersion, ErrKey
// (priv is not the key that it was sealed to) or ErrEnvelope (damaged, or of another site,
// session or page view).
func OpenEnvelope(priv, envelope []byte, site, session, pageView string) ([]byte, error) {
	keyID, err := EnvelopeKeyID(envelope)
	if err != nil {
		return nil, err
	}
	private, err := ecdh.P256().NewPrivateKey(priv)
	if err != nil {
		return nil, fmt.Errorf("%w: not a P-256 private key of %d bytes", ErrKey, PrivateKeySize)
	}
	if have := KeyID(private.PublicKey().Bytes()); !bytes.Equal(have[:], keyID[:]) {
		return nil, fmt.Errorf("%w: the envelope is sealed to key %x, this is key %x", ErrKey, keyID, have)
	}
	key, err := hpke.NewDHKEMPrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	info, err := envelopeInfo(site, session, pageView, keyID)
	if err != nil {
		return nil, err
	}
	contentKey, err := hpke.Open(key, hpke.HKDFSHA256(), hpke.AES128GCM(), info, envelope[1+KeyIDSize:])
	if err != nil {
		return nil, fmt.Errorf("%w: it was changed, or belongs to another site, session or page view", ErrEnvelope)
	}
	return contentKey, nil
}
