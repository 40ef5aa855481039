/** Key events by kind, never the character, nothing for secret inputs and blocked subtrees; and focus. */
import { listen } from './guard'
import { isTyping, Late, tellLate } from './late'
import { $nodeType } from './native'
import { boxes, idOf, nearestId } from './nodes'
import { Op, op, stamp } from './ops'
import { targetOf } from './pointer'
import { isHidden, isSecret, isSingle } from './policy'

// By the beginnings that no other named key has (https://www.w3.org/TR/uievents-key/): Backspace, Delete, Insert, Undo, Redo (Enter
// sends, follows or goes on);
const editing = /^(Ba|Del|Inse|Und|Red)/
// Shift, Control, Alt, AltGraph, Meta, Fn and the locks;
const modifier = /^(Shi|Contr|Alt|Met|Fn)|Lock$/
// Dead, Process, Unidentified: what an input method and a phone's keyboard say instead of a character.
const unnamed = /^(Dea|Proc|Uni)/

/** The last that had the focus. Only of the lean recorder, which tells it after the second of a key. */
export let focusedLast: Node | null = null

const kindOf = (event: KeyboardEvent): number => {
  const { key = '' } = event // the event of a browser's autofill has none
  if (modifier.test(key)) return 3
  if ((event.ctrlKey || event.metaKey) && !event.getModifierState('AltGraph')) return 4
  if ([...key].length === 1 || unnamed.test(key)) return 0
  return editing.test(key) ? 1 : 2
}

/** Listens in a document. Without `capture.keystrokes` the core is told too, and tells nothing of it: what scrolls with the caret is hidden. */
export function trackKeys(doc: Document, realm: Window | null, activity: () => void, typed: (isBeyond: unknown) => void, freeze: () => void): void {
  // A listener of the page on the window may keep it from the document.
  listen(realm ?? doc, 'keydown', (event) => {
    const target = targetOf(event)
    const kind = kindOf(event as KeyboardEvent)
    const isElement = $nodeType(target) === 1
    if (__LEAN__ && isElement && kind < 2 && target !== document.body) {
      typed(!(target as HTMLInputElement).type) // a control has one
      if (isHidden(target as Element)) freeze()
    }
    // A node without id is in a box, or is not written yet.
    const id = idOf(target)
    if (!id || boxes.has(target) || (isElement && isSecret(target as Element))) return
    stamp()
    op(Op.key, id, kind)
    activity()
  })
  listen(doc, 'focus blur', (event, isBlur) => {
    const target = targetOf(event)
    if ($nodeType(target) !== 1 || !__LEAN__ && isSingle(target) && isSingle((event as FocusEvent).relatedTarget)) return
    stamp()
    if (__LEAN__) {
      focusedLast = isBlur ? null : target
      isTyping || op(Op.focus, nearestId(focusedLast))
    } else tellLate(Late.focus, document, () => op(Op.focus, isBlur ? 0 : nearestId(target)), !!boxes.size)
  })
}
