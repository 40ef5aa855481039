//go:build !strict

package mask

import (
	"strings"
	"testing"
)

func TestDataURLsAfterTheVisitorGaveData(t *testing.T) {
	const image = "data:image/png;base64,iVBORw0KGgo="
	p := New(Balanced)
	for _, c := range []struct {
		posted bool
		mode   Mode
		want   string
	}{
		{false, Shown, image},
		{true, Shown, "data:,"},
		{true, Allowed, image},
	} {
		p.Posted = c.posted
		p.Reset()
		if got := string(p.URL([]byte(image), c.mode).Bytes()); got != c.want {
			t.Errorf("posted %v, mode %v: got %q, want %q", c.posted, c.mode, got, c.want)
		}
		style := "background: url(" + image + ")"
		if got := string(p.CSS([]byte("p{"+style+"}"), c.mode).Bytes()); (c.want == image) != strings.Contains(got, image) {
			t.Errorf("posted %v, mode %v: sheet %q", c.posted, c.mode, got)
		}
	}
}

// What one op may hold of pictures leaves room for what else it says: those beyond it are boxes.
func TestDataURLsOfAnOpAreBounded(t *testing.T) {
	picture := func(n int) string {
		const head = "data:image/png;base64,"
		return head + strings.Repeat("A", n-len(head)+len("data:"))
	}
	const half = maxPictures / 2
	p := New(Balanced)
	for _, c := range []struct {
		name  string
		sizes []int
		kept  []bool
	}{
		{"one that fits", []int{maxPictures}, []bool{true}},
		{"one that does not", []int{maxPictures + 1}, []bool{false}},
		{"three, of which two fit", []int{half, half, half}, []bool{true, true, false}},
		{"a small one behind a large one", []int{maxPictures + 1, half}, []bool{false, true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.Reset()
			for i, size := range c.sizes {
				want := picture(size)
				if !c.kept[i] {
					want = "data:,"
				}
				_, v, _ := p.Attr(Element{Mode: Shown, Tag: p.TagOf([]byte("img"))}, []byte("src"), []byte(picture(size)))
				if got := string(v.Bytes()); got != want {
					t.Errorf("picture %d: %d bytes are sent, want %d", i, len(got), len(want))
				}
			}
		})
	}
}

func TestTransformOfLongDecimalsStaysOne(t *testing.T) {
	p := New(Balanced)
	const value = "matrix(0.70710678, 0.70710678, -0.70710678, 0.70710678, 0, 0)"
	_, v, _ := p.Attr(Element{Mode: Shown}, []byte("transform"), []byte(value))
	if got := string(v.Bytes()); !strings.HasPrefix(got, "matrix(") || !strings.HasSuffix(got, ")") {
		t.Errorf("got %q, want a transform", got)
	}
}
