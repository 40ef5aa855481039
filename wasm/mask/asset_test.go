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
		{"a drawing", img, "src", "data:image/svg+xml,%3Csvg%3E%3Cpath d='M4111 1111 1111 1111'/%3E%3Ctext%3EJD%3C/text%3E%3C/svg%3E", "data:image/svg+xml,%3Csvg%3E%3Cpath d='M4111 1111 1111 1111'/%3E%3Ctext%3EJD%3C/text%3E%3C/svg%3E", nil},
		{"a drawing of a person", img, "src", "data:image/svg+xml;utf8,<svg><text>jane@example.com</text></svg>", "data:,", nil},
		{"a drawing of a person, escaped", img, "src", "DATA:image/SVG+xml,%3Csvg%3E%3Ctitle%3Eby jane&#x40;example&#46;com%3C/title%3E%3C/svg%3E", "data:,", nil},
		{"a drawing of a person in base64", allowed, "src", "data:image/svg+xml;charset=utf-8;base64,PHN2Zz48dGV4dD5qYW5lQGV4YW1wbGUuY29tPC90ZXh0Pjwvc3ZnPg==", "data:,", nil},
		{"a drawing of a person in a sheet", img, "style", "background:url(data:image/svg+xml,%3Csvg%3E%3Ctext%3Ejane@example.com%3C/text%3E%3C/svg%3E)", "background:url(\"data:,\")", nil},
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

// What builders call files is told from what names a person or opens something: the folder
// is one of a build, and a name stands before the hash.
func TestNamesOfBuiltFilesStay(t *testing.T) {
	for _, path := range []string{
		"/assets/logo-DkX9s2aB.svg",  // Vite, Rollup
		"/assets/index-B-a_kQ9z.png", // its hash may hold what parts words
		"/assets/inter-latin-400-normal-C38fXH4l.woff2",
		"/assets/logo-2KQ4X3ZP.svg",                               // esbuild
		"/static/media/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg", // webpack
		"/_next/static/media/hero.1a2b3c4d.webp",
		"/shop/_nuxt/hero.1a2b3c4d.webp",
		"../media/inter.0d4c8f1e.woff2",
		"/static/img/logo.55e7cbb9ba48.png",                                                 // Django
		"/assets/logo-3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea.png", // Sprockets
		"/media/logo-2KQ4X3ZP.svg",                                                          // Angular
		"https://cdn.shop.example/assets/logo-DkX9s2aB.svg",
	} {
		p := mask.New(mask.Balanced)
		img := mask.Element{Tag: mask.TagImage, Mode: mask.Shown}
		_, v, _ := p.Attr(img, []byte("src"), []byte(path))
		if got := string(v.Bytes()); got != path || !slices.Equal(shownBy(p), []string{path}) {
			t.Errorf("%s: text %q, assets %q", path, got, shownBy(p))
		}
		if at := strings.Index(path, "/"); at == 0 && !p.SafePath([]byte(path)) {
			t.Errorf("%s is not safe when it is made absolute", path)
		}
		img.Mode = mask.Masked
		if p.Reset(); true {
			p.Attr(img, []byte("src"), []byte(path))
		}
		if len(p.Shown()) != 0 {
			t.Errorf("%s: shown although masked", path)
		}
	}
	for _, path := range []string{
		"/img/logo-8f3a9c1b2d4e6f70.svg",                // no folder of a build
		"/assets/9f86d081884c7d659a2feaa0c55ad015.png",  // no name before the hash
		"/assets/users/logo-8f3a9c1b2d4e6f70.svg",       // below a word for persons
		"/assets/uploads/passport-8f3a9c1b2d4e6f70.png", // and for what visitors post
		"/static/avatars/a-8f3a9c1b2d4e6f70.png",
		"/media/passport_8f3a9c1b2d4e.jpg",
		"/media/passport-8f3a9c1b2d4e6f70.jpg",
		"/assets/photo-20241231.png", // a day
		"/assets/photo.20241231.png",
		"/assets/call-35315550.png",
		"/assets/call-353155501234567.png",
		"/assets/jane.doe.8f3a9c1b2d4e6f70.png",
		"/assets/jane@shop.example-8f3a9c1b2d4e6f70.png",
		"/assets/12345-8f3a9c1b2d4e6f70.png",
		"/assets/report-8f3a9c1b2d4e6f70.pdf",
		"/assets/page-8f3a9c1b2d4e6f70",
		"logo-8f3a9c1b2d4e6f70.svg",
		"/assets/a%20b-8f3a9c1b2d4e6f70.png",
		"/reset/assets/8f3a9c1b2d4e6f70/x.png",
		"/assets/logo-8f3a9c1b2d4e6f70.png?v=8f3a9c1b",
		"/assets/logo-8f3a9c1b2d4e6f70",
	} {
		p := mask.New(mask.Balanced)
		_, v, _ := p.Attr(mask.Element{Tag: mask.TagImage, Mode: mask.Shown}, []byte("src"), []byte(path))
		if got := string(v.Bytes()); got == path || len(p.Shown()) != 0 {
			t.Errorf("%s: text %q, assets %q", path, got, shownBy(p))
		}
	}
	p := mask.New(mask.Balanced)
	p.Typed(1, []byte("8f3a9c1b2d4e6f70"))
	_, v, _ := p.Attr(mask.Element{Tag: mask.TagImage, Mode: mask.Shown}, []byte("src"), []byte("/assets/logo-8f3a9c1b2d4e6f70.png"))
	if got := string(v.Bytes()); strings.Contains(got, "8f3a9c1b2d4e6f70") {
		t.Errorf("what was typed stands in an address: %q", got)
	}
}
