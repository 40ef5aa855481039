/**
 * Node ids and what the bridge remembers of written nodes.
 *
 * An id is a private field that is put on the node itself: invisible to the page, a tenth of the
 * price of a WeakMap (50,000 nodes: 1.5 against 15 ms), and gone with the node. One page view is
 * recorded at a time, so the state stands in the module.
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
        new this(node, id)
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

/** The id that the next node gets. */
export let nextId = 1
export const setNextId = (id: number): void => {
  nextId = id
}
/** Gives the node the next id. */
export const giveId = (node: Node): number => {
  setId(node, nextId)
  return nextId++
}
/** Elements whose children are never written: boxes and templates. */
export let closedNodes = new WeakSet<Node>()
/** Blocked elements that were written as boxes. */
export const boxes = new Set<Node>()
/** Shadow root or child document by the element it hangs under, and back. */
export const rootOf = new WeakMap<Node, Node>()
export const holderOf = new WeakMap<Node, Element>()
/** Bits of op mark as written, where not 0. */
export const marks = new Map<Node, number>()

/** A new epoch: makes all ids void. */
export const beginIds = (): void => {
  base += nextId
  nextId = 1
  closedNodes = new WeakSet()
  boxes.clear()
  if (!__LEAN__) marks.clear()
}

/** Pre-order: what follows node in the subtree of top, its children left out where `skip`. */
export const following = (node: Node, top: Node, skip: boolean): Node | null => {
  const child = skip ? null : $firstChild(node)
  if (child) return child
  while (node !== top) {
    const sibling = $nextSibling(node)
    if (sibling) return sibling
    node = $parentNode(node) as Node
  }
  return null
}

/** The parent in the tree that is recorded: over shadow roots and frames. */
export const parentOf = (node: Node): Node | null =>
  $parentNode(node) ??
  holderOf.get(node) ??
  ($nodeType(node) === 11 && 'host' in node ? $host(node as ShadowRoot) : null)

/** Id of the node or of its nearest ancestor that has one. */
export const nearestId = (node: Node | null): number => {
  while (node && !idOf(node)) node = parentOf(node)
  return idOf(node)
}

/** Takes the ids of a subtree and of all that hangs under it. */
export const dropIds = (top: Node): void => {
  // Below a node without id there is none.
  for (let node: Node | null = top, had; node; node = following(node, top, !had)) {
    had = idOf(node)
    if (!had) continue
    setId(node, 0)
    boxes.delete(node)
    closedNodes.delete(node)
    if (!__LEAN__) marks.delete(node)
    dropRoot(node)
  }
}
const dropRoot = (node: Node): void => {
  const root = rootOf.get(node)
  if (!root) return
  rootOf.delete(node)
  dropIds(root)
}
/** Likewise of what is below the node and hangs under it, but not of the node. */
export const dropBelow = (node: Node): void => {
  for (let child = $firstChild(node); child; child = $nextSibling(child)) dropIds(child)
  dropRoot(node)
}
