package e2e

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"afterimage/wasm/wire"
)

// What was typed in a document is known to all its page views: a chat stands there with the lines of an hour ago when the
// session of that hour has ended, and what is typed while the next one begins is taken from its field before it has begun.
func TestWhatWasTypedIsKnownToTheNextPageView(t *testing.T) {
	t.Parallel()
	const next = `new Promise((r) => setTimeout(r, 1500))` // what waits while somebody types is told
	for _, level := range []string{"strict", "balanced"} {
		for _, c := range []struct{ name, again string }{
			{"after a pause", "pause = 31 * 60_000"},
			{"the page clears its storage", "pause = 10_000, localStorage.clear()"},
			{"stopped and started", "afterimage.stop().then(() => afterimage.start())"},
		} {
			t.Run(level+", "+c.name, func(t *testing.T) {
				t.Parallel()
				tag := ""
				if level == "balanced" {
					tag = `data-privacy="balanced"`
				}
				s := newRecordedSite(t, false, tag, `<input class=chat><input class=secret type=password><div class=note contenteditable></div><ul></ul><script>
for (const field of document.querySelectorAll('input, div')) field.onkeydown = (event) => {
  if (event.key !== 'Enter') return
  event.preventDefault()
  const text = field.value ?? field.textContent
  field.value != null ? field.value = '' : field.textContent = ''
  // Of a secret nothing is read where no text is shown.
  const name = field.type === 'password' && '`+level+`' === 'strict' ? '' : text
  document.querySelector('ul').insertAdjacentHTML('beforeend', '<li title="' + text + '" class="' + name + '">so ' + text)
}</script>`)
				s.settings = map[string]any{"privacy": level}
				tb := newTab(t)
				tb.onNewDocument(`{ const now = Date.now.bind(Date); window.pause = 0; Date.now = () => now() + pause }`)
				tb.open(s.page)
				tb.until("window.afterimage && " + isRecording)
				first := eval[string](tb, "afterimage.pageViewId")
				say := func(field, text string) {
					eval[any](tb, fmt.Sprintf(`document.querySelector('%s').focus()`, field))
					tb.typeText(text)
					press(tb, "\r")
				}
				say(".chat", "zanthorpe")
				say(".secret", "quillmark")
				say(".note", "brevitude")
				eval[any](tb, next)
				eval[any](tb, "pause += 6000") // activity is looked at every few seconds only
				eval[any](tb, c.again)
				typed := []string{"zanthorpe", "quillmark", "brevitude", "ulverston"}
				// What is typed before the next page view has begun, which the full recorder alone hears.
				if level == "balanced" && !strings.Contains(c.again, "stop") {
					say(".chat", "morrowind")
					say(".note", "hesperide")
					typed = append(typed, "morrowind", "hesperide")
				} else {
					click(tb, "ul")
				}
				tb.until(fmt.Sprintf("%s && afterimage.pageViewId && afterimage.pageViewId !== %q", isRecording, first))
				if level == "strict" {
					second := eval[string](tb, "afterimage.pageViewId")
					waitFor(t, "the full recorder in the lean one's place", func() bool { return kinds(s.ops(second))[wire.KindSnapshotEnd] > 0 })
				}
				say(".chat", "ulverston")
				eval[any](tb, next)
				eval[any](tb, "afterimage.flush()")
				lines := 0
				for _, op := range s.ops(eval[string](tb, "afterimage.pageViewId")) {
					texts := []string{string(op.Text), string(op.Name)}
					for _, a := range op.Attrs {
						texts = append(texts, string(a.Name), string(a.Value))
					}
					for _, text := range texts {
						for _, value := range typed {
							if strings.Contains(text, value) {
								t.Errorf("%q is told", text)
							}
						}
					}
					if op.Kind == wire.KindElement && string(op.Name) == "li" {
						lines++
					}
				}
				if lines < len(typed) {
					t.Errorf("%d lines, want %d", lines, len(typed))
				}
			})
		}
	}
}

// typedPage opens a page with fields and a list, and a clock that can be moved.
func typedPage(t *testing.T, level string) (*recordedSite, *tab) {
	t.Helper()
	tag := ""
	if level == "balanced" {
		tag = `data-privacy="balanced"`
	}
	s := newRecordedSite(t, false, tag, `<style>ul { min-height: 50px } .drawn { opacity: 0 }</style><div><p>x</p><input class=drawn></div><input class=chat><textarea></textarea>
<div data-afterimage=block><iframe srcdoc="<input>"></iframe></div><ul></ul><script>
const say = (text, name = '') => document.querySelector('ul').insertAdjacentHTML('beforeend', '<li class="' + name + '">so ' + text)
const wipe = () => document.querySelectorAll('input, textarea').forEach((field) => { field.value = '' })
</script>`)
	s.settings = map[string]any{"privacy": level}
	tb := newTab(t)
	tb.onNewDocument(`{ const now = Date.now.bind(Date); window.pause = 0; Date.now = () => now() + pause }
window.native = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set
window.posted = []
for (const { prototype } of [MessagePort, Worker]) { const post = prototype.postMessage; prototype.postMessage = function (m, ...rest) { posted.push((m.t ?? '') + ' ' + (m.text ?? '')); return post.call(this, m, ...rest) } }`)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	return s, tb
}

const aSecondAndMore = `new Promise((r) => setTimeout(r, 1300))`

// textsIn are the texts, names and attributes of a page view that hold the word.
func textsIn(s *recordedSite, view, word string) (list []string) {
	for _, op := range s.ops(view) {
		texts := []string{string(op.Text), string(op.Name)}
		for _, a := range op.Attrs {
			texts = append(texts, string(a.Name), string(a.Value))
		}
		list = append(list, slices.DeleteFunc(texts, func(text string) bool { return !strings.Contains(text, word) })...)
	}
	return list
}

// The next page view knows of what was typed what this one knew: its parts, also after a long text, whichever recorder heard it,
// and no more than that.
func TestTheNextPageViewKnowsAsMuch(t *testing.T) {
	t.Parallel()
	const longText = `(async () => { const field = document.querySelector('textarea'), words = 'the parcel came late and one of the glasses was broken so please send another one '
field.focus()
for (let i = 0; i < 4500; i++) {
  const data = words[i % words.length]
  field.value += data
  field.dispatchEvent(new InputEvent('input', { inputType: 'insertText', data, bubbles: true }))
  if (i % 50 === 49) await new Promise((r) => setTimeout(r, 10))
} })()`
	for _, c := range []struct {
		name, level string
		typed       []string
		then, shown string
		isTold      bool
	}{
		{"a name of two words", "balanced", []string{"Jane Zanthorpe"}, "say('Zanthorpe')", "Zanthorpe", false},
		{"who an address of mail names", "balanced", []string{"zanthorpe@mail.example"}, "say('zanthorpe')", "zanthorpe", false},
		{"a short name", "balanced", []string{"Zyx"}, "say('Zyx')", "Zyx", false},
		{"before a long text", "balanced", []string{"zanthorpe"}, longText + ".then(() => { wipe(); say('zanthorpe') })", "zanthorpe", false},
		{"what stood in the field on the way", "balanced", []string{"products", " for", " my dogs"}, "say('our products here')", "our products here", true},
		{"heard by the full recorder, and the next begins lean", "strict", []string{"zanthorpe"}, "say('x', 'zanthorpe')", "zanthorpe", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, tb := typedPage(t, c.level)
			if c.level == "strict" {
				click(tb, "ul")
				eval[any](tb, `document.querySelector('.drawn').focus()`)
				tb.typeText("q") // what the page draws itself is the full one's
				tb.until(`performance.getEntriesByType('resource').some((entry) => entry.name.includes('afterimage-recorder'))`)
				eval[any](tb, aSecondAndMore)
			}
			eval[any](tb, `document.querySelector('.chat').focus()`)
			for _, text := range c.typed {
				tb.typeText(text)
				eval[any](tb, aSecondAndMore)
			}
			eval[any](tb, "wipe(), "+c.then)
			eval[any](tb, aSecondAndMore)
			eval[any](tb, "afterimage.flush()")
			first := eval[string](tb, "afterimage.pageViewId")
			eval[any](tb, "pause += 31 * 60_000")
			click(tb, "ul")
			tb.until(fmt.Sprintf("%s && afterimage.pageViewId && afterimage.pageViewId !== %q", isRecording, first))
			eval[any](tb, aSecondAndMore)
			eval[any](tb, "afterimage.flush()")
			for _, view := range []string{first, eval[string](tb, "afterimage.pageViewId")} {
				if len(textsIn(s, view, "so ")) == 0 && c.level == "balanced" {
					t.Error("the line is not told")
				}
				if got := textsIn(s, view, c.shown); len(got) > 0 != c.isTold {
					t.Errorf("page view %s: told %q", map[bool]string{true: "one", false: "two"}[view == first], got)
				}
			}
		})
	}
}

// While a new session begins an opt-out ends the recorder of the one before, and what it has not sent goes.
func TestOptOutWhileTheNextSessionBegins(t *testing.T) {
	t.Parallel()
	s, tb := typedPage(t, "balanced")
	var slow atomic.Bool
	s.signed = func(payload string) map[string]any {
		if slow.Load() {
			time.Sleep(4 * time.Second)
		}
		return map[string]any{"payload": payload}
	}
	slow.Store(true)
	eval[any](tb, "pause += 31 * 60_000")
	click(tb, "ul")
	tb.until("afterimage.pageViewId === null")
	const isWrapped = `Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set !== native`
	if !eval[bool](tb, isWrapped) {
		t.Fatal("nothing listens while the next one begins")
	}
	eval[any](tb, "posted.length = 0; afterimage.optOut()")
	if eval[bool](tb, isWrapped) {
		t.Error("still wrapped after the opt-out")
	}
	if got := eval[[]string](tb, "posted"); !slices.Contains(got, "delete ") {
		t.Errorf("the worker is told %q, not to forget", got)
	}
	eval[any](tb, `posted.length = 0; document.querySelector('.chat').focus()`)
	tb.typeText("zanthorpe")
	eval[any](tb, "document.dispatchEvent(new Event('visibilitychange'))")
	eval[any](tb, aSecondAndMore)
	if got := eval[[]string](tb, "posted"); len(got) > 0 {
		t.Errorf("posted after the opt-out: %q", got)
	}
}

// What is typed in a frame of a blocked part is not read, by a flush neither.
func TestFlushReadsNothingInABlockedFrame(t *testing.T) {
	t.Parallel()
	_, tb := typedPage(t, "balanced")
	tb.until("frames[0].document.querySelector('input')")
	click(tb, "iframe")
	eval[any](tb, "frames[0].document.querySelector('input').focus()")
	tb.typeText("zanthorpe")
	eval[any](tb, "afterimage.flush()")
	if got := eval[[]string](tb, "posted.filter((text) => text.includes('zanthorpe'))"); len(got) > 0 {
		t.Errorf("handed over: %q", got)
	}
}
