package keys_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"afterimage/collector/keys"
)

func TestWrappedKeyOpensWithItsOwnMasterAlone(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config", "master.key")
	m, err := keys.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	private := bytes.Repeat([]byte{7}, 32)
	wrapped := m.Wrap("site0001", private)
	again, err := keys.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Unwrap("site0001", wrapped); err != nil || !bytes.Equal(got, private) {
		t.Errorf("unwrap after load: %v", err)
	}
	other, err := keys.Create(filepath.Join(dir, "other.key"))
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(wrapped)
	flipped[len(flipped)-1] ^= 1
	cases := []struct {
		name    string
		m       *keys.Master
		site    string
		wrapped []byte
		want    error
	}{
		{"another master key", other, "site0001", wrapped, keys.ErrWrong},
		{"the key of another site", m, "site0002", wrapped, keys.ErrDamaged},
		{"a flipped bit", m, "site0001", flipped, keys.ErrDamaged},
		{"cut short", m, "site0001", wrapped[:20], keys.ErrDamaged},
		{"empty", m, "site0001", nil, keys.ErrDamaged},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.m.Unwrap(c.site, c.wrapped)
			if !errors.Is(err, c.want) || got != nil {
				t.Errorf("got %d bytes, %v, want %v", len(got), err, c.want)
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	cases := []struct {
		name, text string
		mode       os.FileMode
		want       error
	}{
		{"a file that others can read", "afterimage-master-v1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", 0o644, keys.ErrOpen},
		{"a file of something else", "-----BEGIN PRIVATE KEY-----\n", 0o600, keys.ErrFile},
		{"a key one byte short", "afterimage-master-v1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", 0o600, keys.ErrFile},
		{"an empty file", "", 0o600, keys.ErrFile},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "master.key")
			if err := os.WriteFile(file, []byte(c.text), c.mode); err != nil {
				t.Fatal(err)
			}
			if _, err := keys.Load(file); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	t.Run("no file", func(t *testing.T) {
		if _, err := keys.Load(filepath.Join(t.TempDir(), "none")); !errors.Is(err, keys.ErrMissing) {
			t.Errorf("got %v, want %v", err, keys.ErrMissing)
		}
	})
	t.Run("create over an existing file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "master.key")
		if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := keys.Create(file); !errors.Is(err, os.ErrExist) {
			t.Errorf("got %v, want that it exists", err)
		}
		if b, _ := os.ReadFile(file); string(b) != "precious" {
			t.Error("the file was overwritten")
		}
	})
}
