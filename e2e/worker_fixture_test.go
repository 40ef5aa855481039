package e2e

import (
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/js"
)

// bundled holds what bundleScript made, by what it was made from: func() ([]byte, error).
var bundled sync.Map

// bundleScript bundles and minifies a TypeScript file of the repository as the build does.
func bundleScript(t *testing.T, entry string, defines map[string]string) []byte {
	t.Helper()
	bundle, _ := bundled.LoadOrStore(fmt.Sprint(entry, defines), sync.OnceValues(func() ([]byte, error) { return bundleNow(entry, defines) }))
	script, err := bundle.(func() ([]byte, error))()
	if err != nil {
		t.Fatal(err)
	}
	return script
}

func bundleNow(entry string, defines map[string]string) ([]byte, error) {
	all := map[string]string{"__FULL__": "false", "__CORE_NAME__": `""`, "__NEXT_NAME__": `""`, "__NEXT_HASH__": `""`, "__FULL_WORKER_NAME__": `""`, "__FULL_WORKER_HASH__": `""`, "__LEAN__": "false"}
	maps.Copy(all, defines)
	mangle := "[^_]_$"
	if strings.Contains(entry, "worker/testing/") {
		mangle = "" // tests call what they load by its names
	}
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{entry}, Bundle: true, Format: api.FormatIIFE, Target: api.ES2022, Platform: api.PlatformBrowser,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, MangleProps: mangle, Define: all, Outfile: "out.js",
	})
	if len(result.Errors) > 0 {
		return nil, fmt.Errorf("bundle %s: %s", entry, strings.Join(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}), ""))
	}
	m := minify.New()
	m.Add("text/javascript", &js.Minifier{Version: 2022})
	script, err := m.Bytes("text/javascript", result.OutputFiles[0].Contents)
	if err != nil {
		return nil, fmt.Errorf("minify %s: %w", entry, err)
	}
	return script, nil
}

const (
	workerSite    = "testsite1"
	workerSession = "00112233445566778899aabbccddeeff"
)

// siteKeys is the sealing key pair of the site under test.
type siteKeys struct {
	private hpke.PrivateKey
	public  []byte // raw point
}

func newSiteKeys(t *testing.T) siteKeys {
	t.Helper()
	private, err := hpke.DHKEM(ecdh.P256()).GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return siteKeys{private, private.PublicKey().Bytes()}
}

// settings is the answer of a managed site's settings endpoint.
func (k siteKeys) settings(extra map[string]any) string {
	payload := map[string]any{"v": 1, "site": workerSite, "custody": "managed", "settingsVersion": 1, "sealingKey": base64.RawURLEncoding.EncodeToString(k.public)}
	for name, value := range extra {
		payload[name] = value
	}
	text, err := json.Marshal(payload)
	if err != nil {
		panic(err) // maps of texts and numbers
	}
	return string(text)
}

func randomHex(t *testing.T) string {
	t.Helper()
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(b)
}

// workerPage serves an otherwise empty page with what a bridge needs to drive the worker.
type workerPage struct {
	URL  string
	core []byte
	csp  string // of the worker's own response
}

func newWorkerPage(t *testing.T, core []byte) *workerPage {
	t.Helper()
	script := bundleScript(t, "../jsbridge/worker/main.ts", nil)
	units := bundleScript(t, "../jsbridge/worker/testing/units.ts", nil)
	p := &workerPage{core: core}
	p.URL = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		send := func(contentType string, body []byte) {
			w.Header().Set("Content-Type", contentType)
			_, _ = w.Write(body)
		}
		switch r.URL.Path {
		case "/worker.js":
			if p.csp != "" {
				w.Header().Set("Content-Security-Policy", p.csp)
			}
			send("text/javascript", script)
		case "/units.js":
			send("text/javascript", units)
		case "/core.wasm":
			send("application/wasm", p.core)
		case "/", "/other", "/units":
			html := `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>page</title><script>` + workerDriver + `</script><a id="link" href="/other">other</a>`
			if r.URL.Path == "/units" {
				html += `<script src="/units.js"></script>`
			}
			send("text/html; charset=utf-8", []byte(html))
		default:
			http.NotFound(w, r)
		}
	}))
	return p
}

func (p *workerPage) coreHash() string {
	sum := sha256.Sum256(p.core)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// config is the start message's config for a page view by the names of its items, as JSON.
func (p *workerPage) config(endpoint, settings, pageView string, extra map[string]any) string {
	config := map[string]any{
		"protocolVersion": 1, "endpoint": endpoint, "paths": map[string]any{}, "coreUrl": p.URL + "/core.wasm", "coreHash": p.coreHash(),

		"siteKey": "m." + workerSite, "settings": map[string]any{"payload": settings},
		"view": map[string]any{"id": pageView, "session": workerSession, "tab": strings.Repeat("7", 32), "consentVersion": ""}, "visitorKey": "",
	}
	for name, value := range extra {
		config[name] = value
	}
	text, err := json.Marshal(config)
	if err != nil {
		panic(err) // maps of texts and numbers
	}
	return string(text)
}

// workerDriver plays the bridge: `rec(kind, config)` starts a worker and collects what it
// says; `track(i)` sends one op `track` with the name e<i>; the first batch has hello and a
// snapshot of an empty document.
const workerDriver = `
function batch(ops) { // [[op, ...args]], strings where the protocol has s
  const ints = []; let text = '';
  for (const [op, ...args] of ops) {
    ints.push(op | (args.length + 1) << 8);
    for (const a of args) if (typeof a === 'string') { ints.push(a.length); text += a + '\0'; } else ints.push(a === null ? -1 : a);
  }
  return { ints: Int32Array.from(ints).buffer, text };
}
// What the outbox holds of a page view: the numbers of its segments.
async function stored(view) {
  const get = (r) => new Promise((resolve, reject) => { r.onsuccess = () => resolve(r.result); r.onerror = () => reject(r.error); });
  if (!(await indexedDB.databases()).some((d) => d.name === 'afterimage')) return [];
  const db = await get(indexedDB.open('afterimage'));
  const keys = await get(db.transaction('segments').objectStore('segments').getAllKeys(IDBKeyRange.bound([view], [view, []])));
  db.close();
  return keys.map((k) => k[1]);
}
const beginning = [[1, 1, 0, 0, 0], [2, 0], [4, 800, 600, 1000, 0, 0], [9, 1, 0, 2, 10, 'html'], [7, 1, 2, 3, 0, 'html', 0], [7, 3, 0, 4, 0, 'body', 0], [5]];
const snapshot = beginning.slice(2);
function rec(kind, config) {
  const log = [];
  const full = { ...config, startEpochMs: Date.now(), startMonotonicMs: performance.timeOrigin + performance.now() };
  let port;
  if (kind === 'shared') port = new SharedWorker('/worker.js', { name: config.view.id, extendedLifetime: true }).port;
  else port = new Worker('/worker.js');
  const began = performance.now();
  let waiting = []; // as the bridge, it says nothing before the first answer
  const post = (m, transfer = []) => { waiting ? waiting.push([m, transfer]) : port.postMessage(m, transfer); };
  const r = {
    log, port,
    has: (t) => log.some((m) => m.t === t),
    last: (t) => log.filter((m) => m.t === t).at(-1),
    send(t, ops, transfer) { const b = batch(ops); post({ t, ...b }, [b.ints]); },
    now: () => Math.round(performance.now() - began),
    begin() { r.send('ops', beginning); },
    snap() { r.send('ops', [[2, r.now()], ...snapshot]); },
    track(i) { r.send('ops', [[2, r.now()], [37, 'e' + i, '{}']]); },
    leave(i, t = 'leave') { r.send(t, [[2, r.now()], ...(i === undefined ? [] : [[37, 'e' + i, '{}']]), [30]]); },
    ask(t, extra) { const id = Math.random(); post({ t, id, timeoutMs: 10000, ...extra });
      return new Promise((resolve) => { const poll = () => { const m = log.find((m) => m.t === 'flushed' && m.id === id); m ? resolve(m) : setTimeout(poll, 5); }; poll(); }); },
  };
  r.big = (bytes) => r.send('ops', [[2, r.now()], [37, 'x'.repeat(bytes), '{}']]);
  port.onmessage = (e) => { log.push(e.data); const held = waiting ?? []; waiting = undefined; for (const [m, transfer] of held) port.postMessage(m, transfer); if (e.data.t === 'snapshot') r.snap(); };
  port.postMessage({ t: 'start', config: ['protocolVersion', 'endpoint', 'paths', 'siteKey', 'settings', 'view', 'visitorKey', 'startEpochMs', 'startMonotonicMs', 'coreUrl', 'coreHash'].map((name) => full[name]) });
  return r;
}
`

func sum(b []byte) []byte {
	hash := sha256.Sum256(b)
	return hash[:]
}

// toJSON writes a value as a JavaScript expression.
func toJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts, numbers, and lists and maps of them
	}
	return string(text)
}
