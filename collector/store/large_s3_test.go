//go:build large

package store_test

import (
	"errors"
	"strings"
	"testing"

	"afterimage/collector/store"
)

// The object store is tried when the directory is opened, not first when a session ends.
func TestObjectStoreIsTriedAtStart(t *testing.T) {
	if largeForm == nil {
		t.Fatal("there is no object store: make large starts one")
	}
	cases := []struct {
		name        string
		bucket, key string
		want        error
	}{
		{"a bucket that is not there", "no-such-bucket", "testkey", store.ErrNoBucket},
		{"a key that the server does not know", bucket, "otherkey", store.ErrRefused},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("AWS_ACCESS_KEY_ID", c.key)
			cfg := settings(t, store.Config{Dir: t.TempDir()})
			cfg.Blobs = strings.Replace(cfg.Blobs, bucket, c.bucket, 1)
			st, err := store.Open(t.Context(), cfg)
			if err == nil {
				st.Close()
			}
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want an error that wraps %q", err, c.want)
			}
		})
	}
	dir := t.TempDir()
	st, err := store.Open(t.Context(), settings(t, store.Config{Dir: dir}))
	if err != nil {
		t.Fatal(err)
	}
	st.Close()
	if left := objects(t, dir); len(left) > 0 {
		t.Errorf("got %v left by the check, want nothing", left)
	}
}
