package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// plain is the policy of pages as most sites have them: strict by default, and no option, selector or allow
// marker. The lean recorder in the entry script and the strict core do all of the work there, but where the former hands over.
const plain = "plain"

const leanSites = "lean-"

// pageForm is how a page is built. What stands in before, and what show does, is a control: on a plain page
// no text arrives, but a name of a class does.
type pageForm struct{ tag, before, after, show string }

func formOf(policy string) pageForm {
	if policy == plain {
		return pageForm{watchScripts + plainTag, `<p class="%s">a</p>`, `<p id="after">a</p>`, `(p, text) => { p.className = text }`}
	}
	return pageForm{leakTag, `<p data-afterimage="allow">%s</p>`, `<p id="after" data-afterimage="allow"></p>`,
		`(p, text) => { p.textContent = text; p.dataset.afterimage = 'allow' }`}
}

// watchScripts has a page remember which of our scripts it asked for, also of those in the browser's cache.
const watchScripts = `<script>{ const seen = [], look = (list) => { for (const e of list) if (/afterimage/.test(e.name)) seen.push(e.name) }
const o = new PerformanceObserver((list) => look(list.getEntries())); o.observe({type: 'resource', buffered: true})
window.scriptsAskedFor = () => { look(o.takeRecords()); return seen.join(' ') } }</script>`

// handingRoutes are the routes by which the lean recorder has to hand over to the full one. Each stands alone
// on a plain page, and fails when it does so no more.
var handingRoutes = map[string]bool{
	"XML document in a frame":                                         true,
	"text and JSON of a blob in a frame":                              true,
	"typed in a shadow root, recorded anew with a text before it":     true,
	"a marker goes after the node has left, in one task":              true,
	"block, then text":                                                true,
	"blocked, moved and marked in one task":                           true,
	"box that is focused in the task that makes it one":               true,
	"contenteditable set later":                                       true,
	"contenteditable taken away":                                      true,
	"in the second of its keys, an editor that ends":                  true,
	"in the second of its keys, an editor that ends at once":          true,
	"in the second of its keys, an editor of blocks that ends":        true,
	"in the second of its keys, a textbox that ends":                  true,
	"in the second of its keys, an editor in a shadow root that ends": true,
	"in the second of its keys, an editor in a frame that ends":       true,
	"in the second of its keys, a document whose design mode ends":    true,
	"designMode":             true,
	"designMode of the page": true,
	"editor by role that ends being one in the second":                        true,
	"editor called a password":                                                true,
	"editor called a secret as its text comes":                                true,
	"editor of blocks called a secret as its text comes":                      true,
	"editor that begins as its text comes":                                    true,
	"editor called so later":                                                  true,
	"many changes while the snapshot is asked anew":                           true,
	"marker by other means":                                                   true,
	"marker in a shadow root":                                                 true,
	"marker in another namespace beside one":                                  true,
	"marker on an option, a template and a style":                             true,
	"masked node through allowed and back in one task":                        true,
	"rows of persons moved between parts":                                     true,
	"role given later":                                                        true,
	"sheet by script of an element that gets a marker then":                   true,
	"slot in a blocked part of a shadow root":                                 true,
	"value of a box is asked for when it opens":                               true,
	"clicked by script between a value and its marker":                        true,
	"editor that ends being one in its second":                                true,
	"element that waits, filled in the task that removes the field and marks": true,
	"field that waits, filled in the task that focuses and marks":             true,
	"editor written by script that ends being one in the second":              true,
	"form reset between a value and its marker":                               true,
	"frame mounted anew between a text and a block":                           true,
	"frame mounted anew between a value and its marker":                       true,
	"key by script between a text and its marker":                             true,
	"key of a code by script between a text and its marker":                   true,
	"text that waits, new in the task that blurs and marks":                   true,
	"typed in a field that is allowed in its second":                          true,
	"typed in a field that is blocked in its second":                          true,
	"value of two fields in the second, one masked before the end":            true,
	"typed in a shadow root, a long page recorded anew with a text before it": true,
	"typed in a frame, a long page recorded anew with a text before it":       true,
}

func (r leakRoute) handsOver() bool { return handingRoutes[r.name] }

// types reports whether something is typed in the route. The lean recorder hands over where it is typed into an editor, or where
// within its second anything happens beside the tree, be it of another route: such routes stand on pages of their own, which may.
func (r leakRoute) types() bool { return typing.MatchString(r.body + r.do) }

var typing = regexp.MustCompile(`InputEvent\(|execCommand\(|KeyboardEvent\(|ClipboardEvent\(`)

// plainGroups are the routes of each plain page. One that turns on selectors of the page has none there.
func plainGroups(routes []leakRoute, alone bool) (groups [][]leakRoute) {
	var shared, typed []leakRoute
	for _, r := range routes {
		if strings.Contains(r.body+r.do, "hush") {
			continue
		}
		if alone || r.isAlone() || r.handsOver() {
			groups = append(groups, []leakRoute{r})
		} else if r.types() {
			typed = append(typed, r)
		} else {
			shared = append(shared, r)
		}
	}
	groups = slices.AppendSeq(groups, slices.Chunk(typed, routesOfPage))
	return slices.AppendSeq(groups, slices.Chunk(shared, routesOfPage))
}

// awaitHandover has the program of a page wait until the lean recorder has handed over, if it is to: the
// worker asks for that when it has the other core.
func awaitHandover(p *leakPage) string {
	if p.level != plain || !p.handsOver {
		return ""
	}
	return "for (let n = 0; n < 60 && !/recorder/.test(scriptsAskedFor()); n++) await new Promise((r) => setTimeout(r, 50));\n"
}

// checkHandover makes sure that the page had the recorder to its end that it was to have.
func checkHandover(tb *tab, p *leakPage) {
	tb.t.Helper()
	if p.level != plain {
		return
	}
	asked := eval[string](tb, `scriptsAskedFor()`)
	p.handedOver = strings.Contains(asked, "afterimage-recorder")
	switch {
	case !strings.Contains(asked, "afterimage.js"):
		tb.t.Errorf("%s, plain: the page does not know of its scripts: %q", p.name, asked)
	case p.either:
	case p.handedOver && !p.handsOver:
		tb.t.Errorf("%s, plain: the lean recorder has handed over: it belongs to handingRoutes, or is a bug (make leaks-alone tells which)", p.name)
	case !p.handedOver && p.handsOver:
		tb.t.Errorf("%s, plain: the lean recorder has not handed over: take it off handingRoutes", p.name)
	}
}

// checkLean makes sure of the same from the network, of the worker and its core too: what the sites of
// lean pages asked for is all there is in a default page view.
func checkLean(t *testing.T, tap *wiretap, pages []*leakPage) {
	t.Helper()
	lean, handed, leanSite := 0, 0, false
	for _, p := range pages {
		switch {
		case p.level == plain && p.handedOver:
			handed++
		case p.level == plain:
			lean++
		}
		leanSite = leanSite || strings.HasPrefix(p.kind(), leanSites)
	}
	if lean+handed == 0 {
		return
	}
	asked := map[string]int{}
	for _, r := range tap.requests() {
		if strings.HasPrefix(r.Header.Get("Origin"), "http://"+leanSites) {
			name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), ".")
			asked[name]++
		}
	}
	for name := range asked {
		if strings.HasPrefix(name, "afterimage-recorder") || strings.HasSuffix(name, "-full") {
			t.Errorf("a plain page asked for %s", name)
		}
	}
	if leanSite && (asked["afterimage-worker"] == 0 || asked["afterimage-core"] == 0) {
		t.Errorf("the sites of plain pages asked for %v: worker and core are not among it", asked)
	}
	fmt.Printf("plain strict pages %d: with the lean recorder and the strict core to their end %d, handed over %d\n", lean+handed, lean, handed)
}

// requests are the requests whose heads the browser sent.
func (w *wiretap) requests() (list []*http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, sent := range w.conns {
		r := bufio.NewReader(bytes.NewReader(sent.Bytes()))
		for {
			request, err := http.ReadRequest(r)
			if err != nil {
				break // the end, or frames of a WebSocket
			}
			list = append(list, request)
			_, _ = io.Copy(io.Discard, request.Body)
		}
	}
	return list
}
