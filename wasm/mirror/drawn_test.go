package mirror

import (
	"fmt"
	"strings"
	"testing"
)

// drawnEditor is an editor that draws typed text outside of its field: lines in 5, carets in 9.
func drawnEditor(b *batch, left int) *batch {
	b.op(opMark, 2, markTyped)
	build(b, fmt.Sprintf("div class=editor\n\tdiv\n\t\ttextarea\n\tdiv style=margin-left:30px;min-width:%dpx\n\t\tdiv style=top:0px\n\t\t\tspan\n\t\t\t\t'aa\n\tdiv\n\t\tdiv class=caret style=left:%[1]dpx;height:20px", left))
	return b
}

// The wire is the same after two keys as after nine in one second, as TestTypingIsNotToldKeyByKey says.
func TestDrawnEditorIsNotToldKeyByKey(t *testing.T) {
	line := func(b *batch, k, id int, at int) {
		text := "zanthorpe1"[:k+1]
		b.tree(5, at, id, 3, nil, nil, []int32{shapeHTML | 8, shapeHTML | 8, shapeText}, "<div style=\"top:0px\"><span>"+text+"</span></div>")
	}
	for _, c := range []struct {
		name string
		do   func(b *batch, k int)
	}{
		{"a line in the place of the last", func(b *batch, k int) { line(b.op(opRemove, last(6, k, 97+3*k)), k, 100+3*k, 0) }},
		{"all lines anew", func(b *batch, k int) { line(b.op(opClear, 5), k, 100+3*k, 0) }},
		{"the part of a line that is in a span", func(b *batch, k int) {
			b.op(opRemove, last(7, k, 98+2*k)).op(opElement, 6, 0, 100+2*k, 0, "span", 0).op(opTextNode, 100+2*k, 0, 101+2*k, "zanthorpe1"[:k+1])
		}},
		{"a line with a number", func(b *batch, k int) {
			b.op(opRemove, last(6, k, 95+5*k)).tree(5, 0, 100+5*k, 5, nil, nil, []int32{shapeHTML | 8, shapeHTML | 8, shapeText, shapeHTML | 8 | 1<<4, shapeText},
				"<div style=\"top:0px\"><p>1</p><span>"+"zanthorpe1"[:k+1]+"</span></div>")
		}},
		{"a line with a number in a part of its own", func(b *batch, k int) {
			b.op(opRemove, last(6, k, 95+5*k)).tree(5, 0, 100+5*k, 5, nil, nil, []int32{shapeHTML | 8, shapeHTML, shapeHTML | 8, shapeHTML | 8, shapeText},
				"<div style=\"top:0px\"><p></p><pre><span>"+"zanthorpe1"[:k+1]+"</span></pre></div>")
		}},
		{"a text and a break anew", func(b *batch, k int) {
			if k > 0 {
				b.op(opRemove, 98+2*k).op(opRemove, 99+2*k)
			}
			b.op(opTextNode, 6, 0, 100+2*k, "zanthorpe1"[:k+1]).op(opElement, 6, 100+2*k, 101+2*k, 0, "br", 0)
		}},
		{"a field that goes along", func(b *batch, k int) {
			b.op(opAttr, 4, "style", fmt.Sprintf("transform:translate(%dpx,0);left:%[1]dpx;top:0", 40+7*k))
		}},
		{"a caret that moves", func(b *batch, k int) { b.op(opAttr, 10, "style", fmt.Sprintf("left:%dpx;height:20px", 40+7*k)) }},
		{"a caret in other words", func(b *batch, k int) {
			b.op(opAttr, 10, "style", fmt.Sprintf("LEFT : %d.5px; transform:translate3d(%[1]dpx,0,0);inset:0 auto auto %[1]dch;margin:0 0 0 %[1]dpx;translate:%[1]dpx", 40+7*k))
		}},
		{"a caret in the place of the last", func(b *batch, k int) {
			b.op(opRemove, last(10, k, 99+k)).op(opElement, 9, 0, 100+k, 0, "div", 2, "class", "caret", "style", fmt.Sprintf("left:%dpx;height:20px", 40+7*k))
		}},
		{"a bar below that grows", func(b *batch, k int) {
			b.op(opAttr, 5, "style", fmt.Sprintf("margin-left:30px;min-width:%dpx", 65+7*k))
		}},
	} {
		for level := range 2 {
			t.Run(fmt.Sprint(c.name, ", level ", level), func(t *testing.T) {
				var told [2]string
				for i, keys := range []int{2, 9} {
					core := start(t, level)
					must(t, core, drawnEditor(new(batch), 40).op(opSnapshotEnd))
					p := newPage()
					p.read(t, core, 0)
					p.ops = nil
					for k := range keys {
						b := new(batch).op(opTime, 1000+10*k).op(opKey, 4, keyCharacter)
						c.do(b, k)
						must(t, core, b)
					}
					must(t, core, new(batch).op(opTime, 5000))
					p.read(t, core, 9000)
					told[i] = strings.Join(p.ops, "\n") + p.String()
					check(t, core)
					if strings.Count(p.String(), "<span") != 1 || strings.Count(p.String(), "caret") != 1 {
						t.Errorf("a line or a caret is lost or doubled: %s", p)
					}
				}
				if told[0] != told[1] {
					t.Errorf("two keys:\n%s\nnine keys:\n%s", told[0], told[1])
				}
			})
		}
	}
}

// A line that comes is told, and one that goes, with its second.
func TestLinesOfADrawnEditorComeAndGo(t *testing.T) {
	const level = 1
	core := start(t, level)
	must(t, core, drawnEditor(new(batch), 40).op(opSnapshotEnd))
	p := newPage()
	lines := func(nowMs int64, want int, what string) {
		t.Helper()
		p.read(t, core, nowMs)
		if got := strings.Count(p.String(), "<span"); got != want {
			t.Errorf("%s: %d lines, want %d: %s", what, got, want, p)
		}
		check(t, core)
	}
	two := []int32{shapeHTML | 8, shapeHTML | 8, shapeText, shapeHTML | 8 | 2<<4, shapeHTML | 8, shapeText}
	const html = `<div style="top:0px"><span>a</span></div><div style="top:19px"><span>b</span></div>`
	must(t, core, new(batch).op(opTime, 1000).op(opRemove, 6).tree(5, 0, 100, 6, nil, nil, two, html))
	lines(1100, 2, "Enter")
	if !strings.Contains(p.String(), "top:19px") {
		t.Errorf("the second line has not its place: %s", p)
	}
	must(t, core, new(batch).op(opTime, 1200).op(opRemove, 100).op(opRemove, 103).tree(5, 0, 110, 6, nil, nil, two, html))
	lines(2300, 2, "both anew")
	must(t, core, new(batch).op(opTime, 3000).op(opRemove, 110))
	lines(3100, 2, "one goes, within the second")
	lines(4100, 1, "and after it")
}

// A snapshot of such an editor tells no place of the caret, and no width but in steps.
func TestSnapshotOfADrawnEditorTellsNoPlace(t *testing.T) {
	const level = 1
	var told [2]string
	for i, left := range []int{40, 61} {
		core := start(t, level)
		html := fmt.Sprintf(`<div style="margin-left:30px;min-width:%[1]d.5px;animation-name:blink%[1]d;left:-%[1]dpx;width:100%%;right:0"><div class="caret" style="left:%[1]dpx;height:20px"></div><div style="width:%[1]dpx"></div><div style="left:%[1]dpx"> </div><div style="width: 3px;height:0;left:%[1]dpx"><b></b></div></div>`, left)
		must(t, core, new(batch).tree(1, 0, 2, 8, nil, []int32{2, markTyped}, []int32{shapeHTML | 8, shapeHTML | 8, shapeHTML, shapeHTML, shapeHTML | 8, shapeText, shapeHTML | 1<<4 | 8, shapeHTML}, "<section>"+html+"</section>").op(opSnapshotEnd))
		p := newPage()
		p.read(t, core, 0)
		told[i] = p.String()
	}
	if told[0] != told[1] {
		t.Errorf("got\n%s\nand\n%s", told[0], told[1])
	}
	if want := "margin-left:64px;;;left:-64px;width:100%;right:0"; !strings.Contains(told[0], want) {
		t.Errorf("the layout is lost: no %s in %s", want, told[0])
	}
}

// What is gone goes from the wire a second or two later, also where something in an editor goes and comes all the
// time, as a caret does that blinks.
func TestWhatIsGoneGoesWhileACaretBlinks(t *testing.T) {
	for name, caret := range map[string]string{"a block": "div", "in a line": "span"} {
		core := start(t, 1)
		must(t, core, drawnEditor(new(batch), 40).op(opSnapshotEnd))
		p := newPage()
		now := 1000
		must(t, core, new(batch).op(opTime, now).op(opRemove, 6)) // the line
		for k := range 10 {
			b := new(batch).op(opTime, now).op(opRemove, last(10, k, 99+k))
			must(t, core, b.op(opElement, 9, 0, 100+k, 0, caret, 0))
			now += 500
			p.read(t, core, int64(now))
		}
		if got := p.String(); strings.Contains(got, "top:0px") {
			t.Errorf("%s: the line that went is there after 5 s: %s", name, got)
		}
		check(t, core)
	}
}

// The place of a caret is left out of its own style, and of no sheet.
func TestSheetAfterACaretKeepsItsPlaces(t *testing.T) {
	core := start(t, 1)
	const css = ".menu{left:10px;width:200px;animation-name:fade}"
	b := drawnEditor(new(batch), 40).op(opElement, 1, 0, 11, 0, "style", 0).op(opTextNode, 11, 0, 12, "").op(opSnapshotEnd)
	must(t, core, b.op(opAttr, 10, "style", "left:50px").op(opText, 12, css).
		op(opAttr, 10, "style", "left:60px").op(opSheet, 11, 0, css).op(opAttr, 10, "style", "left:70px").op(opRuleInsert, 11, 0, 0, css))
	p := newPage()
	p.read(t, core, 0)
	if got := strings.Count(strings.Join(p.ops, "\n"), css); got != 3 {
		t.Errorf("%d of 3 sheets are whole: %s", got, strings.Join(p.ops, "\n"))
	}
}

// One element goes on as another of the same name only, of the same level, and with no attribute that it has not.
func TestAnotherElementDoesNotGoOnAsTheLast(t *testing.T) {
	const names = "html head body title div span p h1 h2 h3 h4 h5 h6 header footer main nav section article aside address hgroup dir menu strike nobr listing xmp plaintext rb rtc ul ol li dl dt dd figure figcaption blockquote q cite pre code kbd samp var tt em strong small s del ins u b i big mark sub sup ruby rt bdi bdo br wbr hr abbr dfn time data font center marquee table caption colgroup col thead tbody tfoot tr td th form fieldset legend label details summary dialog slot canvas map picture search"
	looks := map[uint32]string{}
	for name := range strings.FieldsSeq(names) {
		h := mix(lookSeed, []byte(name), false) >> 22
		if looks[h] != "" {
			t.Errorf("%s looks like %s", name, looks[h])
		}
		looks[h] = name
	}
	for _, c := range []struct{ name, old, want string }{
		{"a class and a style go", `<div class="active" style="color:red"></div>`, `<div></div>`},
		{"another attribute goes", `<div title="Hi there"></div>`, `<div></div>`},
		{"what was shown does not stand where text is masked", `<div contenteditable="false"><p>Hello</p></div>`, `<div contenteditable="false"><p>xxxx</p></div>`},
	} {
		core := start(t, 1)
		shape := []int32{shapeHTML}
		var marks []int32
		if strings.Contains(c.old, "<p>") {
			shape, marks = []int32{shapeHTML | 8, shapeHTML | 8, shapeText}, []int32{100, markMask}
		}
		must(t, core, drawnEditor(new(batch), 40).op(opRemove, 6).tree(5, 0, 20, len(shape), nil, nil, shape, c.old).op(opSnapshotEnd).op(opTime, 1000))
		p := newPage()
		p.read(t, core, 2000)
		html := strings.Replace(c.want, "xxxx", "Hello", 1)
		must(t, core, new(batch).op(opTime, 3000).op(opRemove, 20).tree(5, 0, 100, len(shape), nil, marks, shape, html))
		p.read(t, core, 3001)
		check(t, core)
		p.read(t, core, 5000)
		if got := p.String(); !strings.Contains(got, c.want) || strings.Contains(got, "Hello") {
			t.Errorf("%s: got %s", c.name, got)
		}
	}
}
