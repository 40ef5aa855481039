package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"afterimage/collector/store"
)

// Somebody puts yesterday's database back: what the journal holds beyond it stays there
// until its page views are admitted again.
func TestOlderDatabaseLosesNothingOfTheJournal(t *testing.T) {
	onlyEmbedded(t, "it puts an older database file back")
	cases := []struct {
		name  string
		known bool // the older database knows the session, not its second page view
	}{
		{"that does not know the session", false},
		{"that knows the session and not the page view", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir, clk := t.TempDir(), newClock()
			cfg := store.Config{Dir: dir, Now: clk.now}
			s, a, b := id(1), id(2), id(3)
			st := open(t, cfg)
			if c.known {
				admit(t, st, s, a)
			}
			st.Close()
			db := filepath.Join(dir, "afterimage.db")
			old, err := os.ReadFile(db)
			if err != nil {
				t.Fatal(err)
			}
			st = open(t, cfg)
			admit(t, st, s, a)
			appendAll(t, st, s, a, sealed(a, 0, 1, 1, 10))
			admit(t, st, s, b)
			appendAll(t, st, s, b, sealed(b, 0, 1, 1, 10), sealed(b, 1, 1, 1, 10))
			st.Close()
			if err := os.WriteFile(db, old, 0o600); err != nil {
				t.Fatal(err)
			}
			st = open(t, cfg)
			clk.t = clk.t.Add(2 * store.EmptyFor)
			for range 3 {
				if _, err := st.Finalise(t.Context()); err != nil {
					t.Fatalf("finalise: %v", err)
				}
			}
			admit(t, st, s, a, b)
			if got, want := numbers(t, st, s), []uint32{0, 0, 1}; !slices.Equal(got, want) {
				t.Errorf("after the hello of the recorder: got %v, want %v", got, want)
			}
			clk.t = clk.t.Add(2 * store.EmptyFor)
			if _, err := st.Finalise(t.Context()); err != nil {
				t.Fatalf("finalise: %v", err)
			}
			if got, want := numbers(t, st, s), []uint32{0, 0, 1}; !slices.Equal(got, want) {
				t.Errorf("finalised: got %v, want %v", got, want)
			}
		})
	}
}

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
