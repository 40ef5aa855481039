package store

import (
	"encoding/hex"
	"regexp"

	"afterimage/wasm/wire/seal"
)

// clearHeader reads what a sealed segment says in the clear.
func clearHeader(sealed []byte) (h header, ok bool) {
	x, err := seal.ReadHeader(sealed)
	if err != nil {
		return header{}, false
	}
	return header{idText(x.PageView[:]), x.Number, x.Epoch}, true
}

type header struct {
	pageView      string
	number, epoch uint32
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
