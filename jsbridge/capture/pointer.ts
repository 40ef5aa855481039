/**
 * Pointer path (sampled), buttons, clicks and touches, in CSS px of the top document's viewport.
 */
import { listen } from './guard'
import { isTyping } from './late'
import { $rect } from './native'
import { holderOf, nearestId } from './nodes'
import { Op, now, op, stamp } from './ops'

/** Least time between two samples of one path, ms. */
const enum Limit {
  sampleMs = 50,
}

export interface Pointer {
  attach_(doc: Document): void
  /** Writes the samples so far. The caller has written `time`. */
  settle_(): void
  /** False while the recorder costs the page too much: no samples. */
  sampling_?: boolean
}

export const targetOf = (event: Event): Node => (event.composedPath()[0] ?? event.target) as Node

export function trackPointer(
  activity: (isClick?: boolean) => void,
): Pointer {
  let samples: number[] = []
  let target = 0
  let lastSample = -Limit.sampleMs
  let pointerType = 0

  const pointer: Pointer = {
    ...(!__LEAN__ && { sampling_: true }),
    attach_(doc) {
      /** Where a child document's viewport stands in the top one's. */
      const shift = (): [x: number, y: number] => {
        let x = 0
        let y = 0
        for (let root: Node = doc, owner; (owner = holderOf.get(root)); root = owner.ownerDocument) {
          const rect = $rect(owner)
          x += rect.left + owner.clientLeft
          y += rect.top + owner.clientTop
        }
        return [x, y]
      }
      const kindOf = (event: Event): number =>
        ({ mouse: 0, touch: 1, pen: 2 })[(event as PointerEvent).pointerType as 'mouse'] ?? pointerType

      /** Made by script at each key: how often, and when, is what is typed. */
      const hear = (types: string, listener: (event: Event, kind: number) => void): void =>
        listen(doc, types, (event, kind) => {
          if (isTyping < 2 || event.isTrusted) listener(event, kind)
        })
      hear('pointermove', (event) => {
        const { clientX, clientY, pointerType: type } = event as PointerEvent
        const at = now()
        if ((!__LEAN__ && !pointer.sampling_) || type === 'touch' || at - lastSample < Limit.sampleMs) return
        lastSample = at
        const [x, y] = shift()
        const id = nearestId(targetOf(event))
        if (id !== target) pointer.settle_()
        target = id
        samples.push(at, clientX + x, clientY + y)
        activity()
      })
      hear('pointerdown pointerup click dblclick contextmenu', (event, kind) => {
        const { clientX, clientY, button } = event as MouseEvent
        pointerType = kindOf(event)
        // A finger's way down and up comes as touch.
        if (kind < 2 && pointerType === 1) return
        const [x, y] = shift()
        pointer.settle_()
        stamp()
        op(Op.mouse, kind, nearestId(targetOf(event)), clientX + x, clientY + y, button, pointerType)
        // By script it comes in the middle of another event, of which we may not know yet what was typed.
        activity(kind === 2 && event.isTrusted)
      })
      hear('touchstart touchmove touchend touchcancel', (event, kind) => {
        const at = now()
        if (kind === 1 && ((!__LEAN__ && !pointer.sampling_) || at - lastSample < Limit.sampleMs)) return
        lastSample = at
        const { changedTouches } = event as TouchEvent
        const [x, y] = shift()
        const args: number[] = []
        for (const touch of Array.from(changedTouches)) {
          args.push(touch.identifier, nearestId(touch.target as Node), touch.clientX + x, touch.clientY + y)
        }
        stamp()
        op(Op.touch, kind, changedTouches.length, ...args)
        activity()
      })
    },
    settle_() {
      if (!samples.length) return
      stamp()
      const at = now()
      op(Op.pointer, target, samples.length / 3, ...samples.map((value, i) => (i % 3 ? value : at - value)))
      samples = []
    },
  }
  return pointer
}
