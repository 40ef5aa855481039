package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// typedField is something a visitor types into. In html, %s is where its class goes.
type typedField struct {
	name, html string
	kind       string // of canary; default S: no field lets it out unless it is allowed
	type_      func(tb *tab, f *typedField)
	find       string // expression of the element below `at`, the one with the class; default at itself
	secret     bool   // nothing opens it, and not even activity is told
	quiet      bool   // nobody types with keys: there is no activity to be told
	short      string // keys of a field that takes no word, and its value by then
	canary     *canary
	class      string
}

func inputField(name, attributes string) typedField {
	return typedField{name: name, html: `<input class="%s" ` + attributes + `>`}
}

func secretField(name, html string) typedField {
	return typedField{name: name, html: html, secret: true}
}

// typedFields are all kinds of fields, in every way that text comes into them.
func typedFields() []typedField {
	// No day near today, which stands in logs.
	day := time.Now().AddDate(0, 0, 100)
	keys, written := day.Format("0102")+"7391", "7391-"+day.Format("01-02")
	list := []typedField{
		inputField("no type", ``), inputField("empty type", `type=""`), inputField("unknown type", `type="surname"`), inputField("upper case type", `TYPE="TEXT"`),
		inputField("text", `type="text" name="given"`), inputField("search", `type="search"`), inputField("url", `type="url"`), inputField("tel of letters", `type="tel"`),
		inputField("list", `list="proposals"`), inputField("maxlength", `maxlength="14"`), inputField("read by a mask", `pattern="[a-z]*" inputmode="numeric"`),
		inputField("autocomplete name", `autocomplete="name"`), inputField("autocomplete street", `autocomplete="shipping street-address"`),
		inputField("autocomplete username", `autocomplete="username"`), inputField("autocomplete off", `autocomplete="off"`), inputField("autocomplete cc-name", `autocomplete="cc-name"`),
		{name: "email", html: `<input class="%s" type="email">`, kind: "M"},
		{name: "card in a plain field", html: `<input class="%s">`, kind: "N"},
		{name: "tel", html: `<input class="%s" type="tel">`, kind: "P"},
		{name: "number", html: `<input class="%s" type="number">`, kind: "N"},
		{name: "date", html: `<input class="%s" type="date">`, short: keys + " " + written},
		{name: "month", html: `<input class="%s" type="month">`, short: "November" + kb.ArrowRight + "7391 7391-11"},
		{name: "week", html: `<input class="%s" type="week">`, short: "437391 7391-W43"},
		{name: "time", html: `<input class="%s" type="time" step="0.001">`, short: "094753918PM 21:47:53.918"},
		{name: "datetime-local", html: `<input class="%s" type="datetime-local">`, short: keys + kb.ArrowRight + "0947PM " + written + "T21:47"},
		{name: "textarea", html: `<textarea class="%s"></textarea>`},
		{name: "contenteditable", html: `<div class="%s" contenteditable></div>`},
		{name: "contenteditable, plaintext-only", html: `<div class="%s" contenteditable="plaintext-only"></div>`},
		{name: "contenteditable with markup", html: `<div class="%s" contenteditable="true"><p><b>a</b></p></div>`, find: `at.querySelector("b")`},
		// It gets a new id while it is typed into, so its activity may be told of its parent.
		{name: "contenteditable by script", html: `<div class="%s" tabindex="0"></div>`, quiet: true, type_: func(tb *tab, f *typedField) {
			eval[any](tb, f.at()+`.contentEditable = "true"`)
			tb.typeInto(f)
		}},
		{name: "role=textbox that draws its text", html: `<div class="%s" role="textbox" tabindex="0"></div>`, type_: drawnByScript},
		{name: "canvas editor with a hidden field", html: `<div><textarea class="%s" style="opacity: 0.01"></textarea><pre></pre></div>`, type_: func(tb *tab, f *typedField) {
			eval[any](tb, f.at()+`.oninput = (e) => { e.target.nextElementSibling.textContent = e.target.value }`)
			tb.typeInto(f)
		}},
		{name: "designMode frame", html: `<iframe class="%s"></iframe>`, quiet: true, type_: func(tb *tab, f *typedField) {
			eval[any](tb, fmt.Sprintf(`(() => { const d = %s.contentDocument; d.designMode = "on"; d.defaultView.focus(); d.body.focus() })()`, f.at()))
			tb.typeText(f.canary.text)
		}},
		{name: "shadow root", html: `<div class="%s"></div>`, find: `(at.shadowRoot ?? at.attachShadow({mode: "open"})).querySelector("input") ?? (at.shadowRoot.innerHTML = "<input>", at.shadowRoot.firstChild)`, quiet: true},
		{name: "closed shadow root", html: `<div class="%s"></div>`, find: `(at.hidden_ ??= (() => { const r = at.attachShadow({mode: "closed"}); r.innerHTML = "<textarea></textarea>"; return r.firstChild })())`, quiet: true},
		{name: "field in a frame", html: `<iframe class="%s" srcdoc="<input>"></iframe>`, find: `(at.contentWindow.focus(), at.contentDocument.querySelector("input"))`, quiet: true},
		{name: "contenteditable in a frame", html: `<iframe class="%s" srcdoc="<p contenteditable></p>"></iframe>`, find: `(at.contentWindow.focus(), at.contentDocument.querySelector("p"))`, quiet: true},
		{name: "field added while recording", html: `<div class="%s"></div>`, find: `at.querySelector("input") ?? (at.innerHTML = "<input name=q>", at.firstChild)`, quiet: true},
		{name: "select by its first letters", html: `<select class="%s"><option>a<option id="chosen"></select>`, type_: func(tb *tab, f *typedField) {
			eval[any](tb, f.at()+fmt.Sprintf(`.options[1].textContent = "%s"`, f.canary.text))
			tb.typeInto(f)
		}},
		{name: "paste", html: `<input class="%s">`, quiet: true, type_: paste},
		{name: "paste into contenteditable", html: `<div class="%s" contenteditable></div>`, quiet: true, type_: paste},
		{name: "drop", html: `<textarea class="%s"></textarea>`, quiet: true, type_: drop},
		{name: "input method", html: `<input class="%s">`, quiet: true, type_: compose},
		{name: "input method in contenteditable", html: `<div class="%s" contenteditable></div>`, quiet: true, type_: compose},
		{name: "inserted as by autofill", html: `<input class="%s">`, quiet: true, type_: func(tb *tab, f *typedField) {
			tb.focusField(f)
			call(tb, input.InsertText, input.InsertTextParams{Text: f.canary.text})
		}},
		{name: "set by script", html: `<input class="%s">`, quiet: true, type_: setValue},
		{name: "range, set by script", html: `<input class="%s" type="range" max="9999999999">`, quiet: true, short: " 7391826491", type_: setValue},
		{name: "colour, set by script", html: `<input class="%s" type="color">`, quiet: true, short: " #7b3f9d", type_: setValue},
		{name: "hidden, set by script", html: `<input class="%s" type="hidden">`, quiet: true, type_: setValue},
		{name: "undone and done again", html: `<textarea class="%s"></textarea>`, type_: func(tb *tab, f *typedField) {
			tb.typeInto(f)
			eval[any](tb, `document.execCommand("undo"); document.execCommand("redo")`)
		}},

		secretField("password", `<input class="%s" type="password">`), secretField("PASSWORD", `<input class="%s" type="PassWord">`),
		secretField("password beside a label", `<label>Secret <input class="%s" type="password" value=""></label>`),
		secretField("password in a form", `<form><input class="%s" name="p" type="password" autocomplete="off"></form>`),
	}
	for _, token := range []string{"current-password", "new-password", "one-time-code", "cc-number", "cc-csc", "cc-exp", "cc-exp-month", "billing cc-number", "CC-NUMBER"} {
		list = append(list, secretField("autocomplete "+token, `<input class="%s" autocomplete="`+token+`">`))
	}
	for _, attributes := range []string{`name="cardNumber"`, `id="security-code"`, `placeholder="MM / YY"`, `aria-label="Passwort"`, `name="otp"`} {
		list = append(list, secretField("secret by "+attributes, `<input class="%s" `+attributes+`>`))
	}
	show := func(how string) func(tb *tab, f *typedField) {
		return func(tb *tab, f *typedField) {
			tb.focusField(f)
			text := f.canary.text
			tb.typeText(text[:len(text)/2])
			eval[any](tb, fmt.Sprintf(`(() => { const at = %s; %s; at.focus(); at.setSelectionRange?.(99, 99) })()`, f.at(), how))
			tb.typeText(text[len(text)/2:])
			eval[any](tb, fmt.Sprintf(`(() => { const at = %s; at.setAttribute("value", at.value); at.defaultValue = at.value })()`, f.at()))
		}
	}
	for name, how := range map[string]string{
		"show-password toggle":                      `at.type = "text"`,
		"show-password toggle, upper case":          `at.setAttribute("type", "TEXT")`,
		"show-password toggle by taking the type":   `at.removeAttribute("type")`,
		"show-password toggle and mounted anew":     `at.type = "text"; const p = at.parentNode; at.remove(); p.append(at)`,
		"show-password toggle, mounted in a form":   `at.type = "text"; const f = document.createElement("form"); at.replaceWith(f); f.append(at)`,
		"show-password toggle with a new value":     `at.type = "text"; at.value = at.value`,
		"show-password toggle as a search":          `at.type = "search"`,
		"show-password toggle in a masked part":     `at.parentNode.dataset.afterimage = "mask"; at.type = "text"`,
		"show-password toggle as a hidden and back": `at.type = "hidden"; at.type = "text"`,
	} {
		list = append(list, typedField{name: name, html: `<input class="%s" type="password">`, secret: true, type_: show(how)})
	}
	list = append(list,
		typedField{name: "one-character boxes", html: `<div class="%s"></div>`, quiet: true, type_: boxesOfOne(``)},
		typedField{name: "one-character boxes of a code", html: `<div class="%s"></div>`, secret: true, type_: boxesOfOne(`autocomplete="one-time-code"`)},
		typedField{name: "one-character boxes of a password", html: `<div class="%s"></div>`, secret: true, type_: boxesOfOne(`type="password"`)},
	)
	return list
}

// at is an expression of the element that is typed into.
func (f *typedField) at() string {
	element := fmt.Sprintf(`document.querySelector(".%s")`, f.class)
	if f.find == "" {
		return element
	}
	return fmt.Sprintf(`((at) => %s)(%s)`, f.find, element)
}

func call[P, R any](tb *tab, command cdp.Command[P, R], params P) {
	tb.t.Helper()
	if _, err := cdp.Call(tb.ctx, chromedp.FromContext(tb.ctx).Target, command, params); err != nil {
		tb.t.Fatal(err)
	}
}

func (tb *tab) focusField(f *typedField) {
	tb.t.Helper()
	eval[any](tb, fmt.Sprintf(`(() => { const at = %s; at.scrollIntoView({block: "center"}); at.focus(); if (at.isContentEditable) at.ownerDocument.getSelection().selectAllChildren(at) })()`, f.at()))
}

// typeInto types with trusted key events, key by key.
func (tb *tab) typeInto(f *typedField) {
	tb.t.Helper()
	tb.focusField(f)
	text := f.canary.text
	if f.short != "" {
		text, _, _ = strings.Cut(f.short, " ")
	}
	tb.typeText(text)
}

func drawnByScript(tb *tab, f *typedField) {
	eval[any](tb, f.at()+`.onkeydown = (e) => { const s = document.createElement("span"); s.textContent = e.key; e.target.append(s) }`)
	tb.typeInto(f)
}

func setValue(tb *tab, f *typedField) {
	value := f.canary.text
	eval[any](tb, fmt.Sprintf(`(() => { const at = %s; at.value = "%s"; at.dispatchEvent(new Event("input", {bubbles: true})); at.dispatchEvent(new Event("change", {bubbles: true})) })()`, f.at(), value))
}

// clipboard is held from copy to paste: the browser has one for all its tabs.
var clipboard sync.Mutex

func paste(tb *tab, f *typedField) {
	clipboard.Lock()
	defer clipboard.Unlock()
	eval[any](tb, fmt.Sprintf(`(() => { const a = document.createElement("textarea"); a.value = "%s"; document.body.append(a); a.select() })()`, f.canary.text))
	call(tb, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: "rawKeyDown", Key: "c", Code: "KeyC", WindowsVirtualKeyCode: 67, Modifiers: 2, Commands: []string{"copy"}})
	call(tb, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: "keyUp", Key: "c", Code: "KeyC", WindowsVirtualKeyCode: 67})
	tb.focusField(f)
	call(tb, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: "rawKeyDown", Key: "v", Code: "KeyV", WindowsVirtualKeyCode: 86, Modifiers: 2, Commands: []string{"paste"}})
	call(tb, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: "keyUp", Key: "v", Code: "KeyV", WindowsVirtualKeyCode: 86})
}

func drop(tb *tab, f *typedField) {
	tb.focusField(f)
	spot := eval[struct{ X, Y float64 }](tb, fmt.Sprintf(`(() => { const r = %s.getBoundingClientRect(); return {X: r.x + r.width / 2, Y: r.y + r.height / 2} })()`, f.at()))
	data := &input.DragData{DragOperationsMask: 1, Items: []*input.DragDataItem{{MimeType: "text/plain", Data: f.canary.text}}}
	for _, step := range []input.DispatchDragEventType{"dragEnter", "dragOver", "drop"} {
		call(tb, input.DispatchDragEvent, input.DispatchDragEventParams{Type: step, X: spot.X, Y: spot.Y, Data: data})
	}
}

// compose types as an input method does: the text grows under a mark, then it is committed.
func compose(tb *tab, f *typedField) {
	tb.focusField(f)
	for i := range f.canary.text {
		n := int64(i + 1)
		call(tb, input.ImeSetComposition, input.ImeSetCompositionParams{Text: f.canary.text[:i+1], SelectionStart: n, SelectionEnd: n})
	}
	call(tb, input.InsertText, input.InsertTextParams{Text: f.canary.text})
}

// boxesOfOne are boxes that take a character each, and pass the focus on.
func boxesOfOne(attributes string) func(tb *tab, f *typedField) {
	return func(tb *tab, f *typedField) {
		n := len(f.canary.text)
		eval[any](tb, fmt.Sprintf(`(() => { const at = %s; at.innerHTML = '<input maxlength="1" size="1" %s>'.repeat(%d); at.oninput = (e) => e.target.nextElementSibling?.focus(); at.firstChild.focus() })()`, f.at(), attributes, n))
		tb.typeText(f.canary.text)
		if typed := eval[string](tb, fmt.Sprintf(`Array.from(%s.children, (i) => i.value).join("")`, f.at())); typed != f.canary.text {
			tb.t.Errorf("%s: the boxes hold %q after typing %q", f.name, typed, f.canary.text)
		}
	}
}

// A canary typed into every kind of field, key by key, shows up as activity and nowhere as
// text: in neither level, and where fields are allowed not from those that nothing opens.
func TestCanaryInEveryField(t *testing.T)         { canaryInEveryField(t, plain, "") }
func TestCanaryInEveryFieldBalanced(t *testing.T) { canaryInEveryField(t, "balanced", "") }
func TestCanaryInEveryFieldAllowed(t *testing.T)  { canaryInEveryField(t, "strict", "allow") }

// Strict from the beginning, with the full recorder: less is told than where the same fields are at balanced.
func TestCanaryInEveryFieldStrict(t *testing.T) {
	if !*leaksFlag && !*leaksAloneFlag && !*everyRow {
		t.Log("not run: make leaks and make e2e-all do")
		return
	}
	canaryInEveryField(t, "strict", "")
}

// Each is a test of its own, so that they begin early: they are long.
func canaryInEveryField(t *testing.T, level, marker string) {
	t.Helper()
	// By itself it is known whether the lean recorder may hand over.
	if !*leaksFlag && !*leaksAloneFlag {
		t.Parallel()
	}
	fields := typedFields()
	var body strings.Builder
	for i := range fields {
		f := &fields[i]
		f.class = "k-" + strings.Map(func(r rune) rune { return 'a' + r - '0' }, fmt.Sprintf("%03d", i))
		kind := f.kind
		if kind == "" {
			kind = "S"
		}
		f.canary = newCanary(kind, f.name)
		if f.short != "" {
			_, f.canary.text, _ = strings.Cut(f.short, " ")
		}
		attribute := ""
		if marker != "" {
			attribute = ` data-afterimage="` + marker + `"`
		}
		fmt.Fprintf(&body, `<div%s>%s</div>`, attribute, strings.Replace(f.html, "%s", f.class, 1))
	}
	var tag string
	origin := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><head><link rel="icon" href="data:,">%s<title>form</title></head><body>%s<datalist id="proposals"><option>one</datalist>%s</body></html>`, tag, fmt.Sprintf(formOf(level).before, "a form of fields"), body.String())
	}))
	c := startCollectorFor(t, origin, "--privacy", "balanced")
	tap := tapWire(t, c.Addr)
	tag = fieldTag(level, tap, c)
	tb := record(t, origin, 1000, 700)
	for i := range fields {
		f := &fields[i]
		if f.type_ == nil {
			f.type_ = (*tab).typeInto
		}
		f.type_(tb, f)
		checkTyped(tb, f)
		eval[any](tb, `document.activeElement?.blur()`)
	}
	if pending := eval[int](tb, `afterimage.stop({timeoutMs: 20000}).then((r) => r.pending)`); pending != 0 {
		t.Fatalf("%d segments were not acknowledged", pending)
	}
	checkHandover(tb, &leakPage{name: "fields", level: level, handsOver: true})
	s := newScanner()
	for i := range fields {
		s.add(fields[i].canary)
	}
	lines := c.scanAll(t, s, tap)
	if !strings.Contains(string(lines), "a form of fields") {
		t.Error("the allowed text did not arrive")
	}
	marks := readActivity(t, lines)
	leaks, shown, active := 0, 0, 0
	for i := range fields {
		f := &fields[i]
		canBeShown := marker == "allow" && !f.secret
		if s.seen(f.canary) && !canBeShown {
			leaks++
			t.Errorf("leak: %s, %q%s", f.name, f.canary.text, s.forms(f.canary))
		} else if s.seen(f.canary) {
			shown++
		}
		n := marks[f.class]
		if n > 0 {
			active++
		}
		switch {
		case f.secret && n > 0:
			t.Errorf("%s: keys of a secret field are told", f.name)
		case !f.secret && !f.quiet && n == 0:
			t.Errorf("%s: typing left no sign of activity", f.name)
		}
	}
	if marker == "allow" && shown == 0 {
		t.Error("no field shows what was typed, though it is allowed")
	}
	fmt.Printf("fields %d, %s %s: leaks %d, shown %d, with activity %d\n", len(fields), level, marker, leaks, shown, active)
}

// fieldTag is the tag of a page of fields: a plain one says no more than whose it is.
func fieldTag(policy string, tap *wiretap, c *collectorSite) string {
	tag := fmt.Sprintf(`<script async src="%s/afterimage.js" data-site="%s"`, tap.URL, c.SiteKey)
	if policy == plain {
		return watchScripts + tag + `></script>`
	}
	return tag + ` data-privacy="` + policy + `"></script>`
}

// checkTyped makes sure that the field holds what was typed: a canary that never came into
// the page proves nothing.
func checkTyped(tb *tab, f *typedField) {
	tb.t.Helper()
	if strings.Contains(f.name, "boxes") || strings.Contains(f.name, "select") {
		return
	}
	expression := fmt.Sprintf(`((at) => at.value ?? (at.contentDocument?.body ?? at).textContent)(%s)`, f.at())
	if text := eval[string](tb, expression); !strings.Contains(text, f.canary.text) {
		tb.t.Errorf("%s: the field holds %q after typing %q", f.name, text, f.canary.text)
	}
}

// readActivity counts keys and activity by the class of the field they are told of.
func readActivity(t *testing.T, lines []byte) map[string]int {
	t.Helper()
	classes, counts := map[int]string{}, map[string]int{}
	for line := range strings.Lines(string(lines)) {
		var e struct {
			Op    string
			ID    int
			Node  int
			Attrs map[string]string
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("replay cat printed %.200q: %v", line, err)
		}
		switch e.Op {
		case "snapshotBegin":
			clear(classes) // ids of another epoch are of other nodes
		case "element":
			classes[e.ID] = e.Attrs["class"]
		case "key", "activity":
			counts[classes[max(e.ID, e.Node)]]++
		}
	}
	return counts
}
