package e2e

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf16"
)

var errMismatch = errors.New("the string's tree is not of the shape")

// readShape is the reader of PROTOCOL.md, Shape. Types 4 and 7 know their length; the length
// of a text of type 2 is what the run leaves, found by walking the string back.
func readShape(shape []int32, html []uint16, id int32) (top []*opNode, count int32, err error) {
	type item struct {
		kind, closes, length int32
		kids                 bool
	}
	var items []item
	for i := 0; i < len(shape); i++ {
		it := item{kind: shape[i] & 7, kids: shape[i]&8 != 0, closes: shape[i] >> 4, length: -1}
		if it.kind == 3 || it.kind == 4 || it.kind == 7 {
			i++
			it.length = shape[i]
		}
		items = append(items, it)
	}
	pos := 0
	eat := func(s string) bool {
		u := utf16.Encode([]rune(s))
		if pos+len(u) > len(html) || !slices.Equal(html[pos:pos+len(u)], u) {
			return false
		}
		pos += len(u)
		return true
	}
	// escaped reads n units of unescaped text, or all up to the next tag where n < 0.
	escaped := func(n int, end uint16) (out []uint16, ok bool) {
		for pos < len(html) && (n < 0 || len(out) < n) {
			c := html[pos]
			if c == end || end == '<' && c == '>' {
				return out, n < 0 && c == end
			}
			if c == '&' {
				found := false
				for name, r := range map[string]uint16{"&amp;": '&', "&lt;": '<', "&gt;": '>', "&nbsp;": 0xa0, "&quot;": '"'} {
					if eat(name) {
						out = append(out, r)
						found = true
						break
					}
				}
				if !found {
					return out, false
				}
				continue
			}
			out = append(out, c)
			pos++
		}
		return out, n < 0 || len(out) == n
	}
	void := map[string]bool{}
	for _, n := range strings.Fields("area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr") {
		void[n] = true
	}
	type level struct {
		n   *opNode
		raw bool
	}
	var open []level
	closeOne := func() bool {
		l := open[len(open)-1]
		open = open[:len(open)-1]
		if l.n == nil {
			return true
		}
		if l.n.ns == 0 && void[l.n.name] {
			return len(l.n.children) == 0
		}
		return eat("</" + l.n.name + ">")
	}
	put := func(n *opNode) {
		n.id = id + count
		count++
		if len(open) == 0 {
			top = append(top, n)
			return
		}
		p := open[len(open)-1].n
		p.children = append(p.children, n)
	}
	for i, it := range items {
		for c := it.closes; c > 0; c-- {
			if len(open) == 0 || !closeOne() {
				return nil, 0, errMismatch
			}
		}
		raw := len(open) > 0 && open[len(open)-1].raw
		switch it.kind {
		case 1, 5, 6, 7:
			if raw || !eat("<") {
				return nil, 0, errMismatch
			}
			n := &opNode{kind: 1, attrs: map[string][]uint16{}, ns: map[int32]int32{1: 0, 7: 0, 5: 1, 6: 2}[it.kind]}
			start := pos
			for pos < len(html) && html[pos] != ' ' && html[pos] != '>' {
				pos++
			}
			n.name = string(utf16.Decode(html[start:pos]))
			for eat(" ") {
				start := pos
				pos++
				for pos < len(html) && html[pos] != '=' {
					pos++
				}
				if pos >= len(html) {
					return nil, 0, errMismatch
				}
				name := string(utf16.Decode(html[start:pos]))
				if !eat(`="`) {
					return nil, 0, errMismatch
				}
				value, ok := escaped(-1, '"')
				if !ok || !eat(`"`) {
					return nil, 0, errMismatch
				}
				if value == nil {
					value = []uint16{}
				}
				n.attrs[name] = value
			}
			if !eat(">") {
				return nil, 0, errMismatch
			}
			put(n)
			open = append(open, level{n, it.kind == 7})
			if it.kind == 7 && !it.kids {
				pos += int(it.length)
				if pos > len(html) {
					return nil, 0, errMismatch
				}
			}
			if !it.kids && !closeOne() {
				return nil, 0, errMismatch
			}
		case 2, 3:
			// What follows in the same run tells how much of it is whose.
			run := 0
			for j := i + 1; j < len(items) && items[j].kind == 3 && items[j].closes == 0; j++ {
				run += int(items[j].length)
			}
			n := &opNode{kind: 3}
			var ok bool
			switch {
			case it.kind == 3 && raw:
				if pos+int(it.length) > len(html) {
					return nil, 0, errMismatch
				}
				n.text, pos, ok = html[pos:pos+int(it.length)], pos+int(it.length), true
			case it.kind == 3:
				n.text, ok = escaped(int(it.length), '<')
				if it.length == 0 {
					ok = true
				}
			case raw:
				// The whole length stands at the raw element; other children than text have none here.
				total := 0
				for j := i - 1; j >= 0; j-- {
					if items[j].kind == 7 {
						total = int(items[j].length)
						break
					}
				}
				own := total - run
				if own < 0 || pos+own > len(html) {
					return nil, 0, errMismatch
				}
				n.text, pos, ok = html[pos:pos+own], pos+own, true
			default:
				start := pos
				all, _ := escaped(-1, '<')
				pos = start
				own := len(all) - run
				if own < 0 {
					return nil, 0, errMismatch
				}
				n.text, ok = escaped(own, '<')
				ok = ok || own == 0
			}
			if !ok {
				return nil, 0, errMismatch
			}
			put(n)
		case 4:
			if raw || !eat("<!--") || pos+int(it.length) > len(html) {
				return nil, 0, errMismatch
			}
			pos += int(it.length)
			if !eat("-->") {
				return nil, 0, errMismatch
			}
			put(&opNode{kind: 8})
		default:
			return nil, 0, errMismatch
		}
	}
	for len(open) > 0 {
		if !closeOne() {
			return nil, 0, errMismatch
		}
	}
	if pos != len(html) {
		return nil, 0, errMismatch
	}
	return top, count, nil
}
