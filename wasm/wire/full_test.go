package wire_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"afterimage/wasm/wire"
)

// largestPlain is what the collector takes of a segment (collector/UPLOAD.md), less its seal.
const largestPlain = 1023971 - 76

// noise is text of n bytes or a little more that no coder makes much shorter.
func noise(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, 0, n+4)
	for len(b) < n {
		b = utf8.AppendRune(b, rune(0x100+r.IntN(0x1f00)))
	}
	return b
}

// However much an op says, the segment with it can be sealed and sent: what is too much of a
// long string is left blank, and shown with an ellipsis behind the last whole character. Short
// strings, and what comes behind the segment, are whole.
func TestASegmentCanAlwaysBeSent(t *testing.T) {
	var attrs []wire.Attr
	for i := range 30 {
		attrs = append(attrs, wire.Attr{Name: noise(uint64(i+100), 20), Value: noise(uint64(i), 100_000)})
	}
	cases := []struct {
		name string
		ops  []wire.Op
		cut  int // index of the op that is cut; -1 none
	}{
		{"a text as long as a string may be", []wire.Op{{Kind: wire.KindSetText, ID: 2, Text: noise(1, wire.MaxString)}}, 0},
		{"a text of much that is repeated", []wire.Op{{Kind: wire.KindSetText, ID: 2, Text: bytes.Repeat(noise(1, 50_000), 80)}}, -1},
		{"rules", []wire.Op{{Kind: wire.KindSheet, ID: 2, Text: noise(2, 3<<19), Nums: []int64{1}}}, 0},
		{"many attributes", []wire.Op{{Kind: wire.KindElement, ID: 2, Parent: 1, Name: []byte("path"), Attrs: attrs, Nums: []int64{1}}}, 0},
		{"a text behind half a million bytes", []wire.Op{
			{Kind: wire.KindSetText, ID: 2, Text: noise(3, 1<<19)},
			{Kind: wire.KindSetText, ID: 3, Text: noise(4, 3<<19)},
			{Kind: wire.KindSetText, ID: 4, Text: []byte("short")},
		}, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var e wire.Encoder
			var d wire.Decoder
			for i := range c.ops {
				e.Append(&c.ops[i])
			}
			seg := e.AppendSegment(nil)
			if len(seg) > largestPlain {
				t.Errorf("the segment has %d bytes, the collector takes %d", len(seg), largestPlain)
			}
			got, err := copyOps(&d, seg)
			if err != nil {
				t.Fatal(err)
			}
			isCut := false
			same := func(op int, got, said []byte) {
				if bytes.Equal(got, said) {
					return
				}
				isCut = true
				if op != c.cut {
					t.Errorf("op %d: %d bytes are not what was said", op, len(got))
				}
				shown := string(wire.Shown(got))
				if kept, ok := strings.CutSuffix(shown, "…"); len(got) != len(said) || !ok || !bytes.HasPrefix(said, []byte(kept)) || !utf8.ValidString(kept) {
					t.Errorf("op %d: %d bytes are shown of %d, want a beginning and an ellipsis", op, len(shown), len(said))
				}
			}
			for i, op := range got {
				same(i, op.Text, c.ops[i].Text)
				same(i, op.Name, c.ops[i].Name)
				for k, a := range op.Attrs {
					if !bytes.Equal(a.Name, c.ops[i].Attrs[k].Name) {
						t.Errorf("attribute %d has another name", k)
					}
					if k < 7 { // 100 KB each
						same(-2, a.Value, c.ops[i].Attrs[k].Value)
					} else {
						same(i, a.Value, c.ops[i].Attrs[k].Value)
					}
				}
			}
			if isCut != (c.cut >= 0) {
				t.Errorf("cut: %v, want %v", isCut, c.cut >= 0)
			}
			next := wire.Op{Kind: wire.KindSetText, ID: 2, Text: []byte("behind it")}
			e.Append(&next)
			if got, err := copyOps(&d, e.AppendSegment(nil)); err != nil || !bytes.Equal(got[0].Text, next.Text) {
				t.Errorf("the segment behind it: %v", err)
			}
		})
	}
}

func TestShownStrings(t *testing.T) {
	long := strings.Repeat("abcd", 64)
	for _, c := range []struct{ name, said, want string }{
		{"a short one", "abc\x00", "abc\x00"},
		{"a long one", long, long},
		{"one with its end left blank", long + "\x00\x00", long + "…"},
		{"a character with its end left blank", long + "\xe2\x80\x00", long + "…"},
		{"the longest character", long + "\xf0\x9f\x98\x00", long + "…"},
		{"a whole character", long + "é\x00", long + "é…"},
		{"nothing but blanks", strings.Repeat("\x00", 256), "…"},
	} {
		said := []byte(c.said)
		if got := string(wire.Shown(said)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if string(said) != c.said {
			t.Errorf("%s: the string itself was changed", c.name)
		}
	}
}
