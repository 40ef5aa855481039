package e2e

import (
	"fmt"
	"strings"
)

// typedRoutes type a text into a field and show it again: in every place of a sheet that takes a name or a string, in
// other spellings, and in parts of the page that hold text which nobody thinks of.
func typedRoutes() (list []leakRoute) {
	const typed = `if (root.dataset.afterimage === 'block') return; const put = (s, v) => { const i = $$(s); i.value = v; i.dispatchEvent(new InputEvent('input', {bubbles: true})) }; put('input', '$I'); await 0; `
	add := func(name, body, do string) { list = append(list, leakRoute{name: name, body: body, do: typed + do}) }
	for i, css := range typedInStyles {
		css = strings.ReplaceAll(strings.ReplaceAll(css, `\`, `\\`), "V", "$I")
		add(fmt.Sprint("typed, in a sheet ", i+1), `<input><p class="u">a</p>`, "const css = `"+css+"`; "+typedInSheets)
	}
	for p := range strings.SplitSeq(typedInProperties, "|") {
		n, v, _ := strings.Cut(strings.ReplaceAll(p, "V", "$I"), ": ")
		add("typed, in a style: "+p, `<input><p>a</p><b></b><style>.u { color: red }</style>`,
			fmt.Sprintf(`$$('p').setAttribute('style', '%s: %s'); $$('b').style.setProperty('%[1]s', '%s'); try { $$('style').sheet.cssRules[0].style.setProperty('%[1]s', '%[2]s') } catch {}`, n, v))
	}
	for _, s := range typedSpellings {
		add("typed, written "+s[0], `<input><p></p><b></b><i></i><em></em>`, `const v = '$I', t = `+s[1]+`; $$('p').textContent = t; await 0; $$('b').title = t; $$('i').className = t.replace(/\s/g, '_'); $$('i').id = t; $$('b').setAttribute('data-name', t); $$('b').ariaLabel = 'Hello ' + t; $$('em').innerHTML = '<a href="/find/' + encodeURIComponent(t) + '">Results for “' + t.replace(/[<&]/g, '') + '” (3)</a>'`)
	}
	for _, s := range typedPlaces {
		add("typed, in "+s[0], `<input><div></div>`, `const v = '$I', p = $$('div'); `+s[1])
	}
	return
}

// typedInStyles are rules that name the typed text V.
var typedInStyles = []string{
	`.u { anchor-name: --V; position-anchor: --V } .w { position-try-fallbacks: --V; top: anchor(--V bottom) }`,
	`.u { view-transition-name: V; view-transition-class: V } ::view-transition-group(V) { color: red } ::view-transition-old(*.V) { color: red }`,
	`.u { container: V / inline-size } @container V (width > 1px) { a { color: red } } @container style(--x: V) { a { color: red } }`,
	`@layer V, V.b; @layer V { a { color: red } }`,
	`@scope (.V) to (#V) { a { color: red } }`,
	`@keyframes V { from { color: red } } .u { animation: V 1s } .w { animation-name: "V" } @keyframes "V" { from { color: red } }`,
	`@font-face { font-family: V; src: local(V) } .u { font-family: V, "V" } .w { font: 12px V }`,
	`@property --V { syntax: "*"; inherits: true; initial-value: V }`,
	`@counter-style V { system: cyclic; symbols: V "V"; suffix: V } .u { list-style: V } .w { list-style-type: "V" }`,
	`.u { counter-reset: V 3; counter-increment: V; counter-set: V 3 } .u::before { content: counter(V) counters(V, "V") }`,
	`.u { grid-template-areas: "V V"; grid-area: V; grid-template-columns: [V] 1fr [V-end]; grid-column: V / V }`,
	`.u { will-change: V; view-timeline-name: --V; scroll-timeline: --V x; animation-timeline: --V; timeline-scope: --V }`,
	`::highlight(V) { color: red } .u::part(V) { color: red } :state(V) { color: red } .u:lang(V) { color: red } :host(.V) { color: red } ::slotted(V) { color: red } :active-view-transition-type(V) { color: red }`,
	`@page V { margin: 1px } .u { page: V } @namespace V url(http://x.example/V); V|a { color: red }`,
	`@supports (x: V) { a { color: red } } @supports selector(.V) { a { color: red } } @media (V: 1) { a { color: red } } @media V { a { color: red } }`,
	`@position-try --V { top: 1px } @font-palette-values --V { font-family: V } @font-feature-values V { @styleset { V: 1 } } @color-profile --V { src: url(/V) }`,
	`@function --V(--a) { result: V } .u { width: --V(1px); x: if(style(--x: V): V; else: V) }`,
	`.u { --a: V; --V: 1; content: var(--V); x: attr(data-V type(<length>), V); y: env(V); z: attr(V) }`,
	`.u::before { content: "V" / "V"; quotes: "V" "V"; content: "V" counter(x) open-quote "V" }`,
	`.u { text-emphasis: "V"; hyphenate-character: "V"; text-overflow: "V"; string-set: V "V"; block-ellipsis: "V" }`,
	`.u { font-feature-settings: "V" 1; font-language-override: "V"; font-variation-settings: "V" 1; font-palette: --V; font-variant-alternates: styleset(V) }`,
	`.u { cursor: url(/V.png), auto; filter: url(#V); clip-path: url(#V); mask: url("#V"); background: paint(V); background-image: image-set(url(/V) type("V")); offset-path: url(#V) }`,
	`@import url("/V.css") layer(V) supports(x: V) V; a { color: red }`,
	`.u { background: -moz-element(#V); behavior: V; -webkit-locale: "V"; x: symbols(cyclic "V"); font-synthesis: V; transition: --V 1s; transition-property: V }`,
	`.u { & .V { color: red } #V & { color: red } @media (V) { color: red } .x > V { color: red } } .u:has([title="V"], [data-V], :is(.V), :not(#V), :nth-child(2 of .V)) { color: red }`,
	`.V\:hover { color: red } .content-\[\'V\'\] { color: red } [class~="V" i] { color: red } [V] { color: red } .a\9 V { x: y }`,
	`/* V */ a { color: red } /*! V */ @charset "V"; @V foo { a { color: red } } @V "V"; .u { V: red; --x: { V: V } }`,
}

// typedInSheets brings them as text, rule by rule and as an adopted sheet.
const typedInSheets = `{ const s = document.createElement('style'); s.textContent = css; root.append(s); } { const s = document.createElement('style'); root.append(s); for (const r of css.split(/(?<=\}) (?=[^\s}].*\{|@)/)) try { s.sheet.insertRule(r, 0) } catch {} } { const s = new CSSStyleSheet(); try { s.replaceSync(css) } catch {}; document.adoptedStyleSheets.push(s); const h = document.createElement('div'); root.append(h); h.attachShadow({mode: 'open'}).adoptedStyleSheets = [s]; }`

const typedInProperties = `anchor-name: --V|view-transition-name: V|container-name: V|animation-name: V|font-family: V|list-style-type: "V"|counter-reset: V 3|grid-area: V|will-change: V|--a: V|--V: 1|content: "V"|quotes: "V" "V"|text-emphasis: "V"|font-feature-settings: "V"|background: url(/V)|transition-property: V|page: V|position-area: V|x: V`

// typedSpellings are spellings of v that are known as it.
var typedSpellings = [][2]string{
	{"in capitals", `v.toUpperCase()`},
	{"with a capital", `v[0].toUpperCase() + v.slice(1)`},
	{"with every other capital", `v.replace(/./g, (c, i) => i % 2 ? c.toUpperCase() : c)`},
	{"in wide letters", `[...v].map((c) => String.fromCharCode(c.charCodeAt() + 0xfee0)).join('')`},
	{"over zero-width spaces", `[...v].join('\u200b')`},
	{"over soft hyphens", `[...v].join('\u00ad')`},
	{"over grapheme joiners", `[...v].join('\u034f')`},
	{"under accents of their own", `[...v].join('\u0301')`},
	{"over variation selectors", `[...v].join('\ufe0f')`},
	{"over word joiners", `[...v].join('\u2060')`},
	{"over dots", `[...v].join('.')`},
	{"over blanks", `[...v].join(' ')`},
	{"over no-break spaces", `[...v].join('\u00a0')`},
	{"over thin spaces", `[...v].join('\u2009')`},
	{"over lines", `[...v].join('\n')`},
	{"over bullets", `[...v].join(' · ')`},
	{"from right to left", `'\u202e' + v`},
	{"over isolates", `[...v].join('\u2068\u2069')`},
	{"over Mongolian separators", `[...v].join('\u180e')`},
	{"over invisible signs", `[...v].join('\u2064')`},
	{"over fillers", `[...v].join('\u3164')`},
	{"over blanks of Braille", `[...v].join('\u2800')`},
	{"over marks of annotation", `[...v].join('\ufff9')`},
	{"over controls", `[...v].join('\u0001')`},
	{"in parentheses", `[...v].map((c) => '(' + c + ')').join('')`},
	{"to its middle, then an ellipsis", `v.slice(0, 9) + '…'`},
	{"between letters", `'abc' + v + 'xyz'`},
	{"between digits", `'12' + v + '34'`},
	{"half in bold", `'**' + v.slice(0, 7) + '**' + v.slice(7)`},
	{"over an underscore", `v.slice(0, 7) + '_' + v.slice(7)`},
	{"over a hyphen", `v.slice(0, 5) + '-' + v.slice(5)`},
	{"in a slug", `'profile-of-' + v + '-page'`},
	{"hyphenated", `v.slice(0, 7) + '-\n' + v.slice(7)`},
}

// typedPlaces put v somewhere at or below p.
var typedPlaces = [][2]string{
	{"grows", `for (let i = 1; i <= v.length; i++) { p.textContent = v.slice(0, i); await new Promise(requestAnimationFrame) }`},
	{"mtext", `p.innerHTML = '<math><semantics><mtext>' + v + '</mtext><annotation>' + v + '</annotation><annotation-xml encoding="text/html"><p>' + v + '</p></annotation-xml></semantics></math>'`},
	{"details", `p.innerHTML = '<details name="' + v + '"><summary>' + v + '</summary></details>'`},
	{"popover", `p.innerHTML = '<button popovertarget="' + v + '" commandfor="' + v + '" command="--' + v + '">a</button><div popover id="' + v + '">' + v + '</div>'`},
	{"dialog", `const d = document.createElement('dialog'); d.append(v); p.append(d); d.showModal(); d.close(v)`},
	{"states", `const k = 'x-st' + Math.random().toString(36).slice(2, 6); customElements.define(k, class extends HTMLElement { constructor() { super(); this.t = this.attachInternals(); this.t.states.add('--' + v); this.t.ariaLabel = v } }); p.append(document.createElement(k))`},
	{"highlight", `p.textContent = v; const r = new Range(); r.selectNodeContents(p); CSS.highlights.set(v, new Highlight(r)); getSelection().addRange(r)`},
	{"waapi", `p.animate([{content: '"' + v + '"', '--n': v, 'animationName': v}], {duration: 50, id: v})`},
	{"view transition", `p.style.viewTransitionName = v; await document.startViewTransition?.({update: () => { p.textContent = v }, types: [v]}).finished`},
	{"map", `p.innerHTML = '<map name="' + v + '"><area alt="' + v + '" href="#' + v + '"></map><img usemap="#' + v + '">'`},
	{"track", `p.innerHTML = '<video></video>'; const t = p.firstChild.addTextTrack('captions', v, 'en'); t.addCue(new VTTCue(0, 10, v)); t.mode = 'showing'`},
	{"fallbacks", `p.innerHTML = '<canvas>' + v + '</canvas><object>' + v + '</object><video>' + v + '</video><audio>' + v + '</audio><noscript>' + v + '</noscript><noembed>' + v + '</noembed><iframe>' + v + '</iframe><xmp>' + v + '</xmp><template>' + v + '</template>'`},
	{"svg animation", `p.innerHTML = '<svg><text><set attributeName="href" to="' + v + '"/><animate attributeName="x" values="' + v + ';' + v + '" begin="' + v + '.click" from="' + v + '"/>a</text><textPath href="#' + v + '">' + v + '</textPath><use href="#' + v + '"/><metadata>' + v + '</metadata><title>' + v + '</title><foreignObject><p>' + v + '</p></foreignObject><filter result="' + v + '" in="' + v + '"/></svg>'`},
	{"microdata", `p.innerHTML = '<span itemprop="' + v + '" itemref="' + v + '" itemid="' + v + '"></span><link rel="' + v + '" href="/' + v + '" title="' + v + '" media="' + v + '"><meta name="' + v + '" content="' + v + '" property="' + v + '">'`},
	{"scripts", `p.innerHTML = '<script type="application/ld+json">{"a":"' + v + '"}<' + '/script><script type="text/x-template">' + v + '<' + '/script><script type="' + v + '"><' + '/script>'`},
	{"ping", `p.innerHTML = '<a ping="/' + v + '" download="' + v + '" hreflang="' + v + '" target="' + v + '" rel="' + v + '" type="' + v + '" href="/a.' + v + '">a</a>'`},
	{"colgroup", `p.innerHTML = '<table><colgroup id="' + v + '"></colgroup><tr><th id="' + v + '" abbr="' + v + '" scope="' + v + '" axis="' + v + '"><td headers="' + v + '"></table>'`},
	{"aria refs", `for (const a of ['owns', 'controls', 'flowto', 'details', 'describedby', 'activedescendant', 'errormessage', 'labelledby', 'roledescription', 'valuetext', 'description', 'keyshortcuts', 'braillelabel']) p.setAttribute('aria-' + a, v)`},
	{"sizes", `for (const a of ['size', 'maxlength', 'width', 'viewBox', 'd', 'points', 'transform', 'rotate', 'dx', 'offset', 'stroke-dasharray', 'keytimes', 'coords', 'stdDeviation', 'values', 'tabindex', 'colspan', 'lang', 'dir', 'translate', 'inputmode', 'enterkeyhint', 'type', 'role', 'rel', 'is', 'slot', 'part', 'exportparts', 'form', 'list', 'for', 'name', 'accesskey', 'autocomplete', 'pattern', 'fetchpriority', 'popover', 'data-state', 'data-orientation', 'data-side', 'data-theme', 'data-index', 'data-testid']) p.setAttribute(a, v)`},
	{"alt spaces", `p.innerHTML = '<img alt="' + v + '" title="' + v + '" longdesc="/' + v + '" src="/' + v + '.png" srcset="/' + v + '.png 2x" sizes="' + v + '" crossorigin="' + v + '">'`},
}
