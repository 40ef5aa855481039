package e2e

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// While the worker is behind nothing of the tree is posted; when it has caught up the decoded tree
// is the document again, and the page was not walked anew but for what changed.
func TestDirtyRootsAreWalkedAnew(t *testing.T) {
	seeds, rounds := 12, 10
	if n, err := strconv.Atoi(os.Getenv("AFTERIMAGE_SEEDS")); err == nil {
		seeds = n
	}
	url := bridgePage(t, bridgeHead+`</head><body><p id=still>still</p><main><div id=root><p>a</p><div><ul><li>1<li>2</ul></div></div></main></body></html>`, nil)
	shared := newTab(t)
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			tb := shared.row(t)
			tb.open(url)
			selectors := `{ mask: ['.x p'], block: [], allow: ['[class="1"]'] }`
			eval[any](tb, fmt.Sprintf("(window.steps = bridge.program(document.getElementById('root'), bridge.random(%d)), bridge.record({ selectors: %s }))", 1000+seed, selectors))
			tree := newOpTree()
			follow(t, tb, tree, "snapshot")
			still := tree.byID("still").id
			for round := range rounds {
				what := fmt.Sprintf("seed %d, round %d", seed, round)
				eval[any](tb, fmt.Sprintf("steps(%d)", round))
				follow(t, tb, tree, what+", before")
				waiting := eval[int](tb, "(bridge.fill(), bridge.waiting())")
				// In several tasks, so that records come in several callbacks.
				for range 3 {
					eval[any](tb, fmt.Sprintf("steps(%d)", 1+round))
				}
				if n := eval[int](tb, "(bridge.recorder().flush(), bridge.waiting())") - waiting; n != 0 {
					t.Errorf("%s: a bridge that is behind posts %d batches", what, n)
				}
				follow(t, tb, tree, what)
				if n := tree.ops[4]; n != 1 {
					t.Fatalf("%s: %d snapshots, want the first one alone", what, n)
				}
				if id := tree.byID("still").id; id != still {
					t.Errorf("%s: what did not change was written anew", what)
				}
			}
		})
	}
}

// What concerns all of the page makes all of it dirty.
func TestDirtyDocumentIsASnapshot(t *testing.T) {
	for _, c := range []struct{ name, script string }{
		{"the body's children", `document.body.append('x')`},
		{"the root element's attribute", `document.documentElement.lang = 'x'`},
		{"more nodes than are kept", `for (const e of document.querySelectorAll('i')) e.title = 'x'`},
	} {
		t.Run(c.name, func(t *testing.T) {
			tb, tree := stateTab(t, `<div id=d></div>`, `for (let i = 0; i < 600; i++) d.append(document.createElement('i'))`, nil)
			eval[any](tb, `bridge.fill()`)
			eval[any](tb, `(() => { `+c.script+` })()`)
			follow(t, tb, tree, c.name)
			if n := tree.ops[4]; n != 2 {
				t.Errorf("%d snapshots, want 2", n)
			}
		})
	}
}

// A level that the core does not know of yet: nothing is told of what is typed there.
func TestNothingIsTypedUnderAnOldLevelWhileBehind(t *testing.T) {
	shared := newTab(t)
	for _, c := range []struct{ name, script string }{
		{"a marker", `i.dataset.afterimage = 'mask'`},
		{"a marker above", `wrap.dataset.afterimage = 'block'`},
		{"a selector of the site", `wrap.className = 'private'`},
		{"a move", `hidden.append(i)`},
		{"all of the page", `(document.body.append('x'), i.dataset.afterimage = 'mask')`},
	} {
		t.Run(c.name, func(t *testing.T) {
			tb := shared.row(t)
			tb.open(bridgePage(t, bridgeHead+`</head><body><main><div id=wrap data-afterimage=allow><p><input id=i></p></div><div id=hidden data-afterimage=mask></div></main></body></html>`, nil))
			eval[any](tb, `bridge.record({ selectors: { mask: ['.private'], block: [], allow: [] } })`)
			tree := newOpTree()
			drain(t, tb, tree)
			input := tree.byID("i").id
			eval[any](tb, `bridge.fill()`)
			eval[any](tb, `(() => { `+c.script+` })()`)
			typeInto(tb, "#i", "CANARY")
			batches := eval[[]posted](tb, `bridge.take()`)
			begun := false
			for _, p := range batches {
				for i := 0; i < len(p.Ints) && !begun; i += int(p.Ints[i] >> 8) {
					if code := p.Ints[i] & 255; code == 4 {
						begun = true // ids start again
					} else if (code == 17 || code == 25) && p.Ints[i+1] == input {
						t.Errorf("op %d names the input by its old id", code)
					}
				}
				if err := tree.apply(p); err != nil {
					t.Fatal(err)
				}
			}
			follow(t, tb, tree, c.name)
		})
	}
}

// While the worker is behind nothing is forgotten: what is typed meanwhile is handed over before anything
// that may show it again, and what was called secret for a moment stays so.
func TestWhatHappensWhileBehindIsNotForgotten(t *testing.T) {
	tb := newTab(t)
	tb.open(bridgePage(t, bridgeHead+`</head><body><p id=p></p><input id=i><input id=once><div id=editor contenteditable></div></body></html>`, nil))
	eval[any](tb, `bridge.record({ level: 1 })`)
	tree := newOpTree()
	drain(t, tb, tree)
	eval[any](tb, `bridge.fill()`)
	eval[any](tb, `document.body.append('x')`) // all of the page
	eval[any](tb, `once.autocomplete = 'cc-number'; editor.setAttribute('aria-label', 'PIN')`)
	eval[any](tb, `once.autocomplete = 'off'; editor.removeAttribute('aria-label')`)
	typeInto(tb, "#i", "CANARY")
	eval[any](tb, `i.value = ''; p.title = 'of CANARY'; history.replaceState(null, '', '#CANARY')`)
	typeInto(tb, "#once", "HIDDEN")
	const (
		snapshotBegin, value, navigate, mark, echo = 4, 17, 29, 14, 44
	)
	var codes []int32
	var numbers [][]int32
	look := func() {
		for _, p := range eval[[]posted](tb, "(bridge.recorder().flush(), bridge.take())") {
			for i := 0; i < len(p.Ints); i += int(p.Ints[i] >> 8) {
				codes, numbers = append(codes, p.Ints[i]&255), append(numbers, p.Ints[i+1:i+int(p.Ints[i]>>8)])
			}
			if err := tree.apply(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	waitFor(t, "the second snapshot", func() bool { look(); return tree.ops[snapshotBegin] == 2 && tree.byID("once") != nil })
	waitFor(t, "the address", func() bool { look(); return slices.Contains(codes, navigate) })
	begun := slices.Index(codes, snapshotBegin)
	if at := slices.Index(codes, echo); at < 0 || at > begun || at > slices.Index(codes, navigate) {
		t.Errorf("ops %v: what was typed is not handed over first", codes)
	}
	once, editor := tree.byID("once").id, tree.byID("editor").id
	marked := false
	for i, code := range codes[begun:] {
		args := numbers[begun+i]
		if code == value && args[0] == once {
			t.Error("the value of an input that was secret for a moment is told")
		}
		marked = marked || code == mark && args[0] == editor && args[1]&64 != 0
	}
	if !marked && tree.byID("editor").marks&64 == 0 {
		t.Error("that the editor was called secret is not told")
	}
}

// What is typed in the very task in which the worker falls behind is handed over with what shows it again.
func TestTypedIsToldInTheTaskThatFallsBehind(t *testing.T) {
	tb := newTab(t)
	tb.open(bridgePage(t, bridgeHead+`</head><body><main><p id=p></p></main><input id=i></body></html>`, nil))
	eval[any](tb, `(bridge.record({ level: 1 }), i.oninput = () => { p.textContent = i.value })`)
	tree := newOpTree()
	typeInto(tb, "#i", "CANAR")
	follow(t, tb, tree, "before")
	if field := tree.byID("i"); field.value == nil || *field.value != "CANAR" {
		t.Fatalf("the field's value is %v", field.value)
	}
	eval[any](tb, `bridge.fill()`)
	eval[any](tb, `document.execCommand('insertText', false, 'Y')`) // its event comes within the script's task
	const snapshotBegin, value, echo = 4, 17, 44
	shown := false
	waitFor(t, "what shows it again", func() bool {
		for _, p := range eval[[]posted](tb, "(bridge.recorder().flush(), bridge.take())") {
			told := false
			for i := 0; i < len(p.Ints); i += int(p.Ints[i] >> 8) {
				told = told || p.Ints[i]&255 == value || p.Ints[i]&255 == echo
			}
			if strings.Contains(p.Text, hexOf(utf16.Encode([]rune("CANARY")))) && !shown {
				shown = true
				if !told {
					t.Error("a batch shows what was typed, and no op says that it was")
				}
			}
			if err := tree.apply(p); err != nil {
				t.Fatal(err)
			}
		}
		return shown
	})
	if tree.ops[snapshotBegin] != 1 {
		t.Error("all of the page was walked anew: the case is another")
	}
}
