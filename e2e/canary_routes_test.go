package e2e

import (
	"fmt"
	"slices"
	"strings"
)

// leakRoutes are all routes, by what carries the text.
func leakRoutes() []leakRoute {
	return slices.Concat(textRoutes, attributeRoutes(), elementRoutes, fieldRoutes, styleRoutes, changeRoutes, pageRoutes, siteRoutes, combinedRoutes, furtherRoutes, newerRoutes(), freshRoutes, secretRoutes, typedRoutes(), calledRoutes(), madeRoutes, heldRoutes(), secondRoutes(), seamRoutes, seamsRoutes, widgetRoutes, scriptRoutes())
}

var textRoutes = []leakRoute{
	{name: "text", body: `<p>say $W to $M, $T, $N or $P</p>`, shows: true},
	{name: "text set later", body: `<p></p>`, do: `$$('p').textContent = 'say $W to $M and $T'`, shows: true},
	{name: "text by innerHTML", body: `<p></p>`, do: `$$('p').innerHTML = '<b>say</b> <i>$W</i> to <u>$M</u>'`, shows: true},
	{name: "text by insertAdjacentHTML", body: `<p></p>`, do: `$$('p').insertAdjacentHTML('afterend', '<div>$W, $M</div>')`, shows: true},
	{name: "text by innerText", body: `<p></p>`, do: `$$('p').innerText = '$W\n$M'`, shows: true},
	{name: "text by replaceChildren", body: `<p>old</p>`, do: `root.replaceChildren('$W and $M', document.createElement('hr'), '$W2')`, shows: true},
	{name: "text by a fragment", body: `<p></p>`, do: `const f = document.createRange().createContextualFragment('<div><b>$W</b> $M</div>'); $$('p').append(f)`, shows: true},
	{name: "text by appendData", body: `<p>a</p>`, do: `for (const c of '$W') $$('p').firstChild.appendData(c)`, shows: true},
	{name: "text by a character a frame", body: `<p>a</p>`, do: `for (const c of '$S'.slice(0, 10)) { $$('p').textContent = c; await new Promise(requestAnimationFrame) } $$('p').textContent = 'ready'`, masked: true},
	{name: "text split", body: `<p>$W $M $N</p>`, do: `const t = $$('p').firstChild; t.splitText(4).splitText(5).splitText(6)`},
	{name: "text nodes beside each other", body: `<p></p>`, do: `for (const c of '$W') $$('p').append(c)`, shows: true},
	{name: "text normalized", body: `<p></p>`, do: `for (const c of '$W $M') $$('p').append(c); await 0; $$('p').normalize()`, masked: true},
	{name: "text of one letter elements", body: `<p></p>`, do: `for (const c of '$W') { const b = document.createElement('b'); b.textContent = c; $$('p').append(b) }`, shows: true},
	{name: "mail in two inline elements", body: `<p></p>`, do: `const [a, b] = '$M'.split('@'); $$('p').innerHTML = '<b>' + a + '</b>@<i>' + b + '</i>'`},
	{name: "mail broken by wbr", body: `<p></p>`, do: `$$('p').innerHTML = '$M'.replace('@', '<wbr>@<wbr>')`},
	{name: "mail with entities", body: `<p></p>`, do: `$$('p').innerHTML = Array.from('$M', (c) => '&#' + c.charCodeAt() + ';').join('')`},
	{name: "mail with zero-width characters", body: `<p></p>`, do: `$$('p').textContent = Array.from('$M').join('\u200b')`},
	{name: "mail with soft hyphens", body: `<p></p>`, do: `$$('p').textContent = '$M'.replace(/.{4}/g, '$&\u00ad')`},
	{name: "mail completed later", body: `<p></p>`, do: `const m = '$M'; $$('p').textContent = 'by ' + m.slice(0, 4); await new Promise((r) => setTimeout(r, 30)); $$('p').firstChild.appendData(m.slice(4, 7)); await 0; $$('p').firstChild.appendData(m.slice(7))`},
	{name: "mail quoted", body: `<p>write to &quot;$M&quot; &lt;$M2&gt;, mailto:$M3?subject=x</p>`},
	{name: "card in four groups", body: `<p></p>`, do: `$$('p').textContent = '$N'.replace(/(....)(?=.)/g, '$1 ')`},
	{name: "card in four elements", body: `<p></p>`, do: `$$('p').innerHTML = '$N'.replace(/(....)/g, '<span>$1</span>')`},
	{name: "card with dots", body: `<p></p>`, do: `$$('p').textContent = '$N'.replace(/(....)(?=.)/g, '$1.')`},
	{name: "card with no-break spaces", body: `<p></p>`, do: `$$('p').textContent = '$N'.replace(/(....)(?=.)/g, '$1\u00a0')`},
	{name: "token in JSON text", body: `<pre>{"token": "$T", "mail": "$M", "card": $N}</pre>`},
	{name: "token in a URL in text", body: `<p>see https://a.example/reset?token=$T&amp;m=$M and /users/$M2</p>`},
	{name: "comment", body: `<p><!-- $S $M --></p>`, do: `$$('p').append(document.createComment('$S2')); $$('p').firstChild.data = '$S3'`},
	{name: "processing instruction", body: `<p></p>`, do: `$$('p').append(document.createProcessingInstruction('go', 'to="$S"')); $$('p').append(document.createProcessingInstruction('z$S2', ''))`},
	{name: "CDATA section", body: `<p></p>`, do: `const x = new DOMParser().parseFromString('<r xmlns="http://www.w3.org/1999/xhtml"><![CDATA[$M and $W]]></r>', 'application/xml'); $$('p').append(document.adoptNode(x.documentElement))`},
	{name: "huge text", body: `<pre></pre>`, do: `$$('pre').textContent = 'word '.repeat(20000) + '$W $M ' + 'word '.repeat(20000)`, shows: true},
	{name: "lone surrogates", body: `<p></p>`, do: `$$('p').textContent = '\ud800$M\udc00 $W\ud83d'`},
	{name: "text in upper case by script", body: `<p></p>`, do: `$$('p').textContent = '$M $W'.toUpperCase()`},
	{name: "bidirectional marks", body: `<p></p>`, do: `$$('p').textContent = '\u202e$W $M\u202c'`},
	{name: "NUL in text", body: `<p></p>`, do: `$$('p').append('\0$W \0$M')`},
}

// attributeRoutes have one page for each attribute of a list.
func attributeRoutes() (list []leakRoute) {
	for _, a := range []struct{ element, names string }{
		{"<div %s></div>", "title aria-label"}, {"<img %s>", "alt title"},
		{"<input %s>", "placeholder aria-placeholder title"}, {"<table><tr><th %s></table>", "abbr"},
	} {
		for name := range strings.FieldsSeq(a.names) {
			body := fmt.Sprintf(a.element, name+`="$W and $M, $T"`)
			list = append(list, leakRoute{name: "text in " + fmt.Sprintf(a.element, name), body: body, shows: true})
		}
	}
	for name := range strings.FieldsSeq("data-user data-email data-json data-id data-value data-state data-type data-index data-testid data-size data-src data-href data-title data-label " +
		"aria-current aria-description aria-roledescription aria-valuetext summary aria-keyshortcuts aria-braillelabel aria-rowindextext aria-colindextext content itemprop itemid itemtype property typeof about resource datetime " +
		"nonce integrity is accesskey lang dir hidden role type rel pattern accept srcdoc onclick onmouseover style2 v-model x-data ng-model key label2 " +
		"autocomplete inputmode charset http-equiv coords shape kind default value2 results autosave vocab prefix face bgcolor width height min max step align") {
		list = append(list, leakRoute{name: "attribute " + name, body: fmt.Sprintf(`<div %s="$S $M"><i %[1]s="$S2"></i></div>`, name),
			do: fmt.Sprintf(`$$('div').setAttribute('%s', '$S3'); $$('i').setAttribute('%[1]s', '$S4-$T')`, name)})
	}
	return append(list, []leakRoute{
		{name: "attributes of CSS", body: `<font color="$W $M"><i sizes="$W2 $M2" media="$W3 $M3"></i><link rel="x" media="(min-width: 1px) and ($W4: $T)"></font>`},
		{name: "attribute name", body: `<div data-$M="1" data-$T="" x$N="1"></div>`, do: `$$('div').setAttribute('data-$M2', ''); $$('div').setAttribute('u-$W', '')`},
		{name: "attribute in a namespace", body: `<div></div>`, do: `$$('div').setAttributeNS('urn:$S', 'p:q', '$S2 $M')`},
		{name: "attribute by toggle", body: `<div></div>`, do: `$$('div').toggleAttribute('u$T'); $$('div').removeAttribute('u$T')`},
		{name: "attribute by an Attr node", body: `<div></div>`, do: `const a = document.createAttribute('data-who'); a.value = '$S'; $$('div').setAttributeNode(a); a.value = '$S2'`},
		{name: "attribute and its old value", body: `<div title="$W $M"></div>`, do: `$$('div').title = 'new'; await 0; $$('div').removeAttribute('title')`, masked: true},
		{name: "dataset", body: `<div></div>`, do: `$$('div').dataset.userName = '$S'; $$('div').dataset['u$T'] = '$S2'`},
		{name: "class of data", body: `<div class="row u-$M $T"></div>`, do: `$$('div').classList.add('id-$N', '$T2'); $$('div').className += ' $M2'`},
		{name: "class of a word beyond ASCII", body: `<div></div>`, do: `$$('div').className = 'u-ä$S'`},
		{name: "id of data", body: `<div id="user-$T"></div><i id="$M"></i>`, do: `$$('div').id = 'u-$N'`},
		{name: "references of data", body: `<label for="u-$T">a</label><div aria-labelledby="u-$T $M" aria-controls="$M2"></div><input list="$T2" form="$T3">`},
		{name: "part and slot of data", body: `<div part="$T $M" slot="$T2" exportparts="$M2"></div>`},
		{name: "name of a field", body: `<input name="$W"><input name="$M"><form name="$T"></form><button name="$N"></button>`},
		{name: "name of a frame", body: `<iframe name="$S"></iframe><a name="$S2" target="$S3">a</a><object name="$S4"></object><map name="$T"></map><img usemap="#$T">`},
		{name: "href with a path", body: `<a href="https://a.example/$W/$M">a</a><area href="/reset/$T"><a href="/users/$S">b</a><a href="/orders/$N">c</a>`},
		{name: "href with a query", body: `<a href="/?q=$S&amp;mail=$M&amp;$T=1">a</a><a href="?$S2">b</a>`, do: `$$('a').search = '?who=$S3'`},
		{name: "href with a fragment", body: `<a href="/x#$S">a</a><a href="#/user/$S2">b</a><a href="#$M">c</a><a href="#u-$T">d</a>`, do: `$$('a').hash = '$S3'`},
		{name: "href with a user", body: `<a href="https://$S:$S2@a.example/">a</a>`, do: `$$('a').username = '$S3'`},
		{name: "href with a host of data", body: `<a href="https://$T.a.example/">a</a><a href="//$N.example">b</a>`},
		{name: "href of other schemes", body: `<a href="mailto:$M?subject=$S">a</a><a href="tel:$P">b</a><a href="sms:$P2">c</a><a href="javascript:say('$S2')">d</a><a href="data:text/html,$S3">e</a><a href="web+x:$S4">f</a><a href="file:///home/$S5">g</a><a href="x-$T:1">h</a>`},
		{name: "href with escapes", body: `<a>a</a><a>b</a>`, do: `const e = Array.from('$M', (c) => '%' + c.charCodeAt().toString(16)).join(''); $$('a').href = '/u/' + e; root.querySelectorAll('a')[1].href = '/?q=' + btoa('$S')`},
		{name: "href that is no URL", body: `<a href="http://[$T2">a</a><a href="  $T ">b</a><a href="ht&#10;tp://a.example/users/$S2">c</a>`},
		{name: "href with tabs in it", body: `<a href="/us&#9;ers/$S">c</a><a href="java&#10;script:$S2">d</a>`},
		{name: "href with matrix parameters", body: `<a href="/a;u=$S/b">a</a><a href="/@$S2">b</a><a href="/~$S3/">c</a><a href="/a:$S4">d</a><a href="/$M">e</a>`},
		{name: "action, cite, ping", body: `<form action="/a?u=$S"><button formaction="/b/$T?$S2"></button></form><blockquote cite="https://a.example/?$S3">q</blockquote><a href="/" ping="/p?$S4">a</a>`},
		{name: "src", body: `<img src="/i/$W/$T.png?u=$S"><audio src="/a/$M?$S2"></audio><video poster="/p/$T2"></video><input type="image" src="/b?$S3">`},
		{name: "srcset", body: `<img srcset="/i/$T.png?u=$S 1x, /j/$M.png 2x"><picture><source srcset="/k?$S2 100w"></picture>`},
		{name: "data URL of a picture", body: `<img src="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'%3E%3Ctext%3E$S%3C/text%3E%3C/svg%3E">`, masked: true},
		{name: "object, embed, param", body: `<object data="/o?$S" type="image/$T"><param name="u" value="$S2">fallback</object><embed src="/e?$S3">`},
		{name: "frame sources", body: `<iframe src="about:blank#$S"></iframe><iframe src="/f/$T?u=$S2" allow="$S3"></iframe>`},
		{name: "track", body: `<video><track label="$M" src="/t?$S" srclang="$T"></video>`},
		{name: "link in the body", body: `<link rel="prefetch" href="/x/$T?$S"><link rel="alternate" title="$M" href="/y?$S2">`},
		{name: "button labels", body: `<button value="$I">$W</button><input type="button" value="$W2 $M"><input type="submit" value="$W3"><input type="reset" value="$W4">`},
		{name: "SVG attributes", body: `<svg><text x="1" font-family="$T" id="t-$T2" aria-label="$M">a</text><a href="/u?$S"><g data-n="$S2"/></a><image xlink:href="/i?$S3"/><use href="#u-$T3"/></svg>`},
		{name: "SVG geometry with words", body: `<svg viewBox="0 0 $S 1"><path d="M0 0 $S2"/><rect width="$S3" fill="url(#u-$T)" stroke="$W $M" transform="$W2(1)"/></svg>`, log: "Error: <"},
	}...)
}
