// Package keys holds the master key of a collector and what it wraps: the private keys of
// sites in managed custody.
//
// The master key is 32 random bytes in a file of its own that never lies in the data
// directory, so that a copy of the data alone opens nothing. Wrapping is AES-256-GCM with
// the site's id as additional data: a wrapped key that is moved to another site does not
// open. Where the file is missing or another one, the error says which file and what to do;
// nothing here ever makes a new key over sites that need the old one.
//
// The file is one line of text:
//
//	afterimage-master-v1 <32 bytes, base64url without padding>
//
// A wrapped key is: version 1 (1 byte) | id of the master key (8) | nonce (12) |
// ciphertext and tag (32 + 16). Stored in the DB: a change needs a new version.
package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

var (
	ErrMissing = errors.New("the master key file is not there")
	ErrFile    = errors.New("not a master key file")
	ErrOpen    = errors.New("readable by other users")
	ErrWrong   = errors.New("the master key is another one than the site's key was wrapped with")
	ErrDamaged = errors.New("the wrapped key is damaged")
)

const (
	fileHead    = "afterimage-master-v1 "
	wrapVersion = 1
	wrapHead    = 1 + 8
	nonceBytes  = 12
	wrapLabel   = "afterimage wrapped site key v1\x00"
)

// Master is an open master key. Safe for concurrent use.
type Master struct {
	aead cipher.AEAD
	id   [8]byte
}

// DefaultFile is master.key in the user's configuration directory.
func DefaultFile() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("place of the master key: %w", err)
	}
	return filepath.Join(dir, "afterimage", "master.key"), nil
}

// Load reads a master key. The error wraps ErrMissing, ErrFile or ErrOpen.
func Load(file string) (*Master, error) {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", file, ErrMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	if info.Mode().IsRegular() && info.Mode()&0o007 != 0 {
		return nil, fmt.Errorf("%s has mode %04o: %w", file, info.Mode().Perm(), ErrOpen)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	encoded, ok := strings.CutPrefix(strings.TrimSpace(string(text)), fileHead)
	if !ok {
		return nil, fmt.Errorf("%s: %w", file, ErrFile)
	}
	key, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("%s: %w: the key is damaged", file, ErrFile)
	}
	return newMaster(key)
}

// Create makes a new key and its file (0600, its folder 0700). It never overwrites.
func Create(file string) (*Master, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	key := make([]byte, 32)
	rand.Read(key)
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	_, err = f.WriteString(fileHead + base64.RawURLEncoding.EncodeToString(key) + "\n")
	if err == nil {
		err = f.Sync() // sites made a moment later depend on it
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("master key %s: %w", file, errors.Join(err, os.Remove(file)))
	}
	return newMaster(key)
}

func newMaster(key []byte) (*Master, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	m := &Master{aead: aead}
	sum := sha256.Sum256(append([]byte("afterimage master id\x00"), key...))
	copy(m.id[:], sum[:])
	return m, nil
}

// Wrap encrypts the private key of a site.
func (m *Master) Wrap(site string, private []byte) []byte {
	out := append([]byte{wrapVersion}, m.id[:]...)
	nonce := make([]byte, nonceBytes)
	rand.Read(nonce)
	out = append(out, nonce...)
	return m.aead.Seal(out, nonce, private, []byte(wrapLabel+site))
}

// Unwrap decrypts what Wrap made for the same site. The error wraps ErrWrong when another
// master key wrapped it, ErrDamaged when the bytes are not what Wrap made.
func (m *Master) Unwrap(site string, wrapped []byte) ([]byte, error) {
	if len(wrapped) < wrapHead+nonceBytes || wrapped[0] != wrapVersion {
		return nil, fmt.Errorf("site %s: %w", site, ErrDamaged)
	}
	if [8]byte(wrapped[1:wrapHead]) != m.id {
		return nil, fmt.Errorf("site %s: %w", site, ErrWrong)
	}
	nonce := wrapped[wrapHead : wrapHead+nonceBytes]
	private, err := m.aead.Open(nil, nonce, wrapped[wrapHead+nonceBytes:], []byte(wrapLabel+site))
	if err != nil {
		return nil, fmt.Errorf("site %s: %w", site, ErrDamaged)
	}
	return private, nil
}
