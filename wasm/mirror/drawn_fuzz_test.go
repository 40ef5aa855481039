package mirror

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// block is an element of a page with editors.
type block struct {
	id          int
	name, class string
	editable    string
	mask        int
	parent      *block
	kids        []*block
}

func (e *block) index() int {
	for i, k := range e.parent.kids {
		if k == e {
			return i
		}
	}
	panic("not in its parent")
}

func (e *block) take() {
	e.parent.kids = append(e.parent.kids[:e.index():e.index()], e.parent.kids[e.index()+1:]...)
}

func (e *block) put(parent *block, at int) {
	e.parent = parent
	parent.kids = append(parent.kids[:at:at], append([]*block{e}, parent.kids[at:]...)...)
}

func (e *block) all(list []*block) []*block {
	for _, k := range e.kids {
		list = append(list, k)
		list = k.all(list)
	}
	return list
}

func (e *block) write(b *strings.Builder) {
	for _, k := range e.kids {
		b.WriteString("<" + k.name)
		if k.class != "" {
			fmt.Fprintf(b, " class=%q", k.class)
		}
		b.WriteString(">")
		if k.mask != 2 {
			k.write(b)
		}
		b.WriteString("</" + k.name + ">")
	}
}

// FuzzDrawn: random programs in and around editors that draw for themselves. A second after the page is at rest
// the wire has its elements, with their classes, and no other.
func FuzzDrawn(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 5))
		c := start(t, int(seed&1))
		p := newPage()
		root := &block{id: 1}
		next := 2
		now := 1000
		b := new(batch)
		var shape []int32
		prevOf := func(parent *block, at int) int {
			if at == 0 {
				return 0
			}
			return parent.kids[at-1].id
		}
		var tell func(e *block)
		tell = func(e *block) {
			e.id = next
			next++
			if e.mask != 0 {
				b.op(opMark, e.id, e.mask)
			}
			args := []any{e.parent.id, prevOf(e.parent, e.index()), e.id, 0, e.name}
			attrs := []any{}
			if e.class != "" {
				attrs = append(attrs, "class", e.class)
			}
			if e.editable != "-" {
				attrs = append(attrs, "contenteditable", e.editable)
			}
			args = append(append(args, len(attrs)/2), attrs...)
			b.op(opElement, args...)
			for _, k := range e.kids {
				tell(k)
			}
		}
		var html strings.Builder
		var marks []int32
		var native func(e *block, closes int32) int32
		native = func(e *block, closes int32) int32 {
			e.id = next
			next++
			if e.mask != 0 {
				marks = append(marks, int32(e.id), int32(e.mask))
			}
			html.WriteString("<" + e.name)
			if e.class != "" {
				fmt.Fprintf(&html, " class=%q", e.class)
			}
			if e.editable != "-" {
				fmt.Fprintf(&html, " contenteditable=%q", e.editable)
			}
			html.WriteString(">")
			v := int32(shapeHTML) | closes<<4
			if len(e.kids) > 0 {
				v |= 8
			}
			shape = append(shape, v)
			closes = 0
			for _, k := range e.kids {
				closes = native(k, closes)
			}
			html.WriteString("</" + e.name + ">")
			if len(e.kids) > 0 {
				return closes + 1
			}
			return closes
		}
		tree := func(e *block) {
			for _, k := range append([]*block{e}, e.all(nil)...) {
				if k.mask == 2 { // is never in the string
					tell(e)
					return
				}
			}
			html.Reset()
			shape, marks = nil, nil
			first := next
			native(e, 0)
			b.tree(e.parent.id, prevOf(e.parent, e.index()), first, next-first, nil, marks, shape, html.String())
		}
		var fresh func(depth int) *block
		fresh = func(depth int) *block {
			e := &block{name: []string{"div", "pre", "p"}[r.IntN(3)], editable: "-"}
			e.class = []string{"", "line", "cursor", "active"}[r.IntN(4)]
			switch r.IntN(12) {
			case 0:
				e.editable = "false"
			case 1:
				e.editable = ""
			}
			if r.IntN(15) == 0 {
				e.mask = []int{1, 2, 32}[r.IntN(3)]
			}
			for range r.IntN(3) {
				if depth > 0 {
					k := fresh(depth - 1)
					k.put(e, len(e.kids))
				}
			}
			return e
		}
		flush := func() {
			b.op(opTime, now)
			must(t, c, b)
			check(t, c)
			p.read(t, c, int64(now+1))
			b = new(batch)
		}
		inBox := func(e *block) bool {
			for ; e != nil; e = e.parent {
				if e.mask == 2 {
					return true
				}
			}
			return false
		}
		answer := func() {
			for range 20 {
				list := append([]int32(nil), c.Resend()...)
				if c.ClearResend(); len(list) == 0 {
					return
				}
				for i := 0; i < len(list); i += 2 {
					for _, e := range root.all(nil) {
						if e.id == int(list[i]) {
							b.op(opRemove, e.id)
							if inBox(e.parent) {
								continue
							}
							if r.IntN(2) == 0 {
								tree(e)
							} else {
								tell(e)
							}
						}
					}
				}
				flush()
			}
		}
		ed := &block{name: "div", editable: "-", mask: 32, class: "ed"}
		ed.put(root, 0)
		tell(ed)
		b.op(opSnapshotEnd)
		flush()
		for range 30 {
			for range 1 + r.IntN(4) {
				list := append(root.all(nil), root)
				e := list[r.IntN(len(list))]
				if inBox(e) {
					continue
				}
				switch r.IntN(8) {
				case 0, 1, 2:
					k := fresh(2)
					k.put(e, r.IntN(len(e.kids)+1))
					if r.IntN(2) == 0 {
						tree(k)
					} else {
						tell(k)
					}
				case 3:
					if e != root && e != ed {
						b.op(opRemove, e.id)
						e.take()
					}
				case 4: // as it is drawn anew
					if e != root && e != ed {
						at, parent := e.index(), e.parent
						b.op(opRemove, e.id)
						e.take()
						k := fresh(2)
						k.put(parent, at)
						tree(k)
					}
				case 5:
					kids := e.kids
					if e == root {
						break
					}
					e.kids = nil
					b.op(opClear, e.id)
					for range len(kids) {
						k := fresh(1)
						k.put(e, len(e.kids))
						tree(k)
					}
				case 6:
					to := list[r.IntN(len(list))]
					isIn := inBox(to)
					for at := to; at != nil; at = at.parent {
						isIn = isIn || at == e
					}
					if e != root && e != ed && !isIn {
						e.take()
						at := r.IntN(len(to.kids) + 1)
						e.put(to, at)
						b.op(opMove, e.id, to.id, prevOf(to, at))
					}
				case 7:
					if e == root {
						break
					}
					if r.IntN(2) == 0 {
						e.class = []string{"line", "cursor", "active"}[r.IntN(3)]
						b.op(opAttr, e.id, "class", e.class)
					} else {
						e.mask = []int{0, 1, 32}[r.IntN(3)]
						b.op(opMark, e.id, e.mask)
					}
				}
			}
			now += []int{10, 100, 700, 1500}[r.IntN(4)]
			flush()
			answer()
		}
		for range 3 {
			now += 5000
			flush()
			answer()
		}
		var want strings.Builder
		root.write(&want)
		got := p.String()
		for _, cut := range []string{` contenteditable=""`, ` contenteditable="false"`} {
			got = strings.ReplaceAll(got, cut, "")
		}
		if got != want.String() {
			t.Errorf("got\n%s\nwant\n%s", got, want.String())
		}
	})
}
