/** What elements are beside their attributes: the size of replaced elements and boxes, open dialogs and popovers. */
import { guard } from './guard'
import { Late, tellLate } from './late'
import { $matches, $rect } from './native'
import { boxes, idOf } from './nodes'
import { Op, op, stamp } from './ops'

/** Matches nothing, and does not throw, where the browser has no popovers; likewise `:is(:modal)`. */
export const openPopover = ':is(:popover-open)'

/** Without `always` only of an open one. */
export const tellDialog = (element: Element, always: boolean): void => {
  const id = idOf(element)
  const state = $matches(element, ':is(:modal)') ? 1 : $matches(element, openPopover) ? 2 : 0
  if (id && (always || state)) op(Op.dialogState, id, state)
}

/** The browser answers after layout, so that no read of ours forces one. */
export const trackSizes = (wrote: () => void): ResizeObserver =>
  new ResizeObserver(guard((entries, sizes) => {
    stamp()
    for (const { target } of entries as readonly { target: Element & { offsetWidth?: number; offsetHeight?: number } }[]) {
      const id = idOf(target)
      if (!id) {
        sizes.unobserve(target)
        continue
      }
      // An element that is no HTML has no such property; a blocked form's child may have its name, and is no number.
      const rect = $rect(target)
      const width = +(target.offsetWidth as number) || rect.width
      const height = +(target.offsetHeight as number) || rect.height
      if (__LEAN__) op(Op.size, id, width, height)
      else {
        // That of a box depends on whether it has the focus.
        tellLate(Late.size, target, () => idOf(target) && op(Op.size, idOf(target), width, height), boxes.has(target))
      }
    }
    wrote()
  }))
