package store

import (
	"encoding/binary"
	"encoding/hex"
	"regexp"
)

// sealedMin is the clear header of a sealed segment and the tag of AES-GCM.
const (
	headerBytes = 60
	sealedMin   = headerBytes + 16
)

// header is what a sealed segment says in the clear (wasm/wire/FORMAT.md).
type header struct {
	pageView      string
	number, epoch uint32
}

func clearHeader(sealed []byte) (header, bool) {
	if len(sealed) < sealedMin || sealed[0] != 'A' || sealed[1] != 'S' {
		return header{}, false
	}
	return header{
		pageView: idText(sealed[4:20]),
		number:   binary.LittleEndian.Uint32(sealed[20:]),
		epoch:    binary.LittleEndian.Uint32(sealed[24:]),
	}, true
}

func idText(b []byte) string { return hex.EncodeToString(b) }

// idBytes reads the 32 lower-case hex digits of a session, page view, tab or visitor.
func idBytes(s string) (id [16]byte, ok bool) {
	if !ValidID(s) {
		return id, false
	}
	hex.Decode(id[:], []byte(s)) // cannot fail: checked just before
	return id, true
}

var (
	idPattern   = regexp.MustCompile(`^[0-9a-f]{32}$`)
	sitePattern = regexp.MustCompile(`^[a-z0-9]{8,32}$`)
)

// ValidID reports whether s is the text of a 16-byte id.
func ValidID(s string) bool { return idPattern.MatchString(s) }

// ValidSiteID reports whether s can be the id of a site.
func ValidSiteID(s string) bool { return sitePattern.MatchString(s) }
