package e2e

import (
	"strings"
	"testing"

	"afterimage/wasm/wire"

	"github.com/chromedp/chromedp"
)

// Where a click is on a blocked part is not told while the full recorder comes either, nor the way of a finger on a canvas.
func TestBlockedPartsStayBlockedWhileTheFullRecorderComes(t *testing.T) {
	t.Parallel()
	before, _ := whileItComes(t, `<p class=at contenteditable>Text</p><div data-afterimage=block style="width:200px;height:100px"><button id=key>7</button></div><canvas id=sign width=100 height=100 style="display:block"></canvas>`, "z", func(tb *tab) {
		tb.do(chromedp.Click("#key"))
		tb.do(chromedp.Click("#sign"))
		eval[any](tb, `{ const { x, y } = sign.getBoundingClientRect(); for (const on of [document.querySelector('#key'), sign]) {
const touch = new Touch({ identifier: 1, target: on, clientX: x, clientY: y })
on.dispatchEvent(new TouchEvent('touchstart', { changedTouches: [touch], bubbles: true, composed: true })) } }`)
	})
	// The strict form tells clicks on a canvas alone.
	if n := kinds(before)[wire.KindMouse]; n != 3 {
		t.Errorf("%d events of the mouse are told, want the 3 of the canvas: %v", n, before)
	}
	if n := kinds(before)[wire.KindPointer] + kinds(before)[wire.KindTouch]; n != 0 {
		t.Errorf("%d ways of pointer and finger are told", n)
	}
}

// What the page hands over in the meantime is judged by what was typed in the meantime.
func TestEventsWhileTheFullRecorderComesDoNotTellWhatWasTyped(t *testing.T) {
	t.Parallel()
	before, after := whileItComes(t, `<input class=at><script>document.querySelector('.at').oninput = ({ target }) => {
history.pushState(0, '', '/elsewhere')
if (target.value === 'quillfeather') afterimage.track('search', { query: target.value }) }</script>`, "quillfeather", nil)
	tracked := 0
	for _, op := range append(before, after...) {
		if op.Kind == wire.KindTrack {
			tracked++
		}
		if strings.Contains(string(op.Name)+string(op.Text), "quillfeather") {
			t.Errorf("op %v tells %q %q", op.Kind, op.Name, op.Text)
		}
	}
	if tracked != 1 {
		t.Errorf("%d events were told, want 1", tracked)
	}
}

// Any element may have a property of that name, which is no text.
func TestValueOfAnotherKindDoesNotEndTheRecording(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body string }{
		{"a closed shadow root", `<script>customElements.define('x-field', class extends HTMLElement {
constructor() { super(); this.inner = this.attachShadow({ mode: 'closed' }); this.inner.innerHTML = '<input>' }
get value() { return { text: 1 } }
focus() { this.inner.firstChild.focus() } })</script><x-field class=at></x-field>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, snapshot := whileItComes(t, c.body+`<p id=p></p><script>document.querySelector('.at').oninput = ({ target }) => {
if (target.textContent !== 'quillfeather') return
target.textContent = ''
p.className = 'u-quillfeather' }</script>`, "quillfeather", nil)
			for _, op := range snapshot {
				for _, a := range op.Attrs {
					if strings.Contains(string(a.Value), "quillfeather") {
						t.Errorf("%s=%q is told", a.Name, a.Value)
					}
				}
			}
		})
	}
}

// Where the visitor zooms, the view goes with the caret; the full recorder tells where it is, and which field has the focus.
func TestZoomAndFocusAreToldByTheFullRecorder(t *testing.T) {
	t.Parallel()
	before, snapshot := whileItComes(t, `<p class=at contenteditable>Text</p>`, "zzz", func(tb *tab) {
		for range 2 {
			eval[any](tb, `visualViewport.dispatchEvent(new Event('scroll')), new Promise((f) => setTimeout(f, 100))`)
		}
	})
	if n := kinds(before)[wire.KindViewport]; n != 0 {
		t.Errorf("%d places of the view were told before the full recorder was there", n)
	}
	fields := map[int64]bool{}
	for _, op := range snapshot {
		if op.Kind == wire.KindElement && string(op.Name) == "p" {
			fields[int64(op.ID)] = true
		}
		if op.Kind == wire.KindFocus && fields[int64(op.ID)] {
			return
		}
	}
	t.Error("the new epoch does not know which field has the focus")
}

// No listener of the page keeps a key from the recorder.
func TestOpsDoNotFollowKeysThatNobodyElseHears(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"strict", "balanced", "lean"} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			at := `<div class=at tabindex=0>Text</div>`
			if level == "lean" { // which hands over at an element that is no control
				at = `<input class=at>`
			}
			sameAfterMoreKeys(t, level, `<p id=mark></p>`+at+`<script>{ let n = 0
addEventListener('keydown', (event) => { event.stopPropagation(); event.preventDefault(); n++; mark.className = 'abcdefghijk'[n] }, true) }</script>`)
		})
	}
}

// A space is a character as any other, and a number is made by arrows too: each change waits for the end of the second.
func TestKeysThatMakeNoOtherCharacterWaitToo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, field, on, key string }{
		{"space", `<input class=at>`, "onkeydown", " "},
		{"arrow", `<input type=number value=0 class=at>`, "oninput", "\u0304"},
		{"backspace", `<div class=at tabindex=0>Text</div>`, "onkeydown", "\b"},
		{"backspace/lean", `<div class=at tabindex=0>Text</div>`, "onkeydown", "\b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			options := `data-mask=".none"`
			if strings.HasSuffix(c.name, "lean") {
				options = ""
			}
			s := newRecordedSite(t, false, options, `<p id=mark></p>`+c.field+`<script>{ let n = 0
document.querySelector('.at').`+c.on+` = () => { n++; mark.className = 'abcdefghijk'[n] } }</script>`)
			tb := newTab(t)
			tb.open(s.page)
			tb.until("window.afterimage && " + isRecording)
			view := eval[string](tb, "afterimage.pageViewId")
			zero := tb.clockOf(s, view, `document.querySelector('.at').focus()`)
			tb.typeText("7")
			tb.nextSecond(zero)
			eval[any](tb, "afterimage.flush()")
			known := len(s.ops(view))
			for range 2 {
				tb.nextSecond(zero)
				eval[any](tb, "new Promise((done) => setTimeout(done, 250))")
				tb.typeText(c.key)
				eval[any](tb, "new Promise((done) => setTimeout(done, 1200))")
			}
			eval[any](tb, "afterimage.flush()")
			changes := 0
			for _, op := range s.ops(view)[known:] {
				if op.Kind != wire.KindAttr {
					continue
				}
				changes++
				if at := op.AtMs % 1000; at > 200 && at < 950 {
					t.Errorf("a change is told at %d ms", op.AtMs)
				}
			}
			if changes != 2 {
				t.Errorf("%d changes are told, want 2", changes)
			}
		})
	}
}
