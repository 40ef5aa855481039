//go:build !strict

package mirror

import (
	"fmt"
	"slices"
	"testing"

	"afterimage/wasm/wire"
)

// told is what the core lists, as "scope base url".
func told(c *Core) (out []string) {
	for b := c.Assets(); len(b) > 0; {
		n, m := int(b[4])|int(b[5])<<8, int(b[6])|int(b[7])<<8
		out = append(out, fmt.Sprintf("%d %s %s", u32(b), b[8:8+n], b[8+n:8+n+m]))
		b = b[8+n+m:]
	}
	return out
}

// assetPage has an image, an image of SVG, a linked sheet, a style element and an iframe
// with an image, a masked and a blocked one, and a constructed sheet.
func assetPage() *batch {
	return new(batch).
		op(opElement, 1, 0, 2, 0, "html", 0).
		op(opElement, 2, 0, 3, 0, "link", 2, "rel", "stylesheet", "href", "/css/main.css").
		op(opElement, 2, 3, 4, 0, "style", 0).op(opTextNode, 4, 0, 5, "p{background:url(bg.png)}").
		op(opElement, 2, 4, 6, 0, "img", 1, "src", "a.png").
		op(opElement, 2, 6, 7, 1, "svg", 0).op(opElement, 7, 0, 8, 1, "image", 1, "href", "v.svg").
		op(opElement, 2, 7, 9, 0, "img", 1, "src", "a.png"). // again
		op(opElement, 2, 9, 10, 0, "div", 1, "data-afterimage", "mask").
		op(opElement, 10, 0, 11, 0, "img", 2, "src", "masked.png", "srcset", "masked.png 2x").
		op(opElement, 2, 10, 12, 0, "iframe", 1, "src", "/frame").op(opFrame, 12, 13).
		op(opElement, 13, 0, 14, 0, "img", 1, "src", "framed.png").
		op(opElement, 13, 14, 15, 0, "img", 1, "src", "https://cdn.example/framed.png").
		op(opElement, 2, 12, 16, 0, "img", 1, "src", "/users/jane/photo.png").
		op(opSheet, 3, 0, "p{background:url(../img/sheet.png)}").
		op(opAdopted, 1, 1, 1).op(opSheet, 0, 1, "p{background:url(made.png)}").
		op(opElement, 2, 16, 17, 0, "div", 1, "data-afterimage", "allow").
		op(opElement, 17, 0, 18, 0, "img", 1, "src", "allowed.png").
		op(opElement, 17, 18, 19, 0, "div", 1, "data-afterimage", "block").
		op(opElement, 2, 17, 20, 0, "img", 1, "src", "blob:https://shop.example/1f").
		op(opSnapshotEnd)
}

func TestAssetsAreToldOnceWithWhatTheyAreRelativeTo(t *testing.T) {
	c := start(t, 1)
	must(t, c, assetPage())
	want := []string{"1  bg.png", "1  a.png", "1  v.svg", "0  https://cdn.example/framed.png",
		"3 /css/main.css ../img/sheet.png", "1  made.png", "1  allowed.png"}
	if got := told(c); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	must(t, c, new(batch).op(opAttr, 6, "src", "b.png").op(opAttr, 9, "src", "a.png").op(opAttr, 3, "href", "other/o.css").
		op(opRuleInsert, 3, 0, 0, "q{background:url(rule.png)}").op(opText, 5, "p{background:url(text.png)}"))
	if got, want := told(c), []string{"1  b.png", "3 other/o.css rule.png", "1  text.png"}; !slices.Equal(got, want) {
		t.Errorf("changes: got %q, want %q", got, want)
	}
	// A new epoch has new ids: all is told again.
	must(t, c, new(batch).op(opSnapshotBegin, 800, 600, 1000, 0, 0).op(opElement, 1, 0, 2, 0, "img", 1, "src", "a.png").op(opSnapshotEnd))
	if got, want := told(c), []string{"1  a.png"}; !slices.Equal(got, want) {
		t.Errorf("new epoch: got %q, want %q", got, want)
	}
}

// The wire's ids are not the bridge's behind a node that is not told.
func TestAssetsBehindWhatIsNotToldHaveTheIdOfTheWire(t *testing.T) {
	c := start(t, 1)
	must(t, c, new(batch).op(opElement, 1, 0, 2, 0, "html", 0).
		op(opElement, 2, 0, 3, 0, "div", 1, "data-afterimage", "block").op(opElement, 3, 0, 4, 0, "p", 0).op(opElement, 3, 4, 5, 0, "p", 0).
		op(opElement, 2, 3, 6, 0, "link", 2, "rel", "stylesheet", "href", "/css/main.css").
		op(opSheet, 6, 0, "p{background:url(sheet.png)}").op(opSnapshotEnd))
	p := newPage()
	p.read(t, c, 0)
	if n := p.nodes[4]; n == nil || n.name != "link" {
		t.Fatalf("the link is not node 4 of the wire: %s", p)
	}
	if got, want := told(c), []string{"4 /css/main.css sheet.png"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestStrictTellsOnlyWhatIsAllowed(t *testing.T) {
	c := start(t, 0)
	must(t, c, assetPage())
	if got, want := told(c), []string{"1  allowed.png"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAssetsAreBounded(t *testing.T) {
	c := start(t, 1)
	total := 0
	for i := range 3 * maxAssets {
		must(t, c, new(batch).op(opElement, 1, 0, 2+i, 0, "img", 1, "src", fmt.Sprintf("/img/%c%c%c.png", 'a'+i%26, 'a'+i/26%26, 'a'+i/676)))
		if i%100 == 0 {
			total += len(told(c))
		}
	}
	if total += len(told(c)); total != maxAssets {
		t.Errorf("told %d assets, want %d", total, maxAssets)
	}
}

func TestAssetOpIsWritten(t *testing.T) {
	c := start(t, 1)
	must(t, c, new(batch).op(opElement, 1, 0, 2, 0, "img", 1, "src", "a.png").op(opSnapshotEnd))
	want := wire.AppendAsset(nil, &wire.Asset{Scope: 1, URL: []byte("a.png"), Type: wire.AssetPNG, Bytes: 5})
	c.AddAsset(want)
	var dec wire.Decoder
	found := false
	for s := c.Segment(0); len(s) > 0; s = c.Segment(0) {
		if _, err := dec.ReadSegment(s, func(o *wire.Op) error {
			found = found || o.Kind == wire.KindAsset && string(o.Text) == string(want)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if !found {
		t.Error("the op is in no segment")
	}
	if c.SafePath([]byte("/users/jane/a.png")) || !c.SafePath([]byte("/img/a.png")) {
		t.Error("SafePath is not the mask's")
	}
}
