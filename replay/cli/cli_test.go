package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"afterimage/collector/keys"
	"afterimage/collector/store"
	"afterimage/replay/api"
	"afterimage/replay/cli"
	"afterimage/replay/open"
	"afterimage/replay/open/opentest"
)

// place is a data directory with a managed and a held session, and the key files.
type place struct {
	dir, data, keys, key string
	managed, held        *opentest.Session
}

func newPlace(t *testing.T) *place {
	t.Helper()
	t.Setenv("XDG_RUNTIME_DIR", shortDir(t))
	p := &place{dir: t.TempDir()}
	p.data, p.keys, p.key = filepath.Join(p.dir, "data"), filepath.Join(p.dir, "master.key"), filepath.Join(p.dir, "held.pem")
	master, err := keys.Create(p.keys)
	if err != nil {
		t.Fatal(err)
	}
	a, b := opentest.NewSite(t, "shopsite", store.Managed), opentest.NewSite(t, "heldsite", store.Held)
	a.WrappedKey = master.Wrap(a.ID, a.Private.Bytes())
	writeSealing(t, p.key, b)
	p.managed = a.Session(t, 1, opentest.View{Epochs: [][]int{{3, 2}, {4}}}, opentest.View{Epochs: [][]int{{2}}})
	p.held = b.Session(t, 1, opentest.View{Epochs: [][]int{{2, 2}}})
	st := opentest.Store(t, p.data, a, b)
	p.managed.Put(t, st)
	p.held.Put(t, st)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

// shortDir is a directory whose path leaves room for the name of a unix socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "ai")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

type result struct {
	status   int
	out, err string
}

func run(t *testing.T, args ...string) result {
	t.Helper()
	return runIn(t, "", args...)
}

func runIn(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	status := cli.Run(t.Context(), args, cli.Env{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs})
	return result{status, out.String(), errs.String()}
}

// with puts the flags of the place behind the arguments.
func (p *place) with(args ...string) []string {
	return append(args, "--data", p.data, "--keys", p.keys)
}

func (r result) want(t *testing.T, status int, inOut ...string) {
	t.Helper()
	if r.status != status {
		t.Fatalf("status: got %d, want %d\nstdout: %s\nstderr: %s", r.status, status, r.out, r.err)
	}
	for _, s := range inOut {
		if !strings.Contains(r.out, s) {
			t.Errorf("stdout: got %q, want %q in it", r.out, s)
		}
	}
}

func TestWhatGoesWrongHasARemedy(t *testing.T) {
	p := newPlace(t)
	id := p.managed.ID
	wrong := filepath.Join(p.dir, "wrong.pem")
	writeSealing(t, wrong, opentest.NewSite(t, "othersite", store.Held))
	wrongMaster := filepath.Join(p.dir, "wrong.key")
	if _, err := keys.Create(wrongMaster); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(p.dir, "whole.afterimage")
	run(t, p.with("export", id, "--out", file)...).want(t, 0)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, b []byte) string {
		path := filepath.Join(p.dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	sealed := filepath.Join(p.dir, "sealed.afterimage")
	run(t, p.with("export", id, "--sealed", "--out", sealed)...).want(t, 0)
	cut := write("cut.afterimage", whole[:len(whole)-50])
	newer := write("newer.afterimage", append([]byte("AFTERIMG\x02"), whole[9:]...))
	noise := write("noise.afterimage", []byte("noise"))
	empty := t.TempDir()
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "version"), []byte("hello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	future := t.TempDir()
	if err := os.WriteFile(filepath.Join(future, "version"), []byte("afterimage data 99\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		args   []string
		status int
		says   []string // in standard error
	}{
		{"no data directory", []string{"list", "--data", filepath.Join(p.dir, "none")}, 1, []string{"no data directory", "--data DIR"}},
		{"a folder of something else", []string{"list", "--data", empty}, 1, []string{"no data directory"}},
		{"a data directory of a newer version", []string{"list", "--data", future}, 1, []string{"newer version", "or a newer one"}},
		{"a data directory of a version that nobody knows", []string{"list", "--data", damaged}, 1, []string{"not a version of a data directory", "hint: collector doctor"}},
		{"no such session", p.with("cat", "ffffffff"), 1, []string{"no such session", "replay list"}},
		{"an id nobody has", p.with("cat", opentest.ID("nobody")), 1, []string{"no such session"}},
		{"no master key", []string{"cat", id, "--data", p.data, "--keys", filepath.Join(p.dir, "gone.key")}, 1, []string{"gone.key", "--keys FILE"}},
		{"the master key of another collector", []string{"cat", id, "--data", p.data, "--keys", wrongMaster}, 1, []string{"another one", "--keys FILE"}},
		{"held without key", p.with("cat", p.held.ID), 1, []string{"only the owner of site heldsite has", "--key FILE"}},
		{"held with another key", p.with("cat", p.held.ID, "--key", wrong), 1, []string{"the key file holds", "--key FILE"}},
		{"a key file that is not there", p.with("cat", p.held.ID, "--key", "/nowhere"), 1, []string{"/nowhere", "replay key new"}},
		{"a key file that is none", p.with("cat", p.held.ID, "--key", noise), 1, []string{"PRIVATE KEY"}},
		{"held export without key", p.with("export", p.held.ID, "--out", "-"), 1, []string{"--key FILE"}},
		{"a format that is not there", p.with("export", id, "--format", "rrweb"), 2, []string{`"rrweb"`, "formats that exist: afterimage"}},
		{"an export over a file", p.with("export", id, "--out", file), 1, []string{"there already", "--force"}},
		{"a file that is cut off", []string{"cat", cut}, 1, []string{"ends too early", "offset", "export it again"}},
		{"a file of a newer version", []string{"cat", newer}, 1, []string{"newer version", "version 2"}},
		{"a file that is none", []string{"cat", noise}, 1, []string{"not a recording file", "replay export"}},
		{"a file that is not there", []string{"cat", "./nowhere.afterimage"}, 1, []string{"nowhere.afterimage", "look at the path"}},
		{"import of what is there", p.with("import", file), 1, []string{"exists already", "replay delete"}},
		{"import into a site that is not there", p.with("import", file, "--site", "nosuchsite"), 1, []string{"nosuchsite", "shopsite (Site shopsite)"}},
		{"a sealed file of a managed site", []string{"cat", sealed}, 1, []string{"without its keys", "replay import FILE", "without --sealed"}},
		{"delete of a file", []string{"delete", file, "--yes"}, 1, []string{"read-only", "remove the file"}},
		{"delete that is not meant", p.with("delete", id), 1, []string{"nothing was deleted", "--yes"}},
		{"a token without a server", []string{"list", "--token", "x"}, 2, []string{"--server URL"}},
		{"a server that is no URL", []string{"list", "--server", "collector"}, 2, []string{"https://HOST"}},
		{"a server that does not answer", []string{"list", "--server", "http://127.0.0.1:1", "--token", "x"}, 1, []string{"connection refused", "--server URL"}},
		{"a server of no name", []string{"list", "--server", "https://nobody.invalid", "--token", "x"}, 1, []string{"nobody.invalid", "--server URL"}},
		{"a data directory that is a file", []string{"list", "--data", noise}, 1, []string{"not a directory", "--data DIR"}},
		{"a token over plain http", []string{"list", "--server", "http://192.0.2.1", "--token", "x"}, 2, []string{"https"}},
		{"an address that others reach", p.with("serve", "--addr", "0.0.0.0:0"), 2, []string{"no login", "go run ./collector"}},
		{"all addresses", p.with("serve", "--addr", ":0"), 2, []string{"not a loopback address"}},
		{"all addresses of IPv6", p.with("serve", "--addr", "[::]:0"), 2, []string{"not a loopback address"}},
		{"a host name", p.with("serve", "--addr", "example.com:80"), 2, []string{"not a loopback address"}},
		{"an address without port", p.with("serve", "--addr", "8080"), 2, []string{`--addr "8080": missing port`, "use --addr 127.0.0.1:"}},
		{"a port that is none", p.with("serve", "--addr", "127.0.0.1:99999"), 2, []string{"no port"}},
		{"an unknown option", []string{"list", "--jsn"}, 2, []string{"--jsn", "--json"}},
		{"a command of a later version", []string{"index"}, 2, []string{"index"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := run(t, test.args...)
			if r.status != test.status {
				t.Fatalf("status: got %d, want %d\nstdout: %s\nstderr: %s", r.status, test.status, r.out, r.err)
			}
			if !strings.Contains(r.err, "error: ") || !strings.Contains(r.err, "\nhint: ") {
				t.Errorf("got %q, want lines error: and hint:", r.err)
			}
			for _, s := range test.says {
				if !strings.Contains(r.err, s) {
					t.Errorf("stderr: got %q, want %q in it", r.err, s)
				}
			}
		})
	}
	if entries, err := os.ReadDir(empty); err != nil || len(entries) != 0 {
		t.Errorf("looking into a folder left %d things there", len(entries))
	}
}

func TestListAndCat(t *testing.T) {
	p := newPlace(t)
	run(t, p.with("list")...).want(t, 0, p.managed.ID[:8], p.held.ID[:8], "shopsite", "ended")
	run(t, p.with("list", "--site", "heldsite", "--full")...).want(t, 0, p.held.ID)
	if r := run(t, p.with("list", "--site", "heldsite")...); strings.Contains(r.out, p.managed.ID[:8]) {
		t.Errorf("list of one site shows another: %s", r.out)
	}
	r := run(t, p.with("cat", p.managed.ID[:9])...)
	r.want(t, 0)
	want := len(p.managed.Views[0].Ops) + len(p.managed.Views[1].Ops)
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	if len(lines) != want {
		t.Fatalf("cat: got %d lines, want %d", len(lines), want)
	}
	for i, line := range lines {
		var ev struct {
			PageView, Op, Text string
			AtMs, Time         int64
		}
		if err := json.Unmarshal([]byte(line), &ev); err != nil {
			t.Fatalf("line %d: %v: %s", i, err, line)
		}
		if ev.PageView == "" || ev.Op == "" || ev.Time == 0 {
			t.Errorf("line %d: got %s, want page view, op and time", i, line)
		}
	}
	run(t, p.with("cat", p.held.ID, "--key", p.key)...).want(t, 0, `"op":"text"`)
}

func TestCatRawHoldsEveryText(t *testing.T) {
	p := newPlace(t)
	r := run(t, p.with("cat", "--raw", p.managed.ID)...)
	r.want(t, 0)
	for _, pv := range p.managed.Views {
		for _, op := range pv.Ops {
			if !strings.Contains(r.out, string(op.Text)) {
				t.Errorf("the text of node %d is not in it", op.ID)
			}
		}
	}
}

func TestExportOpensElsewhere(t *testing.T) {
	p := newPlace(t)
	there := run(t, p.with("cat", p.managed.ID)...)
	there.want(t, 0)
	file := filepath.Join(p.dir, "a.afterimage")
	r := run(t, p.with("export", p.managed.ID, "--out", file)...)
	r.want(t, 0, file)
	if !strings.Contains(r.err, "whoever has it can watch it") {
		t.Errorf("export does not say that the file holds keys: %q", r.err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode: got %v, want 0600", info.Mode())
	}
	if r := run(t, "cat", file); r.out != there.out {
		t.Errorf("cat of the file: got other events than from the directory\n%s", r.err)
	}
	// Another collector, with another master key and another site.
	q := newPlace(t)
	run(t, q.with("delete", q.managed.ID, "--yes")...).want(t, 0, "deleted")
	run(t, q.with("export", q.held.ID, "--key", q.key, "--out", filepath.Join(q.dir, "h.afterimage"))...).want(t, 0)
	fresh := filepath.Join(q.dir, "fresh")
	site := opentest.NewSite(t, "freshsite", store.Managed)
	master, err := keys.Load(q.keys)
	if err != nil {
		t.Fatal(err)
	}
	site.WrappedKey = master.Wrap(site.ID, site.Private.Bytes())
	if err := opentest.Store(t, fresh, site).Close(); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--data", fresh, "--keys", q.keys}
	run(t, append([]string{"import", file, "--site", "freshsite"}, flags...)...).want(t, 0, "imported "+p.managed.ID)
	if r := run(t, append([]string{"cat", p.managed.ID}, flags...)...); r.out != there.out {
		t.Errorf("cat of the import: got other events than from the first directory\n%s", r.err)
	}
	run(t, append([]string{"verify", p.managed.ID}, flags...)...).want(t, 0, "whole: chain unbroken, no gaps")
	again := filepath.Join(q.dir, "b.afterimage")
	run(t, append([]string{"export", p.managed.ID, "--out", again}, flags...)...).want(t, 0)
	if r := run(t, "cat", again); r.out != there.out {
		t.Errorf("cat of the export of the import: got other events\n%s", r.err)
	}
}

func TestSealedExportNeedsTheKey(t *testing.T) {
	p := newPlace(t)
	file := filepath.Join(p.dir, "sealed.afterimage")
	run(t, p.with("export", p.held.ID, "--sealed", "--out", file)...).want(t, 0)
	if r := run(t, "cat", file); r.status != 1 || !strings.Contains(r.err, "--key FILE") {
		t.Errorf("without key: got %d %q, want 1 and a hint", r.status, r.err)
	}
	run(t, "cat", file, "--key", p.key).want(t, 0, `"op":"text"`)
	run(t, "verify", file).want(t, 0, "nothing opened")
	if r := run(t, "verify", file, "--no-gaps"); r.status != 1 {
		t.Errorf("verify --no-gaps without key: got %d, want 1", r.status)
	}
}

func TestVerifyFindsWhatWasChanged(t *testing.T) {
	p := newPlace(t)
	s := p.managed
	segs := s.Segments()
	sealed := append([]byte(nil), segs[1].Sealed...)
	sealed[len(sealed)-1] ^= 1
	segs[1].Sealed = sealed
	var b bytes.Buffer
	w, err := open.NewFileWriter(&b, s.Head(false))
	if err != nil {
		t.Fatal(err)
	}
	for _, seg := range append(segs[:1:1], segs[1:]...) {
		if err := w.Add(seg); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(p.dir, "changed.afterimage")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	r := run(t, "verify", file)
	r.want(t, 1, "auth 1", "chain 2")
	r = run(t, "cat", file)
	r.want(t, 1, `"segment":0`)
	if !strings.Contains(r.err, "auth") || !strings.Contains(r.err, "replay verify") {
		t.Errorf("cat: got %q, want a warning and the hint", r.err)
	}
	if r := run(t, p.with("import", file, "--site", "shopsite")...); r.status != 1 || !strings.Contains(r.err, "damaged") {
		t.Errorf("import: got %d %q, want it refused as damaged", r.status, r.err)
	}
}

func TestThroughARunningCollector(t *testing.T) {
	p := newPlace(t)
	direct := run(t, p.with("cat", p.managed.ID)...)
	direct.want(t, 0)
	st := opentest.Store(t, p.data)
	serveSocket(t, p.data, api.Handler(open.FromStore(st, unwrapWith(t, p.keys)), api.Options{}))
	flags := []string{"--data", p.data, "--keys", filepath.Join(p.dir, "not-needed")}
	if r := run(t, append([]string{"cat", p.managed.ID[:8]}, flags...)...); r.out != direct.out {
		t.Errorf("cat through the socket: got other events (status %d, %s)", r.status, r.err)
	}
	run(t, append([]string{"list"}, flags...)...).want(t, 0, p.managed.ID[:8])
	run(t, append([]string{"cat", p.held.ID, "--key", p.key}, flags...)...).want(t, 0, `"op":"text"`)
	file := filepath.Join(p.dir, "s.afterimage")
	run(t, append([]string{"export", p.managed.ID, "--out", file}, flags...)...).want(t, 0)
	run(t, append([]string{"delete", p.managed.ID, "--yes"}, flags...)...).want(t, 0)
	if r := run(t, append([]string{"import", file}, flags...)...); r.status != 1 || !strings.Contains(r.err, "was deleted here") {
		t.Errorf("import of a deleted session: got %d %q, want it refused with the reason", r.status, r.err)
	}
}

func TestHeldWithoutACollectorAtItsSocket(t *testing.T) {
	p := newPlace(t)
	opentest.Store(t, p.data)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := open.OpenDir(ctx, p.data, open.DirOptions{}); err == nil {
		t.Error("a directory that another process holds: no error")
	}
}

func serveSocket(t *testing.T, data string, h http.Handler) {
	t.Helper()
	path, err := store.SocketPath(data)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
}

func unwrapWith(t *testing.T, file string) open.Unwrap {
	t.Helper()
	master, err := keys.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	return func(_ context.Context, site store.Site) ([]byte, error) {
		return master.Unwrap(site.ID, site.WrappedKey)
	}
}

// started runs a command that listens and returns its standard output line by line.
func started(t *testing.T, args ...string) (line func() string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan int)
	go func() {
		status := cli.Run(ctx, args, cli.Env{Stdin: strings.NewReader(""), Stdout: w, Stderr: io.Discard})
		w.Close()
		done <- status
	}()
	t.Cleanup(func() {
		cancel()
		if status := <-done; status != 0 {
			t.Errorf("%s: status %d after it was stopped, want 0", args[0], status)
		}
	})
	var buf bytes.Buffer
	return func() string {
		for {
			if s, err := buf.ReadString('\n'); err == nil {
				return strings.TrimSpace(s)
			} else {
				buf.WriteString(s)
			}
			b := make([]byte, 512)
			n, err := r.Read(b)
			buf.Write(b[:n])
			if err != nil {
				t.Fatalf("output ended: %v", err)
			}
		}
	}
}

func TestServe(t *testing.T) {
	p := newPlace(t)
	line := started(t, p.with("serve", "--addr", "127.0.0.1:0")...)
	base, ok := strings.CutPrefix(line(), "listening on ")
	if !ok || !strings.HasPrefix(base, "http://127.0.0.1:") {
		t.Fatalf("first line: got %q", base)
	}
	get := func(path, host string) *http.Response {
		req, err := http.NewRequest("GET", base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			req.Host = host
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		return resp
	}
	var detail open.SessionDetail
	if err := json.NewDecoder(get("/api/v1/sessions/"+p.managed.ID, "").Body).Decode(&detail); err != nil || len(detail.Keys) != 2 {
		t.Errorf("session: got %d keys, error %v; want 2", len(detail.Keys), err)
	}
	if resp := get("/afterimage.js", ""); resp.StatusCode != http.StatusNotFound {
		t.Errorf("the recorder, which is not here: got %d, want 404", resp.StatusCode)
	}
	if got := located(t, base); got != "true false" {
		t.Errorf("local, read-only: got %s, want true false", got)
	}
	port := base[strings.LastIndex(base, ":"):]
	for host, want := range map[string]int{
		"rebound.example" + port: http.StatusMisdirectedRequest,
		"192.0.2.1" + port:       http.StatusMisdirectedRequest,
		"localhost" + port:       http.StatusOK,
		"[::1]" + port:           http.StatusOK,
	} {
		if got := get("/api/v1/sites", host).StatusCode; got != want {
			t.Errorf("Host %s: got %d, want %d", host, got, want)
		}
	}
	// The directory is free between two uses.
	for {
		st, err := store.Open(t.Context(), store.Config{Dir: p.data})
		if err == nil {
			st.Close()
			return
		}
		if !errors.Is(err, store.ErrInUse) {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// located is what the API tells of where it runs: whether it is local, and read-only.
func located(t *testing.T, base string) string {
	t.Helper()
	resp, err := http.Get(base + "/api/v1/sites")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var told struct{ Local, ReadOnly bool }
	if err := json.NewDecoder(resp.Body).Decode(&told); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(told.Local, told.ReadOnly)
}

func TestOpenPrintsWhereToLook(t *testing.T) {
	p := newPlace(t)
	line := started(t, p.with("open", p.managed.ID[:8])...)
	base := strings.TrimPrefix(line(), "listening on ")
	if got, want := line(), "open "+base+"/sessions/"+p.managed.ID; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	file := filepath.Join(p.dir, "o.afterimage")
	run(t, p.with("export", p.managed.ID, "--out", file)...).want(t, 0)
	line = started(t, "open", file)
	base = strings.TrimPrefix(line(), "listening on ")
	if got, want := line(), "open "+base+"/sessions/"+p.managed.ID; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := located(t, base); got != "true true" {
		t.Errorf("a file: local, read-only: got %s, want true true", got)
	}
	req, err := http.NewRequest("DELETE", base+"/api/v1/sessions/"+p.managed.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	refused, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer refused.Body.Close()
	if text, _ := io.ReadAll(refused.Body); refused.StatusCode != http.StatusConflict || !strings.Contains(string(text), "remove the file itself") {
		t.Errorf("deletion from a file: got %d %s, want 409 and what to do", refused.StatusCode, text)
	}
	resp, err := http.Get(base + "/api/v1/sessions/" + p.managed.ID + "/segments")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get(open.HeaderLive) != "0" {
		t.Errorf("segments of the file: got %d, live %q; want 200, 0", resp.StatusCode, resp.Header.Get(open.HeaderLive))
	}
}

func TestFromAServer(t *testing.T) {
	p := newPlace(t)
	direct := run(t, p.with("cat", p.managed.ID)...)
	line := started(t, p.with("serve", "--addr", "127.0.0.1:0")...)
	base := strings.TrimPrefix(line(), "listening on ")
	if r := run(t, "cat", p.managed.ID[:8], "--server", base); r.out != direct.out {
		t.Errorf("cat from the server: got other events (status %d, %s)", r.status, r.err)
	}
	run(t, "list", "--server", base+"/").want(t, 0, p.managed.ID[:8])
	run(t, "verify", p.managed.ID, "--server", base).want(t, 0, "whole: chain unbroken, no gaps")
}

func TestDeleteAsks(t *testing.T) {
	p := newPlace(t)
	if r := runIn(t, "n\n", p.with("delete", p.managed.ID[:8])...); r.status != 1 || !strings.Contains(r.err, p.managed.ID) {
		t.Errorf("answered n: got %d %q", r.status, r.err)
	}
	runIn(t, "y\n", p.with("delete", p.managed.ID[:8])...).want(t, 0, "deleted "+p.managed.ID)
	if r := run(t, p.with("cat", p.managed.ID)...); r.status != 1 {
		t.Errorf("cat of what was deleted: got %d, want 1", r.status)
	}
}
