package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"afterimage/wasm/wire"

	"github.com/chromedp/chromedp"
)

// Pages do something at each key: they copy the value into an attribute, draw the text by themselves, fit the
// size of the field. What leaves after few keys is what leaves after many, but for the marks of activity, of
// which there is one a second at most.
func TestTypingIsNotToldKeyByKey(t *testing.T) {
	t.Parallel()
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
			t.Parallel()
			s := newRecordedSite(t, false, "", c.body+`<script>{ const at = document.querySelector('.at'); `+c.script+` }</script>`)
			tb := newTab(t)
			told, tries := map[int]string{}, 0
			tb.onNewDocument(`window.times = []; for (const type of ['keydown', 'input']) addEventListener(type, () => times.push(performance.now()), type === 'keydown')`)
			for _, keys := range []int{2, 7} {
			again:
				tb.open(s.page)
				tb.until("window.afterimage && " + isRecording)
				view := eval[string](tb, "afterimage.pageViewId")
				zero := tb.clockOf(s, view, `{ const at = document.querySelector('.at'); at.focus(); if (at.isContentEditable) getSelection().selectAllChildren(at.querySelector('p') ?? at) }`)
				tb.typeText("q")
				// Editors, and pages that change their address with the keys, are for the full recorder.
				if isFull := !regexp.MustCompile(`<input|<textarea`).MatchString(c.body) || strings.Contains(c.script, "history"); isFull {
					waitFor(t, "an epoch of the full recorder", func() bool {
						eval[any](tb, "afterimage.flush()")
						return s.asked("afterimage-recorder") && kinds(s.ops(view))[wire.KindSnapshotEnd] > 1
					})
				} else if s.asked("afterimage-recorder") {
					t.Error("the lean recorder has handed over")
				}
				tb.typeText("u") // of what a snapshot says the first change is always told
				tb.nextSecond(zero)
				eval[any](tb, "afterimage.flush()")
				eval[any](tb, "times = []")
				before := len(s.ops(view))
				for k := range keys {
					tb.typeText("zanthor"[k : k+1])
					eval[any](tb, "new Promise((done) => setTimeout(done, 20))")
				}
				eval[any](tb, "new Promise((done) => setTimeout(done, 1050))") // what is told at the end of the second too
				eval[any](tb, "afterimage.flush()")
				if !tb.areOfOneSecond(zero) {
					if tries++; tries < 20 {
						goto again // a busy machine types slowly
					}
					t.Fatalf("%d keys do not fit into a second", keys)
				}
				eval[any](tb, "afterimage.snapshot()")
				// A snapshot's scroll offsets are read in the frame after it.
				eval[any](tb, "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)))")
				eval[any](tb, "afterimage.stop()")
				counts := kinds(s.ops(view)[before:])
				if counts[wire.KindActivity] > 4 || counts[wire.KindKey] > 0 {
					t.Errorf("%d marks of activity and %d keys after %d keys", counts[wire.KindActivity], counts[wire.KindKey], keys)
				}
				delete(counts, wire.KindActivity)
				delete(counts, wire.KindAnchor)
				told[keys] = fmt.Sprint(counts)
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

// The end of the second in which somebody typed takes nothing of the recording that has begun since.
func TestSecondOfTheKeysEndsWithItsRecording(t *testing.T) {
	t.Parallel()
	s := newRecordedSite(t, false, "", `<input class=at type=password><main></main>`)
	tb := newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	zero := tb.clockOf(s, eval[string](tb, "afterimage.pageViewId"), `document.querySelector('.at').focus()`)
	tb.nextSecond(zero)
	tb.typeText("z")
	eval[any](tb, "afterimage.stop()")
	eval[any](tb, "afterimage.start()")
	eval[any](tb, `new Promise((done) => {
	let n = 0
	const timer = setInterval(() => {
		document.querySelector('main').append(document.createElement('article'))
		if (++n === 60) done(clearInterval(timer))
	}, 20)
})`)
	eval[any](tb, "afterimage.flush()")
	if s.asked("afterimage-recorder") {
		t.Fatal("the lean recorder has handed over")
	}
	told := 0
	for _, op := range s.ops(eval[string](tb, "afterimage.pageViewId")) {
		if op.Kind == wire.KindElement && string(op.Name) == "article" {
			told++
		}
	}
	if told != 60 {
		t.Errorf("%d elements are told of the second recording, want 60", told)
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
	// The lean recorder hands over where a popover opens at a key, and does not tell what is new before the full one is there.
	t.Run("lean", func(t *testing.T) { clickWhatComes(t, "", "") })
	t.Run("full, beside a popover", func(t *testing.T) {
		clickWhatComes(t, `data-mask=".none"`, "; document.querySelector('.tip').showPopover()")
	})
}

func clickWhatComes(t *testing.T, attrs, then string) {
	t.Helper()
	s := newRecordedSite(t, false, attrs, `<input class=at><div id=list></div><script>{ const at = document.querySelector('.at')
at.oninput = () => { list.innerHTML = '<div popover=manual class=tip>Tip</div><button>Take</button>'`+then+` } }</script>`)
	tb := newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	eval[any](tb, `document.querySelector('.at').focus()`)
	view := eval[string](tb, "afterimage.pageViewId")
	tb.typeText("z")
	tb.do(chromedp.Click(chromedp.CSS("button")))
	clicked, opened := "", false
	look := func() bool {
		names := map[uint32]string{}
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
		return opened || then == "" && clicked != ""
	}
	// A busy browser may say that it is open after the click.
	for range 50 {
		eval[any](tb, "afterimage.flush()")
		if look() {
			break
		}
		eval[any](tb, "new Promise((r) => setTimeout(r, 100))")
	}
	if clicked != "button" {
		t.Errorf("what is clicked is told as %q", clicked)
	}
	if !opened && then != "" {
		t.Error("the popover is not told to be open")
	}
}

// A page may take what somebody typed, with Enter, out of its field and show it, before the changes of that second are told:
// a chat, a list of tags, a name that is edited in its place.
func TestWhatThePageTakesFromItsFieldIsKnown(t *testing.T) {
	t.Parallel()
	s := newRecordedSite(t, false, `data-privacy="balanced"`, `<input class=tag><textarea class=chat></textarea><div class=note contenteditable></div>
<h1 contenteditable>A</h1><input class=secret type=password><input class=open data-afterimage=allow><ul></ul><script>for (const field of document.querySelectorAll('input, textarea, [contenteditable]')) field.onkeydown = (event) => {
  if (event.key !== 'Enter') return
  event.preventDefault()
  if (field.localName === 'h1') return field.removeAttribute('contenteditable')
  const text = field.value ?? field.textContent
  field.value != null ? field.value = '' : field.textContent = ''
  document.querySelector('ul').insertAdjacentHTML('beforeend', '<li class="by-' + text + '">' + text)
}</script>`)
	s.settings = map[string]any{"privacy": "balanced"}
	tb := newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	view := eval[string](tb, "afterimage.pageViewId")
	for _, of := range [][2]string{{".tag", "quillfeather"}, {".chat", "zanthorpe"}, {".note", "brackwater"}, {"h1", "mirthwood"}, {".secret", "vexingly9"}, {".open", "plainsong"}} {
		eval[any](tb, `(async () => { document.querySelector('`+of[0]+`').focus(); const at = performance.now() % 1000; if (at > 300) await new Promise((f) => setTimeout(f, 1050 - at)) })()`)
		tb.typeText(of[1])
		tb.typeText("\r")
	}
	eval[any](tb, "afterimage.flush()")
	told := ""
	for _, op := range s.ops(view) {
		told += string(op.Name) + "\n" + string(op.Text) + "\n"
		for _, a := range op.Attrs {
			told += string(a.Value) + "\n"
		}
	}
	for _, typed := range []string{"quillfeather", "zanthorpe", "brackwater", "mirthwood", "vexingly9"} {
		if strings.Contains(told, typed) {
			t.Errorf("%q is told", typed)
		}
	}
	if !strings.Contains(told, "plainsong") {
		t.Errorf("what is allowed is not told: %s", told)
	}
}

// An editor takes each character out of its field as it comes, and draws it; nothing of its style says so.
func TestEditorThatEmptiesItsFieldIsKnown(t *testing.T) {
	t.Parallel()
	s := newRecordedSite(t, false, `data-privacy="balanced"`, `<main><div><pre></pre><textarea></textarea></div><p>Hello</p></main><script>document.querySelector('textarea').oninput = ({ target }) => {
  document.querySelector('pre').insertAdjacentHTML('beforeend', '<span>' + target.value + '</span>')
  target.value = ''
}</script>`)
	s.settings = map[string]any{"privacy": "balanced"}
	tb := newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	view := eval[string](tb, "afterimage.pageViewId")
	eval[any](tb, `document.querySelector('textarea').focus()`)
	for _, key := range "zanthorpe" {
		tb.typeText(string(key))
		eval[any](tb, "new Promise((done) => setTimeout(done, 60))")
	}
	eval[any](tb, "afterimage.flush()")
	eval[any](tb, `document.querySelector('p').append(' again')`)
	eval[any](tb, "afterimage.flush()")
	told := ""
	for _, op := range s.ops(view) {
		if op.Kind == wire.KindText || op.Kind == wire.KindSetText || op.Kind == wire.KindValue {
			told += string(op.Text)
		}
	}
	// The first one may be, before anybody can know what becomes of it.
	told = strings.TrimPrefix(strings.NewReplacer("a page", "", "Hello", "", " again", "", "•", "", "x", "", "\n", "").Replace(told), "z")
	if told != "" {
		t.Errorf("characters are told: %q", told)
	}
}

// Who sends by a button empties the field: the page draws nothing of its own, and what is around it stays shown.
func TestFieldThatAButtonEmptiesIsNoEditor(t *testing.T) {
	t.Parallel()
	s := newRecordedSite(t, false, `data-privacy="balanced"`, `<main><p>Hello</p><textarea></textarea><button>Send</button></main><script>document.querySelector('button').onclick = () => { document.querySelector('textarea').value = '' }</script>`)
	s.settings = map[string]any{"privacy": "balanced"}
	tb := newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	view := eval[string](tb, "afterimage.pageViewId")
	for range 2 {
		eval[any](tb, `document.querySelector('textarea').focus()`)
		tb.typeText("zan")
		tb.do(chromedp.Click(chromedp.CSS("button")))
	}
	eval[any](tb, `document.querySelector('p').append(' again')`)
	eval[any](tb, "afterimage.flush()")
	told := ""
	for _, op := range s.ops(view) {
		told += string(op.Text)
	}
	if !strings.Contains(told, "again") {
		t.Error("what is around the field is masked")
	}
}
