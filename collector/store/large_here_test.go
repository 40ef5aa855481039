//go:build large

package store_test

import (
	"testing"
	"time"

	"afterimage/collector/store"
)

// A recorder that is connected to one collector makes its session live in all.
func TestLiveIsKnownToEveryCollector(t *testing.T) {
	cfg := settings(t, store.Config{Dir: t.TempDir()})
	one, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	cfg.Dir = t.TempDir()
	other, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	s, view := id(1), id(2)
	admit(t, one, s, view)
	appendAll(t, one, s, view, sealed(view, 0, 1, 1, 10))
	live := func() bool {
		info, err := other.Session(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		return info.Live
	}
	if live() {
		t.Error("live before anybody was connected")
	}
	one.Here(s)
	for deadline := time.Now().Add(10 * time.Second); !live(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the other collector does not call it live")
		}
	}
}
