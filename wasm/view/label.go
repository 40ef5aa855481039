package view

import "strings"

// labelNodes bounds the search for a field's label, which each key in it may cost.
const labelNodes = 2000

// fieldLabel is what the page calls a field: the text of the label around it, or of the
// nearest one that names its id. Empty where there is none, or where its text is masked: then
// another of the field's names may tell more.
func (s *state) fieldLabel(n *node) string {
	for p, i := s.get(n.parent), 0; p != nil && i < 16; p, i = s.get(p.parent), i+1 {
		if isLabel(p) {
			return s.caption(p)
		}
	}
	id := n.attr("id")
	if id == "" {
		return ""
	}
	budget := labelNodes
	for from, p := n, s.get(n.parent); p != nil && budget > 0; from, p = p, s.get(p.parent) {
		if l := s.labelBelow(p, from.id, id, &budget); l != nil {
			return s.caption(l)
		}
		if p.kind != kindElement {
			return "" // the root of a document or shadow tree: ids end there
		}
	}
	return ""
}

func isLabel(n *node) bool {
	return n.kind == kindElement && n.ns == nsHTML && strings.EqualFold(n.name, "label")
}

// labelBelow is the first label for id below p, but not below except.
func (s *state) labelBelow(p *node, except uint32, id string, budget *int) *node {
	for stack := []uint32{p.first}; len(stack) > 0; {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		n := s.get(at)
		if at == 0 || n == nil { // 0 is no child, though a node has it
			continue
		}
		if *budget--; *budget < 0 {
			return nil
		}
		stack = append(stack, n.next)
		if at == except {
			continue
		}
		if isLabel(n) && n.attr("for") == id {
			return n
		}
		stack = append(stack, n.first)
	}
	return nil
}

// caption is the text of a label without that of controls in it.
func (s *state) caption(l *node) string {
	text := s.textBelow(l.id, func(n *node) bool {
		switch strings.ToLower(n.name) {
		case "select", "textarea", "button", "datalist", "output":
			return true
		}
		return opaque(localName(n))
	})
	if !masked(text) {
		return text
	}
	return ""
}

// masked reports whether nothing but the mask's characters (wasm/mask/POLICY.md) is in a text.
func masked(text string) bool {
	return strings.Trim(text, "xｘ• …:*") == ""
}
