package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"afterimage/wasm/wire"

	"github.com/evanw/esbuild/pkg/api"
)

// realEditor is an editor that we did not write.
type realEditor struct {
	name, at string // what has the focus, as a selector
	script   string // makes it in #host
	drawn    bool   // it draws what is typed, or its caret, outside of its field: the full recorder is asked for
	classes  bool   // it changes a class at each key: when is told (likewise)
	code     bool   // it has a place for each character of a code: nothing is told of keys, nor what is filled (likewise)
}

var realEditors = []realEditor{
	{name: "quill", at: ".ql-editor", script: `import Quill from 'quill'; import 'quill/dist/quill.snow.css'; new Quill('#host', { theme: 'snow' })`},
	{name: "prosemirror", at: ".ProseMirror", script: `import { EditorState } from 'prosemirror-state'; import { EditorView } from 'prosemirror-view'
import { schema } from 'prosemirror-schema-basic'; import { exampleSetup } from 'prosemirror-example-setup'
import 'prosemirror-view/style/prosemirror.css'; import 'prosemirror-menu/style/menu.css'
new EditorView(document.querySelector('#host'), { state: EditorState.create({ schema, plugins: exampleSetup({ schema }) }) })`},
	{name: "lexical", at: "#host", script: `import { createEditor } from 'lexical'; import { registerRichText } from '@lexical/rich-text'
const host = document.querySelector('#host'); host.contentEditable = 'true'
const editor = createEditor({ onError(error) { throw error } }); editor.setRootElement(host); registerRichText(editor)`},
	{name: "trix", at: "trix-editor", script: `import 'trix'; import 'trix/dist/trix.css'; document.querySelector('#host').innerHTML = '<trix-editor></trix-editor>'`},
	{name: "slate", at: "[contenteditable]", script: `import { createElement as h, useState } from 'react'; import { createRoot } from 'react-dom/client'
import { createEditor } from 'slate'; import { Slate, Editable, withReact } from 'slate-react'
const Page = () => { const [editor] = useState(() => withReact(createEditor())); return h(Slate, { editor, initialValue: [{ children: [{ text: '' }] }] }, h(Editable)) }
createRoot(document.querySelector('#host')).render(h(Page))`},
	{name: "codemirror", at: ".cm-content", drawn: true, script: `import { EditorView, basicSetup } from 'codemirror'
new EditorView({ extensions: basicSetup, doc: 'what stands there', parent: document.querySelector('#host') })`},
	{name: "codemirror5", at: "textarea", drawn: true, script: `import CodeMirror from 'codemirror5'; import 'codemirror5/lib/codemirror.css'; CodeMirror(document.querySelector('#host'), { value: 'aa' })`},
	{name: "input-otp", at: "input", code: true, script: `import { createElement as h } from 'react'; import { createRoot } from 'react-dom/client'; import { OTPInput } from 'input-otp'
const render = ({ slots }) => h('p', {}, slots.map(({ char }, i) => h('div', { key: i, style: { height: 20 } }, char)))
createRoot(document.querySelector('#host')).render(h(OTPInput, { maxLength: 12, pattern: '.*', render }))`},
	{name: "a field for each character", at: "input", code: true, script: `const host = document.querySelector('#host'); host.innerHTML = '<div><input maxlength=1></div>'.repeat(12)
const all = Array.from(host.querySelectorAll('input')); all.forEach((input, i) => input.oninput = () => { input.setAttribute('value', input.value); all[i + 1].focus() })`},
	{name: "ace", at: "textarea", drawn: true, classes: true, script: `import ace from 'ace-builds'; const host = document.querySelector('#host'); host.style.height = '200px'; ace.edit(host, { value: 'aa' })`},
	{name: "xterm", at: "textarea", drawn: true, script: `import { Terminal } from '@xterm/xterm'; import '@xterm/xterm/css/xterm.css'
const terminal = new Terminal(); terminal.open(document.querySelector('#host')); terminal.onData((data) => terminal.write(data))`},
	{name: "react-simple-code-editor", at: "textarea", drawn: true, script: `import { createElement as h, useState } from 'react'; import { createRoot } from 'react-dom/client'; import Editor from 'react-simple-code-editor'
const Page = () => { const [value, onValueChange] = useState('aa'); return h(Editor, { value, onValueChange, highlight: (code) => code, style: { fontFamily: 'monospace' } }) }
createRoot(document.querySelector('#host')).render(h(Page))`},
	{name: "monaco", at: ".native-edit-context", drawn: true},
}

// page is what the editor stands in; its files are served at js.
func (e realEditor) page(t *testing.T, js string, files map[string][]byte) string {
	if e.script == "" {
		at := js + "/npm/monaco-editor/min/vs"
		return fmt.Sprintf(`<div id=host style="width:800px;height:300px"></div><link crossorigin rel=stylesheet data-name="vs/editor/editor.main" href="%s/editor/editor.main.css">
<script src="%s/loader.js"></script><script>require.config({ paths: { vs: %q } }); require(['vs/editor/editor.main'], () => monaco.editor.create(document.querySelector('#host'), { value: 'aa', language: 'plaintext' }))</script>`, at, at, at)
	}
	built := api.Build(api.BuildOptions{Stdin: &api.StdinOptions{Contents: e.script, ResolveDir: "."}, Bundle: true, Format: api.FormatIIFE, Outdir: "/",
		Define: map[string]string{"process.env.NODE_ENV": `"production"`}})
	if len(built.Errors) > 0 {
		t.Fatalf("%s: %v", e.name, built.Errors)
	}
	page := "<div id=host></div>"
	for _, f := range built.OutputFiles {
		if strings.HasSuffix(f.Path, ".css") {
			page += "<style>" + string(f.Contents) + "</style>"
			continue
		}
		files["/"+e.name+".js"] = f.Contents
		page += fmt.Sprintf(`<script src="%s/%s.js"></script>`, js, e.name)
	}
	return page
}

// Editors that we did not write: nothing typed into them leaves, and what leaves is the same after two keys as
// after nine. Their times cannot follow the keys then, but for those of the first.
func TestRealEditorsTellNoKeys(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{}
	modules := benchHandler()
	js := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if b, ok := files[r.URL.Path]; ok {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(b)
			return
		}
		modules.ServeHTTP(w, r)
	}))
	for i, e := range realEditors {
		page := e.page(t, js, files)
		levels := []string{"strict", "balanced"}
		if !e.drawn && !e.code && e.name != "quill" {
			levels = levels[:1] // one of those that browsers edit for shows what the other core does with them
		}
		if !*everyRow && e.name != "quill" {
			levels = levels[i%len(levels):][:1] // by turns
		}
		for _, level := range levels {
			t.Run(e.name+"/"+level, func(t *testing.T) {
				t.Parallel()
				s := newRecordedSite(t, false, `data-privacy="`+level+`"`, page)
				s.settings = map[string]any{"privacy": level}
				tb := newTab(t)
				tb.onNewDocument(noteTimes)
				var two, nine map[string]int
				for tries := range 3 {
					// A busy machine has the full recorder where the lean one would do, and then more is told.
					two, nine = e.typeInto(tb, s, level, 2, tries == 2), e.typeInto(tb, s, level, 9, tries == 2)
					if two != nil && maps.Equal(two, nine) {
						return
					}
				}
				for line := range maps.Keys(two) {
					if two[line] != nine[line] {
						t.Errorf("%d times after two keys, %d after nine: %s", two[line], nine[line], line)
					}
					delete(nine, line)
				}
				for line, n := range nine {
					t.Errorf("%d times after nine keys, and not after two: %s", n, line)
				}
			})
		}
	}
}

// typeInto types and answers what is told of it, by how often.
func (e realEditor) typeInto(tb *tab, s *recordedSite, level string, keys int, isLast bool) map[string]int {
	const typed = "qwzvjgkqz"
	t := tb.t
	tries := 0
again:
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	tb.until(fmt.Sprintf("document.querySelector(%q)", e.at))
	eval[any](tb, fmt.Sprintf("document.querySelector(%q).focus()", e.at))
	// With the first key the editor is known for one, and may be told anew.
	tb.typeText("k")
	view := eval[string](tb, "afterimage.pageViewId")
	epochs := 1
	switch {
	case e.drawn && level == "strict":
		epochs = 3 // the lean recorder hands over to the full one, and then the strict core
	case e.code && level == "strict":
		epochs = 2
	}
	wantsFull := e.drawn || e.code || level == "balanced" || !strings.HasPrefix(e.at, "input") && e.name != "trix" // that has a type, as controls have
	const hasFull = "performance.getEntriesByType('resource').some(({ name }) => name.includes('afterimage-recorder'))"
	// What the page still loads, and what it does after the first key, is none of this. What that key took away goes a second later.
	settled, still := 0, 0
	for tries := 0; still < 4 || !eval[bool](tb, "document.readyState == 'complete'"); tries++ {
		eval[any](tb, "new Promise((done) => setTimeout(done, 250))")
		eval[any](tb, "afterimage.flush()")
		ops := s.ops(view)
		counts := kinds(ops)
		now := len(ops) - counts[wire.KindAttr] // carets blink
		if now != settled || counts[wire.KindSnapshotEnd] < epochs || wantsFull && !eval[bool](tb, hasFull) {
			settled, still = now, 0
		} else {
			still++
		}
		if tries == 480 {
			t.Fatalf("not still after %d ops and %d of %d epochs", len(ops), counts[wire.KindSnapshotEnd], epochs)
		}
	}
	if isFull := eval[bool](tb, hasFull); isFull != wantsFull {
		if !isLast {
			return nil
		}
		t.Errorf("the full recorder is loaded: %v", isFull)
	}
	// What the editor does at each key in the same way has been told once by the full recorder: what the first key
	// did may stand in its snapshot, or be told after it. The mark has the time at which it is told, which in the second after
	// that of a key is not that of track().
	tb.typeText("k")
	eval[any](tb, "new Promise((done) => setTimeout(done, 2200))")
	marked := eval[float64](tb, "(() => { const at = performance.now(); afterimage.track('settled'); return at })()")
	isMark := func(op wire.Op) bool { return op.Kind == wire.KindTrack }
	waitFor(t, "the mark", func() bool {
		eval[any](tb, "afterimage.flush()")
		return slices.ContainsFunc(s.ops(view), isMark)
	})
	zero := marked - float64(s.ops(view)[slices.IndexFunc(s.ops(view), isMark)].AtMs)
	tb.nextSecond(zero)
	eval[any](tb, "times = []")
	for k := range keys {
		tb.typeText(typed[k : k+1])
		eval[any](tb, "new Promise(requestAnimationFrame)")
	}
	eval[any](tb, "new Promise((done) => setTimeout(done, 1200))") // the changes of a second are told at its end
	if !tb.areOfOneSecond(zero) {
		if tries++; tries < 20 {
			goto again // a busy machine types slowly
		}
		t.Fatalf("%d keys do not fit into a second", keys)
	}
	if live := eval[string](tb, `host.textContent + Array.from(host.querySelectorAll('input'), ({ value }) => value).join('')`); !strings.Contains(live, typed[:keys]) && !strings.Contains(live, twice(typed[:keys])) {
		t.Errorf("nothing was typed: %q", live)
	}
	eval[any](tb, "afterimage.snapshot()")
	eval[any](tb, "afterimage.stop()")
	all := s.ops(view)
	counts := kinds(all)
	if marks := counts[wire.KindActivity] + counts[wire.KindKey]; e.code && marks > 0 || !e.code && marks+counts[wire.KindValue] == 0 {
		t.Errorf("what tells that somebody typed: %d marks of activity or keys, %d values", marks, counts[wire.KindValue])
	}
	before := slices.IndexFunc(all, isMark)
	told, texts := map[string]int{}, ""
	// Ids and the numbers of renamed attributes count what the page had before, which differs from load to load.
	names := map[uint32]string{}
	blinks := regexp.MustCompile(`visibility:\w+`)
	numbered := regexp.MustCompile(`data-m\d+`)
	for i, op := range all {
		words := fmt.Sprintf(" %s %q %v", op.Name, op.Text, op.Nums)
		for _, a := range op.Attrs {
			words += fmt.Sprintf(" %s=%q", a.Name, blinks.ReplaceAll(a.Value, nil))
		}
		switch op.Kind {
		case wire.KindElement, wire.KindText, wire.KindOther, wire.KindShadowRoot:
			names[op.ID] = string(op.Name)
			for _, a := range op.Attrs {
				names[op.ID] += "." + blinks.ReplaceAllString(string(a.Value), "")
			}
		}
		line := numbered.ReplaceAllString(fmt.Sprintf("%d %s in %s after %s%s", op.Kind, names[op.ID], names[op.Parent], names[op.Prev], words), "")
		isText := op.Kind == wire.KindText || op.Kind == wire.KindSetText
		if low := strings.ToLower(line); strings.Contains(low, typed[:3]) || strings.Contains(low, "zwq") || isText && len(op.Text) == 1 && strings.Contains(typed, string(op.Text)) {
			t.Errorf("what was typed is told: %s", line)
		}
		if isText {
			texts += string(op.Text)
		}
		isBlink := strings.Contains(string(op.Text), "visibility:") || string(op.Name) == "style" && len(op.Text) == 0 // of a caret, by a timer
		if op.Kind == wire.KindAttr && (isBlink || e.classes && string(op.Name) == "class") {
			continue
		}
		if i > before && !slices.Contains([]wire.Kind{wire.KindActivity, wire.KindAnchor, wire.KindDegraded}, op.Kind) { // a busy machine degrades
			told[line]++
		}
	}
	if strings.Contains(texts, typed[:4]) || strings.Contains(texts, "vzwq") {
		t.Errorf("what was typed is told, character by character: %.200q", texts)
	}
	return told
}

// twice is what a terminal shows that takes each key as a key and as input.
func twice(s string) (out string) {
	for _, c := range s {
		out += string(c) + string(c)
	}
	return out
}
