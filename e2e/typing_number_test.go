package e2e

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"afterimage/wasm/wire"
)

type keyRow struct{ name, body, script string }

// atEachKey is what pages do at each key beside changing the tree. `n` counts the keys.
var atEachKey = []keyRow{
	{"rules that replace one another", `<style>#mark{color:red}</style>`, `const s = document.querySelector('style').sheet; s.deleteRule(0); s.insertRule('#mark{order:' + n + '}', 0)`},
	{"rules that replace one another behind others", `<style>#mark{color:red}b{color:red}</style>`, `const s = document.querySelector('style').sheet; s.insertRule('#mark{order:' + n + '}', 1); s.insertRule('i{order:1}', 0); s.deleteRule(2); s.deleteRule(0); s.insertRule('#mark{order:' + n + '}', 1); s.deleteRule(1)`},
	{"rules in a group", `<style>@media all{#mark{color:red}}</style>`, `const g = document.querySelector('style').sheet.cssRules[0]; g.deleteRule(0); g.insertRule('#mark{order:' + n + '}', 0)`},
	{"replaceSync", `<script>const sheet = new CSSStyleSheet(); document.adoptedStyleSheets = [sheet]</script>`, `sheet.replaceSync('#mark{order:' + n + '}')`},
	{"replace", `<script>const sheet = new CSSStyleSheet(); document.adoptedStyleSheets = [sheet]</script>`, `sheet.replace('#mark{order:' + n + '}')`},
	{"adopted sheets", ``, `const s = new CSSStyleSheet(); s.replaceSync('#mark{order:' + n + '}'); document.adoptedStyleSheets = [s]`},
	{"pushState", ``, `history.pushState(n, '', '/list/' + 'abcdefghijk'[n])`},
	{"replaceState", ``, `history.replaceState(n, '', '/list/' + 'abcdefghijk'[n])`},
	{"a fragment", ``, `location.hash = 'abcdefghijk'[n]`},
	{"scrolling", `<div id=list style="height:50px;overflow:auto"><div style="height:5000px"></div></div>`, `list.scrollTop = n * 20`},
	{"scrolling of the page", `<div style="height:5000px"></div>`, `scrollTo(0, n * 20)`},
	{"the size of a canvas", `<canvas id=canvas width=10></canvas>`, `canvas.width = 10 + n * 70`},
	{"a popover", `<div id=pop popover=manual>Tip</div>`, `pop.togglePopover()`},
	{"a popover that is made anew", `<div id=list></div>`, `list.innerHTML = '<div popover=manual>Tip</div>'; list.firstChild.showPopover()`},
	{"details", `<details id=more><summary>More</summary>Text</details>`, `more.open = !more.open`},
	{"a dialog", `<dialog id=ask>Sure</dialog>`, `ask.open ? ask.close() : ask.show(); at.focus()`},
	{"srcdoc", `<iframe id=frame srcdoc="<p>a</p>"></iframe>`, `frame.srcdoc = '<p>' + 'abcdefghijk'[n] + '</p>'`},
	{"a document that is written", `<iframe id=frame></iframe>`, `const d = frame.contentDocument; d.open(); d.write('<p>' + 'abcdefghijk'[n] + '</p>'); d.close()`},
	{"focus that goes and comes", `<button id=other>Other</button>`, `other.focus(); at.focus()`},
	{"a field that is made anew", `<div id=host></div>`, `if (!window.anew) { window.anew = () => { mark.className = 'abcdefghijk'[n++]; host.innerHTML = '<input>'; const f = host.firstChild; f.oninput = anew; f.focus() }; anew() }`},
	{"a choice", `<input type=checkbox id=box data-afterimage=allow>`, `box.checked = !box.checked`},
	{"a choice that is clicked", `<input type=checkbox id=box data-afterimage=allow>`, `box.click()`},
	{"a choice of several that is clicked", `<input type=radio name=r class=pick data-afterimage=allow><input type=radio name=r class=pick data-afterimage=allow>`, `document.querySelectorAll('.pick')[n % 2].click()`},
	{"a button that script presses", `<button id=press>Press</button>`, `press.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, composed: true }))`},
	{"a finger that script makes", `<button id=press>Press</button>`, `const touch = new Touch({ identifier: 1, target: press }); for (const type of ['touchstart', 'touchend']) press.dispatchEvent(new TouchEvent(type, { changedTouches: [touch], bubbles: true, composed: true }))`},
	{"a pointer that script moves", ``, `mark.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, composed: true, clientX: n, clientY: n }))`},
	{"the field itself", ``, `at.value = n % 2 ? '' : 'x'`},
	{"another field", `<input id=other>`, `other.value = n % 2 ? 'x' : ''`},
	{"a secret field", `<input id=other type=password>`, `other.value = n % 2 ? 'x' : ''`},
	{"a form that is reset", `<form id=form><input id=inner></form>`, `inner.value = 'x'; form.reset(); if (n % 2) inner.value = 'y'`},
	{"two fields by turns", `<input id=other>`, `other.oninput = at.oninput; (document.activeElement === at ? other : at).focus()`},
	{"a name of the document", `<title>a</title>`, `document.title = 'abcdefghijk'[n]`},
}

// takesTheFocus is where the keys that follow go elsewhere: at them no other row of the page would do anything.
var takesTheFocus = map[string]bool{"a field that is made anew": true, "two fields by turns": true}

// together joins rows into few pages that do at each key what several of them do; with -every-row it leaves them alone. Rows that
// use the same element, sheet or focus stay apart.
func together(rows []keyRow) []keyRow {
	if *everyRow {
		return rows
	}
	type group struct {
		keyRow
		names, uses []string
	}
	var groups []*group
	for _, row := range rows {
		var uses []string
		for _, m := range regexp.MustCompile(`\bid=\w+|<style|class=pick|heet|\.focus\(\)|\bat\.value|history|location|reset|scrollTo\(`).FindAllString(row.body+row.script, -1) {
			switch m {
			case "heet", "<style":
				m = "a sheet"
			case "history", "location":
				m = "the address"
			case "reset", "at.value", "scrollTo(":
				m = ".focus()" // the field that is typed into, or one that is counted as it; where the focus goes the page scrolls
			}
			uses = append(uses, m)
		}
		at := slices.IndexFunc(groups, func(g *group) bool {
			isOfCore := strings.Contains(g.body, "=allow") == strings.Contains(row.body, "=allow") // a page that shows something has the other core
			isAlone := takesTheFocus[row.name] || takesTheFocus[g.names[0]]
			return len(g.names) < 5 && isOfCore && !isAlone && !slices.ContainsFunc(uses, func(u string) bool { return slices.Contains(g.uses, u) })
		})
		if at < 0 {
			at = len(groups)
			groups = append(groups, &group{})
		}
		g := groups[at]
		g.names, g.uses = append(g.names, row.name), append(g.uses, uses...)
		g.body += row.body
		g.script += "{ " + row.script + " }\n"
	}
	joined := make([]keyRow, len(groups))
	for i, g := range groups {
		joined[i] = keyRow{strings.Join(g.names, ", "), g.body, g.script}
	}
	return joined
}

// heldByTheLean is what the lean recorder holds itself; at the others it hands over.
var heldByTheLean = map[string]bool{"scrolling": true, "scrolling of the page": true, "focus that goes and comes": true, "a pointer that script moves": true, "the field itself": true, "another field": true, "a secret field": true,
	"a form that is reset": true, "two fields by turns": true}

// toldOtherwise is what the core of pages that show something tells in another way.
var toldOtherwise = map[string]bool{"rules in a group": true, "replaceSync": true, "pushState": true, "a fragment": true, "srcdoc": true, "details": true,
	"a choice that is clicked": true, "a field that is made anew": true, "a name of the document": true}

// clockOf runs a script that moves the focus, and answers performance.now() of the page view's time 0, ms.
func (tb *tab) clockOf(s *recordedSite, view, focus string) float64 {
	tb.t.Helper()
	at := eval[float64](tb, `(() => { const at = performance.now(); `+focus+`; return at })()`)
	eval[any](tb, "afterimage.flush()")
	focused := int64(-1)
	for _, op := range s.ops(view) {
		if op.Kind == wire.KindFocus {
			focused = op.AtMs
		}
	}
	return at - float64(focused)
}

// nextSecond waits until the second second from now of the recorder's clock has begun: what follows fits into it.
func (tb *tab) nextSecond(zero float64) {
	tb.t.Helper()
	eval[any](tb, fmt.Sprintf("new Promise((done) => setTimeout(done, 2050 - (performance.now() - %f) %% 1000))", zero))
}

// noteTimes notes in `times` when the visitor's keys go down, what they bring comes, and a frame loads that the page wrote at them.
const noteTimes = `window.times = []; for (const type of ['keydown', 'input']) addEventListener(type, (event) => event.isTrusted && times.push(performance.now()), type === 'keydown')
document.addEventListener('load', () => times[0] && times.push(performance.now()), true)`

// areOfOneSecond says whether all that the page has noted in `times` is of one second of the recorder's clock.
func (tb *tab) areOfOneSecond(zero float64) bool {
	tb.t.Helper()
	return eval[bool](tb, fmt.Sprintf("new Set(times.map((at) => Math.floor((at - %f) / 1000))).size == 1", zero))
}

// Beside the tree too what a page does at each key is told once a second: three keys and nine tell the same.
func TestOpsDoNotFollowTheKeysInNumber(t *testing.T) {
	t.Parallel()
	byLevel := map[string][]keyRow{}
	for _, c := range atEachKey {
		// The rules are the full recorder's at every level: each row runs where it is likeliest to break.
		level := "strict"
		switch {
		case heldByTheLean[c.name]:
			level = "lean"
		case toldOtherwise[c.name]:
			level = "balanced"
		}
		byLevel[level] = append(byLevel[level], c)
	}
	for level, rows := range byLevel {
		for _, c := range together(rows) {
			t.Run(c.name+"/"+level, func(t *testing.T) {
				t.Parallel()
				sameAfterMoreKeys(t, level, `<p id=mark></p><input class=at>`+c.body+`<script>{ const at = document.querySelector('.at'); let n = 0
window.runs = 0; at.oninput = () => { n++; runs++; mark.className = 'abcdefghijk'[n]; `+c.script+` } }</script>`)
			})
		}
	}
}

// A page may hear of the keys alone, in an element that no browser takes for a field.
func TestOpsDoNotFollowTheKeysOfAnEditorOfThePage(t *testing.T) {
	t.Parallel()
	for i, c := range []struct{ name, at string }{
		{"textbox", `<div class=at role=textbox tabindex=0>Text</div>`},
		{"no role", `<div class=at tabindex=0>Text</div>`},
		{"canvas", `<canvas class=at tabindex=0></canvas>`},
		{"a choice", `<select class=at><option>quince<option>apple<option>pear</select>`},
	} {
		levels := []string{"strict", "balanced"}
		if !*everyRow {
			levels = levels[i%2:][:1] // by turns
		}
		for _, level := range levels {
			t.Run(c.name+"/"+level, func(t *testing.T) {
				t.Parallel()
				sameAfterMoreKeys(t, level, `<p id=mark></p>`+c.at+`<button id=press>Press</button><div id=list style="height:50px;overflow:auto"><div style="height:5000px"></div></div>
<style>#mark{color:red}</style><script>{ const at = document.querySelector('.at'); let n = 0
at.onkeydown = () => { n++; mark.className = 'abcdefghijk'[n]; press.click(); history.pushState(n, '', '/list/' + 'abcdefghijk'[n]); list.scrollTop = n * 20
const s = document.querySelector('style').sheet; s.deleteRule(0); s.insertRule('#mark{order:' + n + '}', 0) } }</script>`)
			})
		}
	}
}

// What a page answers to the keys, as a search does that asks a server, comes later than they do: in the second after theirs it
// is told once too.
func TestAnswersDoNotFollowTheKeysInNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ level, script string }{
		{"lean", ``},
		{"strict", `history.pushState(n, '', '/list/' + mark.className)`},
		{"balanced", `list.innerHTML = '<li>' + mark.className.repeat(3); list.scrollTop = n`},
	} {
		t.Run(c.level, func(t *testing.T) {
			t.Parallel()
			sameAfterMoreKeys(t, c.level, `<p id=mark></p><input class=at><ul id=list style="height:9px;overflow:auto"></ul><script>{ const at = document.querySelector('.at'); let n = 0
at.oninput = () => { const name = 'abcdefghijk'[n++]; setTimeout(() => { times.push(performance.now() - 1000); mark.className = name; `+c.script+` }, 1000) } }</script>`)
		})
	}
}

// sameAfterMoreKeys types three and nine keys into the page's .at, and compares what is told by its kind: by the full recorder
// at its level, or by the lean one.
func sameAfterMoreKeys(t *testing.T, level, body string) {
	t.Helper()
	options := `data-mask=".none" data-privacy="` + level + `"`
	if level == "lean" {
		options = ""
	}
	s := newRecordedSite(t, false, options, body)
	if level != "lean" {
		s.settings = map[string]any{"privacy": level}
	}
	tb := newTab(t)
	told, tries := map[int]map[wire.Kind]int{}, 0
	tb.onNewDocument(noteTimes)
	for _, keys := range []int{3, 9} {
	again:
		tb.open(s.page)
		tb.until("window.afterimage && " + isRecording)
		view := eval[string](tb, "afterimage.pageViewId")
		zero := tb.clockOf(s, view, `document.querySelector('.at').focus()`)
		if level == "strict" && strings.Contains(body, "=allow") {
			waitFor(t, "the core of pages that show something", func() bool { return kinds(s.ops(view))[wire.KindSnapshotEnd] > 1 })
		}
		tb.nextSecond(zero)
		before := len(s.ops(view))
		for k := range keys {
			tb.typeText("zanthorpe"[k : k+1])
			eval[any](tb, "new Promise((done) => setTimeout(done, 30))")
		}
		eval[any](tb, "new Promise((done) => setTimeout(done, 2100))")
		if !tb.areOfOneSecond(zero) {
			if tries++; tries < 20 {
				goto again // a busy machine types slowly
			}
			t.Fatalf("%d keys do not fit into a second", keys)
		}
		if runs := eval[int](tb, "window.runs ?? -1"); runs != keys && runs >= 0 && !strings.Contains(body, "window.anew") {
			t.Errorf("the page did at %d of %d keys what it is here for", runs, keys)
		}
		eval[any](tb, "afterimage.flush()")
		told[keys] = kinds(s.ops(view)[before:])
		if told[keys][wire.KindSnapshotBegin] != 0 {
			if tries++; tries < 20 {
				goto again // its worker was behind
			}
			t.Fatal("the page is told anew again and again")
		}
		if told[keys][wire.KindAttr] == 0 {
			t.Error("nothing of what changed is told")
		}
		if level == "lean" && s.asked("afterimage-recorder") {
			t.Fatal("the lean recorder has handed over")
		}
		delete(told[keys], wire.KindAnchor)
	}
	if !maps.Equal(told[3], told[9]) {
		t.Errorf("ops by kind after three keys %v, after nine %v", told[3], told[9])
	}
}

// Of rules that replace one another within the second those are told that make what is there at its end.
func TestRulesThatChangeWithTheKeysAreWhatTheyAre(t *testing.T) {
	t.Parallel()
	const rules = "Array.from(document.querySelector('style').sheet.cssRules, (rule) => rule.selectorText).join()"
	s := newRecordedSite(t, false, `data-privacy="balanced"`, `<style>.a{order:1}.b{order:1}.c{order:1}</style><input class=at><script>{
let n = 0, seed = 7; const random = (below) => (seed = seed * 16807 % 2147483647) % below
document.querySelector('.at').oninput = () => { const { sheet } = document.querySelector('style')
  for (let i = 0; i < 9; i++) {
    const { length } = sheet.cssRules
    length && random(2) ? sheet.deleteRule(random(length)) : sheet.insertRule('.r' + n++ + '{order:1}', random(length + 1))
  } } }</script>`)
	s.settings = map[string]any{"privacy": "balanced"}
	tb := newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	eval[any](tb, `document.querySelector('.at').focus()`)
	eval[any](tb, "afterimage.flush()")
	view := eval[string](tb, "afterimage.pageViewId")
	for range 4 {
		tb.typeText("zanthor")
		eval[any](tb, "new Promise((done) => setTimeout(done, 700))")
	}
	eval[any](tb, "new Promise((done) => setTimeout(done, 1300))")
	eval[any](tb, "afterimage.flush()")
	told, edits := []string{".a", ".b", ".c"}, 0
	for _, op := range s.ops(view) {
		switch op.Kind {
		case wire.KindRuleInsert:
			selector, _, _ := strings.Cut(string(op.Text), "{")
			told = slices.Insert(told, int(op.Nums[1]), strings.TrimSpace(selector))
		case wire.KindRuleDelete:
			told = slices.Delete(told, int(op.Nums[1]), int(op.Nums[1])+1)
		default:
			continue
		}
		edits++
	}
	if want := eval[string](tb, rules); strings.Join(told, ",") != want || edits == 0 {
		t.Errorf("after %d edits the rules are %s, want %s", edits, strings.Join(told, ","), want)
	}
	if edits > 200 {
		t.Errorf("%d edits are told of 252", edits)
	}
}

// A frame that loads within the second waits, until somebody goes into it: what is typed there is known from the first key.
func TestFrameThatLoadsWithTheKeysIsKnownAsItIsEntered(t *testing.T) {
	t.Parallel()
	s := newRecordedSite(t, false, `data-privacy="balanced"`, `<input class=at><iframe id=frame></iframe><script>document.querySelector('.at').oninput = () => {
frame.srcdoc = '<textarea></textarea><ul></ul><script>document.querySelector("textarea").onkeydown = (e) => { if (e.key != "Enter") return; e.preventDefault(); document.querySelector("ul").innerHTML = "<li>" + e.target.value; e.target.value = "" }<\/script>'
frame.onload = () => { loaded = true } }
var loaded = false</script>`)
	s.settings = map[string]any{"privacy": "balanced"}
	tb := newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	view := eval[string](tb, "afterimage.pageViewId")
	eval[any](tb, `(async () => { document.querySelector('.at').focus(); const at = performance.now() % 1000; if (at > 200) await new Promise((f) => setTimeout(f, 1050 - at)) })()`)
	tb.typeText("z")
	tb.until("loaded")
	eval[any](tb, `frame.contentDocument.querySelector('textarea').focus()`)
	tb.typeText("quillfeather")
	tb.typeText("\r")
	eval[any](tb, "new Promise((done) => setTimeout(done, 1300))")
	eval[any](tb, "afterimage.flush()")
	told, items := "", 0
	for _, op := range s.ops(view) {
		told += string(op.Text) + "\n"
		if op.Kind == wire.KindElement && string(op.Name) == "li" {
			items++
		}
	}
	if strings.Contains(told, "quillfeather") {
		t.Error("what was typed in the frame is told")
	}
	if items == 0 {
		t.Error("what the frame shows is not told")
	}
}

// An editor that is new in the second, and has the focus, is known for one with its first key: nothing of what it draws is shown.
func TestEditorThatIsNewInTheSecondIsKnown(t *testing.T) {
	t.Parallel()
	s := newRecordedSite(t, false, `data-privacy="balanced"`, `<input class=at><main></main><script>document.querySelector('.at').oninput = () => {
document.querySelector('main').innerHTML = '<div><pre></pre><textarea style="opacity:0"></textarea></div><p>Beside</p>'
const area = document.querySelector('textarea'); area.oninput = () => { document.querySelector('pre').insertAdjacentHTML('beforeend', '<span>' + area.value + '</span>'); area.value = '' }
area.focus() }</script>`)
	s.settings = map[string]any{"privacy": "balanced"}
	tb := newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	view := eval[string](tb, "afterimage.pageViewId")
	eval[any](tb, `(async () => { document.querySelector('.at').focus(); const at = performance.now() % 1000; if (at > 200) await new Promise((f) => setTimeout(f, 1050 - at)) })()`)
	for _, key := range "zqxkv" {
		tb.typeText(string(key))
		eval[any](tb, "new Promise((done) => setTimeout(done, 30))")
	}
	eval[any](tb, "new Promise((done) => setTimeout(done, 1300))")
	eval[any](tb, "afterimage.flush()")
	told := ""
	for _, op := range s.ops(view) {
		if op.Kind == wire.KindText || op.Kind == wire.KindSetText {
			told += string(op.Text)
		}
	}
	if strings.ContainsAny(told, "qkv") {
		t.Errorf("characters are told: %q", told)
	}
}
