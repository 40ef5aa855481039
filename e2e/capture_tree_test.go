package e2e

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
)

// bridgePage serves a page that loads the bridge without a worker, with the full recorder.
func bridgePage(t *testing.T, html string, extra map[string]string) string {
	t.Helper()
	return servedBridge(t, html, extra, nil)
}

func servedBridge(t *testing.T, html string, extra, defines map[string]string) string {
	t.Helper()
	script := bundleScript(t, "../jsbridge/capture/testing/bridge.ts", defines)
	early := bundleScript(t, "../jsbridge/early.ts", nil)
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, contentType := "", "text/html; charset=utf-8"
		switch r.URL.Path {
		case "/bridge.js":
			body, contentType = string(script), "text/javascript"
		case "/early.js":
			body, contentType = string(early), "text/javascript"
		case "/":
			body = html
		default:
			found, ok := extra[r.URL.Path]
			if !ok {
				http.NotFound(w, r)
				return
			}
			body = found
			if strings.HasSuffix(r.URL.Path, ".css") {
				contentType = "text/css"
			}
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write([]byte(body))
	}))
}

const bridgeHead = `<!doctype html><html><head><script src="/early.js"></script><script src="/bridge.js"></script>`

// follow applies what the bridge posted, answers what the reader asks for, and compares.
func follow(t *testing.T, tb *tab, tree *opTree, what string) {
	t.Helper()
	if !followed(t, tb, tree, what) {
		t.Fatalf("%s: the recorder hands over", what)
	}
}

// followed does the same, and answers false where the recorder is the lean one and would hand over.
func followed(t *testing.T, tb *tab, tree *opTree, what string) bool {
	t.Helper()
	for round := 0; ; round++ {
		for _, p := range eval[[]posted](tb, "bridge.take()") {
			if err := tree.apply(p); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		if len(tree.resend) == 0 {
			break
		}
		if round > 5 {
			t.Fatalf("%s: the reader still asks for %v", what, tree.resend)
		}
		list := strings.NewReplacer(" ", ",", "[[", "[[", "]]", "]]").Replace(fmt.Sprint(tree.resend))
		tree.resend = nil
		eval[any](tb, "bridge.recorder().resend("+list+")")
	}
	if list := eval[[]string](tb, "bridge.failures"); len(list) > 0 {
		if list[0] == "beyond" {
			return false
		}
		t.Fatalf("%s: the bridge failed: %s", what, list[0])
	}
	compareTrees(t, what, tree.dump(), eval[string](tb, "bridge.dump()"))
	return true
}

func compareTrees(t *testing.T, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		var a, b string
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			from := max(0, i-4)
			t.Fatalf("%s: line %d: got %q, want %q\nbefore it:\n%s\ngot after it:\n%s\nwant after it:\n%s", what, i, a, b,
				strings.Join(w[from:min(i, len(w))], "\n"), strings.Join(g[min(i, len(g)):min(i+6, len(g))], "\n"), strings.Join(w[min(i, len(w)):min(i+6, len(w))], "\n"))
		}
	}
}

// The traps of native serialisation: each document's tree must come out as it is.
func TestSnapshotOfTraps(t *testing.T) {
	t.Parallel()
	shared := newTab(t)
	for _, c := range []struct{ name, body, script string }{
		{"plain", `<p class=a>x &amp; y<b>z</b></p><!-- c --><ul><li>1<li>2</ul>`, ""},
		{"text beside text", `<p id=p></p>`, `p.append('a', '', '&', 'b<', ''); p.append('')`},
		{"style that holds its own end", `<style id=s></style><p>after</p>`, `s.textContent = '</style><b>not an element</b>'`},
		{"style of several texts", `<style id=s>a{}</style>`, `s.append('</style>', '', 'b{}')`},
		{"element inside a style", `<style id=s>a{}</style>`, `s.append(document.createElement('i'), 'x')`},
		{"script, noscript, iframe text, xmp, plaintext", `<noscript>a<b>&amp;</b></noscript><xmp><i></xmp><iframe sandbox></iframe><noembed><i></noembed><script type=x><\/b></script>`, `document.body.append(document.createElement('plaintext')); document.querySelector('plaintext').append('</plaintext><i>')`},
		{"template with content and children", `<template id=t><p>in</p></template><p>after</p>`, `t.append('child', document.createElement('input')); t.after(document.createElement('input'))`},
		{"title and textarea escape", `<textarea id=a></textarea><svg><title id=x></title></svg>`, `a.append('</textarea><b>'); x.append('</title>&'); document.title = '</title>'`},
		{"foreign elements", `<svg viewBox="0 0 1 1"><style>a{}</style><foreignObject><div>html</div></foreignObject><a xlink:href="#x"></a></svg><math><mi>x</mi></math>`, ""},
		{"other namespace", `<div id=d></div>`, `d.append('a', document.createElementNS('urn:x', 'q:y'), 'b'); d.firstElementChild.append(document.createElement('p'))`},
		{"processing instruction", `<div id=d><i>1</i></div>`, `d.append(document.createProcessingInstruction('x', 'y'), document.createElement('b'))`},
		{"children of void elements", `<br id=b><input id=i>`, `b.append('in br'); i.append(document.createElement('i'))`},
		{"attribute names that parse oddly", `<div a"b='1' <x=2 =y=3 id=d></div>`, ""},
		{"attribute values", `<div title='"&<>&nbsp;'></div>`, ""},
		{"lone surrogates", `<p id=p></p>`, `p.append('\ud83d', '\ude00', 'x\ud83d'); p.title = '\ude00'`},
		{"NUL and CR", `<p id=p></p>`, `p.append('a\u0000b\r\nc'); p.title = '\u0000'`},
		{"empty text alone", `<p id=p></p><p id=q></p>`, `p.append(''); q.append(document.createElement('b'), '', document.createElement('b'))`},
		{"a form that hides its properties", `<form><input name=firstChild><input name=nodeType><input name=parentNode><input name=nextSibling><input name=attributes><b>x</b></form>`, ""},
		{"blocked subtree", `<div><p>before</p><div data-afterimage=block title=secret><p>CANARY</p><template></template></div><p>after</p></div>`, ""},
		{"password with a value attribute", `<form><p>a</p><input type=password value=CANARY title=t><p>b</p></form>`, ""},
		{"template that holds a password", `<template><div><input type=password value=CANARY></div></template>`, ""},
		{"open shadow root", `<div id=d><i slot=x>light</i></div>`, `d.attachShadow({mode:'open'}).innerHTML = '<b>x</b>y<slot name=x></slot>'`},
		{"closed shadow root", `<div id=d></div>`, `d.attachShadow({mode:'closed'}).innerHTML = '<b>x</b><span></span>'`},
		{"nested and declarative shadow roots", `<div><template shadowrootmode=open><p>p</p><div><template shadowrootmode=closed>in</template></div></template></div>`, ""},
		{"same-origin frame", `<iframe srcdoc="<!doctype html><p>in</p><div data-afterimage=block>no</div>"></iframe>`, ""},
		{"many siblings", `<div id=d></div>`, `for (let i = 0; i < 700; i++) { const e = document.createElement(i % 50 ? 'i' : 'textarea'); e.append('' + i); d.append(e, i % 3 ? '' : 'x') }`},
	} {
		t.Run(c.name, func(t *testing.T) {
			tb := shared.row(t)
			tb.open(bridgePage(t, bridgeHead+"</head><body>"+c.body+"</body></html>", nil))
			tb.until("document.readyState === 'complete'")
			eval[any](tb, "(() => {"+c.script+"\n})()")
			eval[any](tb, "bridge.record()")
			tree := newOpTree()
			follow(t, tb, tree, "snapshot")
			if !tree.ended {
				t.Error("the snapshot does not end")
			}
		})
	}
}

// What holds no trap is written natively at once: of nothing in it the core has to ask again.
func TestPlainDocumentIsWrittenAtOnce(t *testing.T) {
	body := `<p>a</p><object>b</object>`
	for name := range strings.FieldsSeq("area br col embed hr img input link meta source track wbr") {
		body += `<div><` + name + `></div>`
	}
	for name := range strings.FieldsSeq("xmp iframe noembed noframes noscript textarea select video canvas dialog style") {
		body += `<div><` + name + `></` + name + `></div>`
	}
	tb := newTab(t)
	tb.open(bridgePage(t, bridgeHead+"</head><body>"+body+"</body></html>", nil))
	tb.until("document.readyState === 'complete'")
	eval[any](tb, "bridge.record()")
	tree := newOpTree()
	for _, p := range eval[[]posted](tb, "bridge.take()") {
		if err := tree.apply(p); err != nil {
			t.Fatal(err)
		}
	}
	if len(tree.resend) > 0 {
		t.Errorf("the core asks again for %v", tree.resend)
	}
	compareTrees(t, "snapshot", tree.dump(), eval[string](tb, "bridge.dump()"))
}

// Random programs: after each round the decoded tree must be the document.
func TestMutationsFollowTheDocument(t *testing.T) {
	t.Parallel()
	if rounds, all := mutationsFollow(t, nil); rounds != all {
		t.Errorf("%d of %d rounds, the full recorder has nobody to hand over to", rounds, all)
	}
}

// Likewise of the recorder in the entry script, on pages without markers, until the reader asks for
// something anew.
func TestMutationsFollowTheDocumentInTheLeanRecorder(t *testing.T) {
	t.Parallel()
	if rounds, all := mutationsFollow(t, map[string]string{"__LEAN__": "true"}); rounds < all/3 {
		t.Errorf("%d of %d rounds: it hands over too soon", rounds, all)
	}
}

// mutationsFollow answers how many rounds of how many were followed.
func mutationsFollow(t *testing.T, defines map[string]string) (followedRounds, all int) {
	t.Helper()
	rounds, seeds := 25, 12
	if n, err := strconv.Atoi(os.Getenv("AFTERIMAGE_SEEDS")); err == nil {
		seeds = n
	}
	url := servedBridge(t, bridgeHead+`</head><body><div id=root><p>a</p><div><ul><li>1<li>2</ul></div></div></body></html>`, nil, defines)
	shared := newTab(t)
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			tb := shared.row(t)
			tb.open(url)
			eval[any](tb, fmt.Sprintf("(window.steps = bridge.program(document.getElementById('root'), bridge.random(%d)), bridge.record())", seed))
			tree := newOpTree()
			follow(t, tb, tree, "snapshot")
			for round := range rounds {
				eval[any](tb, fmt.Sprintf("steps(%d)", 1+round*2))
				if !followed(t, tb, tree, fmt.Sprintf("seed %d, round %d", seed, round)) {
					break
				}
				followedRounds++
			}
		})
	}
	return followedRounds, rounds * seeds
}

// A sliced snapshot with random programs at every slice boundary ends in the document as it is then,
// as a snapshot in one piece would.
func TestSlicedSnapshotFollowsTheDocument(t *testing.T) {
	t.Parallel()
	seeds := 12
	if n, err := strconv.Atoi(os.Getenv("AFTERIMAGE_SEEDS")); err == nil {
		seeds = n
	}
	url := bridgePage(t, bridgeHead+`</head><body><div id=root><p>a</p><div><ul><li>1<li>2</ul></div></div></body></html>`, nil)
	slices := 0
	shared := newTab(t)
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			tb := shared.row(t)
			tb.open(url)
			eval[any](tb, fmt.Sprintf(`(() => {
				window.steps = bridge.program(document.getElementById('root'), bridge.random(%d));
				steps(150);
				window.tasks = bridge.manualTasks();
				window.done = false;
				bridge.record({ slicing: { oneTaskElements: 0, stepNodes: %d, sliceMs: 0 } }).then(() => { done = true });
			})()`, seed, 1+seed%7))
			tree := newOpTree()
			for !eval[bool](tb, "done") {
				// Read between slices too: what is there so far must be sound.
				for _, p := range eval[[]posted](tb, fmt.Sprintf("(steps(%d), bridge.take())", 1+seed%4)) {
					if err := tree.apply(p); err != nil {
						t.Fatal(err)
					}
				}
				eval[any](tb, "tasks.run()")
				slices++
			}
			if list := eval[[]string](tb, "bridge.failures"); len(list) > 0 {
				t.Fatalf("the bridge failed: %s", list[0])
			}
			follow(t, tb, tree, fmt.Sprintf("seed %d", seed))
			if !tree.ended {
				t.Error("the snapshot does not end")
			}
			eval[any](tb, "steps(20)")
			follow(t, tb, tree, fmt.Sprintf("seed %d, after the snapshot", seed))
		})
	}
	if slices < 5*seeds {
		t.Errorf("%d slices in %d snapshots: nothing was sliced", slices, seeds)
	}
}
