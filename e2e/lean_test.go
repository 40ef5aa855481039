package e2e

import (
	"strings"
	"testing"
	"time"

	"afterimage/wasm/wire"
)

// costly makes the recorder's interval short and each of its callbacks cost a millisecond.
const costly = `<script>
{ const every = window.setInterval; window.setInterval = (f, ms) => every(f, ms === 10000 ? 500 : ms) }
{ const now = performance.now.bind(performance); let n = 0; performance.now = () => now() + n++ }
</script>`

// What the recorder in the entry script does not do is handed over: the full one comes and goes on as
// a new epoch, in which it stands. Until then nothing of the tree is told, and without it the recording
// ends and says why.
func TestLeanRecorderHandsOver(t *testing.T) {
	for _, c := range []struct {
		name, head, body, act string
		atOnce                bool // nothing of the tree may leave after it
	}{
		{"designMode at an input", "", "", `document.designMode = 'on'; hello.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertText' }))`, true},
		{"a frame in designMode", "", "", `{
			const frame = document.createElement('iframe'); document.body.append(frame)
			frame.contentDocument.designMode = 'on'; frame.contentDocument.body.append('CANARY')
		}`, true},
		{"an editor of its own", "", "", `hello.tabIndex = 0; hello.editContext = new EditContext(); hello.focus(); hello.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', bubbles: true }))`, true},
		{"a box in a shadow tree", "", "", `{
			const host = document.createElement('div'); host.append('CANARY')
			host.attachShadow({ mode: 'open' }).innerHTML = '<div data-afterimage=block><slot></slot></div>'
			document.body.append(host)
		}`, true},
		{"a box that is moved into a shadow tree", "", `<div id=box data-afterimage=block><slot></slot></div><div id=host>Hello</div>`, `{
			const root = host.attachShadow({ mode: 'open' }); root.append(box); host.append('CANARY')
		}`, true},
		{"an element that becomes a box", "", "", `hello.dataset.afterimage = 'block'`, true},
		{"a box that is none any more", "", `<p id=box data-afterimage=block>CANARY</p>`, `box.removeAttribute('data-afterimage')`, true},
		{"an attribute with a namespace that is removed", "", `<svg><use id=use xlink:href="#a"></use></svg>`, `use.removeAttributeNS('http://www.w3.org/1999/xlink', 'href')`, true},
		{"a busy page", costly, "", `for (let i = 0; i < 3000; i++) dispatchEvent(new Event('resize'))`, false},
		{"an allow marker", "", "", `hello.dataset.afterimage = 'allow'`, false},
	} {
		for _, comes := range []bool{true, false} {
			t.Run(c.name+map[bool]string{true: "", false: ", in vain"}[comes], func(t *testing.T) {
				s := newRecordedSite(t, false, "", `<main><input id=name><p id=hello>Hello</p><p id=later></p></main>`+c.body)
				s.html = strings.Replace(s.html, "<head>", "<head>"+c.head, 1)
				s.lacks = func(name string) bool { return !comes && strings.HasPrefix(name, "afterimage-recorder") }
				tb := newTab(t)
				tb.allow("404")
				tb.allow("Refused to execute script")
				tb.open(s.page)
				tb.until(isRecording)
				view := eval[string](tb, "afterimage.pageViewId")
				eval[any](tb, "afterimage.flush()")
				count := func(kind wire.Kind) int { return kinds(s.ops(view))[kind] }
				texts := func() int { return count(wire.KindSetText) + count(wire.KindText) }
				before := texts()
				if s.asked("afterimage-recorder") {
					t.Fatal("the full recorder was loaded by a page that does not need it")
				}
				// What the visitor did last is told by the lean recorder.
				eval[any](tb, `document.getElementById('hello').click()`)
				eval[any](tb, c.act)
				if !comes {
					if c.atOnce {
						eval[any](tb, `later.textContent = 'CANARY'`)
					}
					tb.until("afterimage.state.phase === 'refused'")
					if reason := eval[string](tb, "afterimage.state.reason"); !strings.Contains(reason, "afterimage-recorder") {
						t.Errorf("the reason is %q", reason)
					}
					if c.atOnce && texts() != before {
						t.Errorf("%d texts were told after the recorder could not go on", texts()-before)
					}
					return
				}
				waitFor(t, "a second epoch", func() bool {
					eval[any](tb, "afterimage.flush()")
					return count(wire.KindSnapshotBegin) >= 2
				})
				if count(wire.KindMouse) != 1 {
					t.Errorf("%d clicks were told, want the one before", count(wire.KindMouse))
				}
				changes := count(wire.KindSetText) + count(wire.KindText)
				eval[any](tb, `later.textContent = 'Later news'`)
				waitFor(t, "a later change", func() bool {
					eval[any](tb, "afterimage.flush()")
					return texts() > changes
				})
				// The strict core may hand over to the full one meanwhile, which is an epoch too.
				epochs := count(wire.KindSnapshotBegin)
				eval[any](tb, "afterimage.snapshot()")
				waitFor(t, "an epoch of the full recorder", func() bool {
					eval[any](tb, "afterimage.flush()")
					return count(wire.KindSnapshotBegin) > epochs
				})
				want := "recording"
				if c.head == costly {
					want = "degraded" // at once: the lean recorder has seen it
				}
				if phase := eval[string](tb, "afterimage.state.phase"); phase != want {
					t.Errorf("phase %q, want %q", phase, want)
				}
			})
		}
	}
}

// A page that the lean recorder cannot begin is recorded by the full one from the beginning, and by nothing without it.
func TestLeanRecorderDoesNotBegin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, head, body string }{
		{"a page too large for one task", "", strings.Repeat("<i></i>", 19000)},
		{"a page in designMode", "<script>document.designMode = 'on'</script>", "<p>Hello</p>"},
	} {
		for _, comes := range []bool{true, false} {
			t.Run(c.name+map[bool]string{true: "", false: ", in vain"}[comes], func(t *testing.T) {
				s := newRecordedSite(t, false, "", c.body)
				s.html = strings.Replace(s.html, "<head>", "<head>"+c.head, 1)
				release := make(chan struct{})
				s.lacks = func(name string) bool {
					if !strings.HasPrefix(name, "afterimage-recorder") {
						return false
					}
					<-release
					return !comes
				}
				tb := newTab(t)
				tb.allow("404")
				tb.allow("Refused to execute script")
				// The script that is awaited holds up the page's load event.
				eval[any](tb, `setTimeout(() => { location.href = '`+s.page+`' }); 0`)
				waitFor(t, "the request for the full recorder", func() bool { return s.asked("afterimage-recorder") })
				eval[any](tb, `dispatchEvent(new Event('resize')); document.body.click()`)
				time.Sleep(500 * time.Millisecond)
				close(release)
				if !comes {
					tb.until("afterimage.state.phase === 'refused'")
					return
				}
				eval[any](tb, "afterimage.start()")
				eval[any](tb, "afterimage.flush()")
				got := kinds(s.ops(eval[string](tb, "afterimage.pageViewId")))
				// Where somebody may be typing the strict core hands over to the full one, which is an epoch too.
				most := 1
				if c.head != "" {
					most = 2
				}
				if got[wire.KindSnapshotBegin] > most || got[wire.KindSnapshotEnd] < 1 || got[wire.KindElement] < strings.Count(c.body, "</") {
					t.Errorf("ops by kind: %v, want one whole snapshot; the state is %s", got, eval[string](tb, "JSON.stringify(afterimage.state)"))
				}
			})
		}
	}
}

// What fails in the recorder while it takes changes in, here by a function that the page has replaced, leaves out
// nothing of the page: all of it is told anew.
func TestChangesThatFailAreToldAnew(t *testing.T) {
	for _, level := range []string{"strict", "balanced"} {
		t.Run(level, func(t *testing.T) {
			s := newRecordedSite(t, false, `data-privacy="`+level+`"`, `<main></main>`)
			s.settings = map[string]any{"privacy": level}
			tb := newTab(t)
			tb.allow("afterimage: error")
			tb.open(s.page)
			tb.until("window.afterimage && " + isRecording)
			eval[any](tb, "afterimage.flush()")
			eval[any](tb, `new Promise((done) => {
				const { escape } = CSS
				CSS.escape = () => { throw new Error('none of ours') }
				document.querySelector('main').innerHTML = '<section><input id=late></section>'
				queueMicrotask(() => { CSS.escape = escape; done() })
			})`)
			eval[any](tb, `document.querySelector('section').append(document.createElement('aside'))`)
			view := eval[string](tb, "afterimage.pageViewId")
			waitFor(t, "a second epoch", func() bool {
				eval[any](tb, "afterimage.flush()")
				return kinds(s.ops(view))[wire.KindSnapshotEnd] > 1
			})
			there := map[string]bool{}
			for _, op := range s.ops(view) {
				if op.Kind == wire.KindSnapshotBegin {
					clear(there)
				}
				there[string(op.Name)] = true
			}
			for _, name := range []string{"section", "input", "aside"} {
				if !there[name] {
					t.Errorf("%s is not told", name)
				}
			}
		})
	}
}
