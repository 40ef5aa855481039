//go:build leaks

package e2e

import (
	"fmt"
	"html"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// leakRoute is a way by which a text could get out of a page. Its texts hold canaries as $W,
// $I, $S, $M, $T, $N or $P (see newCanary), $W2 another of the same kind.
type leakRoute struct {
	name string
	// body stands in a region of its own per policy; do runs in it when recording has begun,
	// with `root` the region and `$$` querySelector in it. It may be async.
	body, do string
	// Of the page, and so under the page's levels alone.
	head, tag, path, doctype, from string
	page                           bool
	shows                          bool // where the policy shows text, $W arrives
	masked                         bool // canaries are secret where the policy masks, and else free
	log                            string
}

// policies are the regions of a page, by the page's level.
var policies = map[string][]string{"strict": {"", "allow", "block"}, "balanced": {"", "mask", "allow", "block"}}

// plantedIn reports whether a policy lets a kind of canary out.
func freeUnder(kind byte, level, marker string) bool {
	shown := marker == "allow" || level == "balanced" && marker == ""
	return kind == 'W' && shown || kind == 'I' && marker == "allow"
}

// leakPage is a route on a page of its own, with one region per policy.
type leakPage struct {
	route    leakRoute
	level    string
	path     string
	html     string
	do       string
	from     string
	canaries []*canary
	controls []*canary // have to arrive
}

var placeholder = regexp.MustCompile(`\$[WISMTNP]\d?`)

// fill puts canaries into a template, the same for the same placeholder.
func (p *leakPage) fill(texts map[string]*canary, template, marker string) string {
	return placeholder.ReplaceAllStringFunc(template, func(name string) string {
		c := texts[name]
		if c == nil {
			where := p.route.name + ", " + p.level
			if marker != "" {
				where += " with " + marker
			}
			c = newCanary(name[1:2], where)
			c.free = freeUnder(name[1], p.level, marker) || p.route.masked && freeUnder('W', p.level, marker)
			texts[name] = c
			if c.free && p.route.shows && name[1] == 'W' {
				p.controls = append(p.controls, c)
			} else {
				p.canaries = append(p.canaries, c)
			}
		}
		return c.text
	})
}

func (p *leakPage) control(what string) string {
	c := newCanary("W", p.route.name+", "+p.level+", "+what)
	p.controls = append(p.controls, c)
	return c.text
}

// newLeakPage builds the page; tag is the script tag without its end.
func newLeakPage(n int, r leakRoute, level, tag string) *leakPage {
	p := &leakPage{route: r, level: level}
	own := map[string]*canary{}
	p.path = "/p/" + strconv.Itoa(n) + p.fill(own, r.path, "")
	p.from = p.fill(own, r.from, "")
	var body, do strings.Builder
	regions := policies[level]
	if r.page {
		regions = []string{""}
	}
	for _, marker := range regions {
		texts := map[string]*canary{}
		if r.page {
			texts = own
		}
		attribute := ""
		if marker != "" {
			attribute = ` data-afterimage="` + marker + `"`
		}
		fmt.Fprintf(&body, `<section%s>%s</section>`, attribute, p.fill(texts, r.body, marker))
		if r.do != "" {
			fmt.Fprintf(&do, "await (async (root) => { const $$ = (s) => root.querySelector(s); %s })(document.querySelectorAll('body > section')[%d]);\n", p.fill(texts, r.do, marker), slices.Index(regions, marker))
		}
	}
	doctype := "<!doctype html>"
	if r.doctype != "" {
		doctype = p.fill(own, r.doctype, "")
	}
	p.html = fmt.Sprintf(`%s<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">%s<title>page</title>%s</head><body>`+
		`<p data-afterimage="allow">%s</p>%s<p id="after" data-afterimage="allow"></p></body></html>`,
		doctype, tag+p.fill(own, r.tag, "")+"></script>", p.fill(own, r.head, ""), p.control("text before"), body.String())
	p.do = fmt.Sprintf(`(async () => { %s; document.getElementById("after").textContent = "%s"; return (await afterimage.stop({timeoutMs: 20000})).pending })()`, do.String(), p.control("text after"))
	return p
}

// Every route on a page of its own, in both levels and with each marker: no canary in any
// byte that left the browser, and all that is allowed arrived. `make leaks` prints the sums.
func TestLeakRoutes(t *testing.T) {
	routes := leakRoutes()
	if only := os.Getenv("AFTERIMAGE_ROUTE"); only != "" {
		routes = slices.DeleteFunc(routes, func(r leakRoute) bool { return !strings.Contains(r.name, only) })
	}
	var pages []*leakPage
	origin := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parts := strings.Split(r.URL.Path, "/")
		if len(parts) > 2 && parts[1] == "p" {
			n, err := strconv.Atoi(parts[2])
			if err == nil && n < len(pages) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				fmt.Fprint(w, pages[n].html)
				return
			}
		}
		if len(parts) > 1 && parts[1] == "from" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Referrer-Policy", "unsafe-url")
			fmt.Fprintf(w, `<!doctype html><link rel="icon" href="data:,"><a href="%s">on</a>`, html.EscapeString(r.URL.Query().Get("to")))
			return
		}
		w.WriteHeader(http.StatusNoContent) // pictures and the like: nothing
	}))
	// A page's worker outlives it, and a process has room for some hundred cores: every sites-th
	// part of the pages stands on a site of its own, and so in a process of its own.
	sites := []string{origin}
	args := []string{"--privacy", "balanced"}
	_, port, _ := strings.Cut(strings.TrimPrefix(origin, "http://"), ":")
	for i := range len(routes) * 2 / pagesOfSite {
		sites = append(sites, fmt.Sprintf("http://site%d.localhost:%s", i, port))
		args = append(args, "--origin", sites[i+1])
	}
	c := startCollectorFor(t, origin, args...)
	tap := tapWire(t, c.Addr)
	for _, r := range routes {
		for _, level := range []string{"strict", "balanced"} {
			pages = append(pages, newLeakPage(len(pages), r, level, fmt.Sprintf(
				`<script async src="%s/afterimage.js" data-site="%s" data-privacy="%s" data-mask=".hush" data-block=".gone" data-allow=".open" `, tap.URL, c.SiteKey, level)))
		}
	}

	began := time.Now()
	for i, site := range sites {
		tb := newTab(t)
		for _, p := range pages[i*pagesOfSite : min((i+1)*pagesOfSite, len(pages))] {
			visitLeakPage(tb, site, p)
		}
		tb.close()
	}
	t.Logf("%d pages in %v", len(pages), time.Since(began).Round(time.Second))
	began = time.Now()
	s := newScanner()
	for _, p := range pages {
		for _, canary := range slices.Concat(p.canaries, p.controls) {
			s.add(canary)
		}
	}
	c.scanAll(t, s, tap)
	t.Logf("scanned in %v", time.Since(began).Round(time.Second))

	leaks, lost, planted, controls := 0, 0, 0, 0
	leaking := map[string]bool{}
	for _, p := range pages {
		for _, canary := range p.canaries {
			planted++
			if !canary.free && s.seen(canary) {
				leaks++
				leaking[p.route.name] = true
				t.Errorf("leak: %s %q%s", canary.where, canary.text, s.forms(canary))
			}
		}
		for _, canary := range p.controls {
			controls++
			if !s.seen(canary) {
				lost++
				t.Errorf("lost control: %s %q", canary.where, canary.text)
			}
		}
	}
	fmt.Printf("routes %d, pages %d, canaries %d; leaking routes %d, leaks %d; controls %d, lost %d\n",
		len(routes), len(pages), planted, len(leaking), leaks, controls, lost)
}

const pagesOfSite = 60

// visitLeakPage opens a page, runs what its route does, and waits until all is acknowledged.
func visitLeakPage(tb *tab, origin string, p *leakPage) {
	tb.t.Helper()
	if p.route.log != "" {
		tb.allow(p.route.log)
	}
	if p.from != "" {
		tb.open(origin + "/from/" + p.from + "&to=" + p.path)
		eval[any](tb, `document.querySelector("a").click()`)
		tb.until(`location.pathname.startsWith("/p/")`)
	} else {
		tb.open(origin + p.path)
	}
	tb.until(`window.afterimage && afterimage.state.phase !== "idle"`)
	if state := eval[string](tb, `afterimage.state.phase + " " + afterimage.state.reason`); !strings.HasPrefix(state, "recording") {
		tb.t.Errorf("%s, %s: the recorder's state is %s", p.route.name, p.level, state)
		return
	}
	switch pending, err := tryEval[int](tb, p.do); {
	case err != nil:
		tb.t.Errorf("%s, %s: %v", p.route.name, p.level, err)
	case pending != 0:
		tb.t.Errorf("%s, %s: %d segments were not acknowledged", p.route.name, p.level, pending)
	}
}
