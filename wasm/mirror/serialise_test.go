package mirror

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"
)

// dom is a node of a made-up document, serialised as a browser would.
type dom struct {
	typ   int32 // shape type; 2 for every text
	name  string
	data  string // text, comment, or a template's content
	attrs [][2]string
	kids  []*dom
}

var escapeText = strings.NewReplacer("&", "&amp;", "\u00a0", "&nbsp;", "<", "&lt;", ">", "&gt;")
var escapeAttr = strings.NewReplacer("&", "&amp;", "\u00a0", "&nbsp;", `"`, "&quot;", "<", "&lt;", ">", "&gt;")

const voids = " area base br col embed hr img input link meta source track wbr "
const raws = " style script xmp iframe noembed noframes plaintext noscript template "

func u16(s string) int32 { return int32(len(utf16.Encode([]rune(s)))) }

func (d *dom) html(b *strings.Builder, raw bool) {
	switch d.typ {
	case shapeText:
		if raw {
			b.WriteString(d.data)
		} else {
			b.WriteString(escapeText.Replace(d.data))
		}
		return
	case shapeComment:
		b.WriteString("<!--" + d.data + "-->")
		return
	}
	b.WriteString("<" + d.name)
	for _, a := range d.attrs {
		b.WriteString(" " + a[0] + `="` + escapeAttr.Replace(a[1]) + `"`)
	}
	b.WriteString(">")
	if d.typ == shapeHTML && strings.Contains(voids, " "+d.name+" ") {
		return
	}
	b.WriteString(d.inner())
	b.WriteString("</" + d.name + ">")
}

func (d *dom) inner() string {
	if d.name == "template" && d.typ == shapeRaw {
		return d.data
	}
	var b strings.Builder
	for _, k := range d.kids {
		k.html(&b, d.typ == shapeRaw)
	}
	return b.String()
}

// shapeOf walks as the bridge does.
func shapeOf(list []*dom) []int32 {
	var out []int32
	closes := int32(0)
	var walk func(list []*dom)
	walk = func(list []*dom) {
		for i, d := range list {
			v := d.typ
			if d.typ == shapeText && i > 0 && list[i-1].typ == shapeText {
				v = shapeNextText
			}
			head := v | closes<<4
			closes = 0
			if len(d.kids) > 0 {
				head |= 8
			}
			out = append(out, head)
			switch v {
			case shapeNextText, shapeComment:
				out = append(out, u16(d.data))
			case shapeRaw:
				out = append(out, u16(d.inner()))
			}
			if len(d.kids) > 0 {
				walk(d.kids)
				closes++
			}
		}
	}
	walk(list)
	return out
}

func count(list []*dom) int {
	n := 0
	for _, d := range list {
		n += 1 + count(d.kids)
	}
	return n
}

// want is what the wire shows of the document on an allowed page: no raw text but CSS.
func want(list []*dom, b *strings.Builder, parent string) {
	for _, d := range list {
		switch d.typ {
		case shapeText:
			if !strings.Contains(" script xmp iframe noembed noframes noscript template ", " "+parent+" ") {
				b.WriteString(d.data)
			}
		case shapeComment:
			b.WriteString("<!>")
		default:
			b.WriteString("<" + d.name)
			for _, a := range d.attrs {
				b.WriteString(" " + a[0] + "=" + quote(a[1]))
			}
			b.WriteString(">")
			want(d.kids, b, d.name)
			b.WriteString("</" + d.name + ">")
		}
	}
}

func quote(s string) string {
	n := &pageNode{kind: 3, name: "q", attrs: map[string]string{"a": s}}
	var b strings.Builder
	n.write(&b)
	return strings.TrimSuffix(strings.TrimPrefix(b.String(), "<q a="), "></q>")
}

var nasty = []string{"a", "b c", "</style>", "</p>", "<b>", "<!--", "-->", "&", "&amp;", `"`, ">", "<", "\u00a0", "é", "漢字", "😀", "\n", "</template>", "</script><p>", `x="y"`, "\U0001F468", "", "]]>"}

func randomText(r *rand.Rand) string {
	s := ""
	for range r.IntN(4) {
		s += nasty[r.IntN(len(nasty))]
	}
	return s
}

func randomList(r *rand.Rand, depth int, parent string) []*dom {
	var out []*dom
	for range r.IntN(4) {
		switch r.IntN(8) {
		case 0, 1, 2:
			out = append(out, &dom{typ: shapeText, data: randomText(r)})
		case 3:
			s := strings.NewReplacer("-->", "", "<!--", "").Replace(randomText(r))
			out = append(out, &dom{typ: shapeComment, data: s})
		case 4:
			out = append(out, &dom{typ: shapeHTML, name: []string{"br", "hr", "img"}[r.IntN(3)]})
		case 5:
			d := &dom{typ: shapeRaw, name: []string{"script", "noscript", "template", "iframe"}[r.IntN(4)]}
			if d.name == "template" {
				d.data = randomText(r)
			} else {
				for range r.IntN(3) {
					d.kids = append(d.kids, &dom{typ: shapeText, data: randomText(r)})
				}
			}
			out = append(out, d)
		default:
			d := &dom{typ: shapeHTML, name: []string{"p", "div", "span", "b"}[r.IntN(4)]}
			if r.IntN(4) == 0 {
				d = &dom{typ: shapeSVG, name: []string{"svg", "g", "path"}[r.IntN(3)]}
			}
			if r.IntN(2) == 0 {
				d.attrs = append(d.attrs, [2]string{"title", randomText(r)})
			}
			if depth > 0 {
				d.kids = randomList(r, depth-1, d.name)
			}
			out = append(out, d)
		}
	}
	return out
}

// checkTree reads a document by its own shape and compares what the wire shows.
func checkTree(t *testing.T, list []*dom) {
	t.Helper()
	var html, w strings.Builder
	for _, d := range list {
		d.html(&html, false)
	}
	shape := shapeOf(list)
	c := start(t, 1)
	must(t, c, new(batch).tree(1, 0, 2, count(list), nil, nil, shape, html.String()))
	if len(c.Resend()) != 0 {
		t.Fatalf("mismatch on what was serialised by its own shape %v: %q", shape, html.String())
	}
	p := newPage()
	p.read(t, c, 0)
	want(list, &w, "")
	if got := p.String(); got != w.String() {
		t.Fatalf("%q\ngot  %q\nwant %q", html.String(), got, w.String())
	}
	if c.live != count(list)+1 {
		t.Fatalf("mirror: got %d nodes, want %d", c.live, count(list)+1)
	}
}

// FuzzHTMLReader: whatever the document, the mirror equals it, and a string of another
// shape is refused whole.
func FuzzHTMLReader(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed, "</style>", 0, byte(0))
	}
	f.Fuzz(func(t *testing.T, seed uint64, cut string, at int, with byte) {
		r := rand.New(rand.NewPCG(seed, 1))
		list := randomList(r, 4, "")
		checkTree(t, list)

		// The same shape with another string: refused, or the string reads as that shape.
		var html strings.Builder
		for _, d := range list {
			d.html(&html, false)
		}
		s := html.String()
		if at < 0 || at > len(s) {
			at = r.IntN(len(s) + 1)
		}
		end := min(len(s), at+int(with)%8)
		s = strings.ToValidUTF8(s[:at]+strings.ReplaceAll(cut, "\x00", "")+s[end:], "?")
		n := count(list)
		c := start(t, 1)
		must(t, c, new(batch).tree(1, 0, 2, n, nil, nil, shapeOf(list), s))
		p := newPage()
		p.read(t, c, 0)
		if len(c.Resend()) != 0 {
			if c.live != 1 || p.String() != "" {
				t.Fatalf("refused, but %d nodes stay: %q", c.live, p.String())
			}
			return
		}
		if c.live != n+1 {
			t.Fatalf("accepted %q with %d nodes, want %d", s, c.live-1, n)
		}
	})
}

func TestReaderTakesNoOtherTree(t *testing.T) {
	style := func(n int32, kids ...int32) []int32 { return append([]int32{shapeRaw | 8, n}, kids...) }
	for _, c := range []struct {
		name  string
		shape []int32
		n     int
		html  string
		ok    bool
	}{
		{"style text that ends its element", style(17, shapeText), 2, `<style>a</style><p></p>b</style>`, true},
		{"style text one unit short", style(16, shapeText), 2, `<style>a</style><p></p>b</style>`, false},
		{"text with a tag in it", []int32{shapeHTML | 8, shapeText}, 2, `<p>a<b></b></p>`, false},
		{"missing end tag", []int32{shapeHTML | 8, shapeText}, 2, `<p>a`, false},
		{"wrong end tag", []int32{shapeHTML | 8, shapeText}, 2, `<p>a</b>`, false},
		{"more after the end", []int32{shapeHTML}, 1, `<p></p>x`, false},
		{"unquoted attribute", []int32{shapeHTML}, 1, `<p a=b></p>`, false},
		{"attribute without value", []int32{shapeHTML}, 1, `<p a></p>`, false},
		{"unknown entity", []int32{shapeText}, 1, `&copy;`, false},
		{"bare ampersand", []int32{shapeText}, 1, `a & b`, false},
		{"adjacent texts", []int32{shapeText, shapeNextText, 1, shapeNextText, 0}, 3, `&lt;b`, true},
		{"adjacent texts longer than the run", []int32{shapeText, shapeNextText, 9}, 2, `ab`, false},
		{"adjacent texts cut inside a character", []int32{shapeText, shapeNextText, 1}, 2, `😀`, false},
		{"comment longer than it says", []int32{shapeComment, 1}, 1, `<!--ab-->`, false},
		{"kids of a void element", []int32{shapeHTML | 8, shapeText}, 2, `<br>a</br>`, true},
		{"node count differs", []int32{shapeHTML}, 2, `<p></p>`, false},
		{"close without open", []int32{shapeHTML, shapeHTML | 1<<4}, 2, `<p></p><p></p>`, false},
		{"shape ends in the middle", []int32{shapeComment}, 1, `<!---->`, false},
		{"type 0", []int32{0}, 1, ``, false},
		{"raw element with text but no kids", []int32{shapeRaw, 1}, 1, `<style>a</style>`, false},
		{"template content is skipped", []int32{shapeRaw, 8}, 1, `<template><p>x</p></template>`, true},
		{"svg has no void elements", []int32{shapeSVG}, 1, `<br>`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			core := start(t, 0)
			must(t, core, new(batch).tree(1, 0, 2, c.n, nil, nil, c.shape, c.html))
			if got := len(core.Resend()) == 0; got != c.ok {
				t.Errorf("%q: got accepted %v, want %v", c.html, got, c.ok)
			}
			if !c.ok && core.live != 1 {
				t.Errorf("got %d nodes left, want none", core.live-1)
			}
		})
	}
}
