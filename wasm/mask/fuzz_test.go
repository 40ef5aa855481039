package mask_test

import (
	"bytes"
	"testing"

	"afterimage/wasm/mask"
)

// FuzzDetect: whatever stands around it, on both sides of a blank, personal data is masked;
// finds lie in the text, in order, and apart; what is not found stays byte for byte.
func FuzzDetect(f *testing.F) {
	for _, s := range []string{"", "price 4", "tel: ", "1 22 333 44 55 666 77 88 999 11 22", "\"", "a@b", "00 00 00", "+", "(", "X1234567", "AB 12 34 56 C", "sha512-", "\xc2", "\xe2\x80", "e\xcc\x81", "\u2003\u200b", "DE89 3704", "12.345.678-", "99999999999999999999999999999999999999999", "eyJ", "key zanthorpe"} {
		f.Add([]byte(s), []byte(" and "))
		f.Add([]byte("x "), []byte(s))
	}
	secrets := []string{"jane.zanthorpe@mail.example.com", "4111111111111111", "DE89370400440532013000", "ghp_ABCDEFGH4f9abcdefghijklmnopqrstuvwx", "klmzanthorpe", "X2737849K"}
	f.Fuzz(func(t *testing.T, before, after []byte) {
		p := mask.New(mask.Balanced)
		p.Typed(1, []byte("klmzanthorpe"))
		for _, s := range secrets {
			if bytes.Contains(before, []byte(s)) || bytes.Contains(after, []byte(s)) {
				return
			}
			// Digits close by make another number of a card or an account.
			text := append(append(append(append(append([]byte(nil), before...), " of "...), s...), " to "...), after...)
			if got := p.Text(text, mask.Shown).Bytes(); bytes.Contains(got, []byte(s)) {
				t.Fatalf("%q is shown in %q", s, got)
			}
			at := 0
			for _, find := range p.Finds(text) {
				if find[0] < at || find[1] <= find[0] || find[1] > len(text) {
					t.Fatalf("find %v after %d in a text of %d bytes", find, at, len(text))
				}
				at = find[1]
			}
			for cut := range 3 {
				p.TextBetween(text, mask.Shown, len(before)*cut/2, len(after)*(2-cut)/2)
			}
			p.Reset()
		}
		if got, finds := p.Text(before, mask.Shown).Bytes(), p.Finds(before); len(finds) == 0 && !bytes.Equal(got, before) {
			t.Fatalf("nothing was found in %q, and got %q", before, got)
		}
		p.Text(before, mask.Masked)
		p.JSON(after)
		p.CSS(before, mask.Shown)
		p.URL(after, mask.Shown)
	})
}
