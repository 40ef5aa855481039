package mirror

import "afterimage/wasm/mask"

// The reader of op tree: it reads what the browser's serialiser wrote
// (https://html.spec.whatwg.org/#serialising-html-fragments), guided by the shape that the
// walk saw. It is no HTML parser: every node, every length and every end tag is known
// beforehand, so no text of a page can make it see another tree. It runs twice over the
// string, first without effects, so that a string of another shape leaves nothing behind.

// reader stands in the text of the batch, or in the string of one op tree, and holds the
// scratch of that. Cursor and text are fields and not parameters: a slice that is handed on
// costs 20 bytes of WebAssembly a call.
type reader struct {
	text   []byte
	i, end int // the cursor, and where the string at hand ends

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
	from, to     int // its string in the text of the batch
}

// readTree reads the string by its shape; with write it makes the nodes, which it must
// only do after a run without it said yes.
func (c *Core) readTree(t *treeOp, write bool) bool {
	c.i, c.end = t.from, t.to
	shape := t.shape
	n, mark := 0, 0
	c.levels = c.levels[:0]
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
		if n >= t.count || closes > len(c.levels) || open && closes > 0 {
			return false
		}
		if !c.endTags(closes) {
			return false
		}
		rawEnd := -1
		parent, prev := t.parent, t.prev
		if len(c.levels) > 0 {
			l := &c.levels[len(c.levels)-1]
			rawEnd = l.rawEnd
			if write {
				parent = l.slot
				prev = c.lastThere(parent)
			}
		}
		id := t.first + uint32(n)
		open = false
		made := int32(0)
		from := c.i
		switch typ {
		case shapeText, shapeNextText:
			if kids {
				return false
			}
			if rawEnd >= 0 {
				c.end = rawEnd
			}
			left := 0
			if typ == shapeText {
				extra = 1 << 30
				left = c.advance(extra, rawEnd >= 0)
				// The first text of a run: what the texts that follow it, whose lengths stand in
				// the shape, leave of the run.
				if k < len(shape) && shape[k] == shapeNextText && left >= 0 {
					extra -= left
					for q := k; q+1 < len(shape) && shape[q] == shapeNextText; q += 2 {
						if shape[q+1] < 0 || int(shape[q+1]) > extra {
							return false
						}
						extra -= int(shape[q+1])
					}
					c.i = from
					left = c.advance(extra, rawEnd >= 0)
				}
			} else if left = c.advance(extra, rawEnd >= 0); left > 0 {
				return false
			}
			c.end = t.to
			if left < 0 {
				return false
			}
			if write {
				data := c.text[from:c.i]
				if rawEnd < 0 {
					c.plain = c.plain[:0]
					data, _ = c.unescape(from)
				}
				made = c.addText(parent, prev, id, data)
			}
		case shapeComment:
			if kids || rawEnd >= 0 || !c.eat("<!--") || c.advance(extra, true) != 0 || !c.eat("-->") {
				return false
			}
			if write {
				made = c.addOther(parent, prev, id, 8, nil)
			}
		case shapeHTML, shapeSVG, shapeMathML, shapeRaw:
			if rawEnd >= 0 || !c.eat("<") {
				return false
			}
			lv := level{from: c.i, rawEnd: -1}
			name := c.word()
			lv.to = c.i
			if len(name) == 0 || !letter(name[0]) || !c.startTag() {
				return false
			}
			from = c.i
			if typ == shapeRaw {
				if c.advance(extra, true) != 0 {
					return false
				}
				lv.rawEnd = c.i
				c.i = from
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
				c.leaf = !kids || k < len(shape) && shape[k]&7 == shapeText // carets hold a blank
				made = c.addElement(parent, prev, id, ns, name, bits)
				lv.slot = made
			}
			c.levels = append(c.levels, lv)
			if kids {
				open = true
				break
			}
			if typ == shapeRaw {
				if lv.rawEnd != from && !same(name, "template") {
					return false
				}
				c.i = lv.rawEnd
			}
			if !c.endTags(1) {
				if typ != shapeHTML || !void(name) {
					return false
				}
				c.i = from
				c.levels = c.levels[:len(c.levels)-1]
			}
		default:
			return false
		}
		if write && len(c.levels) == 0 || write && open && len(c.levels) == 1 {
			t.prev = made
		}
	}
	return c.endTags(len(c.levels)) && c.i == c.end && n == t.count
}

// endTags steps over the end tags of the n innermost levels, or says no and stands where
// the one that is missing should be.
//
//go:noinline
func (c *Core) endTags(n int) bool {
	for ; n > 0; n-- {
		l := c.levels[len(c.levels)-1]
		if l.rawEnd >= 0 && c.i != l.rawEnd || !c.eat("</") {
			return false
		}
		for k := l.from; k < l.to; k++ {
			if c.i >= c.end || c.text[c.i] != c.text[k] {
				return false
			}
			c.i++
		}
		if !c.eat(">") {
			return false
		}
		c.levels = c.levels[:len(c.levels)-1]
	}
	return true
}

// advance steps over n UTF-16 units and answers how many are left where the text ended
// before; negative if that falls into the middle of a character. Unless raw it ends at < and
// >, and an escape is one unit. The text is UTF-8 as TextEncoder writes it; on other bytes
// the count is some other number, and never reads outside of the text.
//
//go:noinline
func (r *reader) advance(n int, raw bool) int {
	i := r.i
	for n > 0 && i < r.end {
		b := r.text[i]
		switch {
		case b < 0x80:
			if !raw {
				if b == '<' || b == '>' {
					r.i = i
					return n
				}
				if b == '&' {
					l := r.escape(i) >> 8
					if l == 0 {
						return -1
					}
					i += l - 1
				}
			}
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
	r.i = i
	if i > r.end {
		return -1
	}
	return n
}

// word steps over the name of a tag or an attribute.
//
//go:noinline
func (r *reader) word() []byte {
	from := r.i
	for r.i < r.end {
		b := r.text[r.i]
		if b <= ' ' || b == '/' || b >= '<' && b <= '>' {
			break
		}
		r.i++
	}
	return r.text[from:r.i]
}

// startTag reads the attributes after a tag's name, and steps over the tag. They stand in
// attrs, unescaped.
func (r *reader) startTag() bool {
	r.attrs, r.plain = r.attrs[:0], r.plain[:0]
	for r.eat(" ") {
		name := r.word()
		if len(name) == 0 || !r.eat("=\"") {
			return false
		}
		from := r.i
		for r.i < r.end && r.text[r.i] != '"' {
			r.i++
		}
		value, ok := r.unescape(from)
		if !ok || !r.eat("\"") {
			return false
		}
		r.attrs = append(r.attrs, pair{name, value})
	}
	return r.eat(">")
}

// escape returns the length of the escape at i (an &) and, in the lowest 8 bits, its
// character; 0 if it is not one that the serialiser writes.
//
//go:noinline
func (r *reader) escape(i int) int {
	switch {
	case r.at(i, "&amp;"):
		return 5<<8 | '&'
	case r.at(i, "&lt;"):
		return 4<<8 | '<'
	case r.at(i, "&gt;"):
		return 4<<8 | '>'
	case r.at(i, "&quot;"):
		return 6<<8 | '"'
	case r.at(i, "&nbsp;"):
		return 6<<8 | 0xa0
	}
	return 0
}

// unescape returns what stands between from and the cursor without escapes, in the scratch.
// Text without any is returned as it is. It says no where something else follows an &.
//
//go:noinline
func (r *reader) unescape(from int) ([]byte, bool) {
	i := from
	for i < r.i && r.text[i] != '&' {
		i++
	}
	if i == r.i {
		return r.text[from:i], true
	}
	start := len(r.plain)
	r.plain = append(r.plain, r.text[from:i]...)
	for i < r.i {
		b := r.text[i]
		i++
		if b == '&' {
			e := r.escape(i - 1)
			if e == 0 {
				return nil, false
			}
			i += e>>8 - 1
			b = byte(e)
			if b == 0xa0 {
				r.plain = append(r.plain, 0xc2)
			}
		}
		r.plain = append(r.plain, b)
	}
	return r.plain[start:len(r.plain):len(r.plain)], true
}

//go:noinline
func (r *reader) at(i int, w string) bool {
	if i+len(w) > r.end {
		return false
	}
	for k := 0; k < len(w); k++ {
		if r.text[i+k] != w[k] {
			return false
		}
	}
	return true
}

// eat steps over w if it stands at the cursor.
//
//go:noinline
func (r *reader) eat(w string) bool {
	ok := r.at(r.i, w)
	if ok {
		r.i += len(w)
	}
	return ok
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 || c == '_' || c == ':' }

// void elements have no end tag (https://html.spec.whatwg.org/#serializes-as-void).
func void(name []byte) bool {
	return mask.Listed(" area base br col embed hr img input link meta source track wbr basefont bgsound frame keygen param ", name)
}
