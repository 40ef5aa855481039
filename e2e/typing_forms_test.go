package e2e

import (
	"strings"
	"testing"

	"afterimage/wasm/wire"
)

func attrValues(op wire.Op) (values []string) {
	for _, a := range op.Attrs {
		values = append(values, string(a.Value))
	}
	return values
}

// A page may make names of a part of what is typed, or of it less its accents.
func TestNamesMadeOfPartsOfWhatIsTyped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, types, script, tells string }{
		{"a word of two", "Zanthor Quillfeather", `p.className = 'u-' + v.split(' ').at(-1).toLowerCase()`, "quillf"},
		{"each word", "quill feather zanthor", `p.className = v`, "feather"},
		{"before the @", "zanthor@quillfeather.example", `p.id = 'u-' + v.split('@')[0]`, "zanthor"},
		{"behind the @", "zanthor@quillfeather.example", `p.className = (v.split('@')[1] ?? '').split('.')[0]`, "quillf"},
		{"less its accents", "Zänthörpe", `p.className = v.normalize('NFD').replace(/[^a-z]/gi, '').toLowerCase()`, "zantho"},
		{"each word of three", "Quill Feather Zanthor", `p.className = v`, "feather"},
		{"of another script", "Łucja Brzęczyszczykiewicz", `p.className = v.split(' ').at(-1).normalize('NFD').replace(/[^a-z]/gi, '').toLowerCase()`, "brzecz"},
		{"of a street", "Quillstraße", `p.className = v.replace(/[^a-z]/gi, '').toLowerCase()`, "quillstra"},
		{"in an editor", "Zanthor Quillfeather", `p.className = 'u-' + v.split(/\s/).at(-1).toLowerCase()`, "quillf"},
	} {
		for _, level := range []struct{ name, options string }{{"lean", ""}, {"full", `data-mask=".none"`}} {
			// What begins with no capital is not known to the lean one; what both know is tried in one.
			isLean := level.name == "lean"
			switch c.name {
			case "a word of two", "behind the @", "less its accents":
			case "each word of three", "of another script", "of a street":
				if !isLean {
					continue
				}
			default:
				if isLean {
					continue
				}
			}
			t.Run(c.name+"/"+level.name, func(t *testing.T) {
				t.Parallel()
				field := `<input class=at>`
				if c.name == "in an editor" {
					field = `<div class=at contenteditable></div>`
				}
				s := newRecordedSite(t, false, level.options, field+`<p id=p></p><script>{ const p = document.querySelector('p'), at = document.querySelector('.at')
at.oninput = () => { const v = at.value ?? at.textContent; `+c.script+` } }</script>`)
				tb := newTab(t)
				tb.open(s.page)
				tb.until("window.afterimage && " + isRecording)
				view := eval[string](tb, "afterimage.pageViewId")
				eval[any](tb, `document.querySelector('.at').focus()`)
				tb.typeText(c.types)
				eval[any](tb, "new Promise((done) => setTimeout(done, 1300))")
				tb.typeText("s")
				eval[any](tb, "new Promise((done) => setTimeout(done, 1300))")
				eval[any](tb, "afterimage.snapshot()")
				eval[any](tb, "afterimage.flush()")
				ops := s.ops(view)
				if len(ops) == 0 || !eval[bool](tb, isRecording) {
					t.Fatal("nothing is told, or no more")
				}
				for _, op := range ops {
					for _, text := range append(attrValues(op), string(op.Text), string(op.Name)) {
						if strings.Contains(strings.ToLower(text), c.tells) {
							t.Errorf("%d ms: op %v tells %q", op.AtMs, op.Kind, text)
						}
					}
				}
			})
		}
	}
}
