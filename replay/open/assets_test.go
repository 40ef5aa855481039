package open_test

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"slices"
	"testing"

	"afterimage/collector/store"
	"afterimage/replay/api"
	"afterimage/replay/open"
	"afterimage/replay/open/opentest"
)

// An exported recording carries its assets to another store, from each kind of source.
func TestAssetsGoWithTheFile(t *testing.T) {
	site := opentest.NewSite(t, "shopsite", store.Managed)
	s := site.Session(t, 1, opentest.View{Epochs: [][]int{{3}}})
	dir := t.TempDir()
	st := opentest.Store(t, dir, site)
	s.Put(t, st)
	asset := store.Asset{ID: opentest.ID("asset"), Sealed: bytes.Repeat([]byte{5}, 400)}
	if err := st.PutAsset(t.Context(), s.ID, asset); err != nil {
		t.Fatal(err)
	}
	direct := open.FromStore(st, opentest.Unwrap)
	server := httptest.NewServer(api.Handler(direct, api.Options{}))
	t.Cleanup(server.Close)
	remote, err := open.OpenServer(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, src := range map[string]open.Source{"store": direct, "server": remote} {
		var file bytes.Buffer
		if err := open.Export(t.Context(), src, s.ID, &file, open.ExportOptions{}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		other := opentest.Store(t, t.TempDir(), site)
		if _, err := open.ImportFile(t.Context(), other, bytes.NewReader(file.Bytes()), open.ImportOptions{}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := open.FromStore(other, nil).Asset(t.Context(), s.ID, asset.ID)
		if err != nil || !bytes.Equal(got, asset.Sealed) {
			t.Errorf("%s: imported %d bytes, %v", name, len(got), err)
		}
		if _, err := src.Asset(t.Context(), s.ID, opentest.ID("none")); !errors.Is(err, open.ErrNoAsset) {
			t.Errorf("%s: got %v, want ErrNoAsset", name, err)
		}
	}
}

func TestFileRefusesAssetsBeyondTheLimits(t *testing.T) {
	s := small(t)
	one := func(n int) open.HeadAsset {
		return open.HeadAsset{ID: opentest.ID(string(rune('a' + n))), Sealed: make([]byte, 400)}
	}
	tests := []struct {
		name string
		list []open.HeadAsset
		good bool
	}{
		{"two", []open.HeadAsset{one(0), one(1)}, true},
		{"one twice", []open.HeadAsset{one(0), one(0)}, false},
		{"no id", []open.HeadAsset{{ID: "x", Sealed: make([]byte, 400)}}, false},
		{"too short", []open.HeadAsset{{ID: one(0).ID, Sealed: make([]byte, store.MinAssetBytes-1)}}, false},
		{"too long", []open.HeadAsset{{ID: one(0).ID, Sealed: make([]byte, store.MaxAssetBytes+1)}}, false},
	}
	many := make([]open.HeadAsset, store.MaxSessionAssets+1)
	for i := range many {
		many[i] = one(i)
	}
	tests = append(tests, struct {
		name string
		list []open.HeadAsset
		good bool
	}{"too many", many, false})
	for _, test := range tests {
		head := s.Head(false)
		head.Assets = test.list
		if _, err := open.NewFileWriter(&bytes.Buffer{}, head); (err == nil) != test.good {
			t.Errorf("%s: written with %v", test.name, err)
		}
	}
	head := s.Head(false)
	head.Assets = []open.HeadAsset{one(0)}
	f, err := open.ReadFile(bytes.NewReader(fileOf(t, head, s.Segments())))
	if err != nil || !slices.EqualFunc(f.Head.Assets, head.Assets, func(a, b open.HeadAsset) bool { return a.ID == b.ID && bytes.Equal(a.Sealed, b.Sealed) }) {
		t.Errorf("read back: %v", err)
	}
}
