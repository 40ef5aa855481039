package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// stateTab opens a page with the bridge and records it; the tree has what the snapshot said.
func stateTab(t *testing.T, body, before string, extra map[string]string) (*tab, *opTree) {
	t.Helper()
	tb := newTab(t)
	tb.open(bridgePage(t, bridgeHead+"</head><body>"+body+"</body></html>", extra))
	tb.until("document.readyState === 'complete'")
	if before != "" {
		eval[any](tb, "(() => {"+before+"\n})()")
	}
	eval[any](tb, "bridge.record()")
	tree := newOpTree()
	drain(t, tb, tree)
	return tb, tree
}

// drain applies what the bridge has posted.
func drain(t *testing.T, tb *tab, tree *opTree) {
	t.Helper()
	for _, p := range eval[[]posted](tb, "bridge.take()") {
		if err := tree.apply(p); err != nil {
			t.Fatal(err)
		}
	}
	if list := eval[[]string](tb, "bridge.failures"); len(list) > 0 {
		t.Fatalf("the bridge failed: %s", list[0])
	}
}

// byID finds the node whose id attribute is name.
func (t *opTree) byID(name string) *opNode {
	for _, n := range t.nodes {
		if string(utf16Runes(n.attrs["id"])) == name {
			return n
		}
	}
	return nil
}

func utf16Runes(u []uint16) []rune {
	out := make([]rune, len(u))
	for i, c := range u {
		out[i] = rune(c)
	}
	return out
}

const formBody = `<form id=f><input id=plain value=a><input id=pw type=password value=CANARYATTR><input id=card autocomplete=cc-number value=CANARYCARD>
<textarea id=area>b</textarea><input id=box type=checkbox><input id=radio type=radio><select id=sel multiple><option>0<option>1<option>2</select>
<input id=file type=file><input id=hidden type=hidden value=h></form>`

func TestFormState(t *testing.T) {
	tb, tree := stateTab(t, formBody, `plain.value = 'now'; area.value = 'area now'; box.checked = true; sel.options[1].selected = true; sel.options[2].selected = true; pw.value = 'CANARYVALUE'`, nil)
	value := func(id string) string {
		if n := tree.byID(id); n != nil && n.value != nil {
			return *n.value
		}
		return "none"
	}
	if value("plain") != "now" || value("area") != "area now" || tree.byID("box").checked != 1 || !slices.Equal(tree.byID("sel").selectedOption, []int32{1, 2}) {
		t.Errorf("after the snapshot: plain %q, area %q, box %d, sel %v", value("plain"), value("area"), tree.byID("box").checked, tree.byID("sel").selectedOption)
	}
	if n := tree.byID("radio"); n.checked != 0 || value("hidden") != "none" || value("file") != "none" {
		t.Error("state is told where it is the default, or of kinds that have none")
	}
	if a, b := tree.byID("pw"), tree.byID("card"); a.secret != 2 || b.secret == 0 || a.value != nil || b.value != nil || a.attrs["value"] != nil || b.attrs["value"] != nil {
		t.Errorf("secret inputs: %+v %+v", a, b)
	}

	typeInto(tb, "#plain", "x")
	click(tb, "#radio")
	eval[any](tb, `area.value = 'by script'; box.indeterminate = true; sel.selectedIndex = 0; pw.setAttribute('value', 'CANARYSET'); pw.value = ''`)
	drain(t, tb, tree)
	if value("plain") != "nowx" && value("plain") != "xnow" || value("area") != "by script" || tree.byID("radio").checked != 1 || tree.byID("box").checked != 2 || !slices.Equal(tree.byID("sel").selectedOption, []int32{0}) {
		t.Errorf("after changes: plain %q, area %q, radio %d, box %d, sel %v", value("plain"), value("area"), tree.byID("radio").checked, tree.byID("box").checked, tree.byID("sel").selectedOption)
	}
	if n := tree.byID("pw"); n.secret != 1 || n.attrs["value"] != nil {
		t.Errorf("emptied password: secret %d, value attribute %v", n.secret, n.attrs["value"])
	}

	// Shown for a while: it stays secret, also with a value attribute and in a subtree that is written anew.
	eval[any](tb, `pw.type = 'text'; pw.value = 'CANARYSHOWN'; pw.setAttribute('value', 'CANARYSHOWNATTR')`)
	drain(t, tb, tree)
	eval[any](tb, `(() => { const wrapper = document.createElement('div'); f.append(wrapper); wrapper.append(pw) })()`)
	drain(t, tb, tree)
	if n := tree.byID("pw"); n == nil || n.value != nil || n.attrs["value"] != nil || n.secret == 0 {
		t.Errorf("a password that is shown: %+v", n)
	}
	eval[any](tb, `f.reset()`)
	drain(t, tb, tree)
	if value("plain") != "a" || tree.byID("radio").checked != 0 {
		t.Errorf("after reset: plain %q, radio %d", value("plain"), tree.byID("radio").checked)
	}
}

// Nothing of a secret or a blocked subtree is in any batch, nor is it read.
func TestWhatIsBlockedIsNeverPosted(t *testing.T) {
	tb := newTab(t)
	tb.open(bridgePage(t, bridgeHead+`</head><body>`+formBody+`<div id=blocked data-afterimage=block title=CANARYTITLE><p id=inner>CANARYTEXT<input id=in value=CANARYIN></div>
<input id=boxedInput data-afterimage=block value=CANARYBOX><textarea id=boxedArea data-afterimage=block>CANARYAREA</textarea><div id=boxedEditor contenteditable data-afterimage=block>CANARYEDITOR</div>
<div class=site-block><b>CANARYSITE</b></div><template id=tpl><input type=password value=CANARYTPL></template></body></html>`, nil))
	eval[any](tb, `bridge.record({ selectors: { mask: [], block: ['.site-block'], allow: [] } })`)
	eval[any](tb, `(() => { inner.firstChild.data = 'CANARY2'; inner.title = 'CANARY3'; inner.append('CANARY4'); blocked.setAttribute('title', 'CANARY5'); blocked.append(document.createElement('i'));
		const late = document.createElement('div'); late.className = 'site-block'; late.textContent = 'CANARY6'; document.body.append(late);
		const toggled = document.createElement('div'); toggled.id = 'toggled'; toggled.textContent = 'open'; document.body.append(toggled) })()`)
	typeInto(tb, "#in", "CANARYTYPED")
	typeInto(tb, "#pw", "CANARYTYPED")
	for _, field := range []string{"boxedInput", "boxedArea", "boxedEditor"} {
		eval[any](tb, field+".focus()")
		tb.do(chromedp.KeyEvent("CANARYTYPED"))
	}
	eval[any](tb, `(() => { boxedInput.value = boxedArea.value = boxedEditor.textContent = "CANARYSET"; boxedInput.type = "search"; toggled.className = 'site-block'; toggled.textContent = 'CANARY7' })()`)
	tree := newOpTree()
	for _, p := range eval[[]posted](tb, "bridge.take()") {
		if text := string(utf16Runes(utf16Of(p.Text))); strings.Contains(text, "CANARY") {
			at := strings.Index(text, "CANARY")
			t.Errorf("a batch holds %q", text[max(0, at-60):min(len(text), at+30)])
		}
		if err := tree.apply(p); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range tree.log {
		if o.code == 25 {
			t.Errorf("a key is told of a secret or in a blocked subtree: %v", o.ints)
		}
	}
	if n := tree.byID("toggled"); n != nil {
		t.Error("an element that came to be blocked is no box")
	}
}

// A secret value is handed to the core, by op echo alone, where text of the page is shown; in
// strict without an allow marker it is not even read.
func TestSecretsAreReadOnlyWhereTextIsShown(t *testing.T) {
	for _, c := range []struct {
		name, body, options string
		told                bool
	}{
		{"strict", `<p>a</p>`, `{}`, false},
		{"strict, selectors of allow that match nothing", `<p>a</p>`, `{ selectors: { mask: [], block: [], allow: ['.open'] } }`, false},
		{"strict, a selector of allow that matches", `<p class=open>a</p>`, `{ selectors: { mask: [], block: [], allow: ['.open'] } }`, true},
		{"strict, an allow marker", `<p data-afterimage=Allow>a</p>`, `{}`, true},
		{"balanced", `<p>a</p>`, `{ level: 1 }`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			tb := newTab(t)
			tb.open(bridgePage(t, bridgeHead+`</head><body><input id=pw type=password>`+c.body+`</body></html>`, nil))
			eval[any](tb, `bridge.record(`+c.options+`)`)
			typeInto(tb, "#pw", "CANARY")
			eval[any](tb, `pw.value = 'CANARYSET'`)
			told := 0
			tree := newOpTree()
			for _, p := range eval[[]posted](tb, "bridge.take()") {
				told += strings.Count(string(utf16Runes(utf16Of(p.Text))), "CANARY")
				if err := tree.apply(p); err != nil {
					t.Fatal(err)
				}
			}
			if (told > 0) != c.told {
				t.Errorf("the value stands %d times in what was posted, want any %v", told, c.told)
			}
			if n := tree.byID("pw"); n.value != nil || n.secret == 0 {
				t.Errorf("the field itself: %+v", n)
			}
		})
	}
}

func TestKeysByKind(t *testing.T) {
	tb, tree := stateTab(t, `<input id=i><div id=out tabindex=0>x</div>`, "", nil)
	click(tb, "#i")
	tb.do(chromedp.KeyEvent("a"), chromedp.KeyEvent("\b"), chromedp.KeyEvent("\t"))
	eval[any](tb, `(() => { const key = (key, more = {}) => i.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, composed: true, ...more }));
		key('Shift'); key('c', { ctrlKey: true }); key('ArrowLeft'); key('Unidentified') })()`)
	drain(t, tb, tree)
	var got []int32
	for _, o := range tree.log {
		if o.code == 25 {
			got = append(got, o.ints[1])
		}
	}
	if want := []int32{0, 1, 2, 3, 4, 2, 0}; !slices.Equal(got, want) {
		t.Errorf("kinds are %v, want %v", got, want)
	}
}

func TestPointerScrollAndRoutes(t *testing.T) {
	tb, tree := stateTab(t, `<div id=s style="height:60px;overflow:auto"><div style="height:900px">x</div></div><iframe id=fr style="position:absolute;left:200px;top:100px;border:0" srcdoc="<body style='margin:0'><button id=b style='position:absolute;left:10px;top:10px;width:80px;height:30px'>b</button>"></iframe><div style="height:3000px"></div>`, `s.scrollTop = 33`, nil)
	tb.do(chromedp.MouseEvent("mouseMoved", 20, 20))
	click(tb, "#s")
	tb.do(chromedp.MouseClickXY(230, 120))
	eval[any](tb, `(async () => { s.scrollTop = 200; scrollTo(0, 50); history.pushState({}, '', '/a'); history.replaceState({}, '', '/b'); location.hash = 'c'; await new Promise((r) => addEventListener('hashchange', r)) })()`)
	waitFor(t, "the scroll events", func() bool {
		drain(t, tb, tree)
		return tree.byID("s").scrollY != 0 && tree.byID("s").scrollY != 33 && tree.nodes[1].scrollY != 0
	})
	var clicks, moves [][]int32
	var routes []string
	for _, o := range tree.log {
		switch {
		case o.code == 23 && o.ints[0] == 2:
			clicks = append(clicks, o.ints)
		case o.code == 22:
			moves = append(moves, o.ints)
		case o.code == 29:
			routes = append(routes, fmt.Sprint(o.ints[0])+o.strs[0][strings.LastIndex(o.strs[0], "/"):])
		}
	}
	if len(clicks) != 2 || clicks[1][2] != 230 || clicks[1][3] != 120 {
		t.Errorf("clicks %v, want two, the second at 230,120 though in a frame", clicks)
	}
	if len(clicks) == 2 {
		if n := tree.nodes[clicks[1][1]]; n == nil || n.name != "button" {
			t.Error("the click in the frame does not name the button")
		}
	}
	if len(moves) == 0 {
		t.Error("no pointer path")
	}
	if n := tree.byID("s"); n.scrollY != 200 {
		t.Errorf("container is scrolled to %d, want 200", n.scrollY)
	}
	if y := tree.nodes[1].scrollY; y != 50 {
		t.Errorf("viewport is scrolled to %d, want 50", y)
	}
	if want := []string{"0/a", "1/b", "3/b#c"}; !slices.Equal(routes, want) {
		t.Errorf("routes %v, want %v", routes, want)
	}
}

func TestInitialScrollAndSizes(t *testing.T) {
	tb, tree := stateTab(t, `<div id=s style="height:60px;overflow:auto"><div style="height:900px">x</div></div><canvas id=c width=120 height=40></canvas><div id=b data-afterimage=block style="width:70px;height:30px">no</div>`, `s.scrollTop = 33`, nil)
	waitFor(t, "sizes and offsets", func() bool {
		drain(t, tb, tree)
		n := tree.byID("s")
		return n.scrollY == 33 && tree.byID("c").width == 120
	})
	found := false
	for _, n := range tree.nodes {
		found = found || n.attrs["data-afterimage"] != nil && n.width == 70 && n.height == 30
	}
	if !found {
		t.Error("the box of the blocked element has no size")
	}
}

func TestStyleSheets(t *testing.T) {
	tb, tree := stateTab(t, `<link id=l rel=stylesheet href=/a.css><style id=own>b{color:red}</style><style id=filled></style><div id=host></div>`, `
		filled.sheet.insertRule('i{color:blue}');
		const root = host.attachShadow({ mode: 'open' }), sheet = new CSSStyleSheet(); sheet.replaceSync('p{color:green}'); root.adoptedStyleSheets = [sheet]; window.sheet = sheet`,
		map[string]string{"/a.css": "a{color:black}"})
	sheetOf := func(id int32) (css string) {
		for _, o := range tree.log {
			if o.code == 33 && o.ints[0] == 0 && o.ints[1] == id {
				css = o.strs[0]
			}
		}
		return css
	}
	waitFor(t, "sheets", func() bool {
		drain(t, tb, tree)
		return strings.Contains(tree.byID("l").sheet, "black") && strings.Contains(tree.byID("filled").sheet, "blue") && strings.Contains(sheetOf(1), "green")
	})
	if tree.byID("own").sheet != "" {
		t.Error("a style element that says its rules itself is sent again")
	}
	if root := tree.byID("host").shadow; root == nil || !slices.Equal(root.adopted, []int32{1}) {
		t.Error("the shadow root does not adopt sheet 1")
	}
	eval[any](tb, `own.sheet.insertRule('u{color:pink}', 1); own.sheet.deleteRule(0); sheet.replaceSync('p{color:gold}'); document.adoptedStyleSheets = [sheet]`)
	waitFor(t, "changed sheets", func() bool { drain(t, tb, tree); return strings.Contains(sheetOf(1), "gold") })
	if tree.ops[34] != 1 || tree.ops[35] != 1 {
		t.Errorf("%d inserts and %d deletes of rules, want one each", tree.ops[34], tree.ops[35])
	}
	if !slices.Equal(tree.nodes[1].adopted, []int32{1}) {
		t.Error("the document does not adopt sheet 1")
	}
}

func TestDialogsAndPopovers(t *testing.T) {
	tb, tree := stateTab(t, `<dialog id=d>d</dialog><div id=p popover>p</div>`, `d.showModal()`, nil)
	if n := tree.byID("d"); n.dialog != 1 {
		t.Errorf("a modal dialog has state %d", n.dialog)
	}
	eval[any](tb, `(async () => { d.close(); p.showPopover(); await new Promise((r) => setTimeout(r, 100)) })()`)
	drain(t, tb, tree)
	if tree.byID("d").dialog != 0 || tree.byID("p").dialog != 2 {
		t.Errorf("closed dialog %d, open popover %d", tree.byID("d").dialog, tree.byID("p").dialog)
	}
}

// Selectors of the site mark nodes; a change that makes others match re-matches them.
func TestMarksFollowTheSelectors(t *testing.T) {
	tb := newTab(t)
	tb.open(bridgePage(t, bridgeHead+`</head><body><div id=a class=x><p id=p>1</p></div><div id=b><p id=q>2</p></div></body></html>`, nil))
	eval[any](tb, `bridge.record({ selectors: { mask: ['.x p'], block: [], allow: ['#b > p', '[title=t]'] } })`)
	tree := newOpTree()
	drain(t, tb, tree)
	marks := func() string {
		return fmt.Sprint(tree.byID("p").marks, tree.byID("q").marks)
	}
	if marks() != "1 4" {
		t.Errorf("marks are %s, want 1 4", marks())
	}
	eval[any](tb, `a.className = ''; b.className = 'x'; p.title = 't'`)
	drain(t, tb, tree)
	if marks() != "4 5" {
		t.Errorf("after changes marks are %s, want 4 5", marks())
	}
	eval[any](tb, `a.append(q)`)
	drain(t, tb, tree)
	if marks() != "4 0" {
		t.Errorf("after a move marks are %s, want 4 0", marks())
	}
}

// What the core asks for comes anew under new ids, in the same place.
func TestResend(t *testing.T) {
	tb, tree := stateTab(t, `<ul><li id=a>1<li id=b><b>2</b><li id=c>3</ul>`, "", nil)
	b := tree.byID("b").id
	eval[any](tb, fmt.Sprintf("bridge.recorder().resend([[%d, 0]])", b))
	follow(t, tb, tree, "slow 0")
	if tree.byID("b").id == b {
		t.Error("the node has its old id")
	}
	trees := tree.ops[6]
	eval[any](tb, fmt.Sprintf("bridge.recorder().resend([[%d, 1]])", tree.byID("b").parent.id))
	follow(t, tb, tree, "slow 1")
	if tree.ops[6] != trees || tree.ops[43] != 1 {
		t.Errorf("slow 1 came with %d tree ops and %d clears", tree.ops[6]-trees, tree.ops[43])
	}
}

// A worker that does not keep up: mutations stop, and a new snapshot follows when it has.
func TestBackpressure(t *testing.T) {
	tb := newTab(t)
	tb.open(bridgePage(t, bridgeHead+`</head><body><div id=root></div></body></html>`, nil))
	eval[any](tb, `(() => { window.kept = []; bridge.record({ post: (type, b) => kept.push(b.ints.byteLength + 2 * b.text.length) }) })()`)
	eval[any](tb, `(async () => { for (let i = 0; i < 12; i++) { root.textContent = 'x'.repeat(1 << 20); await new Promise((r) => setTimeout(r)) } })()`)
	total := eval[int](tb, "kept.reduce((a, b) => a + b, 0)")
	if total > 12<<20 {
		t.Errorf("%d bytes are under way, the bound is 8 MB", total)
	}
	eval[any](tb, "root.textContent = 'end'")
	posts := eval[int](tb, "kept.length")
	eval[any](tb, "bridge.recorder().flush()")
	if got := eval[int](tb, "kept.length"); got != posts {
		t.Error("a bridge that is behind posts changes")
	}
	eval[any](tb, "kept.splice(0).forEach((n) => bridge.recorder().applied(n))")
	tb.until("kept.length > 0")
}
