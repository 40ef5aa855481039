package open_test

import (
	"bytes"
	"crypto/ecdh"
	"testing"

	"afterimage/collector/store"
	"afterimage/replay/custody"
	"afterimage/replay/open"
	"afterimage/replay/open/opentest"
)

func TestOldRecordingsOpenWithTheKeyOfTheirTime(t *testing.T) {
	for _, custodyOf := range []string{store.Managed, store.Held} {
		t.Run(custodyOf, func(t *testing.T) {
			site := opentest.NewSite(t, "rotated1", custodyOf)
			before := site.Session(t, 1, opentest.View{Epochs: [][]int{{3}}})
			st := opentest.Store(t, t.TempDir(), site)
			before.Put(t, st)

			private, err := custody.NewSealingKey()
			if err != nil {
				t.Fatal(err)
			}
			old := site.Private
			if _, err := st.UpdateSite(t.Context(), site.ID, func(s *store.Site) error {
				s.SealingKey = private.PublicKey().Bytes()
				if custodyOf == store.Managed {
					s.WrappedKey = private.Bytes()
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			site.Private, site.SealingKey = private, private.PublicKey().Bytes()
			after := site.Session(t, 2, opentest.View{Epochs: [][]int{{3}}})
			after.Put(t, st)

			src := open.FromStore(st, opentest.Unwrap)
			if custodyOf == store.Held {
				src = open.WithKeyring(src, keyringOf(t, site.ID, old, private))
			}
			for name, s := range map[string]*opentest.Session{"before": before, "after": after} {
				keys, err := src.Keys(t.Context(), s.ID)
				if err != nil || len(keys.Content) != 1 || keys.Problem != "" {
					t.Errorf("%s the key changed: %d keys, problem %q, %v", name, len(keys.Content), keys.Problem, err)
				}
			}
			if _, err := st.DestroySiteKey(t.Context(), site.ID, "test"); err != nil {
				t.Fatal(err)
			}
			for name, s := range map[string]*opentest.Session{"before": before, "after": after} {
				keys, err := src.Keys(t.Context(), s.ID)
				if err != nil || len(keys.Content) != 0 {
					t.Errorf("%s, after the key was destroyed: %d keys, %v", name, len(keys.Content), err)
				}
			}
		})
	}
}

func keyringOf(t *testing.T, site string, list ...*ecdh.PrivateKey) *open.Keyring {
	t.Helper()
	var b bytes.Buffer
	for _, k := range list {
		if err := custody.WriteSealingPEM(&b, k, site); err != nil {
			t.Fatal(err)
		}
	}
	ring, err := open.ParseKeyring(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return ring
}
