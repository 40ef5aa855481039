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
		{"a text a key", "div contenteditable=", 2, func(b *batch, k int) { b.op(opTextNode, 2, last(0, k, 99+k), 100+k, "z") }},
		{"an element a key", "div role=textbox", 2, func(b *batch, k int) {
			b.op(opElement, 2, last(0, k, 98+2*k), 100+2*k, 0, "span", 1, "class", "c").op(opTextNode, 100+2*k, 0, 101+2*k, "z")
		}},
		{"an element a key, in front", "div role=textbox", 2, func(b *batch, k int) {
			b.op(opElement, 2, 0, 100+2*k, 0, "x-char", 0).op(opTextNode, 100+2*k, 0, 101+2*k, "z")
		}},
		{"a subtree a key", "div role=textbox\n\tdiv", 2, func(b *batch, k int) {
			b.tree(3, last(0, k, 98+2*k), 100+2*k, 2, nil, nil, []int32{shapeHTML | 8, shapeText}, "<b>z</b>")
		}},
		{"a text in the place of the last", "div contenteditable=\n\t'a", 2, func(b *batch, k int) {
			b.op(opRemove, last(3, k, 99+k)).op(opTextNode, 2, 0, 100+k, typed(k))
		}},
		{"a text in the place of the last, which goes after it", "div contenteditable=\n\t'a", 2, func(b *batch, k int) {
			b.op(opTextNode, 2, last(3, k, 99+k), 100+k, typed(k)).op(opRemove, last(3, k, 99+k))
		}},
		{"all cleared at each key", "div contenteditable=\n\t'a", 2, func(b *batch, k int) {
			b.op(opClear, 2).op(opTextNode, 2, 0, 100+k, typed(k))
		}},
		{"an element in the place of the last", "div role=textbox\n\tspan\n\t\t'a", 2, func(b *batch, k int) {
			b.op(opRemove, last(3, k, 98+2*k)).op(opElement, 2, 0, 100+2*k, 0, "span", 0).op(opTextNode, 100+2*k, 0, 101+2*k, typed(k))
		}},
		{"a text that goes and comes two tasks later", "div contenteditable=\n\t'a", 2, func(b *batch, k int) {
			switch k % 3 {
			case 0:
				b.op(opRemove, last(3, k, 98+k))
			case 1:
				b.op(opTextNode, 2, 0, 100+k, typed(k))
			}
		}},
		{"a copy in an attribute around it", "div data-value=\n\tinput", 3, func(b *batch, k int) { b.op(opAttr, 2, "data-value", typed(k)).op(opValue, 3, typed(k)) }},
		{"a counter beside it", "p\n\t'0/99\ninput", 4, func(b *batch, k int) { b.op(opText, 3, fmt.Sprint(k+1, "/99")).op(opValue, 4, typed(k)) }},
		{"an address that goes along", "input", 2, func(b *batch, k int) { b.op(opNavigate, 1, "https://a.example/find?q="+typed(k)) }},
		{"a caret that the page draws beside an editor", "div\n\tdiv contenteditable=\n\tdiv\n\t\tb", 3, func(b *batch, k int) {
			b.op(opAttr, 5, "style", fmt.Sprintf("left:%dpx;top:5px", 40+7*k)).op(opAttr, 4, "style", "animation-name:blink"+[]string{"", "2"}[k%2])
		}},
		{"what is put back where it stands", "div\n\tp\n\tinput", 4, func(b *batch, k int) { b.op(opMove, 3, 2, 0) }},
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

// What is told of a second in which somebody types has the same times whenever in it the keys were, also the last.
func TestKeysOfASecondTellNoTime(t *testing.T) {
	var told [2]string
	for i, ms := range [][]int{{100, 250, 400, 900}, {100, 180, 500, 510}} {
		core := start(t, 0)
		b := new(batch)
		build(b, "input\ndiv contenteditable=\n\t'a")
		must(t, core, b.op(opSnapshotEnd).op(opTime, 900).op(opScroll, 1, 0, 5))
		p := newPage()
		for second := range 3 {
			for k, at := range ms {
				b := new(batch).op(opTime, 1000+1000*second+at).op(opKey, 2+second%2, keyCharacter)
				if id := 10 + 4*second + k; second%2 == 0 {
					b.op(opValue, 2, "zanthorpe"[:1+id%8])
				} else {
					b.op(opRemove, last(4, k, id-1)).op(opTextNode, 3, 0, id, "z")
				}
				must(t, core, b)
			}
			must(t, core, new(batch).op(opTime, 1950+1000*second))
			p.read(t, core, int64(2000+1000*second))
		}
		must(t, core, new(batch).op(opTime, 4100).op(opRemove, 17).op(opTime, 4100+ms[1]).op(opKey, 3, keyEditing).op(opTime, 4100+ms[3]))
		p.read(t, core, 5200)
		for k, op := range p.ops {
			told[i] += fmt.Sprintln(p.times[k], op)
		}
		check(t, core)
	}
	// A player shows activity at the time of its op.
	if told[0] != told[1] || strings.Count(told[0], " 48 id=") != 4 || !strings.Contains(told[0], " 8 id=") ||
		!strings.Contains(told[0], "2000 48 id=3") || !strings.Contains(told[0], "3000 48 id=2") {
		t.Errorf("got\n%s\nand\n%s", told[0], told[1])
	}
}

// last is the node of the key before, or what was there at first.
func last(first, k, before int) int {
	if k == 0 {
		return first
	}
	return before
}

// What stands for a line of a masked editor does so while something is in it, and goes with the second in which
// the last of it went.
func TestLineOfAnEditorIsToldWhileSomethingIsInIt(t *testing.T) {
	core := start(t, 0)
	b := new(batch)
	build(b, "div contenteditable=\n\tp\n\t\tspan\n\t\t\t'a\n\tp\n\t\t'b")
	must(t, core, b.op(opSnapshotEnd).op(opTime, 1000).op(opTextNode, 3, 4, 8, "beside it"))
	p := newPage()
	masks := func(nowMs int64, lines, in int, what string) {
		t.Helper()
		p.read(t, core, nowMs)
		if got := strings.Count(p.String(), "<p"); got != lines {
			t.Errorf("%s: %d lines, want %d: %s", what, got, lines, p)
		}
		if got := strings.Count(p.String(), "•"); (got > 0) != (in > 0) {
			t.Errorf("%s: got %s", what, p)
		}
	}
	masks(1500, 2, 2, "at first")
	must(t, core, new(batch).op(opTime, 1600).op(opRemove, 4).op(opRemove, 6))
	masks(2601, 1, 1, "its first element and the second line gone")
	must(t, core, new(batch).op(opTime, 2700).op(opRemove, 8))
	masks(2800, 1, 1, "empty, within the second")
	masks(3702, 1, 0, "empty, and the second over")
	check(t, core)
}

// Of an editor that is a document the structure is kept: what is no line of text is told.
func TestBlocksOfAnEditorAreKept(t *testing.T) {
	core := start(t, 0)
	const doc = "html role=textbox\n\thead\n\t\tmeta\n\t\tstyle\n\tbody\n\t\tmain\n\t\t\th1\n\t\t\th2\n\t\t\tsection\n\t\t\tblockquote\n\t\t\ttable\n\t\t\t\ttbody\n\t\t\t\t\ttr\n\t\t\t\t\t\ttd\n\t\t\t\t\t\ttd\n\t\t\tinput\n\t\t\tbutton\n\t\taside"
	b := new(batch)
	build(b, doc)
	must(t, core, b.op(opSnapshotEnd))
	p := newPage()
	p.read(t, core, 0)
	if got, want := len(p.nodes), strings.Count(doc, "\n")+2; got != want {
		t.Errorf("%d nodes, want %d: %s", got, want, p)
	}
	check(t, core)
}

// A snapshot tells no more of a line than that something is in it: not in how many elements it is drawn.
func TestSnapshotOfAnEditorTellsNoLength(t *testing.T) {
	var told [2]string
	for i, n := range []int{2, 9} {
		core := start(t, 0)
		b := new(batch).op(opElement, 1, 0, 2, 0, "div", 1, "contenteditable", "")
		prev := 0
		for k := range n {
			b.op(opElement, 2, prev, 10+4*k, 0, "span", 0).op(opTextNode, 10+4*k, 0, 11+4*k, "z")
			b.op(opTextNode, 2, 10+4*k, 12+4*k, " ").op(opOtherNode, 2, 12+4*k, 13+4*k, 8, "")
			prev = 13 + 4*k
		}
		must(t, core, b.op(opSnapshotEnd))
		p := newPage()
		p.read(t, core, 0)
		told[i] = strings.Join(p.ops, "\n")
		check(t, core)
	}
	if told[0] != told[1] {
		t.Errorf("two characters:\n%s\nnine characters:\n%s", told[0], told[1])
	}
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

// What a pressed pointer or a finger draws on a canvas may be a signature: its way is not told, but where it begins and ends.
func TestWayOfADrawingIsNotTold(t *testing.T) {
	for level := range 2 {
		core := start(t, level)
		must(t, core, new(batch).op(opElement, 1, 0, 2, 0, "canvas", 0).op(opElement, 1, 2, 3, 0, "div", 0).op(opElement, 1, 3, 4, 0, "canvas", 1, "data-afterimage", "allow").op(opSnapshotEnd))
		p := newPage()
		p.read(t, core, 0)
		for id, want := range map[int]int{2: 0, 3: 2, 4: 2} {
			must(t, core, new(batch).op(opTime, 1000*id).op(opMouse, 0, id, 30, 40, 0, 0).op(opPointer, id, 1, 0, 31, 41).op(opMouse, 1, id, 30, 40, 0, 0).
				op(opPointer, id, 1, 0, 32, 41).op(opTouch, 0, 1, 7, id, 30, 40).op(opTouch, 1, 1, 7, id, 31, 41).op(opTouch, 2, 1, 7, id, 30, 40))
			p.ops = nil
			p.read(t, core, 9000)
			all := strings.Join(p.ops, "\n")
			if got := strings.Count(all, "31 41"); got != want || !strings.Contains(all, "32 41") || strings.Count(all, "30 40") != 4 {
				t.Errorf("level %d, node %d: %d ops tell the way, want %d:\n%s", level, id, got, want, all)
			}
		}
	}
}

// So is it in the next epoch, and in another instance: the bridge does not say again what has the focus.
func TestFocusedBoxTellsNoLengthInTheNextEpoch(t *testing.T) {
	for _, handed := range []bool{false, true} {
		core := start(t, 1)
		must(t, core, new(batch).op(opElement, 1, 0, 2, 0, "div", 1, "data-afterimage", "block").op(opSnapshotEnd).op(opFocus, 2))
		p := newPage()
		p.read(t, core, 0)
		if handed {
			b := core.Export()
			core = New()
			copy(core.In(0, len(b)), b)
			if code := core.Import(len(b)); code != OK {
				t.Fatalf("import: got code %d", code)
			}
		}
		must(t, core, new(batch).op(opSnapshotBegin, 800, 600, 1000, 0, 0).op(opElement, 1, 0, 2, 0, "p", 0).
			op(opElement, 1, 2, 3, 0, "div", 1, "data-afterimage", "block").op(opSize, 3, 66, 20).op(opSnapshotEnd).op(opSize, 3, 73, 20).op(opSize, 3, 80, 20).op(opFocus, 0).op(opSize, 3, 90, 20))
		p = newPage()
		p.read(t, core, 9)
		var sizes []string
		for _, line := range p.ops {
			if strings.HasPrefix(line, "13 ") {
				sizes = append(sizes, line[strings.LastIndex(line, "["):])
			}
		}
		if got, want := strings.Join(sizes, " "), "[128 20 1] [128 20 1] [90 20 1]"; got != want {
			t.Errorf("handed over %v: got %s, want %s", handed, got, want)
		}
	}
}
