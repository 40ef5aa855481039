package e2e

import (
	"slices"
	"strings"
	"testing"

	"afterimage/wasm/wire"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// A page that hears of a key before the recorder does, shows what stands in the field and presses a button by script: the
// button's click is not the visitor's, and does not tell the text before it is known as typed. Events by script differ from
// trusted ones: microtasks run between the listeners of the latter.
func TestClickByScriptAtAKeyTellsNothing(t *testing.T) {
	t.Parallel()
	const typed = "quillfeather"
	for _, c := range []struct{ name, event, does string }{
		{"text", "input", `p.textContent = 'so ' + k.value`},
		{"address", "input", `history.replaceState(0, '', '/list/' + k.value)`},
		{"class", "input", `p.className = 'u-' + k.value`},
		{"before it is in the field", "beforeinput", `p.textContent = 'so ' + k.value + e.data`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newRecordedSite(t, false, `data-privacy="balanced"`, `<input id=k class=at><p id=p></p><button type=button id=b>Go</button>
<script>addEventListener('`+c.event+`', (e) => { `+c.does+`; b.click() }, true)</script>`)
			s.settings = map[string]any{"privacy": "balanced"}
			tb := newTab(t)
			tb.open(s.page)
			tb.until("window.afterimage && " + isRecording)
			view := eval[string](tb, "afterimage.pageViewId")
			eval[any](tb, `document.querySelector('.at').focus()`)
			if _, err := cdp.Call(tb.ctx, chromedp.FromContext(tb.ctx).Target, input.InsertText, input.InsertTextParams{Text: typed}); err != nil {
				t.Fatal(err)
			}
			eval[any](tb, "new Promise((done) => setTimeout(done, 1200))")
			for _, r := range "er" {
				tb.typeText(string(r))
			}
			waitFor(t, "a sign that somebody typed", func() bool {
				eval[any](tb, "afterimage.flush()")
				return slices.ContainsFunc(s.ops(view), func(op wire.Op) bool { return op.Kind == wire.KindActivity })
			})
			for _, op := range s.ops(view) {
				if strings.Contains(string(op.Text), typed[:4]) {
					t.Errorf("%d ms: op %v tells %q", op.AtMs, op.Kind, op.Text)
				}
			}
		})
	}
}
