package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"afterimage/collector/ingest/ingesttest"
	"afterimage/collector/store"

	"github.com/gorilla/websocket"
)

const origin = "https://shop.example"

var program string

// TestMain builds the real program once: these tests are about processes.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "collector")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(dir, "collector")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// bench is a data directory and a key file, and the collectors started on them.
type bench struct {
	t         *testing.T
	data      string
	keys      string
	extraArgs []string
	env       []string
}

func newBench(t *testing.T) *bench {
	return &bench{t: t, data: filepath.Join(t.TempDir(), "data"), keys: filepath.Join(t.TempDir(), "master.key")}
}

func (b *bench) command(args ...string) *exec.Cmd {
	c := exec.Command(program, append(args, append([]string{"--data", b.data, "--keys", b.keys}, b.extraArgs...)...)...)
	c.Env = append(append(os.Environ(), "AWS_EC2_METADATA_DISABLED=true"), b.env...)
	return c
}

// run runs a command to its end.
func (b *bench) run(args ...string) (out, errs string, code int) {
	b.t.Helper()
	c := b.command(args...)
	var o, e bytes.Buffer
	c.Stdout, c.Stderr = &o, &e
	err := c.Run()
	if _, ok := err.(*exec.ExitError); err != nil && !ok {
		b.t.Fatal(err)
	}
	return o.String(), e.String(), c.ProcessState.ExitCode()
}

// process is a running collector.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	said []string // lines before "listening on"
	errs *bytes.Buffer
	done chan error
}

func (b *bench) serve(args ...string) *process {
	b.t.Helper()
	c := b.command(append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	p := &process{t: b.t, cmd: c, errs: &bytes.Buffer{}, done: make(chan error, 1)}
	c.Stderr = p.errs
	pipe, err := c.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { c.Process.Kill() })
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		if u, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			p.url = u
			break
		}
		p.said = append(p.said, lines.Text())
	}
	go func() {
		io.Copy(io.Discard, pipe)
		p.done <- c.Wait()
	}()
	if p.url == "" {
		<-p.done
		b.t.Fatalf("the collector did not listen:\n%s\n%s", strings.Join(p.said, "\n"), p.errs)
	}
	return p
}

// kill is kill -9 and waits until the process is gone.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.done
}

// stop is SIGTERM and expects status 0.
func (p *process) stop() {
	p.t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	if err := <-p.done; err != nil {
		p.t.Errorf("stop: %v\n%s", err, p.errs)
	}
}

func (p *process) dial() *ingesttest.Socket {
	p.t.Helper()
	return ingesttest.Dial(p.t, "ws"+strings.TrimPrefix(p.url, "http")+"/v1/ws", origin)
}

func (p *process) status(path string) int {
	p.t.Helper()
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Get(p.url + path)
	if err != nil {
		p.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// addSite makes a site by the command line and returns its id and sealing key.
func (b *bench) addSite(url string) (id string, public []byte) {
	b.t.Helper()
	out, errs, code := b.run("site", "add", "--origin", origin, "--json")
	var site store.Site
	if err := json.Unmarshal([]byte(out), &site); code != 0 || err != nil {
		b.t.Fatalf("site add: %d, %v\n%s%s", code, err, out, errs)
	}
	resp, err := http.Get(url + "/v1/settings/" + site.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	var signed struct{ Payload string }
	var p struct{ SealingKey string }
	if err := json.NewDecoder(resp.Body).Decode(&signed); err != nil {
		b.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(signed.Payload), &p); err != nil {
		b.t.Fatal(err)
	}
	if public, err = base64.RawURLEncoding.DecodeString(p.SealingKey); err != nil {
		b.t.Fatal(err)
	}
	return site.ID, public
}

func TestFirstStartSaysAllThatAPersonNeeds(t *testing.T) {
	b := newBench(t)
	p := b.serve()
	said := strings.Join(p.said, "\n")
	for _, want := range []string{"master key   " + b.keys, "secret manager", "account      owner", "password     ", "sign in      " + p.url + "/sign-in/", "demo shop    " + p.url + "/demo/"} {
		if !strings.Contains(said, want) {
			t.Errorf("first start does not say %q:\n%s", want, said)
		}
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/login": 200, "/": 303, "/demo/": 200, "/demo": 301, "/afterimage.js": 200, "/api/v1/sites": 401, "/admin/v1/site-list": 303} {
		if got := p.status(path); got != want {
			t.Errorf("%s: got %d, want %d", path, got, want)
		}
	}
	p.stop()
	p = b.serve()
	if again := strings.Join(p.said, "\n"); strings.Contains(again, "password") || strings.Contains(again, "master key") {
		t.Errorf("second start says secrets again:\n%s", again)
	}
	p.stop()
}

// Browsers refuse to sign in over plain http, except to this machine.
func TestAddressWhereNobodyCanSignInIsSaidAtStart(t *testing.T) {
	cases := []struct {
		name string
		args []string
		warn bool
	}{
		{"all addresses", []string{"--addr", "0.0.0.0:0"}, true},
		{"a public URL without TLS", []string{"--public-url", "http://replay.example"}, true},
		{"this machine", nil, false},
		{"all addresses behind https", []string{"--addr", "0.0.0.0:0", "--public-url", "https://replay.example"}, false},
		{"a container whose port is published to this machine", []string{"--addr", "0.0.0.0:0", "--public-url", "http://localhost:8080"}, false},
		{"a name that browsers take for this machine", []string{"--public-url", "http://replay.localhost:8080"}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := newBench(t).serve(c.args...)
			said := strings.Join(p.said, "\n")
			p.stop()
			for _, want := range []string{"warning      nobody can sign in", "https", "hint         ", "--public-url", "127.0.0.1"} {
				if got := strings.Contains(said, want); got != c.warn && (c.warn || strings.HasPrefix(want, "warning")) {
					t.Errorf("%q: got %v, want %v:\n%s", want, got, c.warn, said)
				}
			}
		})
	}
}

// The demo shop is for whoever tries the collector out on his own machine. Behind a proxy
// the listener is loopback too, so the public URL decides with it.
func TestDemoIsOffWhereStrangersCome(t *testing.T) {
	cases := []struct {
		name string
		args []string
		demo bool
	}{
		{"a public URL of this machine", []string{"--public-url", "http://localhost:8080"}, true},
		{"a public URL of a loopback address", []string{"--public-url", "http://[::1]:8080"}, true},
		{"a public URL", []string{"--public-url", "https://replay.example"}, false},
		{"a public URL that begins like a loopback address", []string{"--public-url", "http://127.0.0.1.example"}, false},
		{"a public URL, a demo that was asked for, a host of its own", []string{"--public-url", "https://replay.example", "--demo", "--demo-host", "demo.example"}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			p := b.serve(c.args...)
			if got := strings.Contains(strings.Join(p.said, "\n"), "demo shop "); got != c.demo {
				t.Errorf("demo shop: got %v, want %v", got, c.demo)
			}
			p.stop()
			out, _, _ := b.run("site", "list")
			if got := strings.Contains(out, "Demo shop"); got != c.demo {
				t.Errorf("demo site: got %v, want %v\n%s", got, c.demo, out)
			}
		})
	}
}

// Nothing acknowledged is lost when the collector is killed in the middle of an upload,
// and nothing is stored twice when the recorder sends again.
func TestKillInMidUploadLosesNothingAcknowledged(t *testing.T) {
	b := newBench(t)
	p := b.serve("--max-messages", "100000")
	site, public := b.addSite(p.url)
	v := ingesttest.NewView(t, site, public)
	const total = 400
	for i := range total {
		v.Add(bytes.Repeat([]byte{byte(i)}, 200+i))
	}
	acked := map[uint32]bool{}
	note := func(ranges [][2]uint32) {
		for _, r := range ranges {
			for n := r[0]; n <= r[1]; n++ {
				acked[n] = true
			}
		}
	}
	for round := 0; len(acked) < total; round++ {
		if round > 50 {
			t.Fatalf("no end after %d rounds, %d acknowledged", round, len(acked))
		}
		s := p.dial()
		s.Text(ingesttest.Hello(v))
		w, err := s.TryNext()
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		durable := store.Ranges(w.PageViews[v.ID])
		for n := range acked {
			if !durable.Has(n) {
				t.Fatalf("round %d: segment %d was acknowledged and is not durable any more", round, n)
			}
		}
		note(durable)
		go func() {
			for n := range uint32(total) {
				if !durable.Has(n) && s.WriteMessage(websocket.BinaryMessage, v.Frame(n)) != nil {
					return
				}
			}
		}()
		before := len(acked)
		for len(acked) < total {
			m, err := s.TryNext()
			if err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
			if m.T != "ack" {
				t.Fatalf("round %d: got %+v", round, m)
			}
			note(m.Ranges)
			if len(acked) >= before+60 {
				break // in mid-upload: more is under way
			}
		}
		p.kill()
		p = b.serve("--max-messages", "100000")
	}
	p.stop()
	st, err := store.Open(t.Context(), store.Config{Dir: b.data})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var got [][]byte
	for g, err := range st.Segments(t.Context(), v.Session) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, g.Sealed)
	}
	if !slices.EqualFunc(got, v.Sealed, bytes.Equal) {
		t.Errorf("got %d stored segments, want the %d sealed ones, each once and in order", len(got), total)
	}
}

func TestStopClosesSocketsAsGoingAway(t *testing.T) {
	b := newBench(t)
	p := b.serve()
	site, public := b.addSite(p.url)
	s := p.dial()
	s.Text(ingesttest.Hello(ingesttest.NewView(t, site, public)))
	s.Next()
	p.stop()
	if code, _ := s.Closed(); code != 1001 {
		t.Errorf("got close code %d, want 1001", code)
	}
}

// Each mistake of a person is answered by what is wrong and what to do.
func TestMistakesAreExplained(t *testing.T) {
	cases := []struct {
		name        string
		prepare     func(b *bench)
		args        []string
		error, hint string
	}{
		{"a data directory of a newer version", func(b *bench) {
			os.MkdirAll(b.data, 0o700)
			os.WriteFile(filepath.Join(b.data, "version"), []byte("afterimage data 99\n"), 0o600)
		}, []string{"serve", "--addr", "127.0.0.1:0"}, "says 99", "run the newer version"},
		{"a data directory that is a file", func(b *bench) { os.WriteFile(b.data, nil, 0o600) },
			[]string{"serve", "--addr", "127.0.0.1:0"}, "not a directory", "--data"},
		{"a data directory without a version that anybody knows", func(b *bench) {
			os.MkdirAll(b.data, 0o700)
			os.WriteFile(filepath.Join(b.data, "version"), []byte("hello\n"), 0o600)
		}, []string{"serve", "--addr", "127.0.0.1:0"}, "not a version of a data directory", "collector doctor"},
		{"a database that does not answer", nil, []string{"serve", "--addr", "127.0.0.1:0", "--db", "postgres://user:secret@localhost:1/x"}, "connection refused", "--db"},
		{"a journal that does not answer", nil, []string{"serve", "--addr", "127.0.0.1:0", "--journal", "nats://127.0.0.1:1"}, "no servers available", "--journal"},
		{"an object store without credentials", func(b *bench) { b.env = noCredentials },
			[]string{"site", "list", "--blobs", "s3://recordings?region=us-east-1&endpoint=http://127.0.0.1:1"}, "no credentials were found", "AWS_ACCESS_KEY_ID"},
		{"an object store that does not answer", func(b *bench) { b.env = someCredentials },
			[]string{"serve", "--addr", "127.0.0.1:0", "--blobs", "s3://recordings?region=us-east-1&use_path_style=true&endpoint=http://127.0.0.1:1"}, "connection refused", "endpoint="},
		{"an object store without a region", func(b *bench) { b.env = someCredentials },
			[]string{"site", "list", "--blobs", "s3://recordings"}, "region", "region="},
		{"a setting of the object store that nobody knows", func(b *bench) { b.env = someCredentials },
			[]string{"site", "list", "--blobs", "s3://recordings?regoin=us-east-1"}, "regoin", "region="},
		{"a bucket that is not there", objectStore(404, "NoSuchBucket"),
			[]string{"site", "list"}, "no bucket of this name", "make the bucket"},
		{"an object store that refuses", objectStore(403, "SignatureDoesNotMatch"),
			[]string{"site", "list"}, "SignatureDoesNotMatch", "read, write and delete"},
		{"a key file that is gone", func(b *bench) {
			b.serve().stop()
			os.Remove(b.keys)
		}, []string{"serve", "--addr", "127.0.0.1:0"}, "the keys of 1 managed site are locked with it", "bring it back"},
		{"a key file of another collector", func(b *bench) {
			b.serve().stop()
			other := newBench(b.t)
			other.serve().stop()
			b.keys = other.keys
		}, []string{"serve", "--addr", "127.0.0.1:0"}, "another one than the site's key was wrapped with", "that this data directory was made with"},
		{"a key file that is no key", func(b *bench) { os.WriteFile(b.keys, []byte("hello"), 0o600) },
			[]string{"serve", "--addr", "127.0.0.1:0"}, "not a master key file", "name the right file"},
		{"a key file that everybody reads", func(b *bench) {
			b.serve().stop()
			os.Chmod(b.keys, 0o644)
		}, []string{"serve", "--addr", "127.0.0.1:0"}, "readable by other users", "chmod 600"},
		{"a key file in the data directory", func(b *bench) { b.keys = filepath.Join(b.data, "master.key") },
			[]string{"serve", "--addr", "127.0.0.1:0"}, "lies in the data directory", "keep the master key elsewhere"},
		{"an address without host", nil, []string{"serve", "--addr", "8080"}, "missing port in address", "--addr 127.0.0.1:8080"},
		{"a directory that another collector runs on", func(b *bench) { b.serve() },
			[]string{"serve", "--addr", "127.0.0.1:0"}, "another process holds the data directory", "a collector runs on it"},
		{"a port that another program has", func(b *bench) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.t.Fatal(err)
			}
			b.t.Cleanup(func() { l.Close() })
			b.extraArgs = []string{"--addr", l.Addr().String()}
		}, []string{"serve"}, "another program listens there", "127.0.0.1:0"},
		{"pings so seldom that the switch is late", nil, []string{"serve", "--addr", "127.0.0.1:0", "--ping-every", "1m"}, "--ping-every", "within a minute"},
		{"an authority of the mail server that is no file", nil, []string{"serve", "--smtp", "mail:25", "--notify-from", "a@b.example", "--notify-to", "a@b.example", "--smtp-ca", "/nonexistent"}, "--smtp-ca", "--help"},
		{"a demo shop on a public address", nil, []string{"serve", "--addr", ":0", "--demo"}, "needs a host name of its own", "--demo-host"},
		{"a demo shop behind a proxy", nil, []string{"serve", "--addr", "127.0.0.1:0", "--public-url", "https://replay.example", "--demo"}, "needs a host name of its own", "--demo-host"},
		{"a demo shop on the host of the accounts", nil, []string{"serve", "--addr", "127.0.0.1:0", "--public-url", "https://replay.example", "--demo", "--demo-host", "replay.example"}, "is the host of the collector's own pages", "another name"},
		{"an unknown form of journal", nil, []string{"serve", "--addr", "127.0.0.1:0", "--journal", "kafka://x"}, "unknown form of a setting", "embedded"},
		{"a site without origin", nil, []string{"site", "add"}, "--origin", "--help"},
		{"an origin with a path", nil, []string{"site", "add", "--origin", "https://shop.example/shop"}, "not an origin", "https://shop.example"},
		{"held custody without signed settings", nil, []string{"site", "add", "--origin", origin, "--custody", "held"}, "settings that the owner signed", "replay key new"},
		{"a site that is not there", nil, []string{"site", "set", "nosuchsite", "--no-enabled"}, "no site has the id", "site list"},
		{"a session by the beginning of its id", nil, []string{"session", "erase", "7746c006"}, "no session has the id", "replay list --full"},
		{"an unknown flag", nil, []string{"serve", "--adr", "x"}, "--adr", "--help"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			if c.prepare != nil {
				c.prepare(b)
			}
			_, errs, code := b.run(c.args...)
			first, rest, _ := strings.Cut(errs, "\n")
			if code != 1 || !strings.HasPrefix(first, "error: ") || !strings.Contains(first, c.error) ||
				!strings.HasPrefix(rest, "hint: ") || !strings.Contains(rest, c.hint) {
				t.Errorf("got status %d and:\n%s\nwant error: …%s… and hint: …%s…", code, errs, c.error, c.hint)
			}
		})
	}
}

// What the object store's client finds of credentials on whatever machine the tests run.
var (
	noCredentials   = []string{"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_PROFILE=", "AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent", "AWS_REGION=", "AWS_DEFAULT_REGION="}
	someCredentials = append(noCredentials[2:len(noCredentials):len(noCredentials)], "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret")
)

// objectStore is one that answers each request with an error of S3
// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
func objectStore(status int, code string) func(*bench) {
	return func(b *bench) {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>what happened</Message></Error>", code)
		}))
		b.t.Cleanup(s.Close)
		b.env = someCredentials
		b.extraArgs = []string{"--blobs", "s3://recordings?region=us-east-1&use_path_style=true&endpoint=" + s.URL}
	}
}

// Who adds his own site before he starts the collector for the first time looks in vain for the demo that
// the documents speak of: he is told why, once, and where it is to be had.
func TestFirstStartSaysWhyThereIsNoDemo(t *testing.T) {
	b := newBench(t)
	if out, errs, code := b.run("site", "add", "--origin", origin); code != 0 {
		t.Fatalf("site add: %d\n%s%s", code, out, errs)
	}
	for i, want := range []bool{true, false} {
		p := b.serve()
		said := strings.Join(p.said, "\n")
		if got := strings.Contains(said, "demo shop    none, as a site was added before") && strings.Contains(said, "--data DIR"); got != want {
			t.Errorf("start %d: told %v, want %v:\n%s", i+1, got, want, said)
		}
		p.stop()
	}
}

func TestSiteCommandsWorkWhileACollectorRunsAndWithout(t *testing.T) {
	b := newBench(t)
	if out, errs, code := b.run("site", "add", "--origin", origin, "--name", "First"); code != 0 || !strings.Contains(out, `data-site="m.`) {
		t.Fatalf("without a collector: %d\n%s%s", code, out, errs)
	}
	p := b.serve()
	id, public := b.addSite(p.url)
	if out, _, _ := b.run("site", "list"); strings.Count(out, "\n") != 3 || !strings.Contains(out, "First") {
		t.Errorf("list:\n%s\nwant a head and two sites", out)
	}
	s := p.dial()
	s.Text(ingesttest.Hello(ingesttest.NewView(t, id, public)))
	s.Next()
	if _, errs, code := b.run("site", "set", id, "--no-enabled"); code != 0 {
		t.Fatalf("set: %s", errs)
	}
	if code, reason := s.Closed(); code != 4008 || !strings.Contains(reason, "--enabled") {
		t.Errorf("open socket: got %d %q, want 4008 and how to switch it on", code, reason)
	}
	out, _, code := b.run("user", "link")
	if code != 0 || !strings.HasPrefix(out, p.url+"/sign-in/") {
		t.Errorf("user link: got %q", out)
	}
	if resp, err := http.Post(strings.TrimSpace(out), "", nil); err != nil || resp.Request.URL.Path != "/" && resp.Request.URL.Path != "/login" {
		t.Errorf("sign-in link: %v", err)
	}
	p.stop()
}

// What is printed can be used as it is, or says what to put in.
func TestPrintedAddressesCanBeUsed(t *testing.T) {
	b := newBench(t)
	b.serve().stop()
	out, errs, code := b.run("user", "link")
	if code != 0 || !strings.HasPrefix(out, "/sign-in/") || !strings.Contains(errs, "hint: start the collector and put this behind its address") {
		t.Errorf("user link without a collector: %d\n%s%s", code, out, errs)
	}
	link := strings.TrimSpace(out)
	out, errs, _ = b.run("site", "add", "--origin", origin)
	if !strings.Contains(out, `src="https://COLLECTOR/afterimage.js"`) || !strings.Contains(errs, "hint: put the collector's address in place of https://COLLECTOR") {
		t.Errorf("site add without a collector:\n%s%s", out, errs)
	}
	p := b.serve()
	out, errs, _ = b.run("site", "add", "--origin", origin)
	if !strings.Contains(out, `src="`+p.url+`/afterimage.js"`) || !strings.Contains(errs, "hint: only this machine reaches "+p.url) {
		t.Errorf("site add beside a collector of this machine:\n%s%s", out, errs)
	}
	resp, err := http.Get(p.url + link)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp, err := http.Post(p.url+link, "", nil); err != nil || resp.StatusCode == http.StatusGone {
		t.Errorf("the link that was made without a collector: %v, %v", resp, err)
	}
	p.stop()
	p = b.serve("--public-url", "https://replay.example")
	out, errs, _ = b.run("site", "add", "--origin", origin)
	if !strings.Contains(out, `src="https://replay.example/afterimage.js"`) || errs != "" {
		t.Errorf("site add beside a collector with a public URL:\n%s%s", out, errs)
	}
	out, _, _ = b.run("site", "list")
	id, _, _ := strings.Cut(strings.Split(out, "\n")[1], " ")
	if out, _, _ := b.run("site", "check", id); !strings.Contains(out, "hint: collector site set "+id+" --contact") {
		t.Errorf("site check:\n%s", out)
	}
	p.stop()
}

func TestLocalSocketServesTheAPIWithoutLoginToThisUserAlone(t *testing.T) {
	b := newBench(t)
	p := b.serve()
	path, err := store.SocketPath(b.data)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: got %v, %v, want mode %o", file, info.Mode(), err, want)
		}
	}
	c := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	resp, err := c.Get("http://unix/api/v1/sites")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != 200 || !strings.Contains(string(text), "Demo shop") {
		t.Errorf("got %d %s, want the demo site", resp.StatusCode, text)
	}
	p.kill()
	p = b.serve() // over the socket file that the killed one left
	p.stop()
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket is still there after a stop")
	}
}

// The disk under the data directory fills up while segments arrive: a small file system of
// its own, filled to the last byte behind the collector's back.
func TestFullDiskLosesNothingAcknowledged(t *testing.T) {
	b := newBench(t)
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=24m"); err != nil {
		t.Fatalf("this test needs a file system of its own, as root: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	b.data = filepath.Join(disk, "data")
	b.extraArgs = []string{"--min-free-mib", "1"}
	p := b.serve("--max-messages", "100000", "--max-kib", "100000")
	site, public := b.addSite(p.url)
	v := ingesttest.NewView(t, site, public)
	s := p.dial()
	s.Text(ingesttest.Hello(v))
	s.Next()
	acked := uint32(0)
	send := func() (ok bool) {
		v.Add(bytes.Repeat([]byte{byte(acked)}, 300<<10))
		s.Binary(v.Frame(uint32(len(v.Sealed) - 1)))
		m, err := s.TryNext()
		if err != nil {
			e, ok := err.(*websocket.CloseError)
			if !ok || e.Code != 4007 {
				t.Fatalf("got %v, want close code 4007", err)
			}
			return false
		}
		acked = m.Ranges[0][1] + 1
		return true
	}
	for send() {
		if acked == 10 {
			fill := filepath.Join(disk, "fill")
			f, err := os.Create(fill)
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(f, io.LimitReader(zeros{}, 1<<30)) // until the disk is full
			f.Close()
		}
	}
	if acked < 10 {
		t.Fatalf("only %d acknowledged before the disk was full", acked)
	}
	if got := p.status("/readyz"); got != 503 {
		t.Errorf("readyz on a full disk: got %d, want 503", got)
	}
	if log := p.errs.String(); !strings.Contains(log, "storage is full") || !strings.Contains(log, "make room") {
		t.Errorf("the log does not say what is wrong and what to do:\n%s", log)
	}
	if out, errs, _ := b.run("doctor", "--addr", "127.0.0.1:0"); !strings.Contains(out+errs, "MiB are free") || !strings.Contains(out+errs, "make room, or shorten retention") {
		t.Errorf("doctor does not say it:\n%s%s", out, errs)
	}
	p.kill()
	if err := os.Remove(filepath.Join(disk, "fill")); err != nil {
		t.Fatal(err)
	}
	p = b.serve("--max-messages", "100000", "--max-kib", "100000")
	s = p.dial()
	s.Text(ingesttest.Hello(v))
	if m := s.Next(); len(m.PageViews[v.ID]) != 1 || m.PageViews[v.ID][0][0] != 0 || m.PageViews[v.ID][0][1] < acked-1 {
		t.Errorf("after room was made: got %+v, want 0-%d durable", m, acked-1)
	}
	s.Binary(v.Frame(uint32(len(v.Sealed) - 1)))
	if m := s.Next(); m.T != "ack" {
		t.Errorf("got %+v, want ack of what was refused before", m)
	}
	p.stop()
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }
