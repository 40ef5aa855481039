package e2e

import "fmt"

// Newer parts of the platform, and what somebody would try who wants text out of a masked page.
func newerRoutes() (list []leakRoute) {
	for _, name := range []string{
		"elementtiming", "imagesizes", "imagesrcset", "attributionsrc", "csp", "privatetoken", "popovertarget", "command", "commandfor", "anchor", "interestfor",
		"virtualkeyboardpolicy", "enterkeyhint", "writingsuggestions", "blocking", "fetchpriority", "closedby", "shadowrootmode", "headingoffset", "colorspace", "allow",
		"sandbox", "referrerpolicy", "focusgroup", "inert", "contextmenu", "usemap", "formtarget", "download", "hreflang", "wrap", "dirname", "list", "aria-controls", "aria-owns", "aria-details",
	} {
		list = append(list, leakRoute{name: "attribute " + name + " of data", body: fmt.Sprintf(`<div %s="$M $T"></div><input %[1]s="$N">`, name),
			do: fmt.Sprintf(`$$('div').setAttribute('%s', '$M2'); $$('input').setAttribute('%[1]s', 'u-$T2')`, name)})
	}
	return append(list, []leakRoute{
		{name: "names in newer CSS", body: `<style>::highlight(u-$T) { color: red } ::view-transition-group(v-$T2) { color: red } ::part(p-$T3) { color: red } ::slotted([slot="s-$T4"]) { color: red } :state(q-$T5) { color: red }
			.n { view-transition-name: v-$T2; view-transition-class: w-$T6; anchor-name: --a-$T7; position-anchor: --a-$T7; container-name: c-$T8; position-try-fallbacks: --t-$T9; timeline-scope: --s-$T; animation-timeline: --s-$T }</style>`},
		{name: "scope, if and functions of CSS", body: `<style>@scope ([data-u="$S"]) to (.z-$T) { :scope { --a: if(style(--who: "$M"): "$M2"; else: "$M3"); width: attr(data-$T2 type(<length>), 1px) } } @function --f-$T3(--x-$T4) { result: "$M4" } .f { --r: --f-$T3("$M5") }
			@position-try --t-$T5 { color: red } @font-palette-values --p-$T6 { font-family: "$M6" } @view-transition { types: t-$T7 } @container style(--u: "$M7") { a { color: red } } @supports (--u: "$M8") { a { --b: "$M9" } } @media (u-$T8: "$S2") { a { color: red } } @layer u-$T9 { a { color: red } }</style>`},
		{name: "nested rules and :has() with values", body: `<style>.k { &:has([value="$S"], [data-u*="$S2" i]) { --a: "$M" } & [title="$S3"] { color: red } @nest .u-$T & { color: red } }</style>`},
		{name: "typed object model of CSS", body: `<p>a</p>`, do: `$$('p').attributeStyleMap.set('--u', '"$M"'); $$('p').attributeStyleMap.set('background-image', 'url("/i?u=$S")'); $$('p').attributeStyleMap.set('--u-$T', '1')`},
		{name: "font faces by script", do: `document.fonts.add(new FontFace('u-$T', 'url(/f?$S)')); document.fonts.add(new FontFace('$M', 'local("$M2")'))`, page: true},
		{name: "view transition with types", body: `<p>a</p>`, do: `const t = document.startViewTransition?.({update() { $$('p').title = '$M'; $$('p').style.viewTransitionName = 'v-$T' }, types: ['t-$T2']}); await t?.updateCallbackDone.catch(() => {}); t?.ready.catch(() => {}); t?.skipTransition(); await t?.finished.catch(() => {})`, page: true},
		{name: "moveBefore into a masked part", body: `<p>a</p><div data-afterimage="mask"><i></i></div>`, do: `const p = $$('p'), d = $$('div'); p.textContent = '$S'; d.moveBefore ? d.moveBefore(p, $$('i')) : d.prepend(p); await 0; p.append('$S2'); p.title = '$S3'`},
		{name: "moveBefore into a blocked part, then back", body: `<div><p>a</p></div><div data-afterimage="block"><i></i></div>`, do: `const p = $$('p'), d = root.lastElementChild; p.textContent = '$S'; d.moveBefore ? d.moveBefore(p, null) : d.append(p); p.textContent = '$S2'; await 0; p.textContent = 'plain'; root.firstElementChild.append(p)`},
		{name: "setHTMLUnsafe with shadow roots", body: `<div></div>`, do: `$$('div').setHTMLUnsafe('<b><template shadowrootmode="open" shadowrootclonable><p part="$T" title="$M">$M2</p><input value="$I"><input type=password value="$S"></template></b>'); await 0; root.append($$('b').cloneNode(true))`},
		{name: "slots of data", body: `<div><b slot="s-$T">a</b></div>`, do: `$$('div').attachShadow({mode: 'open', slotAssignment: 'named'}).innerHTML = '<slot name="s-$T"></slot><p exportparts="$T2:$T3" part="$M"></p>'`},
		{name: "customised built-in elements", body: `<p is="u-$T">a</p>`, do: `root.append(document.createElement('b', {is: 'u-$T2'})); $$('p').setAttribute('is', '$M')`},
		{name: "fenced frame and portal", body: `<fencedframe src="/x?$S"></fencedframe><portal src="/y?$S2">$M</portal><webview src="/z?$S3"></webview>`},
		{name: "SVG use, links and animations", body: `<svg><use href="data:text/html,$S#a"/><use href="#u-$T"/><foreignObject><input value="$I"><p title="$M">$M2</p></foreignObject><textPath href="/x?$S2">$M3</textPath><image href="data:,$S3"/><filter id="f-$T2"><feImage href="/f?$S4"/></filter><a xlink:href="mailto:$M4"><text>a</text></a><set attributeName="href" to="/u/$S5"/><view id="$M5"/><text><tspan textLength="$S6">a</tspan></text></svg>`, log: "Error: <"},
		{name: "MathML with annotations", body: `<math href="/m?$S"><semantics><mi href="/m?$S2" mathvariant="$S3">x</mi><annotation encoding="$S4">$M</annotation><annotation-xml encoding="application/xhtml+xml"><p title="$M2">$M3</p><input value="$I"></annotation-xml></semantics></math>`},
		{name: "editable in other writings", body: `<div contenteditable="PLAINTEXT-ONLY">$I</div><div contenteditable="TRUE">$I2</div><div CONTENTEDITABLE>$I3</div><div role="TextBox">$I4</div><div role=" searchbox ">$I5</div><div role="u-x textbox">$I6</div>`},
		{name: "editable below an element that is not", body: `<div contenteditable><p contenteditable="false">a</p><p>$I</p></div><div contenteditable="false"><p contenteditable="plaintext-only">$I2</p></div>`, do: `root.querySelectorAll('p')[2].append('$I3')`},
		{name: "text that an EditContext holds", body: `<div tabindex="0">a</div>`, do: `const d = $$('div'); if (window.EditContext) { d.editContext = new EditContext({text: '$I'}); d.editContext.updateText(0, 14, '$I2') } else d.role = 'textbox'; d.focus(); d.textContent = '$I2'; await 0; d.append(' $I3')`},
		{name: "EditContext given after its text", body: `<div tabindex="0">a</div>`, do: `const d = $$('div'); d.textContent = '$I'; if (window.EditContext) d.editContext = new EditContext({text: '$I'}); else d.role = 'textbox'; await 0; d.append(' $I2')`},
		{name: "form values by form data and submit", body: `<form action="/f?u=$S" method="dialog"><input name="q" value="$I"><button name="b" value="$I2">a</button></form>`, do: `$$('form').addEventListener('formdata', (e) => e.formData.append('u', '$S2')); new FormData($$('form')); $$('form').requestSubmit($$('button'))`, alone: true, log: "Form submission"},
		{name: "text fragments and find in page", body: `<p>$M</p>`, do: `location.hash = '#:~:text=$S'; window.find?.('$M')`, page: true},
		{name: "ranges: surround, extract, insert", body: `<p>$M</p><div data-afterimage="mask"></div>`, do: `const r = new Range(); r.selectNodeContents($$('p')); r.surroundContents(document.createElement('b')); await 0; const f = r.extractContents(); f.append('$S'); $$('div').append(f); r.selectNodeContents($$('div')); r.insertNode(document.createTextNode('$S2'))`},
		{name: "live regions and inert parts", body: `<div aria-live="polite" inert>$M</div><output for="$T">$I</output>`, do: `$$('div').textContent = 'by $M2'; $$('output').value = '$I2'; $$('div').ariaNotify?.('$S')`},
		{name: "reflected references", body: `<p>a</p><b id="rr-$T">b</b>`, do: `$$('p').ariaLabelledByElements = [$$('b')]; $$('p').ariaActiveDescendantElement = $$('b'); $$('p').popoverTargetElement = $$('b')`},
		{name: "text behind a hidden ancestor, shown later", body: `<div hidden="until-found" data-afterimage="mask"><p>$S</p></div><details name="$T"><summary>a</summary><p>$M</p></details>`, do: `$$('div').hidden = false; $$('details').open = true; await 0; $$('div').append('$S2')`},
		{name: "marker by other means", body: `<p>a</p><p>a</p><p>a</p>`, do: `const [a, b, c] = root.querySelectorAll('p'); a.dataset.afterimage = 'mask'; a.textContent = '$S'; b.toggleAttribute('data-afterimage', true); b.textContent = '$S2'; const n = document.createAttribute('data-afterimage'); n.value = 'block'; c.setAttributeNode(n); c.textContent = '$S3'; await 0; n.value = 'mask'; c.append('$S4')`},
		{name: "marker in another namespace does not allow", body: `<div data-afterimage="mask"><p>$S</p></div>`, do: `$$('p').setAttributeNS('urn:x', 'q:data-afterimage', 'allow'); $$('p').append('$S2')`},
		{name: "old text comes back by history of a node", body: `<div data-afterimage="mask"><p>$S</p></div><i></i>`, do: `const p = $$('p'), t = p.firstChild; p.remove(); await 0; p.textContent = 'plain'; $$('i').append(p); await 0; $$('div').append(t)`},
		{name: "masked while the connection drops", body: `<p>a</p><input>`, do: `const p = $$('p'); p.textContent = 'plain'; const f = afterimage.flush(); await fetch('/cut'); p.dataset.afterimage = 'mask'; p.textContent = '$S'; p.title = '$S2'; $$('input').value = '$I'; await fetch('/cut'); await f; p.append('$S3'); await fetch('/cut')`, alone: true},
		{name: "new snapshot while the connection drops", body: `<p data-afterimage="mask">$S</p><div></div>`, do: `await fetch('/cut'); const s = afterimage.snapshot(); $$('div').append($$('p')); await fetch('/cut'); await s; $$('p').append('$S2')`, alone: true},
	}...)
}
