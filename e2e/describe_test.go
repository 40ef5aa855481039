package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
)

// described is one element as a person sees it: its place in the tree, its text, its box
// (CSS px, in its viewport), its scroll offset and its form state.
type described struct {
	Parent int    // its index, -1 at the top
	Step   string // the way from there: kind and place among the siblings
	Text   string
	Box    [4]float64
	Scroll [2]float64
	Form   string
}

// path is the way from the top to element i.
func path(list []described, i int) string {
	way := ""
	for ; i >= 0; i = list[i].Parent {
		way = list[i].Step + way
	}
	return way
}

// describeScript defines describe(document): every rendered kind of element in document
// order, through open shadow roots and same-origin frames. What is masked in every level is
// left out: option texts, whether a box outside an allowed region is checked, and elements of running text
// in an editor, of which a line tells the first. It answers in
// columns, with whole paths to be made of them: a document of 50,000 elements is 15 MB of paths.
const describeScript = `(() => {
  const skip = new Set(['SCRIPT', 'STYLE', 'LINK', 'META', 'NOSCRIPT', 'TEMPLATE', 'HEAD', 'TITLE', 'BASE'])
  globalThis.describe = (doc) => {
    const parents = [], steps = [], texts = [], numbers = [], forms = []
    const round = (x) => Math.round(x * 10) / 10
    const walk = (node, parent, kind) => {
      let index = 0
      for (const el of node.children) {
        if (skip.has(el.tagName.toUpperCase())) continue
        if (el.parentElement?.isContentEditable && getComputedStyle(el).display.startsWith('inline') && !el.closest('[data-afterimage=allow]')) continue
        // the names of custom elements may carry data and are masked
        const step = kind + '/' + (el.localName.includes('-') ? 'custom' : el.localName) + '[' + index++ + ']'
        const r = el.getBoundingClientRect()
        let text = ''
        for (const child of el.childNodes) if (child.nodeType === 3) text += child.data
        let form = ''
        if (el.localName === 'input') form = (el.type === 'checkbox' || el.type === 'radio') ? (el.closest('[data-afterimage=allow]') ? 'checked=' + el.checked : 'box') : 'filled=' + (el.value !== '')
        if (el.localName === 'textarea') form = 'filled=' + (el.value !== '')
        if (el.localName === 'select') form = el.closest('[data-afterimage=allow]') ? 'selected=' + el.selectedIndex : 'select'
        if (el.localName === 'option') text = 'option'
        const here = parents.push(parent) - 1
        steps.push(step)
        texts.push(text.replace(/\s+/g, ' ').trim())
        numbers.push(round(r.x), round(r.y), round(r.width), round(r.height), Math.round(el.scrollLeft), Math.round(el.scrollTop))
        forms.push(form)
        if (el.shadowRoot) walk(el.shadowRoot, here, '#shadow')
        walk(el, here, '')
        if (el.localName === 'iframe') {
          let inner = null
          try { inner = el.contentDocument } catch { inner = null }
          if (inner) walk(inner, here, '#frame')
        }
      }
    }
    walk(doc, -1, '')
    return JSON.stringify({ parents, steps, texts, numbers, forms })
  }
})()`

// describe reads a document of tab; expression names it ("document", "player.document").
func describe(tb *tab, expression string) []described {
	tb.t.Helper()
	eval[any](tb, describeScript)
	return parseDescribed(tb.t, eval[string](tb, "describe("+expression+")"))
}

// parseDescribed reads what describe of describeScript answers.
func parseDescribed(t *testing.T, text string) []described {
	t.Helper()
	var columns struct {
		Parents             []int
		Steps, Texts, Forms []string
		Numbers             []float64
	}
	if err := json.Unmarshal([]byte(text), &columns); err != nil {
		t.Fatal(err)
	}
	list := make([]described, len(columns.Parents))
	for i := range list {
		n := columns.Numbers[6*i:]
		list[i] = described{columns.Parents[i], columns.Steps[i], columns.Texts[i], [4]float64(n), [2]float64(n[4:]), columns.Forms[i]}
	}
	return list
}

// likeness says how far a replayed document is the recorded one; each count is of elements.
type likeness struct {
	elements, text, form, scroll, box int
	worstPx                           float64
	first                             []string // the first differences, for people
}

func (l likeness) String() string {
	return fmt.Sprintf("%d elements; equal text %d, form state %d, scroll %d, box within 1 px %d (worst %.1f px)", l.elements, l.text, l.form, l.scroll, l.box, l.worstPx)
}

// compare fails the test when the trees differ and counts how many elements agree.
func compare(t *testing.T, recorded, replayed []described) likeness {
	t.Helper()
	var l likeness
	note := func(i int, format string, args ...any) {
		if len(l.first) < 8 {
			l.first = append(l.first, path(recorded, i)+": "+fmt.Sprintf(format, args...))
		}
	}
	for i := range min(len(recorded), len(replayed)) {
		a, b := recorded[i], replayed[i]
		// All before are in the same places, so these two are where their parents and steps are equal.
		if a.Parent != b.Parent || a.Step != b.Step {
			t.Fatalf("element %d: recorded %s, replayed %s", i, path(recorded, i), path(replayed, i))
		}
		l.elements++
		if a.Text == b.Text {
			l.text++
		} else {
			note(i, "text %.60q, replayed %.60q", a.Text, b.Text)
		}
		if a.Form == b.Form {
			l.form++
		} else {
			note(i, "form %s, replayed %s", a.Form, b.Form)
		}
		if a.Scroll == b.Scroll {
			l.scroll++
		} else {
			note(i, "scroll %v, replayed %v", a.Scroll, b.Scroll)
		}
		off := 0.0
		for k := range a.Box {
			off = max(off, math.Abs(a.Box[k]-b.Box[k]))
		}
		l.worstPx = max(l.worstPx, off)
		if off <= 1 {
			l.box++
		} else {
			note(i, "box %v, replayed %v", a.Box, b.Box)
		}
	}
	if len(recorded) != len(replayed) {
		longer := recorded
		if len(replayed) > len(longer) {
			longer = replayed
		}
		t.Fatalf("recorded %d elements, replayed %d; the first beyond: %s", len(recorded), len(replayed), path(longer, min(len(recorded), len(replayed))))
	}
	if l.elements == 0 {
		t.Fatal("no element was compared")
	}
	return l
}

// differences joins the first differences for a failure message.
func (l likeness) differences() string { return "\n  " + strings.Join(l.first, "\n  ") }
