package main

import (
	"bytes"
	"testing"

	"afterimage/jsbridge"
	"afterimage/wasm/pack"

	"github.com/andybalholm/brotli"
)

// shipped gives the packed file of a core in jsbridge/dist.
func shipped(t *testing.T, source string) []byte {
	t.Helper()
	a, ok := jsbridge.Assets().Get(jsbridge.Assets().Resolve(source))
	if !ok {
		t.Fatalf("jsbridge/dist has no %s: run make build", source)
	}
	file, err := a.Raw()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// What we ship is packed by this code, comes out whole, and is smaller than brotli makes it
// by the share that pays for the reader in the worker.
func TestShippedCoresArePacked(t *testing.T) {
	for _, source := range []string{"afterimage-core.wasm", "afterimage-core-full.wasm"} {
		file := shipped(t, source)
		module, err := pack.Unpacked(file)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		if again, err := pack.Packed(module); err != nil || !bytes.Equal(again, file) {
			t.Errorf("%s: packed anew it has other bytes (%v): run make build", source, err)
		}
		var br bytes.Buffer
		w := brotli.NewWriterLevel(&br, brotli.BestCompression)
		_, _ = w.Write(module)
		_ = w.Close()
		t.Logf("%s: %d bytes, %d by brotli, %d packed", source, len(module), br.Len(), len(file))
		if len(file)*100 > br.Len()*84 {
			t.Errorf("%s: %d bytes packed, %d by brotli: more than 84 %%", source, len(file), br.Len())
		}
	}
}
