package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// assetFiles are images and fonts that npm packages ship, under the names the page uses.
var assetFiles = map[string]string{
	"/img/meta.png":   "polished/docs/assets/meta.png",
	"/img/mark.png":   "polished/docs/assets/GitHub-Mark-Light-64px.png",
	"/img/small.png":  "swagger-ui-dist/favicon-16x16.png",
	"/img/large.png":  "swagger-ui-dist/favicon-32x32.png",
	"/img/arrows.png": "json-pointer/coverage/lcov-report/sort-arrow-sprite.png",
	"/img/late.png":   "polished/docs/favicon.png",
	"/assets/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg": "polished/docs/assets/logo.svg",
	"/img/box.svg":                              "webpack/lib/html/favicon.svg",
	"/fonts/gothic.woff":                        "reveal.js/css/theme/fonts/league-gothic/league-gothic.woff",
	"/fonts/code.woff2":                         "polished/docs/assets/fonts/WOFF2/TTF/SourceCodePro-Bold.ttf.woff2",
	"/fonts/unused.woff2":                       "polished/docs/assets/fonts/WOFF2/TTF/SourceCodePro-Regular.ttf.woff2",
	"/users/jane/face.png":                      "swagger-ui-dist/favicon-32x32.png",
	"/assets/uploads/face-8f3a9c1b2d4e6f70.png": "swagger-ui-dist/favicon-32x32.png",
}

const assetSheet = `@font-face { font-family: Gothic; src: url("../fonts/gothic.woff") format("woff") }
@font-face { font-family: Code; src: url("../fonts/code.woff2?v=2") format("woff2") }
@font-face { font-family: Unused; src: url("../fonts/unused.woff2") format("woff2") }
.never { background: url(../img/arrows.png) } #bg { width: 300px; height: 120px; background: #ace url(../img/meta.png) 0 0 / 200px auto }
h1 { font: 60px/1 Gothic; margin: 0 } pre { font: 30px/1 Code; margin: 0 }`

const assetBody = `<h1>Gothic headline</h1><pre>code 0123</pre><div id="bg"></div>
<img id="plain" src="img/meta.png" width="200"> <img id="set" srcset="img/small.png 1x, img/large.png 3x" src="img/large.png" alt="">
<picture><source srcset="img/box.svg" media="(max-width: 10px)"><img id="pic" src="img/mark.png?w=64" style="background:#333"></picture>
<svg width="200" height="80"><image id="vector" href="assets/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg" width="200" height="80"/></svg>
<div style="width:64px;height:64px;background:url('img/box.svg') center / contain no-repeat"></div><div id="late"></div>
<div id="own" style="position:absolute;top:700px"><img id="blob" width="40" height="40"><img id="person" src="/users/jane/face.png" width="40" height="40"><img src="/assets/uploads/face-8f3a9c1b2d4e6f70.png" width="40" height="40">
<img id="token" src="/img/mark.png?sig=8f3a2b9c" width="40" height="40"><span data-afterimage="mask"><img id="masked" src="img/small.png" width="40" height="40"></span></div>`

// assetSite serves the page and its files; hits counts requests by path.
type assetSite struct {
	mu     sync.Mutex
	hits   map[string]int
	origin string
}

func newAssetSite(t *testing.T, cache string, head func() string) *assetSite {
	t.Helper()
	s := &assetSite{hits: map[string]int{}}
	s.origin = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.hits[r.URL.RequestURI()]++
		s.mu.Unlock()
		w.Header().Set("Cache-Control", cache)
		switch file := assetFiles[r.URL.Path]; {
		case r.URL.Path == "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>assets</title><link rel="stylesheet" href="css/site.css">
<style>body { margin: 10px; font: 16px sans-serif }</style>%s</head><body>%s</body></html>`, head(), assetBody)
		case r.URL.Path == "/css/site.css":
			w.Header().Set("Content-Type", "text/css")
			fmt.Fprint(w, assetSheet)
		case file != "":
			b, err := os.ReadFile(filepath.Join("node_modules", filepath.FromSlash(file)))
			if err != nil {
				t.Errorf("%v\nhint: make deps", err)
			}
			if strings.HasSuffix(file, ".svg") {
				w.Header().Set("Content-Type", "image/svg+xml")
			}
			w.Write(b)
		default:
			http.NotFound(w, r)
		}
	}))
	return s
}

// all are the requests so far, by path and query.
func (s *assetSite) all() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.hits)
}

// assetOps lists the addresses of ops asset, as `replay cat` shows them.
func (c *collectorSite) assetOps(t *testing.T, session string) map[string]bool {
	t.Helper()
	got := map[string]bool{}
	for line := range strings.Lines(c.replay(t, "cat", session)) {
		if _, rest, ok := strings.Cut(line, `"op":"asset"`); ok {
			_, rest, _ = strings.Cut(rest, `"url":"`)
			url, _, _ := strings.Cut(rest, `"`)
			got[url] = true
		}
	}
	return got
}

// differing is how many pixels above y of two screenshots differ by more than 16 of 255.
func differing(t *testing.T, a, b []byte, y int) (n, of int) {
	t.Helper()
	var list [2]image.Image
	for i, data := range [][]byte{a, b} {
		m, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		list[i] = m
	}
	if list[0].Bounds() != list[1].Bounds() {
		t.Fatalf("screenshots of %v and %v", list[0].Bounds(), list[1].Bounds())
	}
	for py := range y {
		for px := range list[0].Bounds().Dx() {
			r, g, b, _ := list[0].At(px, py).RGBA()
			r2, g2, b2, _ := list[1].At(px, py).RGBA()
			of++
			for _, d := range []int{int(r) - int(r2), int(g) - int(g2), int(b) - int(b2)} {
				if d > 16<<8 || d < -(16<<8) {
					n++
					break
				}
			}
		}
	}
	return n, of
}

const waitForImages = `Promise.all([...document.images].filter((i) => i.src).map((i) => i.decode().catch(() => {}))).then(() => document.fonts.ready).then(() => true)`

// A balanced page's images and fonts are recorded once, over a collector that is killed, and
// shown in the replay pixel by pixel; what may be the visitor's own, or looks like a person or
// a token, stays a box.
func TestAssetsAreReplayed(t *testing.T) {
	t.Parallel()
	var c *collectorSite
	site := newAssetSite(t, "max-age=3600", func() string { return scriptTag(c, `data-privacy="balanced"`) })
	c = startCollectorFor(t, site.origin, "--privacy", "balanced")
	tb := record(t, site.origin, 900, 660, "WebSocket connection", "ERR_CONNECTION_REFUSED", "net::ERR")
	eval[any](tb, waitForImages)
	session := eval[string](tb, `afterimage.sessionId`)
	c.kill()
	eval[any](tb, `fetch("img/late.png").then((r) => r.blob()).then((b) => { document.getElementById("blob").src = URL.createObjectURL(b) }).then(() => {
		const late = new Image(); late.src = "img/late.png"; document.getElementById("late").append(late); return late.decode() })`)
	c.start(t)
	want := []string{"img/meta.png", "../img/meta.png", "img/small.png", "img/mark.png?w=64", "assets/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg", "img/box.svg", "../fonts/gothic.woff", "../fonts/code.woff2?v=2", "img/late.png"}
	got := map[string]bool{}
	waitFor(t, "ops asset of all that is shown", func() bool {
		eval[any](tb, `afterimage.flush()`)
		got = c.assetOps(t, session)
		for _, url := range want {
			if !got[url] {
				return false
			}
		}
		return true
	})
	if len(got) != len(want) {
		t.Errorf("assets %v, want %q and no others", got, want)
	}
	for address, n := range site.all() {
		if n > 1 && strings.Contains(address, "/img/") || n > 1 && strings.Contains(address, "/assets/") || n > 1 && strings.Contains(address, "/fonts/") {
			t.Errorf("%s was asked for %d times: the recorder reads from the cache", address, n)
		}
	}
	if all := site.all(); all["/fonts/unused.woff2"]+all["/img/arrows.png"]+all["/img/large.png"] != 0 {
		t.Error("what the page did not load was fetched")
	}
	eval[any](tb, waitForImages)
	recorded := tb.screenshot()
	eval[any](tb, `afterimage.stop({timeoutMs: 30000})`)

	// The collector's folder alone shows none of them: neither address nor content.
	heads := map[string][]byte{"an address": []byte("img/meta.png"), "a PNG": []byte("\x89PNG\r\n"), "a font": []byte("wOFF")}
	objects := 0
	err := filepath.WalkDir(c.Data, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasSuffix(path, ".afa") {
			objects++
		}
		b, err := os.ReadFile(path)
		for what, head := range heads {
			if bytes.Contains(b, head) {
				t.Errorf("%s holds %s in the clear", path, what)
			}
		}
		return err
	})
	if err != nil || objects == 0 || objects > len(want)-1 { // meta.png is one object of two addresses
		t.Errorf("%d objects of %d addresses, %v", objects, len(want), err)
	}

	rp := c.openReplay(t, session, 900, 660)
	eval[any](rp, `player.seek(player.startTime + player.duration)`)
	replayed := rp.screenshot()
	if n, of := differing(t, recorded, replayed, 640); n > of/2000 {
		t.Errorf("%d of %d pixels differ from the recorded page", n, of)
		if dir := os.Getenv("AFTERIMAGE_SHOTS"); dir != "" {
			os.WriteFile(filepath.Join(dir, "assets-recorded.png"), recorded, 0o644)
			os.WriteFile(filepath.Join(dir, "assets-replayed.png"), replayed, 0o644)
		}
	} else {
		t.Logf("%d of %d pixels differ", n, of)
	}
	kinds := eval[map[string]string](rp, `Object.fromEntries(["plain", "set", "pic", "vector", "blob", "person", "token", "masked"].map((id) => {
		const e = player.document.getElementById(id); return [id, (e.getAttribute("src") ?? e.getAttribute("href") ?? e.getAttribute("srcset") ?? "").split(":")[0]] }))`)
	for id, kind := range kinds {
		want := "blob"
		if id == "blob" || id == "person" || id == "token" || id == "masked" {
			want = "data" // the box
		}
		if kind != want {
			t.Errorf("#%s shows %q, want %s", id, kind, want)
		}
	}

	// Elsewhere, from a file.
	file := filepath.Join(t.TempDir(), "assets.afterimage")
	c.replay(t, "export", session, "--out", file)
	player := startServer(t, binary(t, "afterimage/replay"), "open", "--print", file, "--addr", "127.0.0.1:0")
	fp := newTab(t)
	fp.viewport(900, 660)
	fp.open(player.URL + "/embed/" + session + "?bare=1")
	fp.until(`window.player`)
	eval[any](fp, `player.ready`)
	eval[any](fp, `player.seek(player.startTime + player.duration)`)
	if n, of := differing(t, replayed, fp.screenshot(), 640); n > of/2000 {
		t.Errorf("%d of %d pixels differ when the recording is opened from a file", n, of)
	}
}

// The secret under which assets are named, which the collector could know a browser by, goes with the visitor id.
func TestSecretOfAssetsGoesWithTheVisitorID(t *testing.T) {
	t.Parallel()
	var c *collectorSite
	site := newAssetSite(t, "max-age=3600", func() string { return scriptTag(c, `data-privacy="balanced" data-visitor-days="30"`) })
	c = startCollectorFor(t, site.origin, "--privacy", "balanced")
	tb := newTab(t)
	told := func(session string) int { return strings.Count(c.replay(t, "cat", session), `"op":"asset"`) }
	var last string
	// secret is that of a page view after its worker has read it: before, the row is the last page view's.
	secret := func() string {
		t.Helper()
		before := 0
		if last != "" {
			// What the last page view has still to tell comes first.
			tb.open("about:blank")
			for n := -1; n != before; before = told(last) {
				n = before
				time.Sleep(2 * time.Second)
			}
		}
		tb.open(site.origin)
		tb.until("window.afterimage && " + isRecording)
		eval[any](tb, waitForImages)
		session := eval[string](tb, `afterimage.sessionId`)
		if session != last {
			before = 0
		}
		last = session
		waitFor(t, "an asset of this page view", func() bool {
			eval[any](tb, `afterimage.flush()`)
			return told(session) > before
		})
		return eval[string](tb, `new Promise((done) => { indexedDB.open('afterimage').onsuccess = ({ target: { result: db } }) => {
			db.transaction('views').objectStore('views').getAll().onsuccess = ({ target: { result } }) => {
				db.close()
				done(result.find((r) => r.id.startsWith('assets:'))?.secret.join() ?? '')
			} } })`)
	}
	first := secret()
	if first == "" {
		t.Fatal("the browser has no secret")
	}
	if again := secret(); again != first {
		t.Error("the same visitor has another secret with each page view: assets are sent again")
	}
	eval[any](tb, `(() => { const k = Object.keys(localStorage).find((k) => k.startsWith('afterimage.')), s = JSON.parse(localStorage[k]); s.t -= 31 * 86_400_000; localStorage[k] = JSON.stringify(s) })()`)
	if then := secret(); then == first {
		t.Error("the secret outlived the visitor id")
	}
}

// In strict nothing of assets is loaded, read, sent or stored.
func TestStrictPagesHaveNoAssets(t *testing.T) {
	t.Parallel()
	var c *collectorSite
	var endpoint string
	site := newAssetSite(t, "no-store", func() string {
		return fmt.Sprintf(`<script async src="%s/afterimage.js" data-site="%s"></script>`, endpoint, c.SiteKey)
	})
	c = startCollectorFor(t, site.origin, "--privacy", "balanced")
	m, proxied := startMeter(t, c.URL)
	endpoint = proxied
	tb := record(t, site.origin, 900, 660)
	eval[any](tb, waitForImages)
	eval[any](tb, `afterimage.flush()`)
	session := eval[string](tb, `afterimage.sessionId`)
	// Longer than the recorder of a balanced page would wait.
	eval[any](tb, `new Promise((done) => setTimeout(done, 3000))`)
	eval[any](tb, `afterimage.stop()`)
	if got := c.assetOps(t, session); len(got) != 0 {
		t.Errorf("ops asset: %v", got)
	}
	if _, err := os.Stat(filepath.Join(c.Data, "blobs", "assets")); !os.IsNotExist(err) {
		t.Errorf("the store has assets: %v", err)
	}
	for path := range m.down {
		if strings.Contains(path, "full") {
			t.Errorf("%s was loaded", path)
		}
	}
	if len(site.all()) < 10 {
		t.Errorf("the page asked for %v alone: the test shows little", site.all())
	}
	for address, n := range site.all() {
		if n > 1 {
			t.Errorf("%s was asked for %d times", address, n)
		}
	}
}
