package e2e

import (
	"fmt"
	"testing"

	"afterimage/wasm/wire"

	"github.com/chromedp/chromedp"
)

// leanTab opens a page that the lean recorder records, and answers its page view and performance.now() of that one's time 0.
func leanTab(t *testing.T, body string) (s *recordedSite, tb *tab, view string, zero float64) {
	t.Helper()
	s = newRecordedSite(t, false, "", body)
	tb = newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	view = eval[string](tb, "afterimage.pageViewId")
	return s, tb, view, tb.clockOf(s, view, `document.querySelector('.at').focus()`)
}

// A press of the visitor ends the second of a key: what the page has changed in it may be beyond the lean recorder, as anything.
func TestPressInTheSecondOfAKeyDoesNotEndTheRecording(t *testing.T) {
	t.Parallel()
	s, tb, view, zero := leanTab(t, `<input class=at><button id=press>Press</button><main></main><script>document.querySelector('.at').oninput = () => {
document.querySelector('main').innerHTML = '<iframe></iframe><select><option>a<option selected>b</select>' }</script>`)
	tb.nextSecond(zero)
	tb.typeText("z")
	tb.do(chromedp.Click("#press"))
	eval[any](tb, `document.querySelector('select').selectedIndex = 0`)
	eval[any](tb, "new Promise((done) => setTimeout(done, 1300))")
	eval[any](tb, "afterimage.flush()")
	if told := kinds(s.ops(view)); told[wire.KindFrameDocument] != 1 || told[wire.KindMouse] != 3 {
		t.Errorf("the frame, or what the click is, is not told: %v", told)
	}
	if !eval[bool](tb, isRecording) {
		t.Error("the recording has ended")
	}
}

// Where the focus is after the second of a key is told, also of whoever goes on to the next field within it.
func TestFocusThatGoesOnWithinTheSecondIsTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, keys, at string }{
		{"the next field", `<input class=at><textarea></textarea>`, "z\t", "textarea"},
		{"the same field", `<textarea class=at></textarea>`, "z", "textarea"},
		{"in a shadow tree", `<div class=at><template shadowrootmode=open shadowrootdelegatesfocus><textarea></textarea></template></div>`, "z", "textarea"},
		{"in a frame", `<iframe class=at srcdoc="<textarea></textarea>"></iframe>`, "z", "textarea"},
		{"nowhere", `<input class=at onkeydown="this.blur()">`, "z", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, tb, view, zero := leanTab(t, c.body)
			if c.name == "in a frame" {
				eval[any](tb, `document.querySelector('.at').contentDocument.querySelector('textarea').focus()`)
			}
			tb.nextSecond(zero)
			for _, key := range c.keys {
				tb.typeText(string(key))
			}
			eval[any](tb, "new Promise((done) => setTimeout(done, 1300))")
			eval[any](tb, "afterimage.flush()")
			if s.asked("afterimage-recorder") {
				t.Fatal("the lean recorder has handed over")
			}
			names := map[int64]string{}
			focus := int64(-1)
			for _, op := range s.ops(view) {
				if op.Kind == wire.KindElement {
					names[int64(op.ID)] = string(op.Name)
				}
				if op.Kind == wire.KindFocus {
					focus = int64(op.ID)
				}
			}
			if names[focus] != c.at {
				t.Errorf("node %d, %q, is told to have the focus, want %q", focus, names[focus], c.at)
			}
		})
	}
}

// The second of a key that has ended with its recording ends none of the next one: its timer comes late here, between two keys.
func TestSecondOfTheKeysIsThatOfItsRecording(t *testing.T) {
	t.Parallel()
	s := newRecordedSite(t, false, "", `<input class=at type=password><p id=mark></p><main></main><script>{ let n = 0; var times = []
setInterval(() => document.querySelector('main').replaceChildren(document.createElement('b')), 30)
document.querySelector('.at').oninput = () => { times.push(performance.now()); mark.className = 'abcdefghij'[n++] } }</script>`)
	for range 20 {
		tb := newTab(t)
		tb.onNewDocument(`{ const later = setTimeout; window.kept = []
window.setTimeout = (run, ms, ...args) => window.keep && ms > 300 ? kept.push(run) : later(run, ms, ...args) }`)
		tb.open(s.page)
		tb.until("window.afterimage && " + isRecording)
		first := eval[string](tb, "afterimage.pageViewId")
		tb.nextSecond(tb.clockOf(s, first, `document.querySelector('.at').focus()`))
		eval[any](tb, "keep = true")
		tb.typeText("z")
		eval[any](tb, "keep = false")
		if eval[int](tb, "kept.length") == 0 {
			t.Fatal("no second of a key has begun")
		}
		eval[any](tb, "afterimage.stop()")
		eval[any](tb, "afterimage.start()")
		tb.until(isRecording + fmt.Sprintf(" && afterimage.pageViewId !== %q", first))
		view := eval[string](tb, "afterimage.pageViewId")
		zero := tb.clockOf(s, view, `document.activeElement.blur(); document.querySelector('.at').focus()`)
		tb.nextSecond(zero)
		eval[any](tb, "times = []")
		before := len(s.ops(view))
		tb.typeText("z")
		eval[any](tb, "kept.forEach((run) => run()), new Promise((done) => setTimeout(done, 100))")
		tb.typeText("z")
		eval[any](tb, "new Promise((done) => setTimeout(done, 1300))")
		eval[any](tb, "afterimage.flush()")
		if !tb.areOfOneSecond(zero) || eval[int](tb, "times.length") != 2 {
			continue // a busy machine types slowly
		}
		if s.asked("afterimage-recorder") {
			t.Fatal("the lean recorder has handed over")
		}
		if n := kinds(s.ops(view)[before:])[wire.KindAttr]; n != 1 {
			t.Errorf("%d changes are told of one second", n)
		}
		return
	}
	t.Error("the keys do not fit into their second")
}

// What may not be told while somebody types takes nothing with it of what the page hands over in the same task.
func TestEventBesideARuleIsKept(t *testing.T) {
	t.Parallel()
	before, after := whileItComes(t, `<style>#p{order:1}</style><input class=at><script>document.querySelector('.at').oninput = () => {
afterimage.track('search')
document.querySelector('style').sheet.insertRule('#p{order:2}', 0) }</script>`, "z", nil)
	tracked := 0
	for _, op := range append(before, after...) {
		if op.Kind == wire.KindTrack {
			tracked++
		}
	}
	if tracked != 1 {
		t.Errorf("%d events are told, want 1", tracked)
	}
}

// What is held in the second after that of a key may block what the page tells beside it: a frame that loads in there is not read.
func TestFrameOfAPartThatIsBlockedAfterTheKeysIsNotRead(t *testing.T) {
	t.Parallel()
	s, _, view, known := afterAKey(t, "lean", `if (!window.once) { once = 1; list.innerHTML = '<li><iframe></iframe>'
setTimeout(() => { main.dataset.afterimage = 'block'; list.querySelector('iframe').srcdoc = '<p class=n2>' }, 1100) }`)
	told := s.ops(view)[known:]
	if kinds(told)[wire.KindFrameDocument] == 0 {
		t.Error("the frame that was there before is not told")
	}
	if !s.asked("afterimage-recorder") {
		t.Error("the lean recorder has not handed over")
	}
	for _, op := range told {
		for _, text := range append(attrValues(op), string(op.Text)) {
			if text == "n2" {
				t.Errorf("op %v of the blocked part is told", op.Kind)
			}
		}
	}
}

// A snapshot within the second of a key changes nothing of what the second after it is.
func TestSnapshotInTheSecondOfAKeyLeavesTheNextOne(t *testing.T) {
	t.Parallel()
	for range 20 {
		s, tb, view, zero := leanTab(t, `<input class=at><p id=mark></p><script>{ var times = []; document.querySelector('.at').oninput = () => times.push(performance.now()) }</script>`)
		tb.nextSecond(zero)
		tb.typeText("z")
		eval[any](tb, "afterimage.snapshot()")
		tb.typeText("z")
		eval[any](tb, `new Promise((done) => setTimeout(done, 1050 - (performance.now() - `+fmt.Sprint(zero)+`) % 1000))`)
		known := len(s.ops(view))
		eval[any](tb, `(async () => { for (let n = 0; n < 5; n++) { mark.className = 'abcde'[n]; times.push(performance.now() - 1000); await new Promise((done) => setTimeout(done, 100)) } })()`)
		eval[any](tb, "new Promise((done) => setTimeout(done, 1300))")
		eval[any](tb, "afterimage.flush()")
		if !tb.areOfOneSecond(zero) {
			continue // a busy machine types slowly
		}
		if n := kinds(s.ops(view)[known:])[wire.KindAttr]; n != 1 {
			t.Errorf("%d changes are told of the second after the key", n)
		}
		return
	}
	t.Error("the keys do not fit into their second")
}

// A namespace may have any name.
func TestNamespaceCalledAsAnObjectsOwnIsRecorded(t *testing.T) {
	t.Parallel()
	s, tb, view, _ := leanTab(t, `<input class=at><script>for (const space of ['constructor', 'toString', '__proto__']) document.body.append(document.createElementNS(space, 'quince'))</script>`)
	eval[any](tb, "afterimage.flush()")
	told := 0
	for _, op := range s.ops(view) {
		if op.Kind == wire.KindElement && len(op.Nums) > 0 && op.Nums[0] == 3 {
			told++
		}
	}
	if told != 3 || !eval[bool](tb, isRecording) {
		t.Errorf("%d elements of other namespaces are told, want 3", told)
	}
}
