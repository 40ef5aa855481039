package e2e

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

var fakeRoutes = []string{"one", "two", "three", "four", "five"}

// fakePages are pages of routes that share them.
func fakePages() []*leakPage {
	var routes []leakRoute
	for _, name := range fakeRoutes {
		routes = append(routes, leakRoute{name: name, body: `<p title="$S2">$S</p>`})
	}
	return []*leakPage{newLeakPage(draws{}, 0, "strict", "managed", routes...)}
}

// secretOf is a canary of a page by the order in which they were planted in a route.
func secretOf(p *leakPage, route string, n int) string {
	for _, c := range p.canaries {
		if c.route == route {
			if n == 0 {
				return c.text
			}
			n--
		}
	}
	return ""
}

// One fragment that is found once and never again is called chance. Whatever a recorder leaks is
// a leak: eight letters always or now and then, the same or others, and all that is more than eight.
func TestScannerRepeatsFragments(t *testing.T) {
	const chance, leak = true, false
	between := func(text string) string { return "aaa" + text + " aaa" }
	back := func(text string) string {
		var b strings.Builder
		for i := range len(text) {
			b.WriteByte(text[len(text)-1-i])
		}
		return b.String()
	}
	first := func(how func(text string) string) func(n int, p *leakPage) string {
		return func(n int, p *leakPage) string {
			if n > 0 {
				return ""
			}
			return between(how(secretOf(p, "two", 0)))
		}
	}
	for _, x := range []struct {
		name string
		// What a recorder lets out of a page, the n-th that it visits, beside its controls.
		leaks func(n int, p *leakPage) string
		want  bool
	}{
		{"nothing", func(int, *leakPage) string { return "" }, chance},
		{"eight letters, once", first(func(text string) string { return text[3:11] }), chance},
		{"eight letters, once, reversed", first(func(text string) string { return back(text)[3:11] }), chance},
		{"eight letters, once, upper case", first(func(text string) string { return strings.ToUpper(text[:8]) }), chance},
		{"eight letters, once, at two places", first(func(text string) string { return text[3:11] + "aaa" + text[3:11] }), chance},

		{"nine letters, once", first(func(text string) string { return text[3:12] }), leak},
		{"nine letters, once, reversed", first(func(text string) string { return back(text)[:9] }), leak},
		{"all, once", first(func(text string) string { return text }), leak},
		{"two fragments of one text, once", first(func(text string) string { return text[:8] + "aaa" + text[6:] }), leak},
		{"eight letters forwards and backwards, once", first(func(text string) string { return text[:8] + "aaa" + back(text[:8]) }), leak},
		{"eight letters, once, percent-encoded", first(func(text string) string { return eachByte(text[:8], "%%%02X") }), leak},
		{"a hash, once", first(func(text string) string { return fmt.Sprintf("%x", digests[2].sum([]byte(text))) }), leak},
		{"eight letters of two texts of a route, once", func(n int, p *leakPage) string {
			return map[bool]string{true: between(secretOf(p, "two", 0)[:8]) + between(secretOf(p, "two", 1)[:8])}[n == 0]
		}, leak},
		{"eight letters of texts of five routes, once", func(n int, p *leakPage) string {
			if n > 0 {
				return ""
			}
			var b strings.Builder
			for _, route := range fakeRoutes {
				b.WriteString(between(secretOf(p, route, 0)[:8]))
			}
			return b.String()
		}, leak},

		{"eight letters, always", func(_ int, p *leakPage) string { return between(secretOf(p, "two", 0)[3:11]) }, leak},
		{"eight letters, always others", func(n int, p *leakPage) string { return between(secretOf(p, "two", 0)[n%7 : n%7+8]) }, leak},
		{"eight letters, of another text of the route each time", func(n int, p *leakPage) string { return between(secretOf(p, "two", n%2)[:8]) }, leak},
		{"eight letters, on one page of three", func(n int, p *leakPage) string {
			return map[bool]string{true: between(secretOf(p, "two", 0)[3:11])}[n%3 == 0]
		}, leak},
		{"eight letters, beside other routes alone", func(_ int, p *leakPage) string {
			return map[bool]string{true: between(secretOf(p, "two", 0)[3:11])}[secretOf(p, "one", 0) != ""]
		}, leak},
		{"eight letters, and then as many of another route", func(n int, p *leakPage) string {
			if text := secretOf(p, "three", 0); n == 5 && text != "" {
				return between(text[3:11])
			}
			return map[bool]string{true: between(secretOf(p, "two", 0)[3:11])}[n == 0]
		}, leak},
	} {
		t.Run(x.name, func(t *testing.T) {
			visits := 0
			visit := func(pages []*leakPage) *scanner {
				s := newScanner()
				for _, p := range pages {
					for _, c := range append(append([]*canary{}, p.canaries...), p.controls...) {
						s.add(c)
					}
				}
				for _, p := range pages {
					s.scan("a recording", []byte(x.leaks(visits, p)))
					visits++
					for _, c := range p.controls {
						s.scan("a recording", []byte(c.text))
					}
				}
				return s
			}
			pages := fakePages()
			v := judgePages(pages, visit(pages), visit)
			if isChance := len(v.wrong) == 0 && v.leaks == 0; isChance != x.want {
				t.Errorf("taken for chance: %v, want %v: %q", isChance, x.want, v.wrong)
			}
			if x.want == chance && x.name != "nothing" {
				if v.chance != 1 || len(v.remarks) != 1 || visits != 1+2*repeats {
					t.Errorf("%d called chance, remarks %q, after %d visits", v.chance, v.remarks, visits)
				}
			}
		})
	}
}

// A page that is not recorded when it is repeated acquits nobody.
func TestScannerRepeatsOnlyWhatIsRecorded(t *testing.T) {
	pages := fakePages()
	s := newScanner(pages[0].canaries...)
	for _, c := range pages[0].controls {
		s.add(c)
		s.scan("a recording", []byte(c.text))
	}
	s.scan("a recording", []byte(secretOf(pages[0], "one", 0)[:8]))
	v := judgePages(pages, s, func([]*leakPage) *scanner { return newScanner() })
	if v.chance != 0 || v.leaks != 1 || !strings.Contains(strings.Join(v.wrong, "\n"), "lost control when repeated") {
		t.Errorf("got %+v, want a leak", v)
	}
}

// In what is sealed it is ten letters that chance may make, and eleven that it may not.
func TestScannerKnowsFragmentsOfNoise(t *testing.T) {
	for n, want := range map[int]string{9: "", 10: "dfghjklmnp", 11: "", 14: ""} {
		c := &canary{text: "bcdfghjklmnpqr"}
		s := newScanner(c)
		s.scanSealed("an upload", []byte("zz "+strings.ToUpper(c.text[min(2, 14-n):][:n])+" zz"))
		if s.fragment(c) != want || s.seen(c) != (n > 9) {
			t.Errorf("%d letters: found %v with the fragment %q, want %q", n, s.seen(c), s.fragment(c), want)
		}
	}
}

// Letters of a text that may be shown, and stands there whole, are not a canary's: what is beside them counts.
func TestScannerCountsNoShownLetters(t *testing.T) {
	c := &canary{text: "bcdfghjklmnpqr"}
	after8, after9 := &canary{text: "lmvvvvvvvvvvvv", free: true}, &canary{text: "mnvvvvvvvvvvvv", free: true}
	before6, beforeAll := &canary{text: "wwwwwwwwbcdfgh", free: true}, &canary{text: "vvvvvvvvvvvbcd", free: true}
	for _, x := range []struct {
		name, text string
		isFragment bool
	}{
		{"eight and two shown", c.text[:8] + after8.text, true},
		{"nine and two shown", c.text[:9] + after9.text, false},
		{"eight and two of a text that is not whole", c.text[:8] + after8.text[:13], false},
		{"six shown and eight, all of it", before6.text + c.text[6:], false},
		{"six shown and seven", before6.text + c.text[6:13], true},
		{"three shown and nine", beforeAll.text + c.text[3:12], false},
	} {
		s := newScanner(c, after8, after9, before6, beforeAll)
		s.scan("a recording", []byte("zz "+x.text+" zz"))
		if !s.seen(c) || (s.fragment(c) != "") != x.isFragment {
			t.Errorf("%s: found %v, the fragment %q, want one: %v", x.name, s.seen(c), s.fragment(c), x.isFragment)
		}
	}
}

// scripted is a source of the numbers that make the given letters and digits.
func scripted(text string) intN {
	return func(n int) int {
		unit := text[0]
		text = text[1:]
		switch n {
		case 9:
			return int(unit - '1')
		case 10:
			return int(unit - '0')
		}
		return strings.IndexByte(canaryLetters, unit)
	}
}

// No canary of a run shares with another what makes a find.
func TestScannerCanariesShareNothing(t *testing.T) {
	for _, x := range []struct{ name, kind, first, second, want string }{
		{"seven letters", "W", "bcdfghjklmnpqr", "wwwwwwwklmnpqr", "wwwwwwwklmnpqr"},
		{"eight letters", "W", "bcdfghjklmnpqr", "wwwwwwjklmnpqr", ""},
		{"eight letters elsewhere", "W", "bcdfghjklmnpqr", "wwjklmnpqrwwww", ""},
		{"eight letters reversed", "W", "bcdfghjklmnpqr", "rqpnmlkjwwwwww", ""},
		{"five letters before the end of an address", "M", "bcdfghjklmnpbcdfghjkl", "wwwwwwwwwwwwwwwwghjkl", ""},
		{"four letters before the end of an address", "M", "bcdfghjklmnpbcdfghjkl", "wwwwwwwwwwwwwwwwwhjkl", "wwwwwwwwwwww@wwwwwhjkl.de"},
		{"a phone, with + twelve characters", "P", "123456789", "123456722", ""},
		{"a phone, with + eleven characters", "P", "123456789", "123456111", "+4930123456111"},
	} {
		d := draws{}
		d.canary(scripted(x.first), x.kind, "first")
		spare := map[string]string{"W": "vvvvvvvvvvvvvv", "M": "vvvvvvvvvvvvvvvvvvvvv", "P": "999999999"}[x.kind]
		c := d.canary(scripted(x.second+spare), x.kind, "second")
		if drawnAnew := strings.ContainsAny(c.text, "v") || strings.Contains(c.text, "9999"); drawnAnew != (x.want == "") || x.want != "" && c.text != x.want {
			t.Errorf("%s: got %q, want %q", x.name, c.text, x.want)
		}
	}
	d, seen := draws{}, map[string]string{}
	for range 2000 {
		for _, kind := range []string{"W", "M", "T", "N", "P"} {
			c := d.canary(systemIntN, kind, "")
			for _, w := range clearWindows(c.text) {
				if other, known := seen[w.text]; known && other != c.text {
					t.Fatalf("%q and %q share %q", c.text, other, w.text)
				}
				seen[w.text] = c.text
			}
		}
	}
}

// What is told of chance is what needles and places make of it.
func TestScannerReckonsChance(t *testing.T) {
	ways := math.Pow(19, 8)
	for _, x := range []struct {
		text string
		want float64 // finds of a word's 14 windows
	}{
		{"vcd fgh jk", 14 / ways}, {"vcdfghjkz", 28 / ways}, {"vcdfghjk a vcd-FGHjk", 14 / ways}, {"bcdfghj a bcdfghj", 0}, {"bcdf7ghjk", 0},
		{"bcdfghjk a kjhgfdcb", 0},                            // a canary's own
		{"wwwwwwwwwwwwww", 0}, {"wwwwwwwwwwwwwwb", 14 / ways}, // a text that may be shown, and one letter more
	} {
		s := newScanner(&canary{text: "bcdfghjklmnpqr"}, &canary{text: "wwwwwwwwwwwwww", free: true})
		s.needles = map[sorts]int{allLetters: 14}
		s.scan("a text", []byte(x.text))
		if got, _, _ := s.chances(); math.Abs(got-x.want) > x.want/1e6 {
			t.Errorf("%q: got %g, want %g", x.text, got, x.want)
		}
	}
}
