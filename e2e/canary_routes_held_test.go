package e2e

// heldRoutes take what somebody types away before the changes of its second are told: sent by Enter into a list,
// edited in place, in a field or an editor that is not there any more.
func heldRoutes() (list []leakRoute) {
	const second = `if (root.dataset.afterimage === 'block') return; const wait = (ms) => new Promise((f) => setTimeout(f, ms)); const at = performance.now() % 1000; if (at > 750) await wait(1020 - at); const typed = (e) => e.dispatchEvent(new InputEvent('input', {bubbles: true, composed: true, inputType: 'insertText'})); `
	for _, r := range [][3]string{
		{"a value that its page takes", `<input><p></p>`, `$$('input').value = '$I'; typed($$('input')); await wait(60); $$('input').value = ''; $$('p').textContent = 'you said $I'; await 0; $$('p').className = 'said-$I'`},
		{"a value that its page takes at once", `<input><p></p>`, `const i = $$('input'); i.addEventListener('input', () => { $$('p').append(i.value); i.value = '' }); i.value = '$I'; typed(i)`},
		{"a textarea that its page takes", `<textarea></textarea><ul></ul>`, `const i = $$('textarea'); i.value = '$I'; typed(i); await wait(60); $$('ul').innerHTML = '<li title="$I">' + i.value; i.remove()`},
		{"a field that goes with its value", `<div><input></div>`, `const i = $$('input'); i.value = '$I'; typed(i); await wait(60); i.replaceWith(Object.assign(document.createElement('span'), {textContent: '$I', id: 'v$I'}))`},
		{"a password that its page takes", `<input type="password"><p></p>`, `const i = $$('input'); i.value = '$S'; typed(i); await wait(60); i.value = ''; $$('p').textContent = 'your password is $S'`},
		{"a code that its page takes", `<input autocomplete="one-time-code"><p></p>`, `const i = $$('input'); i.value = '$S'; typed(i); await wait(60); i.value = ''; $$('p').textContent = '$S'`},
		{"an editor that its page empties", `<div contenteditable></div><p></p>`, `const d = $$('div'); d.textContent = '$I'; typed(d); await wait(60); d.textContent = ''; $$('p').textContent = '$I'`},
		{"an editor that its page empties at once", `<div contenteditable></div><p></p>`, `const d = $$('div'); d.addEventListener('input', () => { $$('p').append(d.textContent); d.innerHTML = '' }); d.append('$I'); typed(d)`},
		{"an editor whose text its page empties", `<div contenteditable>a</div><p></p>`, `const d = $$('div'); getSelection().setBaseAndExtent(d.firstChild, 1, d.firstChild, 1); d.firstChild.data = '$I'; typed(d); await wait(60); d.firstChild.data = ''; $$('p').textContent = '$I'`},
		{"an editor that ends", `<div contenteditable></div>`, `const d = $$('div'); d.textContent = '$I'; typed(d); await wait(60); d.removeAttribute('contenteditable')`},
		{"an editor that ends at once", `<div contenteditable></div>`, `const d = $$('div'); d.addEventListener('input', () => { d.contentEditable = 'false' }); d.append('$I'); typed(d)`},
		{"an editor of blocks that ends", `<div contenteditable><p>a</p></div>`, `const d = $$('div'); d.innerHTML = '<p>$I</p><p><b>$I2</b></p>'; typed(d); await wait(60); d.contentEditable = 'false'`},
		{"a textbox that ends", `<div role="textbox" tabindex="0"></div>`, `const d = $$('div'); d.textContent = '$I'; typed(d); await wait(60); d.removeAttribute('role')`},
		{"an editor that goes with its text", `<section><div contenteditable></div></section>`, `const d = $$('div'); d.textContent = '$I'; typed(d); await wait(60); $$('section').innerHTML = '<p title="$I">$I</p>'`},
		{"an editor whose text moves out of it", `<div contenteditable></div><p></p>`, `const d = $$('div'); d.append('$I'); typed(d); await wait(60); $$('p').append(d.firstChild)`},
		{"an editor in a shadow root that ends", `<div></div>`, `const r = $$('div').attachShadow({mode: 'open'}); r.innerHTML = '<p contenteditable></p>'; await wait(0); const d = r.querySelector('p'); d.textContent = '$I'; typed(d); await wait(60); d.removeAttribute('contenteditable')`},
		{"an editor in a frame that ends", `<iframe></iframe>`, `const b = $$('iframe').contentDocument.body; b.innerHTML = '<p contenteditable></p>'; await wait(0); const d = b.firstChild; d.textContent = '$I'; typed(d); await wait(60); d.removeAttribute('contenteditable')`},
		{"a value in a frame that its page takes", `<iframe></iframe>`, `const b = $$('iframe').contentDocument.body; b.innerHTML = '<input><p></p>'; await wait(0); const i = b.firstChild; i.value = '$I'; typed(i); await wait(60); i.value = ''; b.lastChild.textContent = '$I'; b.lastChild.className = 'c$I'`},
		{"a document whose design mode ends", `<iframe></iframe>`, `const e = $$('iframe').contentDocument; e.designMode = 'on'; await wait(0); e.body.textContent = '$I'; typed(e.body); await wait(60); e.designMode = 'off'`},
		{"an editor that its page empties before a snapshot", `<div contenteditable></div><p></p>`, `const d = $$('div'); d.append('$I'); typed(d); d.textContent = ''; const told = afterimage.snapshot(); await told; $$('p').textContent = '$I'`},
		{"two values one after another", `<input><ul></ul>`, `const i = $$('input'); for (const v of ['$I', '$I2']) { i.value = v; typed(i); await wait(40); i.value = ''; $$('ul').insertAdjacentHTML('beforeend', '<li class="i-' + v + '">' + v) }`},
	} {
		list = append(list, leakRoute{name: "in the second of its keys, " + r[0], body: r[1], do: second + r[2] + `; await wait(100)`})
	}
	return
}
