package e2e

import (
	"fmt"
	"testing"

	"afterimage/wasm/wire"
)

const shopCSS = `*{box-sizing:border-box}body{margin:0;font:16px/1.5 Georgia,serif;color:#222;background:#faf7f2}
header{display:flex;gap:24px;align-items:center;padding:16px 40px;background:#fff;border-bottom:1px solid #eee;position:sticky;top:0;z-index:2}
header b{font-size:22px;letter-spacing:-.5px}header input{flex:1;max-width:360px;padding:9px 14px;border:1px solid #ccc;border-radius:20px;font:15px sans-serif}
header input:focus{border-color:#c60;outline:3px solid #fc96}nav a{margin-right:16px;color:#744;text-decoration:none}nav a:hover{text-decoration:underline;color:#c60}
main{padding:32px 40px;display:grid;grid-template-columns:repeat(4,1fr);gap:24px}article{background:#fff;border:1px solid #eee;border-radius:10px;padding:14px;box-shadow:0 1px 3px #0001}
article h3{margin:10px 0 2px;font-size:17px}article img{border-radius:8px;display:block;max-width:100%}button{margin-top:8px;padding:8px 16px;border:0;border-radius:6px;background:#c60;color:#fff;font:600 14px sans-serif}
button:hover{background:#e80}.cart{position:fixed;right:0;top:0;bottom:0;width:360px;background:#fff;box-shadow:-8px 0 40px #0003;padding:24px;z-index:3}
@media (scripting: none){body{display:none}}`

// shopRecording is a visit of half a minute: typing, scrolling, clicks, a route, a gap-free
// second page view in the same tab.
func shopRecording(t *testing.T) *fixture {
	t.Helper()
	p := newFixturePage(1)
	p.anchor(fixtureStartMs)
	p.meta(map[int64]string{1: "https://shop.example/catalogue?sort=new", 3: "Kettle & Co", 5: "Chromium 156", 6: "Linux", 7: "desktop", 8: "1920x1080", 9: "en-GB", 10: "Europe/Berlin", 12: "light", 27: "1280x720"})
	p.html(t, 1, `<!DOCTYPE html><html lang="en"><head><title>Kettle</title><style>`+shopCSS+`</style><noscript>no script</noscript></head><body id="body">
<header><b>Kettle &amp; Co</b><input id="search" placeholder="Search 214 kettles"/><nav><a id="new" href="/new">New</a><a href="/sale">Sale</a><a href="/help">Help</a></nav></header>
<main id="main"></main></body></html>`)
	for i := range 16 {
		p.html(t, p.ids["main"], fmt.Sprintf(`<article id="a%d"><img id="i%d" alt="Kettle"/><h3>Stovetop kettle no. %d</h3><div>Enamel, %d litres</div><div><s>%d €</s> <b>%d €</b></div><button id="b%d">Add to basket</button></article>`, i, i, i+1, i%3+1, 60+i*7, 49+i*5, i))
		p.list(t, "box %d 250 180 0", p.ids[fmt.Sprintf("i%d", i)])
	}
	p.op(wire.Op{Kind: wire.KindSnapshotEnd})
	p.flush()
	points := func(from, to, x0, y0, x1, y1 int64) {
		for at := from; at < to; at += 1000 {
			end := min(at+1000, to)
			p.atMs = end
			o := wire.Op{Kind: wire.KindPointer, ID: p.ids["main"]}
			for m := at; m < end; m += 60 {
				f := float64(m-from) / float64(to-from)
				f = f * f * (3 - 2*f)
				o.Nums = append(o.Nums, end-m, x0+int64(f*float64(x1-x0)), y0+int64(f*float64(y1-y0)))
			}
			p.op(o)
			p.flush()
		}
	}
	points(300, 1800, 900, 640, 420, 38)
	s := p.ids["search"]
	p.list(t, "mouse %d 0 420 38 0 0\nmouse %d 1 420 38 0 0\nmouse %d 2 420 38 0 0\nfocus %d", s, s, s, s)
	for i := range 9 {
		p.atMs = 2200 + int64(i)*230
		p.list(t, "key %d 0\nvalue %d \"•••••••\"", s, s)
	}
	p.flush()
	points(4600, 6000, 420, 38, 640, 420)
	for i := range 14 {
		p.atMs = 6200 + int64(i)*60
		p.list(t, "scroll 1 0 %d", (i+1)*24)
	}
	p.flush()
	points(7200, 8600, 640, 420, 180, 300)
	b := p.ids["b4"]
	p.list(t, "mouse %d 0 100 316 0 0\nmouse %d 1 100 316 0 0\nmouse %d 2 100 316 0 0\nfocus 0", b, b, b)
	cart := p.html(t, p.ids["body"], `<div class="cart" id="cart"><h2>Your basket</h2><p>Stovetop kettle no. 5, 69 €</p><label><input type="checkbox" id="gift"/> It is a present</label><br/><button id="pay">Check out</button></div>`)
	p.flush()
	p.atMs = 9600
	p.list(t, "checked %d 1\nmouse %d 2 960 150 0 0", p.ids["gift"], p.ids["gift"])
	p.flush()
	p.atMs = 17400
	points(17400, 18400, 180, 300, 1000, 190)
	p.list(t, "mouse %d 2 985 190 0 0\nnavigate 0 \"https://shop.example/checkout\"", p.ids["pay"])
	p.list(t, "remove %d\nattr %d \"style\" \"background:#eef3fa\"", cart, p.ids["body"])
	p.flush()
	p.atMs = 19500
	p.list(t, `track "error" "{\"message\":\"payment frame did not load\"}"`)
	p.atMs = 20400
	p.list(t, "attr %d \"style\" \"outline:4px solid #c60\"\nvisibility 0", p.ids["a2"])
	p.flush()

	q := newFixturePage(2)
	q.anchor(fixtureStartMs + 22_000)
	q.meta(map[int64]string{1: "https://shop.example/thanks", 3: "Thank you", 5: "Chromium 156", 6: "Linux", 7: "desktop", 12: "light", 27: "1280x720"})
	q.html(t, 1, `<!DOCTYPE html><html><head><style>body{font:22px Georgia;display:grid;place-items:center;height:100vh;margin:0;background:#f2faf4}</style></head><body><h1 id="h">Thank you for your order</h1></body></html>`)
	q.op(wire.Op{Kind: wire.KindSnapshotEnd})
	q.flush()
	q.atMs = 5000
	q.list(t, "pointer %d 600 500 300\nleave", q.ids["h"])
	q.flush()
	return &fixture{pages: []*fixturePage{p, q}, keys: true, health: `{"site":"shopdemo","enabled":true,"refusals":[{"day":"2026-11-24","code":"origin","count":3,"lastAtMs":1795521600000},{"day":"2026-11-23","code":"origin","count":9,"lastAtMs":1795435200000},{"day":"2026-11-23","code":"too-large","count":1,"lastAtMs":1795424400000}]}`}
}
