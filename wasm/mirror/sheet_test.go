package mirror

import (
	"strings"
	"testing"
)

// TestConstructedSheetsHaveTheTightestModeOfTheirRoots: such a sheet belongs to no node; what it says
// is judged by where it is adopted, and the tightest place counts.
func TestConstructedSheetsHaveTheTightestModeOfTheirRoots(t *testing.T) {
	// ids: 2 iframe, 3 its document, 4 a masked iframe, 5 its document, 6 a blocked one, 8 an allowed one, 9 its document;
	// 2 stands first, as html does in a page
	const doc = "iframe\n\t#frame\niframe data-afterimage=mask\n\t#frame\niframe data-afterimage=block\n\t#frame\niframe data-afterimage=allow\n\t#frame"
	const rule, word = `p::before{content:"zanthorpe"}`, "zanthorpe"
	for _, c := range []struct {
		name  string
		level int
		then  func(b *batch)
		shown bool
	}{
		{"the page", 1, func(b *batch) { b.op(opAdopted, 1, 1, 1).op(opSheet, 0, 1, rule) }, true},
		{"a frame", 1, func(b *batch) { b.op(opAdopted, 3, 1, 1).op(opSheet, 0, 1, rule) }, true},
		{"a masked frame", 1, func(b *batch) { b.op(opAdopted, 5, 1, 1).op(opSheet, 0, 1, rule) }, false},
		{"a page whose element is masked before", 1, func(b *batch) {
			b.op(opAttr, 2, "data-afterimage", "mask").op(opAdopted, 1, 1, 1).op(opSheet, 0, 1, rule)
		}, false},
		{"a page whose element is masked then", 1, func(b *batch) {
			b.op(opAdopted, 1, 1, 1).op(opAttr, 2, "data-afterimage", "block").op(opSheet, 0, 1, rule)
		}, false},
		{"a masked frame, a rule", 1, func(b *batch) { b.op(opAdopted, 5, 1, 1).op(opRuleInsert, 0, 1, 0, rule) }, false},
		{"a blocked frame", 1, func(b *batch) { b.op(opAdopted, 7, 1, 1).op(opSheet, 0, 1, rule) }, false},
		{"the page and a masked frame", 1, func(b *batch) { b.op(opAdopted, 1, 1, 1).op(opAdopted, 5, 1, 1).op(opSheet, 0, 1, rule) }, false},
		{"a masked frame and the page", 1, func(b *batch) { b.op(opAdopted, 5, 1, 1).op(opAdopted, 1, 1, 1).op(opSheet, 0, 1, rule) }, false},
		{"a masked frame that gave it up", 1, func(b *batch) { b.op(opAdopted, 5, 1, 1).op(opAdopted, 5, 0).op(opSheet, 0, 1, rule) }, false},
		{"another sheet in a masked frame", 1, func(b *batch) { b.op(opAdopted, 5, 1, 2).op(opAdopted, 1, 1, 1).op(opSheet, 0, 1, rule) }, true},
		{"the second of a masked frame", 1, func(b *batch) { b.op(opAdopted, 5, 2, 2, 1).op(opSheet, 0, 1, rule) }, false},
		{"a root that was given up", 1, func(b *batch) { b.op(opRemove, 4).op(opAdopted, 5, 1, 1).op(opSheet, 0, 1, rule) }, false},
		{"a frame that is masked later", 1, func(b *batch) { b.op(opAdopted, 3, 1, 1).op(opMark, 2, 1).op(opSheet, 0, 1, rule) }, false},
		{"a frame whose parent is masked later", 1, func(b *batch) {
			b.op(opAdopted, 3, 1, 1).op(opAttr, 2, "data-afterimage", "mask").op(opRuleInsert, 0, 1, 0, rule)
		}, false},
		{"more roots than are kept", 1, func(b *batch) {
			ids := []any{1, maxAdopts}
			for range maxAdopts {
				ids = append(ids, 1)
			}
			b.op(opAdopted, ids...).op(opSheet, 0, 1, rule)
		}, false},
		{"no root that is known", 1, func(b *batch) { b.op(opSheet, 0, 1, rule) }, false},
		{"more sheets than are kept", 1, func(b *batch) { b.op(opAdopted, 1, 1, maxSheets).op(opSheet, 0, maxSheets, rule) }, false},
		{"an allowed frame of a strict page", 0, func(b *batch) { b.op(opAdopted, 9, 1, 1).op(opSheet, 0, 1, rule) }, false},
		{"an allowed frame", 1, func(b *batch) { b.op(opAdopted, 9, 1, 1).op(opSheet, 0, 1, rule) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			core := start(t, c.level)
			b := new(batch)
			build(b, doc)
			must(t, core, b)
			b = new(batch)
			b.op(opSheet, 0, 1, "")
			c.then(b)
			must(t, core, b)
			p := newPage()
			p.read(t, core, 0)
			if got := strings.Contains(strings.Join(p.ops, "\n"), word); got != c.shown {
				t.Errorf("shown %v, want %v:\n%s", got, c.shown, strings.Join(p.log, "\n"))
			}
			check(t, core)
		})
	}
}
