package view

import "strings"

// HTML is the page at session time atMs as one HTML text: what the patches would show, with
// values, checked and selected state in attributes, shadow roots as declarative templates,
// framed documents in a template, sheets as style elements. It is as inert as the patches, and
// has no assets: whoever reads it has no way to load them.
func (s *Session) HTML(atMs int64) string {
	_, _, _, st := s.stateAt(atMs)
	if st == nil {
		return ""
	}
	w := htmlWriter{st: st}
	w.children(1)
	return w.b.String()
}

type htmlWriter struct {
	st *state
	b  strings.Builder
}

var voidElement = map[string]bool{
	"area": true, "base": true, "br": true, "col": true, "embed": true, "hr": true, "img": true, "input": true,
	"link": true, "meta": true, "source": true, "track": true, "wbr": true, "param": true, "basefont": true,
	"bgsound": true, "keygen": true, "image": true,
}

// children writes what is below root. It keeps its own stack: depth is the recording's.
func (w *htmlWriter) children(root uint32) {
	type todo struct {
		id  uint32
		end string // to write instead of a node
	}
	var stack []todo
	push := func(n *node) {
		for c := n.last; c != 0; c = w.st.get(c).prev {
			stack = append(stack, todo{id: c})
		}
	}
	push(w.st.get(root))
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if t.end != "" {
			w.b.WriteString(t.end)
			continue
		}
		n := w.st.get(t.id)
		switch n.kind {
		case kindText:
			w.b.WriteString(escapeText(n.text))
		case kindDoctype:
			w.b.WriteString("<!DOCTYPE html>")
		case kindComment:
			w.b.WriteString("<!---->")
		case kindElement:
			name := outName(n)
			w.startTag(n, name)
			if n.ns == nsHTML && voidElement[name] {
				w.sheets(n, "<style>", "</style>")
				continue
			}
			stack = append(stack, todo{end: "</" + name + ">"})
			local := localName(n)
			if local == "style" {
				w.sheets(n, "", "")
				continue
			}
			if local == "textarea" && n.ext != nil && n.ext.hasValue {
				w.b.WriteString(escapeText("\n" + n.ext.value))
				continue
			}
			if !opaque(local) {
				push(n)
			}
			if n.frame != 0 {
				stack = append(stack, todo{end: "</template>"})
				push(w.st.get(n.frame))
				stack = append(stack, todo{end: `<template data-afterimage-frame="">`})
			}
			if n.shadow != 0 {
				stack = append(stack, todo{end: "</template>"})
				push(w.st.get(n.shadow))
				stack = append(stack, todo{end: `<template shadowrootmode="open">`})
			}
		}
	}
}

func (w *htmlWriter) startTag(n *node, name string) {
	w.b.WriteByte('<')
	w.b.WriteString(name)
	local := localName(n)
	e := n.ext
	if e == nil {
		e = noExt
	}
	for _, a := range safeAttrs(n, look{media: w.st.cur.media}) {
		lower := strings.ToLower(a.name)
		if e.hasValue && local == "input" && lower == "value" || e.hasChecked && lower == "checked" {
			continue
		}
		w.attr(a.name, a.value)
	}
	if e.hasValue && local == "input" {
		w.attr("value", e.value)
	}
	if e.checked == 1 {
		w.attr("checked", "")
	}
	if e.box {
		word := "replaced"
		if e.boxReason == 1 {
			word = "blocked"
		}
		w.attr("data-afterimage-box", word+" "+itoa(int64(e.boxW))+"x"+itoa(int64(e.boxH)))
	}
	w.b.WriteByte('>')
}

func (w *htmlWriter) attr(name, value string) {
	w.b.WriteByte(' ')
	w.b.WriteString(name)
	w.b.WriteString(`="`)
	w.b.WriteString(escapeAttr(value))
	w.b.WriteByte('"')
}

// sheets writes the rules of an owner between open and end. Edits are listed after the text
// they change: their indexes are the browser's to resolve, not this package's.
func (w *htmlWriter) sheets(n *node, open, end string) {
	text := w.st.styleText(n)
	var edits []*sheetEdit
	if n.ext != nil {
		for i := range n.ext.sheets {
			if sh := &n.ext.sheets[i]; sh.id == 0 {
				if sh.base != nil {
					text = *sh.base
				}
				edits = editsSince(&sheet{base: sh.base}, sh)
			}
		}
	}
	if text == "" && len(edits) == 0 {
		return
	}
	w.b.WriteString(open)
	w.css(text)
	for i := len(edits) - 1; i >= 0; i-- {
		if edits[i].insert {
			w.b.WriteByte('\n')
			w.css(edits[i].text)
		}
	}
	w.b.WriteString(end)
}

// css writes rules so that no end tag can stand in them: "<\/" is "</" in a CSS string.
func (w *htmlWriter) css(text string) {
	w.b.WriteString(strings.ReplaceAll(safeCSS(text, look{media: w.st.cur.media}), "</", `<\/`))
}

var textEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\u00a0", "&nbsp;")
var attrEscaper = strings.NewReplacer("&", "&amp;", `"`, "&quot;", "<", "&lt;", ">", "&gt;", "\u00a0", "&nbsp;")

func escapeText(s string) string { return textEscaper.Replace(s) }
func escapeAttr(s string) string { return attrEscaper.Replace(s) }
