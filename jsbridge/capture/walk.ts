/**
 * Which nodes are written how: whole sibling runs natively, the ancestors of what must stay unread
 * node by node, in one piece or, for a large snapshot, in steps between which the page runs.
 */
import { beyond } from './lean'
import {
  $contentDocument, $firstChild, $localName, $nextSibling, $nodeType, $ownerDocument, $parentElement, $parentNode,
  $previousSibling, childElementCount,
} from './native'
import { closedNodes, dropIds, following, giveId, holderOf, idOf, rootOf } from './nodes'
import { Op, op } from './ops'
import { findAround, noteTyped, shadowOf } from './policy'
import { each, native, remarkOne, single } from './serialise'

/** So many nodes that cannot be expressed, and the rest of a run is walked node by node. */
const enum Limit {
  maxFailures = 8,
}

/**
 * In a document in designMode the visitor types wherever there is text. A frame is an editor then, for
 * good; of the page itself, which may end the mode, it is the element that holds the caret.
 */
export const noteDesign = (root: Document, isTyping?: boolean): void => {
  if (root.designMode !== 'on') return
  if (__LEAN__) throw beyond
  else noteEditor(isTyping && root === document ? root.getSelection()?.anchorNode : root.documentElement)
}
/** The visitor types in this element, or the one that holds the text, and no attribute says so. */
export const noteEditor = (at: Node | null | undefined): void => {
  if (__LEAN__) throw beyond
  else {
    const element = at && ($nodeType(at) === 1 ? (at as Element) : $parentElement(at))
    if (element && noteTyped(element)) remarkOne(element)
  }
}

export interface Walker {
  /** Writes the sibling run first…last under parent and all that hangs below it. */
  write_(parent: Node, first: Node, last: Node, slow?: boolean): void
  /** Writes all children of root and all that hangs below it, step by step, and the waiting rootOf; not in the lean recorder. */
  readonly steps_?: (root: Node) => Steps
  /** The element may have a root that is not written yet: writes it after what is being written now. */
  host_(element: Element): void
  /** Writes the waiting rootOf. */
  settle_(): void
}

export interface Steps {
  /** One step; false when everything is written. */
  next_(): boolean
  /** Whether children of this node are still to be walked. Those that have ids come before all that have none. */
  readonly isOpen_?: (node: Node) => boolean
}

/** Nodes at and below top, counted up to limit. */
const count = (top: Node, limit: number): number => {
  let n = 0
  for (let node: Node | null = top; node && n <= limit; node = following(node, top, false)) n++
  return n
}

/** @param stepNodes nodes that one step writes at most, unless a single node has more children than that. */
export function createWalker(
  observe: (root: Node) => void,
  stepNodes: number,
): Walker {
  const waiting: Element[] = []

  const isHtmlDocument = (node: Node): boolean =>
    ($nodeType(node) === 9 ? (node as Document) : ($ownerDocument(node) as Document)).contentType === 'text/html'

  /** Walks the children first…last of top, or all of them; `inSteps`: the page may run between two of them. */
  const start = (top: Node, first: Node | null, last: Node | null, nodeByNode?: boolean, inSteps?: boolean): Steps => {
    const stepped = !__LEAN__ && inSteps
    const slow = !__LEAN__ && nodeByNode
    const open: Node[] = [top]
    const cursors = new Map<Node, Node>()
    // What must not be serialised natively, with its ancestors.
    const around = new Set<Node>()
    let failures = 0
    const avoid = (from: Node, below: Node): void => {
      for (let node: Node | null = from; node && node !== below && !around.has(node); node = $parentNode(node)) around.add(node)
    }
    const look = (scope: Node, below: Node): void => {
      for (const element of findAround(scope)) avoid(element, below)
    }
    if (first && last && !slow) {
      let n = 0
      each(first, last, () => n++)
      // Asking the parent once is cheaper than asking each root of a long run.
      if (n > 15 && n * 8 > childElementCount(top)) look(top, top)
      else each(first, last, (node) => look(node, top))
    }
    return {
      ...(!__LEAN__ && { isOpen_: (node: Node) => open.includes(node) }),
      next_() {
        const parent = open[open.length - 1]
        if (!parent) {
          const host = stepped ? waiting.shift() : null
          const root = host && openRoot(host)
          if (root) open.push(root)
          return !!host
        }
        const cursor = cursors.get(parent)
        const stop = parent === top ? last : null
        let node: Node | null = null
        // Moved to where the walk comes later, or gone, or a box meanwhile: nothing is to be done here.
        if (!(stepped && (!idOf(parent) || closedNodes.has(parent))) && !(stop && cursor === stop)) {
          // What follows the cursor; where that has left, what follows the last child that has an id.
          node =
            cursor && (!stepped || ($parentNode(cursor) === parent && idOf(cursor))) ? $nextSibling(cursor)
            : (parent === top && first) || $firstChild(parent)
          if (stepped) while (idOf(node)) node = $nextSibling(node as Node)
        }
        if (!node) {
          open.pop()
          return true
        }
        let end: Node | null = null
        let left = __LEAN__ ? 0 : stepNodes
        if (!slow && failures <= Limit.maxFailures && isHtmlDocument(parent)) {
          for (let at: Node | null = node; at; at = at === stop ? null : $nextSibling(at)) {
            if (stepped) {
              if (idOf(at) || (left -= count(at, left)) < 0) break
              look(at, parent)
            }
            if (around.has(at) || $nodeType(at) === 10) break
            end = at
          }
        }
        let before = $previousSibling(node)
        // In a stepped walk siblings that were left for later have none.
        while (before && !idOf(before)) before = $previousSibling(before)
        const prev = idOf(before)
        if (end && (end !== node || $nodeType(node) === 1)) {
          const culprit = native(parent, prev, node, end)
          if (!culprit) {
            cursors.set(parent, end)
            return true
          }
          failures++
          avoid(culprit, parent)
          // The failed walk gave ids to what comes before the culprit; nothing was written.
          if (stepped) each(node, end, dropIds)
          return true
        }
        cursors.set(parent, node)
        if (single(parent, prev, node)) open.push(node)
        return true
      },
    }
  }

  const write = (parent: Node, first: Node, last: Node, slow?: boolean): void => {
    const steps = start(parent, first, last, slow)
    while (steps.next_());
  }

  /** Declares the root that hangs under the element, if it can be seen and is not written. */
  const openRoot = (host: Element): Node | null => {
    const at = idOf(host)
    if (!at || closedNodes.has(host)) return null
    const name = $localName(host)
    const isFrame = name.endsWith('frame')
    if (__LEAN__ && name === 'frame') throw beyond
    let root: Node | null | undefined
    try {
      // Null for another origin; throws where the realm is gone.
      root =
        name === 'iframe' ? $contentDocument(host as HTMLIFrameElement)
        : !__LEAN__ && name === 'frame' ? (host as HTMLFrameElement).contentDocument
        : shadowOf(host)
    } catch {
      root = null
    }
    const before = rootOf.get(host)
    if (before === root && idOf(root) > at) return null
    if (before && before !== root && idOf(before)) {
      op(Op.remove, idOf(before))
      dropIds(before)
    }
    rootOf.delete(host)
    if (!root) return null
    if (isFrame) noteDesign(root as Document)
    rootOf.set(host, root)
    holderOf.set(root, host)
    const id = giveId(root)
    observe(root)
    if (isFrame) op(Op.frame, at, id)
    else {
      if (!__LEAN__) remarkOne(host)
      op(Op.shadow, at, id, ((root as ShadowRoot).mode === 'closed' ? 1 : 0) | ((root as ShadowRoot).delegatesFocus ? 2 : 0))
    }
    return root
  }

  return {
    write_: write,
    host_: (element) => void waiting.push(element),
    settle_() {
      for (let host; (host = waiting.shift()); ) {
        const root = openRoot(host)
        const first = root && $firstChild(root)
        if (first) write(root, first, root.lastChild as Node)
      }
    },
    ...(!__LEAN__ && { steps_: (root: Node) => start(root, null, null, false, true) }),
  }
}
