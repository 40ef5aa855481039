/**
 * Node ids and what the bridge remembers of written nodes.
 *
 * An id is a private field that is put on the node itself: invisible to the page, a tenth of the
 * price of a WeakMap (50,000 nodes: 1.5 against 15 ms), and gone with the node.
 */
import { $firstChild, $host, $nextSibling, $nodeType, $parentNode } from './native'

class Given {
  constructor(node: object) {
    return node
  }
}
class Stamp extends Given {
  #id: number
  constructor(node: object, id: number) {
    super(node)
    this.#id = id
  }
  static get(node: object): number {
    return #id in node ? node.#id : 0
  }
  static set(node: object, id: number): void {
    if (#id in node) node.#id = id
    else {
      try {
        new Stamp(node, id)
      } catch {
        // A frozen node takes no field in newer browsers: it is written, and its changes are not followed.
      }
    }
  }
}

/** What earlier epochs gave lies at or below this and is void. */
let base = 0

/** 0 when the node has no id. */
export const idOf = (node: Node | null | undefined): number => {
  const id = node ? Stamp.get(node) - base : 0
  return id > 0 ? id : 0
}
export const setId = (node: Node, id: number): void => Stamp.set(node, id && base + id)

export interface Nodes {
  /** The id that the next node gets. */
  next: number
  /** Elements whose children are never written: boxes and templates. */
  closed: WeakSet<Node>
  /** Blocked elements that were written as boxes. */
  readonly boxes: Set<Node>
  /** Shadow root or child document by the element it hangs under, and back. */
  readonly roots: WeakMap<Node, Node>
  readonly owners: WeakMap<Node, Element>
  /** Bits of op mark as written, where not 0. */
  readonly marks: Map<Node, number>
  /** Makes all ids void. */
  begin(): void
  /** The parent in the tree that is recorded: over shadow roots and frames. */
  above(node: Node): Node | null
  /** Id of the node or of its nearest ancestor that has one. */
  nearest(node: Node | null): number
  /** Takes the ids of a subtree and of all that hangs under it. */
  drop(top: Node): void
  /** Likewise of what is below the node and hangs under it, but not of the node. */
  dropBelow(node: Node): void
}

/** Pre-order: what follows node in the subtree of top, its children left out where `skip`. */
export const following = (node: Node, top: Node, skip: boolean): Node | null => {
  const child = skip ? null : $firstChild.call(node)
  if (child) return child
  while (node !== top) {
    const sibling = $nextSibling.call(node)
    if (sibling) return sibling
    node = $parentNode.call(node) as Node
  }
  return null
}

export function createNodes(): Nodes {
  const boxes = new Set<Node>()
  const roots = new WeakMap<Node, Node>()
  const owners = new WeakMap<Node, Element>()
  const marks = new Map<Node, number>()
  const drop = (top: Node): void => {
    // Below a node without id there is none.
    for (let node: Node | null = top, had; node; node = following(node, top, !had)) {
      had = idOf(node)
      if (!had) continue
      setId(node, 0)
      boxes.delete(node)
      nodes.closed.delete(node)
      marks.delete(node)
      dropRoot(node)
    }
  }
  const dropRoot = (node: Node): void => {
    const root = roots.get(node)
    if (!root) return
    roots.delete(node)
    drop(root)
  }
  const nodes: Nodes = {
    next: 1,
    closed: new WeakSet(),
    boxes,
    roots,
    owners,
    marks,
    begin() {
      base += nodes.next
      nodes.next = 1
      nodes.closed = new WeakSet()
      boxes.clear()
      marks.clear()
    },
    above: (node) =>
      $parentNode.call(node) ??
      owners.get(node) ??
      ($nodeType.call(node) === 11 && 'host' in node ? $host.call(node as ShadowRoot) : null),
    nearest(node) {
      while (node && !idOf(node)) node = nodes.above(node)
      return idOf(node)
    },
    drop,
    dropBelow(node) {
      for (let child = $firstChild.call(node); child; child = $nextSibling.call(child)) drop(child)
      dropRoot(node)
    },
  }
  return nodes
}
