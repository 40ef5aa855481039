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
	alone                          bool // changes what the page's policy shows, and so has a page of its own always
	log                            string
}

// isAlone reports whether the route takes a page of its own also where others share one.
func (r leakRoute) isAlone() bool {
	return r.alone || r.early || r.head+r.tag+r.path+r.doctype+r.from+r.log != ""
}

// policies are the regions of a page, by the page's level.
var policies = map[string][]string{"strict": {"", "allow", "block"}, "balanced": {"", "mask", "allow", "block"}, plain: {"", "block"}}

// freeUnder reports whether a policy lets a kind of canary out.
func freeUnder(kind byte, level, marker string) bool {
	shown := marker == "allow" || level == "balanced" && marker == ""
	return kind == 'W' && shown || kind == 'I' && marker == "allow"
}

// leakPage is a page of one route or of several beside each other, each with one region per
// policy and canaries of its own.
type leakPage struct {
	name    string
	level   string
	custody string
	path    string
	html    string
	do      string
	from    string
	log     string
	// Of plain pages: the lean recorder has to hand over, may or may not, and has.
	handsOver, either, handedOver bool
	canaries                      []*canary
	controls                      []*canary // have to arrive
	drawn                         draws     // the run's
	// The same page with fresh canaries as number n, and as n+1 the route alone. nil: cannot be repeated.
	again func(n int, route string) []*leakPage
}

var placeholder = regexp.MustCompile(`\$[WISMTNP]\d?`)

// fill puts canaries of a route into a template, the same for the same placeholder.
func (p *leakPage) fill(r leakRoute, texts map[string]*canary, template, marker string) string {
	return placeholder.ReplaceAllStringFunc(template, func(name string) string {
		c := texts[name]
		if c == nil {
			where := r.name + ", " + p.level + ", " + p.custody
			if marker != "" {
				where += " with " + marker
			}
			c = p.drawn.canary(systemIntN, name[1:2], where)
			c.route = r.name
			c.free = freeUnder(name[1], p.level, marker) || r.masked && freeUnder('W', p.level, marker)
			texts[name] = c
			if c.free && r.shows && name[1] == 'W' {
				p.controls = append(p.controls, c)
			} else {
				p.canaries = append(p.canaries, c)
			}
		}
		return c.text
	})
}

func (p *leakPage) control(what string) string {
	c := p.drawn.canary(systemIntN, "W", p.name+", "+p.level+", "+p.custody+", "+what)
	c.free = true
	p.controls = append(p.controls, c)
	return c.text
}

// newLeakPage builds the page of number n. Routes that share one may not be alone.
func newLeakPage(drawn draws, n int, level, custody string, routes ...leakRoute) *leakPage {
	p := &leakPage{name: routes[0].name, level: level, custody: custody, log: routes[0].log, drawn: drawn}
	p.again = func(n int, route string) []*leakPage {
		own := slices.Clone(routes)
		list := []*leakPage{newLeakPage(drawn, n, level, custody, own...)}
		if len(routes) > 1 {
			own = slices.DeleteFunc(own, func(r leakRoute) bool { return r.name != route })
		}
		return append(list, newLeakPage(drawn, n+1, level, custody, own...))
	}
	if len(routes) > 1 {
		p.name = fmt.Sprintf("%d routes from %q on", len(routes), p.name)
	}
	var body, do strings.Builder
	section := 0
	own := map[string]*canary{} // of the page's own texts
	for _, r := range routes {
		regions := policies[level]
		if r.page {
			regions = []string{""}
		}
		if len(routes) > 1 {
			own = map[string]*canary{}
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
			fmt.Fprintf(&body, `<section%s>%s</section>`, attribute, p.fill(r, texts, r.body, marker))
			if r.do != "" {
				fmt.Fprintf(&do, "await step(%q, %d, async (root, $$) => { %s });\n", r.name+" with "+marker, section, p.fill(r, texts, r.do, marker))
			}
			section++
		}
		if len(routes) > 1 {
			fmt.Fprintf(&do, "control('%s');\n", p.control("what stands after "+r.name))
		}
		p.handsOver = p.handsOver || r.handsOver()
		p.either = p.either || r.types() && !r.handsOver()
	}
	first := routes[0]
	p.path = "/p/" + strconv.Itoa(n) + p.fill(first, own, first.path, "")
	p.from = p.fill(first, own, first.from, "")
	doctype := "<!doctype html>"
	if first.doctype != "" {
		doctype = p.fill(first, own, first.doctype, "")
	}
	early := ""
	if first.early {
		early = earlyTag
	}
	form := formOf(level)
	p.html = fmt.Sprintf(`%s<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">%s<title>page</title>%s</head><body>`+form.before+`%s`+form.after+`</body></html>`,
		doctype, early+form.tag+" "+p.fill(first, own, first.tag, "")+"></script>", p.fill(first, own, first.head, ""), p.control("what stands before"), body.String())
	p.do = fmt.Sprintf(leakProgram, section, form.show, do.String(), p.control("what stands after"), awaitHandover(p))
	return p
}

// leakProgram runs the steps of all routes. What is wrong with a step is told with its name, and
// the others still run. stop() ends the bridge at once, so that what the core asks for again at that
// moment stays out; flush() is answered after such a question, and so lets it be answered.
const leakProgram = `(async () => {
const after = document.getElementById("after"), sections = [...document.querySelectorAll('body > section')], wrong = [];
if (sections.length !== %d) throw new Error('a body has changed the tree around it: ' + sections.length + ' regions');
const step = async (name, at, run) => { try { await run(sections[at], (s) => sections[at].querySelector(s)) } catch (e) { wrong.push(name + ': ' + e) } };
const show = %s;
const control = (text) => { const p = document.createElement('p'); after.before(p); show(p, text) };
%s
show(after, "%s");
%sawait afterimage.flush();
const {pending} = await afterimage.stop({timeoutMs: 20000});
if (wrong.length) throw new Error(wrong.join('\n'));
return pending })()`

// oddMarkup is what Chromium logs of markup that routes plant their canaries in.
var oddMarkup = []string{"does not support attachShadow", "Unsafe attempt to load URL data:", "focusgroup requires a recognized behavior token"}

// visitLeakPage opens a page, runs what its route does, and waits until all is acknowledged.
func visitLeakPage(tb *tab, origin string, p *leakPage) {
	tb.t.Helper()
	if p.log != "" {
		tb.allow(p.log)
	}
	for _, remark := range oddMarkup {
		tb.allow(remark)
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
		tb.t.Errorf("%s, %s: the recorder's state is %s", p.name, p.level, state)
		return
	}
	pending, err := tryEval[int](tb, p.do)
	checkHandover(tb, p)
	switch {
	case err != nil:
		tb.t.Errorf("%s, %s: %v", p.name, p.level, err)
	case pending != 0:
		tb.t.Errorf("%s, %s: %d segments were not acknowledged", p.name, p.level, pending)
	}
}
