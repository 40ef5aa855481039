package open_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"afterimage/collector/store"
	"afterimage/replay/api"
	"afterimage/replay/open"
	"afterimage/replay/open/opentest"
)

// collector holds the data directory and listens on its socket, until stop.
func collector(t *testing.T, dir string) (st *store.Store, stop func()) {
	t.Helper()
	now := func() time.Time { return opentest.Start.Add(time.Minute) }
	st, err := store.Open(t.Context(), store.Config{Dir: dir, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	path, err := store.SocketPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: api.Handler(open.FromStore(st, opentest.Unwrap), api.Options{})}
	go server.Serve(l)
	return st, func() { server.Close(); st.Close() }
}

func TestDirSourceOutlivesACollector(t *testing.T) {
	run, err := os.MkdirTemp("/tmp", "ai") // a socket's path has 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(run) })
	t.Setenv("XDG_RUNTIME_DIR", run)
	dir := filepath.Join(t.TempDir(), "data")
	a := opentest.NewSite(t, "shopsite", store.Managed)
	s := a.Session(t, 1, opentest.View{Epochs: [][]int{{1, 1}}})
	all := s.Views[0].Segments
	s.Views[0].Segments = all[:1]
	st := opentest.Store(t, dir, a)
	s.Put(t, st)
	st.Close()

	src, err := open.OpenDir(t.Context(), dir, open.DirOptions{Unwrap: opentest.Unwrap, IdleFor: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	check := func(when string, want int) {
		t.Helper()
		count := 0
		for _, err := range src.Segments(t.Context(), s.ID, nil) {
			if err != nil {
				t.Fatalf("%s: %v", when, err)
			}
			count++
		}
		if count != want {
			t.Errorf("%s: got %d segments, want %d", when, count, want)
		}
		if keys, err := src.Keys(t.Context(), s.ID); err != nil || len(keys.Content) != 1 {
			t.Errorf("%s: got %d content keys, %v; want 1", when, len(keys.Content), err)
		}
	}
	check("nobody holds it", 1)
	waitFree(t, dir)
	live, stop := collector(t, dir)
	check("a collector started", 1)
	news, unwatch, err := src.Watch(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	s.Append(t, live, s.Views[0], all[1])
	<-news
	unwatch()
	check("something came meanwhile", 2)
	stop()
	check("the collector stopped", 2)
}

func waitFree(t *testing.T, dir string) {
	t.Helper()
	for {
		st, err := store.Open(t.Context(), store.Config{Dir: dir})
		if err == nil {
			st.Close()
			return
		}
		if !errors.Is(err, store.ErrInUse) {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestDirThatIsHeldWithoutASocket(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	dir := filepath.Join(t.TempDir(), "data")
	opentest.Store(t, dir)
	_, err := open.OpenDir(t.Context(), dir, open.DirOptions{WaitFor: time.Nanosecond})
	if !errors.Is(err, store.ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := open.OpenDir(ctx, dir, open.DirOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestDirThatIsFreedInTime(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	dir := filepath.Join(t.TempDir(), "data")
	st := opentest.Store(t, dir)
	go func() {
		time.Sleep(20 * time.Millisecond)
		st.Close()
	}()
	src, err := open.OpenDir(t.Context(), dir, open.DirOptions{WaitFor: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	src.Close()
}

func TestNothingIsMadeByLooking(t *testing.T) {
	empty := t.TempDir()
	for name, dir := range map[string]string{"not there": filepath.Join(empty, "none"), "an empty folder": empty} {
		if _, err := open.OpenDir(t.Context(), dir, open.DirOptions{}); !errors.Is(err, open.ErrNoData) {
			t.Errorf("%s: got %v, want ErrNoData", name, err)
		}
	}
	if left, err := os.ReadDir(empty); err != nil || len(left) != 0 {
		t.Errorf("%d things were made", len(left))
	}
}
