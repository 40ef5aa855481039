package e2e

import (
	"strings"
	"testing"

	"afterimage/wasm/wire"

	"github.com/chromedp/chromedp"
)

// whileItComes opens the page, and types while the full recorder, for which the lean one may ask, is kept from coming. It
// answers what was told from the first key on by the lean one, and by the full one. The keys, and the frames that they load,
// are of one second.
func whileItComes(t *testing.T, body, keys string, then func(*tab)) (before []wire.Op, snapshot []wire.Op) {
	t.Helper()
	for range 20 { // a busy machine types slowly
		if told, ok := typeWhileItComes(t, body, keys, then); ok {
			for i, op := range told {
				if op.Kind == wire.KindSnapshotBegin {
					return told[:i], told[i:]
				}
			}
			return told, nil
		}
	}
	t.Fatalf("%d keys do not fit into a second", len(keys))
	return nil, nil
}

func typeWhileItComes(t *testing.T, body, keys string, then func(*tab)) (told []wire.Op, isOneSecond bool) {
	t.Helper()
	s := newRecordedSite(t, false, "", body)
	release := make(chan struct{})
	s.lacks = func(name string) bool {
		if strings.HasPrefix(name, "afterimage-recorder") {
			<-release
		}
		return false
	}
	tb := newTab(t)
	tb.onNewDocument(`window.times = []
for (const type of ['keydown', 'input']) addEventListener(type, (event) => event.isTrusted && times.push(performance.now()), type === 'keydown')
document.addEventListener('load', () => times[0] && times.push(performance.now()), true)`)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	view := eval[string](tb, "afterimage.pageViewId")
	zero := tb.clockOf(s, view, `document.querySelector('.at').focus()`)
	tb.nextSecond(zero)
	known := len(s.ops(view))
	for _, r := range keys {
		tb.typeText(string(r))
		eval[any](tb, "new Promise((done) => setTimeout(done, 20))")
	}
	if then != nil {
		then(tb)
	}
	eval[any](tb, `new Promise((done) => setTimeout(done, 400))`)
	if n := kinds(s.ops(view)[known:])[wire.KindSnapshotBegin]; n != 0 {
		t.Fatal("the full recorder is there too early")
	}
	close(release)
	if s.asked("afterimage-recorder") {
		waitFor(t, "an epoch of the full recorder", func() bool {
			eval[any](tb, "afterimage.flush()")
			return kinds(s.ops(view)[known:])[wire.KindSnapshotEnd] != 0
		})
	}
	eval[any](tb, "new Promise((done) => setTimeout(done, 1200))")
	eval[any](tb, "afterimage.flush()")
	return s.ops(view)[known:], tb.areOfOneSecond(zero)
}

// What a page does with the keys beside changing its tree is for the full recorder: the lean one tells nothing of it, nor of
// anything else from there on; and of what it holds itself once a second.
func TestLeanRecorderTellsNothingOfTheKeys(t *testing.T) {
	t.Parallel()
	script := `press.click()`
	rows := []keyRow{{"a button that script clicks", `<button id=press>Press</button>`, script}}
	for _, c := range atEachKey {
		switch c.name {
		case "rules that replace one another", "rules in a group", "replaceSync", "adopted sheets", "pushState", "a fragment", "scrolling",
			"the size of a canvas", "a popover", "a dialog", "srcdoc", "focus that goes and comes", "a field that is made anew", "a button that script presses", "a finger that script makes":
			rows = append(rows, c)
		}
	}
	if len(rows) != 16 {
		t.Fatalf("%d rows", len(rows))
	}
	// What the lean recorder holds itself stands on pages of its own: the others are handed over with their first key.
	var held, others []keyRow
	for _, c := range rows {
		switch c.name {
		case "a button that script clicks", "scrolling", "focus that goes and comes", "a button that script presses", "a finger that script makes":
			held = append(held, c)
		default:
			others = append(others, c)
		}
	}
	for _, c := range append(together(held), together(others)...) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lean, _ := whileItComes(t, `<p id=mark></p><input class=at>`+c.body+`<script>{ const at = document.querySelector('.at'); let n = 0
at.oninput = () => { n++; mark.className = 'abcdefghijk'[n]; `+c.script+` } }</script>`, "zanthorpe", nil)
			told := kinds(lean)
			for _, kind := range []wire.Kind{wire.KindNavigate, wire.KindMouse, wire.KindTouch, wire.KindRuleInsert, wire.KindRuleDelete, wire.KindBox, wire.KindDialogState, wire.KindFrameDocument} {
				if n := told[kind]; n != 0 {
					t.Errorf("%d ops of kind %v", n, kind)
				}
			}
			for _, kind := range []wire.Kind{wire.KindScroll, wire.KindAttr, wire.KindAdopted} {
				if n := told[kind]; n > 1 {
					t.Errorf("%d ops of kind %v after nine keys", n, kind)
				}
			}
			// What has the focus is told at the end of their second, and of the one after it.
			if n := told[wire.KindFocus]; n > 2 {
				t.Errorf("%d ops of focus after nine keys", n)
			}
			// A dialog may take the focus: that is another field.
			if n := told[wire.KindActivity]; n > 2 {
				t.Errorf("%d marks of activity after nine keys", n)
			}
		})
	}
}

// What was typed before the full recorder was there, and is in no field any more, is known to it as typed; the address that
// the page has meanwhile, and the visitor's own clicks, are told.
func TestWhatHappensWhileTheFullRecorderComesIsKnown(t *testing.T) {
	t.Parallel()
	before, snapshot := whileItComes(t, `<input class=at><p id=p></p><button id=own>Own</button><script>
document.querySelector('.at').oninput = ({ target }) => {
  if (target.value !== 'zan quillfe') return
  target.value = ''
  p.className = 'u-quillfe'
  history.pushState(0, '', '/elsewhere')
}</script>`, "zan quillfe", func(tb *tab) { tb.do(chromedp.Click("#own")) })
	if n := kinds(before)[wire.KindMouse]; n != 3 {
		t.Errorf("%d events of the visitor's click were told, want 3", n)
	}
	if n := kinds(before)[wire.KindNavigate]; n != 0 {
		t.Errorf("%d addresses were told before the full recorder was there", n)
	}
	if n := kinds(snapshot)[wire.KindNavigate]; n != 1 {
		t.Errorf("%d addresses were told by the full recorder, want 1", n)
	}
	for _, op := range append(before, snapshot...) {
		for _, text := range append(attrValues(op), string(op.Text)) {
			if strings.Contains(text, "quillf") {
				t.Errorf("op %v tells %q", op.Kind, text)
			}
		}
	}
}
