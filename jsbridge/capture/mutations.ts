/**
 * Mutation records to ops. The end state of a callback counts, cost is linear in its records.
 *
 * Order: moves of nodes that keep their id (each after its previous sibling, parents first), removes,
 * marks, attributes and values of nodes that were there before, added subtrees, then texts.
 *
 * While a snapshot is sliced, a node without id below a node that is still being walked is left to
 * the walk, and a written one that went there loses its id, so that among the children of such a node
 * those with ids always come first.
 */
import { settleForms, tellTyped } from './forms'
import { beyond } from './lean'
import {
  $attrName, $attrNodeNS, $attrValue, $contains, $data, $firstChild, $lastChild, $localName, $nextSibling, $nodeType,
  $parentNode, $previousSibling,
} from './native'
import { boxes, closedNodes, dropBelow, dropIds, following, idOf, marks, nextId, parentOf, rootOf } from './nodes'
import { Op, op } from './ops'
import { findBlocked, findMarked, hasMarks, isBlocked, isClosed, isInShadow, isSecret, markNames, marker, noteCalled } from './policy'
import { forgets, remarkOne, setForgets } from './serialise'
import { slotsChanged } from './slots'
import type { Walker } from './walk'

export interface Mutations {
  apply_(records: readonly MutationRecord[]): void
  /** Writes subtrees anew that the core asked for (PROTOCOL.md, What the core asks for); not in the lean recorder. */
  readonly resend_?: (list: readonly (readonly [id: number, slow: number])[]) => void
  /** Which nodes are still being walked, while a snapshot is sliced. */
  isOpen_?: ((node: Node) => boolean) | null | undefined
}

export interface MutationHooks {
  /** An attribute of a written element changed that has a meaning beside its text. */
  attribute_(element: Element, name: string): void
  /** The text of a style element changed. */
  style_(element: Element): void
}

const enum Fate {
  /** Not in a recorded tree, or where nothing is recorded (yet). */
  out,
  /** Has an id and keeps it. */
  alive,
  /** Is part of a subtree that this batch writes. */
  fresh,
}

interface Run {
  readonly parent_: Node
  /** Siblings that the records name, in order. */
  readonly nodes_: Node[]
  readonly before_: Node | null
}

export function createMutations(
  walker: Walker,
  hooks: MutationHooks,
): Mutations {

  const apply = (records: readonly MutationRecord[]): void => {
    const firstNew = nextId
    if (!__LEAN__) slotsChanged(records.map(({ target }) => target)).forEach(remarkOne)
    /** Where the core has a node that was taken away from there: the target of its first removal. */
    const left = new Map<Node, Node>()
    const touched = new Set<Node>()
    const attributes = new Map<Element, Map<string, string | null>>()
    const texts = new Set<Node>()
    for (const record of records) {
      const { target, type } = record
      if (type === 'childList') {
        const { addedNodes, removedNodes } = record
        removedNodes.forEach((node) => {
          if (idOf(node) && !left.has(node)) left.set(node, target)
          touched.add(node)
        })
        addedNodes.forEach((node) => touched.add(node))
        if ($nodeType(target) === 1 && $localName(target as Element) === 'style') hooks.style_(target as Element)
      } else if (!idOf(target)) continue
      else if (type === 'attributes') {
        let names = attributes.get(target as Element)
        if (!names) attributes.set(target as Element, (names = new Map()))
        names.set(record.attributeName as string, record.attributeNamespace)
      } else if ($nodeType(target) < 5) texts.add(target) // of a comment nothing is read
    }

    const fates = new Map<Node, Fate>()
    const runs = new Map<Node, Run>()
    let moves = 0
    // Of a parent that is yet to be written it is not known so far whether it will be a box.
    const willClose = new Map<Node, boolean>()
    const isShut = (parent: Node, fate: Fate): boolean => {
      if (fate !== Fate.fresh || $nodeType(parent) !== 1) return closedNodes.has(parent)
      const closes = willClose.get(parent) ?? isClosed(parent as Element)
      willClose.set(parent, closes)
      return closes
    }

    /** Collects the touched siblings around node, and decides for all of them at once. */
    const runOf = (node: Node, parent: Node, parentFate: Fate): void => {
      let first = node
      let before = $previousSibling(first)
      while (before && touched.has(before)) {
        first = before
        before = $previousSibling(first)
      }
      const run: Run = { parent_: parent, nodes_: [], before_: before }
      let at: Node | null = first
      for (; at && touched.has(at); at = $nextSibling(at)) {
        run.nodes_.push(at)
        runs.set(at, run)
      }
      // What follows the cursor of a sliced walk is left to it.
      const later = __LEAN__ ? undefined : mutations.isOpen_?.(parent) && !(at && idOf(at))
      for (const member of run.nodes_) {
        const fate =
          later || parentFate === Fate.out || isShut(parent, parentFate) ? Fate.out
          : parentFate === Fate.fresh || !idOf(member) ? Fate.fresh
          : Fate.alive
        fates.set(member, fate)
      }
    }
    const fateOf = (start: Node): Fate => {
      // Up to the first ancestor whose fate is known, then down again.
      const path: Node[] = []
      let node: Node | null = start
      let fate: Fate | undefined
      for (;;) {
        fate = fates.get(node)
        if (fate !== undefined) break
        if (node === document) {
          fate = Fate.alive
          break
        }
        // In a batch without moves a node with id that hangs in the document keeps it.
        path.push(node)
        const parent: Node | null = parentOf(node)
        if (!parent) {
          fate = Fate.out
          fates.set(node, fate)
          path.pop()
          break
        }
        node = parent
      }
      while (path.length) {
        const child = path.pop() as Node
        if (!fates.has(child)) {
          if (touched.has(child) && $parentNode(child) === node) runOf(child, node as Node, fate)
          else {
            const own =
              fate === Fate.out || isShut(node as Node, fate) ? Fate.out
              : fate === Fate.fresh ? Fate.fresh
              : idOf(child) ? Fate.alive
              : Fate.out
            fates.set(child, own)
          }
        }
        fate = fates.get(child) as Fate
        node = child
      }
      return fate
    }
    for (const node of touched) if (fateOf(node) !== Fate.out && idOf(node)) moves++

    // Moves. A run is placed when the ancestors of its parent stand where they belong, so that no
    // node is ever moved below itself.
    const placed = new Set<Run>()
    const settled = new Set<Node>()
    const place = (run: Run): void => {
      if (placed.has(run)) return
      placed.add(run)
      let prev = run.before_
      while (prev && !idOf(prev)) prev = $previousSibling(prev)
      // There may be a box below.
      if (__LEAN__ && boxes.size && isInShadow(run.parent_)) throw beyond
      for (const node of run.nodes_) {
        if (fates.get(node) !== Fate.alive) continue
        op(Op.move, idOf(node), idOf(run.parent_), idOf(prev))
        prev = node
      }
    }
    if (moves) {
      for (const node of left.keys()) {
        if (fates.get(node) !== Fate.alive) continue
        const above: Node[] = []
        for (let at: Node | null = node; at && !settled.has(at); at = parentOf(at)) above.push(at)
        while (above.length) {
          const at = above.pop() as Node
          settled.add(at)
          const run = runs.get(at)
          if (run && fates.get(at) === Fate.alive) place(run)
        }
      }
    }

    // Removes. A node whose parent in the core goes too goes with it.
    const gone: Node[] = []
    for (const [node, from] of left) {
      if (fates.get(node) !== Fate.out) continue
      gone.push(node)
      if (fateOf(from) === Fate.alive) op(Op.remove, idOf(node))
    }
    gone.forEach(dropIds)

    if (moves) {
      setForgets((node, id) => {
        // Where the core has it; what was written anew meanwhile took it along.
        const from = left.get(node) ?? parentOf(node)
        return id < firstNew && !!from && isOld(from, firstNew) && fateOf(from) === Fate.alive
      })
    }
    // Marks, and elements that became boxes or cease to be such: before anything of them is read.
    if (__LEAN__) {
      attributes.forEach((names, element) => {
        if (names.has(marker) && boxes.has(element) !== isBlocked(element)) throw beyond
      })
    } else {
      const again = new Set<Node>()
      const remark = (root: Element): void => {
        const now = findMarked(root)
        for (const node of marks.keys()) if (!now.has(node as Element) && $contains(root, node)) now.set(node as Element, 0)
        now.forEach((bits, element) => {
          const id = idOf(element)
          if (!id || bits === (marks.get(element) ?? 0)) return
          bits ? marks.set(element, bits) : marks.delete(element)
          op(Op.mark, id, bits)
        })
        for (const element of [root, ...findBlocked(root)]) {
          if (idOf(element) && !boxes.has(element) && isBlocked(element)) again.add(element)
        }
        for (const box of boxes) if (!isBlocked(box as Element) && $contains(root, box)) again.add(box)
      }
      attributes.forEach((names, element) => {
        if (noteCalled(element)) remarkOne(element)
        for (const name of names.keys()) if (markNames.has(name)) {
          if (fateOf(element) === Fate.alive) {
            if (names.has(marker)) writeAttributes(element, new Map([[marker, null]]))
            remark(element)
          }
          break
        }
      })
      if (moves && hasMarks()) {
        for (const node of left.keys()) if (fates.get(node) === Fate.alive && $nodeType(node) === 1) remark(node as Element)
      }

      for (const node of again) if (fateOf(node) === Fate.alive) rewrite?.(node)
    }

    // Attributes of what was there before and stays, which may say that the visitor types there, then
    // what was typed: before any text that could be the same.
    attributes.forEach((names, element) => {
      if (isOld(element, firstNew) && fateOf(element) === Fate.alive) writeAttributes(element, names)
    })
    settleForms((control) => isOld(control, firstNew) && fateOf(control) === Fate.alive)

    // Added subtrees.
    if (!__LEAN__) tellTyped(Array.from(touched).filter((node) => fates.get(node) === Fate.fresh))
    const written = new Set<Run>()
    for (const node of touched) {
      const run = runs.get(node)
      if (!run || written.has(run) || fates.get(node) !== Fate.fresh || fateOf(run.parent_) !== Fate.alive) continue
      written.add(run)
      // A box meanwhile, or in one.
      if (!idOf(run.parent_) || closedNodes.has(run.parent_)) continue
      let first: Node | null = null
      let last: Node | null = null
      for (const member of run.nodes_) {
        if (fates.get(member) === Fate.fresh) last = member
        first ??= last
        if (first && last !== member) {
          walker.write_(run.parent_, first, last as Node)
          first = null
        }
        if (first === null) last = null
      }
      if (first) walker.write_(run.parent_, first, last as Node)
    }
    walker.settle_()
    // What was moved into a new subtree that came to lie in a box was not written.
    const unwritten = [...left.keys()].filter((node) => fates.get(node) === Fate.fresh && isOld(node, firstNew))
    for (const node of unwritten) if (forgets?.(node, idOf(node))) op(Op.remove, idOf(node))
    unwritten.forEach(dropIds)
    setForgets(null)

    for (const node of texts) if (isOld(node, firstNew)) op(Op.text, idOf(node), $data(node as CharacterData))
  }

  const isOld = (node: Node, firstNew: number): boolean => {
    const id = idOf(node)
    return !!id && id < firstNew
  }

  const writeAttributes = (element: Element, names: ReadonlyMap<string, string | null>): void => {
    const id = idOf(element)
    names.forEach((namespace, local) => {
      // An attribute of the marker's name in a namespace is none.
      if (!__LEAN__ && namespace && local === marker) return
      if (boxes.has(element) ? local !== marker : local === 'value' && isSecret(element)) return
      const attribute = $attrNodeNS(element, namespace, local)
      // The prefix of an attribute that is gone is gone too; only these two serialise with one.
      if (__LEAN__ && !attribute && namespace) throw beyond
      const name = attribute ? $attrName(attribute)
        : __LEAN__ ? local
        : (namespace?.endsWith('xlink') ? 'xlink:' : namespace?.endsWith('namespace') ? 'xml:' : '') + local
      op(Op.attr, id, name, attribute && $attrValue(attribute))
      hooks.attribute_(element, local)
    })
  }

  /** The node itself with all below it, in the same place, with new ids; not in the lean recorder. */
  const rewrite = __LEAN__ ? null : (node: Node): void => {
    const parent = $parentNode(node)
    if (!idOf(node) || !parent || !idOf(parent)) return
    op(Op.remove, idOf(node))
    dropIds(node)
    walker.write_(parent, node, node)
  }

  const mutations: Mutations = {
    apply_: apply,
    ...(!__LEAN__ && {
      isOpen_: null,
      resend_(list: readonly (readonly [id: number, slow: number])[]): void {
        const wanted = new Map(list)
        const found: Node[] = []
        const search = (top: Node): void => {
          for (let node: Node | null = top; node; node = following(node, top, false)) {
            if (wanted.has(idOf(node))) found.push(node)
            const root = rootOf.get(node)
            if (root) search(root)
          }
        }
        search(document)
        tellTyped(found)
        for (const node of found) {
          const id = idOf(node)
          // Written anew already with an ancestor of it.
          if (!id || !wanted.has(id)) continue
          if (!wanted.get(id) && $parentNode(node) && node !== document) {
            rewrite?.(node)
            continue
          }
          op(Op.clear, id)
          dropBelow(node)
          if ($nodeType(node) === 1) walker.host_(node as Element)
          const first = $firstChild(node)
          if (first && !closedNodes.has(node)) walker.write_(node, first, $lastChild(node) as Node, wanted.get(id) === 1)
        }
        walker.settle_()
      },
    }),
  }
  return mutations
}
