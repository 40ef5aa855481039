package mirror

import (
	"fmt"
	"strings"
	"testing"
)

// shop is a document of n cards, as op tree.
func shop(first, n int) *batch {
	var html strings.Builder
	var shape []int32
	html.WriteString(`<div class="list">`)
	shape = append(shape, shapeHTML|8)
	closes := int32(0)
	for i := range n {
		fmt.Fprintf(&html, `<div class="card card-%d" data-id="%d"><a class="link" href="/products/%d">Product number %d &amp; more</a><span class="price">%d.99</span><img class="pic" src="/img/%d.jpg" alt="A picture"></div>`, i%7, i, i, i, i%90, i)
		shape = append(shape, shapeHTML|8|closes<<4, shapeHTML|8, shapeText, shapeHTML|8|1<<4, shapeText, shapeHTML|1<<4)
		closes = 1
	}
	html.WriteString(`</div>`)
	return new(batch).tree(1, 0, first, 1+6*n, nil, nil, shape, html.String())
}

// round is a second of a page's life: adds, attributes, texts, a move, a pointer, removal.
func round(b *batch, id int) {
	b.ints, b.text = b.ints[:0], b.text[:0]
	b.op(opTree, 1, 0, id, 3, 0, 0, 3, []int32{shapeHTML | 8, shapeHTML | 8, shapeText}, `<div class="toast"><p style="color:red">Saved at 12:30 by you</p></div>`)
	b.op(opElement, id, 0, id+3, 0, "input", 2, "type", "text", "name", "q")
	b.op(opTextNode, id, id+3, id+4, "hello there")
	b.op(opAttr, id, "class", "toast open").op(opAttr, id, "title", "Some title")
	b.op(opTextNode, id, id+3, id+5, "jane@").op(opTextNode, id, id+5, id+6, "example.com or 4111 1111 1111 1111").op(opRemove, id+5)
	b.op(opEcho, id+3, "hello there").op(opText, id+6, "a text long enough that only its two ends are kept, which is what a neighbour could complete, and so on and on and on until the end")
	b.op(opText, id+4, "hello again").op(opMove, id+4, id, 0)
	b.op(opValue, id+3, "typed text").op(opKey, id+3, 0).op(opScroll, 1, 0, id%100)
	b.op(opPointer, id, 3, 30, 1, 2, 20, 3, 4, 10, 5, 6).op(opMouse, 2, id, 5, 6, 0, 0)
	b.op(opMark, id, 1).op(opMark, id, 0)
	b.op(opSheet, id, 0, ".a{color:red;background:url(x.png)}.b::after{content:\"x y\"}")
	b.op(opRemove, id)
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	for level := range 2 {
		c := start(t, level)
		must(t, c, shop(2, 500))
		id := 10000
		b := new(batch)
		now := int64(0)
		step := func() {
			round(b, id)
			id += 7
			if code := put(c, b); code != OK {
				t.Fatalf("apply: got code %d", code)
			}
			c.ClearResend()
			now += 1000
			for len(c.Segment(now)) > 0 {
			}
		}
		for range 200 {
			step()
		}
		// The test's own batch is built anew by hand, so it must not allocate either: it is
		// built once and its ids shifted.
		round(b, id)
		got := testing.AllocsPerRun(100, func() {
			shift(b, 7)
			if code := put(c, b); code != OK {
				t.Fatalf("apply: got code %d", code)
			}
			c.ClearResend()
			now += 1000
			for len(c.Segment(now)) > 0 {
			}
		})
		if got != 0 {
			t.Errorf("level %d: got %v allocations a round, want 0", level, got)
		}
	}
}

// shift adds n to the ids of a batch that round made.
func shift(b *batch, n int32) {
	for i := 0; i < len(b.ints); {
		op, size := b.ints[i]&0xff, int(b.ints[i]>>8)
		a := b.ints[i+1 : i+size]
		switch op {
		case opTree:
			a[2] += n
		case opElement:
			a[0] += n
			a[2] += n
		case opTextNode, opMove:
			a[0] += n
			a[1] += n * int32(min(1, a[1]))
			a[2] += n * int32(min(1, a[2]))
		case opMouse:
			a[1] += n
		case opScroll:
		default:
			a[0] += n
		}
		i += size
	}
}

// TestMemoryFollowsTheLiveDocument: 10,000 rounds of adding and removing leave the arrays
// as they were after the first hundred.
func TestMemoryFollowsTheLiveDocument(t *testing.T) {
	c := start(t, 1)
	must(t, c, shop(2, 200))
	b := new(batch)
	now := int64(0)
	id, after := 5000, 0
	for i := range 10000 {
		round(b, id)
		id += 7
		must(t, c, b)
		c.ClearResend()
		now += 100
		for len(c.Segment(now)) > 0 {
		}
		if i == 100 {
			after = c.MemoryBytes()
		}
	}
	if got := c.MemoryBytes(); got != after {
		t.Errorf("memory after 10,000 rounds: got %d bytes, want the %d of round 100", got, after)
	}
	if c.live != 2+6*200 {
		t.Errorf("got %d nodes, want %d", c.live, 2+6*200)
	}
	check(t, c)
}

func benchmarkSnapshot(b *testing.B, level int) {
	doc := shop(2, 8000) // 48,001 nodes
	b.SetBytes(int64(len(doc.text)))
	b.ReportAllocs()
	begin := new(batch).op(opSnapshotBegin, 800, 600, 1000, 0, 0)
	c := start(b, level)
	must(b, c, doc)
	for len(c.Segment(0)) > 0 {
	}
	size := 0
	b.ResetTimer()
	for range b.N {
		must(b, c, begin)
		must(b, c, doc)
		size = 0
		for {
			seg := c.Segment(0)
			if len(seg) == 0 {
				break
			}
			size += len(seg)
		}
	}
	b.ReportMetric(float64(size), "wirebytes")
}

func BenchmarkSnapshotStrict(b *testing.B)   { benchmarkSnapshot(b, 0) }
func BenchmarkSnapshotBalanced(b *testing.B) { benchmarkSnapshot(b, 1) }

// BenchmarkValidate is the first of the reader's two runs alone.
func BenchmarkValidate(b *testing.B) {
	doc := shop(2, 8000)
	c := start(b, 0)
	n := len(doc.text) - 1
	var shape []int32
	for i := range doc.ints {
		if i >= 8 {
			shape = doc.ints[8 : len(doc.ints)-1]
			break
		}
	}
	tr := treeOp{parent: c.document, first: 2, count: 48001, shape: shape, to: n}
	c.text = doc.text
	b.SetBytes(int64(n))
	for range b.N {
		if !c.readTree(&tr, false) {
			b.Fatal("mismatch")
		}
	}
}

func BenchmarkRound(b *testing.B) {
	c := start(b, 1)
	must(b, c, shop(2, 500))
	batch := new(batch)
	round(batch, 10000)
	b.ReportAllocs()
	now := int64(0)
	for range b.N {
		shift(batch, 7)
		must(b, c, batch)
		c.ClearResend()
		now += 1000
		for len(c.Segment(now)) > 0 {
		}
	}
}
