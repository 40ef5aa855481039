package e2e

import (
	le "encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"

	"afterimage/wasm/mirror"
)

// opTree reads the ops of jsbridge/PROTOCOL.md back into a tree, as text of the page, without
// any masking: the bridge's own tests compare it with the document. It demands what the
// protocol demands, and answers for strings that do not have their shape as the core does.
type opTree struct {
	fed    []posted     // what the core took
	core   *mirror.Core // the real one, natively: it must take every batch
	nodes  map[int32]*opNode
	lost   map[int32]bool // given up until the bridge sends them anew
	next   int32          // ids below were used
	resend [][2]int32
	ops    map[int32]int // how often each op came
	log    []op          // ops beside the tree
	began  bool
	ended  bool
}

type opNode struct {
	id             int32
	kind           int // 1, 3, 8, 9 (root), 10 …
	ns             int32
	name           string
	attrs          map[string][]uint16
	text           []uint16
	parent         *opNode
	children       []*opNode
	shadow, frame  *opNode
	value          *string
	checked        int32
	secret         int32
	marks          int32
	width, height  int32
	scrollX        int32
	scrollY        int32
	dialog         int32
	adopted        []int32
	sheet          string
	selectedOption []int32
}

type op struct {
	code int32
	ints []int32
	strs []string
}

type posted struct {
	Type string  `json:"type"`
	Ints []int32 `json:"ints"`
	Text string  `json:"text"`
}

func newOpTree() *opTree {
	return &opTree{core: mirror.New(), ops: map[int32]int{}, nodes: map[int32]*opNode{}, lost: map[int32]bool{}}
}

// utf16Of reads the tests' form of a text: four hex digits a unit.
func utf16Of(text string) []uint16 {
	out := make([]uint16, 0, len(text)/4)
	for i := 0; i+4 <= len(text); i += 4 {
		u, err := strconv.ParseUint(text[i:i+4], 16, 16)
		if err != nil {
			panic(err)
		}
		out = append(out, uint16(u))
	}
	return out
}

func hexOf(text []uint16) string {
	var b strings.Builder
	for _, u := range text {
		fmt.Fprintf(&b, "%04x", u)
	}
	return b.String()
}

// opReader walks ints and text of one batch.
type opReader struct {
	ints []int32
	text []uint16
	end  int
	i    int
}

func (r *opReader) int() int32 {
	if r.i >= r.end {
		panic(fmt.Errorf("op reads past its size"))
	}
	r.i++
	return r.ints[r.i-1]
}

func (r *opReader) list(n int32) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = r.int()
	}
	return out
}

func (r *opReader) units() []uint16 {
	n := r.int()
	if n < 0 {
		return nil
	}
	if int(n) >= len(r.text) || r.text[n] != 0 {
		panic(fmt.Errorf("string of %d units does not end where it must", n))
	}
	s := r.text[:n:n]
	r.text = r.text[n+1:]
	if s == nil {
		s = []uint16{}
	}
	return s
}

func (r *opReader) str() string { return string(utf16.Decode(r.units())) }

// feed gives a batch to the real core, as the worker does.
func (t *opTree) feed(p posted) error {
	text := string(utf16.Decode(utf16Of(p.Text)))
	in := t.core.In(len(p.Ints), len(text))
	if in == nil {
		return errors.New("the core has no room")
	}
	for i, v := range p.Ints {
		le.LittleEndian.PutUint32(in[4*i:], uint32(v))
	}
	copy(in[4*len(p.Ints):], text)
	if code := t.core.Apply(len(p.Ints), len(text)); code != mirror.OK {
		return fmt.Errorf("the core answers %v to %v", code, t.blame(p))
	}
	t.fed = append(t.fed, p)
	list := t.core.Resend()
	for i := 0; i+1 < len(list); i += 2 {
		t.resend = append(t.resend, [2]int32{list[i], list[i+1]})
	}
	t.core.ClearResend()
	return nil
}

// blame finds the op of a batch that a core refuses which took all before it.
func (t *opTree) blame(p posted) []int32 {
	again := &opTree{core: mirror.New()}
	for _, before := range t.fed {
		if again.feed(before) != nil {
			return nil
		}
	}
	rest := utf16Of(p.Text)
	for i := 0; i < len(p.Ints); {
		end := i + int(p.Ints[i]>>8)
		// All texts that follow are given along; only a refusal other than of what is left over counts.
		one := posted{Ints: p.Ints[i:end]}
		for n := 0; ; {
			code := again.try(posted{Ints: one.Ints, Text: hexOf(rest[:n])})
			if code == mirror.OK {
				rest = rest[n:]
				break
			}
			next := slices.Index(rest[n:], 0)
			if next < 0 {
				return one.Ints
			}
			n += next + 1
			again = &opTree{core: mirror.New()}
			for _, before := range t.fed {
				_ = again.feed(before)
			}
			_ = again.feed(posted{Ints: p.Ints[:i], Text: hexOf(utf16Of(p.Text)[:len(utf16Of(p.Text))-len(rest)])})
		}
		i = end
	}
	return nil
}

func (t *opTree) try(p posted) mirror.Code {
	text := string(utf16.Decode(utf16Of(p.Text)))
	in := t.core.In(len(p.Ints), len(text))
	for i, v := range p.Ints {
		le.LittleEndian.PutUint32(in[4*i:], uint32(v))
	}
	copy(in[4*len(p.Ints):], text)
	code := t.core.Apply(len(p.Ints), len(text))
	t.core.ClearResend()
	return code
}

// apply reads one batch. Any breach of the protocol is an error.
func (t *opTree) apply(p posted) (err error) {
	if err := t.feed(p); err != nil {
		return err
	}
	r := &opReader{ints: p.Ints, text: utf16Of(p.Text)}
	defer func() {
		if e := recover(); e != nil {
			broken, ok := e.(error)
			if !ok {
				panic(e)
			}
			err = fmt.Errorf("int %d of %v: %w", r.i, r.ints[:min(len(r.ints), r.i+8)], broken)
		}
	}()
	for r.i < len(r.ints) {
		head := r.ints[r.i]
		code, size := head&255, int(head>>8)
		start := r.i
		r.end = start + size
		if size < 1 || r.end > len(r.ints) {
			return fmt.Errorf("op %d at %d has size %d", code, start, size)
		}
		r.i++
		t.ops[code]++
		t.one(code, r)
		if r.i != r.end {
			return fmt.Errorf("op %d at %d reads %d of %d ints", code, start, r.i-start, size)
		}
	}
	if len(r.text) != 0 {
		return fmt.Errorf("%d units of text are left", len(r.text))
	}
	return nil
}

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

var errMismatch = errors.New("the string's tree is not of the shape")

// readShape is the reader of PROTOCOL.md, Shape. Types 4 and 7 know their length; the length
// of a text of type 2 is what the run leaves, found by walking the string back.
func readShape(shape []int32, html []uint16, id int32) (top []*opNode, count int32, err error) {
	type item struct {
		kind, closes, length int32
		kids                 bool
	}
	var items []item
	for i := 0; i < len(shape); i++ {
		it := item{kind: shape[i] & 7, kids: shape[i]&8 != 0, closes: shape[i] >> 4, length: -1}
		if it.kind == 3 || it.kind == 4 || it.kind == 7 {
			i++
			it.length = shape[i]
		}
		items = append(items, it)
	}
	pos := 0
	eat := func(s string) bool {
		u := utf16.Encode([]rune(s))
		if pos+len(u) > len(html) || !slices.Equal(html[pos:pos+len(u)], u) {
			return false
		}
		pos += len(u)
		return true
	}
	// escaped reads n units of unescaped text, or all up to the next tag where n < 0.
	escaped := func(n int, end uint16) (out []uint16, ok bool) {
		for pos < len(html) && (n < 0 || len(out) < n) {
			c := html[pos]
			if c == end || end == '<' && c == '>' {
				return out, n < 0 && c == end
			}
			if c == '&' {
				found := false
				for name, r := range map[string]uint16{"&amp;": '&', "&lt;": '<', "&gt;": '>', "&nbsp;": 0xa0, "&quot;": '"'} {
					if eat(name) {
						out = append(out, r)
						found = true
						break
					}
				}
				if !found {
					return out, false
				}
				continue
			}
			out = append(out, c)
			pos++
		}
		return out, n < 0 || len(out) == n
	}
	void := map[string]bool{}
	for _, n := range strings.Fields("area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr") {
		void[n] = true
	}
	type level struct {
		n   *opNode
		raw bool
	}
	var open []level
	closeOne := func() bool {
		l := open[len(open)-1]
		open = open[:len(open)-1]
		if l.n == nil {
			return true
		}
		if l.n.ns == 0 && void[l.n.name] {
			return len(l.n.children) == 0
		}
		return eat("</" + l.n.name + ">")
	}
	put := func(n *opNode) {
		n.id = id + count
		count++
		if len(open) == 0 {
			top = append(top, n)
			return
		}
		p := open[len(open)-1].n
		p.children = append(p.children, n)
	}
	for i, it := range items {
		for c := it.closes; c > 0; c-- {
			if len(open) == 0 || !closeOne() {
				return nil, 0, errMismatch
			}
		}
		raw := len(open) > 0 && open[len(open)-1].raw
		switch it.kind {
		case 1, 5, 6, 7:
			if raw || !eat("<") {
				return nil, 0, errMismatch
			}
			n := &opNode{kind: 1, attrs: map[string][]uint16{}, ns: map[int32]int32{1: 0, 7: 0, 5: 1, 6: 2}[it.kind]}
			start := pos
			for pos < len(html) && html[pos] != ' ' && html[pos] != '>' {
				pos++
			}
			n.name = string(utf16.Decode(html[start:pos]))
			for eat(" ") {
				start := pos
				pos++
				for pos < len(html) && html[pos] != '=' {
					pos++
				}
				if pos >= len(html) {
					return nil, 0, errMismatch
				}
				name := string(utf16.Decode(html[start:pos]))
				if !eat(`="`) {
					return nil, 0, errMismatch
				}
				value, ok := escaped(-1, '"')
				if !ok || !eat(`"`) {
					return nil, 0, errMismatch
				}
				if value == nil {
					value = []uint16{}
				}
				n.attrs[name] = value
			}
			if !eat(">") {
				return nil, 0, errMismatch
			}
			put(n)
			open = append(open, level{n, it.kind == 7})
			if it.kind == 7 && !it.kids {
				pos += int(it.length)
				if pos > len(html) {
					return nil, 0, errMismatch
				}
			}
			if !it.kids && !closeOne() {
				return nil, 0, errMismatch
			}
		case 2, 3:
			// What follows in the same run tells how much of it is whose.
			run := 0
			for j := i + 1; j < len(items) && items[j].kind == 3 && items[j].closes == 0; j++ {
				run += int(items[j].length)
			}
			n := &opNode{kind: 3}
			var ok bool
			switch {
			case it.kind == 3 && raw:
				if pos+int(it.length) > len(html) {
					return nil, 0, errMismatch
				}
				n.text, pos, ok = html[pos:pos+int(it.length)], pos+int(it.length), true
			case it.kind == 3:
				n.text, ok = escaped(int(it.length), '<')
				if it.length == 0 {
					ok = true
				}
			case raw:
				// The whole length stands at the raw element; other children than text have none here.
				total := 0
				for j := i - 1; j >= 0; j-- {
					if items[j].kind == 7 {
						total = int(items[j].length)
						break
					}
				}
				own := total - run
				if own < 0 || pos+own > len(html) {
					return nil, 0, errMismatch
				}
				n.text, pos, ok = html[pos:pos+own], pos+own, true
			default:
				start := pos
				all, _ := escaped(-1, '<')
				pos = start
				own := len(all) - run
				if own < 0 {
					return nil, 0, errMismatch
				}
				n.text, ok = escaped(own, '<')
				ok = ok || own == 0
			}
			if !ok {
				return nil, 0, errMismatch
			}
			put(n)
		case 4:
			if raw || !eat("<!--") || pos+int(it.length) > len(html) {
				return nil, 0, errMismatch
			}
			pos += int(it.length)
			if !eat("-->") {
				return nil, 0, errMismatch
			}
			put(&opNode{kind: 8})
		default:
			return nil, 0, errMismatch
		}
	}
	for len(open) > 0 {
		if !closeOne() {
			return nil, 0, errMismatch
		}
	}
	if pos != len(html) {
		return nil, 0, errMismatch
	}
	return top, count, nil
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
