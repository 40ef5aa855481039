package mirror

import (
	"slices"
	"strings"
	"testing"
)

// TestSecretSelectsAndEditors: what is chosen or typed where the element is called a secret is told by
// nothing, wherever the page allows: not by the text of an option or an editor, not by what is
// selected, not by a key, and not by a marker further in.
func TestSecretSelectsAndEditors(t *testing.T) {
	const options = "\n\toption value=07 selected=\n\t\t'July\n\toption value=08\n\t\t'August"
	for _, c := range []struct {
		name, doc, want string
		then            func(b *batch)
	}{
		{"a select of the month that a card expires", "div data-afterimage=allow\n" + indent("select autocomplete=cc-exp-month"+options),
			`<div data-afterimage="allow"><select data-m1="x"><option>••••••</option><option>••••••</option></select></div>`,
			func(b *batch) { b.op(opSelected, 3, 1, 1).op(opKey, 3, 0).op(opTime, 5000) }},
		{"a select that is named so later", "div data-afterimage=allow\n" + indent("select name=x"+options), `<div data-afterimage="allow"></div>`,
			func(b *batch) { b.op(opAttr, 3, "name", "expiry").op(opSelected, 3, 1, 1) }},
		{"a select whose label element says so", "div data-afterimage=allow\n" + indent("select name=x"+options), `<div data-afterimage="allow"></div>`,
			func(b *batch) { b.op(opSecret, 3, 0).op(opSelected, 3, 1, 1) }},
		{"an editor labelled so", "div data-afterimage=allow\n\tdiv aria-label=Password contenteditable=true\n\t\tp data-afterimage=allow\n\t\t\t'zanthorpe",
			`<div data-afterimage="allow"><div aria-label="xxxxxxx" contenteditable="true"><p data-afterimage="allow">` + "••••••" + `</p></div></div>`,
			func(b *batch) { b.op(opText, 5, "zanthorpe2").op(opKey, 3, 0).op(opKey, 4, 0).op(opTime, 5000) }},
		{"an editor that the bridge remembers", "div data-afterimage=allow\n\tdiv contenteditable=true\n\t\t'zanthorpe", `<div data-afterimage="allow"></div>`,
			func(b *batch) {
				b.op(opMark, 3, markCalled).op(opText, 4, "zanthorpe2").op(opKey, 3, 0).op(opTime, 5000)
			}},
		{"a role labelled so, what is fixed in it too", "div data-afterimage=allow\n\tdiv role=textbox id=one-time-code\n\t\tp contenteditable=false\n\t\t\t'4711",
			`<div data-afterimage="allow"><div id="one-time-code" role="textbox"><p contenteditable="false">` + "••••••" + `</p></div></div>`, nil},
		{"a textarea that the bridge knows of before it is written", "div data-afterimage=allow",
			`<div data-afterimage="allow"><textarea>{••••••}</textarea></div>`,
			func(b *batch) {
				b.op(opMark, 3, markCalled).op(opElement, 2, 0, 3, 0, "textarea", 0).op(opTextNode, 3, 0, 4, "zanthorpe").op(opText, 4, "zanthorpe2")
				b.op(opValue, 3, "zanthorpe3").op(opKey, 3, 0).op(opTime, 5000)
			}},
		{"no field, but called so", "div data-afterimage=allow id=password\n\t'Choose one",
			`<div data-afterimage="allow" id="password">Choose one</div>`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			core := start(t, 1)
			b := new(batch)
			build(b, c.doc)
			must(t, core, b)
			p := newPage()
			if c.then != nil {
				b := new(batch)
				c.then(b)
				must(t, core, b)
			}
			p.read(t, core, 10_000)
			if got := p.String(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			check(t, core)
			for _, line := range p.ops {
				if strings.HasPrefix(line, "16 ") || strings.HasPrefix(line, "35 ") || strings.HasPrefix(line, "48 ") {
					t.Errorf("told: %s", line)
				}
			}
		})
	}
}

// What is selected is told by an op alone: the attribute would be told before a label says that it is secret.
func TestSelectedIsNoAttribute(t *testing.T) {
	core := start(t, 1)
	b := new(batch)
	build(b, "select data-afterimage=allow\n\toption selected=\n\t\t'July\n\toption\n\t\t'August")
	must(t, core, b.op(opSelected, 2, 1, 1))
	p := newPage()
	p.read(t, core, 0)
	if got, want := p.String(), `<select data-afterimage="allow"><option>July</option><option>August</option></select>`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !slices.ContainsFunc(p.ops, func(line string) bool { return strings.HasPrefix(line, "16 id=2 ") }) {
		t.Errorf("no op selected: %q", p.ops)
	}
	check(t, core)
}

func indent(doc string) string { return "\t" + strings.ReplaceAll(doc, "\n", "\n\t") }
