/**
 * Nodes to ops: the browser's own serialisation with the tree's shape beside it, and single nodes
 * for what the string must not or cannot say (../PROTOCOL.md, Shape).
 *
 * A blocked subtree and a secret's value are not read. Cost is linear in what is written.
 */
import {
  $attrName, $attrValue, $attributes, $compare, $contains, $data, $firstChild, $innerHTML, $length, $localName,
  $matches, $namespaceURI, $nextSibling, $nodeName, $nodeType, $outerHTML, $parentNode, $shadowHTML, $shadowRoot,
  $tagName, childElementCount, findAll,
} from './native'
import type { Nodes } from './nodes'
import { Op, type OpWriter } from './ops'
import { marker, type Policy } from './policy'

const html = 'http://www.w3.org/1999/xhtml'
const svg = 'http://www.w3.org/2000/svg'
const mathml = 'http://www.w3.org/1998/Math/MathML'

const raw = 'style,script,xmp,iframe,noembed,noframes,plaintext,noscript,template'
const rawNames = new Set(raw.split(','))
/** Elements that serialise raw, or carry state beside attributes and children. */
const special = raw + ',frame,input,textarea,select,img,video,canvas,object,embed,dialog,[popover],link'

export interface Found {
  /** An HTML element of `special` was written, or (name '') a box. */
  element(element: Element, name: string): void
  /** An element was written that has a shadow root or may have a document. */
  host(element: Element): void
}

export interface Serialiser {
  /** The sibling run first…last as one op. Answers null, or the node that cannot be expressed; then nothing is written. */
  native(parent: Node, prev: number, first: Node, last: Node): Node | null
  /** One node without what is below it. Answers whether its children are to follow. */
  single(parent: Node, prev: number, node: Node): boolean
}

const escapeText = (data: string): string =>
  data.replace(/[&<>\u00a0]/g, (c) => (c === '&' ? '&amp;' : c === '<' ? '&lt;' : c === '>' ? '&gt;' : '&nbsp;'))

/**
 * @param forgets asked, in a batch that moved nodes, for each node that has an id already: whether the
 *   core must be told to forget that id.
 */
export function createSerialiser(
  nodes: Nodes,
  out: OpWriter,
  policy: Policy,
  found: Found,
  closedRoots: WeakMap<Element, ShadowRoot> | undefined,
  forgets: () => ((node: Node, id: number) => boolean) | null,
): Serialiser {
  const { ids, closed, boxes, marks } = nodes
  let shape = new Int32Array(1024)

  const isHost = (element: Element): boolean => !!($shadowRoot.call(element) || closedRoots?.has(element))

  /** Nothing below is written; what was known of it ended with the node that this one replaces. */
  const close = (element: Node): void => {
    closed.add(element)
    nodes.dropBelow(element)
  }

  /** Whether asking the parent for its special elements is cheaper than asking each root of the run. */
  const isWide = (parent: Node, first: Node, last: Node): boolean => {
    let count = 1
    for (let node: Node = first; node !== last; node = $nextSibling.call(node) as Node) count++
    return count >= 16 && count * 8 >= childElementCount(parent)
  }

  /** Index of the first element of a list in document order that is node or comes after its start. */
  const indexFrom = (list: ArrayLike<Element>, node: Node): number => {
    let low = 0
    let high = list.length
    while (low < high) {
      const mid = (low + high) >> 1
      const item = list[mid] as Element
      if (item === node || $compare.call(node, item) & 4) high = mid
      else low = mid + 1
    }
    return low
  }

  const each = (first: Node, last: Node, visit: (node: Node) => void): void => {
    for (let node = first; ; node = $nextSibling.call(node) as Node) {
      visit(node)
      if (node === last) return
    }
  }

  const textOf = (parent: Node, first: Node, last: Node, whole: boolean): string => {
    const kind = $nodeType.call(parent)
    if (first === last && $nodeType.call(first) === 1) return $outerHTML.call(first as Element)
    if (whole && kind === 1 && !rawNames.has($localName.call(parent as Element))) return $innerHTML.call(parent as Element)
    if (whole && kind === 11) return $shadowHTML.call(parent as ShadowRoot)
    const parts: string[] = []
    each(first, last, (node) => {
      const type = $nodeType.call(node)
      parts.push(
        type === 1
          ? $outerHTML.call(node as Element)
          : type === 3
            ? escapeText($data.call(node as CharacterData))
            : `<!--${$data.call(node as CharacterData)}-->`,
      )
    })
    return parts.join('')
  }

  // The ids that were seen are overwritten already, so they are forgotten here or never.
  const fail = (culprit: Node, forgotten: readonly number[]): Node => {
    for (const old of forgotten) out.op(Op.remove, old)
    if (forgotten.length) ids.delete(culprit)
    return culprit
  }

  return {
    native(parent, prev, first, last) {
      const whole = first !== last && !$nextSibling.call(last) && $firstChild.call(parent) === first
      const wide = whole || (first !== last && isWide(parent, first, last))
      let list: ArrayLike<Element>
      let k = 0
      if (wide) {
        list = findAll(parent, special)
        if (!whole) k = indexFrom(list, first)
      } else {
        const all: Element[] = []
        each(first, last, (node) => {
          if ($nodeType.call(node) !== 1) return
          if ($matches.call(node as Element, special)) all.push(node as Element)
          const inner = findAll(node, special)
          for (let i = 0; i < inner.length; i++) all.push(inner[i] as Element)
        })
        list = all
      }

      // The bare walk. Nothing in it is called for all nodes but what numbering and shape need.
      const isForgotten = forgets()
      const forgotten: number[] = []
      const specials: Element[] = []
      const hosts: Element[] = []
      const firstId = nodes.next
      let id = firstId
      let nextSpecial = list[k]
      let s = 0
      let depth = 0
      let closes = 0
      let afterText = false
      let node = first
      walk: for (;;) {
        if (s + 2 > shape.length) {
          const grown = new Int32Array(shape.length * 2)
          grown.set(shape)
          shape = grown
        }
        if (isForgotten) {
          const old = ids.get(node)
          if (old) {
            closed.delete(node)
            boxes.delete(node)
            if (isForgotten(node, old)) forgotten.push(old)
          }
        }
        const type = $nodeType.call(node)
        let child: Node | null = null
        let isText = false
        if (type === 1) {
          const ns = $namespaceURI.call(node as Element)
          let code = 1
          let length = -1
          child = $firstChild.call(node)
          if (ns !== html) {
            code = ns === svg ? 5 : ns === mathml ? 6 : 0
            if (!code) return fail(node, forgotten)
          } else if ($shadowRoot.call(node as Element) || closedRoots?.has(node as Element)) hosts.push(node as Element)
          if (node === nextSpecial) {
            nextSpecial = list[++k]
            if (code === 1) {
              specials.push(node as Element)
              const name = $localName.call(node as Element)
              if (rawNames.has(name)) {
                code = 7
                if (name === 'template') {
                  close(node)
                  while (child && nextSpecial && $contains.call(node, nextSpecial)) nextSpecial = list[++k]
                  child = null
                }
                length =
                  child && !$nextSibling.call(child) && $nodeType.call(child) === 3
                    ? $length.call(child as CharacterData)
                    : $innerHTML.call(node as Element).length
              }
            }
          }
          shape[s++] = code | (child ? 8 : 0) | (closes << 4)
          if (code === 7) shape[s++] = length
        } else if (type === 3) {
          isText = true
          shape[s++] = (afterText ? 3 : 2) | (closes << 4)
          if (afterText) shape[s++] = $length.call(node as CharacterData)
        } else if (type === 8) {
          shape[s++] = 4 | (closes << 4)
          shape[s++] = $length.call(node as CharacterData)
        } else return fail(node, forgotten)
        ids.set(node, id++)
        closes = 0
        if (child) {
          node = child
          depth++
          afterText = false
          continue
        }
        afterText = isText
        for (;;) {
          if (!depth && node === last) break walk
          const sibling = $nextSibling.call(node)
          if (sibling) {
            node = sibling
            break
          }
          node = $parentNode.call(node) as Node
          depth--
          closes++
          afterText = false
        }
      }
      nodes.next = id

      out.begin(Op.tree)
      out.int(nodes.id(parent))
      out.int(prev)
      out.int(firstId)
      out.int(id - firstId)
      out.int(forgotten.length)
      forgotten.forEach(out.int)
      const written: number[] = []
      if (policy.marks) {
        const mark = (bits: number, element: Element): void => {
          const at = nodes.id(element)
          // A parent's list holds nodes of its other children too.
          if (!bits || at < firstId || at >= id) return
          marks.set(element, bits)
          written.push(at, bits)
        }
        if (wide) policy.marked(parent).forEach(mark)
        else {
          each(first, last, (root) => {
            if ($nodeType.call(root) !== 1) return
            mark(policy.bits(root as Element), root as Element)
            policy.marked(root).forEach(mark)
          })
        }
      }
      out.int(written.length / 2)
      written.forEach(out.int)
      out.int(s)
      out.block(shape.subarray(0, s))
      out.str(textOf(parent, first, last, whole))
      out.end()
      if (shape.length > 65536) shape = new Int32Array(1024)

      hosts.forEach(found.host)
      for (const element of specials) found.element(element, $localName.call(element))
      return null
    },

    single(parent, prev, node) {
      const old = ids.get(node)
      if (old && forgets()?.(node, old)) out.op(Op.remove, old)
      const type = $nodeType.call(node)
      const at = nodes.next++
      const parentId = nodes.id(parent)
      ids.set(node, at)
      if (type !== 1) {
        if (type === 3 || type === 4) out.op(Op.textNode, parentId, prev, at, $data.call(node as CharacterData))
        else out.op(Op.otherNode, parentId, prev, at, type, type === 10 ? $nodeName.call(node) : '')
        return false
      }
      const element = node as Element
      const ns = $namespaceURI.call(element)
      const isHtml = ns === html
      const box = policy.isBlocked(element)
      const secret = isHtml && policy.isSecret(element)
      const bits = policy.bits(element)
      if (bits) {
        marks.set(element, bits)
        out.op(Op.mark, at, bits)
      }
      const attributes: string[] = []
      const list = $attributes.call(element)
      for (let i = 0; i < list.length; i++) {
        const attribute = list[i] as Attr
        const name = $attrName.call(attribute)
        if (box ? name === marker : !secret || name !== 'value') attributes.push(name, $attrValue.call(attribute))
      }
      const space = isHtml ? 0 : ns === svg ? 1 : ns === mathml ? 2 : 3
      const tag = isHtml ? $localName.call(element) : $tagName.call(element)
      out.op(Op.element, parentId, prev, at, space, tag, attributes.length / 2, ...attributes)
      if (box) {
        boxes.add(element)
        close(element)
        found.element(element, '')
        return false
      }
      closed.delete(element)
      boxes.delete(element)
      if (isHtml) {
        if (isHost(element)) found.host(element)
        if ($matches.call(element, special)) found.element(element, tag)
        if (tag === 'template') {
          close(element)
          return false
        }
      }
      return !!$firstChild.call(element)
    },
  }
}
