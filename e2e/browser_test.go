package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"afterimage/wasm/wire"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// touch sends a trusted touch event with fingers at these points.
func (tb *tab) touch(kind input.DispatchTouchEventType, points ...[2]float64) {
	tb.t.Helper()
	fingers := []*input.TouchPoint{}
	for i, p := range points {
		id := float64(i)
		fingers = append(fingers, &input.TouchPoint{X: p[0], Y: p[1], ID: &id})
	}
	if _, err := cdp.Call(tb.ctx, chromedp.FromContext(tb.ctx).Target, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: fingers}); err != nil {
		tb.t.Fatal(err)
	}
}

// phone makes the tab one with a touch screen.
func (tb *tab) phone() {
	tb.t.Helper()
	target := chromedp.FromContext(tb.ctx).Target
	if _, err := cdp.Call(tb.ctx, target, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true, MaxTouchPoints: 5}); err != nil {
		tb.t.Fatal(err)
	}
	if _, err := cdp.Call(tb.ctx, target, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 400, Height: 700, DeviceScaleFactor: 2, Mobile: true}); err != nil {
		tb.t.Fatal(err)
	}
}

// A tap, and two fingers that draw apart: touches with their targets, the click, and the viewport's
// scale, in the recording as it arrived.
func TestTouchAndPinchAreRecorded(t *testing.T) {
	s := newRecordedSite(t, false, "", `<button id=b style="position:absolute;left:40px;top:100px;width:100px;height:50px">b</button><p style="height:2000px">tall</p>`)
	s.html = strings.Replace(s.html, "<head>", `<head><meta name=viewport content="width=device-width">`, 1)
	tb := newTab(t)
	tb.phone()
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	tb.touch(input.DispatchTouchEventTypeTouchStart, [2]float64{60, 120})
	tb.touch(input.DispatchTouchEventTypeTouchEnd)
	apart := func(d float64) [][2]float64 { return [][2]float64{{200 - d, 300 - d}, {200 + d, 300 + d}} }
	tb.touch(input.DispatchTouchEventTypeTouchStart, apart(20)...)
	for d := 30.0; d <= 120; d += 10 {
		tb.touch(input.DispatchTouchEventTypeTouchMove, apart(d)...)
		eval[any](tb, "new Promise((r) => requestAnimationFrame(() => setTimeout(r, 20)))")
	}
	tb.touch(input.DispatchTouchEventTypeTouchEnd)
	tb.until("visualViewport.scale > 1.2")
	eval[any](tb, "new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
	scale := eval[float64](tb, "visualViewport.scale")
	eval[any](tb, "afterimage.flush()")

	button, last := int64(-1), int64(0)
	var touches []string
	var tapped, clicked bool
	for _, op := range s.ops(eval[string](tb, "afterimage.pageViewId")) {
		switch op.Kind {
		case wire.KindElement:
			if string(op.Name) == "button" {
				button = int64(op.ID)
			}
		case wire.KindTouch:
			fingers := len(op.Nums) / 4
			touches = append(touches, fmt.Sprint(op.Nums[0], " of ", fingers))
			if op.Nums[0] == 0 && fingers == 1 && len(touches) == 1 {
				tapped = op.Nums[2] == button && op.Nums[3] == 60 && op.Nums[4] == 120
			}
		case wire.KindMouse:
			clicked = clicked || op.Nums[0] == 2 && int64(op.ID) == button && slices.Contains(op.Nums, 1)
		case wire.KindViewport:
			last = op.Nums[0]
		}
	}
	all := strings.Join(touches, ", ")
	if !tapped || !strings.HasPrefix(all, "0 of 1, 2 of 1, 0 of ") || !strings.Contains(all, "1 of 2") || !strings.Contains(all[20:], "2 of ") {
		t.Errorf("tapped %v, touches (kind of fingers): %s", tapped, all)
	}
	if !clicked {
		t.Error("the tap made no click on the button by touch")
	}
	if want := int64(scale * 1000); last < want-10 || last > want+10 {
		t.Errorf("the last scale is %d, the page's %d", last, want)
	}
}

// Thirty minutes without activity end the session; activity begins a new session and page view in
// the same document, which names its predecessor and is whole by itself.
func TestActivityAfterTheSessionBeginsANewOne(t *testing.T) {
	s := newRecordedSite(t, false, "", `<button id=b>b</button><ul id=list></ul>`)
	tb := newTab(t)
	// The browser's clock, as it stands after a pause.
	tb.onNewDocument(`{ const now = Date.now.bind(Date); window.pause = 0; Date.now = () => now() + pause
const later = setTimeout; window.setTimeout = (run, ms, ...args) => later(run, ms === 250 ? 1500 : ms, ...args) }`) // as if the next one began at once
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	first := eval[[2]string](tb, "[afterimage.sessionId, afterimage.pageViewId]")
	eval[any](tb, "pause = 29 * 60_000")
	click(tb, "#b")
	if now := eval[[2]string](tb, "[afterimage.sessionId, afterimage.pageViewId]"); now != first {
		t.Fatal("29 minutes end the session")
	}
	eval[any](tb, "pause += 30 * 60_000 + 1000; list.append('later')")
	eval[any](tb, "new Promise((r) => setTimeout(r, 400))")
	if now := eval[[2]string](tb, "[afterimage.sessionId, afterimage.pageViewId]"); now != first {
		t.Fatal("a change of the page that nobody made begins a session")
	}
	// What the first page view had still to post takes nothing of the second with it.
	eval[any](tb, fmt.Sprintf(`void setInterval(() => { if (!window.begun && (afterimage.pageViewId ?? %[1]q) !== %[1]q) afterimage.track(window.begun = 'begun') })`, first[1]))
	click(tb, "#b")
	tb.until(fmt.Sprintf("%s && afterimage.pageViewId && afterimage.pageViewId !== %q", isRecording, first[1]))
	second := eval[[2]string](tb, "[afterimage.sessionId, afterimage.pageViewId]")
	if second[0] == first[0] {
		t.Error("the session is the same")
	}
	eval[any](tb, "new Promise((r) => setTimeout(r, 1600))")
	click(tb, "#b")
	eval[any](tb, "afterimage.flush()")
	if got := look(s.up, func() string { return s.up.views[second[1]].session }); got != second[0] {
		t.Errorf("the page view came under session %s, want %s", got, second[0])
	}
	ops := s.ops(second[1])
	predecessor, text := "", ""
	for _, op := range ops {
		if op.Kind == wire.KindMeta && op.Nums[0] == 23 {
			predecessor = string(op.Text)
		}
		if op.Kind == wire.KindElement && string(op.Name) == "ul" {
			text = "ul"
		}
	}
	got := kinds(ops)
	if got[wire.KindTrack] != 1 {
		t.Errorf("%d calls of track came, want 1", got[wire.KindTrack])
	}
	if predecessor != first[1] || text == "" || got[wire.KindSnapshotBegin] != 1 || got[wire.KindSnapshotEnd] != 1 || got[wire.KindMouse] == 0 {
		t.Errorf("predecessor %q, want %q; ops %v", predecessor, first[1], got)
	}
	// The first page view ended with what was done in it, and nothing of the second.
	waitFor(t, "the end of the first page view", func() bool { return kinds(s.ops(first[1]))[wire.KindClockJump] > 0 })
}

// What was done last arrives whichever way the page goes, each time.
func TestTailOfAPageArrives(t *testing.T) {
	t.Parallel()
	const times = 3
	for _, exit := range []struct {
		name string
		do   func(s *recordedSite, tb *tab)
	}{
		{"link", func(s *recordedSite, tb *tab) { click(tb, "#away") }},
		{"reload", func(s *recordedSite, tb *tab) { tb.do(chromedp.Reload()) }},
		{"close", func(s *recordedSite, tb *tab) { tb.close() }},
	} {
		t.Run(exit.name, func(t *testing.T) {
			t.Parallel()
			other := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprint(w, `<!doctype html><link rel=icon href=data:,>elsewhere`)
			}))
			s := newRecordedSite(t, false, "", fmt.Sprintf(`<a id=away href=%q>away</a><p id=p>p</p>`, other))
			// Beside it, so that the browser context outlives the tab.
			beside := newTab(t)
			for n := range times {
				tb := newTabIn(t, beside.ctx)
				tb.open(s.page)
				tb.until("window.afterimage && " + isRecording)
				view := eval[string](tb, "afterimage.flush().then(() => afterimage.pageViewId)")
				eval[any](tb, fmt.Sprintf("(afterimage.track('last', { n: %d }), p.remove())", n))
				exit.do(s, tb)
				waitFor(t, fmt.Sprintf("the tail of page view %d", n), func() bool {
					got := kinds(s.ops(view))
					return got[wire.KindTrack] == 1 && got[wire.KindRemove] == 1 && got[wire.KindLeave] == 1
				})
			}
		})
	}
}

// The worker of the page that follows looks for what dead ones have left. The lock of one whose page is in the
// back/forward cache it must not ask for: that puts the page out of there.
func TestTheNextPageLeavesTheBackForwardCacheAlone(t *testing.T) {
	wholeBrowser(t)
	t.Parallel()
	s := newRecordedSite(t, false, "", `<p>Hello</p>`)
	comesBack(t, func() *tab {
		tb := newTab(t)
		tb.open(s.page)
		tb.until("window.afterimage && " + isRecording)
		eval[any](tb, "afterimage.flush()")
		tb.leave(s.page + "?next")
		tb.until("window.afterimage && " + isRecording)
		eval[any](tb, "afterimage.flush()")
		eval[any](tb, "new Promise((done) => setTimeout(done, 500))")
		return tb
	}, "sharedworker-message")
}

// Into the back/forward cache and back: the tail goes, and the same page view is recorded on.
func TestRecordingGoesOnAfterTheBackForwardCache(t *testing.T) {
	wholeBrowser(t)
	s := newRecordedSite(t, false, "", `<p id=p>before</p><button id=b>b</button><ul id=list></ul>`)
	other := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><link rel=icon href=data:,>elsewhere`)
	}))
	var view string
	// An answer of the worker that is under way while the page leaves puts it out of the cache. Nobody can call it
	// back; a recorder that never fits the cache fails each time.
	tb := comesBack(t, func() *tab {
		tb := newTab(t)
		tb.open(s.page)
		tb.until("window.afterimage && " + isRecording)
		view = eval[string](tb, "afterimage.flush().then(() => afterimage.pageViewId)")
		eval[any](tb, `(afterimage.track('tail', {}), p.firstChild.data = 'gone')`)
		tb.leave(other)
		waitFor(t, "the tail", func() bool {
			got := kinds(s.ops(view))
			return got[wire.KindTrack] == 1 && got[wire.KindLeave] == 1
		})
		return tb
	}, "sharedworker-message")
	if now := eval[string](tb, "afterimage.pageViewId + afterimage.state.phase"); now != view+"recording" {
		t.Fatalf("after the way back: %s", now)
	}
	click(tb, "#b")
	eval[any](tb, `list.append(document.createElement('li'))`)
	if done := eval[flushed](tb, "afterimage.flush()"); done.Pending != 0 {
		t.Errorf("flush answers %+v", done)
	}
	ops := s.ops(view)
	left := slices.IndexFunc(ops, func(op wire.Op) bool { return op.Kind == wire.KindLeave })
	after := kinds(ops[left+1:])
	if after[wire.KindMouse] == 0 || after[wire.KindElement] != 1 || after[wire.KindSnapshotBegin] != 0 {
		t.Errorf("after the way back came %v", after)
	}
	tb.do(chromedp.Reload())
	waitFor(t, "the second leaving", func() bool { return kinds(s.ops(view))[wire.KindLeave] == 2 })
}
