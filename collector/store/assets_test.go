package store_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"afterimage/collector/store"
)

// sealedAsset is bytes that look sealed: the store never opens them.
func sealedAsset(n byte, size int) store.Asset {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return store.Asset{ID: id(n), Sealed: b}
}

func put(t *testing.T, st *store.Store, session string, a store.Asset) {
	t.Helper()
	if err := st.PutAsset(t.Context(), session, a); err != nil {
		t.Fatalf("put asset %s: %v", a.ID, err)
	}
}

func TestAssetIsStoredOnceAndReadByWhoShowsIt(t *testing.T) {
	st := open(t, store.Config{Dir: t.TempDir(), Now: newClock().now})
	a := sealedAsset(1, 1000)
	admit(t, st, id(10), id(11))
	admit(t, st, id(20), id(21))
	ask := store.Asset{ID: a.ID}
	if err := st.PutAsset(t.Context(), id(10), ask); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("ask before it is there: got %v, want ErrNotFound", err)
	}
	put(t, st, id(10), a)
	put(t, st, id(10), a) // an equal repeat
	if _, err := st.Asset(t.Context(), id(20), a.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a session that does not show it: got %v, want ErrNotFound", err)
	}
	put(t, st, id(20), ask)
	for _, session := range []string{id(10), id(20)} {
		if got, err := st.Asset(t.Context(), session, a.ID); err != nil || !bytes.Equal(got, a.Sealed) {
			t.Errorf("session %s: got %d bytes, %v", session, len(got), err)
		}
	}
	other := a
	other.Sealed = bytes.Clone(a.Sealed)
	other.Sealed[5] ^= 1
	if err := st.PutAsset(t.Context(), id(20), other); !errors.Is(err, store.ErrConflict) {
		t.Errorf("other bytes: got %v, want ErrConflict", err)
	}
	if got, err := st.Asset(t.Context(), id(20), a.ID); err != nil || !bytes.Equal(got, a.Sealed) {
		t.Errorf("after other bytes: got %d bytes, %v, want the first ones", len(got), err)
	}
}

func TestAssetsOfAnotherSiteAreOthers(t *testing.T) {
	st := open(t, store.Config{Dir: t.TempDir(), Now: newClock().now})
	a := sealedAsset(1, 1000)
	admit(t, st, id(10), id(11))
	put(t, st, id(10), a)
	_, err := st.Admit(t.Context(), store.Admission{Site: "othersite", Session: id(20), Tab: id(200),
		PageViews: []store.NewPageView{{ID: id(21), Envelope: make([]byte, 106)}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.PutAsset(t.Context(), id(20), store.Asset{ID: a.ID}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v: a site was told what another has, want ErrNotFound", err)
	}
	put(t, st, id(20), store.Asset{ID: a.ID, Sealed: sealedAsset(2, 500).Sealed}) // its own bytes under the same id
}

func TestAssetGoesWithTheLastSessionThatShowsIt(t *testing.T) {
	c := newClock()
	st := open(t, store.Config{Dir: t.TempDir(), Now: c.now})
	a := sealedAsset(1, 1000)
	for n := byte(10); n <= 20; n += 10 {
		admit(t, st, id(n), id(n+1))
		appendAll(t, st, id(n), id(n+1), sealed(id(n+1), 0, 1, 1, 10))
		put(t, st, id(n), a)
	}
	if _, err := st.EraseSession(t.Context(), id(10), "test"); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Asset(t.Context(), id(10), a.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of a deleted session: got %v, want ErrNotFound", err)
	}
	if _, err := st.Asset(t.Context(), id(20), a.ID); err != nil {
		t.Errorf("of the session that is left: %v", err)
	}
	if err := st.PutAsset(t.Context(), id(10), a); !errors.Is(err, store.ErrDeleted) {
		t.Errorf("for a deleted session: got %v, want ErrDeleted", err)
	}
	if _, err := st.EraseSession(t.Context(), id(20), "test"); err != nil {
		t.Fatal(err)
	}
	// Gone, and may come again under the same id.
	admit(t, st, id(30), id(31))
	if err := st.PutAsset(t.Context(), id(30), store.Asset{ID: a.ID}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after the last session: got %v, want ErrNotFound", err)
	}
	put(t, st, id(30), a)
	if got, err := st.Asset(t.Context(), id(30), a.ID); err != nil || !bytes.Equal(got, a.Sealed) {
		t.Errorf("sent again: got %d bytes, %v", len(got), err)
	}
}

func TestObjectsOfDeletedAssetsAreRemoved(t *testing.T) {
	dir := t.TempDir()
	st := open(t, store.Config{Dir: dir, Now: newClock().now})
	admit(t, st, id(10), id(11))
	put(t, st, id(10), sealedAsset(1, 1000))
	count := func() (n int) {
		for _, file := range objects(t, dir) {
			if strings.HasSuffix(file, ".afa") {
				n++
			}
		}
		return n
	}
	if n := count(); n != 1 {
		t.Fatalf("%d objects, want 1", n)
	}
	if _, err := st.EraseSession(t.Context(), id(10), "test"); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 0 {
		t.Errorf("%d objects after the deletion, want none", n)
	}
}

func TestSessionsWithoutSegmentsLeaveNoAssets(t *testing.T) {
	c := newClock()
	st := open(t, store.Config{Dir: t.TempDir(), Now: c.now})
	a := sealedAsset(1, 1000)
	admit(t, st, id(10), id(11))
	put(t, st, id(10), a)
	c.t = c.t.Add(store.EmptyFor + time.Minute)
	if _, err := st.Finalise(t.Context()); err != nil {
		t.Fatal(err)
	}
	admit(t, st, id(20), id(21))
	if err := st.PutAsset(t.Context(), id(20), store.Asset{ID: a.ID}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound: the session that brought it never had a segment", err)
	}
}

func TestAssetLimits(t *testing.T) {
	st := open(t, store.Config{Dir: t.TempDir(), Now: newClock().now})
	admit(t, st, id(10), id(11))
	for _, size := range []int{store.MinAssetBytes - 1, store.MaxAssetBytes + 1} {
		if err := st.PutAsset(t.Context(), id(10), sealedAsset(1, size)); !errors.Is(err, store.ErrLimit) {
			t.Errorf("%d bytes: got %v, want ErrLimit", size, err)
		}
	}
	var sum int
	n := byte(1)
	for ; sum+store.MaxAssetBytes <= store.MaxSessionAssetBytes; n++ {
		put(t, st, id(10), sealedAsset(n, store.MaxAssetBytes))
		sum += store.MaxAssetBytes
	}
	if err := st.PutAsset(t.Context(), id(10), sealedAsset(n, store.MaxSessionAssetBytes-sum+1)); !errors.Is(err, store.ErrLimit) {
		t.Errorf("a byte too many for a session: got %v, want ErrLimit", err)
	}
	put(t, st, id(10), sealedAsset(1, store.MaxAssetBytes)) // a repeat costs nothing
	if err := st.PutAsset(t.Context(), id(99), sealedAsset(1, 300)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a session that was never admitted: got %v, want ErrNotFound", err)
	}
}

func TestAssetSentTwiceAtOnceIsOne(t *testing.T) {
	st := open(t, store.Config{Dir: t.TempDir(), Now: newClock().now})
	a := sealedAsset(1, 1000)
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		admit(t, st, id(byte(10+i)), id(byte(100+i)))
	}
	for i := range errs {
		all.Go(func() { errs[i] = st.PutAsset(t.Context(), id(byte(10+i)), a) })
	}
	all.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("%d: %v", i, err)
		}
		if got, err := st.Asset(t.Context(), id(byte(10+i)), a.ID); err != nil || !bytes.Equal(got, a.Sealed) {
			t.Errorf("%d: got %d bytes, %v", i, len(got), err)
		}
	}
}

func TestImportBringsAssets(t *testing.T) {
	c := newClock()
	st := open(t, store.Config{Dir: t.TempDir(), Now: c.now})
	a := sealedAsset(1, 1000)
	g := sealed(id(11), 0, 1, 1, 10)
	g.ArrivedAt = c.t.Add(-30 * 24 * time.Hour) // older than late segments may be
	err := st.Import(t.Context(), store.Recording{Site: site, Session: id(10), Assets: []store.Asset{a},
		PageViews: []store.RecordedPageView{{ID: id(11), Tab: id(12), Envelope: make([]byte, 106), Segments: []store.Segment{g}}}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := st.Asset(t.Context(), id(10), a.ID); err != nil || !bytes.Equal(got, a.Sealed) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if ids, err := st.AssetIDs(t.Context(), id(10)); err != nil || len(ids) != 1 || ids[0] != a.ID {
		t.Errorf("ids %v, %v", ids, err)
	}
}
