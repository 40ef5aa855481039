package mirror

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"afterimage/wasm/wire"
)

// batch writes ops as the bridge does.
type batch struct {
	ints []int32
	text []byte
}

// op adds an op. Arguments are int or string; nil is a null string.
func (b *batch) op(code int, args ...any) *batch {
	start := len(b.ints)
	b.ints = append(b.ints, 0)
	for _, a := range args {
		switch v := a.(type) {
		case nil:
			b.ints = append(b.ints, -1)
		case int:
			b.ints = append(b.ints, int32(v))
		case []int32:
			b.ints = append(b.ints, v...)
		case string:
			b.ints = append(b.ints, int32(len(utf16.Encode([]rune(v)))))
			b.text = append(append(b.text, v...), 0)
		default:
			panic(fmt.Sprintf("argument of type %T", a))
		}
	}
	b.ints[start] = int32(code | (len(b.ints)-start)<<8)
	return b
}

// tree adds op tree.
func (b *batch) tree(parent, prev, first, count int, forget, marks, shape []int32, html string) *batch {
	return b.op(opTree, parent, prev, first, count, len(forget), forget, len(marks)/2, marks, len(shape), shape, html)
}

// put copies a batch into the core and applies it.
func put(c *Core, b *batch) Code {
	in := c.In(len(b.ints), len(b.text))
	if in == nil {
		return c.Apply(0, 0)
	}
	for i, v := range b.ints {
		binary.LittleEndian.PutUint32(in[4*i:], uint32(v))
	}
	copy(in[4*len(b.ints):], b.text)
	return c.Apply(len(b.ints), len(b.text))
}

// start is a core with an empty snapshot of a level.
func start(t testing.TB, level int) *Core {
	t.Helper()
	c := New()
	b := new(batch).op(opHello, 1, level, 3, 0).op(opSnapshotBegin, 800, 600, 1000, 0, 0)
	if code := put(c, b); code != OK {
		t.Fatalf("hello and snapshotBegin: got code %d", code)
	}
	return c
}

func must(t testing.TB, c *Core, b *batch) {
	t.Helper()
	if code := put(c, b); code != OK {
		t.Fatalf("apply: got code %d, want 0", code)
	}
}

// page rebuilds what a reader of the wire sees.
type page struct {
	dec   wire.Decoder
	nodes map[uint32]*pageNode
	log   []string // ops that are not the tree's
	ops   []string
	times []int64 // of ops
	last  uint32  // id made
}

type pageNode struct {
	id       uint32
	kind     wire.Kind
	name     string
	text     string
	value    string
	attrs    map[string]string
	parent   *pageNode
	children []*pageNode
	inner    *pageNode
}

func newPage() *page { return &page{nodes: map[uint32]*pageNode{}} }

// read decodes all pending segments of c into the page.
func (p *page) read(t testing.TB, c *Core, nowMs int64) {
	t.Helper()
	for {
		seg := c.Segment(nowMs)
		if len(seg) == 0 {
			return
		}
		if _, err := p.dec.ReadSegment(append([]byte(nil), seg...), func(op *wire.Op) error {
			return p.apply(op)
		}); err != nil {
			t.Fatalf("segment of %d bytes: %v", len(seg), err)
		}
	}
}

func (p *page) apply(op *wire.Op) error {
	s := fmt.Sprintf("%d id=%d parent=%d prev=%d %q %q %v", op.Kind, op.ID, op.Parent, op.Prev, op.Name, op.Text, op.Nums)
	for _, a := range op.Attrs {
		s += fmt.Sprintf(" %s=%q", a.Name, a.Value)
	}
	p.ops, p.times = append(p.ops, s), append(p.times, op.AtMs)
	n := p.nodes[op.ID]
	need := func() error {
		if n == nil {
			return fmt.Errorf("op %s: no such node", s)
		}
		return nil
	}
	switch op.Kind {
	case wire.KindSnapshotBegin:
		p.nodes = map[uint32]*pageNode{1: {id: 1, kind: wire.KindFrameDocument}}
		p.last = 1
	case wire.KindElement, wire.KindText, wire.KindOther, wire.KindShadowRoot, wire.KindFrameDocument:
		parent := p.nodes[op.Parent]
		if n != nil || parent == nil {
			return fmt.Errorf("op %s: node exists or parent does not", s)
		}
		if p.last++; op.ID != p.last {
			return fmt.Errorf("op %s: the id tells of nodes that are not told, %d would not", s, p.last)
		}
		n = &pageNode{id: op.ID, kind: op.Kind, name: string(op.Name), text: string(op.Text), parent: parent, attrs: map[string]string{}}
		for _, a := range op.Attrs {
			n.attrs[string(a.Name)] = string(a.Value)
		}
		p.nodes[op.ID] = n
		if op.Kind == wire.KindShadowRoot || op.Kind == wire.KindFrameDocument {
			parent.inner = n
			return nil
		}
		return p.insert(n, parent, op.Prev)
	case wire.KindRemove:
		if err := need(); err != nil {
			return err
		}
		p.detach(n)
		p.forget(n)
	case wire.KindMove:
		parent := p.nodes[op.Parent]
		if n == nil || parent == nil {
			return fmt.Errorf("op %s: no such node", s)
		}
		p.detach(n)
		n.parent = parent
		return p.insert(n, parent, op.Prev)
	case wire.KindAttr:
		if err := need(); err != nil {
			return err
		}
		n.attrs[string(op.Name)] = string(op.Text)
	case wire.KindAttrRemoved:
		if err := need(); err != nil {
			return err
		}
		delete(n.attrs, string(op.Name))
	case wire.KindSetText:
		if err := need(); err != nil {
			return err
		}
		n.text = string(op.Text)
	case wire.KindValue:
		if err := need(); err != nil {
			return err
		}
		n.value = string(op.Text)
	default:
		p.log = append(p.log, s)
	}
	return nil
}

func (p *page) insert(n, parent *pageNode, prev uint32) error {
	at := 0
	if prev != 0 {
		at = -1
		for i, k := range parent.children {
			if k.id == prev {
				at = i + 1
			}
		}
		if at < 0 {
			return fmt.Errorf("node %d: previous sibling %d is not in parent %d", n.id, prev, parent.id)
		}
	}
	parent.children = append(parent.children[:at], append([]*pageNode{n}, parent.children[at:]...)...)
	return nil
}

func (p *page) detach(n *pageNode) {
	if n.parent.inner == n {
		n.parent.inner = nil
		return
	}
	for i, k := range n.parent.children {
		if k == n {
			n.parent.children = append(n.parent.children[:i], n.parent.children[i+1:]...)
			return
		}
	}
}

func (p *page) forget(n *pageNode) {
	delete(p.nodes, n.id)
	for _, k := range n.children {
		p.forget(k)
	}
	if n.inner != nil {
		p.forget(n.inner)
	}
}

// String writes the page as markup that a person can review.
func (p *page) String() string {
	var b strings.Builder
	if root := p.nodes[1]; root != nil {
		for _, k := range root.children {
			k.write(&b)
		}
	}
	return b.String()
}

func (n *pageNode) write(b *strings.Builder) {
	switch n.kind {
	case wire.KindText:
		b.WriteString(n.text)
		return
	case wire.KindOther:
		b.WriteString("<!" + n.name + ">")
		return
	case wire.KindElement:
		b.WriteString("<" + n.name)
		for _, k := range sortedKeys(n.attrs) {
			fmt.Fprintf(b, " %s=%q", k, n.attrs[k])
		}
		b.WriteString(">")
		if n.value != "" {
			b.WriteString("{" + n.value + "}")
		}
	}
	if n.inner != nil {
		b.WriteString("#(")
		for _, k := range n.inner.children {
			k.write(b)
		}
		b.WriteString(")")
	}
	for _, k := range n.children {
		k.write(b)
	}
	if n.kind == wire.KindElement {
		b.WriteString("</" + n.name + ">")
	}
}
