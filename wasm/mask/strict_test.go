package mask

import "testing"

// The strict form, which plain pages load, knows what pages make names and addresses of.
func TestStrictFormKnowsWordsOfWhatIsTyped(t *testing.T) {
	WithoutDetection()
	t.Cleanup(WithDetection)
	for _, c := range []struct {
		typed, name string
		want        bool
	}{
		{"Zanthor Quillfeather", "u-quillfeather", true},
		{"Zanthor Quillfeather", "zanthor", true},
		{"Zanthor Quillfeather", "u-zanthor-quillfeather", true},
		{"Great size of this", "size-9", false}, // no word of a name
		{"great", "great-card", true},           // a whole value
		{"Ann Lee", "lee-ann", false},           // too short to be told from others
		{"zanthor@quillfeather.example", "u-quillfeather", true},
		{"zanthor@quillfeather.example", "zanthor", true},
		{"Łucja Müller-Brzęczyk", "u-lucja", true},
		{"Łucja Müller-Brzęczyk", "muller", true},
		{"Łucja Müller-Brzęczyk", "brzeczyk", true},
		{"ångström", "angstrom", true},
		{"a long text, of which Somebody may make no name any more, and so on", "somebody", false},
		{"@@", "at", false},
		{"Straße", "u-strasse", false}, // two letters of one are known to the full form alone
		{"Straße", "strase", true},
		// Short words are looked for as such, in names of several and in those with capitals inside.
		{"Anne Miller", "cookie-banner", false},
		{"Anne Miller", "u-anne", true},
		{"Anne Miller", "userAnne", true},
		{"Anne Miller", "anne2", true},
		{"Anne Miller", "usermiller", true}, // a longer one anywhere
		{"Abel Ross", "label cross", false},
		{"Abel Ross", "u_ross", true},
		{"", "list", false},
	} {
		p := New(Strict)
		p.Typed(5, []byte(c.typed))
		if got := p.looksLikeData([]byte(c.name)); got != c.want {
			t.Errorf("typed %q, name %q: looks like data %v, want %v", c.typed, c.name, got, c.want)
		}
	}
}

// Any bytes are a value, and a name.
func FuzzStrictFormTyped(f *testing.F) {
	WithoutDetection()
	f.Cleanup(WithDetection)
	for r := rune(0x80); r < 0x3000; r++ {
		f.Add(string(r), "x"+string(r))
	}
	f.Add("\xc3", "\xff\xfe")
	f.Add("Straße Ab@", "ĳĳĳĳ-ÆÆ")
	f.Fuzz(func(t *testing.T, value, name string) {
		p := New(Strict)
		p.Typed(5, []byte(value))
		p.Typed(0, []byte(name))
		p.looksLikeData([]byte(name))
		p.looksLikeData([]byte(value))
		if len(value) > 5 && len(value) < 40 && !p.looksLikeData([]byte("u-"+value)) && wordsOnly(value) {
			t.Errorf("%q is no data as a name", value)
		}
	})
}

func wordsOnly(s string) bool {
	for _, c := range []byte(s) {
		if !isLetter(c) {
			return false
		}
	}
	return true
}

// What another field goes on with is known of the first one still.
func TestStrictFormKeepsWordsOfEachField(t *testing.T) {
	WithoutDetection()
	t.Cleanup(WithDetection)
	p := New(Strict)
	p.Typed(1, []byte("Zanthor Mill"))
	p.Typed(0, []byte("quillon"))
	p.BeginBatch()
	p.Typed(2, []byte("Zanthorium Lead"))
	p.Typed(0, []byte("quillonade"))
	for _, name := range []string{"v-zanthor", "v-quillon", "v-zanthorium"} {
		if !p.looksLikeData([]byte(name)) {
			t.Errorf("%q is no data", name)
		}
	}
}

// What a word begins with as it is typed is found in no other name.
func TestStrictFormKeepsNoBeginnings(t *testing.T) {
	WithoutDetection()
	t.Cleanup(WithDetection)
	p := New(Strict)
	for n := range len("Contact") {
		p.BeginBatch()
		p.Typed(0, []byte("Contact"[:n+1]))

	}
	for _, name := range []string{"container", "form-control", "content"} {
		if p.looksLikeData([]byte(name)) {
			t.Errorf("%q is data", name)
		}
	}
}

func TestStrictFormKnowsHostsOfWhatIsTyped(t *testing.T) {
	WithoutDetection()
	t.Cleanup(WithDetection)
	p := New(Strict)
	p.Typed(5, []byte("Zanthor Quillfeather"))
	for url, want := range map[string]string{
		"https://quillfeather.shop.example/a":         "https://x.shop.example/x",
		"https://zanthor-quillfeather.shop.example/a": "https://x.shop.example/x",
		"https://news.shop.example/a":                 "https://news.shop.example/x",
	} {
		if got := string(p.URL([]byte(url), Mode(0)).Bytes()); got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
}
