package mirror

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"afterimage/wasm/wire"
)

// lines are the texts of a replayed page's lines: what stands in one block without a line
// break, over inline elements.
func (p *page) lines() (list []string) {
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			list = append(list, b.String())
		}
		b.Reset()
	}
	var walk func(n *pageNode)
	walk = func(n *pageNode) {
		block := false
		switch n.kind {
		case wire.KindText:
			b.WriteString(n.text)
			return
		case wire.KindElement:
			block = !strings.Contains(" b i span wbr a em ", " "+n.name+" ") && !strings.Contains(n.name, "-")
		case wire.KindOther:
		default:
			block = true
		}
		if block {
			flush()
		}
		for _, k := range n.children {
			walk(k)
		}
		if n.inner != nil {
			flush()
			walk(n.inner)
			flush()
		}
		if block {
			flush()
		}
	}
	walk(p.nodes[1])
	flush()
	return
}

// FuzzFlows: random programs that put together addresses, cards, tokens and typed values from
// pieces, in inline elements and blocks, over several batches, with moves, removals, markers
// and answers under way. Whatever happens, no line of the replayed page ever holds one whole.
func FuzzFlows(f *testing.F) {
	for seed := range uint64(150) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 3))
		word := func(n int) string {
			b := make([]byte, n)
			for i := range b {
				b[i] = "bcdfghjklmnpqrstvwz"[r.IntN(19)]
			}
			return string(b)
		}
		card := []byte("4")
		for range 14 {
			card = append(card, byte('0'+r.IntN(10)))
		}
		for d := byte('0'); d <= '9'; d++ {
			if luhnOK(string(append(card, d))) {
				card = append(card, d)
				break
			}
		}
		typed := word(6 + r.IntN(12))
		secrets := []string{word(4+r.IntN(9)) + "@" + word(5) + ".example.com", string(card), typed, "ghp_" + strings.ToUpper(word(8)) + "4f9" + word(20)}
		m := &model{r: r, nextID: 2, nodes: map[int]*modelNode{}, canary: func() string { return "" }}
		m.add(&modelNode{id: 1})
		c := start(t, 1)
		p := newPage()
		p.read(t, c, 0)
		now := 0
		b := new(batch)
		element := func(parent, prev int) int {
			n := &modelNode{id: m.nextID}
			m.nextID++
			m.add(n)
			m.insert(n.id, parent, prev)
			name := []string{"p", "div", "b", "i", "span", "a", "x-y", "wbr", "br", "hr"}[r.IntN(10)]
			if r.IntN(12) == 0 {
				b.op(opElement, parent, prev, n.id, 0, name, 1, "data-afterimage", []string{"mask", "block", "allow"}[r.IntN(3)])
			} else {
				b.op(opElement, parent, prev, n.id, 0, name, 0)
			}
			return n.id
		}
		text := func(parent, prev int, s string) int {
			n := &modelNode{id: m.nextID, text: true}
			m.nextID++
			m.add(n)
			m.insert(n.id, parent, prev)
			b.op(opTextNode, parent, prev, n.id, s)
			return n.id
		}
		flush := func() {
			must(t, c, b)
			answer(t, c, m)
			check(t, c)
			p.read(t, c, int64(now))
			b = new(batch)
			for _, line := range p.lines() {
				for _, s := range secrets {
					// Digits that meet other digits, or what is masked already, are another number.
					if at := strings.Index(line, s); at >= 0 && (s != string(card) || !touches(line, at-1) && !touches(line, at+len(s))) {
						t.Fatalf("seed %d: %q is on the page in one line:\n%s\n%s", seed, s, line, strings.Join(p.ops, "\n"))
					}
				}
			}
		}
		input := element(1, 0)
		b.op(opElement, 1, input, m.nextID, 0, "input", 0)
		field := m.nextID
		m.nextID++
		b.op(opEcho, field, typed).op(opSnapshotEnd)
		flush()
		// inline elements alone, so that pieces meet
		inline := func(parent, prev int) int {
			n := &modelNode{id: m.nextID}
			m.nextID++
			m.add(n)
			m.insert(n.id, parent, prev)
			b.op(opElement, parent, prev, n.id, 0, []string{"b", "i", "span", "a", "x-y"}[r.IntN(5)], 0)
			return n.id
		}
		for range 30 {
			for range 1 + r.IntN(4) {
				switch r.IntN(9) {
				case 0, 1:
					parent := m.pick(true)
					element(parent.id, m.spot(parent))
				case 2, 3, 4:
					// A secret in pieces, with batches in between.
					parent := m.pick(true)
					prev := m.spot(parent)
					s := secrets[r.IntN(len(secrets))]
					rest := " " + s + " "
					for rest != "" && m.nodes[parent.id] != nil && (prev == 0 || m.nodes[prev] != nil && m.nodes[prev].parent == parent.id) {
						n := 1 + r.IntN(len(rest))
						piece := rest[:n]
						rest = rest[n:]
						switch r.IntN(3) {
						case 0:
							prev = text(parent.id, prev, piece)
						case 1:
							prev = inline(parent.id, prev)
							text(prev, 0, piece)
						case 2:
							prev = inline(parent.id, prev)
							in := inline(prev, 0)
							text(in, 0, piece)
						}
						if r.IntN(3) == 0 {
							now += r.IntN(40)
							b.op(opTime, now)
						}
						if r.IntN(6) == 0 {
							flush()
						}
					}
				case 5:
					n := m.pick(r.IntN(2) == 0)
					if n.id == 1 {
						break
					}
					m.detach(n.id)
					m.drop(n.id)
					b.op(opRemove, n.id)
				case 6:
					n := m.pick(r.IntN(2) == 0)
					parent := m.pick(true)
					if n.id == 1 || m.inside(parent.id, n.id) {
						break
					}
					m.detach(n.id)
					prev := m.spot(parent)
					m.insert(n.id, parent.id, prev)
					b.op(opMove, n.id, parent.id, prev)
				case 7:
					// A text that changes to a piece, or to nothing.
					if n := m.pick(false); n.text {
						s := secrets[r.IntN(len(secrets))]
						from := r.IntN(len(s))
						b.op(opText, n.id, []string{"", s[from:], s[:from], "now"}[r.IntN(4)])
					}
				case 8:
					b.op(opMark, m.pick(true).id, []int{0, 0, 1, 2, 4}[r.IntN(5)])
				}
			}
			now += r.IntN(60)
			b.op(opTime, now)
			flush()
		}
	})
}

func touches(s string, at int) bool {
	return at >= 0 && at < len(s) && (s[at] == 'x' || digit(s[at]))
}

func luhnOK(s string) bool {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i&1 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// TestLinesSeesWhole keeps the property honest: a page that holds a secret in pieces fails it.
func TestLinesSeesWhole(t *testing.T) {
	p := newPage()
	p.last = 1
	p.nodes = map[uint32]*pageNode{1: {id: 1, kind: wire.KindFrameDocument}}
	for i, op := range []wire.Op{{Kind: wire.KindElement, ID: 2, Parent: 1, Name: []byte("p")}, {Kind: wire.KindText, ID: 3, Parent: 2, Text: []byte("jane@")},
		{Kind: wire.KindElement, ID: 4, Parent: 2, Prev: 3, Name: []byte("b")}, {Kind: wire.KindText, ID: 5, Parent: 4, Text: []byte("example.com")}} {
		if err := p.apply(&op); err != nil {
			t.Fatal(i, err)
		}
	}
	if got := fmt.Sprint(p.lines()); got != "[jane@example.com]" {
		t.Errorf("got %s", got)
	}
}
