//go:build leaks

package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
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
	early                          bool // with afterimage-early.js in front
	log                            string
}

// policies are the regions of a page, by the page's level.
var policies = map[string][]string{"strict": {"", "allow", "block"}, "balanced": {"", "mask", "allow", "block"}}

// freeUnder reports whether a policy lets a kind of canary out.
func freeUnder(kind byte, level, marker string) bool {
	shown := marker == "allow" || level == "balanced" && marker == ""
	return kind == 'W' && shown || kind == 'I' && marker == "allow"
}

// leakPage is a route on a page of its own, with one region per policy.
type leakPage struct {
	route    leakRoute
	level    string
	custody  string
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
			where := p.route.name + ", " + p.level + ", " + p.custody
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
	c := newCanary("W", p.route.name+", "+p.level+", "+p.custody+", "+what)
	p.controls = append(p.controls, c)
	return c.text
}

// newLeakPage builds the page of number n.
func newLeakPage(n int, r leakRoute, level, custody string) *leakPage {
	p := &leakPage{route: r, level: level, custody: custody}
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
	early := ""
	if r.early {
		early = earlyTag
	}
	p.html = fmt.Sprintf(`%s<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">%s<title>page</title>%s</head><body>`+
		`<p data-afterimage="allow">%s</p>%s<p id="after" data-afterimage="allow"></p></body></html>`,
		doctype, early+leakTag+" "+p.fill(own, r.tag, "")+"></script>", p.fill(own, r.head, ""), p.control("text before"), body.String())
	p.do = fmt.Sprintf(`(async () => { %s; document.getElementById("after").textContent = "%s"; return (await afterimage.stop({timeoutMs: 20000})).pending })()`, do.String(), p.control("text after"))
	return p
}

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
