package view_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"afterimage/wasm/view"
	"afterimage/wasm/view/oplist"
	"afterimage/wasm/wire"
)

const assetView = "0123456789abcdef0123456789abcdef"

// assetSession decodes a page and then, in a segment of their own, its assets.
func assetSession(t *testing.T, page string, list ...wire.Asset) *view.Session {
	t.Helper()
	ops, err := oplist.Parse(attackPreamble + page)
	if err != nil {
		t.Fatal(err)
	}
	var enc wire.Encoder
	enc.BeginEpoch(1)
	for i := range ops {
		enc.Append(&ops[i])
	}
	s := view.NewSession()
	if err := s.AddSegment(assetView, 0, enc.AppendSegment(nil)); err != nil {
		t.Fatal(err)
	}
	s.SeekTo(0) // shown without assets, which come late
	for i := range list {
		list[i].ID, list[i].Key, list[i].Bytes = [16]byte{byte(i)}, [16]byte{byte(i), 1}, 10
		if list[i].Type == 0 {
			list[i].Type = wire.AssetPNG
		}
		enc.AppendSkippable(wire.KindAsset, wire.AppendAsset(nil, &list[i]))
	}
	if err := s.AddSegment(assetView, 1, enc.AppendSegment(nil)); err != nil {
		t.Fatal(err)
	}
	return s
}

func asset(scope uint32, url string) wire.Asset { return wire.Asset{Scope: scope, URL: []byte(url)} }

var assetName = regexp.MustCompile(`afterimage-asset:[0-9]+`)

func TestAssetsStandWhereTheirAddressDoes(t *testing.T) {
	tests := []struct {
		name, page string
		assets     []wire.Asset
		want       []string // in the order of the patches' text
	}{
		{"src of an image", `element 6 5 0 "img" 0 "src"="a.png"`, []wire.Asset{asset(1, "a.png")}, []string{"0"}},
		{"another address has none", `element 6 5 0 "img" 0 "src"="b.png"`, []wire.Asset{asset(1, "a.png")}, nil},
		{"srcset: the candidates that were loaded", `element 6 5 0 "img" 0 "src"="s.png" "srcset"="a.png 1x, b.png 2x,c.png , d.png 9q, e.png"`,
			[]wire.Asset{asset(1, "b.png"), asset(1, "d.png"), asset(1, "e.png")}, []string{"0", "2"}},
		{"sources of a picture", "element 6 5 0 \"picture\" 0\nelement 7 6 0 \"source\" 0 \"srcset\"=\"w.webp\"\nelement 8 6 7 \"img\" 0 \"src\"=\"f.png\"",
			[]wire.Asset{asset(1, "f.png"), asset(1, "w.webp")}, []string{"1", "0"}},
		{"an image of SVG", "element 6 5 0 \"svg\" 1\nelement 7 6 0 \"image\" 1 \"href\"=\"a.png\"", []wire.Asset{asset(1, "a.png")}, []string{"0"}},
		{"style attribute", `element 6 5 0 "p" 0 "style"="background:url(a.png)"`, []wire.Asset{asset(1, "a.png")}, []string{"0"}},
		{"a sheet of a link has its own base", "element 6 4 0 \"link\" 0\nsheet 6 0 \"p{background:url(a.png)}\"\nelement 7 5 0 \"img\" 0 \"src\"=\"a.png\"",
			[]wire.Asset{asset(1, "a.png"), asset(6, "a.png")}, []string{"0", "1"}},
		{"an absolute address everywhere", "element 6 4 0 \"link\" 0\nsheet 6 0 \"p{background:url(https://x.test/a.png)}\"",
			[]wire.Asset{asset(0, "https://x.test/a.png")}, []string{"0"}},
		{"a font", "element 6 4 0 \"style\" 0\ntext 7 6 0 \"@font-face{src:url('f.woff2') format('woff2')}\"",
			[]wire.Asset{asset(1, "f.woff2")}, []string{"0"}},
		{"a document in a frame has another base", "element 6 5 0 \"iframe\" 0\nframeDocument 7 6 0\nelement 8 7 0 \"html\" 0\nelement 9 8 0 \"img\" 0 \"src\"=\"a.png\"",
			[]wire.Asset{asset(1, "a.png")}, nil},
		{"the later op about an address counts", `element 6 5 0 "img" 0 "src"="a.png"`, []wire.Asset{asset(1, "a.png"), asset(1, "a.png")}, []string{"1"}},
		{"a recording cannot name assets itself", `element 6 5 0 "img" 0 "src"="afterimage-asset:0" "style"="background:url(afterimage-asset:0)"`,
			[]wire.Asset{asset(1, "x.png")}, nil},
		{"nor where nothing is shown", "element 6 5 0 \"script\" 0 \"src\"=\"a.png\"\nelement 7 5 6 \"iframe\" 0 \"src\"=\"a.png\"\nelement 8 5 7 \"link\" 0 \"href\"=\"a.png\"\nelement 9 5 8 \"a\" 0 \"href\"=\"a.png\"",
			[]wire.Asset{asset(1, "a.png")}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := assetSession(t, test.page, test.assets...)
			var got []string
			for _, name := range assetName.FindAllString(string(s.SeekTo(0).Text), -1) {
				got = append(got, strings.TrimPrefix(name, view.AssetPrefix))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got assets %v, want %v", got, test.want)
			}
			if html := s.HTML(0); assetName.MatchString(html) && !strings.Contains(test.page, "afterimage-asset") {
				t.Errorf("the HTML names an asset: %s", html)
			}
			if list := s.Assets(); len(list) != len(test.assets) || list[0].PageView != assetView || list[0].ID != "00000000000000000000000000000000" || list[0].Key != [16]byte{0, 1} {
				t.Errorf("assets %+v", list)
			}
		})
	}
}

func TestAssetsOfANodeEndWithTheEpoch(t *testing.T) {
	s := assetSession(t, "element 6 4 0 \"link\" 0\nsheet 6 0 \"p{background:url(a.png)}\"", asset(6, "a.png"))
	var enc wire.Encoder
	enc.BeginEpoch(2)
	ops, err := oplist.Parse(attackPreamble + "element 6 4 0 \"link\" 0\nsheet 6 0 \"p{background:url(a.png)}\"\nsnapshotEnd")
	if err != nil {
		t.Fatal(err)
	}
	for i := range ops {
		ops[i].AtMs = 1000
		enc.Append(&ops[i])
	}
	if err := s.AddSegment(assetView, 2, enc.AppendSegment(nil)); err != nil {
		t.Fatal(err)
	}
	if text := string(s.SeekTo(1000).Text); assetName.MatchString(text) || !strings.Contains(text, "data:,") {
		t.Errorf("node 6 of another epoch shows the asset: %s", text)
	}
}

func TestBrokenAssetsAreCounted(t *testing.T) {
	s := view.NewSession()
	var enc wire.Encoder
	enc.AppendSkippable(wire.KindAsset, []byte("short"))
	if err := s.AddSegment(assetView, 0, enc.AppendSegment(nil)); err != nil {
		t.Fatal(err)
	}
	if list := s.Problems(); len(list) != 1 || len(s.Assets()) != 0 {
		t.Errorf("problems %v, assets %v", list, s.Assets())
	}
}
