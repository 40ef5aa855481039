package main_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"afterimage/collector/ingest/ingesttest"
	"afterimage/collector/keys"
	"afterimage/collector/store"
	"afterimage/replay/open"
	"afterimage/wasm/wire/seal"
)

// forms of a secret in which a file could hold it: as it is, in hexadecimal, in base64 of any
// alignment.
func forms(secret []byte) map[string][]byte {
	out := map[string][]byte{"as it is": secret, "hexadecimal": []byte(hex.EncodeToString(secret)),
		"upper-case hexadecimal": []byte(strings.ToUpper(hex.EncodeToString(secret)))}
	for shift := range 3 {
		padded := append(make([]byte, shift), secret...)
		text := base64.RawStdEncoding.EncodeToString(padded)
		// The first and the last digits also hold bits of the neighbours.
		text = text[(shift*8+5)/6 : len(text)-2]
		out["base64, "+string(rune('0'+shift))] = []byte(text)
		out["base64url, "+string(rune('0'+shift))] = []byte(strings.NewReplacer("+", "-", "/", "_").Replace(text))
	}
	return out
}

// holding lists the files below dir that hold a secret in one of its forms, and how many were read.
func holding(t *testing.T, dir string, secret []byte) (found []string, read int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		for name, form := range forms(secret) {
			if bytes.Contains(b, form) {
				found = append(found, path+" ("+name+")")
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found, read
}

// Whoever copies the data directory of a managed site, and has not the master key, has neither
// a string of the page nor a key that opens one: while the collector runs, after it was killed,
// and after it stopped.
func TestCopyOfTheDataDirectoryOpensNothing(t *testing.T) {
	const secret = "GRACEHOPPER at 12 Harbour Street"
	b := newBench(t)
	p := b.serve()
	site, public := b.addSite(p.url)
	v := ingesttest.NewView(t, site, public)
	v.Add([]byte(secret))
	s := p.dial()
	s.Text(ingesttest.Hello(v))
	s.Next()
	s.Binary(v.Frame(0))
	if m := s.Next(); m.T != "ack" {
		t.Fatalf("got %+v, want an ack", m)
	}
	copies := map[string]string{}
	take := func(name string) {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(dir, os.DirFS(b.data)); err != nil {
			t.Fatal(err)
		}
		copies[name] = dir
	}
	take("of a running collector")
	p.kill()
	take("of a killed collector")
	p = b.serve()
	p.stop()
	take("of a stopped collector")

	// What opens it, from outside the directory: the test must not search for nothing.
	st, err := store.Open(t.Context(), store.Config{Dir: b.data})
	if err != nil {
		t.Fatal(err)
	}
	row, err := st.Site(t.Context(), site)
	if err != nil {
		t.Fatal(err)
	}
	envelopes, err := st.Envelopes(t.Context(), v.Session)
	if err != nil || st.Close() != nil {
		t.Fatal(err)
	}
	master, err := keys.Load(b.keys)
	if err != nil {
		t.Fatal(err)
	}
	private, err := master.Unwrap(site, row.WrappedKey)
	if err != nil {
		t.Fatal(err)
	}
	content, err := seal.OpenEnvelope(private, envelopes[v.ID], site, v.Session, v.ID)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(b.keys)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(text))
	masterKey, err := base64.RawURLEncoding.DecodeString(lines[len(lines)-1])
	if err != nil || len(masterKey) != 32 {
		t.Fatalf("the key file's last word is no key of 32 bytes: %v", err)
	}
	if found, _ := holding(t, filepath.Dir(b.keys), masterKey); len(found) == 0 {
		t.Fatal("the search does not find the master key where it is")
	}
	for name, dir := range copies {
		t.Run(name, func(t *testing.T) {
			for what, needle := range map[string][]byte{"a string of the page": []byte(secret), "the content key": content,
				"the site's private key": private, "the master key": masterKey} {
				if found, read := holding(t, dir, needle); len(found) > 0 || read < 3 {
					t.Errorf("%s stands in %v (%d files read)", what, found, read)
				}
			}
			if found, _ := holding(t, dir, []byte(v.ID)); len(found) == 0 {
				t.Error("the copy does not hold the page view at all")
			}
			src, err := open.OpenDir(t.Context(), dir, open.DirOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := src.Keys(t.Context(), v.Session)
			if err != nil || len(got.Content) != 0 || len(got.Envelopes) != 1 || got.Problem == "" {
				t.Errorf("without a key: got %d content keys, %d envelopes, %q, %v", len(got.Content), len(got.Envelopes), got.Problem, err)
			}
			src.Close()
			other := newBench(t)
			other.data = dir
			if _, errs, code := other.run("serve", "--addr", "127.0.0.1:0"); code != 1 || !strings.Contains(errs, "are locked with it") {
				t.Errorf("a collector with a key of its own: status %d, %s", code, errs)
			}
			if _, err := os.Stat(other.keys); err == nil {
				t.Error("it made a new key instead")
			}
		})
	}
}
