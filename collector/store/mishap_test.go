package store_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"afterimage/collector/store"
)

func TestBrokenSessionsKeepNoOtherInTheJournal(t *testing.T) {
	dir, clk := t.TempDir(), newClock()
	st := open(t, store.Config{Dir: dir, Now: clk.now})
	const sessions, broken = 40, 8
	for n := range byte(sessions) {
		s, v := id(n+1), id(n+100)
		admit(t, st, s, v)
		appendAll(t, st, s, v, sealed(v, 0, 1, 1, 10))
		if n < broken {
			if err := st.FinaliseSession(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			appendAll(t, st, s, v, sealed(v, 1, 1, 1, 10))
		}
	}
	for _, f := range objects(t, dir) {
		if err := os.WriteFile(f, []byte("broken"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	clk.t = clk.t.Add(store.SessionIdle)
	n, err := st.Finalise(t.Context())
	if err == nil || strings.Count(err.Error(), "session ") != broken || n != sessions-broken {
		t.Errorf("got %d finalised, %v, want %d and the %d broken ones named", n, err, sessions-broken, broken)
	}
}

func TestCountsOfAFailedFlushAreWrittenByTheNext(t *testing.T) {
	st := open(t, store.Config{Dir: t.TempDir()})
	s, v := id(1), id(2)
	admit(t, st, s, v)
	appendAll(t, st, s, v, sealed(v, 0, 1, 1, 10))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := st.Flush(ctx); err == nil {
		t.Fatal("a flush whose context is done did not fail, so the test shows nothing")
	}
	if list, err := st.Sessions(t.Context(), store.SessionFilter{}); err != nil || len(list) != 1 || list[0].Segments != 1 {
		t.Errorf("got %+v, %v, want the session with 1 segment", list, err)
	}
}

// tryAdmit admits one page view and returns what was said of it.
func tryAdmit(t *testing.T, st *store.Store, site, session, view string, envelope []byte) error {
	t.Helper()
	got, err := st.Admit(t.Context(), store.Admission{Site: site, Session: session, Tab: id(200),
		PageViews: []store.NewPageView{{ID: view, Envelope: envelope}}})
	if err != nil {
		t.Fatal(err)
	}
	return got[0].Err
}

func TestRefusedHelloLeavesNoSession(t *testing.T) {
	st := open(t, store.Config{Dir: t.TempDir()})
	s, v := id(1), id(2)
	if err := tryAdmit(t, st, site, s, v, nil); !errors.Is(err, store.ErrNoEnvelope) {
		t.Fatalf("got %v, want ErrNoEnvelope", err)
	}
	if _, err := st.Session(t.Context(), s); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("session: got %v, want ErrNotFound", err)
	}
	if err := tryAdmit(t, st, "othersite", s, v, make([]byte, 106)); err != nil {
		t.Errorf("the id of a session that never was: got %v, want it admitted", err)
	}
}

func TestSessionWithoutSegmentsExpires(t *testing.T) {
	clk := newClock()
	st := open(t, store.Config{Dir: t.TempDir(), Now: clk.now})
	empty, full, v, w := id(1), id(2), id(3), id(4)
	admit(t, st, empty, v)
	admit(t, st, full, w)
	appendAll(t, st, full, w, sealed(w, 0, 1, 1, 10))
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{store.EmptyFor, 1}, {time.Millisecond, 0}} {
		clk.t = clk.t.Add(step.after)
		if _, err := st.Finalise(t.Context()); err != nil {
			t.Fatal(err)
		}
		if env, err := st.Envelopes(t.Context(), empty); err != nil || len(env) != step.want {
			t.Errorf("after %v more: got %d envelopes, %v, want %d", step.after, len(env), err, step.want)
		}
	}
	if got := numbers(t, st, full); len(got) != 1 {
		t.Errorf("the session with a segment: got %v", got)
	}
	if _, refused, err := st.Append(t.Context(), empty, v, []store.Segment{sealed(v, 0, 1, 1, 10)}); err != nil || len(refused) != 1 || refused[0].Code != store.RefusedUnknown {
		t.Errorf("a segment for the expired one: got %v, %v, want unknown", refused, err)
	}
	admit(t, st, empty, v)
}

// Sessions of one millisecond, as imports make them, are listed once each, whatever the cut.
func TestPagesOfSessionsLoseNoTie(t *testing.T) {
	clk := newClock()
	st := open(t, store.Config{Dir: t.TempDir(), Now: clk.now})
	const sessions = 7
	for n := range byte(sessions) {
		s, v := id(n+1), id(n+100)
		admit(t, st, s, v)
		appendAll(t, st, s, v, sealed(v, 0, 1, 1, 10))
		if n == 4 {
			clk.t = clk.t.Add(time.Millisecond)
		}
	}
	for size := 1; size <= sessions+1; size++ {
		seen := map[string]int{}
		f := store.SessionFilter{Limit: size}
		for {
			list, err := st.Sessions(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			if len(list) == 0 {
				break
			}
			for _, s := range list {
				seen[s.ID]++
			}
			last := list[len(list)-1]
			f.Before, f.BeforeID = last.LastAt, last.ID
		}
		for s, n := range seen {
			if n != 1 {
				t.Errorf("pages of %d: session %s was listed %d times", size, s, n)
			}
		}
		if len(seen) != sessions {
			t.Errorf("pages of %d: got %d sessions, want %d", size, len(seen), sessions)
		}
	}
}

// A list is whole also while the counters are being written by somebody else: who waits for it has been told that they are kept.
func TestListKnowsWhatIsBeingWritten(t *testing.T) {
	st := open(t, store.Config{Dir: t.TempDir()})
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				_ = st.Flush(context.Background())
			}
		}
	}()
	defer func() { close(stop); <-stopped }()
	for n := range byte(60) {
		s, v := id(n+1), id(n+100)
		admit(t, st, s, v)
		appendAll(t, st, s, v, sealed(v, 0, 1, 1, 10))
		list, err := st.Sessions(t.Context(), store.SessionFilter{})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != int(n)+1 {
			t.Fatalf("%d sessions in the list, want %d", len(list), n+1)
		}
	}
}
