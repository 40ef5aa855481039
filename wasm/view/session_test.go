package view_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"afterimage/wasm/view"
	"afterimage/wasm/view/oplist"
	"afterimage/wasm/wire"
)

const pageA, pageB = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

// segments encodes op lists, one a segment; a list that begins with "epoch" starts one.
func segments(t testing.TB, lists ...string) [][]byte {
	t.Helper()
	var enc wire.Encoder
	var out [][]byte
	epoch := uint32(0)
	for _, list := range lists {
		if rest, ok := strings.CutPrefix(list, "epoch"); ok || epoch == 0 {
			epoch++
			enc.BeginEpoch(epoch)
			list = rest
		}
		ops, err := oplist.Parse(list)
		if err != nil {
			t.Fatal(err)
		}
		for i := range ops {
			enc.Append(&ops[i])
		}
		out = append(out, enc.AppendSegment(nil))
	}
	return out
}

func add(t testing.TB, s *view.Session, page string, segments [][]byte, numbers ...int) {
	t.Helper()
	for _, n := range numbers {
		if err := s.AddSegment(page, uint32(n), segments[n]); err != nil {
			t.Fatalf("segment %d: %v", n, err)
		}
	}
}

type line struct {
	StartMs, DurationMs int64
	Pages               []struct {
		ID       string
		From, To int64
		Meta     map[string]string
	}
	Shown, Gaps, Idle [][2]int64
	Events            []struct {
		At, To      int64
		Page        int
		Kind, Label string
		Tag         string
		Count       int
	}
}

func timeline(t testing.TB, s *view.Session) (l line) {
	t.Helper()
	if err := json.Unmarshal(s.AppendTimeline(nil), &l); err != nil {
		t.Fatal(err)
	}
	return l
}

// Four segments of two epochs; the second epoch begins at 4 s.
func twoEpochs(t testing.TB) [][]byte {
	return segments(t,
		attackPreamble+"text 6 5 0 \"zero\"\nsnapshotEnd",
		"@1000\nsetText 6 \"one\"",
		"@2000\nsetText 6 \"two\"",
		"epoch\n@4000\n"+attackPreamble+"text 6 5 0 \"four\"\nsnapshotEnd",
		"@5000\nsetText 6 \"five\"")
}

func TestMissingSegments(t *testing.T) {
	tests := []struct {
		name    string
		numbers []int
		want    map[int64]string // by time
		gaps    [][2]int64
	}{
		{"all there", []int{0, 1, 2, 3, 4}, map[int64]string{0: "zero", 1500: "one", 3999: "two", 4000: "four", 5000: "five"}, nil},
		{"in any order", []int{4, 2, 3, 0, 1}, map[int64]string{0: "zero", 1500: "one", 3999: "two", 4000: "four", 5000: "five"}, nil},
		{"repeated", []int{0, 0, 1, 1, 2, 0, 3, 4}, map[int64]string{1500: "one", 5000: "five"}, nil},
		{"one is missing: the state before stays until the next epoch", []int{0, 2, 3, 4}, map[int64]string{0: "zero", 1500: "zero", 3999: "zero", 4000: "four"}, [][2]int64{{0, 4000}}},
		{"the last of an epoch is missing", []int{0, 1, 3, 4}, map[int64]string{1500: "one", 3999: "one", 4000: "four"}, [][2]int64{{1000, 4000}}},
		{"the first of an epoch is missing: the epoch before stays", []int{0, 1, 2, 4}, map[int64]string{2500: "two", 5000: "two"}, [][2]int64{{2000, 2000}}},
		{"the first of all is missing", []int{1, 2, 3, 4}, map[int64]string{0: "four", 5000: "five"}, [][2]int64{{0, 4000}}},
		{"the end has not arrived: no gap", []int{0, 1}, map[int64]string{1500: "one"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := view.NewSession()
			add(t, s, pageA, twoEpochs(t), test.numbers...)
			for at, want := range test.want {
				if got := s.HTML(at); !strings.Contains(got, ">"+want+"<") {
					t.Errorf("at %d ms: got %s, want %q in it", at, got, want)
				}
			}
			if got := timeline(t, s).Gaps; fmt.Sprint(got) != fmt.Sprint(test.gaps) {
				t.Errorf("gaps: got %v, want %v", got, test.gaps)
			}
		})
	}
}

func TestDamagedSegmentIsAGap(t *testing.T) {
	list := twoEpochs(t)
	s := view.NewSession()
	add(t, s, pageA, list, 0)
	damaged := append([]byte(nil), list[1]...)
	damaged[len(damaged)-1] ^= 0x55
	damaged[len(damaged)/2] ^= 0x55
	if err := s.AddSegment(pageA, 1, damaged); err == nil {
		t.Error("damaged segment: got no error")
	}
	add(t, s, pageA, list, 2, 3, 4)
	if got := s.HTML(2500); !strings.Contains(got, "zero") {
		t.Errorf("after the damage: got %s, want the state before", got)
	}
	if got := s.HTML(5000); !strings.Contains(got, "five") {
		t.Errorf("next epoch: got %s", got)
	}
	if got := timeline(t, s).Gaps; fmt.Sprint(got) != "[[0 4000]]" {
		t.Errorf("gaps: got %v, want [[0 4000]]", got)
	}
}

func TestErrorsOfAddSegment(t *testing.T) {
	s := view.NewSession()
	if err := s.AddSegment(pageA, 0, nil); !errors.Is(err, wire.ErrTruncated) {
		t.Errorf("no bytes: got %v, want %v", err, wire.ErrTruncated)
	}
	if err := s.AddSegment(pageA, 0, []byte{99, 1, 0, 0, 0, 0, 0}); !errors.Is(err, wire.ErrVersion) {
		t.Errorf("other version: got %v, want %v", err, wire.ErrVersion)
	}
	for i := range 5000 {
		if err := s.AddSegment(fmt.Sprint(i), 0, segments(t, "leave")[0]); err != nil {
			if !errors.Is(err, view.ErrLimit) {
				t.Errorf("page view %d: got %v, want %v", i, err, view.ErrLimit)
			}
			return
		}
		if i > 20 { // the rest is the same
			break
		}
	}
}

func TestPageViewsOnOneTimeline(t *testing.T) {
	page := func(start int64, word, more string) [][]byte {
		anchor := ""
		if start != 0 {
			anchor = fmt.Sprintf("anchor %d %d\n", start, start+77)
		}
		return segments(t, anchor+attackPreamble+fmt.Sprintf("text 6 5 0 %q\nsnapshotEnd\n", word)+more)
	}
	const start = 1_790_000_000_000
	tests := []struct {
		name string
		a, b [][]byte
		want map[int64]string
		from int64 // session time of the second page view
	}{
		{"one after the other", page(start, "first", "@2000\nleave"), page(start+3000, "second", "@1000\nleave"), map[int64]string{0: "first", 2999: "first", 3000: "second", 9000: "second"}, 3000},
		{"the browser's clock where the server's is missing", page(start, "first", "@2000\nleave"),
			segments(t, fmt.Sprintf("anchor 0 %d\n", start+4000)+attackPreamble+"text 6 5 0 \"second\"\nsnapshotEnd\n@1000\nleave"), map[int64]string{3999: "first", 4000: "second"}, 4000},
		{"without an anchor it follows what is known", page(start, "first", "@2000\nleave"), page(0, "second", "@1000\nleave"), map[int64]string{1999: "first", 2000: "second"}, 2000},
		{"a tab in front is the one that was acted on", page(start, "first", "@5000\nmouse 6 2 10 10 0 0\n@8000\nleave"), page(start+3000, "second", "@4000\nleave"), map[int64]string{2999: "first", 3000: "second", 4999: "second", 5000: "first"}, 3000},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := view.NewSession()
			add(t, s, pageA, test.a, 0)
			add(t, s, pageB, test.b, 0)
			for at, want := range test.want {
				if got := s.HTML(at); !strings.Contains(got, want) {
					t.Errorf("at %d ms: got %s, want %q", at, got, want)
				}
			}
			l := timeline(t, s)
			if l.StartMs != start || l.Pages[1].From != test.from {
				t.Errorf("start %d, second page view from %d, want %d and %d", l.StartMs, l.Pages[1].From, start, test.from)
			}
			s.Pin(0)
			if got := s.HTML(3500); !strings.Contains(got, "first") {
				t.Errorf("pinned to the first: got %s", got)
			}
		})
	}
}

func TestSleepStretchesTime(t *testing.T) {
	s := view.NewSession()
	add(t, s, pageA, segments(t, attackPreamble+"text 6 5 0 \"before\"\nsnapshotEnd\n@1000\nclockJump 60000\n@1500\nsetText 6 \"after\"\n@2000\nleave"), 0)
	if got := s.DurationMs(); got != 62_000 {
		t.Errorf("duration: got %d, want 62000", got)
	}
	for at, want := range map[int64]string{500: "before", 30_000: "before", 61_400: "before", 61_500: "after"} {
		if got := s.HTML(at); !strings.Contains(got, want) {
			t.Errorf("at %d ms: got %s, want %q", at, got, want)
		}
	}
}

func TestEvents(t *testing.T) {
	s := view.NewSession()
	add(t, s, pageA, segments(t, attackPreamble+`element 10 5 0 "button" 0 "aria-label"="Buy"
element 11 10 0 "b" 0
text 12 11 0 "  Buy   it now  "
element 13 5 10 "input" 0 "placeholder"="Name"
meta 1 "https://shop.example/"
snapshotEnd
@1000
mouse 11 0 20 30 0 0
mouse 11 1 20 30 0 0
mouse 11 2 20 30 0 0
@2000
key 13 0
@2500
key 13 0
value 13 "•••"
@2900
activity 13 1000 4
@9000
key 13 1
@9500
scroll 1 0 10
@9900
scroll 1 0 50
@20000
mouse 10 2 1 1 0 1
navigate 0 "https://shop.example/next"
track "error" "{}"
`), 0)
	l := timeline(t, s)
	var got []string
	for _, e := range l.Events {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%d-%d %s %s %s %d", e.At, e.To, e.Kind, e.Tag, e.Label, e.Count)))
	}
	want := []string{
		"0-0 page  https://shop.example/ 0", "1000-0 click button Buy 0", "2000-2900 type input Name 6", "9000-0 type input Name 1", "9500-9900 scroll   0",
		"20000-0 tap button Buy 0", "20000-0 navigate  https://shop.example/next 0", "20000-0 error  error {} 0",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if fmt.Sprint(l.Idle) != "[[2900 9000] [9900 20000]]" {
		t.Errorf("idle: got %v, want [[2900 9000] [9900 20000]]", l.Idle)
	}
	if l.Pages[0].Meta["entryUrl"] != "https://shop.example/" {
		t.Errorf("meta: got %v", l.Pages[0].Meta)
	}
}

func TestPointerMovesBetweenSamples(t *testing.T) {
	s := view.NewSession()
	add(t, s, pageA, segments(t, attackPreamble+"snapshotEnd\n@1000\npointer 5 200 0 0 100 100 50 0 400 80\n@3000\nleave"), 0)
	m := newModel()
	for at, want := range map[int64]string{700: "[0 0 0]", 800: "[1 0 0]", 850: "[1 50 25]", 900: "[1 100 50]", 1000: "[1 400 80]", 2500: "[1 400 80]"} {
		check(t, s, m, at, "pointer")
		if got := m.surround[34]; got != want {
			t.Errorf("at %d ms: got %s, want %s", at, got, want)
		}
	}
}

func TestPageEventsCarryNoOldCursor(t *testing.T) {
	s := view.NewSession()
	add(t, s, pageA, segments(t, attackPreamble+"element 6 5 0 \"input\" 0\nmeta 1 \"https://a.example/\"\nsnapshotEnd\nfocus 6\n@100\nnavigate 0 \"https://a.example/b\"",
		"epoch\n@1000\n"+attackPreamble+"snapshotEnd"), 0, 1)
	m := newModel()
	check(t, s, m, 1500, "cursor")
	if m.surround[33] != "https://a.example/b" {
		t.Errorf("URL after a new epoch: got %q, want the one before it", m.surround[33])
	}
	if m.surround[35] != "[0]" {
		t.Errorf("focus after a new epoch: got %s, want [0]", m.surround[35])
	}
}

func TestMediaFeaturesAreAnsweredAsRecorded(t *testing.T) {
	s := view.NewSession()
	const sheet = "element 6 4 0 \"style\" 0\ntext 7 6 0 \"@media (hover:none){a{b:c}}\"\nsnapshotEnd"
	add(t, s, pageA, segments(t, "meta 7 \"phone\"\n"+attackPreamble+sheet, "@1000\nmeta 7 \"desktop\"", "epoch\n@2000\n"+attackPreamble+sheet), 0, 1, 2)
	m := newModel()
	for _, want := range []struct {
		at  int64
		css string
	}{{500, "@media (min-width:0){a{b:c}}"}, {1500, "@media (max-width:0){a{b:c}}"}, {2500, "@media (max-width:0){a{b:c}}"}, {600, "@media (min-width:0){a{b:c}}"}} {
		check(t, s, m, want.at, "media")
		if got := m.String(); !strings.Contains(got, want.css) {
			t.Errorf("at %d ms: got %s, want %s in it", want.at, got, want.css)
		}
		if got := s.HTML(want.at); !strings.Contains(got, want.css) {
			t.Errorf("HTML at %d ms: got %s, want %s in it", want.at, got, want.css)
		}
	}
}

func TestRootsAreRemovedByTheirID(t *testing.T) {
	s := view.NewSession()
	add(t, s, pageA, segments(t, attackPreamble+`element 6 5 0 "x-a" 0
shadowRoot 7 6 0
element 8 7 0 "b" 0
element 9 5 6 "iframe" 0
frameDocument 10 9
element 11 10 0 "html" 0
snapshotEnd
@1000
remove 7
remove 10
@2000
shadowRoot 12 6 0
frameDocument 13 9
element 14 13 0 "html" 0`), 0)
	if p := s.Problems(); len(p) > 0 {
		t.Errorf("problems: got %v, want none", p)
	}
	m := newModel()
	for _, at := range []int64{500, 1500, 2500, 1500, 500, 2500, 500} {
		check(t, s, m, at, "roots")
		fresh := newModel()
		s.Forget()
		check(t, s, fresh, at, "fresh")
		if m.String() != fresh.String() {
			t.Errorf("at %d ms: got\n%s\nwant\n%s", at, m, fresh)
		}
		if got := strings.Contains(m.String(), "#shadow"); got != (at != 1500) {
			t.Errorf("at %d ms: shadow root there: %t", at, got)
		}
	}
}

func TestFirstStateOfANewFieldIsNoEvent(t *testing.T) {
	s := view.NewSession()
	add(t, s, pageA, segments(t, attackPreamble+"snapshotEnd\n@1000\nelement 6 5 0 \"input\" 0\nvalue 6 \"•\"\nchecked 6 1\nselected 6 1\n@3000\nchecked 6 0\n@9000\nvalue 6 \"••\""), 0)
	var got []string
	for _, e := range timeline(t, s).Events[1:] {
		got = append(got, fmt.Sprint(e.At, e.Kind))
	}
	if want := "[3000input 9000type]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestValueThatChangesNothingIsNoEvent(t *testing.T) {
	s := view.NewSession()
	const fields = "element 6 5 0 \"input\" 0\nelement 7 5 6 \"input\" 0 \"value\"=\"1\"\nelement 8 5 7 \"input\" 0\nvalue 8 \"•\"\nsnapshotEnd\n"
	add(t, s, pageA, segments(t, attackPreamble+fields+`@1000
value 6 ""
value 7 "1"
value 8 "•"
@4000
value 6 "•••"
@8000
value 6 "•••"
@12000
value 6 ""
@16000
value 7 ""
@20000
key 8 0
value 8 "•"
`, "epoch\n@24000\n"+attackPreamble+"element 6 5 0 \"input\" 0\nsnapshotEnd\n@25000\nvalue 6 \"\"\n@29000\nvalue 6 \"•••\""), 0, 1)
	var got []string
	for _, e := range timeline(t, s).Events[1:] {
		got = append(got, fmt.Sprint(e.At, e.Kind, e.Count))
	}
	if want := "[4000type0 12000type0 16000type0 20000type1 29000type0]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// A field is called by the label that a person reads, where the recording shows it.
func TestFieldsAreCalledByTheirLabels(t *testing.T) {
	tests := []struct{ name, fields, want string }{
		{"a label for it", `element 10 5 0 "label" 0 "for"="mail"
text 11 10 0 " E-mail  address "
element 12 5 10 "input" 0 "id"="mail" "placeholder"="you@example.com"`, "E-mail address"},
		{"the label stands behind it, deeper and elsewhere", `element 20 5 0 "div" 0
element 12 20 0 "input" 0 "id"="mail" "name"="m"
element 21 5 20 "div" 0
element 10 21 0 "label" 0 "for"="mail"
text 11 10 0 "E-mail"`, "E-mail"},
		{"a label around it, without what one chooses from", `element 10 5 0 "label" 0
text 11 10 0 "Country"
element 12 10 11 "select" 0 "name"="c"
element 13 12 0 "option" 0
text 14 13 0 "Austria"`, "Country"},
		{"a label goes before aria-label", `element 10 5 0 "label" 0 "for"="mail"
text 11 10 0 "E-mail"
element 12 5 10 "input" 0 "id"="mail" "aria-label"="Mail"`, "E-mail"},
		{"a masked label says less than a name", `element 10 5 0 "label" 0 "for"="mail"
text 11 10 0 "xxxx xxxxxxx"
element 12 5 10 "input" 0 "id"="mail" "name"="email"`, "email"},
		{"a label for another one", `element 10 5 0 "label" 0 "for"="phone"
text 11 10 0 "Phone"
element 12 5 10 "input" 0 "id"="mail" "placeholder"="you@example.com"`, "you@example.com"},
		{"none", `element 12 5 0 "textarea" 0 "name"="note"`, "note"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := view.NewSession()
			add(t, s, pageA, segments(t, attackPreamble+test.fields+"\nsnapshotEnd\n@1000\nfocus 12"), 0)
			events := timeline(t, s).Events
			if last := events[len(events)-1]; last.Kind != "focus" || last.Label != test.want {
				t.Errorf("got %+v, want the label %q", last, test.want)
			}
		})
	}
}
