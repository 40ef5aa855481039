package e2e

import (
	"fmt"
	"strings"
	"testing"

	"afterimage/wasm/wire"

	"github.com/chromedp/chromedp"
)

// Pages do something at each key: they copy the value into an attribute, draw the text by themselves, fit the
// size of the field. What leaves after few keys is what leaves after many, but for the marks of activity, of
// which there is one a second at most.
func TestTypingIsNotToldKeyByKey(t *testing.T) {
	for _, c := range []struct{ name, body, script string }{
		{"input", `<input class=at>`, ``},
		{"input whose attribute follows", `<input class=at value="">`, `at.oninput = () => at.setAttribute('value', at.value)`},
		{"input that is fitted", `<input class=at style="width:20px" size=1>`, `at.oninput = () => { at.size = at.value.length; at.style.width = at.value.length * 9 + 'px' }`},
		{"input in a label that is fitted", `<label data-value=""><input class=at></label>`, `at.oninput = () => { at.parentNode.dataset.value = at.value }`},
		{"password that is fitted", `<input class=at type=password style="width:20px">`, `at.oninput = () => { at.style.width = at.value.length * 9 + 'px' }`},
		{"textarea whose text follows", `<textarea class=at>a</textarea>`, `at.oninput = () => { at.textContent = at.value }`},
		{"editor", `<div class=at contenteditable><p>a</p></div>`, ``},
		{"editor of plain text in a scroller", `<div style="width:9px;overflow:auto;white-space:pre"><div class=at contenteditable=plaintext-only></div></div>`, ``},
		{"editor that draws a text a key", `<div class=at role=textbox tabindex=0 style="min-height:20px"></div>`, `at.onkeydown = (e) => at.append(e.key)`},
		{"editor that draws an element a key", `<div class=at role=textbox tabindex=0 style="min-height:20px"></div>`, `at.onkeydown = (e) => { const s = document.createElement('span'); s.textContent = e.key; at.append(s) }`},
		{"editor that writes its text anew at each key", `<div class=at role=textbox tabindex=0 style="min-height:20px">a</div>`, `let all = ''; at.onkeydown = (e) => { at.textContent = all += e.key }`},
		{"editor that writes its elements anew at each key", `<div class=at role=textbox tabindex=0 style="min-height:20px"><i>a</i></div>`, `let all = ''; at.onkeydown = (e) => { all += e.key; at.innerHTML = Array.from(all, (c) => '<b>' + c + '</b> <!-- -->').join('') }`},
		{"editor that empties itself for a frame at each key", `<div class=at role=textbox tabindex=0 style="min-height:20px">a</div>`, `let all = ''; at.onkeydown = (e) => { all += e.key; at.replaceChildren(); requestAnimationFrame(() => at.append(all)) }`},
		{"search whose address follows", `<input class=at>`, `at.oninput = () => history.replaceState(null, '', '?q=' + at.value)`},
		{"counter", `<input class=at><b>0/99</b>`, `at.oninput = () => { at.nextSibling.firstChild.data = at.value.length + '/99' }`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newRecordedSite(t, false, "", c.body+`<script>{ const at = document.querySelector('.at'); `+c.script+` }</script>`)
			tb := newTab(t)
			told := map[int]string{}
			for _, keys := range []int{2, 7} {
				tb.open(s.page)
				tb.until("window.afterimage && " + isRecording)
				eval[any](tb, `{ const at = document.querySelector('.at'); at.focus(); if (at.isContentEditable) getSelection().selectAllChildren(at.querySelector('p') ?? at) }`)
				eval[any](tb, "afterimage.flush()")
				view := eval[string](tb, "afterimage.pageViewId")
				before := len(s.ops(view))
				for k := range keys {
					tb.typeText("zanthor"[k : k+1])
					eval[any](tb, "new Promise(requestAnimationFrame)")
				}
				eval[any](tb, "afterimage.flush()") // the changes of the second too
				eval[any](tb, "afterimage.snapshot()")
				eval[any](tb, "afterimage.stop()")
				counts := kinds(s.ops(view)[before:])
				if counts[wire.KindActivity] > 4 || counts[wire.KindKey] > 0 {
					t.Errorf("%d marks of activity and %d keys after %d keys", counts[wire.KindActivity], counts[wire.KindKey], keys)
				}
				delete(counts, wire.KindActivity)
				delete(counts, wire.KindAnchor)
				told[keys] = fmt.Sprint(counts)
				if s.asked("afterimage-recorder") {
					t.Error("the lean recorder has handed over")
				}
			}
			if told[2] != told[7] {
				t.Errorf("ops by kind after two keys %s, after seven %s", told[2], told[7])
			}
		})
	}
}

// The mark of activity of the second that has not ended goes out with stop().
func TestStopTellsOfTheSecondThatHasNotEnded(t *testing.T) {
	s := newRecordedSite(t, false, "", `<input class=at>`)
	tb := newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	eval[any](tb, `document.querySelector('.at').focus()`)
	eval[any](tb, "new Promise((done) => setTimeout(done, 1100 - performance.now() % 1000))")
	view := eval[string](tb, "afterimage.pageViewId")
	tb.typeText("z")
	eval[any](tb, "afterimage.stop()")
	if n := kinds(s.ops(view))[wire.KindActivity]; n != 1 {
		t.Errorf("%d marks of activity, want 1", n)
	}
}

// A field that the page draws by itself is known for one by each recording of the page, not by the first alone.
func TestDrawnFieldIsKnownAgainAfterStop(t *testing.T) {
	s := newRecordedSite(t, false, "", `<div><textarea style="opacity:0"></textarea><p></p></div>`)
	tb := newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	eval[any](tb, `document.querySelector('textarea').focus()`)
	for _, which := range []string{"first", "second"} {
		view := eval[string](tb, "afterimage.pageViewId")
		tb.typeText("z")
		waitFor(t, "an epoch of the full recorder in the "+which+" recording", func() bool {
			eval[any](tb, "afterimage.flush()")
			return kinds(s.ops(view))[wire.KindSnapshotBegin] > 1
		})
		epochs := 0
		for _, op := range s.ops(view) {
			if op.Kind == wire.KindSnapshotBegin {
				epochs++
			}
			if op.Kind == wire.KindActivity && epochs < 2 {
				t.Errorf("in the %s recording the lean recorder went on with the first key", which)
			}
		}
		eval[any](tb, "afterimage.stop()")
		eval[any](tb, "afterimage.start()")
	}
}

// What a page does at each key (classes, lists, texts made anew) is told at the end of its second: neither how many
// keys there were nor when follows from it. In a field that is shown it is told at once.
func TestChangesWithTheKeysAreOneASecond(t *testing.T) {
	const page = `<input class=at><p id=mark></p><ul></ul><b></b><script>{ const at = document.querySelector('.at'); let n = 0
at.oninput = () => { mark.className = 'x' + n++ % 2; document.querySelector('ul').innerHTML = '<li>One</li><li>Two</li>'; document.querySelector('b').textContent = 'No ' + at.value.length } }</script>`
	for _, c := range []struct {
		level, marker string
		shown         bool
	}{{"strict", "", false}, {"balanced", "", false}, {"balanced", "data-afterimage=allow", true}} {
		t.Run(c.level+" "+c.marker, func(t *testing.T) {
			s := newRecordedSite(t, false, `data-privacy="`+c.level+`"`, strings.Replace(page, "class=at", "class=at "+c.marker, 1))
			s.settings = map[string]any{"privacy": c.level}
			tb := newTab(t)
			tb.open(s.page)
			tb.until("window.afterimage && " + isRecording)
			eval[any](tb, `document.querySelector('.at').focus()`)
			eval[any](tb, "afterimage.flush()")
			view := eval[string](tb, "afterimage.pageViewId")
			before := len(s.ops(view))
			begin := eval[float64](tb, "performance.now()")
			const keys = 20
			for k := range keys {
				tb.typeText("zanthoryzanthoryzant"[k : k+1])
				eval[any](tb, "new Promise((done) => setTimeout(done, 60))")
			}
			seconds := int(eval[float64](tb, "performance.now()")-begin)/1000 + 2
			eval[any](tb, "afterimage.flush()")
			classes, items := 0, 0
			for _, op := range s.ops(view)[before:] {
				switch {
				case op.Kind == wire.KindAttr && string(op.Name) == "class":
					classes++
				case op.Kind == wire.KindElement && string(op.Name) == "li":
					items++
				}
			}
			switch {
			case items == 0:
				t.Error("the list is not told")
			case c.shown && classes != keys:
				t.Errorf("%d of %d changes of a class are told of a field that is shown", classes, keys)
			case !c.shown && (classes > seconds || items > 2*seconds):
				t.Errorf("%d changes of a class and %d items of a list with %d keys in %d s", classes, items, keys, seconds)
			}
		})
	}
}

// What is clicked, focused or opened within the second is told as what it is.
func TestWhatComesWithTheKeysCanBeClicked(t *testing.T) {
	s := newRecordedSite(t, false, "", `<input class=at><div id=list></div><script>{ const at = document.querySelector('.at')
at.oninput = () => { list.innerHTML = '<div popover=manual class=tip>Tip</div><button>Take</button>'; document.querySelector('.tip').showPopover() } }</script>`)
	tb := newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	eval[any](tb, `document.querySelector('.at').focus()`)
	view := eval[string](tb, "afterimage.pageViewId")
	tb.typeText("z")
	tb.do(chromedp.Click(chromedp.CSS("button")))
	eval[any](tb, "afterimage.flush()")
	names := map[uint32]string{}
	clicked, opened := "", false
	for _, op := range s.ops(view) {
		switch op.Kind {
		case wire.KindElement:
			names[op.ID] = string(op.Name)
		case wire.KindMouse:
			clicked = names[op.ID]
		case wire.KindDialogState:
			opened = opened || op.Nums[0] != 0
		}
	}
	if clicked != "button" {
		t.Errorf("what is clicked is told as %q", clicked)
	}
	if !opened {
		t.Error("the popover is not told to be open")
	}
}
