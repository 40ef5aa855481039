/** Key events by kind, never the character, nothing for secret inputs and blocked subtrees; and focus. */
import type { Listen } from './guard'
import { $nodeType } from './native'
import { idOf, type Nodes } from './nodes'
import { Op, type OpWriter } from './ops'
import { targetOf } from './pointer'
import type { Policy } from './policy'

const editing = /^(?:Backspace|Delete|Enter|Insert|Undo|Redo)$/
const modifier = /^(?:Shift|Control|Alt|AltGraph|Meta|Fn)$|Lock$/
// What an input method and a phone's keyboard say instead of a character.
const unnamed = /^(?:Dead|Process|Unidentified)$/

const kindOf = (event: KeyboardEvent): number => {
  const { key } = event
  if (modifier.test(key)) return 3
  if ((event.ctrlKey || event.metaKey) && !event.getModifierState('AltGraph')) return 4
  if (Array.from(key).length === 1 || unnamed.test(key)) return 0
  return editing.test(key) ? 1 : 2
}

export function trackKeys(
  nodes: Nodes,
  out: OpWriter,
  policy: Policy,
  listen: Listen,
  stamp: () => void,
  activity: () => void,
  keystrokes: boolean,
): (doc: Document) => void {
  return (doc) => {
    if (keystrokes) {
      listen(doc, 'keydown', (event) => {
        const target = targetOf(event)
        // A node without id is in a box, or is not written yet.
        const id = idOf(target)
        if (!id || nodes.boxes.has(target) || ($nodeType.call(target) === 1 && policy.isSecret(target as Element))) return
        stamp()
        out.op(Op.key, id, kindOf(event as KeyboardEvent))
        activity()
      })
    }
    listen(doc, 'focus blur', (event) => {
      const target = targetOf(event)
      if ($nodeType.call(target) !== 1) return
      stamp()
      out.op(Op.focus, event.type === 'focus' ? nodes.nearest(target) : 0)
    })
  }
}
