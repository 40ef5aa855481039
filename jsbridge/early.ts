/** Entry of afterimage-early.js: keeps closed shadow roots findable for the recorder, and nothing else. */
const roots = new WeakMap<Element, ShadowRoot>()
const element = Element.prototype
element.attachShadow = new Proxy(element.attachShadow, {
  apply(attach, host, args) {
    const root = Reflect.apply(attach, host, args)
    if (root.mode === 'closed') roots.set(host, root)
    return root
  },
})
Object.defineProperty(window, Symbol.for('afterimage.roots'), { value: roots })
