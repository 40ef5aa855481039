package store

import (
	"testing"
	"time"
)

func isThere(t *testing.T, s *Store, key string) bool {
	t.Helper()
	ok, err := s.blobs.bucket.Exists(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// A collector that dies between a blob and its row in the index leaves a blob that nobody
// names: it is swept, but never while its writer may still be at work.
func TestBlobOfACrashIsSwept(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	s, err := Open(t.Context(), Config{Dir: t.TempDir(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	const key, kept = "sessions/testsite1/ab/crash.afb", "sessions/testsite1/ab/kept.afb"
	for _, k := range []string{key, kept} {
		if err := s.announce(t.Context(), k); err != nil {
			t.Fatal(err)
		}
		if err := s.blobs.write(t.Context(), k, nil); err != nil {
			t.Fatal(err)
		}
	}
	adopt := func(k string) error {
		return s.db.inTx(t.Context(), func(x tx) error { return s.adopt(t.Context(), x, k) })
	}
	if err := adopt(kept); err != nil {
		t.Fatalf("adopt: %v", err)
	}
	if err := s.abandon(t.Context(), kept); err != nil { // as after a commit whose answer got lost
		t.Fatal(err)
	}
	steps := []struct {
		name  string
		after time.Duration
		there bool
	}{
		{"while it may be written", pendingFor - time.Millisecond, true},
		{"when its time has come", time.Millisecond, false},
	}
	for _, c := range steps {
		now = now.Add(c.after)
		if err := s.sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := isThere(t, s, key); got != c.there {
			t.Errorf("%s: blob is there: got %v, want %v", c.name, got, c.there)
		}
		if !isThere(t, s, kept) {
			t.Errorf("%s: a blob that the index has adopted is gone", c.name)
		}
	}
	if err := adopt(key); err == nil {
		t.Error("a blob that was swept was adopted")
	}
}

func TestBlobIsNotAdoptedNearTheSweep(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	s, err := Open(t.Context(), Config{Dir: t.TempDir(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.announce(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(pendingFor / 2)
	if err := s.db.inTx(t.Context(), func(x tx) error { return s.adopt(t.Context(), x, "k") }); err == nil {
		t.Error("adopted half an hour before a sweeper may remove it")
	}
}

// A reader that looks at an older state keeps the log: the checkpoint says so, and is done
// again once the reader is gone.
func TestForgettingWaitsForReaders(t *testing.T) {
	s, err := Open(t.Context(), Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.db.w.ExecContext(t.Context(), "PRAGMA busy_timeout(1)"); err != nil {
		t.Fatal(err)
	}
	if err := s.announce(t.Context(), "k1"); err != nil {
		t.Fatal(err)
	}
	rows, err := s.db.query(t.Context(), `SELECT blob FROM blob_garbage`)
	if err != nil {
		t.Fatal(err)
	}
	if !rows.Next() {
		t.Fatal("no row")
	}
	if err := s.announce(t.Context(), "k2"); err != nil {
		t.Fatal(err)
	}
	if err := s.forget(t.Context()); err != nil || !s.unforgotten.Load() {
		t.Errorf("with a reader: got %v, unforgotten %v, want that it is to be done again", err, s.unforgotten.Load())
	}
	rows.Close()
	if err := s.forget(t.Context()); err != nil || s.unforgotten.Load() {
		t.Errorf("without a reader: got %v, unforgotten %v", err, s.unforgotten.Load())
	}
}
