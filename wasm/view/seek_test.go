package view_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"afterimage/wasm/view"
	"afterimage/wasm/wire"
)

// program makes random ops that a recorder could have sent, and some that it could not.
type program struct {
	r    *rand.Rand
	next uint32
	ids  []uint32 // also some that are gone
	at   int64
}

var programTags = []string{"div", "span", "p", "style", "ul", "li", "input", "iframe", "noscript", "section", "link", "object", "select", "x-card"}

func (p *program) id() uint32 {
	if len(p.ids) == 0 || p.r.IntN(12) == 0 {
		return 1
	}
	return p.ids[p.r.IntN(len(p.ids))]
}

func (p *program) op() wire.Op {
	p.at += int64(p.r.IntN(40))
	o := wire.Op{AtMs: p.at, ID: p.id()}
	word := []byte(fmt.Sprintf("w%d", p.r.IntN(5)))
	made := func() {
		o.ID, o.Parent, o.Prev = p.next, p.id(), 0
		if p.r.IntN(3) > 0 {
			o.Prev = p.id()
		}
		p.ids = append(p.ids, p.next)
		p.next++
	}
	switch n := p.r.IntN(100); {
	case n < 26:
		made()
		o.Kind, o.Name, o.Nums = wire.KindElement, []byte(programTags[p.r.IntN(len(programTags))]), []int64{int64(p.r.IntN(3) / 2)}
		for range p.r.IntN(3) {
			o.Attrs = append(o.Attrs, wire.Attr{Name: []byte{"acisx"[p.r.IntN(5)]}, Value: word})
		}
	case n < 38:
		made()
		o.Kind, o.Text = wire.KindText, append(word, " 🙂{}"...)
	case n < 40:
		made()
		o.Kind, o.Nums = wire.KindOther, []int64{[]int64{8, 10}[p.r.IntN(2)]}
	case n < 44:
		made()
		o.Kind, o.Nums = wire.KindShadowRoot, []int64{0}
	case n < 47:
		made()
		o.Kind = wire.KindFrameDocument
	case n < 54:
		o.Kind = wire.KindRemove
	case n < 68:
		o.Kind, o.Parent, o.Prev = wire.KindMove, p.id(), p.id()
	case n < 76:
		o.Kind, o.Name, o.Text = wire.KindAttr, []byte{"acisx"[p.r.IntN(5)]}, word
	case n < 78:
		o.Kind, o.Name = wire.KindAttrRemoved, []byte{"acisx"[p.r.IntN(5)]}
	case n < 82:
		o.Kind, o.Text = wire.KindSetText, word
	case n < 84:
		o.Kind, o.Nums = wire.KindBox, []int64{p.r.Int64N(50), 7, p.r.Int64N(2)}
	case n < 86:
		o.Kind, o.Text = wire.KindValue, word
	case n < 87:
		o.Kind, o.Nums = wire.KindChecked, []int64{p.r.Int64N(3)}
	case n < 88:
		o.Kind, o.Nums = wire.KindSelected, []int64{p.r.Int64N(3), 4}
	case n < 90:
		o.Kind, o.Nums = wire.KindScroll, []int64{p.r.Int64N(3), p.r.Int64N(100)}
	case n < 92:
		o.Kind, o.Nums, o.Text = wire.KindSheet, []int64{p.r.Int64N(3)}, []byte("a{b:c}")
		if p.r.IntN(2) == 0 {
			o.ID = 0
		}
	case n < 95:
		o.Kind, o.Nums, o.Text = wire.KindRuleInsert, []int64{p.r.Int64N(2), p.r.Int64N(3)}, []byte("b{c:d}")
	case n < 96:
		o.Kind, o.Nums = wire.KindRuleDelete, []int64{p.r.Int64N(2), 0}
	case n < 97:
		o.Kind, o.Nums = wire.KindAdopted, []int64{p.r.Int64N(3), 1}
	case n < 98:
		o.Kind = wire.KindFocus
	case n < 99:
		o.Kind, o.Nums = wire.KindDialogState, []int64{p.r.Int64N(3)}
	default:
		o.Kind, o.Nums = wire.KindKey, []int64{0}
	}
	return o
}

// TestSeekShowsWhatAFreshPlayerShows: after any series of seeks the patches have made the
// same page as a player that went there at once.
func TestSeekShowsWhatAFreshPlayerShows(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 1))
		p := &program{r: r}
		var enc wire.Encoder
		s, fresh := view.NewSession(), view.NewSession()
		number := uint32(0)
		add := func() {
			b := enc.AppendSegment(nil)
			if len(b) == 0 {
				return
			}
			for _, x := range []*view.Session{s, fresh} {
				if err := x.AddSegment("0123456789abcdef0123456789abcdef", number, b); err != nil {
					t.Fatalf("seed %d, segment %d: %v", seed, number, err)
				}
			}
			number++
		}
		for epoch := range uint32(2) {
			enc.BeginEpoch(epoch + 1)
			p.next, p.ids = 2, nil
			enc.Append(&wire.Op{AtMs: p.at, Kind: wire.KindSnapshotBegin, Nums: []int64{800, 600, 1000, 0, 0}})
			n := 20 + r.IntN(200)
			if seed%10 == 0 {
				n = 5000 // more than one checkpoint
			}
			for i := range n {
				if i == 15 {
					enc.Append(&wire.Op{AtMs: p.at, Kind: wire.KindSnapshotEnd})
				}
				o := p.op()
				enc.Append(&o)
				if r.IntN(60) == 0 {
					add()
				}
			}
			add()
		}
		m := newModel()
		for range 25 {
			at := r.Int64N(p.at + 50)
			if r.IntN(3) == 0 { // a step of playback
				at = min(at, p.at)
			}
			note := fmt.Sprintf("seed %d", seed)
			check(t, s, m, at, note)
			want := newModel()
			fresh.Forget()
			check(t, fresh, want, at, note+" (fresh)")
			if got := m.String(); got != want.String() {
				t.Fatalf("%s, at %d ms: %s", note, at, firstDifference(got, want.String()))
			}
		}
	}
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(a), len(b)) {
		x, y := "nothing", "nothing"
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return fmt.Sprintf("line %d: got %s, want %s", i+1, x, y)
		}
	}
	return "equal"
}

func TestSeekIsDeterministic(t *testing.T) {
	p := &program{r: rand.New(rand.NewPCG(7, 7)), next: 2}
	var enc wire.Encoder
	enc.BeginEpoch(1)
	enc.Append(&wire.Op{Kind: wire.KindSnapshotBegin, Nums: []int64{800, 600, 1000, 0, 0}})
	for range 3000 {
		o := p.op()
		enc.Append(&o)
	}
	b := enc.AppendSegment(nil)
	seeks := []int64{p.at, p.at / 2, 10, p.at / 3, p.at}
	var first []string
	for run := range 2 {
		s := view.NewSession()
		if err := s.AddSegment("p", 0, b); err != nil {
			t.Fatal(err)
		}
		for i, at := range seeks {
			patches := s.SeekTo(at)
			text := fmt.Sprint(patches.Ints, string(patches.Text))
			if run == 0 {
				first = append(first, text)
			} else if text != first[i] {
				t.Errorf("seek %d to %d ms: two runs differ", i, at)
			}
		}
	}
}
