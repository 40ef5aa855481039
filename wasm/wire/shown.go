package wire

import (
	"bytes"
	"unicode/utf8"
)

// Shown is a string of an op as a reader shows it: one whose end the writer left blank, because
// the segment was full, ends behind its last whole character, in an ellipsis (FORMAT.md §3).
func Shown(s []byte) []byte {
	if len(s) <= maxDictString || s[len(s)-1] != 0 {
		return s
	}
	s = bytes.TrimRight(s, "\x00")
	for range utf8.UTFMax - 1 {
		if r, n := utf8.DecodeLastRune(s); r != utf8.RuneError || n != 1 {
			break
		}
		s = s[:len(s)-1]
	}
	return append(s[:len(s):len(s)], "…"...)
}
