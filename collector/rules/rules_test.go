package rules_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"afterimage/collector/rules"
)

func TestSelector(t *testing.T) {
	good := []string{"p", "*", ".a", "#a", "[data-x]", `[data-x="a b" i]`, "form .card > input[type=text]", "a.b#c[d]", "x-card", ".a, .b",
		`[href^='/account/']`, "main>p", ".größe", "[a=b] [c~=d]", " p ", "#notes\n> p", "[a=größe]", `[a="größe"]`}
	for _, s := range good {
		if err := rules.Selector(s); err != nil {
			t.Errorf("%q: refused: %v", s, err)
		}
	}
	bad := []struct{ selector, why string }{
		{"", "empty"}, {"  ", "empty"}, {"a:hover", "pseudo"}, {"p::before", "pseudo"}, {":has(input)", "pseudo"}, {"li:nth-child(2)", "pseudo"},
		{"a + b", "sibling"}, {"a ~ b", "sibling"}, {".a,", "empty"}, {", .a", "empty"}, {"a >", "combinator"}, {"> a", "parse"}, {"[a", "parse"}, {"a]", "parse"},
		{"..a", "parse"}, {"#1", "parse"}, {"a{", "parse"}, {"a > > b", "parse"}, {`[a="]"]`, "parse"}, {"a||b", "parse"}, {"svg|a", "parse"}, {"a;b", "parse"},
		{"</style>", "parse"}, {".a\u00a0", "cannot be seen"}, {"\ufeff.a", "cannot be seen"}, {".a\u200b", "cannot be seen"}, {"p\u3000.a", "cannot be seen"}, {".a\v.b", "cannot be seen"}, {"[a=b s]", "parse"}, {`[a="b"S]`, "parse"}, {"a\x00", "cannot be seen"}, {`.a\.b`, "escapes"}, {`#\31 a`, "escapes"}, {`[a\.b]`, "escapes"}, {"[größe]", "ASCII"}, {"[größe=a]", "ASCII"}, {`[a=\62]`, "escapes"}, {strings.Repeat("a", 513), "bytes"},
	}
	for _, c := range bad {
		err := rules.Selector(c.selector)
		var p *rules.Problem
		if !errors.As(err, &p) || !strings.Contains(p.What, c.why) || p.Hint == "" {
			t.Errorf("%q: got %v, want a refusal that says %q and a hint", c.selector, err, c.why)
		}
	}
}

func safe() rules.Settings {
	return rules.Settings{Privacy: "strict", Consent: "required", RespectDNT: true, Sample: 1}
}

func TestCheckRefuses(t *testing.T) {
	cases := []struct {
		name   string
		change func(*rules.Settings)
		why    string
	}{
		{"an unknown level", func(s *rules.Settings) { s.Privacy = "open" }, "privacy"},
		{"no level", func(s *rules.Settings) { s.Privacy = "" }, "privacy"},
		{"a level in upper case", func(s *rules.Settings) { s.Privacy = "Balanced" }, "privacy"},
		{"an unknown rule of consent", func(s *rules.Settings) { s.Consent = "maybe" }, "consent"},
		{"a share above 1", func(s *rules.Settings) { s.Sample = 1.01 }, "sample"},
		{"a share below 0", func(s *rules.Settings) { s.Sample = -0.01 }, "sample"},
		{"a selector that does not parse", func(s *rules.Settings) { s.Mask = []string{"p["} }, "parse"},
		{"a selector of refused parts", func(s *rules.Settings) { s.Block = []string{"p:hover"} }, "pseudo"},
		{"one selector allowed and masked", func(s *rules.Settings) { s.Mask, s.Allow = []string{".a  .b"}, []string{".c, .a .b"} }, "mask and in allow"},
		{"the same in another case", func(s *rules.Settings) { s.Mask, s.Allow = []string{"INPUT.x"}, []string{"input.x"} }, "mask and in allow"},
		{"the same in another order", func(s *rules.Settings) { s.Mask, s.Allow = []string{"p.b.a#c"}, []string{"p#c.a.b"} }, "mask and in allow"},
		{"the same with other spaces", func(s *rules.Settings) { s.Block, s.Allow = []string{"main>p  .a"}, []string{"main > p .a"} }, "block and in allow"},
		{"the same with other quotes", func(s *rules.Settings) { s.Block, s.Allow = []string{"[Name=a]"}, []string{`*[ name = 'a' ]`} }, "block and in allow"},
		{"one selector allowed and blocked", func(s *rules.Settings) { s.Block, s.Allow = []string{".a"}, []string{".a"} }, "block and in allow"},
		{"too many selectors", func(s *rules.Settings) { s.Mask = slices.Repeat([]string{".a"}, 201) }, "at most"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := safe()
			c.change(&s)
			var p *rules.Problem
			if err := rules.Check(s); !errors.As(err, &p) || !strings.Contains(p.What, c.why) || p.Hint == "" {
				t.Errorf("got %v, want a refusal that says %q and a hint", err, c.why)
			}
		})
	}
	if err := rules.Check(safe()); err != nil {
		t.Errorf("safe settings: %v", err)
	}
	// Much alike, and not the same.
	apart := safe()
	apart.Mask = []string{".A", "p .b", `[a="X"]`, "[b=ci]", "p > i", "#d.e", "p > b i"}
	apart.Allow = []string{".a", "p.b", `[a="x"]`, "[b=c i]", "p i", ".d.e", "p b > i"}
	if err := rules.Check(apart); err != nil {
		t.Errorf("other selectors: %v", err)
	}
}

// A remedy that is a command can be run as it stands.
func TestRemediesNameTheSite(t *testing.T) {
	n := 0
	for _, w := range rules.Warnings(rules.Site{ID: "hs36testsite", Settings: safe()}) {
		if strings.Contains(w.Hint, "collector site ") {
			n++
			if !strings.Contains(w.Hint, "collector site set hs36testsite --") {
				t.Errorf("%s: hint %q, want the site's id in it", w.Code, w.Hint)
			}
		}
	}
	if n != 2 {
		t.Errorf("%d hints with a command, want 2", n)
	}
}

func TestWarnings(t *testing.T) {
	full := func() rules.Site { return rules.Site{Settings: safe(), Contact: "a@b.example", RetentionDays: 30} }
	if w := rules.Warnings(full()); len(w) > 0 {
		t.Errorf("nothing is wrong, and yet: %v", w)
	}
	cases := []struct {
		name   string
		change func(*rules.Site)
		code   string
	}{
		{"allow over inputs", func(s *rules.Site) { s.Allow = []string{"form input"} }, "allow-field"},
		{"allow over a field by its type", func(s *rules.Site) { s.Allow = []string{".a > INPUT[type=email]"} }, "allow-field"},
		{"allow over an attribute that fields have", func(s *rules.Site) { s.Allow = []string{"p [contenteditable=true]"} }, "allow-field"},
		{"allow over the body", func(s *rules.Site) { s.Allow = []string{".x, body"} }, "allow-broad"},
		{"allow over forms", func(s *rules.Site) { s.Allow = []string{"#shop form"} }, "allow-broad"},
		{"DNT is not respected", func(s *rules.Site) { s.RespectDNT = false }, "ignores-dnt"},
		{"texts without consent", func(s *rules.Site) { s.Privacy, s.Consent = "balanced", "none" }, "balanced-without-consent"},
		{"keystrokes", func(s *rules.Site) { s.Keystrokes = true }, "keystrokes"},
		{"a cookie for a domain", func(s *rules.Site) { s.CookieDomain = "example.com" }, "cookie-domain"},
		{"no contact", func(s *rules.Site) { s.Contact = "" }, "no-contact"},
		{"no retention", func(s *rules.Site) { s.RetentionDays = 0 }, "no-retention"},
		{"the site hands over persons", func(s *rules.Site) { s.Masked = map[string]int64{"track-masked": 3} }, "site-track-masked"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := full()
			c.change(&s)
			w := rules.Warnings(s)
			if c.code == "site-track-masked" && !strings.Contains(w[0].What, "looked like a person 3 times in 30 days") {
				t.Errorf("got %q", w[0].What)
			}
			if len(w) != 1 || w[0].Code != c.code || w[0].Hint == "" {
				t.Errorf("got %v, want %s alone", w, c.code)
			}
		})
	}
	s := full()
	s.Masked = map[string]int64{"track-masked": 1}
	if w := rules.Warnings(s); len(w) != 1 || !strings.Contains(w[0].What, "looked like a person once in 30 days") {
		t.Errorf("got %v, want once", w)
	}
	s = full()
	s.Allow = []string{"form .total", "#inputs", ".input-hint"}
	if w := rules.Warnings(s); len(w) > 0 {
		t.Errorf("allow of small places: %v", w)
	}
}
