package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
)

// HeaderSize is the length of the clear header: all of it is authenticated.
const HeaderSize = 60

// Overhead is what sealing adds to a segment.
const Overhead = HeaderSize + 16

// SegmentVersion is byte 2 of a sealed segment.
const SegmentVersion = 1

// ErrAuth: the segment was changed, or is of another page view or content key.
var ErrAuth = errors.New("segment does not authenticate")

// ErrTruncated: fewer bytes than a sealed segment has.
var ErrTruncated = errors.New("sealed segment is truncated")

// Header is the clear header of a sealed segment: all that the collector knows of it.
type Header struct {
	PageView [16]byte
	Number   uint32   // from 0 in its page view; also the nonce
	Epoch    uint32   // of the plaintext
	PrevHash [32]byte // SHA-256 of the sealed segment before; zeros for number 0
}

// AppendHeader writes the 60 bytes of h.
func AppendHeader(dst []byte, h Header) []byte {
	dst = append(dst, 'A', 'S', SegmentVersion, 0)
	dst = append(dst, h.PageView[:]...)
	dst = binary.LittleEndian.AppendUint32(dst, h.Number)
	dst = binary.LittleEndian.AppendUint32(dst, h.Epoch)
	return append(dst, h.PrevHash[:]...)
}

// ReadHeader reads the clear header at the start of sealed. The error wraps ErrTruncated,
// ErrVersion or ErrAuth (not a sealed segment).
func ReadHeader(sealed []byte) (Header, error) {
	var h Header
	if len(sealed) >= 2 && (sealed[0] != 'A' || sealed[1] != 'S') {
		return h, fmt.Errorf("%w: it does not begin with AS", ErrAuth)
	}
	if len(sealed) >= 4 && (sealed[2] != SegmentVersion || sealed[3] != 0) {
		return h, fmt.Errorf("sealed segment: %w: %d flags %#x, expected %d and none", ErrVersion, sealed[2], sealed[3], SegmentVersion)
	}
	if len(sealed) < Overhead {
		return h, fmt.Errorf("%w: %d bytes, at least %d expected", ErrTruncated, len(sealed), Overhead)
	}
	copy(h.PageView[:], sealed[4:])
	h.Number = binary.LittleEndian.Uint32(sealed[20:])
	h.Epoch = binary.LittleEndian.Uint32(sealed[24:])
	copy(h.PrevHash[:], sealed[28:])
	return h, nil
}

func cipherOf(contentKey []byte) (cipher.AEAD, error) {
	if len(contentKey) != ContentKeySize {
		return nil, fmt.Errorf("%w: content key of %d bytes, expected %d", ErrKey, len(contentKey), ContentKeySize)
	}
	block, err := aes.NewCipher(contentKey)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return cipher.NewGCM(block)
}

// nonceOf is eight zero bytes and the number, big endian: unique, since the worker alone
// assigns numbers and a page view has a content key of its own.
func nonceOf(number uint32) []byte {
	nonce := make([]byte, 12)
	binary.BigEndian.PutUint32(nonce[8:], number)
	return nonce
}

// SealSegment seals one wire segment. Nobody but the sender of a page view may call it,
// and once only for a number: a nonce used twice gives both plaintexts away.
func SealSegment(contentKey []byte, h Header, plain []byte) ([]byte, error) {
	aead, err := cipherOf(contentKey)
	if err != nil {
		return nil, err
	}
	sealed := AppendHeader(make([]byte, 0, Overhead+len(plain)), h)
	return aead.Seal(sealed, nonceOf(h.Number), plain, sealed[:HeaderSize]), nil
}

// OpenSegment returns the wire segment in sealed and its clear header. The error wraps
// ErrTruncated, ErrVersion, ErrKey or ErrAuth.
func OpenSegment(contentKey, sealed []byte) ([]byte, Header, error) {
	h, err := ReadHeader(sealed)
	if err != nil {
		return nil, h, err
	}
	aead, err := cipherOf(contentKey)
	if err != nil {
		return nil, h, err
	}
	plain, err := aead.Open(nil, nonceOf(h.Number), sealed[HeaderSize:], sealed[:HeaderSize])
	if err != nil {
		return nil, h, fmt.Errorf("segment %d: %w", h.Number, ErrAuth)
	}
	return plain, h, nil
}
