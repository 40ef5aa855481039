/**
 * Which nodes are written how: whole sibling runs natively, the ancestors of what must stay unread
 * node by node, in one piece or, for a large snapshot, in steps between which the page runs.
 */
import {
  $contentDocument, $firstChild, $frameDocument, $lastChild, $localName, $nextSibling, $nodeType, $ownerDocument,
  $parentNode, $previousSibling, $shadowRoot,
} from './native'
import type { Nodes } from './nodes'
import { Op, type OpWriter } from './ops'
import type { Policy } from './policy'
import type { Serialiser } from './serialise'

export interface Walker {
  /** Writes the sibling run first…last under parent and all that hangs below it. */
  write(parent: Node, first: Node, last: Node, slow?: boolean): void
  /** Writes all children of root and all that hangs below it, step by step. */
  steps(root: Node): Steps
  /** The element may have a root that is not written yet: writes it after what is being written now. */
  host(element: Element): void
  /** Writes the waiting roots. */
  settle(): void
}

export interface Steps {
  /** One step; false when everything is written. */
  next(): boolean
  /** Whether children of this node are still to be walked. Those that have ids come before all that have none. */
  isOpen(node: Node): boolean
}

export function createWalker(
  nodes: Nodes,
  out: OpWriter,
  policy: Policy,
  serialiser: () => Serialiser,
  closedRoots: WeakMap<Element, ShadowRoot> | undefined,
  observe: (root: Node) => void,
  stepNodes: number,
): Walker {
  const { roots, owners, ids } = nodes
  const waiting: Element[] = []

  const isHtmlDocument = (node: Node): boolean =>
    ($nodeType.call(node) === 9 ? (node as Document) : ($ownerDocument.call(node) as Document)).contentType === 'text/html'

  /** Adds what must not be serialised natively at or below `scope` to `around`, with its ancestors up to `top`. */
  const collect = (around: Set<Node>, top: Node, scope: Node): void => {
    for (const element of policy.around(scope)) add(around, top, element)
  }
  const add = (around: Set<Node>, top: Node, from: Node): void => {
    for (let node: Node | null = from; node && node !== top && !around.has(node); node = $parentNode.call(node)) around.add(node)
  }

  /** Nodes at and below node, counted up to limit. */
  const count = (top: Node, limit: number): number => {
    let n = 1
    for (let node = top; n <= limit; n++) {
      const child = $firstChild.call(node)
      if (child) {
        node = child
        continue
      }
      let sibling: Node | null = null
      while (node !== top && !(sibling = $nextSibling.call(node))) node = $parentNode.call(node) as Node
      if (!sibling) break
      node = sibling
    }
    return n
  }

  // In a sliced walk siblings that were left for later have no id.
  const idBefore = (node: Node): number => {
    let before = $previousSibling.call(node)
    while (before && !ids.has(before)) before = $previousSibling.call(before)
    return nodes.id(before)
  }

  const write = (parent: Node, first: Node, last: Node, slow = false): void => {
    slow ||= !isHtmlDocument(parent)
    const around = new Set<Node>()
    let failures = 0
    if (!slow) {
      if (first !== last && $firstChild.call(parent) === first && !$nextSibling.call(last)) collect(around, parent, parent)
      else for (let node = first; ; node = $nextSibling.call(node) as Node) {
        if ($nodeType.call(node) === 1) collect(around, parent, node)
        if (node === last) break
      }
    }
    const isPlain = (node: Node): boolean => !around.has(node) && $nodeType.call(node) !== 10
    let at = parent
    let node = first
    for (;;) {
      const prev = idBefore(node)
      let descend = false
      if (!slow && isPlain(node)) {
        let end = node
        for (let sibling: Node | null; end !== last && (sibling = $nextSibling.call(end)) && isPlain(sibling); ) end = sibling
        const culprit =
          node === end && $nodeType.call(node) !== 1 ? node : serialiser().native(at, prev, node, end)
        if (culprit && culprit !== node) {
          // Walked around from here on; too many of them, and all is walked.
          add(around, at, culprit)
          slow = ++failures > 8
          continue
        }
        if (culprit) descend = serialiser().single(at, prev, node)
        else node = end
      } else descend = serialiser().single(at, prev, node)
      if (descend) {
        at = node
        node = $firstChild.call(node) as Node
        continue
      }
      for (;;) {
        if (at === parent && node === last) return
        const sibling = $nextSibling.call(node)
        if (sibling) {
          node = sibling
          break
        }
        node = at
        at = $parentNode.call(at) as Node
      }
    }
  }

  /** Declares the root that hangs under the element, if it can be seen and is not written. */
  const openRoot = (host: Element): Node | null => {
    const at = nodes.id(host)
    if (!at || nodes.closed.has(host)) return null
    const name = $localName.call(host)
    const isFrame = name === 'iframe' || name === 'frame'
    let root: Node | null | undefined
    try {
      // Null for another origin; throws where the realm is gone.
      root =
        name === 'iframe' ? $contentDocument.call(host as HTMLIFrameElement)
        : name === 'frame' ? $frameDocument.call(host as HTMLFrameElement)
        : ($shadowRoot.call(host) ?? closedRoots?.get(host))
    } catch {
      root = null
    }
    const before = roots.get(host)
    if (before) {
      if (before === root && nodes.id(root) > at) return null
      if (before !== root) {
        out.op(Op.remove, nodes.id(before))
        nodes.drop(before)
      }
      roots.delete(host)
    }
    if (!root) return null
    roots.set(host, root)
    owners.set(root, host)
    const id = nodes.next++
    ids.set(root, id)
    observe(root)
    if (isFrame) out.op(Op.frame, at, id)
    else out.op(Op.shadow, at, id, ((root as ShadowRoot).mode === 'closed' ? 1 : 0) | ((root as ShadowRoot).delegatesFocus ? 2 : 0))
    return root
  }

  return {
    write,
    host: (element) => void waiting.push(element),
    settle() {
      for (let host; (host = waiting.shift()); ) {
        const root = openRoot(host)
        const first = root && $firstChild.call(root)
        if (first) write(root, first, $lastChild.call(root) as Node)
      }
    },
    steps(top) {
      const open: Node[] = [top]
      const cursors = new Map<Node, Node>()
      const around = new Set<Node>()
      let failures = 0
      return {
        isOpen: (node) => open.includes(node),
        next() {
          const parent = open[open.length - 1]
          if (!parent) {
            const host = waiting.shift()
            if (!host) return false
            const root = openRoot(host)
            if (root) open.push(root)
            return true
          }
          // Moved to where the walk comes later, or gone, or a box meanwhile.
          if (!ids.has(parent) || nodes.closed.has(parent)) {
            open.pop()
            return true
          }
          // Children with ids are the first ones (mutations.ts keeps it so): what follows the cursor,
          // or the last of them where the cursor has gone, is next.
          const cursor = cursors.get(parent)
          let node: Node | null = $firstChild.call(parent)
          if (cursor && $parentNode.call(cursor) === parent && ids.has(cursor)) node = $nextSibling.call(cursor)
          while (node && ids.has(node)) node = $nextSibling.call(node)
          if (!node) {
            open.pop()
            return true
          }
          const slow = failures > 8 || !isHtmlDocument(parent)
          let end: Node | null = null
          let left = stepNodes
          for (let at: Node | null = node; at && !slow && left > 0; at = $nextSibling.call(at)) {
            if ($nodeType.call(at) === 10 || ids.has(at)) break
            const size = count(at, left)
            if (size > left || (left -= size) < 0) break
            if ($nodeType.call(at) === 1) collect(around, parent, at)
            if (around.has(at)) break
            end = at
          }
          const prev = idBefore(node)
          if (end && !(end === node && $nodeType.call(node) !== 1)) {
            const culprit = serialiser().native(parent, prev, node, end)
            if (!culprit) {
              cursors.set(parent, end)
              return true
            }
            failures++
            add(around, parent, culprit)
            // The failed walk gave ids to what comes before the culprit.
            for (let at: Node | null = node; at; at = at === end ? null : $nextSibling.call(at)) nodes.drop(at)
            return true
          }
          cursors.set(parent, node)
          if (serialiser().single(parent, prev, node)) open.push(node)
          return true
        },
      }
    },
  }
}
