package open

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"afterimage/wasm/wire/seal"
)

// Keyring holds the private sealing keys of held sites, by key id. A nil Keyring is
// empty.
type Keyring struct {
	keys map[string]*ecdh.PrivateKey
}

// maxKeyFileBytes bounds a key file; one key is about 240 bytes.
const maxKeyFileBytes = 1 << 20

// ReadKeyFile reads the private sealing keys (PEM, PKCS#8, P-256) at path: one, or
// several after the site's key was changed.
func ReadKeyFile(path string) (*Keyring, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if info.IsDir() || info.Size() > maxKeyFileBytes {
		return nil, fmt.Errorf("key file %s: %w: it is a folder or above %d bytes", path, ErrKey, maxKeyFileBytes)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	ring, err := ParseKeyring(text)
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	return ring, nil
}

// ParseKeyring reads the PEM text of private sealing keys. Text between blocks is
// skipped. Its errors never quote the text.
func ParseKeyring(text []byte) (*Keyring, error) {
	ring := &Keyring{keys: map[string]*ecdh.PrivateKey{}}
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		private, err := parsePrivate(block)
		if err != nil {
			return nil, err
		}
		id := seal.KeyID(private.PublicKey().Bytes())
		ring.keys[string(id[:])] = private
	}
	if len(ring.keys) == 0 {
		return nil, fmt.Errorf("%w: there is no PEM block \"PRIVATE KEY\" in it", ErrKey)
	}
	return ring, nil
}

func parsePrivate(block *pem.Block) (*ecdh.PrivateKey, error) {
	if block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("%w: PEM block %q, want \"PRIVATE KEY\"", ErrKey, block.Type)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: the PEM block is not PKCS#8", ErrKey)
	}
	var private *ecdh.PrivateKey
	switch k := parsed.(type) {
	case *ecdh.PrivateKey:
		private = k
	case *ecdsa.PrivateKey: // PKCS#8 does not tell the two uses of a curve apart
		if private, err = k.ECDH(); err != nil {
			return nil, fmt.Errorf("%w: not a P-256 key", ErrKey)
		}
	default:
		return nil, fmt.Errorf("%w: not a P-256 key", ErrKey)
	}
	if private.Curve() != ecdh.P256() {
		return nil, fmt.Errorf("%w: not a P-256 key", ErrKey)
	}
	return private, nil
}

// Keys are the private keys, in no order.
func (r *Keyring) Keys() []*ecdh.PrivateKey {
	if r == nil {
		return nil
	}
	out := make([]*ecdh.PrivateKey, 0, len(r.keys))
	for _, k := range r.keys {
		out = append(out, k)
	}
	return out
}

// open opens one envelope with the key that it names.
func (r *Keyring) open(envelope []byte, site, session, pageView string) ([]byte, error) {
	id, err := envelopeKeyID(envelope)
	if err != nil {
		return nil, err
	}
	if r == nil || len(r.keys) == 0 {
		return nil, fmt.Errorf("%w: it is sealed to key %x, which only the owner of site %s has", ErrKey, id, site)
	}
	private := r.keys[string(id)]
	if private == nil {
		return nil, fmt.Errorf("%w: it is sealed to key %x, the key file holds %s", ErrKey, id, r.ids())
	}
	key, err := seal.OpenEnvelope(private.Bytes(), envelope, site, session, pageView)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return key, nil
}

func (r *Keyring) ids() string {
	var b bytes.Buffer
	for id := range r.keys {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%x", id)
	}
	return b.String()
}

// envelopeKeyID tells to which key an envelope is sealed.
func envelopeKeyID(envelope []byte) ([]byte, error) {
	if len(envelope) == 0 {
		return nil, fmt.Errorf("%w: there is no envelope; it was destroyed or never came", ErrKey)
	}
	id, err := seal.EnvelopeKeyID(envelope)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return id[:], nil
}

// openKeys is the content keys of a session, opened with ring where the source could
// not, and for the page views that stay closed the reason.
func openKeys(k Keys, s Session, ring *Keyring) (content map[string][]byte, closed map[string]error) {
	content, closed = map[string][]byte{}, map[string]error{}
	for _, pv := range s.PageViews {
		if key := k.Content[pv.ID]; len(key) == 16 {
			content[pv.ID] = key
			continue
		}
		key, err := ring.open(k.Envelopes[pv.ID], s.Site, s.ID, pv.ID)
		switch {
		case err == nil:
			content[pv.ID] = key
		case k.Problem != "" && ring == nil:
			closed[pv.ID] = fmt.Errorf("page view %s: %w: %s", pv.ID, ErrKey, k.Problem)
		default:
			closed[pv.ID] = fmt.Errorf("page view %s: %w", pv.ID, err)
		}
	}
	return content, closed
}

// KeyHint is the remedy that belongs to an ErrKey, for the `hint:` line.
func KeyHint(err error, custody string) string {
	if !errors.Is(err, ErrKey) {
		return ""
	}
	if custody == Held {
		return "the owner's sealing key file opens it: --key FILE (made by `replay key new`)"
	}
	return "managed sites open with the collector's master key: --keys FILE, or through the running collector"
}

// WithKeyring is src whose Keys are opened with ring where src could not.
func WithKeyring(src Source, ring *Keyring) Source {
	if ring == nil {
		return src
	}
	return ringSource{Source: src, ring: ring}
}

type ringSource struct {
	Source
	ring *Keyring
}

func (s ringSource) Keys(ctx context.Context, id string) (Keys, error) {
	keys, err := s.Source.Keys(ctx, id)
	if err != nil {
		return Keys{}, err
	}
	session, err := s.Source.Session(ctx, id)
	if err != nil {
		return Keys{}, err
	}
	content, closed := openKeys(keys, session, s.ring)
	keys.Content = content
	for _, pv := range session.PageViews {
		if err := closed[pv.ID]; err != nil {
			keys.Problem = err.Error()
		}
	}
	return keys, nil
}
