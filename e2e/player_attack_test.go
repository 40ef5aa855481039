package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"afterimage/wasm/wire"
)

// Every attack of the corpus plays in Chromium without one request, script, navigation or
// refusal by a policy: what reaches the browser is inert already, and the frame's sandbox
// and policy, which would report, have nothing to do.
func TestPlayerAttacks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../wasm/view/testdata/attacks/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("corpus of attacks: %d files, %v", len(files), err)
	}
	f := &fixture{keys: true}
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p := newFixturePage(byte(i + 1))
		p.anchor(fixtureStartMs + int64(i)*1000)
		p.list(t, "other 2 1 0 \"html\" 10\nelement 3 1 2 \"html\" 0\nelement 4 3 0 \"head\" 0\nelement 5 3 4 \"body\" 0")
		p.op(wire.Op{Kind: wire.KindSnapshotEnd})
		p.atMs = 300
		if filepath.Base(file) != "numbers.txt" { // its clock jumps would move the others
			p.list(t, "%s", text)
		}
		p.atMs = 600
		p.list(t, "element 900 5 0 \"h1\" 0 \"id\"=\"survived\"\ntext 901 900 0 \"attack %d\"", i)
		p.flush()
		f.pages = append(f.pages, p)
	}
	base := f.serve(t)
	tb := newTab(t)
	tb.onNewDocument(`window.addEventListener('securitypolicyviolation', e => console.error('violation', e.violatedDirective, e.blockedURI))`)
	tb.open(base + "/embed/" + fixtureSession + "?bare=1")
	eval[bool](tb, "player.ready.then(() => true)")
	for i, file := range files {
		name := filepath.Base(file)
		for _, at := range []int64{0, 450, 999, 450, 700} {
			eval[bool](tb, seekTo(int64(i)*1000+at))
		}
		switch name {
		case "loops.txt", "numbers.txt": // these take the page itself apart
			continue
		}
		if got, want := eval[string](tb, "player.document.querySelector('#survived')?.textContent ?? 'gone'"), fmt.Sprintf("attack %d", i); got != want {
			t.Errorf("%s: got %q, want %q: the replay did not go on", name, got, want)
		}
	}
	// An entry without a name is of an address that is none.
	if got := eval[[]string](tb, "[performance, player.document.defaultView.performance].flatMap(p => p.getEntriesByType('resource')).map(e => e.name).filter(n => n && !n.startsWith(location.origin) && !n.startsWith('blob:' + location.origin))"); len(got) > 0 {
		t.Errorf("requests: got %q, want none to other hosts", got)
	}
	if got := eval[string](tb, "location.pathname"); got != "/embed/"+fixtureSession {
		t.Errorf("the player went to %s", got)
	}
}

// Were the decoder to fail, sandbox and policy hold by themselves: active content that is
// put into the frame by hand does nothing.
func TestPlayerFrameHolds(t *testing.T) {
	t.Parallel()
	base := shopRecording(t).serve(t)
	var asked atomic.Int32
	evil := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked.Add(1) }))
	tb := newTab(t)
	tb.open(base + "/embed/" + fixtureSession + "?bare=1")
	eval[bool](tb, "player.ready.then(() => true)")
	tb.allow("Refused to")
	tb.allow("Blocked script")
	tb.allow("violates the following")
	tb.allow("because the document's frame is sandboxed")
	eval[bool](tb, `(async () => {
		window.ran = []
		const d = player.document
		const hook = 'parent.ran.push(1)'
		const s = d.createElement('script'); s.textContent = hook; d.body.append(s)
		const i = d.createElement('img'); i.setAttribute('onerror', hook); i.src = '`+evil+`/x.gif'; d.body.append(i)
		const b = d.createElement('button'); b.setAttribute('onclick', hook); d.body.append(b); b.click()
		const f = d.createElement('iframe'); f.srcdoc = '<script>top.ran.push(1)</scr' + 'ipt>'; d.body.append(f)
		const a = d.createElement('a'); a.href = 'javascript:' + hook; d.body.append(a); a.click()
		const l = d.createElement('link'); l.rel = 'stylesheet'; l.href = '`+evil+`/x.css'; d.head.append(l)
		await new Promise(done => setTimeout(done, 300))
		return true
	})()`)
	if got := eval[int](tb, "ran.length"); got != 0 {
		t.Errorf("scripts that ran in the frame: got %d, want 0", got)
	}
	if got := asked.Load(); got != 0 {
		t.Errorf("requests that left the frame: got %d, want 0", got)
	}
	tb.open(evil)
	if asked.Load() == 0 {
		t.Error("the server does not see who asks: the check above says nothing")
	}
}
