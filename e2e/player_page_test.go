package e2e

import (
	"testing"

	"afterimage/wasm/wire"
)

// What a document is made of besides elements and text, as the browser ends up with it.
func TestPlayerDocumentParts(t *testing.T) {
	t.Parallel()
	p := newFixturePage(1)
	p.anchor(fixtureStartMs)
	p.html(t, 1, `<!DOCTYPE html><html><head><link id="css" media="screen"/><style id="st">p{color:rgb(1,2,3)} [type=number]{width:123px;box-sizing:border-box} #light{display:block;width:90px}</style></head><body id="body"><p id="p">text</p>
<x-card id="card"><i id="light"></i></x-card><iframe id="frame"></iframe><svg id="svg" viewBox="0 0 10 10"><linearGradient id="g"></linearGradient><rect id="rect" fill="url(#g)"></rect></svg>
<select id="sel"><option>a</option><option>b</option><option>c</option></select><textarea id="area">x</textarea><canvas id="canvas"></canvas><dialog id="dialog">hi</dialog>
<div id="scroller" style="height:50px;overflow:auto;scroll-behavior:smooth"><div style="height:500px">tall</div></div><div id="blocked"></div><input id="num" type="number" class="n"/><input id="date" type="date"/><form id="form"><input name="setAttribute"/><input name="parentNode"/></form></body></html>`)
	id := func(name string) uint32 { return p.ids[name] }
	root, frame := uint32(5000), uint32(5001)
	p.list(t, "shadowRoot %d %d 0", root, id("card"))
	p.list(t, "element 5002 %d 0 \"b\" 0 \"id\"=\"inner\"\ntext 5003 5002 0 \"in the shadow\"", root)
	p.list(t, "frameDocument %d %d", frame, id("frame"))
	p.list(t, "other 5010 %d 0 \"html\" 10\nelement 5011 %d 5010 \"html\" 0\nelement 5012 5011 0 \"body\" 0 \"style\"=\"height:3000px\"\nelement 5013 5012 0 \"i\" 0\ntext 5014 5013 0 \"framed\"", frame, frame)
	p.list(t, "sheet %d 0 \"#p{font-size:33px}\"\nsheet 0 7 \"b{color:rgb(9,9,9)}\"\nadopted %d 7\nruleInsert %d 0 1 \"p{margin-left:77px}\"", id("css"), root, id("st"))
	p.list(t, "selected %d 2\nvalue %d \"••••\"\nbox %d 120 40 0\nbox %d 200 30 1\nscroll %d 0 120\nscroll %d 0 60", id("sel"), id("area"), id("canvas"), id("blocked"), id("scroller"), frame)
	p.list(t, "value %d \"•••\"\nvalue %d \"••\"\nelement 5100 %d 0 \"iframe\" 3 \"id\"=\"other\"", id("num"), id("date"), id("body"))
	p.op(wire.Op{Kind: wire.KindSnapshotEnd})
	p.flush()
	p.atMs = 1000
	p.list(t, "value %d \"\"", id("num"))
	p.list(t, "dialogState %d 1\nruleDelete %d 0 1\nattr %d \"class\" \"still\"", id("dialog"), id("st"), id("form"))
	p.flush()
	p.atMs = 2000
	p.list(t, "move %d %d 0\nmove %d %d 0\nmove %d %d 0", id("frame"), id("body"), id("st"), id("body"), id("card"), id("body"))
	p.flush()
	p.atMs = 3000
	p.list(t, "remove %d\nremove %d", root, frame)
	p.flush()
	base := (&fixture{pages: []*fixturePage{p}, keys: true}).serve(t)
	tb := newTab(t)
	tb.open(base + "/embed/" + fixtureSession + "?bare=1")
	eval[bool](tb, "player.ready.then(() => true)")
	const q = "player.document.querySelector"
	const css = "player.document.defaultView.getComputedStyle"
	tests := []struct {
		name, expression, want string
		atMs                   int64
	}{
		{"a link's sheet applies", css + "(" + q + "('#p')).fontSize", "33px", 500},
		{"a style's text applies", css + "(" + q + "('#p')).color", "rgb(1, 2, 3)", 500},
		{"an inserted rule applies", css + "(" + q + "('#p')).marginLeft", "77px", 500},
		{"a deleted rule does not", css + "(" + q + "('#p')).marginLeft", "0px", 1500},
		{"back: it applies again", css + "(" + q + "('#p')).marginLeft", "77px", 600},
		{"shadow root", q + "('#card').shadowRoot.querySelector('b').textContent", "in the shadow", 500},
		{"adopted sheet", css + "(" + q + "('#card').shadowRoot.querySelector('b')).color", "rgb(9, 9, 9)", 500},
		{"framed document", q + "('#frame').contentDocument.querySelector('i').textContent", "framed", 500},
		{"framed document is in standards mode", q + "('#frame').contentDocument.compatMode", "CSS1Compat", 500},
		{"framed document is scrolled", "String(" + q + "('#frame').contentDocument.scrollingElement.scrollTop)", "60", 500},
		{"frame has no more rights than the page", q + "('#frame').getAttribute('sandbox')", "allow-same-origin", 500},
		{"SVG namespace", q + "('#rect').namespaceURI", "http://www.w3.org/2000/svg", 500},
		{"SVG attribute keeps its case", q + "('#svg').getAttribute('viewBox')", "0 0 10 10", 500},
		{"a local paint server stays", q + "('#rect').getAttribute('fill')", `url("#g")`, 500},
		{"select", q + "('#sel').value", "c", 500},
		{"textarea", q + "('#area').value", "••••", 500},
		{"canvas has its size", "(r => r.width + 'x' + r.height)(" + q + "('#canvas').getBoundingClientRect())", "120x40", 500},
		{"blocked element has its size", "(r => r.width + 'x' + r.height)(" + q + "('#blocked').getBoundingClientRect())", "200x30", 500},
		{"container is scrolled", "String(" + q + "('#scroller').scrollTop)", "120", 500},
		{"dialog is closed", "String(" + q + "('#dialog').open)", "false", 500},
		{"dialog is modal", "String(" + q + "('#dialog').matches(':modal'))", "true", 1500},
		{"a form with names of DOM methods in it", q + "('#form').className", "still", 1500},
		{"a moved frame keeps its document", q + "('#frame').contentDocument.querySelector('i').textContent", "framed", 2500},
		{"a moved frame keeps its scroll offset", "String(" + q + "('#frame').contentDocument.scrollingElement.scrollTop)", "60", 2500},
		{"a moved shadow host keeps its root", q + "('#card').shadowRoot.querySelector('b').textContent", "in the shadow", 2500},
		{"back before the moves, with the rule of the moved style", css + "(" + q + "('#p')).marginLeft", "77px", 900},
		{"a number is masked, not empty", q + "('#num').value", "•••", 500},
		{"a field of numbers keeps its look", css + "(" + q + "('#num')).width", "123px", 500},
		{"emptied, it is a field of numbers again", q + "('#num').type + " + q + "('#num').value + " + q + "('#num').style.width", "number", 1500},
		{"a date is masked, not empty", q + "('#date').value", "••", 1500},
		{"back: the number is masked again", q + "('#num').value", "•••", 600},
		{"a frame of another namespace has no more rights either", q + "('#other').getAttribute('sandbox')", "allow-same-origin", 500},
		{"a removed shadow root shows the host's children", "String(" + q + "('#card').shadowRoot.querySelector('b')) + " + q + "('#light').getBoundingClientRect().width", "null90", 3500},
		{"a removed framed document leaves a blank one", "String(" + q + "('#frame').contentDocument.querySelector('i'))", "null", 3500},
		{"back: the shadow root is there", q + "('#card').shadowRoot.querySelector('b').textContent", "in the shadow", 2500},
		{"back: the framed document is there", q + "('#frame').contentDocument.querySelector('i').textContent", "framed", 2500},
		{"nothing was put beside the recorded nodes", "String(" + q + "('head').querySelectorAll(':scope > *').length)", "2", 500},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			eval[bool](tb, seekTo(test.atMs))
			if got := eval[string](tb, test.expression); got != test.want {
				t.Errorf("at %d ms: got %q, want %q", test.atMs, got, test.want)
			}
		})
	}
}
