package mirror

import (
	"fmt"
	"strings"
	"testing"
)

// Some keys in one batch: what shows the earlier ones again is masked too, whatever the order in which the batch
// tells field and page, and also where the next frame begins after a second key.
func TestEveryValueOfABatchIsKnown(t *testing.T) {
	const first, second, third = "zanthorpeqw", "zanthorpeqwr", "zanthorpeqwrt"
	for _, c := range []struct {
		name string
		b    *batch
	}{
		{"texts, a frame after the second value", new(batch).op(opTime, 100).op(opValue, 2, first).op(opTextNode, 3, 0, 4, first).
			op(opTime, 115).op(opValue, 2, second).op(opTime, 117).op(opRemove, 4).op(opTextNode, 3, 0, 5, second).
			op(opTime, 131).op(opValue, 2, third).op(opTime, 132).op(opRemove, 5).op(opTextNode, 3, 0, 6, third)},
		{"texts, told before their values", new(batch).op(opTime, 100).op(opTextNode, 3, 0, 4, first).op(opValue, 2, first).
			op(opTime, 117).op(opText, 4, second).op(opValue, 2, second)},
		{"attributes, told before their values", new(batch).op(opAttr, 3, "title", first).op(opValue, 2, first).op(opAttr, 3, "title", second).op(opValue, 2, second)},
		{"names of classes, told before their values", new(batch).op(opAttr, 3, "class", first).op(opValue, 2, first).op(opAttr, 3, "class", second).op(opValue, 2, second)},
	} {
		t.Run(c.name, func(t *testing.T) {
			for level := range 2 {
				core := start(t, level)
				must(t, core, new(batch).op(opElement, 1, 0, 2, 0, "input", 0).op(opElement, 1, 2, 3, 0, "p", 0).op(opSnapshotEnd).op(opValue, 2, "zanthorpe"))
				must(t, core, c.b)
				p := newPage()
				p.read(t, core, 0)
				hides(t, p, "zanthorpe")
				check(t, core)
			}
		})
	}
}

// A page may have more fields than a small table holds: what any of them held is still known.
func TestValuesOfManyFieldsAreKnown(t *testing.T) {
	const fields = 3000
	name := func(i int) string {
		return fmt.Sprintf("%c%c%czanthorpe", 'a'+i/26/26, 'a'+i/26%26, 'a'+i%26)
	}
	core := start(t, 1)
	b := new(batch)
	for i := range fields {
		b.op(opElement, 1, 0, 2+i, 0, "input", 0)
	}
	const editor, label = fields + 2, fields + 4
	must(t, core, b.op(opElement, 1, 0, editor, 0, "div", 1, "contenteditable", "").op(opTextNode, editor, 0, editor+1, "a note").
		op(opElement, 1, 0, label, 0, "p", 0).op(opSnapshotEnd))
	b = new(batch)
	for i := range fields {
		b.op(opValue, 2+i, name(i))
	}
	// The editor is one no more in the same batch.
	must(t, core, b.op(opTextNode, editor, editor+1, label+1, name(fields)).op(opAttr, editor, "contenteditable", nil))
	b = new(batch)
	for i := range fields + 1 {
		b.op(opTextNode, label, 0, label+2+i, "hello "+name(i))
	}
	must(t, core, b)
	p := newPage()
	p.read(t, core, 0)
	hides(t, p, "thorpe")
	if !strings.Contains(p.String(), "hello") {
		t.Error("no text is shown at all")
	}
	check(t, core)
}
