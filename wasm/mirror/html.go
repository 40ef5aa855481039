package mirror

// The reader of op tree: it reads what the browser's serialiser wrote
// (https://html.spec.whatwg.org/#serialising-html-fragments), guided by the shape that the
// walk saw. It is no HTML parser: every node, every length and every end tag is known
// beforehand, so no text of a page can make it see another tree. It runs twice over the
// string, first without effects, so that a string of another shape leaves nothing behind.

// reader holds the scratch of one op tree.
type reader struct {
	levels []level
	attrs  []pair
	plain  []byte // unescaped attribute values and texts of one element
}

// level is an open element.
type level struct {
	from, to int   // its name in the string, for the end tag
	rawEnd   int   // raw element: where its text ends, else −1
	slot     int32 // in the second run
}

// treeOp is one op tree.
type treeOp struct {
	parent, prev int32 // slots
	first        uint32
	count        int
	marks        []int32 // (id, bits)…, ids ascending
	shape        []int32
	html         []byte
}

// readTree reads the string by its shape; with write it makes the nodes, which it must
// only do after a run without it said yes.
func (c *Core) readTree(t *treeOp, write bool) bool {
	s, shape := t.html, t.shape
	i, n, mark := 0, 0, 0
	levels := c.levels[:0]
	parent, prev := t.parent, t.prev
	open := true // the node before opened a level, or there is none
	for k := 0; k < len(shape); n++ {
		v := shape[k]
		k++
		typ, kids, closes := v&7, v>>3&1 != 0, int(uint32(v)>>4)
		extra := 0
		if typ == shapeNextText || typ == shapeComment || typ == shapeRaw {
			if k == len(shape) || shape[k] < 0 {
				return false
			}
			extra = int(shape[k])
			k++
		}
		if n >= t.count || closes > len(levels) || open && closes > 0 {
			return false
		}
		for ; closes > 0; closes-- {
			if i = c.endTag(s, i, levels[len(levels)-1]); i < 0 {
				return false
			}
			levels = levels[:len(levels)-1]
		}
		rawEnd := -1
		if len(levels) > 0 {
			rawEnd = levels[len(levels)-1].rawEnd
		}
		if write {
			parent, prev = t.parent, t.prev
			if len(levels) > 0 {
				parent = levels[len(levels)-1].slot
				prev = c.n(parent).last
			}
		}
		id := t.first + uint32(n)
		open = false
		made := int32(0)
		switch typ {
		case shapeText, shapeNextText:
			if kids {
				return false
			}
			end := -1
			switch {
			case typ == shapeNextText:
				if end = advanceEscaped(s, i, extra, rawEnd >= 0); end > len(s) || rawEnd >= 0 && end > rawEnd {
					return false
				}
			default:
				end = c.firstText(s, i, rawEnd, shape[k:])
			}
			if end < 0 {
				return false
			}
			if write {
				data := s[i:end]
				if rawEnd < 0 {
					c.plain = c.plain[:0]
					data = c.unescape(data)
				}
				made = c.addText(parent, prev, id, data)
			}
			i = end
		case shapeComment:
			end := -1
			if kids || rawEnd >= 0 || !at(s, i, "<!--") {
				return false
			}
			if end = advance(s, i+4, extra); end < 0 || !at(s, end, "-->") {
				return false
			}
			i = end + 3
			if write {
				made = c.addOther(parent, prev, id, 8, nil)
			}
		case shapeHTML, shapeSVG, shapeMathML, shapeRaw:
			if rawEnd >= 0 || i >= len(s) || s[i] != '<' {
				return false
			}
			from := i + 1
			to := from
			for to < len(s) && s[to] > ' ' && s[to] != '>' && s[to] != '/' && s[to] != '<' {
				to++
			}
			if to == from || !letter(s[from]) {
				return false
			}
			if i = c.startTag(s, to, write); i < 0 {
				return false
			}
			lv := level{from: from, to: to, rawEnd: -1}
			if typ == shapeRaw {
				if lv.rawEnd = advance(s, i, extra); lv.rawEnd < 0 {
					return false
				}
			}
			if write {
				bits := uint8(0)
				for mark+1 < len(t.marks) && uint32(t.marks[mark]) <= id {
					if uint32(t.marks[mark]) == id {
						bits |= uint8(t.marks[mark+1])
					}
					mark += 2
				}
				ns := uint8(0)
				if typ == shapeSVG || typ == shapeMathML {
					ns = uint8(typ - shapeSVG + 1)
				}
				made = c.addElement(parent, prev, id, ns, s[from:to], c.attrs, bits)
				lv.slot = made
			}
			switch {
			case kids:
				levels = append(levels, lv)
				c.levels = levels
				open = true
			case typ == shapeRaw:
				if lv.rawEnd != i && !same(s[from:to], "template") {
					return false
				}
				if i = c.endTag(s, lv.rawEnd, lv); i < 0 {
					return false
				}
			default:
				if e := c.endTag(s, i, lv); e >= 0 {
					i = e
				} else if typ != shapeHTML || !void(s[from:to]) {
					return false
				}
			}
		default:
			return false
		}
		if write && len(levels) == 0 || write && open && len(levels) == 1 {
			t.prev = made
		}
	}
	for len(levels) > 0 {
		if i = c.endTag(s, i, levels[len(levels)-1]); i < 0 {
			return false
		}
		levels = levels[:len(levels)-1]
	}
	return i == len(s) && n == t.count
}

// firstText returns the end of the first text of a run: what the texts that follow it
// (their lengths stand in the shape) leave of the run. −1 if that is no text.
func (c *Core) firstText(s []byte, i, rawEnd int, rest []int32) int {
	raw := rawEnd >= 0
	end := rawEnd
	if !raw {
		end = i
		for end < len(s) && s[end] != '<' {
			if s[end] == '>' {
				return -1
			}
			if s[end] == '&' {
				n, _ := entity(s, end)
				if n == 0 {
					return -1
				}
				end += n
				continue
			}
			end++
		}
	}
	if len(rest) == 0 || rest[0] != shapeNextText {
		return end
	}
	total := units(s[i:end])
	if !raw {
		for k := i; k < end; {
			if s[k] != '&' {
				k++
				continue
			}
			n, _ := entity(s, k)
			total -= n - 1
			k += n
		}
	}
	for k := 0; k+1 < len(rest) && rest[k] == shapeNextText; k += 2 {
		if rest[k+1] < 0 || int(rest[k+1]) > total {
			return -1
		}
		total -= int(rest[k+1])
	}
	return advanceEscaped(s, i, total, raw)
}

// advanceEscaped is advance where escaped characters count as one unit.
func advanceEscaped(s []byte, i, n int, raw bool) int {
	if raw {
		return advance(s, i, n)
	}
	for n > 0 {
		if i >= len(s) || s[i] == '<' || s[i] == '>' {
			return -1
		}
		b := s[i]
		switch {
		case b == '&':
			l, _ := entity(s, i)
			if l == 0 {
				return -1
			}
			i += l
		case b < 0x80:
			i++
		case b < 0xe0:
			i += 2
		case b < 0xf0:
			i += 3
		default:
			i += 4
			n--
		}
		n--
	}
	if n < 0 || i > len(s) {
		return -1
	}
	return i
}

// endTag returns the index after the end tag of lv at s[i], or −1.
//
//go:noinline
func (c *Core) endTag(s []byte, i int, lv level) int {
	n := lv.to - lv.from
	if lv.rawEnd >= 0 && i != lv.rawEnd || i+n+3 > len(s) || s[i] != '<' || s[i+1] != '/' || s[i+2+n] != '>' {
		return -1
	}
	for k := 0; k < n; k++ {
		if s[i+2+k] != s[lv.from+k] {
			return -1
		}
	}
	return i + n + 3
}

// startTag reads the attributes after a tag's name at s[i] and returns the index after the
// tag, or −1. With keep they stand in c.attrs, unescaped.
func (c *Core) startTag(s []byte, i int, keep bool) int {
	c.attrs, c.plain = c.attrs[:0], c.plain[:0]
	for {
		if i >= len(s) {
			return -1
		}
		if s[i] == '>' {
			return i + 1
		}
		if s[i] != ' ' {
			return -1
		}
		i++
		from := i
		for i < len(s) && s[i] > ' ' && s[i] != '=' && s[i] != '>' && s[i] != '/' {
			i++
		}
		to := i
		if to == from || i+1 >= len(s) || s[i] != '=' || s[i+1] != '"' {
			return -1
		}
		i += 2
		value := i
		escaped := false
		for i < len(s) && s[i] != '"' {
			if s[i] == '&' {
				n, _ := entity(s, i)
				if n == 0 {
					return -1
				}
				escaped = true
				i += n
				continue
			}
			i++
		}
		if i >= len(s) {
			return -1
		}
		if keep {
			v := s[value:i]
			if escaped {
				v = c.unescape(v)
			}
			c.attrs = append(c.attrs, pair{s[from:to], v})
		}
		i++
	}
}

// entity returns the length of the escape at s[i] (an &) and its character, 0 if it is not
// one that the serialiser writes.
//
//go:noinline
func entity(s []byte, i int) (n int, char byte) {
	switch {
	case at(s, i, "&amp;"):
		return 5, '&'
	case at(s, i, "&lt;"):
		return 4, '<'
	case at(s, i, "&gt;"):
		return 4, '>'
	case at(s, i, "&quot;"):
		return 6, '"'
	case at(s, i, "&nbsp;"):
		return 6, 0xa0
	}
	return 0, 0
}

// unescape appends s to the scratch without escapes, and returns that. Text without any is
// returned as it is.
func (c *Core) unescape(s []byte) []byte {
	first := 0
	for first < len(s) && s[first] != '&' {
		first++
	}
	if first == len(s) {
		return s
	}
	start := len(c.plain)
	c.plain = append(c.plain, s[:first]...)
	for i := first; i < len(s); {
		if s[i] != '&' {
			c.plain = append(c.plain, s[i])
			i++
			continue
		}
		n, char := entity(s, i)
		if n == 0 {
			n, char = 1, '&'
		}
		if char == 0xa0 {
			c.plain = append(c.plain, 0xc2)
		}
		c.plain = append(c.plain, char)
		i += n
	}
	return c.plain[start:len(c.plain):len(c.plain)]
}

//go:noinline
func at(s []byte, i int, w string) bool {
	if i+len(w) > len(s) {
		return false
	}
	for k := 0; k < len(w); k++ {
		if s[i+k] != w[k] {
			return false
		}
	}
	return true
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 || c == '_' || c == ':' }

// void elements have no end tag (https://html.spec.whatwg.org/#serializes-as-void).
func void(name []byte) bool {
	const list = " area base br col embed hr img input link meta source track wbr basefont bgsound frame keygen param "
	if len(name) > 8 {
		return false
	}
	for i := 0; i+1 < len(list); i++ {
		if list[i] == ' ' && at(name, 0, list[i+1:i+1+min(len(name), len(list)-i-1)]) && i+1+len(name) < len(list) && list[i+1+len(name)] == ' ' {
			return true
		}
	}
	return false
}
