package e2e

// typeAs writes into a field as a visitor does; in a blocked part there is nothing to echo.
const typeAs = `const type = (e, v) => { e.value = v; e.dispatchEvent(new InputEvent('input', {bubbles: true, composed: true})) }; if (root.dataset.afterimage === 'block') return; `

// What pages make of a typed value: drawn in blocks, in parts, written along.
var echoRoutes = []leakRoute{
	{name: "card drawn digit by digit in blocks", body: `<input autocomplete="cc-number"><div></div>`, do: typeAs + `type($$('input'), '$N'); for (const c of '$N') { const d = document.createElement('div'); d.className = 'card-item__numberItem'; d.textContent = c; $$('div').append(d) }`},
	{name: "card drawn in four blocks", body: `<input autocomplete="cc-number"><div></div>`, do: typeAs + `type($$('input'), '$N'); for (const c of '$N'.match(/.{1,4}/g)) { const d = document.createElement('div'); d.textContent = c; $$('div').append(d) }`},
	{name: "typed word drawn letter by letter in blocks", body: `<input><div></div>`, do: typeAs + `type($$('input'), '$I'); for (const c of '$I') { const d = document.createElement('div'); d.textContent = c; $$('div').append(d) }`},
	{name: "user name made from an address", body: `<input type="email"><p></p><h2></h2>`, do: typeAs + `type($$('input'), '$M'); $$('p').textContent = 'Your name: ' + '$M'.split('@')[0]; $$('h2').textContent = '@' + '$M'.split('@')[0].toLowerCase()`},
	{name: "typed text written along letter by letter", body: `<input><p></p>`, do: typeAs + `type($$('input'), '$I'); for (const c of '$I') { $$('p').append(c); await new Promise((r) => setTimeout(r, 3)) }`},
	{name: "typed words written along", body: `<textarea></textarea><p></p>`, do: typeAs + `type($$('textarea'), 'please write to $I about it'); for (const c of 'please write to $I about it') { $$('p').textContent += c; await new Promise((r) => setTimeout(r, 2)) }`},
	{name: "boxes of a code under a legend", body: `<fieldset><legend>One-time code</legend></fieldset>`, do: typeAs + `[...'$S'].forEach((c, i) => { const e = document.createElement('input'); e.maxLength = 1; e.inputMode = 'numeric'; e.setAttribute('aria-label', 'Digit ' + (i + 1)); $$('fieldset').append(e); type(e, c) })`},
	{name: "names in a name", body: `<input><p></p><h2></h2>`, do: typeAs + `const cap = (s) => s[0].toUpperCase() + s.slice(1); type($$('input'), cap('$I') + ' ' + cap('$I2')); $$('p').textContent = 'Hi ' + cap('$I') + '!'; await 0; $$('h2').textContent = '$I2'.toUpperCase() + ', welcome'`},
}

func init() { freshRoutes = append(freshRoutes, echoRoutes...) }
