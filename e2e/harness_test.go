// Package e2e drives the whole path, from the page to the replay, in real Chromium.
//
// One browser serves the package, a tab with a browser context of its own serves a test. It is Chromium
// without windows where that is installed; what only the whole browser has asks for that (wholeBrowser).
// An uncaught exception, a console error or a failed request that the test did not
// announce fails it; a screenshot is kept in the folder AFTERIMAGE_SHOTS, if that is set.
package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// everyRow has rows run that look at what others of their test look at too: each alone, at each level.
var everyRow = flag.Bool("every-row", false, "run each row of the large tables, alone, and at all levels that it has (make e2e-all)")

// patience bounds every wait for a condition; a condition that holds ends it at once.
const patience = time.Minute

// sharedBrowser is started by the first test that needs it, and ends with the package.
type sharedBrowser struct {
	once sync.Once
	ctx  context.Context
	err  error
}

func (b *sharedBrowser) start(t *testing.T, flags ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	b.once.Do(func() {
		var stop func()
		b.ctx, stop, b.err = startBrowser(flags...)
		if b.err == nil {
			closing.Lock()
			closeBrowsers = append(closeBrowsers, stop)
			closing.Unlock()
		}
	})
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.ctx
}

var (
	withoutWindows, whole sharedBrowser
	ofWhole               sync.Map // names of tests
	closing               sync.Mutex
	closeBrowsers         []func()
	binDir                string
)

// wholeBrowser says that the test is about what Chromium without windows lacks: autofill, the back/forward cache.
func wholeBrowser(t *testing.T) { ofWhole.Store(t.Name(), true) }

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "afterimage-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	binDir = dir
	code := m.Run()
	for _, stop := range closeBrowsers {
		stop()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// unused are features of the browser around the page, which no test looks at. Each new window otherwise
// renders two pages for its address bar and starts a renderer in reserve: 1.1 s of CPU for a tab, against
// 0.5 s without them. The first two are chromedp's own, which this list replaces.
var unused = []string{"Translate", "BlinkGenPropertyTrees",
	"WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup",
	"PreloadTopChromeWebUI", "PreloadTopChromeWebUILessNavigations", "SpareRendererForSitePerProcess"}

// startBrowser starts a Chromium of its own with extra flags; the caller ends it.
func startBrowser(flags ...chromedp.ExecAllocatorOption) (context.Context, func(), error) {
	profile, err := os.MkdirTemp(binDir, "profile-")
	if err != nil {
		return nil, nil, err
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-features", strings.Join(unused, ",")),
		chromedp.WindowSize(1280, 800))
	opts = append(append(opts, chromedp.WSURLReadTimeout(patience)), flags...)
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, stop := chromedp.NewContext(alloc)
	if err := chromedp.Do(ctx); err != nil {
		stop()
		stopAlloc()
		return nil, nil, fmt.Errorf("start Chromium: %w (sh e2e/deps.sh installs it)", err)
	}
	return ctx, func() { stop(); stopAlloc() }, nil
}

// tab is one page in a browser context of its own, watched for errors.
type tab struct {
	t     *testing.T
	ctx   context.Context
	close func() // may be called before the test's end, to free the tab
	*reports
}

// reports are the errors that a tab's pages reported.
type reports struct {
	mu      sync.Mutex
	errors  []string
	allowed []string
}

// newTab opens a tab that is closed, and whose errors are reported, when the test ends.
func newTab(t *testing.T) *tab {
	t.Helper()
	browser, flags := &whole, []chromedp.ExecAllocatorOption(nil)
	name, _, _ := strings.Cut(t.Name(), "/")
	if _, isWhole := ofWhole.Load(name); !isWhole {
		// The same engine at three quarters of the CPU: nobody draws a window.
		if shell, err := exec.LookPath("chromium-headless-shell"); err == nil {
			browser, flags = &withoutWindows, append(flags, chromedp.ExecPath(shell))
		}
	}
	return newTabIn(t, browser.start(t, flags...), chromedp.WithNewBrowserContext())
}

func newTabIn(t *testing.T, parent context.Context, opts ...chromedp.ContextOption) *tab {
	t.Helper()
	tb := &tab{t: t, reports: &reports{}}
	opts = append(opts, chromedp.WithListener(tb.listen))
	ctx, stop := chromedp.NewContext(parent, opts...)
	tb.ctx = ctx
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	if _, err := cdp.Call(ctx, chromedp.FromContext(ctx).Target, log.Enable, cdp.Empty{}); err != nil {
		t.Fatalf("watch the tab's log: %v", err)
	}
	tb.close = sync.OnceFunc(stop)
	t.Cleanup(func() {
		tb.keepScreenshot()
		tb.close()
		tb.tell()
	})
	return tb
}

// closePage closes the page as a visitor does: its browser context, with what still goes out, lives until the test ends.
func (tb *tab) closePage() {
	tb.t.Helper()
	if _, err := cdp.Call(tb.ctx, chromedp.FromContext(tb.ctx).Target, page.Close, cdp.Empty{}); err != nil && !errors.Is(err, chromedp.ErrTargetDetached) {
		tb.t.Fatalf("close the page: %v", err)
	}
}

// row is the same tab for one row of a table, whose test gets what its pages report. A browser
// context and a window for each row cost more than most rows do; this is for pages that store
// nothing, each on an origin of its own or opened anew.
func (tb *tab) row(t *testing.T) *tab {
	row := &tab{t: t, ctx: tb.ctx, close: tb.close, reports: tb.reports}
	t.Cleanup(func() {
		row.keepScreenshot()
		row.tell()
	})
	return row
}

// tell fails the test with what was reported since the last call.
func (tb *tab) tell() {
	for _, e := range tb.unexpected() {
		tb.t.Errorf("the page reported: %s", e)
	}
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.errors = nil
}

func (tb *reports) listen(ev any) {
	var text string
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		text = "exception: " + ev.ExceptionDetails.Text
		if ev.ExceptionDetails.Exception != nil {
			text += " " + ev.ExceptionDetails.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		if ev.Type != "error" {
			return
		}
		text = "console.error:"
		for _, arg := range ev.Args {
			text += " " + string(arg.Value) + arg.Description
		}
	case *log.EventEntryAdded:
		if ev.Entry.Level != "error" || strings.Contains(ev.Entry.URL, "favicon.ico") {
			return
		}
		text = "log: " + ev.Entry.Text + " " + ev.Entry.URL
	default:
		return
	}
	tb.mu.Lock()
	tb.errors = append(tb.errors, text)
	tb.mu.Unlock()
}

// allow says that errors holding this text are part of the test.
func (tb *reports) allow(text string) {
	tb.mu.Lock()
	tb.allowed = append(tb.allowed, text)
	tb.mu.Unlock()
}

// reported tells whether the page has reported an error holding this text.
func (tb *reports) reported(text string) bool {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	for _, e := range tb.errors {
		if strings.Contains(e, text) {
			return true
		}
	}
	return false
}

func (tb *reports) unexpected() (list []string) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
next:
	for _, e := range tb.errors {
		for _, a := range tb.allowed {
			if strings.Contains(e, a) {
				continue next
			}
		}
		list = append(list, e)
	}
	return list
}

// do runs steps and fails the test on an error.
func (tb *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, 2*patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		tb.t.Fatal(err)
	}
}

func (tb *tab) open(url string) { tb.t.Helper(); tb.do(chromedp.Navigate(url)) }

// viewport sets the size in CSS px.
func (tb *tab) viewport(w, h int64) { tb.t.Helper(); tb.do(chromedp.EmulateViewport(w, h)) }

// dark sets prefers-color-scheme.
func (tb *tab) dark(on bool) {
	tb.t.Helper()
	value := "light"
	if on {
		value = "dark"
	}
	if _, err := cdp.Call(tb.ctx, chromedp.FromContext(tb.ctx).Target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}}); err != nil {
		tb.t.Fatal(err)
	}
}

// onNewDocument runs script in every document of the tab before the page's own.
func (tb *tab) onNewDocument(script string) {
	tb.t.Helper()
	if _, err := cdp.Call(tb.ctx, chromedp.FromContext(tb.ctx).Target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		tb.t.Fatal(err)
	}
}

// eval evaluates an expression, awaiting a promise, and decodes its JSON value.
func eval[T any](tb *tab, expression string) T {
	tb.t.Helper()
	v, err := tryEval[T](tb, expression)
	if err != nil {
		tb.t.Fatalf("evaluate %.120s: %v", expression, err)
	}
	return v
}

func tryEval[T any](tb *tab, expression string) (v T, err error) {
	ctx, cancel := context.WithTimeout(tb.ctx, 2*patience)
	defer cancel()
	yes := true
	result, err := cdp.Call(ctx, chromedp.FromContext(tb.ctx).Target, runtime.Evaluate, runtime.EvaluateParams{
		Expression: expression, AwaitPromise: &yes, ReturnByValue: &yes})
	if err != nil {
		return v, err
	}
	if d := result.ExceptionDetails; d != nil {
		text := d.Text
		if d.Exception != nil {
			text += " " + d.Exception.Description + string(d.Exception.Value)
		}
		return v, fmt.Errorf("page threw: %s", text)
	}
	if len(result.Result.Value) == 0 {
		return v, nil
	}
	return v, json.Unmarshal(result.Result.Value, &v)
}

// until polls an expression until it is true.
func (tb *tab) until(expression string) {
	tb.t.Helper()
	waitFor(tb.t, expression, func() bool {
		ok, err := tryEval[bool](tb, "Boolean("+expression+")")
		return err == nil && ok
	})
}

// waitFor waits until ok, bounded by patience.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain for: %s", patience, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// comesBack has `leave` bring a tab from a page to another one and goes back, until the page comes from the
// back/forward cache as it was left. The browser may load it anew for reasons that are not the page's, which
// it does not name ("masked"). A reason that it names is ours and fails the test at once, but for those of
// `chance`, which nobody can prevent each time.
func comesBack(t *testing.T, leave func() *tab, chance ...string) *tab {
	t.Helper()
	var told []string
	for range 3 {
		tb := leave()
		why := tb.back()
		if len(why) == 0 {
			return tb
		}
		t.Logf("the page did not come from the back/forward cache: %v", why)
		for _, reason := range why {
			if reason != "masked" && !slices.Contains(chance, reason) {
				t.Fatalf("the page does not fit the back/forward cache: %v", why)
			}
		}
		told = append(told, fmt.Sprint(why))
	}
	t.Fatalf("the page never came from the back/forward cache: %v", told)
	return nil
}

// leave opens url in place of a page that `back` is to find again.
func (tb *tab) leave(url string) {
	tb.t.Helper()
	eval[any](tb, `addEventListener('pageshow', (e) => { globalThis.persisted = e.persisted }); 0`)
	tb.open(url)
}

// back goes back to what was left. Where that is loaded anew it tells why, in the browser's words.
func (tb *tab) back() (why []string) {
	tb.t.Helper()
	if _, err := tryEval[any](tb, `history.back()`); err != nil {
		tb.t.Fatal(err)
	}
	waitFor(tb.t, "the way back", func() bool {
		got, err := tryEval[[]string](tb, `(() => {
			if (globalThis.persisted) return []
			const [entry] = performance.getEntriesByType('navigation')
			if (entry?.type !== 'back_forward' || document.readyState !== 'complete') return null
			const all = (of) => [...(of.reasons ?? []).map(({ reason }) => reason), ...(of.children ?? []).flatMap(all)]
			const why = all(entry.notRestoredReasons ?? {})
			return why.length ? why : ['masked']
		})()`)
		why = got
		return err == nil && got != nil
	})
	return why
}

func (tb *tab) screenshot() []byte {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		tb.t.Fatal(err)
	}
	return png
}

func (tb *tab) keepScreenshot() {
	dir := os.Getenv("AFTERIMAGE_SHOTS")
	if dir == "" || !tb.t.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(tb.ctx, 5*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return
	}
	_ = os.MkdirAll(dir, 0o755)
	_ = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(tb.t.Name(), "/", "_")+".png"), png, 0o644)
}

var builds sync.Map // package path to func() (string, error)

// binary builds a command of this module once and returns its path.
func binary(t *testing.T, pkg string) string {
	t.Helper()
	build, _ := builds.LoadOrStore(pkg, sync.OnceValues(func() (string, error) {
		out := filepath.Join(binDir, filepath.Base(pkg))
		// Without symbols it links in half the time.
		cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", out, pkg)
		if text, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build %s: %v\n%s", pkg, err, text)
		}
		return out, nil
	}))
	path, err := build.(func() (string, error))()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// server is a running command that printed `listening on`.
type server struct {
	t    *testing.T
	cmd  *exec.Cmd
	URL  string
	done chan struct{}
	mu   sync.Mutex
	out  strings.Builder
}

// startServer runs a command of ours and waits for its address.
func startServer(t *testing.T, bin string, args ...string) *server {
	t.Helper()
	s := &server{t: t, cmd: exec.Command(bin, args...), done: make(chan struct{})}
	s.cmd.Env = append(os.Environ(), "AWS_EC2_METADATA_DISABLED=true")
	pipe, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stderr = &lockedWriter{s: s}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	go func() {
		defer close(s.done)
		lines := bufio.NewScanner(pipe)
		for lines.Scan() {
			fmt.Fprintln(&lockedWriter{s: s}, lines.Text())
			if _, url, ok := strings.Cut(lines.Text(), "listening on "); ok {
				select {
				case address <- strings.TrimSpace(url):
				default:
				}
			}
		}
		_ = s.cmd.Wait() // its exit status is of no interest: tests kill it
	}()
	select {
	case s.URL = <-address:
	case <-s.done:
		t.Fatalf("%s ended before it listened:\n%s", filepath.Base(bin), s.output())
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		t.Fatalf("%s did not listen:\n%s", filepath.Base(bin), s.output())
	}
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			t.Logf("output of %s:\n%s", filepath.Base(bin), s.output())
		}
	})
	return s
}

type lockedWriter struct{ s *server }

func (w *lockedWriter) Write(b []byte) (int, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	return w.s.out.Write(b)
}

func (s *server) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

// kill ends the process as a crash would (kill -9).
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
}

// stop asks the process to end and waits.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(patience):
		s.kill()
	}
}

// run executes a command of ours and returns what it printed.
func run(t *testing.T, bin string, args ...string) string {
	t.Helper()
	cmd := exec.Command(bin, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", filepath.Base(bin), strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}

// serve answers on a loopback origin of its own until the test ends.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// addrs counts through ports below those that the kernel gives to connections and to servers that ask for any.
var addrs atomic.Uint32

func init() { addrs.Store(rand.Uint32N(10_000)) }

// freeAddr is a loopback address that a server can use, and use again when it has restarted.
func freeAddr(t *testing.T) string {
	t.Helper()
	for range 1000 {
		addr := fmt.Sprintf("127.0.0.1:%d", 20_000+addrs.Add(1)%10_000)
		l, err := net.Listen("tcp", addr)
		if err == nil {
			l.Close()
			return addr
		}
	}
	t.Fatal("of 1,000 ports from 20,000 to 30,000 none is free")
	return ""
}
