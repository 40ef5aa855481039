package e2e

import (
	"bytes"
	"testing"

	"github.com/andybalholm/brotli"
)

// maxWorkerBytes is what the worker script may cost a visitor, as brotli. A tenth of it restores the core, which is a fifth smaller for it.
const maxWorkerBytes = 7_460

func TestWorkerScriptIsSmall(t *testing.T) {
	script := bundleScript(t, "../jsbridge/worker/main.ts", nil)
	var br bytes.Buffer
	w := brotli.NewWriterOptions(&br, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: 22})
	if _, err := w.Write(script); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("worker script: %d bytes minified, %d as brotli", len(script), br.Len())
	if br.Len() > maxWorkerBytes {
		t.Errorf("worker script has %d bytes as brotli, want at most %d", br.Len(), maxWorkerBytes)
	}
}
