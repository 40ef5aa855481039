package mirror

import "testing"

// What one task types into a field and writes elsewhere stands in the batch in another order: attributes
// and subtrees first, then the field. Nothing of it shows the value all the same.
func TestFieldsAreKnownBeforeTheBatchIsWritten(t *testing.T) {
	const typed = "zanthorpe"
	for _, c := range []struct {
		name string
		tell func(b *batch) *batch
	}{
		{"a value", func(b *batch) *batch { return b.op(opValue, 2, typed) }},
		{"what is just typed into it", func(b *batch) *batch { return b.op(opEcho, -1-2, typed) }},
		{"a secret", func(b *batch) *batch { return b.op(opEcho, 2, typed).op(opSecret, 2, 1) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			core := start(t, 1)
			must(t, core, new(batch).op(opElement, 1, 0, 2, 0, "input", 0).op(opElement, 1, 2, 3, 0, "p", 0).op(opSnapshotEnd))
			b := new(batch).op(opAttr, 3, "title", "for "+typed).op(opAttr, 3, "class", typed)
			b.tree(3, 0, 10, 2, nil, nil, []int32{shapeHTML | 8, shapeText}, `<b id="`+typed+`" title="`+typed+`">it is `+typed+`</b>`)
			must(t, core, c.tell(b.op(opPointer, 3, 1, 0, 5, 5).op(opElement, 3, 0, 20, 0, "i", 2, "alt", typed, "lang", "en")))
			p := newPage()
			p.read(t, core, 0)
			hides(t, p, typed)
			check(t, core)
		})
	}
	t.Run("a value of a field that is new", func(t *testing.T) {
		core := start(t, 1)
		must(t, core, new(batch).op(opElement, 1, 0, 3, 0, "p", 0).op(opSnapshotEnd))
		must(t, core, new(batch).op(opElement, 1, 3, 4, 0, "input", 0).op(opAttr, 3, "title", "for "+typed).op(opValue, 4, typed))
		p := newPage()
		p.read(t, core, 0)
		hides(t, p, typed)
	})
}

// What is handed over as it is typed is known by its parts too, as a value is, and with what stands beside it.
func TestWhatIsJustTypedIsKnownAsAValue(t *testing.T) {
	core := start(t, 1)
	must(t, core, new(batch).op(opElement, 1, 0, 2, 0, "form", 0).op(opElement, 2, 0, 3, 0, "i", 0).op(opElement, 2, 3, 4, 0, "i", 0).
		op(opElement, 3, 0, 5, 0, "input", 0).op(opElement, 4, 0, 6, 0, "input", 0).op(opElement, 1, 2, 7, 0, "p", 0).op(opSnapshotEnd))
	must(t, core, new(batch).op(opEcho, -1-5, "Zanthorpe Quill").op(opEcho, -1-99, "from nowhere"))
	must(t, core, new(batch).op(opEcho, -1-5, "314").op(opEcho, -1-6, "159"))
	must(t, core, new(batch).op(opElement, 7, 0, 8, 0, "b", 2, "title", "dear Zanthorpe, from nowhere", "alt", "code 314159"))
	p := newPage()
	p.read(t, core, 0)
	for _, typed := range []string{"Zanthorpe", "314159", "nowhere"} {
		hides(t, p, typed)
	}
	check(t, core)
}

// So is what a page view before this one knew, each text as of a field of its own.
func TestWhatWasTypedEarlierIsKnownAsAValue(t *testing.T) {
	core := start(t, 1)
	const earlier = -1 - 1<<28
	must(t, core, new(batch).op(opEcho, earlier, "zan").op(opEcho, earlier-1, "zanthorpe@a.example").op(opEcho, earlier-2, "Hesper Quillmark").
		op(opElement, 1, 0, 2, 0, "p", 2, "title", "by Quillmark", "style", "background: url(/avatar/zanthorpe.png)").op(opSnapshotEnd))
	p := newPage()
	p.read(t, core, 0)
	for _, typed := range []string{"Quillmark", "zanthorpe"} {
		hides(t, p, typed)
	}
	check(t, core)
}

// An allowed field is shown, and so is what shows it again: also where it is new, and its value is told
// before it is known that it is allowed. What another field keeps for itself stays masked.
func TestAllowedFieldsAreNotMaskedElsewhere(t *testing.T) {
	for _, c := range []struct {
		name, want string
		b          *batch
	}{
		{"told before", `<input data-afterimage="allow">{zanthorpe}</input><p title="zanthorpe here"></p>`,
			new(batch).op(opEcho, 0, "zanthorpe").op(opElement, 1, 0, 2, 0, "input", 1, "data-afterimage", "allow").op(opElement, 1, 2, 3, 0, "p", 0).op(opValue, 2, "zanthorpe")},
		{"told twice", `<input data-afterimage="allow">{zanthorpe}</input><p title="zanthorpe here"></p>`,
			new(batch).op(opElement, 1, 0, 2, 0, "input", 1, "data-afterimage", "allow").op(opElement, 1, 2, 3, 0, "p", 0).op(opValue, 2, "zanthorpe").op(opEcho, 0, "zanthorpe").op(opValue, 2, "zanthorpe")},
		{"typed elsewhere before", `<input data-afterimage="allow">{xxxxxxxxxx}</input><p title="xxxxxxxxxx here"></p><input>{••••••}</input>`,
			new(batch).op(opElement, 1, 0, 2, 0, "input", 1, "data-afterimage", "allow").op(opElement, 1, 2, 3, 0, "p", 0).op(opElement, 1, 3, 4, 0, "input", 0).
				op(opValue, 4, "zanthorpe").op(opEcho, 0, "zanthorpe").op(opValue, 2, "Zanthorpe")},
	} {
		t.Run(c.name, func(t *testing.T) {
			core := start(t, 1)
			must(t, core, c.b.op(opSnapshotEnd))
			must(t, core, new(batch).op(opAttr, 3, "title", "zanthorpe here").op(opValue, 2, "zanthorpe"))
			p := newPage()
			p.read(t, core, 0)
			if got := p.String(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// In the strict form names alone can show it, and the field may be new.
func TestStrictFormKnowsFieldsBeforeTheBatchIsWritten(t *testing.T) {
	strictForm(t)
	core := start(t, 0)
	must(t, core, new(batch).op(opSnapshotEnd).
		tree(1, 0, 2, 3, nil, nil, []int32{shapeHTML | 8, shapeHTML, shapeHTML}, `<div class="row"><p class="zanthorpe" id="zanthorpe"></p><input></div>`).op(opValue, 4, "Zanthorpe"))
	p := newPage()
	drain(t, core, p)
	hides(t, p, "zanthorpe")
}
