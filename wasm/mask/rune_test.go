package mask

import (
	"testing"
	"unicode/utf8"
)

func TestAppendRuneIsUTF8(t *testing.T) {
	for r := rune(0); r < 1<<24; r++ { // six hexadecimal digits
		if got, want := string(appendRune(nil, r)), string(utf8.AppendRune(nil, r)); got != want {
			t.Fatalf("%U: got %x, want %x", r, got, want)
		}
	}
}

func TestDecodeRuneIsUTF8(t *testing.T) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		b := utf8.AppendRune(nil, r)
		want, n := utf8.DecodeRune(b)
		if got, size := decodeRune(append(b, "after"...)); got != want || size != n {
			t.Fatalf("%U: got %U of %d bytes, want %U of %d", r, got, size, want, n)
		}
	}
	for c := range 256 {
		for n := range 4 {
			b := append([]byte{byte(c)}, "\x80\xff\x41"[:n]...)
			if _, size := decodeRune(b); size < 1 || size > len(b) {
				t.Fatalf("%x: %d bytes", b, size)
			}
		}
	}
}
