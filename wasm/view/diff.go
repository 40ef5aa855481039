package view

import "slices"

// differ turns one state into another by patches. Its scratch is reused.
type differ struct {
	p       Patches
	added   []uint32
	changed []uint32
	removed []uint32
	moved   []uint32
	pending map[uint32]bool // nodes to insert that do not stand in their place yet
	styles  []uint32        // style elements whose text may have changed
	inStyle map[uint32]bool
	chain   []uint32
	built   []uint32        // nodes that were put out as new
	again   map[uint32]bool // of these, the ones that are not new

	assets *assets // of the page view that is shown
	epoch  uint32
}

// document writes the patches from one document to another of the same epoch; from is nil
// for an empty frame. Order: nodes that go, nodes that leave their parent, new subtrees
// (built detached), insertions, then attributes, text, sheets and state.
func (d *differ) document(from, to *state) {
	d.added, d.changed, d.removed, d.moved = d.added[:0], d.changed[:0], d.removed[:0], d.moved[:0]
	d.styles, d.built = d.styles[:0], d.built[:0]
	if d.pending == nil {
		d.pending, d.inStyle, d.again = map[uint32]bool{}, map[uint32]bool{}, map[uint32]bool{}
	}
	clear(d.pending)
	clear(d.inStyle)
	clear(d.again)
	if from == nil {
		d.p.op(patchReset, to.quirks(1))
	}
	d.collect(from, to)

	for _, id := range d.removed {
		top := int32(1)
		if n := from.get(id); n.parent != 0 && to.get(n.parent) == nil {
			top = 0
		}
		d.p.op(patchDrop, int32(id), top)
		d.styleOf(from, to, id)
	}
	for _, id := range d.moved {
		a, b := from.get(id), to.get(id)
		shown := from.shows(a)
		if a.parent != b.parent {
			if shown {
				d.p.op(patchDetach, int32(id))
			}
			d.styleOf(from, to, id)
		}
		d.styleOf(to, to, id)
		if to.shows(b) {
			if !shown && d.again[id] {
				continue // stands in a subtree that was built as a whole
			}
			d.pending[id] = true
			if !shown {
				d.build(from, to, id, true)
			}
		}
	}
	for _, id := range d.added {
		n := to.get(id)
		d.styleOf(to, to, id)
		if d.again[id] {
			continue
		}
		if p := to.get(n.parent); n.parent == 0 || p == nil || !isNew(from, p) {
			d.build(from, to, id, false)
			if n.kind != kindShadow && n.kind != kindDocument && to.shows(n) {
				d.pending[id] = true
			}
		}
	}
	d.insert(to)
	for _, id := range d.changed {
		var a *node
		if from != nil {
			a = from.get(id)
		}
		d.change(a, to.get(id), to)
	}
	slices.Sort(d.styles)
	for _, id := range d.styles {
		if n := to.get(id); n != nil && !isNew(from, n) {
			d.sheetsOf(from.get(id), n, to, true)
		}
	}
	for _, id := range d.built {
		if n := to.get(id); n.ext != nil || isStyle(n) {
			d.state(nil, n, to)
		}
	}
}

func isStyle(n *node) bool { return n.kind == kindElement && localName(n) == "style" }

// isNew tells that n did not exist in from. Two nodes of one id and different birth are two.
// The document itself always is.
func isNew(from *state, n *node) bool {
	if n.id <= 1 {
		return false
	}
	if from == nil {
		return true
	}
	o := from.get(n.id)
	return o == nil || o.born != n.born
}

// collect compares the two states' pages and nodes by pointer.
func (d *differ) collect(from, to *state) {
	pages := len(to.pages)
	if from != nil {
		pages = max(pages, len(from.pages))
	}
	for i := range pages {
		var a, b *page
		if from != nil && i < len(from.pages) {
			a = from.pages[i]
		}
		if i < len(to.pages) {
			b = to.pages[i]
		}
		if a == b {
			continue
		}
		for j := range 1 << pageBits {
			var x, y *node
			if a != nil {
				x = a.nodes[j]
			}
			if b != nil {
				y = b.nodes[j]
			}
			if x == y {
				continue
			}
			id := uint32(i<<pageBits | j)
			if id <= 1 { // the document and the constructed sheets are always there
				d.changed = append(d.changed, id)
				continue
			}
			switch {
			case y == nil:
				d.removed = append(d.removed, id)
			case x == nil:
				d.added = append(d.added, id)
			case x.born != y.born:
				d.removed = append(d.removed, id)
				d.added = append(d.added, id)
			default:
				d.changed = append(d.changed, id)
				if x.place != y.place {
					d.moved = append(d.moved, id)
				}
			}
		}
	}
}

// styleOf remembers the style element that id is the text of.
func (d *differ) styleOf(in, to *state, id uint32) {
	n := in.get(id)
	if n == nil || n.kind != kindText {
		return
	}
	if p := to.get(n.parent); p != nil && isStyle(p) && !d.inStyle[p.id] {
		d.inStyle[p.id] = true
		d.styles = append(d.styles, p.id)
	}
}

// hiddenChild tells that n is not put out, because of its parent or of what it is.
func hiddenChild(s *state, n *node) bool {
	if n.kind == kindDoctype {
		return true
	}
	if n.kind == kindShadow || n.kind == kindDocument {
		return false
	}
	p := s.get(n.parent)
	return p != nil && p.kind == kindElement && opaque(localName(p))
}

// shows tells that n is put out: none of its ancestors hides what is below.
func (s *state) shows(n *node) bool {
	for i := 0; n != nil && i <= maxDepth+1; i++ {
		if hiddenChild(s, n) {
			return false
		}
		if n.parent == 0 {
			return true
		}
		n = s.get(n.parent)
	}
	return false
}

// build puts out a new subtree in pre-order: the root without a parent, all else directly
// into its parent. Nodes in it that are not new are inserted later. again says that the
// root comes out of a subtree that was not put out.
func (d *differ) build(from, to *state, root uint32, again bool) {
	if n := to.get(root); !to.shows(n) {
		return
	}
	to.walk(root, func(n *node, depth int) bool {
		if hiddenChild(to, n) || d.again[n.id] || depth > 0 && !isNew(from, n) && !(again && !from.shows(from.get(n.id))) {
			return false
		}
		d.built = append(d.built, n.id)
		if again {
			d.again[n.id] = true
		}
		parent := int32(n.parent)
		if depth == 0 {
			parent = 0
		}
		begin := len(d.p.Ints)
		switch n.kind {
		case kindElement:
			attrs := safeAttrs(n, d.look(to, n))
			d.p.op(patchElement, int32(n.id), parent, int32(n.ns))
			d.p.str(begin, outName(n))
			d.p.num(begin, int32(len(attrs)))
			for _, a := range attrs {
				d.p.str(begin, a.name)
				d.p.str(begin, a.value)
			}
		case kindText:
			d.p.op(patchText, int32(n.id), parent)
			d.p.str(begin, n.text)
		case kindShadow:
			d.p.op(patchShadow, int32(n.parent), int32(n.id), int32(n.flags))
		case kindDocument:
			d.p.op(patchFrame, int32(n.parent), int32(n.id), to.quirks(n.id))
		default:
			d.p.op(patchComment, int32(n.id), parent)
		}
		return true
	})
}

// insert puts the pending nodes before their next sibling, from the last of a run to the
// first, so that the next sibling stands in its place already.
func (d *differ) insert(to *state) {
	put := func(id uint32) {
		if !d.pending[id] {
			return
		}
		d.chain = d.chain[:0]
		for c := id; c != 0 && (d.pending[c] || hiddenChild(to, to.get(c))); c = to.get(c).next {
			d.chain = append(d.chain, c)
			d.pending[c] = false
		}
		for i := len(d.chain) - 1; i >= 0; i-- {
			n := to.get(d.chain[i])
			if hiddenChild(to, n) {
				continue
			}
			next := n.next
			for next != 0 && hiddenChild(to, to.get(next)) {
				next = to.get(next).next
			}
			d.p.op(patchInsert, int32(n.id), int32(n.parent), int32(next))
		}
	}
	for _, id := range d.moved {
		put(id)
	}
	for _, id := range d.added {
		put(id)
	}
}

// change writes what differs inside a node that stays.
func (d *differ) change(a, b *node, to *state) {
	if a == nil {
		a = &node{}
	}
	if b.kind == kindElement && !slices.Equal(a.attrs, b.attrs) {
		m := d.look(to, b)
		d.attrs(b.id, safeAttrs(a, m), safeAttrs(b, m))
	}
	if b.kind == kindText && a.text != b.text {
		if hiddenChild(to, b) {
			d.styleOf(to, to, b.id)
		} else {
			begin := len(d.p.Ints)
			d.p.op(patchSetText, int32(b.id))
			d.p.str(begin, b.text)
		}
	}
	if a.ext != b.ext {
		d.state(a, b, to)
	}
}

func (d *differ) attrs(id uint32, a, b []attr) {
	for _, x := range a {
		if !slices.ContainsFunc(b, func(y attr) bool { return y.name == x.name }) {
			begin := len(d.p.Ints)
			d.p.op(patchAttrRemoved, int32(id))
			d.p.str(begin, x.name)
		}
	}
	for _, y := range b {
		if !slices.Contains(a, y) {
			begin := len(d.p.Ints)
			d.p.op(patchAttr, int32(id))
			d.p.str(begin, y.name)
			d.p.str(begin, y.value)
		}
	}
}

var noExt = &ext{}

// state writes what differs in form state, boxes, scroll offsets and sheets; a is nil for
// a new node. What only a longer state has is put back by a value that says "none".
func (d *differ) state(a, b *node, to *state) {
	x, y := noExt, b.ext
	if a != nil && a.ext != nil {
		x = a.ext
	}
	if y == nil {
		y = noExt
	}
	id := int32(b.id)
	if x.box != y.box || x.boxW != y.boxW || x.boxH != y.boxH || x.boxReason != y.boxReason {
		reason := int32(y.boxReason)
		if !y.box {
			reason = -1
		}
		d.p.op(patchBox, id, y.boxW, y.boxH, reason)
	}
	d.sheetsOf(a, b, to, a == nil && isStyle(b))
	if !slices.Equal(x.adopted, y.adopted) {
		begin := len(d.p.Ints)
		d.p.op(patchAdopted, id)
		for _, s := range y.adopted {
			d.p.num(begin, int32(s))
		}
	}
	if x.hasValue != y.hasValue || x.value != y.value {
		begin := len(d.p.Ints)
		has := int32(0)
		if y.hasValue {
			has = 1
		}
		d.p.op(patchValue, id, has)
		d.p.str(begin, y.value)
	}
	if x.hasChecked != y.hasChecked || x.checked != y.checked {
		checked := int32(y.checked)
		if !y.hasChecked {
			checked = -1
		}
		d.p.op(patchChecked, id, checked)
	}
	if !slices.Equal(x.selected, y.selected) || (x.selected == nil) != (y.selected == nil) {
		begin := len(d.p.Ints)
		has := int32(0)
		if y.selected != nil {
			has = 1
		}
		d.p.op(patchSelected, id, has)
		for _, i := range y.selected {
			d.p.num(begin, i)
		}
	}
	if x.dialog != y.dialog {
		d.p.op(patchDialog, id, int32(y.dialog))
	}
	if x.scrollX != y.scrollX || x.scrollY != y.scrollY {
		d.p.op(patchScroll, id, y.scrollX, y.scrollY)
	}
}

// sheetsOf writes the sheets of an owner that differ; textChanged forces the owner's own.
func (d *differ) sheetsOf(a, b *node, to *state, textChanged bool) {
	var x, y []sheet
	if a != nil && a.ext != nil {
		x = a.ext.sheets
	}
	if b.ext != nil {
		y = b.ext.sheets
	}
	own := false
	for i := range y {
		var before *sheet
		for j := range x {
			if x[j].id == y[i].id {
				before = &x[j]
			}
		}
		force := textChanged && y[i].id == 0 && y[i].base == nil
		own = own || y[i].id == 0
		d.sheet(b, before, &y[i], to, force)
	}
	for j := range x {
		if !slices.ContainsFunc(y, func(s sheet) bool { return s.id == x[j].id }) {
			if x[j].id == 0 && isStyle(b) {
				continue
			}
			d.css(b, x[j].id, "", to)
		}
	}
	hadOwn := slices.ContainsFunc(x, func(s sheet) bool { return s.id == 0 })
	if !own && (textChanged || hadOwn) && isStyle(b) {
		d.css(b, 0, to.styleText(b), to)
	}
}

func (d *differ) sheet(owner *node, before, after *sheet, to *state, force bool) {
	edits := editsSince(before, after)
	if force || edits == nil {
		base := ""
		if after.base != nil {
			base = *after.base
		} else if owner.kind == kindElement && after.id == 0 {
			base = to.styleText(owner)
		}
		d.css(owner, after.id, base, to)
		edits = editsSince(&sheet{base: after.base}, after)
	}
	for i := len(edits) - 1; i >= 0; i-- {
		begin := len(d.p.Ints)
		insert := int32(0)
		if edits[i].insert {
			insert = 1
		}
		d.p.op(patchRule, int32(owner.id), int32(after.id), insert, int32(edits[i].index))
		d.p.str(begin, safeCSS(edits[i].text, d.look(to, owner)))
	}
}

// editsSince lists the edits from newest to oldest that turn before into after; nil when
// before is no ancestor of after.
func editsSince(before, after *sheet) []*sheetEdit {
	list := []*sheetEdit{}
	if before == nil || before.base != after.base {
		return nil
	}
	for e := after.edits; e != before.edits; e = e.before {
		if e == nil {
			return nil
		}
		list = append(list, e)
	}
	return list
}

func (d *differ) css(owner *node, sheet uint32, css string, to *state) {
	begin := len(d.p.Ints)
	d.p.op(patchCSS, int32(owner.id), int32(sheet))
	d.p.str(begin, safeCSS(css, d.look(to, owner)))
}

// styleText is the text of a style element's children.
func (s *state) styleText(n *node) string {
	if localName(n) != "style" {
		return ""
	}
	out, bytes := "", 0
	for c := n.first; c != 0; {
		t := s.get(c)
		if t.kind == kindText && bytes < maxTextBytes {
			out += t.text
			bytes += len(t.text)
		}
		c = t.next
	}
	return out
}

// quirks is 1 for a document without a doctype before its root element.
func (s *state) quirks(id uint32) int32 {
	for c := s.get(id).first; c != 0; c = s.get(c).next {
		switch s.get(c).kind {
		case kindDoctype:
			return 0
		case kindElement:
			return 1
		}
	}
	return 0
}
