package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"slices"
	"testing"

	"afterimage/wasm/pack"
)

// coreBench is a module worker's script: it runs the shipped core over the ops that the
// page made from a real document and reports MB of page text a second.
const coreBench = `
onmessage = async (m) => {
  const { core, ints, text, rounds } = m.data
  const bytes = new TextEncoder().encode(text).length
  let best = Infinity, segment = 0, memory = 0
  for (let i = 0; i < rounds; i++) {
    const x = (await WebAssembly.instantiate(core, {})).instance.exports
    x._initialize()
    const at = x.core_in(ints.length, bytes) >>> 0
    if (!at) { postMessage({ error: 'no memory' }); return }
    new Int32Array(x.memory.buffer, at, ints.length).set(ints)
    new TextEncoder().encodeInto(text, new Uint8Array(x.memory.buffer, at + ints.length * 4, bytes))
    const start = performance.now()
    const status = x.core_apply(ints.length, bytes)
    const size = x.core_segment(1000)
    const took = performance.now() - start
    if (status !== 0) { postMessage({ error: 'status ' + status }); return }
    best = Math.min(best, took); segment = size; memory = x.memory.buffer.byteLength
  }
  postMessage({ ms: best, bytes, segment, memory })
}`

// TestBenchCore prints how fast the shipped core reads, masks, encodes and compresses a
// full snapshot in a worker of Chromium: MB of serialised page a second, best of five.
func TestBenchCore(t *testing.T) {
	wholeBrowser(t)
	if !*benchFlag {
		t.Log("not measured: a benchmark, run by make bench-core")
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/", siteHandler(func() string { return "" }))
	mux.HandleFunc("GET /core.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, coreBench)
	})
	files := map[string]string{"strict": "afterimage-core.wasm", "balanced": "afterimage-core-full.wasm"}
	for level, source := range files {
		module, err := pack.Unpacked(shippedCore(t, source))
		if err != nil {
			t.Fatal(err)
		}
		mux.HandleFunc("GET /"+level+".wasm", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/wasm")
			_, _ = w.Write(module)
		})
	}
	ops, err := os.ReadFile("bench/snapshot.js")
	if err != nil {
		t.Fatal(err)
	}
	tb := unitsTab(t)
	for level, source := range files {
		ms := eval[[]float64](tb, fmt.Sprintf(`(() => {
			const file = Uint8Array.from(atob(%q), (c) => c.charCodeAt(0))
			return [0, 1, 2, 3, 4].map(() => {
				const start = performance.now()
				units.unpack.unpack(file)
				return performance.now() - start
			})
		})()`, base64.StdEncoding.EncodeToString(shippedCore(t, source))))
		fmt.Printf("unpack   %-8s first %.0f ms, best of five %.0f ms\n", level, ms[0], slices.Min(ms))
	}
	page := serve(t, mux)
	for _, site := range realSites() {
		if site.name == "reveal" {
			continue // small, and it asks for files from elsewhere
		}
		for level, name := range []string{"strict", "balanced"} {
			tb := newTab(t)
			for _, a := range site.allow {
				tb.allow(a)
			}
			tb.open(page + site.path)
			tb.until(site.ready)
			tb.settle()
			type result struct {
				Error           string
				Ms              float64
				Bytes           int
				Segment, Memory int
				Nodes           int
			}
			got := eval[result](tb, fmt.Sprintf("%s\n(async () => { const batch = snapshotOps(document, %d); const core = await (await fetch('/%s.wasm')).arrayBuffer(); const w = new Worker('/core.js'); const r = await new Promise((done) => { w.onmessage = (m) => done(m.data); w.postMessage({ core, ints: batch.ints, text: batch.text, rounds: 5 }) }); return { ...r, nodes: batch.nodes } })()", bytes.TrimSpace(ops), level, name))
			if got.Error != "" {
				t.Fatalf("%s: %s", site.name, got.Error)
			}
			fmt.Printf("%-8s %-8s %7d nodes %6.2f MB  %7.1f ms  %5.1f MB/s  segment %7d B  memory %5.1f MB\n", site.name, name, got.Nodes, float64(got.Bytes)/1e6, got.Ms, float64(got.Bytes)/1e3/got.Ms, got.Segment, float64(got.Memory)/1e6)
			tb.close()
		}
	}
}
