package e2e

import (
	"net/http"
	"strings"
	"testing"

	"afterimage/jsbridge"
)

// Who serves what the entry loads cannot give it other bytes: from another origin each of them is
// checked against the hash that the entry, or what the entry has checked, holds.
func TestScriptsOfOtherBytesDoNotRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ source, attrs string }{
		{"afterimage-worker.js", ""},
		{"afterimage-core.wasm", ""},
		{"afterimage-more.js", `data-privacy="balanced"`},
		{"afterimage-recorder.js", `data-privacy="balanced"`},
		{"afterimage-worker-full.js", `data-privacy="balanced"`},
		{"afterimage-core-full.wasm", `data-privacy="balanced"`},
	} {
		for _, changed := range []bool{false, true} {
			t.Run(c.source+map[bool]string{false: " as it is", true: " with a blank more"}[changed], func(t *testing.T) {
				t.Parallel()
				g := newRightsRig(t, true, c.attrs)
				path, served := chunkPath(t, c.source), make(chan struct{}, 10)
				asset, _ := jsbridge.Assets().Get(strings.TrimPrefix(path, "/"))
				bytes, err := asset.Raw()
				if err != nil {
					t.Fatal(err)
				}
				if changed {
					bytes = append(bytes, ' ')
				}
				g.instead[path] = func(w http.ResponseWriter, r *http.Request) {
					served <- struct{}{}
					w.Header().Set("Access-Control-Allow-Origin", "*")
					w.Header().Set("Content-Type", asset.ContentType)
					_, _ = w.Write(bytes)
				}
				tb := newTab(t)
				tb.allow("integrity")
				g.visit(tb, map[bool]string{false: "recording", true: "refused"}[changed])
				if len(served) == 0 {
					t.Error("nothing asked for it")
				}
				if requests := strings.Join(g.requests(), " "); changed && strings.Contains(requests, "/v1/ws") {
					t.Errorf("requests: %s", requests)
				}
			})
		}
	}
}
