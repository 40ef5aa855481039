// snapshotOps(document, level) makes the batch of a full snapshot by the slow ops alone
// (PROTOCOL.md: hello, snapshotBegin, element, textNode, otherNode, snapshotEnd), so that the
// benchmark of the core does not depend on the bridge.
function snapshotOps(doc, level) {
  const ints = []
  const parts = []
  let id = 1
  const op = (code, args) => { ints.push(code | ((args.length + 1) << 8), ...args) }
  const str = (s) => { parts.push(s + '\0'); return s.length }
  op(1, [1, level, 3, 0])
  op(4, [1280, 800, 1000, 0, 0])
  const walk = (node, parent) => {
    let prev = 0
    for (let child = node.firstChild; child; child = child.nextSibling) {
      const me = ++id
      switch (child.nodeType) {
        case 1: {
          const ns = child.namespaceURI.endsWith('xhtml') ? 0 : child.namespaceURI.endsWith('svg') ? 1 : child.namespaceURI.endsWith('MathML') ? 2 : 3
          const args = [parent, prev, me, ns, str(child.localName), child.attributes.length]
          for (const a of child.attributes) args.push(str(a.name), str(a.value))
          op(7, args)
          walk(child, me)
          break
        }
        case 3: op(8, [parent, prev, me, str(child.data)]); break
        case 8: op(9, [parent, prev, me, 8, str('')]); break
        case 10: op(9, [parent, prev, me, 10, str('html')]); break
        default: id--; continue
      }
      prev = me
    }
  }
  walk(doc, 1)
  op(5, [])
  return { ints: Int32Array.from(ints), text: parts.join(''), nodes: id }
}
