package mirror

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"afterimage/wasm/wire"
)

// FuzzBatch: no bytes make the core panic; an error is for good and gives nothing out.
func FuzzBatch(f *testing.F) {
	add := func(b *batch) {
		out := make([]byte, 4*len(b.ints))
		for i, v := range b.ints {
			binary.LittleEndian.PutUint32(out[4*i:], uint32(v))
		}
		f.Add(out, b.text)
	}
	add(new(batch).op(opHello, 1, 1, 3, 0).op(opSnapshotBegin, 1, 1, 1, 0, 0).
		op(opElement, 1, 0, 2, 0, "div", 1, "class", "a").op(opTextNode, 2, 0, 3, "x").op(opMove, 3, 1, 2).op(opRemove, 3))
	add(new(batch).op(opHello, 1, 0, 3, 0).op(opSnapshotBegin, 1, 1, 1, 0, 0).
		tree(1, 0, 2, 2, nil, []int32{2, 1}, []int32{shapeHTML | 8, shapeText}, "<p>a</p>").op(opClear, 2).op(opShadow, 2, 5, 0).op(opTouch, 0, 1, 0, 2, 3, 4))
	f.Fuzz(func(t *testing.T, ints, text []byte) {
		c := New()
		in := c.In(len(ints)/4, len(text))
		copy(in, ints[:len(ints)/4*4])
		copy(in[len(ints)/4*4:], text)
		code := c.Apply(len(ints)/4, len(text))
		p := newPage()
		if code == OK {
			p.read(t, c, 1)
			check(t, c)
			return
		}
		if seg := c.Segment(1); len(seg) != 0 || c.Apply(0, 0) != code || c.In(1, 1) != nil || c.Pending() != 0 {
			t.Fatalf("after code %d the core still gives something out", code)
		}
	})
}

// check proves the mirror's links, table and free list.
func check(t testing.TB, c *Core) {
	t.Helper()
	if c.document == 0 {
		return
	}
	n := 0
	for at := c.document; at != 0; at = c.following(at, c.document, false) {
		n++
		if n > c.live {
			t.Fatalf("the tree has a cycle")
		}
		x := c.n(at)
		if c.slot(x.id) != at {
			t.Fatalf("node %d is not found by its id", x.id)
		}
		if at != c.document {
			mode, kids := c.settle(at)
			if mode != x.mode || kids != x.kids {
				t.Fatalf("node %d: mode %d kids %d, want %d %d", x.id, x.mode, x.kids, mode, kids)
			}
			if c.n(x.parent).flags&hidden != 0 && x.flags&hidden == 0 {
				t.Fatalf("node %d is shown inside a hidden one", x.id)
			}
		}
		last := int32(0)
		for k := x.first; k != 0; k = c.n(k).next {
			if c.n(k).parent != at || c.n(k).prev != last {
				t.Fatalf("node %d: links of child %d", x.id, c.n(k).id)
			}
			last = k
		}
		if last != x.last {
			t.Fatalf("node %d: last child", x.id)
		}
	}
	if n != c.live {
		t.Fatalf("got %d nodes in the tree, want %d", n, c.live)
	}
}

// model is a document that the test changes, with the text that each node holds.
type model struct {
	r      *rand.Rand
	nextID int
	nodes  map[int]*modelNode
	order  []int
	canary func() string
}

type modelNode struct {
	id, parent int
	text       bool
	kids       []int
}

func (m *model) pick(element bool) *modelNode {
	for range 20 {
		n := m.nodes[m.order[m.r.IntN(len(m.order))]]
		if n != nil && n.text != element {
			return n
		}
	}
	return m.nodes[1]
}

func (m *model) spot(p *modelNode) int {
	if len(p.kids) == 0 {
		return 0
	}
	return p.kids[m.r.IntN(len(p.kids))]
}

func (m *model) insert(id, parent, prev int) {
	p := m.nodes[parent]
	at := 0
	for i, k := range p.kids {
		if k == prev {
			at = i + 1
		}
	}
	p.kids = append(p.kids[:at], append([]int{id}, p.kids[at:]...)...)
	m.nodes[id].parent = parent
}

func (m *model) detach(id int) {
	p := m.nodes[m.nodes[id].parent]
	for i, k := range p.kids {
		if k == id {
			p.kids = append(p.kids[:i:i], p.kids[i+1:]...)
			return
		}
	}
}

func (m *model) drop(id int) {
	for _, k := range m.nodes[id].kids {
		m.drop(k)
	}
	delete(m.nodes, id)
}

func (m *model) inside(id, root int) bool {
	for ; id != 0; id = m.nodes[id].parent {
		if id == root {
			return true
		}
	}
	return false
}

func (m *model) add(n *modelNode) {
	m.nodes[n.id] = n
	m.order = append(m.order, n.id)
}

// FuzzMutations: random programs on a page where every string is a canary. In strict no
// canary reaches the wire, whatever is moved, marked and changed; the reader of the wire
// never meets an op it cannot apply; the mirror stays whole.
func FuzzMutations(f *testing.F) {
	for seed := range uint64(60) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		var canaries []string
		m := &model{r: r, nextID: 2, nodes: map[int]*modelNode{}, canary: func() string {
			b := make([]byte, 9)
			for i := range b {
				b[i] = "bcdfghjklmnpqrstvwz"[r.IntN(19)]
			}
			canaries = append(canaries, string(b))
			return string(b)
		}}
		m.add(&modelNode{id: 1})
		level := int(seed & 1)
		c := start(t, level)
		p := newPage()
		now := 0
		// In balanced only what a marker masks, and fields, are canaries: a page's own text is shown.
		secretText := func() string {
			if level == 1 {
				return "plain"
			}
			return m.canary()
		}
		tags := []string{"div", "p", "span", "input", "textarea", "select", "option", "style", "script", "a", "img", "button", "x-" + secretText(), "title"}
		for range 40 {
			b := new(batch)
			for range 1 + r.IntN(6) {
				switch r.IntN(14) {
				case 0, 1, 2:
					parent := m.pick(true)
					prev := m.spot(parent)
					n := &modelNode{id: m.nextID}
					m.nextID++
					m.add(n)
					m.insert(n.id, parent.id, prev)
					attrs := []any{}
					names := []string{"title", "href", "src", "data-" + secretText(), "alt", "value", "placeholder", "onclick", "style", "srcset", "name", "content", "aria-label"}
					count := r.IntN(3)
					for range count {
						attrs = append(attrs, names[r.IntN(len(names))], "content:'"+secretText()+"'")
					}
					if r.IntN(6) == 0 {
						attrs = append(attrs, "data-afterimage", []string{"mask", "block", "mask"}[r.IntN(3)])
						count++
					}
					b.op(opElement, append([]any{parent.id, prev, n.id, 0, tags[r.IntN(len(tags))], count}, attrs...)...)
				case 3, 4:
					parent := m.pick(true)
					prev := m.spot(parent)
					n := &modelNode{id: m.nextID, text: true}
					m.nextID++
					m.add(n)
					m.insert(n.id, parent.id, prev)
					b.op(opTextNode, parent.id, prev, n.id, "Hello "+secretText())
				case 5:
					n := m.pick(r.IntN(2) == 0)
					if n.id == 1 {
						break
					}
					m.detach(n.id)
					m.drop(n.id)
					b.op(opRemove, n.id)
				case 6, 7:
					n := m.pick(r.IntN(2) == 0)
					parent := m.pick(true)
					if n.id == 1 || m.inside(parent.id, n.id) {
						break
					}
					m.detach(n.id)
					prev := m.spot(parent)
					m.insert(n.id, parent.id, prev)
					b.op(opMove, n.id, parent.id, prev)
				case 8:
					n := m.pick(true)
					b.op(opAttr, n.id, []string{"title", "class", "href", "data-afterimage", "contenteditable", "type"}[r.IntN(6)], "mask")
				case 9:
					n := m.pick(true)
					b.op(opAttr, n.id, []string{"title", "data-afterimage", "contenteditable"}[r.IntN(3)], nil)
				case 10:
					if n := m.pick(false); n.text {
						b.op(opText, n.id, "now "+secretText())
					}
				case 11:
					b.op(opMark, m.pick(true).id, []int{0, 1, 2}[r.IntN(3)])
				case 12:
					b.op(opValue, m.pick(true).id, m.canary()).op(opScroll, m.pick(true).id, 1, 2).op(opKey, m.pick(true).id, 0)
				case 13:
					b.op(opMeta, 1+r.IntN(2), "https://h.example/users/"+m.canary()+"?q="+m.canary()+"#"+m.canary())
				}
			}
			now += r.IntN(900)
			b.op(opTime, now)
			must(t, c, b)
			answer(t, c, m)
			check(t, c)
			p.read(t, c, int64(now))
		}
		wire := strings.Join(p.ops, "\n")
		for _, s := range canaries {
			if strings.Contains(wire, s) {
				for _, op := range p.ops {
					if strings.Contains(op, s) {
						t.Fatalf("level %d: canary %q is on the wire: %s", level, s, op)
					}
				}
			}
		}
	})
}

// answer does what the bridge does on a resend: the subtree goes, and does not come back.
func answer(t testing.TB, c *Core, m *model) {
	list := append([]int32(nil), c.Resend()...)
	c.ClearResend()
	b := new(batch)
	for i := 0; i < len(list); i += 2 {
		id := int(list[i])
		if m.nodes[id] == nil || id == 1 {
			continue
		}
		if m.r.IntN(2) == 0 {
			continue // the answer is still under way
		}
		m.detach(id)
		m.drop(id)
		b.op(opRemove, id)
	}
	must(t, c, b)
}

// TestSegmentsDecode keeps the harness honest: a wire op that the reader cannot apply fails.
func TestSegmentsDecode(t *testing.T) {
	p := newPage()
	if err := p.apply(&wire.Op{Kind: wire.KindRemove, ID: 9}); err == nil {
		t.Error("removal of a node that is not there: got no error")
	}
	if !bytes.Contains([]byte(fmt.Sprint(p.ops)), []byte("id=9")) {
		t.Error("the log does not hold the op")
	}
}
