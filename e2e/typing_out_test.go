package e2e

import (
	"fmt"
	"testing"

	"afterimage/wasm/wire"
)

// afterAKey types a key, at which the page runs the script, and waits until all that comes of it is told.
func afterAKey(t *testing.T, level, script string) (s *recordedSite, tb *tab, view string, known int) {
	t.Helper()
	options := ""
	if level != "lean" {
		options = `data-mask=".none" data-privacy="` + level + `"`
	}
	s = newRecordedSite(t, false, options, `<main id=main><ul id=list><li>old</li></ul></main><input class=at><script>const list = document.getElementById('list'), main = document.getElementById('main')
document.querySelector('.at').oninput = () => { `+script+` }</script>`)
	if level != "lean" {
		s.settings = map[string]any{"privacy": level}
	}
	tb = newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	view = eval[string](tb, "afterimage.pageViewId")
	zero := tb.clockOf(s, view, `document.querySelector('.at').focus()`)
	tb.nextSecond(zero)
	known = len(s.ops(view))
	tb.typeText("z")
	eval[any](tb, "new Promise((done) => setTimeout(done, 2600))")
	eval[any](tb, "afterimage.flush()")
	return s, tb, view, known
}

// What a page changes in a part that it takes out of the document and puts back, all within the second of a key but in tasks of
// their own, is told as any other change.
func TestWhatIsOutOfTheDocumentWithinTheSecondIsFollowed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, script, tells string }{
		{"a list that is filled", `list.remove(); setTimeout(() => { list.innerHTML = '<li class=n1></li><li class=n2></li>'; setTimeout(() => main.append(list), 50) }, 50)`, "n2"},
		{"a class", `list.remove(); setTimeout(() => { list.className = 'n2'; setTimeout(() => main.append(list), 50) }, 50)`, "n2"},
		{"a child that goes elsewhere", `const li = list.firstChild; list.remove(); setTimeout(() => { main.append(li); setTimeout(() => { li.className = 'n2' }, 1500) }, 50)`, "n2"},
	} {
		for _, level := range []string{"lean", "strict"} {
			if level == "strict" && c.name == "a class" {
				continue // as the list
			}
			t.Run(c.name+"/"+level, func(t *testing.T) {
				t.Parallel()
				s, tb, view, known := afterAKey(t, level, c.script)
				if level == "lean" && s.asked("afterimage-recorder") {
					t.Fatal("the lean recorder has handed over")
				}
				for _, op := range s.ops(view)[known:] {
					for _, text := range append(attrValues(op), string(op.Text)) {
						if text == c.tells {
							return
						}
					}
				}
				t.Errorf("the change is not told; the page is %s", eval[string](tb, "main.outerHTML"))
			})
		}
	}
}

// Nor is what is blocked while it is out told afterwards.
func TestWhatIsBlockedOutOfTheDocumentIsNotTold(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"lean", "balanced"} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			s, tb, view, known := afterAKey(t, level, `list.remove(); setTimeout(() => { list.dataset.afterimage = 'block'; setTimeout(() => main.append(list), 50) }, 50)`)
			eval[any](tb, `list.innerHTML = '<p class=inbox>CANARY WORDS</p>'; main.className = 'later'`)
			eval[any](tb, "new Promise((done) => setTimeout(done, 600))")
			eval[any](tb, "afterimage.flush()")
			isTold := false
			for _, op := range s.ops(view)[known:] {
				isTold = isTold || op.Kind == wire.KindAttr && string(op.Text) == "later"
				for _, a := range op.Attrs {
					if string(a.Value) == "inbox" {
						t.Errorf("what is blocked is told: %v", op)
					}
				}
				if string(op.Text) == "CANARY WORDS" {
					t.Error("what is blocked is told")
				}
			}
			if level != "lean" && !isTold {
				t.Error("what changed beside it is not told")
			}
		})
	}
}

// Random changes over several tasks of one second in which somebody types end in the document as it is.
func TestTasksOfATypedSecondFollowTheDocument(t *testing.T) {
	for name, defines := range map[string]map[string]string{"lean": {"__LEAN__": "true"}, "full": nil} {
		url := servedBridge(t, bridgeHead+`</head><body><input id=at><div id=root><p>a</p><div><ul><li>1<li>2</ul></div></div></body></html>`, nil, defines)
		shared := newTab(t)
		for seed := range 2 {
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) {
				tb := shared.row(t)
				tb.open(url)
				eval[any](tb, fmt.Sprintf("(window.steps = bridge.program(document.getElementById('root'), bridge.random(%d)), bridge.record())", 2000+seed))
				tree := newOpTree()
				follow(t, tb, tree, "snapshot")
				for round := range 20 {
					eval[any](tb, fmt.Sprintf(`(async () => { const at = document.getElementById('at'); for (let i = 0; i < 5; i++) {
at.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertText', data: 'z' }))
steps(%d)
await new Promise((f) => setTimeout(f, 3)) } })()`, 1+round))
					if !followed(t, tb, tree, fmt.Sprintf("seed %d, round %d", seed, round)) {
						break
					}
				}
			})
		}
	}
}
