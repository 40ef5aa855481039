package mirror

import "afterimage/wasm/mask"

// Kinds of node.
const (
	kindElement = iota
	kindText
	kindOther // comment, doctype
	kindShadow
	kindDocument
)

// Bits of node.flags.
const (
	hidden    = 1 << iota // not on the wire: blocked, never sent, or waiting to be sent again
	asked                 // hidden, and the bridge was asked for it
	secret                // a secret input, for the element's life
	named                 // meta with a harmless name
	editable              // own contenteditable says that its text is typed
	typedRole             // own role says so
	fixed                 // own contenteditable=false
	sentMask              // the last value op on the wire was the input mask
	sentNone              // the last value op on the wire was the empty value
	inline                // an element that a run of texts goes on over
	called                // by an attribute or a label: what is chosen or typed in it is secret, for the element's life
	phrase                // in an editor that is masked: stands in a line, and is not white space alone
	ghost                 // was one; the page has removed it, and it stands for its line while another is beside it
	waits                 // a text that flow.go has yet to write; if hidden too, for the first time
	gone                  // of a masked editor; the page has removed it, and the wire not yet
	swept                 // was gone, or stood for nothing, when sweep last came
)

// A bit of node.due, below sentMask and sentNone: keys were typed in it.
const dueKeys = 1

// What the text children of an element are. It is inherited.
const (
	textPlain  = iota
	textTyped  // the visitor may have typed it
	textField  // of an option, or computed from fields
	textSecret // textTyped is a bit of it: of a select or an editor that is called secret: no marker opens it
)

// node is one node of the mirror. Links are slots (indexes of Core.nodes), 0 is none.
type node struct {
	id                      uint32 // the bridge's
	wire                    uint32 // 0: it never was on the wire
	parent, first, last     int32
	next, prev              int32
	inner                   int32 // shadow root of a host, document of a frame
	kind, attrMark, selMark uint8
	kids                    uint8
	look                    uint16 // drawn.go
	flags                   uint16
	due                     uint16 // what the end of the second tells of a field: dueKeys, sentMask or sentNone
	ns                      uint8
	mode                    mask.Mode
	tag                     mask.Tag
	input                   mask.Input
}

// tree holds nodes in one flat array with a free list, found by id through an
// open-addressing table. Slots are used again, ids are not.
type tree struct {
	nodes []node
	free  int32 // first free slot; chained by next
	tab   []int32
	live  int
	maxID uint32 // highest id ever used in this epoch
}

func (t *tree) reset() {
	if t.nodes == nil {
		t.nodes = make([]node, 1, 1024)
		t.tab = make([]int32, 2048)
	}
	t.nodes = t.nodes[:1]
	t.free, t.live, t.maxID = 0, 0, 0
	clear(t.tab)
}

func (t *tree) home(id uint32) uint32 {
	return (id * 2654435769 >> 7) & uint32(len(t.tab)-1)
}

// slot returns the slot of id, or 0.
func (t *tree) slot(id uint32) int32 {
	for h := t.home(id); ; h = (h + 1) & uint32(len(t.tab)-1) {
		s := t.tab[h]
		if s == 0 || t.nodes[s].id == id {
			return s
		}
	}
}

// n is the node of a slot, slot 0 included. It is valid until the next create.
//
//go:noinline
func (t *tree) n(s int32) *node { return &t.nodes[s] }

// create makes a node. The id must be new; the caller links it.
func (t *tree) create(id uint32, kind uint8) int32 {
	s := t.free
	if s != 0 {
		t.free = t.nodes[s].next
		t.nodes[s] = node{id: id, kind: kind}
	} else {
		s = int32(len(t.nodes))
		t.nodes = append(t.nodes, node{id: id, kind: kind})
	}
	t.live++
	if id > t.maxID {
		t.maxID = id
	}
	if t.live*2 > len(t.tab) {
		t.grow()
	} else {
		t.enter(s)
	}
	return s
}

func (t *tree) enter(s int32) {
	h := t.home(t.nodes[s].id)
	for t.tab[h] != 0 {
		h = (h + 1) & uint32(len(t.tab)-1)
	}
	t.tab[h] = s
}

func (t *tree) grow() {
	t.tab = make([]int32, len(t.tab)*2)
	for s := range t.nodes {
		if t.nodes[s].id != 0 {
			t.enter(int32(s))
		}
	}
}

// drop frees the slot of one unlinked node.
func (t *tree) drop(s int32) {
	mask := uint32(len(t.tab) - 1)
	h := t.home(t.nodes[s].id)
	for t.tab[h] != s {
		h = (h + 1) & mask
	}
	// Close the gap, so that no search ends early: move back what probed past it.
	for k := (h + 1) & mask; t.tab[k] != 0; k = (k + 1) & mask {
		if (k-t.home(t.nodes[t.tab[k]].id))&mask >= (k-h)&mask {
			t.tab[h] = t.tab[k]
			h = k
		}
	}
	t.tab[h] = 0
	t.nodes[s] = node{next: t.free}
	t.free = s
	t.live--
}

// link puts s under parent after prev (0: first).
func (t *tree) link(s, parent, prev int32) {
	n, p := t.n(s), t.n(parent)
	n.parent, n.prev = parent, prev
	at := &p.first
	if prev != 0 {
		at = &t.n(prev).next
	}
	n.next = *at
	*at = s
	at = &p.last
	if n.next != 0 {
		at = &t.n(n.next).prev
	}
	*at = s
}

// unlink takes s out of its parent, also if it is an inner root.
func (t *tree) unlink(s int32) {
	n := t.n(s)
	if n.parent == 0 {
		return
	}
	p := t.n(n.parent)
	if p.inner == s {
		p.inner = 0
	} else {
		at := &p.first
		if n.prev != 0 {
			at = &t.n(n.prev).next
		}
		*at = n.next
		at = &p.last
		if n.next != 0 {
			at = &t.n(n.next).prev
		}
		*at = n.prev
	}
	n.parent, n.prev, n.next = 0, 0, 0
}

// down and up walk the composed subtree of root without a stack: down returns the first
// child, the inner root before the children.
func (t *tree) down(s int32) int32 {
	if t.n(s).inner != 0 {
		return t.n(s).inner
	}
	return t.n(s).first
}

// across returns what follows s and its subtree inside its parent, or 0.
func (t *tree) across(s int32) int32 {
	p := t.n(s).parent
	if p != 0 && t.n(p).inner == s {
		return t.n(p).first
	}
	return t.n(s).next
}

// following returns the node after s in the order of the composed tree; with skip not its
// own subtree; 0 at the end of root's subtree.
func (t *tree) following(s, root int32, skip bool) int32 {
	if !skip {
		if d := t.down(s); d != 0 {
			return d
		}
	}
	for s != root {
		if a := t.across(s); a != 0 {
			return a
		}
		s = t.n(s).parent
	}
	return 0
}

// release frees the subtree of s, which is taken out of its parent first.
func (t *tree) release(s int32) {
	t.unlink(s)
	for at := s; ; {
		if d := t.down(at); d != 0 {
			at = d
			continue
		}
		if at == s {
			t.drop(s)
			return
		}
		p := t.n(at).parent
		t.unlink(at)
		t.drop(at)
		at = p
	}
}

// inside reports whether s lies in the composed subtree of root.
func (t *tree) inside(s, root int32) bool {
	for ; s != 0; s = t.n(s).parent {
		if s == root {
			return true
		}
	}
	return false
}
