package view

import "afterimage/wasm/wire"

// apply changes s by one op. born is the op's number in its epoch, from 1. The answer is
// "" or why the op was left out; it names ids, never content.
func (s *state) apply(o *op, born uint32, budget *int) string {
	switch o.kind {
	case wire.KindElement, wire.KindText, wire.KindOther:
		return s.applyNode(o, born, budget)
	case wire.KindShadowRoot, wire.KindFrameDocument:
		return s.applyRoot(o, born)
	case wire.KindMove:
		return s.applyMove(o, born, budget)
	case wire.KindRemove:
		if o.id <= 1 || s.get(o.id) == nil {
			return "remove: unknown node"
		}
		s.removeTree(o.id)
		return ""
	case wire.KindSnapshotBegin:
		s.cur.width, s.cur.height, s.cur.dpr1000 = clampCoordinate(o.num(0)), clampCoordinate(o.num(1)), clampCoordinate(o.num(2))
		s.cur.focus, s.cur.touches, s.cur.visual, s.cur.activityID = 0, nil, [5]int32{}, 0
		if o.num(3) != 0 || o.num(4) != 0 {
			e := s.ownExt(1)
			e.hasScroll, e.scrollX, e.scrollY = true, clampCoordinate(o.num(3)), clampCoordinate(o.num(4))
		}
		return ""
	case wire.KindAttr, wire.KindAttrRemoved, wire.KindSetText, wire.KindBox, wire.KindValue, wire.KindChecked, wire.KindSelected, wire.KindScroll, wire.KindDialogState, wire.KindAdopted:
		return s.applyChange(o)
	case wire.KindSheet, wire.KindRuleInsert, wire.KindRuleDelete:
		return s.applySheet(o)
	}
	s.applyCursor(o)
	return ""
}

func (s *state) applyNode(o *op, born uint32, budget *int) string {
	if o.id <= 1 || o.id >= maxNodeID {
		return "node: id out of range"
	}
	if s.count >= maxNodes {
		return "node: too many nodes"
	}
	p := s.get(o.parent)
	if p == nil {
		return "node: unknown parent"
	}
	if s.contains(o.id, o.parent) {
		return "node: inside itself"
	}
	if s.depth(o.parent) >= maxDepth {
		return "node: too deep"
	}
	if s.get(o.id) != nil {
		s.removeTree(o.id)
	}
	d := o.d()
	n := &node{id: o.id, born: born, place: born}
	switch o.kind {
	case wire.KindElement:
		n.kind, n.ns, n.name, n.attrs = kindElement, uint8(min(max(o.num(0), 0), 3)), d.name, d.attrs
	case wire.KindText:
		n.kind, n.text = kindText, d.text
	default:
		n.kind, n.name = kindComment, d.name
		if o.num(0) == kindDoctype {
			n.kind = kindDoctype
		}
	}
	s.put(n)
	if !s.link(n, o.parent, o.prev) {
		s.drop(o.id)
		return "node: parent takes no children"
	}
	return ""
}

func (s *state) applyRoot(o *op, born uint32) string {
	host := s.get(o.parent)
	if o.id <= 1 || o.id >= maxNodeID || host == nil || host.kind != kindElement {
		return "root: unknown host"
	}
	if s.count >= maxNodes || s.depth(o.parent) >= maxDepth {
		return "root: limit"
	}
	if s.contains(o.id, o.parent) {
		return "root: inside itself"
	}
	if s.get(o.id) != nil {
		s.removeTree(o.id)
	}
	n := &node{id: o.id, parent: o.parent, born: born, place: born, kind: kindShadow, flags: uint8(o.num(0))}
	if o.kind == wire.KindFrameDocument {
		n.kind, n.flags = kindDocument, 0
	}
	old := host.shadow
	if o.kind == wire.KindFrameDocument {
		old = host.frame
	}
	if old != 0 {
		s.removeTree(old)
	}
	s.put(n)
	host = s.own(o.parent)
	if o.kind == wire.KindFrameDocument {
		host.frame = o.id
	} else {
		host.shadow = o.id
	}
	return ""
}

func (s *state) applyMove(o *op, born uint32, budget *int) string {
	n := s.get(o.id)
	if n == nil || !s.isChild(n) || o.id <= 1 {
		return "move: unknown node"
	}
	p := s.get(o.parent)
	if p == nil || (p.kind != kindElement && p.kind != kindDocument && p.kind != kindShadow) {
		return "move: unknown parent"
	}
	if n.parent != o.parent {
		if s.contains(o.id, o.parent) {
			return "move: inside itself"
		}
		depth := s.depth(o.parent) + 1
		if depth > maxDepth {
			return "move: too deep"
		}
		if depth > s.depth(o.id) {
			h, visited, ok := s.height(o.id, *budget)
			*budget -= visited
			if !ok || depth+h > maxDepth {
				return "move: too deep"
			}
		}
	}
	n = s.own(o.id)
	s.unlink(n)
	n.place = born
	s.link(n, o.parent, o.prev)
	return ""
}

func (s *state) applyChange(o *op) string {
	n := s.get(o.id)
	if n == nil || o.id == 0 {
		return "change: unknown node"
	}
	d := o.d()
	switch o.kind {
	case wire.KindAttr, wire.KindAttrRemoved:
		if n.kind != kindElement {
			return "attribute: not an element"
		}
		s.setAttr(o.id, d.name, d.text, o.kind == wire.KindAttrRemoved)
		return ""
	case wire.KindSetText:
		if n.kind != kindText {
			return "text: not a text node"
		}
		s.own(o.id).text = d.text
		return ""
	case wire.KindScroll:
		if n.kind != kindElement && n.kind != kindDocument {
			return "scroll: not an element"
		}
	case wire.KindAdopted:
		if n.kind != kindDocument && n.kind != kindShadow {
			return "adopted sheets: not a root"
		}
	default:
		if n.kind != kindElement {
			return "state: not an element"
		}
	}
	e := s.ownExt(o.id)
	switch o.kind {
	case wire.KindBox:
		e.box, e.boxW, e.boxH, e.boxReason = true, max(clampCoordinate(o.num(0)), 0), max(clampCoordinate(o.num(1)), 0), uint8(o.num(2))
	case wire.KindValue:
		e.hasValue, e.value = true, d.text
	case wire.KindChecked:
		e.hasChecked, e.checked = true, uint8(min(max(o.num(0), 0), 2))
	case wire.KindSelected:
		e.selected = make([]int32, 0, len(d.nums))
		for _, i := range d.nums {
			e.selected = append(e.selected, clampCoordinate(i))
		}
	case wire.KindScroll:
		e.hasScroll, e.scrollX, e.scrollY = true, clampCoordinate(o.num(0)), clampCoordinate(o.num(1))
	case wire.KindDialogState:
		e.dialog = uint8(min(max(o.num(0), 0), 2))
	case wire.KindAdopted:
		e.adopted = make([]uint32, 0, len(d.nums))
		for _, i := range d.nums[:min(len(d.nums), maxSheets)] {
			e.adopted = append(e.adopted, uint32(i))
		}
	}
	return ""
}

func (s *state) setAttr(id uint32, name, value string, remove bool) {
	n := s.own(id)
	at := -1
	for i := range n.attrs {
		if n.attrs[i].name == name {
			at = i
			break
		}
	}
	if at < 0 && (remove || len(n.attrs) >= maxAttrs) {
		return
	}
	attrs := make([]attr, 0, len(n.attrs)+1)
	attrs = append(attrs, n.attrs...)
	switch {
	case remove:
		attrs = append(attrs[:at], attrs[at+1:]...)
	case at < 0:
		attrs = append(attrs, attr{name, value})
	default:
		attrs[at].value = value
	}
	n.attrs = attrs
}

// applySheet changes the rules of a sheet. Sheet 0 is the owner's own; owner 0 has the
// constructed ones. A deletion directly after nothing but insertions at that place is not
// folded: the browser's own CSSOM decides what an index means.
func (s *state) applySheet(o *op) string {
	n := s.get(o.id)
	if n == nil || (o.id != 0 && n.kind != kindElement && n.kind != kindDocument && n.kind != kindShadow) {
		return "sheet: unknown owner"
	}
	id := uint32(o.num(0))
	e := s.ownExt(o.id)
	at := -1
	for i := range e.sheets {
		if e.sheets[i].id == id {
			at = i
			break
		}
	}
	if at < 0 && len(e.sheets) >= maxSheets {
		return "sheet: too many sheets"
	}
	sheets := make([]sheet, len(e.sheets), len(e.sheets)+1)
	copy(sheets, e.sheets)
	if at < 0 {
		at = len(sheets)
		sheets = append(sheets, sheet{id: id})
	}
	sh := &sheets[at]
	switch o.kind {
	case wire.KindSheet:
		base := o.d().text
		sh.base, sh.edits = &base, nil
	default:
		edit := &sheetEdit{before: sh.edits, n: 1, insert: o.kind == wire.KindRuleInsert, index: uint32(clampCoordinate(o.num(1))), text: o.d().text}
		if sh.edits != nil {
			edit.n = sh.edits.n + 1
		}
		sh.edits = edit
	}
	e.sheets = sheets
	return ""
}

func (s *state) applyCursor(o *op) {
	c := &s.cur
	switch o.kind {
	case wire.KindTouch:
		c.touches = touchesAfter(c.touches, o)
	case wire.KindFocus:
		c.focus = 0
		if o.id > 1 && s.get(o.id) != nil {
			c.focus = o.id
		}
	case wire.KindResize:
		c.width, c.height, c.dpr1000 = clampCoordinate(o.num(0)), clampCoordinate(o.num(1)), clampCoordinate(o.num(2))
	case wire.KindVisibility:
		c.hidden = o.num(0) == 0
	case wire.KindNavigate:
		c.url = o.d().text
	case wire.KindLeave:
		c.left = true
	case wire.KindViewport:
		for i := range c.visual {
			c.visual[i] = clampCoordinate(o.num(i))
		}
	case wire.KindMeta:
		if o.num(0) == metaEntryURL && c.url == "" {
			c.url = o.d().text
		}
		c.media.note(o.num(0), o.d().text)
	case wire.KindActivity:
		c.activityID, c.activityAt, c.activityCount = o.id, int64(o.at), clampCoordinate(o.num(1))
	case wire.KindKey:
		if c.activityID != o.id {
			c.activityCount = 0
		}
		c.activityID, c.activityAt = o.id, int64(o.at)
		c.activityCount++
	case wire.KindValue:
	}
}

// Touch kinds of the op protocol.
const touchStart, touchMove = 0, 1

func touchesAfter(old []touchPoint, o *op) []touchPoint {
	nums := o.d().nums
	if len(nums) == 0 {
		return old
	}
	kind := nums[0]
	out := append([]touchPoint(nil), old...)
	for nums = nums[1:]; len(nums) >= 4; nums = nums[4:] {
		at := -1
		for i := range out {
			if out[i].ident == nums[0] {
				at = i
			}
		}
		switch {
		case kind > touchMove:
			if at >= 0 {
				out = append(out[:at], out[at+1:]...)
			}
		case at >= 0:
			out[at] = touchPoint{nums[0], clampCoordinate(nums[2]), clampCoordinate(nums[3])}
		case len(out) < 16:
			out = append(out, touchPoint{nums[0], clampCoordinate(nums[2]), clampCoordinate(nums[3])})
		}
	}
	return out
}
