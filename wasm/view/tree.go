package view

// link puts n (owned by s, not in a child list) under parent, after prev (0: first).
// An unknown prev puts it last. It answers false where the tree does not allow it.
func (s *state) link(n *node, parent, prev uint32) bool {
	p := s.get(parent)
	if p == nil || (p.kind != kindElement && p.kind != kindDocument && p.kind != kindShadow) {
		return false
	}
	p = s.own(parent)
	if prev != 0 {
		if b := s.get(prev); b == nil || b.parent != parent || prev == n.id || !s.isChild(b) {
			prev = p.last
		}
	}
	n.parent, n.prev = parent, prev
	if prev == 0 {
		n.next = p.first
		p.first = n.id
	} else {
		b := s.own(prev)
		n.next = b.next
		b.next = n.id
	}
	if n.next == 0 {
		p.last = n.id
	} else {
		s.own(n.next).prev = n.id
	}
	return true
}

// isChild tells a child from a shadow root or framed document, which have a parent too.
func (s *state) isChild(n *node) bool {
	if n.kind == kindShadow || n.kind == kindDocument {
		return false
	}
	return n.parent != 0
}

// unlink takes n (owned) out of its parent's list, or off its host.
func (s *state) unlink(n *node) {
	if n.parent == 0 {
		return
	}
	if s.get(n.parent) == nil {
		n.parent, n.prev, n.next = 0, 0, 0
		return
	}
	p := s.own(n.parent)
	switch {
	case p.shadow == n.id:
		p.shadow = 0
	case p.frame == n.id:
		p.frame = 0
	default:
		if n.prev == 0 {
			p.first = n.next
		} else {
			s.own(n.prev).next = n.next
		}
		if n.next == 0 {
			p.last = n.prev
		} else {
			s.own(n.next).prev = n.prev
		}
	}
	n.parent, n.prev, n.next = 0, 0, 0
}

// removeTree ends id and all below it.
func (s *state) removeTree(id uint32) {
	s.unlink(s.own(id))
	var ids []uint32
	s.walk(id, func(n *node, _ int) bool { ids = append(ids, n.id); return true })
	for _, d := range ids {
		s.drop(d)
	}
	if s.get(s.cur.focus) == nil {
		s.cur.focus = 0
	}
}

// height is the composed height of id's subtree, counted up to limit nodes; ok is false
// when it has more.
func (s *state) height(id uint32, limit int) (h, visited int, ok bool) {
	s.walk(id, func(n *node, depth int) bool {
		visited++
		h = max(h, depth)
		return visited <= limit
	})
	return h, visited, visited <= limit
}
