package e2e

import (
	"fmt"
	"testing"
	"time"
)

// soon brings the looks at how busy the recorder is, one each ten seconds, after 1.5 s each; what has to be
// between two of them, 300 ms of work, is the same. The pages do not lay out what they change, so that about
// 500 ms of it are the recorder's.
const soon = `(() => {
	const every = setInterval
	window.setInterval = (f, ms, ...args) => every(f, ms === 10_000 ? 1_500 : ms, ...args)
})()`

// A page that keeps the recorder busy: it does less in named steps, each told; in the end the part
// that changes most is a box, and what is beside it is recorded on.
func TestBusyPageDegradesInSteps(t *testing.T) {
	tb := newTab(t)
	tb.onNewDocument(soon)
	tb.open(bridgePage(t, bridgeHead+`</head><body><p id=calm>0</p><main id=outer><section id=busy><div id=rows hidden></div></section><i id=turning></i></main></body></html>`, nil))
	eval[any](tb, `(() => {
		window.told = []
		bridge.record({ degraded: (step) => told.push(step) })
		let frames = 0
		const work = () => {
			turning.style.transform = 'rotate(' + ++frames + 'deg)'
			const list = []
			for (let i = 0; i < 1500; i++) { const row = document.createElement('div'); row.append('row ' + frames, document.createElement('b')); list.push(row) }
			rows.replaceChildren(...list)
			window.next = setTimeout(work, 16)
		}
		work()
		// Where nobody looks at what is posted it must not be kept.
		window.watch = setInterval(() => { if (!window.hands) bridge.skip() }, 200)
	})()`)
	tree := newOpTree()
	wait := func(step int) {
		t.Helper()
		deadline := time.Now().Add(2 * patience)
		for !eval[bool](tb, fmt.Sprintf("told.includes(%d)", step)) {
			if time.Now().After(deadline) {
				t.Fatalf("steps %v, waited for %d", eval[[]int](tb, "told"), step)
			}
			time.Sleep(200 * time.Millisecond)
		}
	}
	wait(4)
	if got := eval[[]int](tb, "told.slice(0, 3)"); fmt.Sprint(got) != "[1 2 4]" {
		t.Errorf("steps %v, want 1, 2, 4", got)
	}
	// From a snapshot on, so that what went by need not be read: the box stays one.
	eval[any](tb, `(() => { window.hands = true; bridge.skip(); return bridge.recorder().snapshot() })()`)
	drain(t, tb, tree)
	busy := tree.byID("busy")
	if busy == nil || len(busy.children) != 1 || len(busy.children[0].attrs) != 0 || len(busy.children[0].children) != 0 || tree.ops[14] != 1 {
		t.Fatalf("the busiest part is no box: %d marks, %+v", tree.ops[14], busy)
	}
	before := tree.ops[6] + tree.ops[7]
	eval[any](tb, `new Promise((r) => setTimeout(() => { calm.textContent = 'recorded'; r() }, 500))`)
	drain(t, tb, tree)
	if n := tree.ops[6] + tree.ops[7] - before; n > 2 {
		t.Errorf("%d subtrees are written below the box", n)
	}
	if n := tree.byID("calm"); len(n.children) != 1 || string(utf16Runes(n.children[0].text)) != "recorded" {
		t.Error("what is beside the box is not recorded")
	}
	if got := eval[int](tb, "told.filter((step) => step === 4).length"); got != 1 {
		t.Errorf("%d boxes, want one that helps", got)
	}
	eval[any](tb, "clearTimeout(next)")
}

// The steps themselves, without waiting for the load: what an animation changes is told once a
// second, with the value that it has then.
func TestAnimationsOfABusyPageAreThinned(t *testing.T) {
	tb := newTab(t)
	tb.onNewDocument(soon)
	tb.open(bridgePage(t, bridgeHead+`</head><body><main id=rows hidden></main><i id=turning></i></body></html>`, nil))
	eval[any](tb, `(() => {
		window.told = []
		bridge.record({ degraded: (step) => told.push(step) })
		let frames = 0
		const work = () => {
			turning.style.opacity = ++frames / 1e6
			if (!told.includes(2)) {
				const list = []
				for (let i = 0; i < 1500; i++) { const row = document.createElement('div'); row.append('row ' + frames, document.createElement('b')); list.push(row) }
				rows.replaceChildren(...list)
			}
			window.next = setTimeout(work, 16)
		}
		work()
		window.watch = setInterval(() => { if (!told.includes(2)) bridge.skip() }, 200)
	})()`)
	deadline := time.Now().Add(2 * patience)
	for !eval[bool](tb, "told.includes(2)") {
		if time.Now().After(deadline) {
			t.Fatal("the page is not busy enough")
		}
		time.Sleep(200 * time.Millisecond)
	}
	tree := newOpTree()
	eval[any](tb, `(() => { bridge.skip(); return bridge.recorder().snapshot() })()`)
	got := eval[struct {
		Posted []posted
		Took   float64
	}](tb, `(async () => {
		const began = performance.now()
		await new Promise((r) => setTimeout(r, 3000))
		return { posted: bridge.posted(), took: performance.now() - began }
	})()`)
	for _, p := range got.Posted {
		if err := tree.apply(p); err != nil {
			t.Fatal(err)
		}
	}
	if n := tree.ops[12]; n < 1 || float64(n) > got.Took/1000+2 {
		t.Errorf("%d changes in %.0f ms of an animation, want one a second", n, got.Took)
	}
	eval[any](tb, `clearTimeout(next)`)
	follow(t, tb, tree, "at the end")
}
