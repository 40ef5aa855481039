package view

// Kinds of node: values of the DOM's nodeType where it has one.
const (
	kindElement  = 1
	kindText     = 3
	kindPI       = 7
	kindComment  = 8
	kindDocument = 9
	kindDoctype  = 10
	kindShadow   = 11
	kindSheets   = 0 // the slot of id 0: constructed style sheets, which no node owns
)

// Namespaces as the wire numbers them.
const (
	nsHTML   = 0
	nsSVG    = 1
	nsMathML = 2
	nsOther  = 3
)

type attr struct{ name, value string }

// node is one node of a document. A node belongs to the state whose generation it carries;
// every other state copies it before a change. attrs and ext are never changed in place.
type node struct {
	gen   uint64
	born  uint32 // op that created it: two nodes of one id and different birth are two nodes
	place uint32 // op that last put it where it stands: equal means not moved
	kind  uint8
	ns    uint8
	flags uint8 // shadow root: mode; doctype, document: quirks

	id, parent, prev, next, first, last uint32
	shadow, frame                       uint32 // roots hanging on this element

	name  string
	text  string
	attrs []attr
	ext   *ext
}

// ext holds what few nodes have. It is copied on every change.
type ext struct {
	hasValue   bool
	value      string
	hasChecked bool
	checked    uint8
	selected   []int32 // nil: not recorded
	hasScroll  bool
	scrollX    int32
	scrollY    int32
	box        bool
	boxW, boxH int32
	boxReason  uint8
	dialog     uint8
	sheets     []sheet
	adopted    []uint32 // nil: not recorded
}

// sheet is a style sheet that is known by its rules: of a link, of a style element whose
// rules a script changed, or constructed (owner 0). Edits are a list from the newest to the
// oldest, so that a state and its successors share them.
type sheet struct {
	id    uint32
	base  *string // nil: the owner's own text
	edits *sheetEdit
}

type sheetEdit struct {
	before *sheetEdit
	n      uint32 // edits up to this one
	insert bool
	index  uint32
	text   string
}

const pageBits = 8

type page struct {
	gen   uint64
	used  int
	nodes [1 << pageBits]*node
}

// state is one document at one time. What it does not own (by generation) it shares.
type state struct {
	gen    uint64
	next   *uint64 // source of generations, one an epoch
	pages  []*page
	count  int
	copied int64 // bytes of nodes and pages copied or made since the last checkpoint
	cur    cursor
}

// cursor is what is shown around the document. It is copied as a value; slices in it are
// replaced, never changed.
type cursor struct {
	width, height, dpr1000 int32
	url                    string
	focus                  uint32
	hidden                 bool
	left                   bool
	touches                []touchPoint
	visual                 [5]int32 // scale·1000, offsetLeft, offsetTop, pageW, pageH
	activityID             uint32
	activityAt             int64
	activityCount          int32
	media                  media
}

type touchPoint struct {
	ident int64
	x, y  int32
}

func newState(next *uint64) *state {
	*next++
	s := &state{gen: *next, next: next}
	s.put(&node{id: 0, kind: kindSheets})
	s.put(&node{id: 1, kind: kindDocument})
	return s
}

// freeze returns the state as it is now; s goes on and copies what it changes.
func (s *state) freeze() *state {
	f := *s
	f.pages = append([]*page(nil), s.pages...)
	*s.next++
	s.gen = *s.next
	s.copied = 0
	return &f
}

// branch returns a state that starts as s and may be changed; s must not be changed after.
func (s *state) branch() *state {
	b := *s
	b.pages = append([]*page(nil), s.pages...)
	*s.next++
	b.gen = *s.next
	return &b
}

func (s *state) get(id uint32) *node {
	if p := id >> pageBits; int(p) < len(s.pages) && s.pages[p] != nil {
		return s.pages[p].nodes[id&(1<<pageBits-1)]
	}
	return nil
}

const nodeBytes, pageBytes = 208, 8<<pageBits + 32

func (s *state) ownPage(p uint32) *page {
	for int(p) >= len(s.pages) {
		s.pages = append(s.pages, nil)
	}
	q := s.pages[p]
	switch {
	case q == nil:
		q = &page{gen: s.gen}
	case q.gen != s.gen:
		c := *q
		c.gen = s.gen
		q = &c
	default:
		return q
	}
	s.copied += pageBytes
	s.pages[p] = q
	return q
}

// put stores a node that s owns from now on.
func (s *state) put(n *node) {
	n.gen = s.gen
	p := s.ownPage(n.id >> pageBits)
	slot := &p.nodes[n.id&(1<<pageBits-1)]
	if *slot == nil {
		p.used++
		s.count++
	}
	*slot = n
	s.copied += nodeBytes
}

func (s *state) drop(id uint32) {
	if s.get(id) == nil {
		return
	}
	p := s.ownPage(id >> pageBits)
	p.nodes[id&(1<<pageBits-1)] = nil
	p.used--
	s.count--
	if p.used == 0 {
		s.pages[id>>pageBits] = nil
	}
}

// own returns the node for writing; id must exist.
func (s *state) own(id uint32) *node {
	n := s.get(id)
	if n.gen == s.gen {
		return n
	}
	c := *n
	s.put(&c)
	return &c
}

func (s *state) ownExt(id uint32) *ext {
	n := s.own(id)
	e := &ext{}
	if n.ext != nil {
		*e = *n.ext
	}
	n.ext = e
	return e
}

// depth is the composed depth of id; the document has 0.
func (s *state) depth(id uint32) int {
	d := 0
	for n := s.get(id); n != nil && n.parent != 0 && d <= maxDepth; n = s.get(n.parent) {
		d++
	}
	return d
}

// contains tells whether id stands in the composed subtree of root, root included.
func (s *state) contains(root, id uint32) bool {
	for n, i := s.get(id), 0; n != nil && i <= maxDepth+1; n, i = s.get(n.parent), i+1 {
		if n.id == root {
			return true
		}
		if n.parent == 0 {
			return false
		}
	}
	return false
}

// walk calls f for root and all nodes below it in composed pre-order (shadow root, framed
// document, children); it does not go below a node for which f answers false.
func (s *state) walk(root uint32, f func(n *node, depth int) bool) {
	type at struct {
		id    uint32
		depth int
	}
	stack := []at{{root, 0}}
	for len(stack) > 0 {
		a := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		n := s.get(a.id)
		if n == nil || a.depth > 2*maxDepth || !f(n, a.depth) {
			continue
		}
		for c := n.last; c != 0; {
			stack = append(stack, at{c, a.depth + 1})
			child := s.get(c)
			if child == nil {
				break
			}
			c = child.prev
		}
		if n.frame != 0 {
			stack = append(stack, at{n.frame, a.depth + 1})
		}
		if n.shadow != 0 {
			stack = append(stack, at{n.shadow, a.depth + 1})
		}
	}
}
