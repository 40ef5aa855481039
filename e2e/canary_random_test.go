//go:build leaks

package e2e

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var (
	leakTimeFlag = flag.Duration("leak-time", 0, "how long random page programs run; 0: a short fixed list (make leaks-random)")
	leakSeedFlag = flag.Uint64("leak-seed", 0, "run the random page program of this seed alone; 0: new ones")
)

// randomStep is a statement of a page program. Its texts are placeholders as in leakRoute. A and
// B become nodes of one part of the page; parts do not mix, so that it stays known which
// policy a text stands under.
var randomSteps = []string{
	// In both parts: secret wherever it stands, whatever markers there are.
	`A.append('say $M'); A.append('and $T.')`, `A.append(document.createComment('$S'))`, `A.setAttribute('data-who', '$S')`, `A.setAttribute('onclick', '"$S"')`,
	`A.title = 'of $M'`, `A.className = 'u-$T'`, `A.id = 'u-$M'`, `A.setAttribute('u-$T', '1')`, `A.style.setProperty('--u', '"$M"')`, `A.style.backgroundImage = 'url("/x?u=$S")'`,
	`const e = document.createElement('a'); e.href = '/orders?u=$S#$S2'; e.textContent = '$M'; A.append(e); made(e)`,
	`const e = document.createElement('input'); e.type = 'password'; e.value = '$S'; A.append(e); made(e)`,
	`const e = document.createElement('input'); e.type = 'password'; A.append(e); e.value = '$S'; e.type = 'text'; e.setAttribute('value', '$S2')`,
	`const e = document.createElement('input'); e.autocomplete = 'cc-number'; e.value = '$N'; A.append(e)`,
	`const e = document.createElement('script'); e.type = 'application/json'; e.textContent = '{"u": "$S"}'; A.append(e)`,
	`const e = document.createElement('style'); e.textContent = '/* $S */ .u-$T { --m: "$M" } [data-u="$S2"] { color: red }'; A.append(e); made(e)`,
	`const e = document.createElement('template'); e.innerHTML = '<p data-u="$S">$M</p>'; A.append(e); B.append(e.content.cloneNode(true))`,
	`A.insertAdjacentHTML('beforeend', '<div><b title="$M">a</b><i data-u="$S">card $N</i><slot></slot></div>'); made(A.lastChild)`,
	`const r = A.shadowRoot ?? A.attachShadow({mode: 'open'}); r.innerHTML = '<p data-u="$S">$M</p><div><slot></slot></div>'; made(r.lastChild)`,
	`const r = A.attachShadow({mode: 'open'}); const s = new CSSStyleSheet(); s.replaceSync('/* $S */ .u-$T { --m: "$M" }'); r.adoptedStyleSheets = [s]; r.append(document.createElement('slot'))`,
	`const e = document.createElement('iframe'); A.append(e); e.contentDocument.body.innerHTML = '<p data-u="$S">$M</p>'`,
	`const e = document.createElement('svg:svg'); e.setAttribute('v', '$S'); A.append(e)`,
	`history.replaceState('$S', '', location.pathname + '?u=$S2#$S3')`, `document.title = 'mail of $M'`,
	// What nodes do.
	`const e = document.createElement(['div', 'p', 'span', 'section', 'x-part'][K % 5]); A.append(e); made(e)`,
	`const e = document.createElement('div'); A.prepend(e); made(e)`,
	`B.append(A)`, `B.prepend(A)`, `A.before(B)`, `A.after(B)`, `B.append(A); A.setAttribute('data-afterimage', 'mask')`, `A.setAttribute('data-afterimage', 'block'); B.append(A)`,
	`A.remove()`, `A.replaceChildren()`, `A.normalize()`, `const e = A.cloneNode(true); B.append(e); made(e)`, `B.append(document.adoptNode(A))`,
	`A.setAttribute('data-afterimage', 'mask')`, `A.setAttribute('data-afterimage', 'block')`, `A.classList.add('hush')`, `A.className = 'gone'`, `A.classList.remove('hush')`,
	`A.contentEditable = 'true'`, `A.slot = 's'`, `A.hidden = !A.hidden`, `A.textContent = 'plain'`,
	`await 0`, `await new Promise(requestAnimationFrame)`, `await new Promise((r) => setTimeout(r, 20))`, `if (K % 8 === 0) await afterimage.snapshot()`,
}

// Where text is masked for good, words are secret too.
var hushedSteps = []string{
	`A.append('say $S')`, `A.textContent = '$S'`, `A.title = '$S'`, `A.setAttribute('aria-label', '$S')`, `A.insertAdjacentHTML('afterbegin', '<u title="$S">$S2</u>'); made(A.firstChild)`,
	`A.append('$S'); A.lastChild.splitText(4); A.lastChild.splitText(4)`, `for (const c of '$S') A.append(c)`, `A.lastChild.data = '$S'`,
	`const e = document.createElement('input'); e.placeholder = '$S'; e.value = '$S2'; A.append(e); made(e)`, `if ('value' in A) A.value = '$S'`,
	`const e = document.createElement('select'); e.add(new Option('$S', '$S2')); A.append(e)`, `const e = document.createElement('textarea'); e.textContent = '$S'; A.append(e); made(e)`,
	`const r = A.shadowRoot ?? A.attachShadow({mode: 'open'}); r.innerHTML = '<p>$S</p><slot></slot><b><slot name="s"></slot></b>'; made(r.firstChild)`,
	`const e = document.createElement('style'); e.textContent = 'b { color: red }'; A.append(e); if (K % 2) await 0; e.sheet?.insertRule('u::before { content: "$S" }')`,
	`const r = A.shadowRoot ?? A.attachShadow({mode: 'open'}); const s = new CSSStyleSheet(); r.adoptedStyleSheets = [s]; if (K % 2) await 0; s.insertRule('u::before { content: "$S" }'); if (K % 3) await 0; s.replaceSync('u::after { content: "$S2" }')`,
	`const e = document.createElement('input'); A.append(e); if (K % 2) await 0; e.value = '$S'; e.dispatchEvent(new InputEvent('input', {bubbles: true}))`,
	`A.style.setProperty('content', '"$S"')`, `const e = document.createElement('iframe'); A.append(e); e.contentDocument.body.append('$S')`,
}

// randomPage is the page program of a seed: the same for the same seed, canaries included. Its
// region `free` is under the page's level; `hushed` is under a mask or block for good. In
// strict both are, as no marker of a program allows.
func randomPage(drawn draws, n int, seed uint64) *leakPage {
	return randomProgram(drawn, n, seed, false)
}

// randomProgram is randomPage, or the same program with fresh canaries.
func randomProgram(drawn draws, n int, seed uint64, fresh bool) *leakPage {
	r, spare := rand.New(rand.NewPCG(seed, 0)), rand.New(rand.NewPCG(seed, 1))
	level := []string{"strict", "balanced", plain, "balanced"}[seed%4]
	name := fmt.Sprintf("random, seed %d", seed)
	p := &leakPage{name: name, level: level, custody: custodies[seed/4%2], either: true, path: fmt.Sprintf("/p/%d", n), drawn: drawn}
	p.again = func(n int, _ string) []*leakPage {
		return []*leakPage{randomProgram(drawn, n, seed, true), randomProgram(drawn, n+1, seed, true)}
	}
	text := func(kind, what string) *canary {
		where := name + ", " + level + ": " + what
		c := intN(r.IntN).canary(kind, where)
		if fresh {
			c = drawn.canary(systemIntN, kind, where)
		} else if !drawn.take(c) {
			c = drawn.canary(spare.IntN, kind, where)
		}
		p.canaries = append(p.canaries, c)
		return c
	}
	var do strings.Builder
	for range 40 + r.IntN(60) {
		part := []string{"free", "hushed"}[r.IntN(2)]
		steps := randomSteps
		if (part == "hushed" || level != "balanced") && r.IntN(3) == 0 {
			steps = hushedSteps
		}
		step := steps[r.IntN(len(steps))]
		filled := map[string]string{}
		step = placeholder.ReplaceAllStringFunc(step, func(what string) string {
			if filled[what] == "" {
				filled[what] = text(what[1:2], step).text
			}
			return filled[what]
		})
		fmt.Fprintf(&do, "await step('%s', %d, %d, async (A, B, K, made) => { %s });\n", part, r.IntN(1000), r.IntN(1000), step)
	}
	marker := []string{"mask", "block"}[r.IntN(2)]
	form := formOf(level)
	p.html = fmt.Sprintf(`<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">%s></script><title>page</title></head><body>`+
		form.before+`<main><div></div><p>a</p></main><section data-afterimage="%s"><aside><div></div><p>a</p></aside></section>`+form.after+`</body></html>`,
		form.tag, p.control("what stands before"), marker)
	p.do = fmt.Sprintf(`(async () => {
const parts = {free: [...document.querySelectorAll('main, main *')], hushed: [...document.querySelectorAll('aside, aside *')]};
let done = 0, failed = 0;
const step = async (part, a, b, run) => { const list = parts[part]; try { await run(list[a %% list.length], list[b %% list.length], a, (e) => list.push(e)); done++ } catch { failed++ } };
%s
if (failed > done) throw new Error('most steps failed');
(%s)(document.getElementById("after"), "%s"); await afterimage.flush(); return (await afterimage.stop({timeoutMs: 20000})).pending })()`, do.String(), form.show, p.control("what stands after"))
	return p
}

// Random page programs leak no canary, and what is allowed still arrives. Without -leak-time
// a short list with seeds that never change; with it new ones until the time is over.
func TestRandomPages(t *testing.T) {
	wholeBrowser(t)
	first, count := uint64(1), 24
	began := time.Now()
	switch {
	case *leakSeedFlag != 0:
		first, count = *leakSeedFlag, 1
	case *leakTimeFlag > 0:
		first, count = rand.Uint64N(1<<40), pagesOfSite*2
	}
	var sum leakSums
	for round := 0; round == 0 || *leakSeedFlag == 0 && time.Since(began) < *leakTimeFlag; round++ {
		var pages []*leakPage
		drawn := draws{}
		for i := range count {
			pages = append(pages, randomPage(drawn, i, first+uint64(i)))
		}
		fmt.Printf("random page programs of seeds %d to %d\n", first, first+uint64(count)-1)
		n := judge(t, pages, runLeakPages(t, pages))
		sum.pages += n.pages
		sum.canaries += n.canaries
		sum.controls += n.controls
		sum.leaks += n.leaks
		sum.chance += n.chance
		sum.lost += n.lost
		first += uint64(count)
	}
	fmt.Printf("random pages %d, canaries %d, leaks %d, by chance %d; controls %d, lost %d\n", sum.pages, sum.canaries, sum.leaks, sum.chance, sum.controls, sum.lost)
}
