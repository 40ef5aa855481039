package e2e

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

func (t *opTree) node(id int32) (n *opNode, skip bool) {
	if n := t.nodes[id]; n != nil {
		return n, false
	}
	if t.lost[id] {
		return nil, true
	}
	panic(fmt.Errorf("unknown id %d", id))
}

func (t *opTree) fresh(id int32) {
	if id < t.next {
		panic(fmt.Errorf("id %d was used before", id))
	}
	t.next = id + 1
}

func (t *opTree) insert(parent, prev int32, list []*opNode) {
	p, skip := t.node(parent)
	if skip {
		for _, n := range list {
			t.forget(n, true)
		}
		return
	}
	at := 0
	if prev != 0 {
		before, skip := t.node(prev)
		if skip {
			at = len(p.children)
		} else {
			at = slices.Index(p.children, before) + 1
			if at == 0 {
				panic(fmt.Errorf("%d is no child of %d", prev, parent))
			}
		}
	}
	for _, n := range list {
		n.parent = p
	}
	p.children = slices.Insert(p.children, at, list...)
}

func (t *opTree) forget(n *opNode, lost bool) {
	delete(t.nodes, n.id)
	if lost {
		t.lost[n.id] = true
	}
	for _, c := range n.children {
		t.forget(c, lost)
	}
	if n.shadow != nil {
		t.forget(n.shadow, lost)
	}
	if n.frame != nil {
		t.forget(n.frame, lost)
	}
}

func (t *opTree) remove(id int32) {
	n, skip := t.node(id)
	if skip {
		delete(t.lost, id)
		return
	}
	p := n.parent
	if p == nil {
		panic(fmt.Errorf("%d has no parent to be removed from", id))
	}
	switch {
	case p.shadow == n:
		p.shadow = nil
	case p.frame == n:
		p.frame = nil
	default:
		p.children = slices.DeleteFunc(p.children, func(c *opNode) bool { return c == n })
	}
	t.forget(n, false)
}

func (t *opTree) one(code int32, r *opReader) {
	if code > 3 && code != 4 && !t.began {
		panic(fmt.Errorf("op %d before the first snapshot", code))
	}
	switch code {
	case 1: // hello
		if v := r.int(); v != 1 {
			panic(fmt.Errorf("version %d", v))
		}
		r.list(3)
	case 2: // time
		r.int()
	case 3: // meta
		t.log = append(t.log, op{code, []int32{r.int()}, []string{r.str()}})
	case 4: // snapshotBegin
		r.list(5)
		t.nodes = map[int32]*opNode{1: {id: 1, kind: 9}}
		t.lost = map[int32]bool{}
		t.next = 2
		t.began, t.ended = true, false
	case 5: // snapshotEnd
		t.ended = true
	case 6: // tree
		parent, prev, first, count := r.int(), r.int(), r.int(), r.int()
		forget := r.list(r.int())
		marks := r.list(2 * r.int())
		shape := r.list(r.int())
		html := r.units()
		for _, id := range forget {
			t.remove(id)
		}
		t.fresh(first)
		t.next = first + count
		list, n, err := readShape(shape, html, first)
		if err == nil && n != count {
			panic(fmt.Errorf("tree of %d nodes says %d", n, count))
		}
		if err != nil {
			for id := first; id < first+count; id++ {
				t.lost[id] = true
			}
			if !t.lost[parent] {
				t.resend = append(t.resend, [2]int32{parent, 1})
			}
			return
		}
		var add func(n *opNode)
		add = func(n *opNode) {
			t.nodes[n.id] = n
			for _, c := range n.children {
				c.parent = n
				add(c)
			}
		}
		for _, n := range list {
			add(n)
		}
		for i := 0; i < len(marks); i += 2 {
			n, _ := t.node(marks[i])
			n.marks = marks[i+1]
		}
		t.insert(parent, prev, list)
	case 7: // element
		parent, prev, id := r.int(), r.int(), r.int()
		n := &opNode{id: id, kind: 1, ns: r.int(), name: r.str(), attrs: map[string][]uint16{}}
		for i := r.int(); i > 0; i-- {
			name := r.str()
			n.attrs[name] = r.units()
		}
		t.fresh(id)
		t.nodes[id] = n
		t.insert(parent, prev, []*opNode{n})
	case 8, 9: // textNode, otherNode
		parent, prev, id := r.int(), r.int(), r.int()
		n := &opNode{id: id, kind: 3}
		if code == 9 {
			n.kind = int(r.int())
			n.name = r.str()
		} else {
			n.text = r.units()
		}
		t.fresh(id)
		t.nodes[id] = n
		t.insert(parent, prev, []*opNode{n})
	case 10:
		t.remove(r.int())
	case 11: // move
		id, parent, prev := r.int(), r.int(), r.int()
		n, skip := t.node(id)
		if skip {
			// It leaves what is being asked for, so it would not come with the answer.
			if !t.lost[parent] {
				t.resend = append(t.resend, [2]int32{parent, 0})
			}
			return
		}
		p, skip := t.node(parent)
		if skip {
			n.parent.children = slices.DeleteFunc(n.parent.children, func(c *opNode) bool { return c == n })
			t.forget(n, true)
			return
		}
		for at := p; at != nil; at = at.parent {
			if at == n {
				panic(fmt.Errorf("%d is moved below itself", id))
			}
		}
		n.parent.children = slices.DeleteFunc(n.parent.children, func(c *opNode) bool { return c == n })
		t.insert(parent, prev, []*opNode{n})
	case 12: // attr
		id, name, value := r.int(), r.str(), r.units()
		if n, skip := t.node(id); !skip {
			if value == nil {
				delete(n.attrs, name)
			} else {
				n.attrs[name] = value
			}
		}
	case 13: // text
		id, text := r.int(), r.units()
		if n, skip := t.node(id); !skip {
			n.text = text
		}
	case 14: // mark
		id, bits := r.int(), r.int()
		if id == t.next {
			return
		}
		if n, skip := t.node(id); !skip {
			n.marks = bits
		}
	case 15, 16: // shadow, frame
		host, root := r.int(), r.int()
		if code == 15 {
			r.int()
		}
		t.fresh(root)
		n := &opNode{id: root, kind: 9}
		h, skip := t.node(host)
		if skip {
			t.lost[root] = true
			return
		}
		n.parent = h
		if code == 15 {
			if h.shadow != nil {
				panic(fmt.Errorf("%d has a shadow root already", host))
			}
			h.shadow = n
		} else {
			if h.frame != nil {
				panic(fmt.Errorf("%d has a document already", host))
			}
			h.frame = n
		}
		t.nodes[root] = n
	case 17: // value
		id, value := r.int(), r.str()
		if n, skip := t.node(id); !skip {
			n.value = &value
		}
	case 18, 20, 40: // checked, secret, dialogState
		id, state := r.int(), r.int()
		if n, skip := t.node(id); !skip {
			switch code {
			case 18:
				n.checked = state
			case 20:
				n.secret = state + 1
			case 40:
				n.dialog = state
			}
		}
	case 19, 36: // selected, adopted
		id := r.int()
		list := r.list(r.int())
		if n, skip := t.node(id); !skip {
			if code == 19 {
				n.selectedOption = list
			} else {
				n.adopted = list
			}
		}
	case 21, 32: // scroll, size
		id, x, y := r.int(), r.int(), r.int()
		if n, skip := t.node(id); !skip {
			if code == 21 {
				n.scrollX, n.scrollY = x, y
			} else {
				n.width, n.height = x, y
			}
		}
	case 33: // sheet
		owner, sheet, css := r.int(), r.int(), r.str()
		if owner != 0 {
			if n, skip := t.node(owner); !skip {
				n.sheet = css
			}
		}
		t.log = append(t.log, op{code, []int32{owner, sheet}, []string{css}})
	case 43: // clear
		id := r.int()
		if n, skip := t.node(id); !skip {
			for _, c := range n.children {
				t.forget(c, false)
			}
			if n.shadow != nil {
				t.forget(n.shadow, false)
			}
			n.children, n.shadow = nil, nil
		}
	case 44: // echo
		r.int()
		r.str()
	case 45: // posted
	case 22: // pointer
		id, n := r.int(), r.int()
		t.log = append(t.log, op{code, append([]int32{id}, r.list(3*n)...), nil})
	case 24: // touch
		kind, n := r.int(), r.int()
		t.log = append(t.log, op{code, append([]int32{kind}, r.list(4*n)...), nil})
	case 23, 25, 26, 27, 28, 30, 31, 35, 39, 41:
		t.log = append(t.log, op{code, r.list(int32(r.end - r.i)), nil})
	case 29, 34: // navigate, ruleInsert
		n := int32(1)
		if code == 34 {
			n = 3
		}
		ints := r.list(n)
		t.log = append(t.log, op{code, ints, []string{r.str()}})
	case 37, 38, 42:
		t.log = append(t.log, op{code, nil, []string{r.str(), r.str()}})
	default:
		panic(fmt.Errorf("unknown op %d", code))
	}
}

// dump writes the tree in the form of bridge.dump (jsbridge/capture/testing).
func (t *opTree) dump() string {
	var lines []string
	var visit func(n *opNode, depth int)
	visit = func(n *opNode, depth int) {
		line := func(depth int, s string) { lines = append(lines, strings.Repeat(" ", depth)+s) }
		switch n.kind {
		case 1:
			var attrs []string
			for name, value := range n.attrs {
				attrs = append(attrs, name+"="+hexOf(value))
			}
			sort.Strings(attrs)
			line(depth, fmt.Sprintf("<%d %s %s", n.ns, n.name, strings.Join(attrs, " ")))
			for what, root := range map[string]*opNode{"#shadow": n.shadow, "#document": n.frame} {
				if root != nil {
					line(depth+1, what)
					for _, c := range root.children {
						visit(c, depth+2)
					}
				}
			}
		case 3:
			line(depth, `"`+hexOf(n.text))
		case 10:
			line(depth, "!"+n.name)
		default:
			line(depth, fmt.Sprintf("#%d", n.kind))
		}
		for _, c := range n.children {
			visit(c, depth+1)
		}
	}
	if root := t.nodes[1]; root != nil {
		for _, c := range root.children {
			visit(c, 0)
		}
	}
	return strings.Join(lines, "\n")
}
