/** What elements are beside their attributes: the size of replaced elements and boxes, open dialogs and popovers. */
import { guard } from './guard'
import { $height, $matches, $rect, $width } from './native'
import { idOf } from './nodes'
import { Op, op, stamp } from './ops'

/** Matches nothing, and does not throw, where the browser has no popovers. */
export const openPopover = ':is(:popover-open)'

/** Without `always` only of an open one. */
export const tellDialog = (element: Element, always: boolean): void => {
  const id = idOf(element)
  const state = $matches(element, ':modal') ? 1 : $matches(element, openPopover) ? 2 : 0
  if (id && (always || state)) op(Op.dialogState, id, state)
}

/** The browser answers after layout, so that no read of ours forces one. */
export const trackSizes = (wrote: () => void): ResizeObserver =>
  new ResizeObserver(guard((entries, sizes) => {
    stamp()
    for (const { target } of entries) {
      const id = idOf(target)
      if (!id) {
        sizes.unobserve(target)
        continue
      }
      const isHtml = target instanceof HTMLElement
      const rect = isHtml ? null : $rect(target)
      op(
        Op.size, id,
        rect ? rect.width : $width(target as HTMLElement),
        rect ? rect.height : $height(target as HTMLElement),
      )
    }
    wrote()
  }))
