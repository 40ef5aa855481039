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

func TestTransformOfLongDecimalsStaysOne(t *testing.T) {
	p := New(Balanced)
	const value = "matrix(0.70710678, 0.70710678, -0.70710678, 0.70710678, 0, 0)"
	_, v, _ := p.Attr(Element{Mode: Shown}, []byte("transform"), []byte(value))
	if got := string(v.Bytes()); !strings.HasPrefix(got, "matrix(") || !strings.HasSuffix(got, ")") {
		t.Errorf("got %q, want a transform", got)
	}
}
