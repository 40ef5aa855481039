package mask_test

import (
	"fmt"
	"strings"
	"testing"

	"afterimage/wasm/mask"
)

var modes = []mask.Mode{mask.Masked, mask.Shown, mask.Allowed, mask.Blocked}

func TestText(t *testing.T) {
	for _, c := range []struct{ name, in, masked, shown string }{
		{"words keep about their length, white space stays", "Hi, dear customer\n\t of ours", "xxxx xxxx xxxxxxx\n\t xx xxxx", "Hi, dear customer\n\t of ours"},
		{"one and two characters stay as long as they are", "a bb ccc", "x xx xxxx", "a bb ccc"},
		{"long words are rounded", strings.Repeat("a", 21) + " " + strings.Repeat("b", 33), strings.Repeat("x", 24) + " " + strings.Repeat("x", 32), strings.Repeat("a", 21) + " " + strings.Repeat("b", 33)},
		{"wide characters stay wide", "漢字 か", "ｘｘ ｘ", "漢字 か"},
		{"no-break spaces stay, others become blanks", "a\u00a0b\u2003c", "x\u00a0x x", "a\u00a0b\u2003c"},
		{"zero-width characters carry nothing", "a\u200bb", "xx", "a\u200bb"},
		{"nothing", "", "", ""},
		{"an e-mail address", "mail jane.doe+x@example.co.uk now", "xxxx xxxxxxxxxxxxxxxxxxxxxxxx xxxx", "mail xxxxxxxxxxxxxxxxxxxxxxxx now"},
		{"an international address", "an jörg@müller.example", "xx xxxxxxxxxxxxxxxx", "an xxxxxxxxxxxxxxxx"},
		{"no address: a package and a decorator", "react@18.2.0 @Input() a@b", "xxxxxxxxxx xxxxxxx xxxx", "react@18.2.0 @Input() a@b"},
		{"a card with soft hyphens", "card 4111­1111­11­111111 ok", "xxxx xxxxxxxxxxxxxxxx xx", "card xxxxxxxxxxxxxxxx ok"},
		{"a card in groups", "card 4111 1111 1111 1111 ok", "xxxx xxxx xxxx xxxx xxxx xx", "card xxxx xxxx xxxx xxxx ok"},
		{"a card with an expiry behind it", "4111111111111111 12/26", "xxxxxxxxxxxxxxxx xxxx", "xxxxxxxxxxxxxxxx 12/26"},
		{"a card that a word touches", "Visa4111111111111111 and 4111111111111111exp", "xxxxxxxxxxxxxxxx xxxx xxxxxxxxxxxxxxxx", "Visaxxxxxxxxxxxxxxxx and xxxxxxxxxxxxxxxxexp"},
		{"a card behind many numbers", "1 22 333 44 55 666 77 88 999 11 22 4111 1111 1111 1111", "x xx xxxx xx xx xxxx xx xx xxxx xx xx xxxx xxxx xxxx xxxx", "1 22 333 44 55 666 77 88 999 11 22 xxxx xxxx xxxx xxxx"},
		{"a card with dots", "4111.1111.1111.1111", "xxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxx"},
		{"not a card: the check digit is wrong", "4111 1111 1111 1112", "xxxx xxxx xxxx xxxx", "4111 1111 1111 1112"},
		{"an IBAN in groups", "to DE89 3704 0044 0532 0130 00.", "xx xxxx xxxx xxxx xxxx xxxx xxxx", "to xxxx xxxx xxxx xxxx xxxx xx."},
		{"not an IBAN", "DE88 3704 0044 0532 0130 00", "xxxx xxxx xxxx xxxx xxxx xx", "DE88 3704 0044 0532 0130 00"},
		{"a phone number of the world", "call +49 30 901820-5", "xxxx xxxx xx xxxxxxx", "call xxxx xx xxxxxxx"},
		{"a phone number of North America", "(415) 555-2671", "xxxx xxxxxxx", "xxxx xxxxxxx"},
		{"a phone number by the word before it", "Tel: 5550123", "xxxx xxxxxxx", "Tel: xxxxxxx"},
		{"a JWT", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P", strings.Repeat("x", 80), strings.Repeat("x", 80)},
		{"a key", "key sk_live_4eC39HqLyjWDarjtT1zdp7dc", "xxxx " + strings.Repeat("x", 32), "key " + strings.Repeat("x", 32)},
		{"an address at the end of a sentence", "to jane@example.com.", "xx xxxxxxxxxxxxxxxx", "to xxxxxxxxxxxxxxxx."},
		{"finds side by side in one word, in any order", "4111111111111111,jane@example.com;DE89370400440532013000", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxx,xxxxxxxxxxxxxxxx;xxxxxxxxxxxxxxxxxxxxxxxx"},
		{"a quoted local part", `to "jane doe"@example.com`, "xx xxxx xxxxxxxxxxxxxxxx", "to xxxx xxxxxxxxxxxxxxxx"},
		{"a decorator in quotes of code is no address", "use `@computed.struct` or", "xxxx xxxxxxxxxxxxxxxx xx", "use `@computed.struct` or"},
		{"a phone number and its extension", "at (235) 373-6627 x878", "xx xxxx xxxxxxx xxxx", "at xxxx xxxxxxx xxxx"},
		{"a phone number behind a version", "v26.8.0 (682) 838-0623", "xxxxxxx xxxx xxxxxxx", "v26.8.0 xxxx xxxxxxx"},
		{"bytes, prices and alphabets are no phone numbers", "<Buffer a0 8b 28 3f 01 00 00 00 50 32> 4\u202f903\u202f922 € '0123456789'", "xxxxxxx xx xx xx xx xx xx xx xx xx xxxx x xxxx xxxx x xxxxxxxxxx", "<Buffer a0 8b 28 3f 01 00 00 00 50 32> 4\u202f903\u202f922 € '0123456789'"},
		{"national ids of digits", "220041133015083, 79238574600 or 014-15-4012", "xxxxxxxxxxxxxxxx xxxxxxxxxx xx xxxxxxxxxx", "xxxxxxxxxxxxxxxx, xxxxxxxxxx or xxxxxxxxxx"},
		{"national ids with letters", "X2737849K and 290968-5519", "xxxxxxxxxx xxxx xxxxxxxxxx", "xxxxxxxxxx and xxxxxxxxxx"},
		{"check digits that are wrong", "X2737849L and 79238574607", "xxxxxxxxxx xxxx xxxxxxxxxx", "X2737849L and 79238574607"},
		{"digests and commits stay", "sha512-/P1ZpIeP2UaqysChjpwOpxq1rq6Kqqsa2SOpRBiEH4r1ag31 commit dccfb76ae610dcbdbb1caacba7c13f2eeaf17ab6", strings.Repeat("x", 56) + " xxxxxxx " + strings.Repeat("x", 40), "sha512-/P1ZpIeP2UaqysChjpwOpxq1rq6Kqqsa2SOpRBiEH4r1ag31 commit dccfb76ae610dcbdbb1caacba7c13f2eeaf17ab6"},
		{"prices, dates, times, versions and orders stay", "€ 1.234,56 on 2026-11-24 at 12:30:15, v1.2.3, order 100234567, 31.12.2025", "x xxxxxxx xx xxxxxxxxxx xx xxxxxxxxxx xxxxxxx xxxx xxxxxxxxxx xxxxxxxxxx", "€ 1.234,56 on 2026-11-24 at 12:30:15, v1.2.3, order 100234567, 31.12.2025"},
		{"code and colours stay", "const x = fn(#ff8800, 0x1f); getElementsByClassName", "xxxx x x xxxxxxxxxx xxxxxxx xxxxxxxxxxxxxxxxxxxxxxxx", "const x = fn(#ff8800, 0x1f); getElementsByClassName"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := mask.New(mask.Strict)
			for _, m := range modes {
				want := map[mask.Mode]string{mask.Masked: c.masked, mask.Shown: c.shown, mask.Allowed: c.shown}[m]
				if got := string(p.Text([]byte(c.in), m).Bytes()); got != want {
					t.Errorf("mode %d: got %q, want %q", m, got, want)
				}
			}
		})
	}
}

func TestFields(t *testing.T) {
	p := mask.New(mask.Balanced)
	for _, m := range modes {
		for _, secret := range []bool{false, true} {
			a := string(p.Value([]byte("a"), m, secret).Bytes())
			b := string(p.Value([]byte("a much longer value"), m, secret).Bytes())
			shown := m == mask.Allowed && !secret
			switch {
			case m == mask.Blocked:
				if a != "" {
					t.Errorf("blocked: got %q, want nothing", a)
				}
			case shown:
				if a != "a" {
					t.Errorf("allowed: got %q, want %q", a, "a")
				}
			case a != mask.InputMask || a != b:
				t.Errorf("mode %d secret %v: got %q and %q, want one mask", m, secret, a, b)
			}
		}
		if got := string(p.EditableText([]byte("typed"), m).Bytes()); (got == "typed") != (m == mask.Allowed) {
			t.Errorf("mode %d, editable: got %q", m, got)
		}
		if got := string(p.FieldText([]byte("Germany"), m).Bytes()); (got == "Germany") != (m == mask.Allowed) {
			t.Errorf("mode %d, option: got %q", m, got)
		}
	}
}

func TestSecretHint(t *testing.T) {
	for _, c := range []struct {
		name, value string
		want        bool
	}{
		{"type", "PassWord", true}, {"type", "text", false},
		{"autocomplete", "section-a billing cc-number", true}, {"autocomplete", "one-time-code", true}, {"autocomplete", "cc-name", false}, {"autocomplete", "email", false},
		{"name", "userPassword", true}, {"name", "card_number", true}, {"id", "cvv", true}, {"id", "cc-exp-month", true}, {"name", "checkout[pin]", true},
		{"name", "shipping", false}, {"name", "opinion", false}, {"name", "expand", false}, {"name", "company", false},
		{"placeholder", "MM / YY", true}, {"placeholder", "•••• ••••", true}, {"placeholder", "1234 1234 1234 1234", true}, {"placeholder", "Your name", false},
		{"aria-label", "Mot de passe", true}, {"placeholder", "Пароль", true}, {"placeholder", "Verification code", true},
		{"class", "password", false},
	} {
		p := mask.New(mask.Strict)
		if got := p.SecretHint(p.HintOf([]byte(c.name)), []byte(c.value)); got != c.want {
			t.Errorf("%s=%q: got %v, want %v", c.name, c.value, got, c.want)
		}
	}
}

func TestURL(t *testing.T) {
	for _, c := range []struct{ in, masked, shown string }{
		{"https://shop.example/products/42?utm=a&mail=jane@x.de#top", "https://shop.example/products/x", "https://shop.example/products/42?utm=x&mail=x"},
		{"https://u:p@shop.example:8080/a", "https://shop.example:8080/x", "https://shop.example:8080/a"},
		{"/users/jane/orders", "/users/x/orders", "/users/x/orders"},
		{"/us\ters/jane", "/x/x", "/x/x"},
		{"/red-shoes/jane.doe/style.css", "/x/x/x.css", "/red-shoes/x/style.css"},
		{"/reset/9f86d081884c7d659a2feaa0c55ad015", "/x/x", "/reset/x"},
		{"#section", "#section", "#section"},
		{"https://h.example/#jane", "https://h.example/", "https://h.example/"},
		{"mailto:jane@example.com", "mailto:", "mailto:"},
		{"javascript:alert('jane')", "javascript:", "javascript:"},
		{"blob:https://h.example/jane", "blob:", "blob:"},
		{"data:image/png;base64,AAAA", "data:,", "data:image/png;base64,AAAA"},
		{"data:text/html,jane", "data:,", "data:,"},
		{"jane:secret", "x:", "x:"},
		{"//cdn.example/js/app.js", "//cdn.example/js/app.js", "//cdn.example/js/app.js"},
		{"/p?jane@example.com", "/x", "/p?x"},
		{"about:blank", "about:blank", "about:blank"},
	} {
		p := mask.New(mask.Strict)
		if got := string(p.URL([]byte(c.in), mask.Masked).Bytes()); got != c.masked {
			t.Errorf("strict %q: got %q, want %q", c.in, got, c.masked)
		}
		if got := string(p.URL([]byte(c.in), mask.Shown).Bytes()); got != c.shown {
			t.Errorf("balanced %q: got %q, want %q", c.in, got, c.shown)
		}
	}
}

func TestCSS(t *testing.T) {
	for _, c := range []struct{ name, in, masked, shown string }{
		{"structure, lengths and colours stay", ".a > p:hover, #b { color: #fff; margin: 1.5em -2px }", ".a > p:hover, #b{color:#fff;margin:1.5em -2px}", ".a > p:hover, #b{color:#fff;margin:1.5em -2px}"},
		{"colours of digits are colours, also in custom properties", ":root{--ink:light-dark(#141821,#0a141821);color:#123456}", ":root{--ink:light-dark(#141821,#0a141821);color:#123456}", ":root{--ink:light-dark(#141821,#0a141821);color:#123456}"},
		{"comments go", "/* jane */a{/* x */color:red}", "a{color:red}", "a{color:red}"},
		{"content is masked", `p::before{content:"Hi Jane"}`, `p::before{content:"xx xxxx"}`, `p::before{content:"Hi Jane"}`},
		{"quotes are text", `q{quotes:"Jane" "“"}`, `q{quotes:"xxxx" "“"}`, `q{quotes:"Jane" "“"}`},
		{"symbols of a counter style are text", `@counter-style m1{symbols:Jane "Doe";suffix:Doe;system:cyclic}`, `@counter-style m1{symbols:x "xxxx";suffix:x;system:cyclic}`, `@counter-style m1{symbols:Jane "Doe";suffix:Doe;system:cyclic}`},
		{"an escaped bracket is part of the address", `a{background:url(/a\)Jane) 0}b{background:url(/a\ Jane)}`, `a{background:url("") 0}b{background:url("")}`, `a{background:url("") 0}b{background:url("")}`},
		{"icons stay", `i::before{content:"\f101"}`, `i::before{content:"\f101"}`, `i::before{content:"\f101"}`},
		{"letters by escape are masked", `i::before{content:"\4aane"}`, `i::before{content:"xxxxxxx"}`, `i::before{content:"xxxxxxx"}`},
		{"pictures go in strict", `a{background:url(/img/cat.png) 0 0}`, `a{background:url("") 0 0}`, `a{background:url("/img/cat.png") 0 0}`},
		{"values of attribute selectors are masked", `a[href="/users/jane"],input[type=text]{top:0}`, `a[href="-"],input[type="text"]{top:0}`, `a[href="-"],input[type="text"]{top:0}`},
		{"media queries and nesting stay", `@media (min-width:600px){.a{color:red;&:hover{color:blue}}}`, `@media (min-width:600px){.a{color:red;&:hover{color:blue}}}`, `@media (min-width:600px){.a{color:red;&:hover{color:blue}}}`},
		{"custom properties keep numbers, not words", `:root{--w:12px;--user:Jane "Doe";--c:var(--d)}`, `:root{--w:12px;--user:x "xxxx";--c:var(--d)}`, `:root{--w:12px;--user:Jane "Doe";--c:var(--d)}`},
		{"properties that no browser knows keep no words", `p{user:Jane;note:a jane@example.com;-x-name:Doe;-webkit-user-select:none;position:sticky}`, `p{user:x;note:x x@x.x;-x-name:x;-webkit-user-select:none;position:sticky}`, `p{user:Jane;note:x;-x-name:Doe;-webkit-user-select:none;position:sticky}`},
		{"fonts keep their names", `@font-face{font-family:"Open Sans";src:url(a.woff2) format("woff2")}`, `@font-face{font-family:"Open Sans";src:url("") format("woff2")}`, `@font-face{font-family:"Open Sans";src:url("a.woff2") format("woff2")}`},
		{"numbers in custom properties are numbers of CSS", `:root{--a:555-123-4567;--b:4111 1111 1111 1111;--c:4f3a2b1c9d8e7f6a5b4c;--d:1jane 2doe;--e:0.4111111111111;--f:rgb(255 128 17/.5);--g:-12.5px 3rem 50%;--h:90deg 1.5s}`, `:root{--a:0;--b:4111 1111 0 0;--c:0;--d:0 0;--e:0.0;--f:rgb(255 128 17/.5);--g:-12.5px 3rem 50%;--h:90deg 1.5s}`, `:root{--a:x;--b:x;--c:x;--d:1jane 2doe;--e:0.0;--f:rgb(255 128 17/.5);--g:-12.5px 3rem 50%;--h:90deg 1.5s}`},
		{"selectors and strings before an at-rule's brace are no names", `@scope([data-u="jane"]) to (.z){a{top:0}}@media (u:"jane"){b{top:0}}@layer "jane";`, `@scope([data-m1="-"]) to (.z){a{top:0}}@media (u:"x"){b{top:0}}@layer "x";`, `@scope([data-u="-"]) to (.z){a{top:0}}@media (u:"x"){b{top:0}}@layer "x";`},
		{"imports go", `@import url("https://h.example/jane.css");a{top:0}`, `;a{top:0}`, `;a{top:0}`},
		{"escaped class names stay as written", `.md\:flex,.w-1\/2{top:0}`, `.md\:flex,.w-1\/2{top:0}`, `.md\:flex,.w-1\/2{top:0}`},
		{"class names that look like data are renamed", `.user-jane\@example\.com{top:0}`, `.m1{top:0}`, `.m1{top:0}`},
		{"an address in a custom property", `a{--m:jane@example.com;top:0}`, `a{--m:x@x.x;top:0}`, `a{--m:x;top:0}`},
		{"text before a brace is no selector", `</style><p>jane@example.com .a{top:0}.\@c{top:0}`, `x{top:0}.\@c{top:0}`, `x{top:0}.\@c{top:0}`},
		{"elements that no list knows are renamed in strict", `jane-doe{top:0}`, `x-m1{top:0}`, `jane-doe{top:0}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(mask.New(mask.Strict).CSS([]byte(c.in), mask.Masked).Bytes()); got != c.masked {
				t.Errorf("strict:   got %s, want %s", got, c.masked)
			}
			if got := string(mask.New(mask.Strict).CSS([]byte(c.in), mask.Shown).Bytes()); got != c.shown {
				t.Errorf("balanced: got %s, want %s", got, c.shown)
			}
		})
	}
}

func TestAttr(t *testing.T) {
	for _, c := range []struct {
		name          string
		tag           string
		attr, value   string
		masked, shown string // "-" for nothing
	}{
		{"class", "p", "class", "card is-open", "class=card is-open", "class=card is-open"},
		{"class that carries an e-mail", "p", "class", "card u-jane@example.com", "class=card m1", "class=card m1"},
		{"title", "p", "title", "Hi Jane", "title=xx xxxx", "title=Hi Jane"},
		{"event handler", "p", "onclick", "go('jane')", "-", "-"},
		{"unknown name", "p", "data-jane", "doe", "data-m1=x", "data-jane=x"},
		{"unknown name with a listed value", "p", "data-jane", "open", "data-m1=open", "data-jane=open"},
		{"presence of a scoped style", "p", "data-v-7ba5bd90", "", "data-m1=", "data-v-7ba5bd90="},
		{"number", "td", "colspan", "2", "colspan=2", "colspan=2"},
		{"number that is a word", "td", "colspan", "jane", "-", "-"},
		{"enumerated", "p", "role", "button jane", "role=button", "role=button"},
		{"link", "a", "href", "/users/jane?x=1", "href=/users/x", "href=/users/x?x=x"},
		{"picture", "img", "src", "/img/cat.png", "-", "src=/img/cat.png"},
		{"candidates", "img", "srcset", "/img/a.png 1x, /img/b.png?t=1 2x", "-", "srcset=/img/a.png 1x, /img/b.png?t=x 2x"},
		{"frame document", "iframe", "srcdoc", "<p>jane", "-", "-"},
		{"frame name", "iframe", "name", "jane", "-", "-"},
		{"style", "p", "style", "color:red;--n:'Jane'", "style=color:red;--n:'xxxx'", "style=color:red;--n:'Jane'"},
		{"path data", "path", "d", "M10 20L30 40z", "d=M10 20L30 40z", "d=M10 20L30 40z"},
		{"path data that is a word", "path", "d", "jane", "-", "-"},
		{"checked", "input", "checked", "", "-", "-"},
		{"value of a field", "input", "value", "jane", "value=••••••", "value=••••••"},
		{"value of an option", "option", "value", "jane", "-", "-"},
		{"content of a meta", "meta", "content", "jane", "-", "-"},
		{"nonce", "script", "nonce", "abc", "-", "-"},
		{"marker", "p", "data-afterimage", "mask", "data-afterimage=mask", "data-afterimage=mask"},
		{"id that another refers to", "label", "for", "email-jane@example.com", "for=m1", "for=m1"},
		{"a single number only where one stands", "p", "data-index", "4111 1111 1111 1111", "-", "-"},
		{"a single number only, with dashes", "p", "tabindex", "555-123-4567", "-", "-"},
		{"a single number with sign, fraction and unit", "td", "width", "-12.5%", "width=-12.5%", "width=-12.5%"},
		{"a value is one number", "data", "value", "+49 301 234 567", "-", "-"},
		{"an item's number stays", "li", "value", "12", "-", "value=12"},
		{"viewbox", "svg", "viewBox", "0 0 24 24", "viewBox=0 0 24 24", "viewBox=0 0 24 24"},
		{"paint that is a word", "path", "stroke", "jane", "stroke=x", "stroke=jane"},
		{"paint that is an address", "font", "color", "jane@example.com", "color=x@x.x", "color=x"},
		{"media", "link", "media", "screen and (min-width:600px)", "media=screen and (min-width:600px)", "media=screen and (min-width:600px)"},
		{"transform", "g", "transform", "matrix(1 0 0 1 12 12.5)", "transform=matrix(1 0 0 1 12 12.5)", "transform=matrix(1 0 0 1 12 12.5)"},
		{"class of a token in pieces", "p", "class", "u-a1bc-d2ef-g3hi-j4kl-m5no", "class=m1", "class=m1"},
		{"fill by reference", "path", "fill", "url(#grad)", `fill=url("#grad")`, `fill=url("#grad")`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, m := range modes[:2] {
				p := mask.New(mask.Strict)
				e := mask.Element{Tag: p.TagOf([]byte(c.tag)), Mode: m}
				n, v, ok := p.Attr(e, []byte(c.attr), []byte(c.value))
				got := "-"
				if ok {
					got = string(n.Bytes()) + "=" + string(v.Bytes())
				}
				want := c.masked
				if m == mask.Shown {
					want = c.shown
				}
				if got != want {
					t.Errorf("mode %d: got %q, want %q", m, got, want)
				}
			}
		})
	}
}

// A control that the page draws tells its choice no more than one of the browser does: where allowed.
func TestChoicesOfDrawnControlsAreToldWhereAllowed(t *testing.T) {
	for _, c := range []struct{ attr, value, hidden, allowed string }{
		{"aria-checked", "true", "-", "aria-checked=true"},
		{"aria-checked", "mixed", "-", "aria-checked=mixed"},
		{"data-state", "checked", "-", "data-state=checked"},
		{"data-state", "unchecked", "-", "data-state=unchecked"},
		{"data-state", "open", "data-state=open", "data-state=open"},
		{"aria-valuenow", "3", "x", "3"},
		{"aria-valuetext", "low", "x", "low"},
		{"data-jane", "checked", "x", "data-jane=x"},
		{"class", "switch is-checked Mui-checked rowChecked on", "class=switch on", "class=switch is-checked Mui-checked rowChecked on"},
		{"class", "checkbox", "class=checkbox", "class=checkbox"},
	} {
		for m, want := range map[mask.Mode]string{mask.Masked: c.hidden, mask.Shown: c.hidden, mask.Allowed: c.allowed} {
			p := mask.New(mask.Balanced)
			n, v, ok := p.Attr(mask.Element{Tag: mask.TagPlain, Mode: m}, []byte(c.attr), []byte(c.value))
			got := "-"
			if ok {
				got = string(n.Bytes()) + "=" + string(v.Bytes())
			}
			if !strings.Contains(want, "=") && want != "-" { // under a number
				got = string(v.Bytes())
			}
			if got != want {
				t.Errorf("%s=%q in mode %d: got %q, want %q", c.attr, c.value, m, got, want)
			}
		}
	}
	const sheet = `[data-state=checked]{top:0}.Mui-checked{top:0}`
	if got := string(mask.New(mask.Balanced).CSS([]byte(sheet), mask.Shown).Bytes()); got != `[data-state="checked"]{top:0}.Mui-checked{top:0}` {
		t.Errorf("its style does not apply where it is told: %s", got)
	}
}

func TestTypedValuesAreFoundElsewhere(t *testing.T) {
	p := mask.New(mask.Balanced)
	p.Typed(7, []byte("Jan"))
	p.Typed(7, []byte("Jane Zanthorpe"))
	p.Typed(8, []byte("12"))
	for _, c := range []struct{ in, want string }{
		{"Hello jane zanthorpe, 12 items", "Hello xxxx xxxxxxxxxx, 12 items"},
		{"JANE-ZANTHORPE", "xxxxxxxxxxxxxxxx"},
		{"Hello Jane", "Hello xxxx"}, // a capital: a name in a name
		{"Janet", "Janet"},
	} {
		if got := string(p.Text([]byte(c.in), mask.Shown).Bytes()); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
	for _, c := range []struct{ name, typed, in, want string }{
		{"inside a longer word, from six characters on", "zanthorpe", "userZANTHORPEs, zan", "userxxxxxxxxxxs, zan"},
		{"not inside one if it is shorter", "shoes", "horseshoes, shoes", "horseshoes, xxxx"},
		{"what stands before the @ of an address", "zan.thorpe@example.com", "Hi Zan Thorpe, @zanthorpe", "Hi xxxx xxxxxxx, @xxxxxxxxxx"},
		{"words with capitals of a value of few", "Jane Zanthorpe", "Hi Jane and Mr ZANTHORPE", "Hi xxxx and Mr xxxxxxxxxx"},
		{"no words of a search", "running shoes", "Running and shoes", "Running and shoes"},
		{"no words of a letter", "Dear Jane, please send Shoes", "Jane, Shoes, Please", "Jane, Shoes, Please"},
		{"what the page writes along, from six letters on", "please write to me", "please wri", "xxxxxxx xxxx"},
		{"but no beginning before something else", "please write to me", "please wri, and more", "please wri, and more"},
		{"over signs", "zanthorpe", "z-a-n-t-h-o-r-p-e", "xxxxxxxxxxxxxxxx"},
		{"over zero-width characters", "zanthorpe", "z\u200ba\u200bn\u200bt\u200bh\u200bo\u200br\u200bp\u200be!", "xxxxxxxxxx!"},
		{"other alphabets in capitals", "Ёжиков-Žižek", "ЁЖИКОВ ŽIŽEK и ёжиков žižek", "xxxxxxx xxxx и xxxxxxx xxxx"},
		{"a name of three ideographs in a sentence", "李小明", "你好李小明先生", "你好ｘｘｘｘ先生"},
		{"a long text to the end of where it stands", strings.Repeat("zanthorpe and ", 20), "He: " + strings.Repeat("zanthorpe and ", 20), "He: " + strings.Repeat("xxxxxxxxxx xxxx ", 20)},
		{"a short number stays", "12", "12 items of 2026", "12 items of 2026"},
		{"a number as a whole", "48210", "48210, 148210", "xxxx, 148210"},
	} {
		p := mask.New(mask.Balanced)
		p.Typed(1, []byte(c.typed))
		if got := string(p.Text([]byte(c.in), mask.Shown).Bytes()); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	secret := mask.New(mask.Balanced)
	secret.TypedSecret(1, []byte("!p4ss-Wörd?"))
	secret.TypedSecret(2, []byte("4821"))
	for _, c := range []struct{ in, want string }{
		{"your password is '!p4ss-Wörd?' now", "your password is xxxxxxxxxxxxxxxx now"},
		{"P4SSWÖRD and code 4821.", "xxxxxxx and code xxxx"},
		{"1948214", "1948214"},
	} {
		if got := string(secret.Text([]byte(c.in), mask.Shown).Bytes()); got != c.want {
			t.Errorf("secret, %q: got %q, want %q", c.in, got, c.want)
		}
	}
	_, v, _ := p.Attr(mask.Element{Mode: mask.Shown}, []byte("class"), []byte("a user-janezanthorpe"))
	if got := string(v.Bytes()); got != "a m1" {
		t.Errorf("class: got %q, want %q", got, "a m1")
	}
}

// A value of several words in a list of names is known by all of them together, and what stands around it stays.
func TestTypedWordsInAListOfNames(t *testing.T) {
	for _, level := range []mask.Mode{mask.Masked, mask.Shown} {
		p := mask.New(mask.Balanced)
		p.Typed(1, []byte("zan thor pe"))
		for _, c := range []struct{ in, want string }{
			{"tag zan thor pe on", "tag m1 m2 m3 on"},
			{"zan-thor pe", "m4 m3"},
			{"zan on thor pe", "zan on thor pe"},
			{"a-zan-thor-pe zan thor", "m5 zan thor"},
			{"zan thor pe zan thor pe", "m1 m2 m3 m1 m2 m3"},
		} {
			_, v, _ := p.Attr(mask.Element{Mode: level}, []byte("class"), []byte(c.in))
			if got := string(v.Bytes()); got != c.want {
				t.Errorf("level %v, %q: got %q, want %q", level, c.in, got, c.want)
			}
		}
	}
}

func TestJSON(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{"plan":"pro","n":3,"ok":true,"x":null}`, `{"plan":"pro","n":3,"ok":true,"x":null}`},
		{`{"email":"a","Phone_Number":5,"user":{"firstName":{"a":"b"},"z":1}}`, `{"email":"x","Phone_Number":"x","user":{"firstName":{"x":"x"},"z":1}}`},
		{`{"note":"mail jane@example.com"}`, `{"note":"mail xxxxxxxxxxxxxxxx"}`},
		{`{"displayName":"Jane Doe","nick_name":"Jay","middleName":"Q"}`, `{"displayName":"x","nick_name":"x","middleName":"x"}`},
		{`{"note":"\u006aane"}`, `{"note":"x"}`},
		{`{"card":4111111111111111}`, `{"card":"x"}`},
		{`{"n":4111111111111111}`, `{"n":"x"}`},
		{`not json`, ``}, {`{"a"`, ``}, {`}`, ``}, {``, ``},
	} {
		if got := string(mask.New(mask.Strict).JSON([]byte(c.in)).Bytes()); got != c.want {
			t.Errorf("%s: got %s, want %s", c.in, got, c.want)
		}
	}
}

func TestMeta(t *testing.T) {
	for _, c := range []struct {
		key      int
		in, want string
	}{
		{mask.MetaEntryURL, "https://h.example/users/jane?a=b#c", "https://h.example/users/x"},
		{mask.MetaTitle, "Jane's cart", "xxxxxxx xxxx"},
		{mask.MetaUserAgent, "Mozilla/5.0 (X11; Linux) \x01", "Mozilla/5.0 (X11; Linux) ?"},
		{mask.MetaUTMSource, "news", "news"},
		{mask.MetaUTMSource, "jane@example.com", "x"},
		{mask.MetaVisitorID, "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"},
		{mask.MetaVisitorID, "jane", ""},
	} {
		got, ok := mask.New(mask.Strict).Meta(c.key, []byte(c.in))
		if !ok || string(got.Bytes()) != c.want {
			t.Errorf("key %d %q: got %q %v, want %q", c.key, c.in, got.Bytes(), ok, c.want)
		}
	}
	if _, ok := mask.New(mask.Strict).Meta(99, []byte("jane")); ok {
		t.Error("an unknown key is sent")
	}
}

// FuzzMask: no bytes make a function panic, and a canary never comes out of a masked text,
// style or URL.
func FuzzMask(f *testing.F) {
	for _, s := range []string{"a{b:c}", "@media{", "url(", `a[b="c`, `\`, "--x:{a;b}", "https://u@h/p?q#f", `{"a":[1,"b"]}`, "+1 (", "DE89 3704", "a@b.c", "\"@b.c", "4111 1111", "eyJ"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		const canary = "zqxjkvbpw"
		p := mask.New(mask.Strict)
		p.Typed(1, []byte(a))
		s := []byte(a + canary + b)
		for _, m := range modes {
			outs := []mask.Text{p.Text(s, m), p.CSS([]byte(`a{content:"`+canary+`";`+a+b), m), p.URL(s, m), p.JSON(s), p.Label(s), p.EditableText(s, m)}
			p.HasPersonalData(s)
			p.SecretHint(mask.HintLabel, s)
			p.SecretHint(mask.HintComplete, s)
			for _, attr := range []string{"style", "class", "href", "srcset", "d", "title", "value", a, b} {
				p.Attr(mask.Element{Mode: m}, []byte(attr), s)
			}
			if m == mask.Masked && strings.Contains(string(outs[0].Bytes()), canary) {
				t.Errorf("canary in masked text %q", outs[0].Bytes())
			}
		}
	})
}

// A browser takes the first role that it knows, and which one that is depends on the browser.
func TestTypedRole(t *testing.T) {
	p := mask.New(mask.Balanced)
	for role, want := range map[string]bool{"textbox": true, "TextBox": true, " searchbox ": true, "future\ttextbox": true, "none\n combobox": true, "": false, " ": false, "button": false, "textboxes text": false} {
		if got := p.TypedRole([]byte(role)); got != want {
			t.Errorf("role %q: got %v, want %v", role, got, want)
		}
	}
}

// What is told again counts as new: of a field that is still in the page the value is not the one that goes.
func TestTypedValueToldAgainIsKept(t *testing.T) {
	p := mask.New(mask.Balanced)
	value := func(i int) []byte { return fmt.Appendf(nil, "zanthorpe%c%c%c", 'a'+i/26/26, 'a'+i/26%26, 'a'+i%26) }
	for i := range 4096 {
		p.Typed(uint32(i+1), value(i))
	}
	for i := range 5 {
		p.Typed(0, value(i)) // as before a snapshot
	}
	for i := range 10 {
		p.Typed(uint32(i+5000), value(i+5000))
	}
	for i := range 5 {
		if got := string(p.Text(value(i), mask.Shown).Bytes()); got == string(value(i)) {
			t.Errorf("value %d, told again, is shown: %s", i, got)
		}
	}
	if got := string(p.Text(value(5), mask.Shown).Bytes()); got != string(value(5)) {
		t.Errorf("the oldest value is kept: %s; this test says nothing", got)
	}
}
