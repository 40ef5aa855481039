package mask_test

import (
	"strings"
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
		{"an address written backwards, as style draws it forwards", "mail moc.elpmaxe@eod.nhoj or ku.oc.elpmaxe@nhoj", "mail xxxxxxxxxxxxxxxx or xxxxxxxxxxxxxxxx"},
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
		"a.b@c", "x.y@example", "moc@elpmaxe", "config.mo@x", "array[at].length", "call (at) once", "50%40", "if (a & b) { x % 40 }", "logo@2x.png", "{at} {dot}",
		"価格：１２，０００円（税込）", "第１０回 ２０２４年３月１７日", "token colorGray100Alpha20000",
		"nginx@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	} {
		p := mask.New(mask.Balanced)
		if got := string(p.Text([]byte(text), mask.Shown).Bytes()); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// Personal data as it is written now and then, and what is much like it.
func TestRarerWritings(t *testing.T) {
	for _, c := range []struct{ what, in, want string }{
		{"an @ by its name in HTML", "jane&commat;example.com", "xxxxxxxxxxxxxxxxxxxxxxxx"},
		{"an @ by its number, with zeros", "jane&#0064;example.com", "xxxxxxxxxxxxxxxxxxxxxxxx"},
		{"a dot by its number", "to jane@example&#46;com now", "to xxxxxxxxxxxxxxxx now"},
		{"all signs by their names", "jane&period;doe&commat;example&period;com", strings.Repeat("x", 40)},
		{"an ideographic full stop before the last label", "jane@example。com", "xxxxxxxxxxxxxxxx"},
		{"a quote in a quoted local part", `to "a\"b"@example.com`, "to xxxxxxxxxxxxxxxx"},
		{"an address at a machine", "jane@[192.168.0.1]", "xxxxxxxxxxxxxxxx"},
		{"a French phone number behind a word", "see 06 12 34 56 78 there", "see xx xx xx xx xx there"},
		{"one between two words that are hexadecimal digits", "de 06 12 39 56 78 ce soir", "de xx xx xx xx xx ce soir"},
		{"a RuPay card", "8100 0000 0000 0002", "xxxx xxxx xxxx xxxx"},
		{"a Troy card", "9792000000000003", "xxxxxxxxxxxxxxxx"},
		{"a card of JCB with 15 digits", "213100000000001", "xxxxxxxxxxxxxxxx"},
		{"an IBAN with dots", "DE89.3704.0044.0532.0130.00", "xxxxxxxxxxxxxxxxxxxxxxxx"},
		{"an IBAN that its name touches", "IBANDE89370400440532013000", "IBANxxxxxxxxxxxxxxxxxxxxxxxx"},
		{"a key in a parameter", "?key=AKI" + "AIOSFODNN7EXAMPLE&x", "?key=xxxxxxxxxxxxxxxx&x"},
		{"a JWT without a signature in a parameter", "token=eyJhbGciOiJub25lIn0.eyJhIjoxfQ.", "token=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx."},
		{"keys of more makers", "lin_" + "api_abcdefghijklmnop xkey" + "sib-0123456789abcdef", "xxxxxxxxxxxxxxxxxxxxxxxx xxxxxxxxxxxxxxxxxxxxxxxx"},
	} {
		p := mask.New(mask.Balanced)
		if got := string(p.Text([]byte(c.in), mask.Shown).Bytes()); got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
	for _, text := range []string{
		"git@github.com:org/repo.git", "255 255 255", "RMA 000123456", "a@b。次", "array@[1]", "&commat; and &#64;", "02 04 06 08 10", "be 06 12 34 56 78 9a",
		"IBANDE88370400440532013000", "9792000000000004", "?page=AKIA",
	} {
		p := mask.New(mask.Balanced)
		if got := string(p.Text([]byte(text), mask.Shown).Bytes()); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// Postal addresses in the forms that a house number or the code of a place tells.
func TestPostalAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"to 12 Main Street, please":                           "to xx xxxx xxxxxxx, please",
		"12 Main Street, Springfield, IL 62704":               "xx xxxx xxxxxxx xxxxxxxxxx xx xxxx",
		"1600 Pennsylvania Ave NW, Washington, DC 20500-0003": "xxxx xxxxxxxxxx xxxx xxxx xxxxxxxxxx xx xxxxxxxxxx",
		"350 5th Ave, New York":                               "xxxx xxxx xxxx, New York",
		"123 N. Main St.":                                     "xxxx xx xxxx xxxx",
		"7 Elm Way, Portland, OR 97201":                       "x xxxx xxxx xxxxxxxxxx xx xxxx",
		"221B Baker Street, London NW1 6XE!":                  "xxxx xxxx xxxxxxx xxxxxxx xxxx xxxx!",
		"(SW1A 1AA)":                                          "(xxxx xxxx)",
		"Ottawa K1A 0B6":                                      "Ottawa xxxx xxxx",
		"San Francisco, CA 94103":                             "San Francisco, xx xxxx",
		"Hauptstraße 12, 10115 Berlin":                        "xxxxxxxxxx xxxx xxxx xxxxxxx",
		"in der Musterstr. 7 um acht":                         "in der xxxxxxxxxx x um acht",
		"Berliner Straße 5a":                                  "xxxxxxx xxxxxxx xx",
		"Kalverstraat 92, 1012 PH Amsterdam":                  "xxxxxxxxxx xxxx xxxx xx xxxxxxxxxx",
		"12 rue de la Paix, 75002 Paris":                      "xx xxxx xx xx xxxx xxxx xxxx",
		"3 bis rue Lecourbe":                                  "x xxxx xxxx xxxxxxx",
		"5 place d'Italie":                                    "x xxxx xxxxxxx",
		"Calle Mayor 12, 28013 Madrid":                        "xxxx xxxx xxxx xxxx xxxxxxx",
		"Av. Paulista, 1578":                                  "xxxx xxxxxxxxxx xxxx",
		"Piazza del Duomo 1, 20122 Milano":                    "xxxxxxx xxxx xxxx xx xxxx xxxxxxx",
	} {
		p := mask.New(mask.Balanced)
		if got := string(p.Text([]byte(in), mask.Shown).Bytes()); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	for _, text := range []string{
		"5 Google Drive files", "the 3 Best Court cases", "M1 8GB", "B2 4GB RAM", "P1 2ND", "A4 5PX", "3 route handlers", "12 place holders", "Chapter 3 The Drive Home",
		"page 12 Elm Road", "Angular 12 Route Guard", "2 Hard Drives", "12 Angry Men", "Windows 10 Pro", "id IN (12345)", "a = b, OR 12345", "straße 12", "Route 66",
		"12 Happy Path tests", "4 One Way", "In 2024 Street View came", "10.5 Main Street", "v3 Main Street", "Calle ocho", "R2D2", "US 66", "#12 Main Street",
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

// Values of two and three letters: names, mostly. In lower case two of them are any word.
func TestShortTypedValues(t *testing.T) {
	for _, c := range []struct {
		what     string
		typed    []string
		in, want string
	}{
		{"three letters", []string{"Bob"}, "Hello Bob, bob! bobby", "Hello xxxx, bob! bobby"},
		{"three letters in lower case", []string{"kim"}, "Hi Kim and kim", "Hi xxxx and xxxx"},
		{"two letters", []string{"Li"}, "Hi Li, a li", "Hi xx, a li"},
		{"beyond ASCII", []string{"Zoë"}, "Hi Zoë", "Hi xxxx"},
		{"the first of two names", []string{"Bob Zanthorpe"}, "Hi Bob", "Hi xxxx"},
		{"as the field is emptied", []string{"Bob", ""}, "Hi Bob", "Hi xxxx"},
		{"not what went on", []string{"Pre", "Prefix", "Prefixes"}, "Pre and prefixes", "Pre and xxxxxxx"},
		{"not where the next batch goes on", []string{"Pre", "|", "Prefix"}, "Pre and prefix", "Pre and xxxxxxx"},
		{"no words that stand everywhere", []string{"The", "|", "The Zanthorpes"}, "The end, and Zanthorpes", "The end, and xxxxxxxxxx"},
		{"no two letters in lower case", []string{"of"}, "Of one of", "Of one of"},
		{"no digits", []string{"123"}, "123 items", "123 items"},
	} {
		p := mask.New(mask.Balanced)
		for _, v := range c.typed {
			if v == "|" {
				p.BeginBatch()
			} else {
				p.Typed(1, []byte(v))
			}
		}
		p.BeginBatch()
		if got := string(p.Text([]byte(c.in), mask.Shown).Bytes()); got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
}
