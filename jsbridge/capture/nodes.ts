/**
 * Node ids and what the bridge remembers of written nodes. One store an epoch; weak, so that it
 * follows the live document.
 */
import { $firstChild, $nextSibling, $parentNode } from './native'

export interface Nodes {
  readonly ids: WeakMap<Node, number>
  /** The id that the next node gets. */
  next: number
  /** Elements whose children are never written: boxes and templates. */
  readonly closed: WeakSet<Node>
  /** Blocked elements that were written as boxes. */
  readonly boxes: Set<Node>
  /** Shadow root or child document by the element it hangs under, and back. */
  readonly roots: WeakMap<Node, Node>
  readonly owners: WeakMap<Node, Element>
  /** Bits of op mark as written, where not 0. */
  readonly marks: Map<Node, number>
  /** 0 when the node has no id. */
  id(node: Node | null | undefined): number
  /** Id of the node or of its nearest ancestor, over shadow roots and frames, that has one. */
  nearest(node: Node | null): number
  /** Takes the ids of a subtree and of all that hangs under it. */
  drop(top: Node): void
  /** Likewise of what is below the node and hangs under it, but not of the node. */
  dropBelow(node: Node): void
}

export function createNodes(): Nodes {
  const ids = new WeakMap<Node, number>()
  const boxes = new Set<Node>()
  const roots = new WeakMap<Node, Node>()
  const owners = new WeakMap<Node, Element>()
  const marks = new Map<Node, number>()
  const closed = new WeakSet<Node>()
  const drop = (top: Node): void => {
    for (let node: Node = top; ; ) {
      ids.delete(node)
      boxes.delete(node)
      closed.delete(node)
      marks.delete(node)
      const root = roots.get(node)
      if (root) {
        roots.delete(node)
        drop(root)
      }
      const child = $firstChild.call(node)
      if (child) {
        node = child
        continue
      }
      let sibling: Node | null = null
      while (node !== top && !(sibling = $nextSibling.call(node))) node = $parentNode.call(node) as Node
      if (!sibling) return
      node = sibling
    }
  }
  return {
    ids,
    next: 1,
    closed,
    boxes,
    roots,
    owners,
    marks,
    id: (node) => (node && ids.get(node)) || 0,
    nearest(node) {
      while (node && !ids.has(node)) node = $parentNode.call(node) ?? owners.get(node) ?? (node as ShadowRoot).host ?? null
      return (node && ids.get(node)) || 0
    },
    drop,
    dropBelow(node) {
      for (let child = $firstChild.call(node); child; child = $nextSibling.call(child)) drop(child)
      const root = roots.get(node)
      if (!root) return
      roots.delete(node)
      drop(root)
    },
  }
}
