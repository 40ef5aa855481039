package e2e

import (
	"slices"
	"strings"
	"testing"

	"afterimage/wasm/wire"
)

// coresLoaded lists which cores a page of s has fetched, in order.
func (s *recordedSite) coresLoaded() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, path := range s.requests {
		switch {
		case strings.Contains(path, "afterimage-core-full"):
			list = append(list, "full")
		case strings.Contains(path, "afterimage-core"):
			list = append(list, "strict")
		}
	}
	return list
}

// asked tells whether a page of s has asked for a file of that name.
func (s *recordedSite) asked(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.requests, func(path string) bool { return strings.Contains(path, name) })
}

// arrived flushes until all is acknowledged and returns texts and values of all ops, and the number of epochs.
func (s *recordedSite) arrived(tb *tab) (texts string, epochs int) {
	s.t.Helper()
	waitFor(s.t, "an acknowledgement of all", func() bool {
		done := eval[flushed](tb, "afterimage.flush()")
		return done.Pending == 0 && done.Acknowledged > 0
	})
	for _, op := range s.ops(eval[string](tb, "afterimage.pageViewId")) {
		if op.Kind == wire.KindSnapshotBegin {
			epochs++
		}
		if op.Kind == wire.KindText || op.Kind == wire.KindSetText {
			texts += string(op.Text) + "|"
		}
	}
	return texts, epochs
}

// A page of the default level loads the strict core. An allow marker that comes later brings
// the full one, which masks what was typed before it was there.
func TestLateAllowMarkerLoadsTheFullCore(t *testing.T) {
	s := newRecordedSite(t, false, "", `<main><input id=name><p id=hello>Dear nobody</p></main>`)
	tb := newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && afterimage.state.phase === 'recording'")
	typeInto(tb, "#name", "Zanthorpe")
	if texts, _ := s.arrived(tb); strings.Contains(texts, "Dear") {
		t.Errorf("strict shows %s", texts)
	}
	if got := strings.Join(s.coresLoaded(), " "); got != "strict" {
		t.Fatalf("cores loaded: %q, want the strict one alone", got)
	}
	eval[any](tb, `hello.textContent = 'Dear Zanthorpe, welcome'; hello.dataset.afterimage = 'allow'`)
	waitFor(t, "the allowed text", func() bool {
		texts, _ := s.arrived(tb)
		return strings.Contains(texts, "Dear ")
	})
	texts, epochs := s.arrived(tb)
	if strings.Contains(texts, "Zan") || !strings.Contains(texts, "welcome") {
		t.Errorf("what was typed before is not masked, or more than that: %s", texts)
	}
	if epochs != 2 {
		t.Errorf("%d epochs, want 2", epochs)
	}
	if got := strings.Join(s.coresLoaded(), " "); got != "strict full" {
		t.Errorf("cores loaded: %q", got)
	}
	// It goes on in the new instance.
	eval[any](tb, `hello.textContent = 'Later news'`)
	waitFor(t, "a later change", func() bool {
		texts, _ := s.arrived(tb)
		return strings.Contains(texts, "Later news")
	})
	if state := eval[string](tb, "afterimage.state.phase + afterimage.state.reason"); state != "recording" {
		t.Errorf("state is %q", state)
	}
}

// A page that grows past three times what its first snapshot needed goes on in a second
// instance, of the full form and so without another at an allow marker, as a new epoch; and
// what was typed before is known there.
func TestPageThatGrowsMovesToAnotherInstance(t *testing.T) {
	t.Parallel()
	s := newRecordedSite(t, false, "", `<main><input id=name><p id=hello></p><div id=big></div></main>`)
	tb := newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && afterimage.state.phase === 'recording'")
	typeInto(tb, "#name", "Zanthorpe")
	if _, epochs := s.arrived(tb); epochs != 1 {
		t.Fatalf("%d epochs before it grew", epochs)
	}
	eval[any](tb, `big.textContent = 'words and more '.repeat(400000)`)
	waitFor(t, "a second epoch", func() bool {
		_, epochs := s.arrived(tb)
		return epochs >= 2
	})
	eval[any](tb, `big.textContent = ''; hello.textContent = 'Dear Zanthorpe, welcome'; hello.dataset.afterimage = 'allow'`)
	waitFor(t, "a later text", func() bool {
		texts, _ := s.arrived(tb)
		return strings.Contains(texts, "welcome")
	})
	texts, epochs := s.arrived(tb)
	if strings.Contains(texts, "Zan") || epochs != 2 {
		t.Errorf("%d epochs; is what was typed masked? %t", epochs, !strings.Contains(texts, "Zan"))
	}
	if got := strings.Join(s.coresLoaded(), " "); got != "strict full" {
		t.Errorf("cores loaded: %q", got)
	}
	if state := eval[string](tb, "afterimage.state.phase + afterimage.state.reason"); state != "recording" {
		t.Errorf("state is %q", state)
	}
}
