/**
 * Nodes to ops: the browser's own serialisation with the tree's shape beside it, and single nodes
 * for what the string must not or cannot say (../PROTOCOL.md, Shape).
 *
 * A blocked subtree and a secret's value are not read. Cost is linear in what is written.
 */
import { beyond } from './lean'
import {
  $attrName, $attrValue, $attributes, $data, $firstChild, $innerHTML, $length, $localName, $namespaceURI, $nextSibling,
  $nodeName, $nodeType, $outerHTML, $parentNode, $shadowHTML, $tagName,
} from './native'
import { boxes, closedNodes, dropBelow, giveId, idOf, marks, nextId, setId, setNextId } from './nodes'
import { Op, begin, end, int, op, str } from './ops'
import { bitsOf, findCalled, findMarked, hasMarks, isBlocked, isInShadow, isSecret, marker, noteCalled, shadowOf } from './policy'

const html = 'http://www.w3.org/1999/xhtml'
/** By their code in op element; that of any other is 3. */
const spaces = [html, 'http://www.w3.org/2000/svg', 'http://www.w3.org/1998/Math/MathML']

/** Elements that serialise raw (2), or carry state beside attributes and children (1). */
const special: Record<string, 1 | 2 | undefined> = {}
'frame input textarea select img video canvas object embed dialog link style script xmp iframe noembed noframes plaintext noscript template'.split(' ').forEach((name, i) => (special[name] = i > 10 ? 2 : 1))

export interface Found {
  /** An HTML element that carries state was written, or (name '') a box. */
  element_(element: Element, name: string): void
  /** An element was written that has a shadow root. */
  host_(element: Element): void
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\u00a0': '&nbsp;' }
const escapeText = (data: string): string => data.replace(/[&<>\u00a0]/g, (c) => escapes[c] as string)

/** Calls visit for the siblings first…last. */
export const each = (first: Node, last: Node, visit: (node: Node) => void): void => {
  for (let node = first; ; node = $nextSibling(node) as Node) {
    visit(node)
    if (node === last) return
  }
}

function textOf(parent: Node, first: Node, last: Node): string {
  const kind = $nodeType(parent)
  if (first !== last && !$nextSibling(last) && $firstChild(parent) === first) {
    if (kind === 1 && special[$localName(parent as Element)] !== 2) return $innerHTML(parent as Element)
    if (kind === 11) return $shadowHTML(parent as ShadowRoot)
  }
  let text = ''
  each(first, last, (node) => {
    const type = $nodeType(node)
    text +=
      type === 1 ? $outerHTML(node as Element)
      : type === 3 ? escapeText($data(node as CharacterData))
      : `<!--${$data(node as CharacterData)}-->`
  })
  return text
}

type Forgets = (node: Node, id: number) => boolean

let found: Found
/**
 * Asked, in a batch that moved nodes, for each node that has an id already: whether the core must be
 * told to forget that id. Null outside such a batch.
 */
export let forgets: Forgets | null = null
export const setForgets = (ask: Forgets | null): void => {
  forgets = ask
}
/** Begins a recorder. */
export const openSerialiser = (hooks: Found): void => {
  found = hooks
  forgets = null
}

/** Nothing below is written; what was known of it ended with the node that this one replaces. */
const close = (element: Node): void => {
  closedNodes.add(element)
  dropBelow(element)
}

/** What selectors mark at and below first…last, as op tree tells it. */
const markedIn = (first: Node, last: Node): number[] => {
  const written: number[] = []
  if (hasMarks()) {
    each(first, last, (root) => {
      for (const [element, bits] of Array.from(findMarked(root)).sort(([a], [b]) => idOf(a) - idOf(b))) {
        // Children of a template element are found and not written.
        if (!idOf(element)) continue
        marks.set(element, bits)
        written.push(idOf(element), bits)
      }
    })
  }
  return [written.length / 2, ...written]
}

/** The sibling run first…last as one op. Answers null, or the node that cannot be expressed; then no node is written. */
export function native(parent: Node, prev: number, first: Node, last: Node): Node | null {
  const isForgotten = forgets
  const forgotten: number[] = []
  const specials: Element[] = []
  const hosts: Element[] = []
  const firstId = nextId
  let id = firstId
  const shape: number[] = []
  let depth = 0
  let closes = 0
  let afterText = false
  // The bare walk. Nothing in it is called for all nodes but what numbering and shape need.
  walk: for (let node = first; ; ) {
    if (isForgotten) {
      const old = idOf(node)
      if (old) {
        closedNodes.delete(node)
        boxes.delete(node)
        if (isForgotten(node, old)) forgotten.push(old)
      }
    }
    const type = $nodeType(node)
    let child: Node | null = null
    let code = type === 3 ? (afterText ? 3 : 2) : type === 8 ? 4 : 0
    let length = -1
    if (type === 1) {
      child = $firstChild(node)
      const ns = $namespaceURI(node as Element)
      if (ns === html) {
        code = 1
        if (shadowOf(node as Element)) hosts.push(node as Element)
        const name = $localName(node as Element)
        const kind = special[name]
        if (kind) specials.push(node as Element)
        if (kind === 2) {
          code = 7
          if (name === 'template') {
            close(node)
            child = null
          }
          length =
            child && !$nextSibling(child) && $nodeType(child) === 3
              ? $length(child as CharacterData)
              : $innerHTML(node as Element).length
        }
      } else code = [0, 5, 6][spaces.indexOf(ns ?? '')] ?? 0
    } else if (code > 2) length = $length(node as CharacterData)
    if (!code) {
      // The ids that were seen are overwritten, so they are forgotten here or never.
      for (const old of forgotten) op(Op.remove, old)
      if (forgotten.length) setId(node, 0)
      return node
    }
    shape.push(code | (child ? 8 : 0) | (closes << 4))
    if (length >= 0) shape.push(length)
    setId(node, id++)
    closes = 0
    if (child) {
      node = child
      depth++
      afterText = false
      continue
    }
    afterText = type === 3
    for (;;) {
      if (!depth && node === last) break walk
      const sibling = $nextSibling(node)
      if (sibling) {
        node = sibling
        break
      }
      node = $parentNode(node) as Node
      depth--
      closes++
      afterText = false
    }
  }
  setNextId(id)

  if (!__LEAN__) {
    hosts.forEach(bitsOf) // what holds for their light children is noted, so that it is found
    each(first, last, findCalled)
  }
  begin(Op.tree)
  ;[idOf(parent), prev, firstId, id - firstId, forgotten.length, ...forgotten, ...(__LEAN__ ? [0] : markedIn(first, last)), shape.length].forEach(int)
  shape.forEach(int)
  str(textOf(parent, first, last))
  end()

  hosts.forEach(found.host_)
  for (const element of specials) found.element_(element, $localName(element))
  return null
}

/** Tells the bits of an element that is written, where they are others now. */
export const remarkOne = (element: Element): void => {
  const id = idOf(element)
  const bits = bitsOf(element)
  if (!id || bits === (marks.get(element) ?? 0)) return
  bits ? marks.set(element, bits) : marks.delete(element)
  op(Op.mark, id, bits)
}

/** One node without what is below it. Answers whether its children are to follow. */
export function single(parent: Node, prev: number, node: Node): boolean {
  const old = idOf(node)
  if (old && forgets?.(node, old)) op(Op.remove, old)
  const type = $nodeType(node)
  const parentId = idOf(parent)
  const at = giveId(node)
  if (type !== 1) {
    if (type < 5) op(Op.textNode, parentId, prev, at, $data(node as CharacterData))
    else op(Op.otherNode, parentId, prev, at, type, type === 10 ? $nodeName(node) : '')
    return false
  }
  const element = node as Element
  const ns = $namespaceURI(element) ?? ''
  const isHtml = ns === html
  const box = isBlocked(element)
  const secret = isHtml && isSecret(element)
  if (__LEAN__ && box && isInShadow(element)) throw beyond
  if (!__LEAN__) {
    noteCalled(element)
    const bits = bitsOf(element)
    if (bits) {
      marks.set(element, bits)
      op(Op.mark, at, bits)
    }
  }
  const attributes: string[] = []
  for (const attribute of Array.from($attributes(element))) {
    const name = $attrName(attribute)
    if (box ? name === marker : !secret || name !== 'value') attributes.push(name, $attrValue(attribute))
  }
  const tag = isHtml ? $localName(element) : $tagName(element)
  op(Op.element, parentId, prev, at, spaces.indexOf(ns) & 3, tag, attributes.length / 2, ...attributes)
  closedNodes.delete(element)
  boxes.delete(element)
  if (box) {
    boxes.add(element)
    close(element)
    found.element_(element, '')
    return false
  }
  if (isHtml) {
    if (shadowOf(element)) found.host_(element)
    if (special[tag]) found.element_(element, tag)
    if (tag === 'template') {
      close(element)
      return false
    }
  }
  return !!$firstChild(element)
}
