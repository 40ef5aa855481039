package open_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"afterimage/collector/store"
	"afterimage/replay/custody"
	"afterimage/replay/open"
	"afterimage/replay/open/opentest"
	"afterimage/wasm/wire"
)

// list is a source that yields exactly these segments.
type list struct {
	open.Source
	s    *opentest.Session
	keys open.Keys
	segs []open.Segment
}

func (l list) Session(context.Context, string) (open.Session, error) {
	out := open.Session{ID: l.s.ID, Site: l.s.Site.ID}
	for _, pv := range l.s.Views {
		out.PageViews = append(out.PageViews, open.PageView{ID: pv.ID})
	}
	return out, nil
}

func (l list) Keys(context.Context, string) (open.Keys, error) { return l.keys, nil }

func (l list) Segments(context.Context, string, *open.Cursor) iter.Seq2[open.Segment, error] {
	return func(yield func(open.Segment, error) bool) {
		for _, seg := range l.segs {
			if !yield(seg, nil) {
				return
			}
		}
	}
}

func contentKeys(s *opentest.Session) open.Keys {
	k := open.Keys{Custody: s.Site.Custody, Content: map[string][]byte{}, Envelopes: map[string][]byte{}}
	for _, pv := range s.Views {
		k.Content[pv.ID] = pv.ContentKey
		k.Envelopes[pv.ID] = pv.Envelope
	}
	return k
}

func envelopes(s *opentest.Session) open.Keys {
	k := contentKeys(s)
	k.Content = nil
	return k
}

// texts are the decoded ops as short words, and the problems.
func texts(t *testing.T, src open.Source, s *opentest.Session) (ops, problems []string) {
	t.Helper()
	rec, err := open.Open(t.Context(), src, s.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	name := map[string]string{}
	for i, pv := range s.Views {
		name[pv.ID] = fmt.Sprint(i)
	}
	err = rec.Ops(t.Context(), func(ev *open.Event) error {
		ops = append(ops, fmt.Sprintf("%s.%d %s", name[ev.PageView], ev.Segment, ev.Op.Text))
		return nil
	}, func(p open.Problem) error {
		problems = append(problems, fmt.Sprintf("%s %s %d-%d", name[p.PageView], p.Kind, p.From, p.To))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ops, problems
}

func TestWalkReadsAroundWhatIsWrong(t *testing.T) {
	site := opentest.NewSite(t, "shopsite", store.Managed)
	// Numbers 0 1 2 are epoch 1, 3 4 epoch 2; one op a segment.
	s := site.Session(t, 1, opentest.View{Epochs: [][]int{{1, 1, 1}, {1, 1}}})
	segs := s.Segments()
	without := func(numbers ...int) []open.Segment {
		var out []open.Segment
		for i, seg := range segs {
			if !slices.Contains(numbers, i) {
				out = append(out, seg)
			}
		}
		return out
	}
	changed := func(n int) []open.Segment {
		out := slices.Clone(segs)
		out[n] = otherBytes(out[n])
		return out
	}
	const (
		op0, op1, op2 = "0.0 ", "0.1 text 1", "0.2 text 2"
		op3, op4      = "0.3 ", "0.4 text 1"
	)
	tests := []struct {
		name     string
		segs     []open.Segment
		ops      []string
		problems []string
	}{
		{"whole", segs, []string{op0, op1, op2, op3, op4}, nil},
		{"none", nil, nil, nil},
		{"an equal repeat is nothing", []open.Segment{segs[0], segs[1], segs[1], segs[2]}, []string{op0, op1, op2}, nil},
		{"a repeat with other bytes is left out", []open.Segment{segs[0], segs[1], otherBytes(segs[1]), segs[2]}, []string{op0, op1, op2}, []string{"0 conflict 1-1"}},
		{"out of order is left out", []open.Segment{segs[0], segs[2], segs[1]}, []string{op0}, []string{"0 missing 1-1", "0 disorder 1-1", "0 unreadable 2-2"}},
		{"the first missing: the next epoch is read", without(0), []string{op3, op4}, []string{"0 missing 0-0", "0 unreadable 1-2"}},
		{"one missing: its epoch ends there", without(1), []string{op0, op3, op4}, []string{"0 missing 1-1", "0 unreadable 2-2"}},
		{"the last of an epoch missing: all else is read", without(2), []string{op0, op1, op3, op4}, []string{"0 missing 2-2"}},
		{"a whole epoch missing", without(0, 1, 2), []string{op3, op4}, []string{"0 missing 0-2"}},
		{"the last epoch begins with a hole", without(3), []string{op0, op1, op2}, []string{"0 missing 3-3", "0 unreadable 4-4"}},
		{"a changed tag: not authentic, and the chain breaks", changed(1), []string{op0, op3, op4}, []string{"0 auth 1-1", "0 chain 2-2", "0 unreadable 2-2"}},
		{"a changed last segment", changed(4), []string{op0, op1, op2, op3}, []string{"0 auth 4-4"}},
		{"cut off behind the header", append(slices.Clone(segs[:4]), cut(segs[4], 76)), []string{op0, op1, op2, op3}, []string{"0 auth 4-4"}},
		{"cut off inside the header", append(slices.Clone(segs[:4]), cut(segs[4], 40)), []string{op0, op1, op2, op3}, []string{"0 auth 4-4"}},
		{"stored under another number", append(slices.Clone(segs[:4]), renumbered(segs[4], 7)), []string{op0, op1, op2, op3}, []string{"0 auth 7-7"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ops, problems := texts(t, list{s: s, keys: contentKeys(s), segs: test.segs}, s)
			if !slices.Equal(ops, test.ops) {
				t.Errorf("ops: got %q, want %q", ops, test.ops)
			}
			if !slices.Equal(problems, test.problems) {
				t.Errorf("problems: got %q, want %q", problems, test.problems)
			}
		})
	}
}

func cut(seg open.Segment, n int) open.Segment {
	seg.Sealed = seg.Sealed[:n]
	return seg
}

func renumbered(seg open.Segment, n uint32) open.Segment {
	seg.Number = n
	return seg
}

func TestSegmentThatIsNotTheFormat(t *testing.T) {
	site := opentest.NewSite(t, "shopsite", store.Managed)
	s := site.Session(t, 1, opentest.View{Epochs: [][]int{{1}, {1}}})
	s.Views[0].Replace(t, 0, []byte("\x01\x01\x00 no segment of ours"))
	ops, problems := texts(t, list{s: s, keys: contentKeys(s), segs: s.Segments()}, s)
	if want := []string{"0.1 "}; !slices.Equal(ops, want) {
		t.Errorf("ops: got %q, want %q", ops, want)
	}
	if want := []string{"0 undecoded 0-0"}; !slices.Equal(problems, want) {
		t.Errorf("problems: got %q, want %q", problems, want)
	}
}

func TestEpochInsideIsNotTheOneInTheClear(t *testing.T) {
	site := opentest.NewSite(t, "shopsite", store.Managed)
	s := site.Session(t, 1, opentest.View{Epochs: [][]int{{1}, {1}}})
	plain := s.Views[0].Plain(t, 1)
	s.Views[0].Segments[1].Epoch = 9
	s.Views[0].Replace(t, 1, plain)
	_, problems := texts(t, list{s: s, keys: contentKeys(s), segs: s.Segments()}, s)
	if want := []string{"0 undecoded 1-1"}; !slices.Equal(problems, want) {
		t.Errorf("problems: got %q, want %q", problems, want)
	}
}

func TestWalkEndsWithTheVisitorsError(t *testing.T) {
	s := small(t)
	rec, err := open.Open(t.Context(), list{s: s, keys: contentKeys(s), segs: s.Segments()}, s.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	enough, count := errors.New("enough"), 0
	err = rec.Ops(t.Context(), func(*open.Event) error { count++; return enough }, nil)
	if err != enough || count != 1 {
		t.Errorf("got %v after %d ops, want the visitor's own error after 1", err, count)
	}
}

func TestKeys(t *testing.T) {
	held := opentest.NewSite(t, "heldsite", store.Held)
	s := held.Session(t, 1, opentest.View{Epochs: [][]int{{2}}})
	other := opentest.NewSite(t, "othersite", store.Held)
	right, wrong := ringOf(t, held), ringOf(t, other)
	swapped := envelopes(s)
	swapped.Envelopes[s.Views[0].ID] = other.Session(t, 2, opentest.View{}).Views[0].Envelope
	moved := envelopes(s) // sealed to this site, for another page view
	moved.Envelopes[s.Views[0].ID] = held.Session(t, 3, opentest.View{}).Views[0].Envelope
	none := envelopes(s)
	none.Envelopes = nil
	newer := envelopes(s)
	newer.Envelopes[s.Views[0].ID] = append([]byte{2}, s.Views[0].Envelope[1:]...)
	unreachable := envelopes(s)
	unreachable.Problem = "the master key is in the safe"
	tests := []struct {
		name string
		keys open.Keys
		ring *open.Keyring
		says string // "": it opens
	}{
		{"content keys need no key file", contentKeys(s), nil, ""},
		{"the owner's key opens the envelope", envelopes(s), right, ""},
		{"no key", envelopes(s), nil, "only the owner of site heldsite has"},
		{"no key, and the source says why", unreachable, nil, "the master key is in the safe"},
		{"the key of another site", envelopes(s), wrong, "the key file holds"},
		{"the right key among others", envelopes(s), ringOf(t, other, held), ""},
		{"an envelope of another site", swapped, right, "the key file holds"},
		{"an envelope of another page view", moved, right, "page view"},
		{"no envelope", none, right, "there is no envelope"},
		{"an envelope of a newer version", newer, right, "2, expected 1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := open.Open(t.Context(), list{s: s, keys: test.keys, segs: s.Segments()}, s.ID, test.ring)
			if test.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if !errors.Is(err, open.ErrKey) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want ErrKey with %q in its text", err, test.says)
			}
		})
	}
}

func ringOf(t *testing.T, sites ...*opentest.Site) *open.Keyring {
	t.Helper()
	var b bytes.Buffer
	for _, s := range sites {
		if err := custody.WriteSealingPEM(&b, s.Private, s.ID); err != nil {
			t.Fatal(err)
		}
	}
	ring, err := open.ParseKeyring(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func TestOnePageViewWithoutKey(t *testing.T) {
	s := small(t)
	keys := contentKeys(s)
	delete(keys.Content, s.Views[0].ID)
	ops, problems := texts(t, list{s: s, keys: keys, segs: s.Segments()}, s)
	if len(ops) != len(s.Views[1].Ops) {
		t.Errorf("ops: got %d, want the %d of the other page view", len(ops), len(s.Views[1].Ops))
	}
	if want := []string{"0 no-key 0-0"}; !slices.Equal(problems, want) {
		t.Errorf("problems: got %q, want %q", problems, want)
	}
}

func TestWrongContentKey(t *testing.T) {
	site := opentest.NewSite(t, "shopsite", store.Managed)
	s := site.Session(t, 1, opentest.View{Epochs: [][]int{{1, 1}}})
	keys := contentKeys(s)
	keys.Content[s.Views[0].ID] = make([]byte, 16)
	ops, problems := texts(t, list{s: s, keys: keys, segs: s.Segments()}, s)
	if len(ops) != 0 || !slices.Equal(problems, []string{"0 auth 0-0", "0 auth 1-1"}) {
		t.Errorf("got %d ops and %q, want none and every segment refused", len(ops), problems)
	}
}

func TestParseKeyringRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty":           "",
		"no PEM":          "secret-canary",
		"another block":   "-----BEGIN CERTIFICATE-----\nc2VjcmV0\n-----END CERTIFICATE-----\n",
		"no PKCS#8":       "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n",
		"an Ed25519 key":  "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n",
		"a key and noise": "-----BEGIN PRIVATE KEY-----\nMC4CAQ",
	} {
		if _, err := open.ParseKeyring([]byte(text)); !errors.Is(err, open.ErrKey) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got %v, want ErrKey without the text", name, err)
		}
	}
}

func TestVerify(t *testing.T) {
	s := small(t)
	segs := s.Segments()
	tests := []struct {
		name                 string
		keys                 open.Keys
		segs                 []open.Segment
		broken, gaps, closed bool
	}{
		{"whole", contentKeys(s), segs, false, false, false},
		{"without a key chain and numbers are checked", envelopes(s), segs, false, false, true},
		{"a hole shows", contentKeys(s), slices.Delete(slices.Clone(segs), 1, 2), false, true, false},
		{"a hole shows without a key", envelopes(s), slices.Delete(slices.Clone(segs), 1, 2), false, true, true},
		{"a changed byte shows", contentKeys(s), changedAt(segs, 1), true, false, false},
		{"a changed byte shows without a key, by the chain", envelopes(s), changedAt(segs, 0), true, false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			report, err := open.Verify(t.Context(), list{s: s, keys: test.keys, segs: test.segs}, s.ID, nil)
			if err != nil {
				t.Fatal(err)
			}
			if report.Broken() != test.broken || report.Gaps() != test.gaps || report.Closed() != test.closed {
				t.Errorf("broken %v, gaps %v, closed %v; want %v, %v, %v: %+v", report.Broken(), report.Gaps(), report.Closed(), test.broken, test.gaps, test.closed, report.PageViews)
			}
		})
	}
	report, err := open.Verify(t.Context(), list{s: s, keys: contentKeys(s), segs: segs}, s.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	pv := report.PageViews[0]
	if pv.Segments != 3 || pv.Authentic != 3 || pv.Decoded != 3 || pv.Epochs != 2 || pv.Ops != len(s.Views[0].Ops) || pv.RawBytes == 0 {
		t.Errorf("counts of the first page view: got %+v, want 3 segments in 2 epochs with %d ops", pv, len(s.Views[0].Ops))
	}
}

func changedAt(segs []open.Segment, n int) []open.Segment {
	out := slices.Clone(segs)
	out[n] = otherBytes(out[n])
	return out
}

func TestEventJSON(t *testing.T) {
	num := func(n ...int64) []int64 { return n }
	tests := []struct {
		name string
		op   wire.Op
		want string
	}{
		{"element", wire.Op{Kind: wire.KindElement, ID: 4, Parent: 2, Prev: 3, Name: []byte("a"), Nums: num(1),
			Attrs: []wire.Attr{{Name: []byte("href"), Null: true}, {Name: []byte("class"), Value: []byte(`x"y`)}}},
			`"op":"element","id":4,"parent":2,"prev":3,"name":"a","namespace":"svg","attrs":{"href":null,"class":"x\"y"}`},
		{"pointer", wire.Op{Kind: wire.KindPointer, ID: 9, Nums: num(20, 5, -6, 0, 7, 8)}, `"op":"pointer","id":9,"points":[{"backMs":20,"x":5,"y":-6},{"backMs":0,"x":7,"y":8}]`},
		{"touch", wire.Op{Kind: wire.KindTouch, Nums: num(1, 0, 9, 5, 6)}, `"op":"touch","kind":"move","points":[{"pointer":0,"id":9,"x":5,"y":6}]`},
		{"an enumeration beyond its words is a number", wire.Op{Kind: wire.KindMouse, ID: 1, Nums: num(99, 1, 2, 0, 0)}, `"op":"mouse","id":1,"kind":99,"x":1,"y":2,"button":0,"pointerType":"mouse"`},
		{"numbers that are missing are left out", wire.Op{Kind: wire.KindScroll, ID: 1, Nums: num(3)}, `"op":"scroll","id":1,"x":3`},
		{"a kind of a later version", wire.Op{Kind: 200}, `"op":"unknown","kind":200`},
		{"meta", wire.Op{Kind: wire.KindMeta, Nums: num(6), Text: []byte("Linux")}, `"op":"meta","key":"os","value":"Linux"`},
		{"a terminal is not obeyed", wire.Op{Kind: wire.KindText, ID: 1, Text: []byte("\x1b[2J\u009b\u202e\x00\xff\n")},
			`"op":"text","id":1,"parent":0,"prev":0,"text":"\u001b[2J\u009b\u202e\u0000` + "\ufffd" + `\n"`},
		{"a text that was cut", wire.Op{Kind: wire.KindSetText, ID: 1, Text: []byte(strings.Repeat("x", 256) + "\x00\x00")},
			`"op":"setText","id":1,"text":"` + strings.Repeat("x", 256) + `…"`},
		{"options", wire.Op{Kind: wire.KindSelected, ID: 1, Nums: num(2, 5)}, `"op":"selected","id":1,"options":[2,5]`},
		{"nothing selected", wire.Op{Kind: wire.KindSelected, ID: 1}, `"op":"selected","id":1,"options":[]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.op.AtMs = 30
			ev := open.Event{PageView: "p", Segment: 2, Epoch: 1, AnchorMs: 1000, Op: &test.op}
			got := string(ev.AppendJSON(nil))
			want := `{"pageView":"p","segment":2,"epoch":1,"atMs":30,"time":1030,` + test.want + `}`
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if !json.Valid([]byte(got)) {
				t.Errorf("not JSON: %s", got)
			}
		})
	}
}

func TestEveryKindOfTheFormatHasAName(t *testing.T) {
	for k := wire.Kind(1); k <= wire.KindActivity; k++ {
		if k > wire.KindDialogState && k < wire.KindPointer {
			continue
		}
		ev := open.Event{Op: &wire.Op{Kind: k}}
		if got := string(ev.AppendJSON(nil)); strings.Contains(got, `"unknown"`) {
			t.Errorf("kind %d: %s", k, got)
		}
	}
}

func FuzzEventJSON(f *testing.F) {
	f.Add(uint8(3), "div", "text", int64(1))
	f.Fuzz(func(t *testing.T, kind uint8, name, text string, n int64) {
		op := wire.Op{Kind: wire.Kind(kind), Name: []byte(name), Text: []byte(text), Nums: []int64{n, n, n},
			Attrs: []wire.Attr{{Name: []byte(name), Value: []byte(text)}}}
		ev := open.Event{PageView: "p", Op: &op}
		if got := ev.AppendJSON(nil); !json.Valid(got) || bytes.ContainsAny(got, "\n\r\x1b") {
			t.Fatalf("not one line of JSON: %q", got)
		}
	})
}
