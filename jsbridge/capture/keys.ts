/** Key events by kind, never the character, nothing for secret inputs and blocked subtrees; and focus. */
import { listen } from './guard'
import { beyond } from './lean'
import { $nodeType } from './native'
import { boxes, idOf, nearestId } from './nodes'
import { Op, op, stamp } from './ops'
import { targetOf } from './pointer'
import { isHidden, isSecret, isSingle } from './policy'

// By the beginnings that no other named key has (https://www.w3.org/TR/uievents-key/): Backspace, Delete, Enter, Insert, Undo, Redo;
const editing = /^(Ba|Del|Ent|Inse|Und|Red)/
// Shift, Control, Alt, AltGraph, Meta, Fn and the locks;
const modifier = /^(Shi|Contr|Alt|Met|Fn)|Lock$/
// Dead, Process, Unidentified: what an input method and a phone's keyboard say instead of a character.
const unnamed = /^(Dea|Proc|Uni)/

const kindOf = (event: KeyboardEvent): number => {
  const { key = '' } = event // the event of a browser's autofill has none
  if (modifier.test(key)) return 3
  if ((event.ctrlKey || event.metaKey) && !event.getModifierState('AltGraph')) return 4
  if ([...key].length === 1 || unnamed.test(key)) return 0
  return editing.test(key) ? 1 : 2
}

/** Listens in a document. Without `capture.keystrokes` the core is told too, and tells nothing of it: what scrolls with the caret is hidden. */
export function trackKeys(doc: Document, activity: () => void): void {
  listen(doc, 'keydown', (event) => {
    const target = targetOf(event)
    // A node without id is in a box, or is not written yet.
    const id = idOf(target)
    const isElement = $nodeType(target) === 1
    if (!id || boxes.has(target)) return
    const kind = kindOf(event as KeyboardEvent)
    if (__LEAN__ && isElement && !kind && isHidden(target as Element)) throw beyond
    if (isElement && isSecret(target as Element)) return
    stamp()
    op(Op.key, id, kind)
    activity()
  })
  listen(doc, 'focus blur', (event, isBlur) => {
    const target = targetOf(event)
    if ($nodeType(target) !== 1 || !__LEAN__ && isSingle(target) && isSingle((event as FocusEvent).relatedTarget)) return
    stamp()
    op(Op.focus, isBlur ? 0 : nearestId(target))
  })
}
