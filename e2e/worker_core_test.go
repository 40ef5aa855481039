package e2e

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"afterimage/jsbridge"
	"afterimage/wasm/pack"
	"afterimage/wasm/wire"
)

// recorderCore is the core that we ship, in its packed form.
func recorderCore(t *testing.T) []byte { return shippedCore(t, "afterimage-core.wasm") }

func shippedCore(t *testing.T, source string) []byte {
	t.Helper()
	a, ok := jsbridge.Assets().Get(jsbridge.Assets().Resolve(source))
	if !ok {
		t.Fatalf("jsbridge/dist has no %s: run make build", source)
	}
	raw, err := a.Raw()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// The worker restores, to the byte, the module that wasm/pack says is in a packed file: the two
// readers agree, on the shipped cores and on code that neither takes for what it is.
func TestWorkerUnpacksTheCore(t *testing.T) {
	t.Parallel()
	tb := unitsTab(t)
	noise := make([]byte, 20_000)
	random := rand.New(rand.NewPCG(7, 7))
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	// One code section of 20,000 = 0x4e20 bytes.
	packed, err := pack.Packed(append([]byte("\x00asm\x01\x00\x00\x00\x0a\xa0\x9c\x01"), noise...))
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{
		"strict": shippedCore(t, "afterimage-core.wasm"), "full": shippedCore(t, "afterimage-core-full.wasm"), "noise": packed,
	} {
		module, err := pack.Unpacked(file)
		if err != nil {
			t.Fatal(err)
		}
		got := eval[string](tb, fmt.Sprintf(`(async () => {
			const module = units.unpack.unpack(Uint8Array.from(atob(%q), (c) => c.charCodeAt(0)))
			return units.bytes.toBase64(new Uint8Array(await crypto.subtle.digest('SHA-256', module)))
		})()`, base64.StdEncoding.EncodeToString(file)))
		sum := sha256.Sum256(module)
		if want := base64.RawURLEncoding.EncodeToString(sum[:]); got != want {
			t.Errorf("%s: a module with SHA-256 %s, want %s", name, got, want)
		}
	}
}

// ops opens and decodes everything that arrived of the rig's page view, one line an op.
func (g *workerRig) ops() (list []string) {
	g.t.Helper()
	var d wire.Decoder
	for i, plain := range g.up.plain(g.keys, g.view) {
		if _, err := d.ReadSegment(plain, func(op *wire.Op) error {
			list = append(list, strings.TrimSpace(fmt.Sprintf("%d %s %s %v", op.Kind, op.Name, op.Text, op.Nums)))
			return nil
		}); err != nil {
			g.t.Fatalf("segment %d: %v", i, err)
		}
	}
	return list
}

// The shipped core in the worker: ops go in, what the collector got decodes to them.
func TestWorkerHostsTheRealCore(t *testing.T) {
	t.Parallel()
	for _, kind := range workerKinds {
		t.Run(kind, func(t *testing.T) {
			g := newWorkerRig(t)
			g.page.core = recorderCore(t)
			g.config = g.page.config(g.up.url(), g.keys.settings(nil), g.view, nil)
			g.begin(kind)
			waitFor(t, "the anchor", func() bool {
				g.flush()
				return slices.ContainsFunc(g.ops(), func(line string) bool { return strings.HasPrefix(line, fmt.Sprint(wire.KindAnchor, " ")) })
			})
			g.track(0, 3)
			g.flush()
			g.run(`r.snap()`)
			g.track(3, 5)
			if got := g.flush(); got.Pending != 0 {
				t.Errorf("flush answers %+v, want nothing pending", got)
			}
			count := map[wire.Kind]int{}
			var names []string
			ops := g.ops()
			for _, line := range ops {
				var kind wire.Kind
				var name string
				fmt.Sscan(line, &kind, &name)
				count[kind]++
				if kind == wire.KindTrack {
					names = append(names, name)
				}
			}
			if want := []string{"e0", "e1", "e2", "e3", "e4"}; !slices.Equal(names, want) {
				t.Errorf("tracked %q, want %q", names, want)
			}
			if count[wire.KindSnapshotBegin] != 2 || count[wire.KindElement] != 4 || count[wire.KindAnchor] != 2 {
				t.Errorf("%d snapshots, %d elements, %d anchors, want 2, 4, and an anchor in each epoch\n%s",
					count[wire.KindSnapshotBegin], count[wire.KindElement], count[wire.KindAnchor], strings.Join(ops, "\n"))
			}
			if t.Failed() {
				t.Logf("the worker said: %s", eval[string](g.tab, `JSON.stringify(r.log)`))
			}
		})
	}
}

// The shipped core refuses what its protocol does not know, and nothing leaves.
func TestRealCoreFailsClosed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, ops, status string }{
		{"an op of no protocol", `[[250]]`, "status -1"},
		{"an op that is too long", `[[10, 1, 5]]`, "status -2"},
		{"a node that never was", `[[10, 99]]`, "status -4"},
		{"a snapshot before hello", ``, "status -7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newWorkerRig(t)
			g.page.core = recorderCore(t)
			g.config = g.page.config(g.up.url(), g.keys.settings(nil), g.view, nil)
			if c.ops == "" {
				eval[any](g.tab, fmt.Sprintf(`globalThis.r = rec('dedicated', %s); r.snap(); 0`, g.config))
			} else {
				g.begin("dedicated")
				g.run(`r.track(0); r.send('ops', ` + c.ops + `)`)
			}
			if got := g.failure(); got.Code != "op" || !strings.HasSuffix(got.Reason, c.status) {
				t.Errorf("got %+v, want code op with %s", got, c.status)
			}
			g.nothingSent()
		})
	}
}
