package e2e

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// allGlobals names every function and accessor that a page can reach from its window, as
// Interface.prototype.member or member, with the function itself.
const allGlobals = `window.descriptors = new Map()
window.allGlobals = () => {
	const all = new Map(), flags = (d) => [d.writable, d.enumerable, d.configurable].join(), of = (object, prefix) => {
		for (const key of Object.getOwnPropertyNames(object)) {
			const d = Object.getOwnPropertyDescriptor(object, key)
			for (const part of ['value', 'get', 'set']) if (typeof d[part] === 'function') {
				all.set(prefix + key + (part === 'value' ? '' : ' ' + part), d[part])
				descriptors.set(d[part], flags(d))
			}
		}
	}
	of(window, '')
	for (const name of Object.getOwnPropertyNames(window)) {
		const it = Object.getOwnPropertyDescriptor(window, name).value
		if (typeof it === 'function' && it.prototype?.constructor === it) { // Option is HTMLOptionElement again
			 of(it, name + '.'); of(it.prototype, name + '.prototype.') }
		else if (it && typeof it === 'object' && /^[A-Z]/.test(name)) of(it, name + '.')
	}
	return all
}
window.wrapped = (before) => Array.from(allGlobals()).filter(([name, f]) => before.has(name) && before.get(name) !== f).map(([name]) => name).sort()
window.before = allGlobals()
window.fails = (run) => { try { const it = run(); it?.catch?.(() => 0); return 'no' } catch (e) { return e.constructor === TypeError && e.message } }
window.isNative = (f) => Function.prototype.toString.call(f).includes('[native code]')
window.look = (f) => [f.name, f.length, String(f), f + '', isNative(f), typeof f, 'prototype' in f, descriptors.get(f),
	fails(() => f.call({})), fails(() => f.call(undefined)), fails(() => new f())].join()`

// wrappedByProtocol are the globals of PROTOCOL.md's table: of the lean recorder, and those that the full one adds.
func wrappedByProtocol(t *testing.T) (lean, full []string) {
	t.Helper()
	b, err := os.ReadFile("../jsbridge/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(b), "| global | reason |\n|---|---|\n")
	if !found {
		t.Fatal("PROTOCOL.md has no table of globals")
	}
	text, _, _ = strings.Cut(text, "\n\n")
	word := regexp.MustCompile(`[\w.]+`)
	for _, line := range strings.Split(text, "\n") {
		cell := strings.Split(line, "|")[1]
		list := &lean
		if rest, is := strings.CutPrefix(strings.TrimSpace(cell), "in the full recorder:"); is {
			cell, list = rest, &full
		}
		before := ""
		for _, name := range word.FindAllString(cell, -1) {
			if member, is := strings.CutPrefix(name, "."); is {
				name = before + member
			}
			before = name[:strings.LastIndex(name, ".")+1]
			*list = append(*list, name)
		}
	}
	return lean, full
}

// Exactly the globals of PROTOCOL.md are wrapped, and only while recording; none can be told from
// the browser's own; who wraps over one keeps a working one, also after the recorder is gone.
func TestWrappedGlobalsAreThoseOfTheProtocol(t *testing.T) {
	lean, full := wrappedByProtocol(t)
	for _, c := range []struct {
		name, body, attrs string
		want              []string
	}{
		{"lean", `<h1>a</h1><div id=host></div>`, "", lean},
		{"full", `<h1>a</h1><div id=host></div>`, `data-mask=".x"`, append(slices.Clone(lean), full...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newRecordedSite(t, false, c.attrs, c.body)
			tb := newTab(t)
			tb.onNewDocument(allGlobals)
			tb.open(s.page)
			tb.until("window.afterimage && " + isRecording)
			want := slices.Clone(c.want)
			slices.Sort(want)
			var got []string
			for _, name := range eval[[]string](tb, `wrapped(before)`) {
				got = append(got, strings.TrimSuffix(name, " set"))
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("wrapped are\n%q, PROTOCOL.md names\n%q", got, want)
			}
			if list := eval[[]string](tb, `(() => { const now = allGlobals(); return wrapped(before).filter((name) => look(now.get(name)) !== look(before.get(name))) })()`); len(list) > 0 {
				t.Errorf("these look different: %q", list)
			}
			// Somebody wraps over ours.
			eval[any](tb, `globalThis.calls = 0; const ours = Element.prototype.attachShadow
				Element.prototype.attachShadow = function (init) { calls++; return ours.call(this, init) }; 0`)
			eval[any](tb, `afterimage.stop()`)
			if left := eval[[]string](tb, `wrapped(before)`); !slices.Equal(left, []string{"Element.prototype.attachShadow"}) {
				t.Errorf("after stop wrapped are %q, want that of somebody else alone", left)
			}
			if got := eval[string](tb, `host.attachShadow({ mode: 'open' }).mode + calls`); got != "open1" {
				t.Errorf("the one wrapped over gives %q", got)
			}
		})
	}
}
