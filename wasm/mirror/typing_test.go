package mirror

import (
	"fmt"
	"strings"
	"testing"
)

// What a page does at each key while somebody types into a masked field tells nothing of how many keys there
// were: the wire is the same after two of them as after nine in the same second. Ids of fresh nodes begin at 100.
func TestTypingIsNotToldKeyByKey(t *testing.T) {
	typed := func(k int) string { return "zanthorpe1"[:k+1] }
	px := func(k int) string { return fmt.Sprintf("color:red;width:%dpx", 40+8*k) }
	for _, c := range []struct {
		name, doc string
		at        int // of the key events
		do        func(b *batch, k int)
	}{
		{"the value attribute of an input", "input value=", 2, func(b *batch, k int) { b.op(opAttr, 2, "value", typed(k)).op(opValue, 2, typed(k)) }},
		{"the value attribute of a number", "input type=number", 2, func(b *batch, k int) { b.op(opAttr, 2, "value", fmt.Sprint(k)).op(opValue, 2, fmt.Sprint(k)) }},
		{"the width of an input", "input style=color:red;width:40px size=1", 2, func(b *batch, k int) {
			b.op(opAttr, 2, "style", px(k)).op(opAttr, 2, "size", fmt.Sprint(k+1)).op(opValue, 2, typed(k))
		}},
		{"the text of an editor", "div contenteditable=\n\t'a", 2, func(b *batch, k int) { b.op(opText, 3, typed(k)) }},
		{"the text of a textarea", "textarea\n\t'a", 2, func(b *batch, k int) { b.op(opText, 3, typed(k)) }},
		{"the content of a textarea, written anew", "textarea", 2, func(b *batch, k int) {
			if k > 0 {
				b.op(opRemove, 99+k)
			}
			b.op(opTextNode, 2, 0, 100+k, typed(k)).op(opValue, 2, typed(k))
		}},
		{"blanks in an editor", "div contenteditable=\n\tp\n\t\t'", 2, func(b *batch, k int) { b.op(opText, 4, strings.Repeat(" ", k+1)) }},
		{"a text a key", "div contenteditable=", 2, func(b *batch, k int) { b.op(opTextNode, 2, last(99, k), 100+k, "z") }},
		{"an element a key", "div role=textbox", 2, func(b *batch, k int) {
			b.op(opElement, 2, last(98, 2*k), 100+2*k, 0, "span", 1, "class", "c").op(opTextNode, 100+2*k, 0, 101+2*k, "z")
		}},
		{"an element a key, in front", "div role=textbox", 2, func(b *batch, k int) {
			b.op(opElement, 2, 0, 100+2*k, 0, "x-char", 0).op(opTextNode, 100+2*k, 0, 101+2*k, "z")
		}},
		{"a subtree a key", "div role=textbox\n\tdiv", 2, func(b *batch, k int) {
			b.tree(3, last(98, 2*k), 100+2*k, 2, nil, nil, []int32{shapeHTML | 8, shapeText}, "<b>z</b>")
		}},
		{"a copy in an attribute around it", "div data-value=\n\tinput", 3, func(b *batch, k int) { b.op(opAttr, 2, "data-value", typed(k)).op(opValue, 3, typed(k)) }},
		{"a counter beside it", "p\n\t'0/99\ninput", 4, func(b *batch, k int) { b.op(opText, 3, fmt.Sprint(k+1, "/99")).op(opValue, 4, typed(k)) }},
		{"an address that goes along", "input", 2, func(b *batch, k int) { b.op(opNavigate, 1, "https://a.example/find?q="+typed(k)) }},
		{"an input that scrolls", "input", 2, func(b *batch, k int) { b.op(opScroll, 2, 8*k, 0) }},
		{"what is around an editor scrolls", "div\n\tdiv contenteditable=", 3, func(b *batch, k int) { b.op(opScroll, 2, 8*k, 0) }},
	} {
		for _, withKeys := range []bool{true, false} { // capture.keystrokes
			t.Run(fmt.Sprintf("%s, keystrokes %v", c.name, withKeys), func(t *testing.T) {
				var told [2]string
				for i, keys := range []int{2, 9} {
					core := start(t, 0)
					core.keys = withKeys
					b := new(batch)
					build(b, c.doc)
					must(t, core, b.op(opSnapshotEnd))
					p := newPage()
					p.read(t, core, 0)
					p.ops = nil
					for k := range keys {
						b := new(batch).op(opTime, 1000+10*k).op(opKey, c.at, keyCharacter)
						c.do(b, k)
						must(t, core, b)
					}
					must(t, core, new(batch).op(opTime, 5000))
					p.read(t, core, 9000)
					told[i] = strings.Join(p.ops, "\n")
					check(t, core)
				}
				if told[0] != told[1] || strings.Contains(told[0], "48 id=") != withKeys {
					t.Errorf("two keys:\n%s\nnine keys:\n%s", told[0], told[1])
				}
			})
		}
	}
}

func last(before, k int) int {
	if k == 0 {
		return 0
	}
	return before + k
}

// A blocked box that holds what is typed into tells no width that grows with it.
func TestFocusedBoxTellsNoLength(t *testing.T) {
	core := start(t, 0)
	must(t, core, new(batch).op(opElement, 1, 0, 2, 0, "div", 1, "data-afterimage", "block").op(opSnapshotEnd).op(opSize, 2, 41, 20).op(opFocus, 2))
	p := newPage()
	p.read(t, core, 0)
	for k := range 7 {
		must(t, core, new(batch).op(opTime, 1000+10*k).op(opSize, 2, 66+8*k, 20))
	}
	must(t, core, new(batch).op(opTime, 2000).op(opFocus, 0).op(opSize, 2, 300, 20))
	p.read(t, core, 9000)
	var sizes []string
	for _, line := range p.ops {
		if strings.HasPrefix(line, "13 ") {
			sizes = append(sizes, line[strings.Index(line, "["):])
		}
	}
	if got, want := strings.Join(sizes, " "), "[41 20 1] [128 20 1] [300 20 1]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Where a keypad of a blocked part is pressed tells which key: pointer, clicks and touches on it are not told,
// those beside it are.
func TestPointerInABlockedPartIsNotTold(t *testing.T) {
	core := start(t, 0)
	b := new(batch).op(opElement, 1, 0, 2, 0, "div", 1, "data-afterimage", "block").op(opElement, 1, 2, 3, 0, "div", 0).op(opSnapshotEnd)
	must(t, core, b)
	p := newPage()
	p.read(t, core, 0)
	for id, want := range map[int]int{2: 0, 3: 3} {
		must(t, core, new(batch).op(opTime, 1000+id).
			op(opMouse, 2, id, 31, 41, 0, 0).op(opPointer, id, 1, 0, 31, 41).op(opTouch, 0, 1, 7, id, 31, 41))
		p.ops = nil
		p.read(t, core, 9000)
		got := 0
		for _, line := range p.ops {
			if strings.Contains(line, "31 41") {
				got++
			}
		}
		if got != want {
			t.Errorf("node %d: %d ops tell the place, want %d:\n%s", id, got, want, strings.Join(p.ops, "\n"))
		}
	}
}
