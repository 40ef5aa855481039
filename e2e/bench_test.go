package e2e

import (
	"flag"
	"io"
	"net/http"
	"path/filepath"
	"strings"
)

// Benchmarks run only when they are asked for (make bench-record, bench-wire): they take
// minutes, and their figures are to be read, not asserted.
var benchFlag = flag.Bool("bench", false, "run the benchmarks of this package")

var benchRuns = flag.Int("runs", 5, "interleaved runs of each benchmark")

// benchHandler serves the bench pages, the peers from npm, and a sink for their uploads.
func benchHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /bench/", http.StripPrefix("/bench/", http.FileServer(http.Dir("bench"))))
	mux.HandleFunc("GET /npm/", func(w http.ResponseWriter, r *http.Request) {
		name := filepath.Join("node_modules", filepath.FromSlash(filepath.Clean(strings.TrimPrefix(r.URL.Path, "/npm"))))
		if strings.HasSuffix(name, ".cjs") {
			w.Header().Set("Content-Type", "text/javascript") // Go's table has no .cjs
		}
		http.ServeFile(w, r, name)
	})
	mux.HandleFunc("POST /bench/sink", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}
