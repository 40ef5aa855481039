package e2e

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

var enginesFlag = flag.Bool("engines", false, "record in Firefox and WebKit too (make engines)")

// engine drives one page of a browser that is not Chromium.
type engine interface {
	open(t *testing.T, url string)
	// eval waits for the expression's promise and decodes its JSON.
	eval(t *testing.T, expression string, into any)
	// perform runs action sequences (W3C WebDriver, section 15.7; WebDriver BiDi has the same).
	perform(t *testing.T, actions []map[string]any)
}

func waitPort(t *testing.T, addr string) {
	t.Helper()
	waitFor(t, addr+" to listen", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// command starts a program that ends with the test; its output is shown where that fails.
func command(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	out := &lockedWriter{s: &server{}}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v (sh e2e/deps.sh engines installs it)", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
		if t.Failed() {
			t.Logf("output of %s:\n%s", name, out.s.output())
		}
	})
}

// firefox speaks WebDriver BiDi (https://w3c.github.io/webdriver-bidi/).
type firefox struct {
	conn    *websocket.Conn
	context string
	id      int
}

func startFirefox(t *testing.T) engine {
	addr := freeAddr(t)
	_, port, _ := net.SplitHostPort(addr)
	command(t, nil, "firefox-esr", "--headless", "--no-remote", "--remote-debugging-port", port, "--profile", t.TempDir())
	waitPort(t, addr)
	conn, _, err := websocket.DefaultDialer.Dial("ws://"+addr+"/session", nil)
	if err != nil {
		t.Fatal(err)
	}
	f := &firefox{conn: conn}
	t.Cleanup(func() { conn.Close() })
	f.call(t, "session.new", map[string]any{"capabilities": map[string]any{}}, nil)
	var page struct{ Context string }
	f.call(t, "browsingContext.create", map[string]any{"type": "tab"}, &page)
	f.context = page.Context
	f.call(t, "browsingContext.setViewport", map[string]any{"context": f.context, "viewport": map[string]any{"width": 1000, "height": 700}}, nil)
	return f
}

func (f *firefox) call(t *testing.T, method string, params map[string]any, into any) {
	t.Helper()
	f.id++
	if err := f.conn.WriteJSON(map[string]any{"id": f.id, "method": method, "params": params}); err != nil {
		t.Fatal(err)
	}
	_ = f.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		var answer struct {
			ID             int
			Error, Message string
			Result         json.RawMessage
		}
		if err := f.conn.ReadJSON(&answer); err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		switch {
		case answer.ID != f.id: // an event
		case answer.Error != "":
			t.Fatalf("%s: %s: %s", method, answer.Error, answer.Message)
		case into != nil:
			if err := json.Unmarshal(answer.Result, into); err != nil {
				t.Fatalf("%s: %v", method, err)
			}
			return
		default:
			return
		}
	}
}

func (f *firefox) open(t *testing.T, url string) {
	t.Helper()
	f.call(t, "browsingContext.navigate", map[string]any{"context": f.context, "url": url, "wait": "complete"}, nil)
}

func (f *firefox) eval(t *testing.T, expression string, into any) {
	t.Helper()
	var answer struct {
		Type             string
		Result           struct{ Value string }
		ExceptionDetails struct{ Text string }
	}
	f.call(t, "script.evaluate", map[string]any{
		"expression": "(async () => JSON.stringify(await (" + expression + ")) ?? 'null')()", "target": map[string]any{"context": f.context}, "awaitPromise": true,
	}, &answer)
	if answer.Type != "success" {
		t.Fatalf("%s: %s", expression, answer.ExceptionDetails.Text)
	}
	if err := json.Unmarshal([]byte(answer.Result.Value), into); err != nil {
		t.Fatalf("%s: %q: %v", expression, answer.Result.Value, err)
	}
}

func (f *firefox) perform(t *testing.T, actions []map[string]any) {
	t.Helper()
	f.call(t, "input.performActions", map[string]any{"context": f.context, "actions": actions}, nil)
}

// webKit is WebKitGTK's own small browser, driven by WebDriver (https://www.w3.org/TR/webdriver2/).
type webKit struct{ session string }

func startWebKit(t *testing.T) engine {
	found, _ := filepath.Glob("/usr/lib/*/webkit2gtk-4.*/MiniBrowser") // the pattern is well formed
	if len(found) == 0 {
		t.Fatal("WebKitGTK's MiniBrowser is not installed (sh e2e/deps.sh engines installs it)")
	}
	display := fmt.Sprintf(":%d", 90+os.Getpid()%1000)
	command(t, nil, "Xvfb", display, "-screen", "0", "1280x1024x24", "-nolisten", "tcp")
	addr := freeAddr(t)
	host, port, _ := net.SplitHostPort(addr)
	// Its sandbox needs user namespaces, which containers do not give.
	command(t, []string{"DISPLAY=" + display, "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS=1", "GDK_BACKEND=x11", "LIBGL_ALWAYS_SOFTWARE=1"},
		"WebKitWebDriver", "--host="+host, "--port="+port)
	waitPort(t, addr)
	k := &webKit{session: "http://" + addr + "/session"}
	var made struct{ SessionID string }
	k.call(t, "", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"webkitgtk:browserOptions": map[string]any{"binary": found[0], "args": []string{"--automation"}},
	}}}, &made)
	k.session += "/" + made.SessionID
	t.Cleanup(func() {
		if end, err := http.NewRequest(http.MethodDelete, k.session, nil); err == nil {
			if answer, err := http.DefaultClient.Do(end); err == nil {
				answer.Body.Close()
			}
		}
	})
	k.call(t, "/timeouts", map[string]any{"script": patience.Milliseconds()}, nil)
	k.call(t, "/window/rect", map[string]any{"width": 1000, "height": 800}, nil)
	return k
}

func (k *webKit) call(t *testing.T, path string, body map[string]any, into any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(k.session+path, "application/json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, said)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(said, &struct{ Value any }{into}); err != nil {
		t.Fatalf("%s: %s: %v", path, said, err)
	}
}

func (k *webKit) open(t *testing.T, url string) {
	t.Helper()
	k.call(t, "/url", map[string]any{"url": url}, nil)
}

func (k *webKit) eval(t *testing.T, expression string, into any) {
	t.Helper()
	var answer []string
	k.call(t, "/execute/async", map[string]any{"args": []any{}, "script": "const done = arguments[0]; (async () => JSON.stringify(await (" +
		expression + ")) ?? 'null')().then((v) => done([v]), (e) => done(['', String(e)]))"}, &answer)
	if len(answer) != 1 {
		t.Fatalf("%s: %v", expression, answer)
	}
	if err := json.Unmarshal([]byte(answer[0]), into); err != nil {
		t.Fatalf("%s: %q: %v", expression, answer[0], err)
	}
}

func (k *webKit) perform(t *testing.T, actions []map[string]any) {
	t.Helper()
	k.call(t, "/actions", map[string]any{"actions": actions}, nil)
}

// clickOn clicks the middle of the first element that matches.
func clickOn(t *testing.T, e engine, selector string) {
	t.Helper()
	var at []float64
	e.eval(t, fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.scrollIntoView({block: 'nearest'}); const r = e.getBoundingClientRect(); return [Math.round(r.x + r.width / 2), Math.round(r.y + r.height / 2)] })()`, selector), &at)
	move := map[string]any{"type": "pointerMove", "x": int(at[0]), "y": int(at[1]), "duration": 50}
	e.perform(t, []map[string]any{{"type": "pointer", "id": "mouse", "parameters": map[string]any{"pointerType": "mouse"}, "actions": []any{
		move, map[string]any{"type": "pointerDown", "button": 0}, map[string]any{"type": "pointerUp", "button": 0},
	}}})
}

// typeWith clicks a field and types.
func typeWith(t *testing.T, e engine, selector, text string) {
	t.Helper()
	clickOn(t, e, selector)
	var keys []any
	for _, r := range text {
		keys = append(keys, map[string]any{"type": "keyDown", "value": string(r)}, map[string]any{"type": "keyUp", "value": string(r)})
	}
	e.perform(t, []map[string]any{{"type": "key", "id": "keys", "actions": keys}})
}

// The recorder in the two other engines: what is recorded there is replayed as it was (in
// Chromium, whose boxes differ by its fonts), typed text stays in the page, and the click that
// leads away arrives, although the worker ends with its page.
func TestEngines(t *testing.T) {
	if !*enginesFlag {
		t.Log("not run: needs Firefox and WebKitGTK, which make engines installs")
		return
	}
	for name, start := range map[string]func(*testing.T) engine{"firefox": startFirefox, "webkit": startWebKit} {
		t.Run(name, func(t *testing.T) {
			e := start(t)
			for _, level := range []string{"strict", "balanced"} {
				t.Run(level, func(t *testing.T) { recordIn(t, e, level) })
			}
		})
	}
}

func recordIn(t *testing.T, e engine, level string) {
	var c *collectorSite
	origin := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path == "/next" {
			fmt.Fprint(w, "<!doctype html><title>next</title><p>gone on")
			return
		}
		fmt.Fprintf(w, shopOfTests, scriptTag(c, `data-privacy="`+level+`"`))
	}))
	c = startCollectorFor(t, origin, "--privacy", "balanced")
	e.open(t, origin)
	var state map[string]string
	waitFor(t, "a recording", func() bool {
		e.eval(t, `({phase: window.afterimage ? afterimage.state.phase : 'idle', reason: String(window.afterimage?.state.reason), agent: navigator.userAgent})`, &state)
		return state["phase"] != "idle" && state["phase"] != "starting"
	})
	t.Log(state)
	if state["phase"] != "recording" {
		t.Fatalf("the recorder's state is %v", state)
	}
	clickOn(t, e, "#add")
	typeWith(t, e, "#name", "Grace")
	typeWith(t, e, "#secret", "hunter22")
	typeWith(t, e, "#note", "nobody may read this")
	clickOn(t, e, "#open")
	clickOn(t, e, "#add")
	var nothing any
	e.eval(t, `(document.getElementById('colour').selectedIndex = 2, document.getElementById('colour').dispatchEvent(new Event('change', {bubbles: true})), document.getElementById("list").scrollTop = 333, scrollTo(0, 150), new Promise((done) => setTimeout(done, 400)))`, &nothing)
	var recorded, session, typed string
	e.eval(t, `document.getElementById('name').value + ' ' + document.getElementById('secret').value + ' ' + document.getElementById('note').value + ' ' + document.getElementById('count').textContent`, &typed)
	if want := "Grace hunter22 nobody may read this 2 in the cart"; typed != want {
		t.Fatalf("the page holds %q, want %q", typed, want)
	}
	e.eval(t, describeScript+`, describe(document)`, &recorded)
	e.eval(t, `afterimage.sessionId`, &session)
	var flushed map[string]float64
	e.eval(t, `afterimage.flush()`, &flushed)
	if flushed["pending"] != 0 {
		t.Fatalf("flush left %v segments unacknowledged", flushed["pending"])
	}
	// A click that leads away: to a page of the same origin that records nothing.
	e.eval(t, `(document.getElementById('add').onclick = () => { location.href = '/next' }, 0)`, &nothing)
	clicks := c.count(t, session)["click"]
	clickOn(t, e, "#add")
	waitFor(t, "the click that leads away", func() bool { return c.count(t, session)["click"] > clicks })

	c.checkWholeAndMasked(t, session)
	ops := c.count(t, session)
	t.Log(ops)
	for op, least := range map[string]int{"click": 7, "activity": 1, "pointer": 1, "scroll": 2, "focus": 3, "navigate": 2, "shadowRoot": 1, "meta": 1} {
		if ops[op] < least {
			t.Errorf("%d ops %s, want at least %d", ops[op], op, least)
		}
	}
	rp := c.openReplay(t, session, 1000, 700)
	eval[any](rp, `player.seek(player.startTime !== undefined ? player.startTime + player.duration : player.currentTime + player.duration)`)
	l := compare(t, parseDescribed(t, recorded), describe(rp, "player.document"))
	t.Logf("%s: %s", level, l)
	if level == "balanced" && l.text != l.elements {
		t.Errorf("text differs:%s", l.differences())
	}
	if l.form != l.elements || l.scroll < l.elements {
		t.Errorf("form state or scroll differs:%s", l.differences())
	}
}

// count is how many ops of each name, or of each kind of op mouse, a session has.
func (c *collectorSite) count(t *testing.T, session string) map[string]int {
	t.Helper()
	ops := map[string]int{}
	for _, ev := range c.events(t, session) {
		if ev.Op == "mouse" {
			ev.Op = fmt.Sprint(ev.Kind)
		}
		ops[ev.Op]++
	}
	return ops
}
