package e2e

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"afterimage/collector/demo/dist"
	"afterimage/jsbridge"
	"afterimage/jsbridge/asset"
	ui "afterimage/replay/dist"
	"afterimage/wasm/pack"
)

// The customer fixed the top level of the tree.
func TestTopLevelHoldsOnlyTheFixedNames(t *testing.T) {
	out, err := exec.Command("git", "-C", "..", "ls-tree", "--name-only", "HEAD").Output()
	if err != nil {
		t.Fatalf("git ls-tree: %v", err)
	}
	fixed := []string{"wasm", "collector", "replay", "jsbridge", "e2e", "go.mod", "go.sum", "Makefile", "README.md"}
	names := strings.Fields(string(out))
	if len(names) == 0 {
		t.Fatal("git ls-tree names nothing")
	}
	for _, name := range names {
		if !slices.Contains(fixed, name) && !strings.HasPrefix(name, ".") && name != "LICENSE" {
			t.Errorf("top level has %q, which the customer did not fix", name)
		}
	}
	for _, name := range fixed {
		if !slices.Contains(names, name) {
			t.Errorf("top level lacks %q", name)
		}
	}
}

// Every script, style and page that we serve went through the minifier, and every asset is
// smaller as brotli than it was.
func TestEveryServedAssetIsMinifiedAndCompressed(t *testing.T) {
	for name, set := range map[string]*asset.Set{"recorder": jsbridge.Assets(), "ui": ui.Assets(), "demo": dist.Assets()} {
		entries := set.Entries()
		if len(entries) == 0 {
			t.Errorf("%s: no assets", name)
		}
		for _, e := range entries {
			mediaType, _, _ := strings.Cut(e.ContentType, ";")
			switch mediaType {
			case "text/javascript", "text/css", "text/html":
				if e.Minifier != "tdewolff/minify/v2" {
					t.Errorf("%s: %s did not go through the minifier", name, e.Name)
				}
				if e.RawBytes >= e.SourceBytes {
					t.Errorf("%s: %s has %d bytes minified, %d in source", name, e.Name, e.RawBytes, e.SourceBytes)
				}
			}
			a, _ := set.Get(e.Name)
			raw, err := a.Raw()
			if err != nil {
				t.Errorf("%s: %s: brotli: %v", name, e.Name, err)
			}
			if len(raw) != e.RawBytes {
				t.Errorf("%s: %s decompresses to %d bytes, manifest says %d", name, e.Name, len(raw), e.RawBytes)
			}
			plain := len(raw)
			if module, err := pack.Unpacked(raw); err == nil {
				plain = len(module) // packed: brotli finds nothing more
			}
			if e.BrBytes >= plain {
				t.Errorf("%s: %s: brotli has %d bytes, raw %d", name, e.Name, e.BrBytes, plain)
			}
		}
	}
}
