package main_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"afterimage/collector/ingest"

	"github.com/gorilla/websocket"
)

// What the doctor finds, it says with the remedy; --strict fails then.
func TestDoctor(t *testing.T) {
	const free = "127.0.0.1:0"
	dated := func(t *testing.T, offset time.Duration) string {
		t.Helper()
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(offset).UTC().Format(http.TimeFormat))
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	cases := []struct {
		name       string
		prepare    func(b *bench) (args []string)
		what, hint string // of the warning; empty: none
	}{
		{"a new machine", func(b *bench) []string { return []string{"--addr", free} }, "", ""},
		{"a collector that ran", func(b *bench) []string { b.serve().stop(); return []string{"--addr", free} }, "", ""},
		{"a running collector", func(b *bench) []string { return []string{"--url", b.serve().url} }, "", ""},
		{"a key that others read", func(b *bench) []string {
			b.serve().stop()
			os.Chmod(b.keys, 0o640)
			return []string{"--addr", free}
		}, "others can read it", "chmod 600 "},
		{"a folder of the key that others write", func(b *bench) []string {
			b.serve().stop()
			os.Chmod(filepath.Dir(b.keys), 0o777)
			return []string{"--addr", free}
		}, "others can replace the file", "chmod 700 "},
		{"a key that is gone", func(b *bench) []string {
			b.serve().stop()
			os.Remove(b.keys)
			return []string{"--addr", free}
		}, "the keys of 1 managed site are locked with it", "bring it back"},
		{"a key of another collector", func(b *bench) []string {
			b.serve().stop()
			other := newBench(b.t)
			other.serve().stop()
			b.keys = other.keys
			return []string{"--addr", free}
		}, "another one than the site's key was wrapped with", "that this data directory was made with"},
		{"a key that is none", func(b *bench) []string {
			os.WriteFile(b.keys, []byte("hello"), 0o600)
			return []string{"--addr", free}
		}, "not a master key file", "bring the right file back"},
		{"a key in the data directory", func(b *bench) []string {
			b.keys = filepath.Join(b.data, "master.key")
			return []string{"--addr", free}
		}, "lies in the data directory", "outside the data directory"},
		{"a data directory that others read", func(b *bench) []string {
			b.serve().stop()
			os.Chmod(b.data, 0o755)
			return []string{"--addr", free}
		}, "others can look in", "chmod 700 "},
		{"a data directory of a newer version", func(b *bench) []string {
			os.MkdirAll(b.data, 0o700)
			os.WriteFile(filepath.Join(b.data, "version"), []byte("afterimage data 99\n"), 0o600)
			return []string{"--addr", free}
		}, "says 99", "run the newer version"},
		{"a disk that is nearly full", func(b *bench) []string { return []string{"--addr", free, "--min-free-mib", "1000000000"} }, "MiB are free on the disk", "make room"},
		{"a port that another program has", func(b *bench) []string {
			l, err := net.Listen("tcp", free)
			if err != nil {
				b.t.Fatal(err)
			}
			b.t.Cleanup(func() { l.Close() })
			return []string{"--addr", l.Addr().String()}
		}, "another program listens there", "another port"},
		{"an origin that no browser records for", func(b *bench) []string {
			if _, errs, code := b.run("site", "add", "--origin", "http://shop.example"); code != 0 {
				b.t.Fatal(errs)
			}
			return []string{"--addr", free}
		}, "no page without TLS", "over https"},
		{"a cookie that arrives", func(b *bench) []string {
			p := b.serve()
			head := http.Header{"Origin": {origin}, "Cookie": {"login=SECRETCOOKIE"}}
			d := websocket.Dialer{Subprotocols: []string{ingest.Subprotocol}}
			s, _, err := d.Dial("ws"+strings.TrimPrefix(p.url, "http")+"/v1/ws", head)
			if err != nil {
				b.t.Fatal(err)
			}
			b.t.Cleanup(func() {
				s.Close()
				if strings.Contains(p.errs.String(), "SECRETCOOKIE") {
					b.t.Error("the log holds the cookie")
				}
			})
			return nil
		}, "brought cookies of this host in 1 handshake since", "a host name on which nothing sets cookies"},
		{"a clock that is behind", func(b *bench) []string { return []string{"--addr", free, "--url", dated(b.t, time.Minute)} }, "differ by 1m", "time server"},
		{"a clock that agrees", func(b *bench) []string { return []string{"--addr", free, "--url", dated(b.t, 0)} }, "", ""},
		{"an address where nobody answers", func(b *bench) []string {
			l, _ := net.Listen("tcp", free)
			l.Close()
			return []string{"--addr", free, "--url", "http://" + l.Addr().String()}
		}, "collector: ", "does the name lead to it"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			os.Chmod(filepath.Dir(b.keys), 0o700) // whatever the umask of the tests is
			args := append([]string{"doctor"}, c.prepare(b)...)
			if c.what == "" {
				// Room is this machine's own matter.
				args = append(args, "--min-free-mib", "1")
			}
			out, errs, code := b.run(append(args, "--strict")...)
			if many := regexp.MustCompile(`\b1 (sites|warnings|handshakes)\b`).FindString(out + errs); many != "" {
				t.Errorf("it says %q", many)
			}
			if c.what == "" {
				if n := strings.Count(out, "warning"); n > strings.Count(out, "MiB are free on the disk") {
					t.Errorf("status %d:\n%s%s", code, out, errs)
				}
				return
			}
			_, after, found := strings.Cut(out, "warning  ")
			for found && !strings.Contains(after[:strings.Index(after+"\n", "\n")], c.what) {
				_, after, found = strings.Cut(after, "warning  ")
			}
			lines := strings.SplitN(after, "\n", 3)
			if !found || len(lines) < 2 || !strings.HasPrefix(lines[1], "hint     ") || !strings.Contains(lines[1], c.hint) {
				t.Errorf("got:\n%s\nwant warning …%s… and hint …%s…", out, c.what, c.hint)
			}
			if code != 1 {
				t.Errorf("with --strict: status %d, want 1", code)
			}
			if strings.Contains(out, "SECRETCOOKIE") {
				t.Error("the cookie is printed")
			}
		})
	}
}
