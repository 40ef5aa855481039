package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const replayCanary = "zanzibar-4471"

// replayPage is a page with the script of the collector at addr, set before it is opened.
func replayPage(t *testing.T) (origin string, set func(addr, siteKey string)) {
	t.Helper()
	var html string
	origin = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, html)
	}))
	return origin, func(addr, siteKey string) {
		html = fmt.Sprintf(`<!doctype html><html><head><title>orders</title>
<script async src="http://%s/afterimage.js" data-site="%s"></script></head>
<body><h1 data-afterimage="allow">Orders of today</h1><form><input id="mail" name="email"><input id="pw" type="password"></form>
<ul id="list" data-afterimage="allow"></ul></body></html>`, addr, siteKey)
	}
}

// visit records a short visit and returns the session's id.
func visit(t *testing.T, url string) string {
	t.Helper()
	tb := newTab(t)
	tb.open(url)
	tb.until(`window.afterimage && afterimage.state.phase === "recording"`)
	tb.do(chromedp.SendKeys("#mail", replayCanary), chromedp.SendKeys("#pw", replayCanary))
	eval[any](tb, `(() => { const li = document.createElement("li"); li.textContent = "order three"; list.append(li) })()`)
	eval[any](tb, `afterimage.flush()`)
	session := eval[string](tb, `afterimage.sessionId`)
	tb.close()
	return session
}

// replayFails runs replay, wants it to fail, and returns what it says.
func replayFails(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(binary(t, "afterimage/replay"), args...).CombinedOutput()
	if err == nil {
		t.Fatalf("replay %s: no error\n%s", args[0], out)
	}
	return string(out)
}

func TestReplayReadsWhatAPageSent(t *testing.T) {
	t.Parallel()
	origin, set := replayPage(t)
	c := startCollectorFor(t, origin)
	set(c.Addr, c.SiteKey)
	session := visit(t, origin)

	// While the collector runs, through its socket.
	if list := c.replay(t, "list", "--full"); !strings.Contains(list, session) {
		t.Fatalf("list: got %s, want %s in it", list, session)
	}
	live := c.replay(t, "cat", session[:10])
	for _, want := range []string{"Orders of today", "order three", `"op":"snapshotBegin"`, `"op":"activity"`, `"key":"entryUrl"`} {
		if !strings.Contains(live, want) {
			t.Errorf("cat: %q is not in it\n%s", want, live)
		}
	}
	raw := c.replay(t, "cat", "--raw", session)
	for name, text := range map[string]string{"cat": live, "cat --raw": raw} {
		if strings.Contains(text, replayCanary) {
			t.Errorf("%s holds what was typed", name)
		}
	}
	if report := c.replay(t, "verify", session, "--no-gaps"); !strings.Contains(report, "whole: chain unbroken, no gaps") {
		t.Errorf("verify: got %s", report)
	}

	// After kill -9, directly.
	c.kill()
	if direct := c.replay(t, "cat", session); !strings.HasPrefix(direct, live) && direct != live {
		t.Error("cat without the collector: got other events than through its socket")
	}
	file := filepath.Join(t.TempDir(), "visit.afterimage")
	c.replay(t, "export", session, "--out", file)
	if elsewhere := run(t, binary(t, "afterimage/replay"), "cat", file, "--data", t.TempDir()); elsewhere != c.replay(t, "cat", session) {
		t.Error("cat of the exported file: got other events")
	}
	watchFile(t, file, session)
}

// watchFile opens the file in the player and looks at the replayed document.
func watchFile(t *testing.T, file, session string) {
	t.Helper()
	player := startServer(t, binary(t, "afterimage/replay"), "open", "--print", file, "--addr", "127.0.0.1:0")
	tb := newTab(t)
	tb.open(player.URL + "/embed/" + session + "?bare=1")
	tb.until(`window.player`)
	eval[any](tb, `player.ready`)
	eval[any](tb, `player.seek(player.startTime + player.duration)`)
	text := eval[string](tb, `player.document.body.textContent`)
	for _, want := range []string{"Orders of today", "order three"} {
		if !strings.Contains(text, want) {
			t.Errorf("replayed document: got %q, want %q in it", text, want)
		}
	}
}

func TestReplayOpensAHeldSiteWithTheOwnersKeyAlone(t *testing.T) {
	t.Parallel()
	bin := binary(t, "afterimage/replay")
	keyDir := t.TempDir()
	run(t, bin, "key", "new", "--site", "ownersite", "--dir", keyDir)
	key := filepath.Join(keyDir, "ownersite.sealing.pem")
	origin, set := replayPage(t)
	c := startCollectorFor(t, origin, "--custody", "held", "--settings", filepath.Join(keyDir, "ownersite.settings.json"))
	set(c.Addr, c.SiteKey)
	session := visit(t, origin)

	said := replayFails(t, "cat", session, "--data", c.Data, "--keys", c.Keys)
	if !strings.Contains(said, "ownersite") || !strings.Contains(said, "hint: ") || !strings.Contains(said, "--key FILE") {
		t.Errorf("without the key: got %q, want the site and the hint", said)
	}
	if events := c.replay(t, "cat", session, "--key", key); !strings.Contains(events, "Orders of today") || strings.Contains(events, replayCanary) {
		t.Error("with the key: the page is not in it, or what was typed is")
	}
	file := filepath.Join(t.TempDir(), "visit.afterimage")
	c.replay(t, "export", session, "--sealed", "--out", file)
	replayFails(t, "cat", file)
	if events := run(t, bin, "cat", file, "--key", key); !strings.Contains(events, "Orders of today") {
		t.Error("sealed file with the key: the page is not in it")
	}
	// Nothing on the collector's side holds the owner's key or a content key.
	secret, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	body := bytes.Split(secret, []byte("\n"))[2]
	err = filepath.WalkDir(filepath.Dir(c.Data), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if b, err := os.ReadFile(path); err == nil && bytes.Contains(b, body) {
			t.Errorf("%s holds the private key", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
