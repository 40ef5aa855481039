package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// npmBundler builds a project whose files other than the page will stand under base.
type npmBundler struct {
	fixture string
	worker  string // what the name of the worker holds where its bytes must be those of the package
	build   func(t *testing.T, dir, base string)
}

var npmBundlers = map[string]npmBundler{
	"vite": {"vite", "-worker", func(t *testing.T, dir, base string) {
		tool(t, dir, "node", modulePath(t, "node_modules/vite/bin/vite.js"), "build", "--base", base)
	}},
	"webpack": {"webpack", ".txt", func(t *testing.T, dir, base string) {
		tool(t, dir, "node", modulePath(t, "node_modules/webpack-cli/bin/cli.js"), "--output-public-path", base)
		npmPage(t, dir, "main.js", "main.js")
	}},
	// Leaves worker and core where they are: they are copied by hand, as the README says.
	"esbuild": {"vite", ".txt", func(t *testing.T, dir, base string) {
		result := api.Build(api.BuildOptions{
			EntryPoints: []string{filepath.Join(dir, "main.ts")}, Outfile: filepath.Join(dir, "dist/main.js"),
			Bundle: true, Write: true, Format: api.FormatESModule, MinifySyntax: true, MinifyWhitespace: true, MinifyIdentifiers: true,
		})
		if len(result.Errors)+len(result.Warnings) > 0 {
			t.Fatalf("esbuild: %v %v", result.Errors, result.Warnings)
		}
		for _, name := range []string{"afterimage-worker.js", "afterimage-worker.txt", "afterimage-core.wasm"} {
			copyFile(t, filepath.Join(dir, "node_modules/afterimage", name), filepath.Join(dir, "dist", name))
		}
		npmPage(t, dir, "/main.ts", base+"main.js")
	}},
}

// npmPage puts the page of a fixture beside its build.
func npmPage(t *testing.T, dir, script, built string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	page = bytes.Replace(page, []byte(`src="`+script+`"`), []byte(`src="`+built+`"`), 1)
	if err := os.WriteFile(filepath.Join(dir, "dist/index.html"), page, 0o644); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// npmSite serves a built project, with the files of the build also from another origin.
type npmSite struct {
	dir, origin, files string

	mu     sync.Mutex
	policy string // Content-Security-Policy of the page alone
	config string // what the page gives to start()
	tamper string // the end of names whose bytes are changed on the way
	loaded []string
}

func newNpmSite(t *testing.T) *npmSite {
	t.Helper()
	s := &npmSite{}
	s.origin = serve(t, http.HandlerFunc(s.serve))
	s.files = serve(t, http.HandlerFunc(s.serve))
	return s
}

func (s *npmSite) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cache-Control", "no-store")
	switch r.URL.Path {
	case "/config.json":
		fmt.Fprint(w, s.config)
		return
	case "/":
		w.Header().Set("Content-Security-Policy", s.policy)
	}
	s.loaded = append(s.loaded, "http://"+r.Host+r.URL.Path)
	if s.tamper == "" || !strings.HasSuffix(r.URL.Path, s.tamper) {
		http.FileServer(http.Dir(s.dir)).ServeHTTP(w, r)
		return
	}
	// What is added has no effect: the file still works, it only is another.
	answer := httptest.NewRecorder()
	http.FileServer(http.Dir(s.dir)).ServeHTTP(answer, r)
	w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
	body := answer.Body.Bytes()
	if strings.HasSuffix(r.URL.Path, ".wasm") {
		body = append(body, 0, 2, 1, 'x') // a custom section
	} else {
		body = append(body, "\n//"...)
	}
	_, _ = w.Write(body)
}

func (s *npmSite) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// loads lists what came from an origin and ends in ext.
func (s *npmSite) loads(origin, ext string) (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, url := range s.loaded {
		if strings.HasPrefix(url, origin+"/") && strings.HasSuffix(url, ext) {
			list = append(list, url)
		}
	}
	return list
}

func npmConfig(t *testing.T, c *collectorSite) string {
	t.Helper()
	text, err := json.Marshal(map[string]string{"site": c.SiteKey, "endpoint": c.URL})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// outcome opens the page and tells what start() came to.
func npmOutcome(t *testing.T, tb *tab, url string) string {
	t.Helper()
	tb.open(url)
	tb.until(`window.fixture`)
	if eval[bool](tb, `fixture.before`) {
		t.Error("the import alone defined window.afterimage")
	}
	if !eval[bool](tb, `fixture.same`) {
		t.Error("window.afterimage is not what the package exports")
	}
	return eval[string](tb, `fixture.outcome`)
}

// npmArrives uses the page that is open in the tab and finds that in replay.
func npmArrives(t *testing.T, tb *tab, c *collectorSite) {
	t.Helper()
	const canary = "Quetzalcoatl"
	eval[any](tb, `document.querySelector("#add").click()`)
	eval[any](tb, fmt.Sprintf(`(() => { const i = document.querySelector("#name"); i.value = %q; i.dispatchEvent(new Event("input", { bubbles: true })) })()`, canary))
	session := eval[string](tb, `afterimage.sessionId`)
	delivered := eval[struct{ Acknowledged, Pending int }](tb, `afterimage.stop()`)
	if delivered.Acknowledged == 0 || delivered.Pending != 0 {
		t.Errorf("stop answers %+v, want something acknowledged and nothing pending", delivered)
	}
	if list := c.replay(t, "list", "--full"); !strings.Contains(list, session) {
		t.Errorf("session %s is not in the list:\n%s", session, list)
	}
	cat := c.replay(t, "cat", session)
	for _, want := range []string{`"snapshotEnd"`, `"ol"`, `"li"`, `"added"`} {
		if !strings.Contains(cat, want) {
			t.Errorf("replay cat shows no %s:\n%s", want, cat)
		}
	}
	if strings.Contains(cat, canary) {
		t.Errorf("replay cat shows what was typed")
	}
}

// Worker and core come from the site's own origin: a page with the strictest policy needs
// worker-src 'self' and the collector in connect-src.
func TestNpmFromTheSitesOwnOrigin(t *testing.T) {
	t.Parallel()
	for name, bundler := range npmBundlers {
		if name == "webpack" && !*everyRow {
			continue // half a minute; TestNpmFromAnotherOrigin has it
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newNpmSite(t)
			dir := npmProject(t, bundler.fixture)
			bundler.build(t, dir, "/")
			s.dir = filepath.Join(dir, "dist")
			c := startCollectorFor(t, s.origin)
			s.set(func() {
				s.config = npmConfig(t, c)
				s.policy = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self' " + c.URL +
					"; require-trusted-types-for 'script'; trusted-types afterimage"
			})
			tb := newTab(t)
			if got := npmOutcome(t, tb, s.origin); got != "recording" {
				t.Fatalf("start() came to %q: %s", got, eval[string](tb, `afterimage.state.reason`))
			}
			npmArrives(t, tb, c)
			if got := s.loads(s.origin, ".wasm"); len(got) != 1 {
				t.Errorf("the core was loaded from the site %d times, want once", len(got))
			}

			s.set(func() { s.tamper = ".wasm" })
			if got := npmOutcome(t, tb, s.origin); got != "core-load" {
				t.Errorf("with a changed core start() came to %q, want core-load", got)
			}
		})
	}
}

// A site that keeps its files on another origin: the worker's hash is checked as well.
func TestNpmFromAnotherOrigin(t *testing.T) {
	t.Parallel()
	for name, bundler := range npmBundlers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newNpmSite(t)
			dir := npmProject(t, bundler.fixture)
			bundler.build(t, dir, s.files+"/")
			s.dir = filepath.Join(dir, "dist")
			c := startCollectorFor(t, s.origin)
			s.set(func() {
				s.config = npmConfig(t, c)
				s.policy = fmt.Sprintf("default-src 'none'; script-src 'self' %s 'wasm-unsafe-eval'; worker-src blob:; connect-src 'self' %s %s %s",
					s.files, s.files, c.URL, strings.Replace(c.URL, "http", "ws", 1))
			})
			tb := newTab(t)
			if got := npmOutcome(t, tb, s.origin); got != "recording" {
				t.Fatalf("start() came to %q: %s", got, eval[string](tb, `afterimage.state.reason`))
			}
			npmArrives(t, tb, c)
			if got := s.loads(s.files, ".wasm"); len(got) != 1 {
				t.Errorf("the core was loaded from the other origin %d times, want once", len(got))
			}

			s.mu.Lock()
			at := slices.IndexFunc(s.loaded, func(url string) bool { return strings.Contains(url, bundler.worker) })
			if at >= 0 {
				s.tamper = s.loaded[at][len(s.files):]
			}
			s.mu.Unlock()
			if at < 0 {
				t.Fatalf("no worker in %q", s.loaded)
			}
			tb.allow("integrity")
			if got := npmOutcome(t, tb, s.origin); got != "network" {
				t.Errorf("with a changed worker start() came to %q, want network", got)
			}
		})
	}
}

// A tag manager's script tag beside the package: there is one recorder, whoever comes first.
func TestNpmBesideTheScriptTag(t *testing.T) {
	t.Parallel()
	s := newNpmSite(t)
	bundler := npmBundlers["esbuild"]
	dir := npmProject(t, bundler.fixture)
	bundler.build(t, dir, "/")
	s.dir = filepath.Join(dir, "dist")
	c := startCollectorFor(t, s.origin)
	s.config = npmConfig(t, c)
	tag := fmt.Sprintf(`<script src="%s/afterimage.js" data-site="%s"></script>`, c.URL, c.SiteKey)

	t.Run("the package first", func(t *testing.T) {
		tb := newTab(t)
		if got := npmOutcome(t, tb, s.origin); got != "recording" {
			t.Fatalf("start() came to %q: %s", got, eval[string](tb, `afterimage.state.reason`))
		}
		pageView := eval[string](tb, `afterimage.pageViewId`)
		eval[any](tb, fmt.Sprintf(`new Promise((resolve) => {
			const script = document.createElement("script")
			Object.assign(script, { src: "%s/afterimage.js", onload: resolve }).dataset.site = %q
			document.head.append(script)
		})`, c.URL, c.SiteKey))
		if got := eval[string](tb, `afterimage.pageViewId`); got != pageView {
			t.Errorf("the script tag replaced page view %s by %q", pageView, got)
		}
		npmArrives(t, tb, c)
	})
	t.Run("the script tag first", func(t *testing.T) {
		page, err := os.ReadFile(filepath.Join(s.dir, "index.html"))
		if err != nil {
			t.Fatal(err)
		}
		page = bytes.Replace(page, []byte("</head>"), []byte(tag+"</head>"), 1)
		if err := os.WriteFile(filepath.Join(s.dir, "index.html"), page, 0o644); err != nil {
			t.Fatal(err)
		}
		tb := newTab(t)
		tb.open(s.origin)
		tb.until(`window.fixture`)
		if !eval[bool](tb, `fixture.before && fixture.same`) {
			t.Error("the package does not export the script tag's object")
		}
		if got := eval[string](tb, `fixture.outcome`); got != "recording" {
			t.Errorf("start() came to %q", got)
		}
		npmArrives(t, tb, c)
	})
	var views int
	for line := range strings.Lines(c.replay(t, "list", "--json")) {
		var session struct{ PageViews []any }
		if err := json.Unmarshal([]byte(line), &session); err != nil {
			t.Fatal(err)
		}
		views += len(session.PageViews)
	}
	if views != 2 {
		t.Errorf("two visits left %d page views, want 2", views)
	}
}

// Vite's development server serves dependencies in a form of its own.
func TestNpmInViteDevelopment(t *testing.T) {
	t.Parallel()
	dir := npmProject(t, "vite")
	addr := freeAddr(t)
	origin := "http://" + addr
	c := startCollectorFor(t, origin)
	if err := os.MkdirAll(filepath.Join(dir, "public"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "public/config.json"), []byte(npmConfig(t, c)), 0o644); err != nil {
		t.Fatal(err)
	}
	host, port, _ := strings.Cut(addr, ":")
	vite := exec.Command("node", modulePath(t, "node_modules/vite/bin/vite.js"), "--host", host, "--port", port, "--strictPort")
	vite.Dir = dir
	var out bytes.Buffer
	vite.Stdout, vite.Stderr = &out, &out
	if err := vite.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = vite.Process.Kill()
		_ = vite.Wait() // killed: its status is of no interest
		if t.Failed() {
			t.Logf("output of vite:\n%s", out.String())
		}
	})
	waitFor(t, "Vite to answer", func() bool {
		answer, err := http.Get(origin)
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	tb := newTab(t)
	if got := npmOutcome(t, tb, origin); got != "recording" {
		t.Fatalf("start() came to %q: %s", got, eval[string](tb, `afterimage.state.reason`))
	}
	npmArrives(t, tb, c)
}
