package mask_test

import (
	"testing"

	"afterimage/wasm/mask"
)

// Personal data in other digits and other writings, and what looks like it and stays.
func TestOtherWritings(t *testing.T) {
	for _, c := range []struct{ what, in, want string }{
		{"a phone number in wide digits", "電話：０３ー１２３４ー５６７８", "電話：ｘｘｘｘｘｘｘｘｘｘ"},
		{"a card in wide digits", "４１１１ １１１１ １１１１ １１１１", "ｘｘｘｘ ｘｘｘｘ ｘｘｘｘ ｘｘｘｘ"},
		{"a phone number in Persian digits", "تلفن ۰۹۱۲۳۴۵۶۷۸۹", "تلفن xxxxxxxxxx"},
		{"a phone number in Devanagari", "+९१ ९८७६५ ४३२१०", "xxxx xxxx xxxx"},
		{"an address with a wide @", "john＠example.com", "xxxxxxxxxxxxxxxx"},
		{"an address with the sign in brackets", "write to john.doe (at) example.com!", "write to xxxxxxx xxxx xxxxxxxxxx!"},
		{"an address with all of its signs in brackets", "john[at]example[dot]com", "xxxxxxxxxxxxxxxxxxxxxxxx"},
		{"a dot as a word", "john (at) example dot com", "xxxx xxxx xxxxxxx xxxx xxxx"},
		{"an address in an address", "?mail=john%40example.com&x=1", "?xxxxxxxxxxxxxxxxxxxxxxxx&x=1"},
		{"an address as an entity", "john&#64;example.com", "xxxxxxxxxxxxxxxx"},
		{"a key behind its name", "Authorization: Bearer abcdef123456ghijkl789", "Authorization: Bearer xxxxxxxxxxxxxxxxxxxxxxxx"},
	} {
		p := mask.New(mask.Balanced)
		if got := string(p.Text([]byte(c.in), mask.Shown).Bytes()); got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
	for _, text := range []string{
		"Size 38 40 42 44 46", "24 36 48 60 72", "128 134 140 146 152", "36 37 38 39 40 41 42", "100 200 300 400 500",
		"array[at].length", "call (at) once", "50%40", "if (a & b) { x % 40 }", "logo@2x.png", "{at} {dot}",
		"価格：１２，０００円（税込）", "第１０回 ２０２４年３月１７日", "token colorGray100Alpha20000",
		"nginx@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	} {
		p := mask.New(mask.Balanced)
		if got := string(p.Text([]byte(text), mask.Shown).Bytes()); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// What pages make of a value that was typed.
func TestPartsOfATypedValue(t *testing.T) {
	for _, c := range []struct{ what, typed, in, want string }{
		{"the items of a list", "garden, kitchen; tools", "Tag kitchen x", "Tag xxxxxxx x"},
		{"the parts of a postal address", "Zanthorpe Street 17, 10115 Quillburg", "Delivery to Quillburg", "Delivery to xxxxxxxxxx"},
		{"lines", "Zanthorpe\nbehind the mill 4\nup there", "behind the mill 4", "xxxxxxx xxxx xxxx x"},
		{"the domain of an address", "jane@zanthorpe.example", "at zanthorpe.example", "at xxxxxxxxxxxxxxxx"},
		{"its beginning before an ellipsis", "please write to me", "please wri… (2)", "xxxxxxx xxxx… (2)"},
		{"its beginning before three dots", "please write to me", "please wri... and more", "xxxxxxx xxxx... and more"},
		{"over characters that nobody sees", "zanthorpe", "zan\u3164tho\u180erpe", "xxxxxxxxxx"},
		{"no words of a sentence", "well, this is what it is", "well and what", "well and what"},
	} {
		p := mask.New(mask.Balanced)
		p.Typed(1, []byte(c.typed))
		for range 60 {
			p.BeginBatch()
		}
		if got := string(p.Text([]byte(c.in), mask.Shown).Bytes()); got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
}

// Copies of a secret value in other fields are known by what was typed.
func TestCopyOfASecretIsKnown(t *testing.T) {
	p := mask.New(mask.Balanced)
	p.TypedSecret(1, []byte("Zanthor9!"))
	p.TypedSecret(2, []byte("4821"))
	p.Typed(3, []byte("quillburg"))
	for value, want := range map[string]bool{"zanthor9!": true, "Zanthor": false, "4821": false, "quillburg": false, "": false} {
		if got := p.IsSecretValue([]byte(value)); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}
