package e2e

// Kinds that nothing opens, where only something beside the field's own attributes of now says so; and documents
// in frames that record themselves.
var secretRoutes = []leakRoute{
	{name: "textarea called so by its label element", body: `<label>PIN <textarea>$S</textarea></label><label for="sc1">Password</label><textarea id="sc1"></textarea>`, do: `$$('#sc1').value = '$S2'; await 0; $$('textarea').value = '$S3'`},
	{name: "textarea called so by aria-labelledby", body: `<span id="sc2">One-time code</span><textarea aria-labelledby="sc2">$S</textarea>`, do: `$$('textarea').value = '$S2'; await 0; $$('textarea').defaultValue = '$S3'`},
	{name: "textarea called so earlier, then a new snapshot", body: `<textarea name="passphrase"></textarea>`, do: `const t = $$('textarea'); t.removeAttribute('name'); t.value = '$S'; await afterimage.snapshot(); t.value = '$S2'`},
	{name: "field called so by its name, renamed outside of the page", body: `<input name="pin"><textarea name="pin"></textarea>`, do: `for (const i of root.querySelectorAll('input, textarea')) { i.remove(); await 0; i.name = 'q'; i.setAttribute('value', '$S'); i.value = '$S2'; root.append(i); await 0; i.value = '$S3' }`},
	{name: "password field replaced by a text field of the same name", body: `<p><input type="password" name="field7" value="$S"></p><p><input type="password" id="sc3"></p>`, do: `for (const p of root.querySelectorAll('p')) { const old = p.firstChild, i = document.createElement('input'); i.name = old.name; i.id = old.id; i.type = 'text'; i.value = '$S2'; i.setAttribute('value', '$S3'); old.replaceWith(i); await 0; i.value = '$S4' }`},
	{name: "clone of a shown password with other attributes", body: `<div><input type="password" id="sc9" class="wide" value="$S"></div>`, do: `const i = $$('input'); i.type = 'text'; await 0; const j = i.cloneNode(); j.className = 'wide shown'; j.setAttribute('value', '$S2'); $$('div').append(j); await 0; j.value = '$S3'`},
	{name: "field drawn as discs", body: `<style>.sc4 { -webkit-text-security: disc }</style><input style="-webkit-text-security: disc" value="$S"><input class="sc4" value="$S2"><textarea class="sc4">$S3</textarea>`, do: `for (const i of root.querySelectorAll('input, textarea')) { i.value = '$S4'; i.dispatchEvent(new InputEvent('input', {bubbles: true})) }`},
	{name: "editor called so by aria-labelledby", body: `<span id="sc5">Password</span><div contenteditable aria-labelledby="sc5">$S</div><div role="textbox" aria-labelledby="sc6 sc5">$S2</div>`, do: `$$('div').textContent = '$S3'; await 0; $$('[role]').append('$S4')`},
	{name: "editor called so by aria-labelledby later", body: `<span id="sc7">Security code</span><div contenteditable></div>`, do: `const d = $$('div'); d.setAttribute('aria-labelledby', 'sc7'); d.textContent = '$S'; await 0; d.removeAttribute('aria-labelledby'); d.textContent = '$S2'`},
	{name: "editor whose label comes before the visitor", body: `<span id="sc8"></span><div contenteditable aria-labelledby="sc8"></div>`, do: `$$('span').textContent = 'Password'; await 0; $$('div').focus(); await 0; document.execCommand('insertText', false, '$S')`},
	{name: "drawing of a canvas shown as a picture", alone: true, body: `<canvas></canvas><img>`, do: `$$('canvas').toDataURL(); $$('img').src = 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"><text>$S</text></svg>'`, page: true},
	{name: "document of a blocked frame that records itself", alone: true, page: true, body: `<div class="hush" data-afterimage="block"><iframe></iframe></div><iframe class="gone"></iframe>`, do: `const html = '<p title="$S">$S2</p><p data-afterimage="allow">$S3</p><input value="$I">'; ` + recordItself},
	{name: "document of a masked frame that records itself", alone: true, page: true, body: `<div data-afterimage="mask"><iframe></iframe></div><iframe class="hush"></iframe>`, do: `const html = '<p title="$S">$S2</p><input value="$I">'; ` + recordItself},
	{name: "document of a frame in a masked frame that records itself", alone: true, page: true, body: `<iframe class="hush"></iframe>`, do: `const d = $$('iframe').contentDocument, html = '<p title="$S">$S2</p><input value="$I">'; d.body.innerHTML = '<iframe></iframe>'; root = d; ` + recordItself},
	{name: "document of a frame that records itself, marked later", alone: true, page: true, body: `<div class="hush0"><iframe></iframe></div>`, do: `const html = '<p>a</p>'; ` + recordItself + `; const d = $$('iframe').contentDocument; $$('div').dataset.afterimage = 'block'; d.body.append('$S'); await 0; d.body.append('$S2'); d.title = '$S3'; await new Promise((r) => setTimeout(r, 400))`},
}

// recordItself puts a page with a script of ours, and html, into all frames of root.
const recordItself = `for (const f of root.querySelectorAll('iframe')) {
	const script = document.querySelector('script[data-site]').cloneNode();
	script.dataset.privacy = 'balanced';
	script.dataset.block = '.gone';
	script.dataset.mask = '.hush';
	await new Promise((r) => { f.onload = r; f.srcdoc = script.outerHTML + html });
	const {afterimage} = f.contentWindow;
	for (let n = 0; n < 100 && /^idle$|wait/.test(afterimage.state.phase + afterimage.state.reason); n++) await new Promise((r) => setTimeout(r, 50));
	await new Promise((r) => setTimeout(r, 100));
	await afterimage.flush() }`
