/**
 * What waits with the changes of the tree while somebody types (../PROTOCOL.md): of each kind and node the last of a second is
 * told, since how often a page does such a thing with the keys, and when, is what is typed. Only of the full recorder.
 */
export const enum Late { frame, dialog, focus, size, address }

/**
 * Whether somebody types, and what a page does with it waits: 2 in the second of a key, 1 in the one after it, in which answers
 * to it come. In that one the lean recorder holds the tree alone, and hands over where it would tell what may be of a part that is held.
 */
export let isTyping: 0 | 1 | 2 = 0
let waiting: Map<Node, () => void>[] = []

/** Nothing waits that another recorder of this page left. */
export const openLate = (): void => {
  isTyping = 0
  edits.clear()
  waiting = [new Map(), new Map(), new Map(), new Map(), new Map()]
}
export const setTyping = (how: 0 | 1 | 2): void => {
  isTyping = how
}
/** Whether something of the kind waits. */
export const hasLate = (kind: Late): boolean => !!waiting[kind]?.size
/** Tells it at once where nobody types, or with `isUrgent`. */
export const tellLate = (kind: Late, node: Node, tell: () => void, isUrgent?: boolean): void => {
  const of = waiting[kind]
  // The last has its place, and none is told after a newer one.
  of?.delete(node)
  if (isTyping && !isUrgent) of?.set(node, tell)
  else tell()
}
/** Tells what has waited, in the order of the kinds: what a frame holds may be opened. */
export const settleLate = (): void =>
  waiting.forEach((kind) => {
    const all = [...kind.values()]
    kind.clear()
    all.forEach((tell) => tell())
  })

/** A rule that script set or took away and that is not told yet. */
export interface Edit {
  readonly sheet_: unknown
  readonly isInsert_: boolean
  at_: number
}
const edits = new Set<Edit>()
/**
 * Takes up an edit, unless it takes away what one of these set: then neither is told, and those between them are
 * as if it had never been there.
 */
export const noteEdit = (edit: Edit): boolean => {
  if (!edit.isInsert_) {
    const between: Edit[] = []
    /** Where that rule stood, before which of those between them. */
    const places: number[] = []
    let at = edit.at_
    for (const before of [...edits].reverse()) {
      if (before.sheet_ !== edit.sheet_) continue
      const isInsert = before.isInsert_
      if (isInsert && before.at_ === at) {
        edits.delete(before)
        between.forEach((other, i) => {
          if (other.at_ > (places[i] as number)) other.at_--
        })
        return false
      }
      if (isInsert ? before.at_ < at : before.at_ <= at) at += isInsert ? -1 : 1
      between.push(before)
      places.push(at)
    }
  }
  edits.add(edit)
  return true
}
/** Whether it is still to be told; it is not any more then. */
export const takeEdit = (edit: Edit): boolean => edits.delete(edit)
