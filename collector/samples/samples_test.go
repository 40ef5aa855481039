package samples_test

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"afterimage/collector/samples"
	"afterimage/collector/store"
	"afterimage/replay/open"
	"afterimage/wasm/wire"
	"afterimage/wasm/wire/seal"
)

// The samples are what a person sees first: all three are there, and a new collector takes
// them, opens and decodes every segment.
func TestSamplesImportIntoANewStore(t *testing.T) {
	names, err := fs.Glob(samples.Files(), "*.afterimage")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"desktop.afterimage", "error.afterimage", "phone.afterimage"}; !slices.Equal(names, want) {
		t.Fatalf("got %v, want %v", names, want)
	}
	st, err := store.Open(t.Context(), store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	private, public, err := seal.NewSiteKey()
	if err != nil {
		t.Fatal(err)
	}
	const site = "samplesite"
	if err := st.AddSite(t.Context(), store.Site{ID: site, Key: "m." + site, Custody: store.Managed, Origins: []string{"http://127.0.0.1:8080"}, SealingKey: public}); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(name, ".afterimage"), func(t *testing.T) {
			b, err := fs.ReadFile(samples.Files(), name)
			if err != nil {
				t.Fatal(err)
			}
			_, err = open.ImportFile(t.Context(), st, bytes.NewReader(b), open.ImportOptions{Site: site})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := open.ImportFile(t.Context(), st, bytes.NewReader(b), open.ImportOptions{Site: site}); !errors.Is(err, store.ErrExists) {
				t.Errorf("again: got %v, want ErrExists", err)
			}
		})
	}
	list, err := st.Sessions(t.Context(), store.SessionFilter{Site: site})
	if err != nil || len(list) != len(names) {
		t.Fatalf("got %d sessions, %v, want %d", len(list), err, len(names))
	}
	for _, s := range list {
		envelopes, err := st.Envelopes(t.Context(), s.ID)
		if err != nil {
			t.Fatal(err)
		}
		keys := map[string][]byte{}
		for view, e := range envelopes {
			if keys[view], err = seal.OpenEnvelope(private, e, site, s.ID, view); err != nil {
				t.Errorf("session %s, page view %s: %v", s.ID, view, err)
			}
		}
		n, decoders := 0, map[string]*wire.Decoder{}
		for g, err := range st.Segments(t.Context(), s.ID) {
			if err != nil {
				t.Fatal(err)
			}
			plain, _, err := seal.OpenSegment(keys[g.PageView], g.Sealed)
			if err != nil {
				t.Fatalf("session %s, segment %d: %v", s.ID, g.Number, err)
			}
			d := decoders[g.PageView]
			if d == nil {
				d = new(wire.Decoder)
				decoders[g.PageView] = d
			}
			if _, err := d.ReadSegment(plain, func(*wire.Op) error { return nil }); err != nil {
				t.Errorf("session %s, segment %d: %v; the samples are of an older format", s.ID, g.Number, err)
			}
			n++
		}
		if n == 0 || n != s.Segments {
			t.Errorf("session %s: opened %d segments, the index says %d", s.ID, n, s.Segments)
		}
	}
}
