package mirror

import (
	"maps"
	"slices"
	"testing"

	"afterimage/wasm/mask"
)

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func TestTreeIsMaskedByLevel(t *testing.T) {
	const html = `<html lang="en"><head><title>Jane's cart</title></head><body class="page"><p data-u="zanthorpe" title="Hi">Hello &amp; bye 3</p><input value="abc"></body></html>`
	shape := []int32{shapeHTML | 8, shapeHTML | 8, shapeHTML | 8, shapeText, shapeHTML | 8 | 2<<4, shapeHTML | 8, shapeText, shapeHTML | 1<<4}
	for _, c := range []struct {
		name  string
		level int
		want  string
	}{
		{"strict masks all text", 0, `<html lang="en"><head><title>xxxxxxx xxxx</title></head><body class="page"><p data-m1="x" title="xx">xxxx x xxxx x</p><input value="••••••"></input></body></html>`},
		{"balanced shows text and masks inputs", 1, `<html lang="en"><head><title>Jane's cart</title></head><body class="page"><p data-u="x" title="Hi">Hello & bye 3</p><input value="••••••"></input></body></html>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			core := start(t, c.level)
			must(t, core, new(batch).tree(1, 0, 2, 8, nil, nil, shape, html).op(opSnapshotEnd))
			p := newPage()
			p.read(t, core, 0)
			if got := p.String(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if len(core.Resend()) != 0 {
				t.Errorf("resend: got %v, want none", core.Resend())
			}
		})
	}
}

func init() { mask.WithDetection() }
