package e2e

import (
	"bytes"
	"fmt"
	"testing"
)

// breakBatch spoils the page's messages to its worker from the moment when `spoil` is set.
const breakBatch = `globalThis.spoil = null
for (const P of [MessagePort, Worker]) { const post = P.prototype.postMessage
	P.prototype.postMessage = function (m, ...rest) { if (m?.ints && spoil) { m = spoil(m); rest = [[m.ints]] } return post.call(this, m, ...rest) } }`

// Whatever goes wrong between page and core while text is under way: recording ends at once, nothing
// further leaves, and in what left before stands no text of the page.
func TestNeverUnmasked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, spoil string }{
		{"an op that the core does not know", `(m) => ({ ...m, ints: Int32Array.of(...new Int32Array(m.ints), 250 | 1 << 8).buffer })`},
		{"an op in the middle of the batch", `(m) => ({ ...m, ints: Int32Array.of(2 | 2 << 8, 1, 251 | 1 << 8, ...new Int32Array(m.ints)).buffer })`},
		{"a batch that ends within an op", `(m) => ({ ...m, ints: new Int32Array(m.ints).slice(0, -1).buffer })`},
		{"text that is missing", `(m) => ({ ...m, text: m.text.slice(1) })`},
		{"an id that never was", `(m) => ({ ...m, ints: Int32Array.of(...new Int32Array(m.ints), 10 | 2 << 8, 999999).buffer })`},
		{"ints that are noise", `(m) => ({ ...m, ints: Int32Array.from({ length: 40 }, (_, i) => i * 2654435761 | 0).buffer })`},
		{"more than the core may hold", `(m) => ({ ...m, text: 'CANARY'.repeat(12 << 20) + 'é'.repeat(40 << 20) })`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newRecordedSite(t, false, "", `<h1>CANARYHEAD</h1><p id=p>CANARYTEXT</p><input id=i value=CANARYVALUE>`)
			tb := newTab(t)
			tb.onNewDocument(breakBatch)
			tb.open(s.page)
			tb.until(isRecording)
			// Until nothing is pending that was rightly taken before the fault.
			eval[any](tb, `afterimage.flush().then(() => new Promise((f) => setTimeout(f, 1500))).then(() => afterimage.flush())`)
			view := eval[string](tb, `afterimage.pageViewId`)
			before := len(s.up.plain(s.keys, view))
			if before == 0 {
				t.Fatal("nothing arrived before")
			}
			eval[any](tb, fmt.Sprintf(`spoil = %s; p.textContent = 'CANARYLATER'; i.value = 'CANARYTYPED'; i.dispatchEvent(new Event('input', { bubbles: true })); p.append('CANARYMORE'); 0`, c.spoil))
			tb.until(`afterimage.state.phase === 'refused' && afterimage.sessionId === null`)
			eval[any](tb, `spoil = null; p.textContent = 'CANARYAFTER'; afterimage.track('CANARYEVENT'); afterimage.flush()`)
			eval[any](tb, `new Promise((f) => setTimeout(f, 1500))`)
			tb.open("about:blank")
			plain := s.up.plain(s.keys, view)
			for i, b := range plain {
				if bytes.Contains(bytes.ToUpper(b), []byte("CANARY")) {
					t.Errorf("segment %d holds text of the page", i)
				}
			}
			if len(plain) != before {
				t.Errorf("%d segments came after the fault", len(plain)-before)
			}
		})
	}
}
