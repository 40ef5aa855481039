/**
 * The sealed segments of one page view that the collector has not acknowledged, in order.
 *
 * Sending goes upwards, so what is under way on the present socket is everything below one
 * number; after a drop that number is 0 again and the welcome's durable set takes out what
 * arrived meanwhile. Bytes stay here until acknowledged: delivery is at least once, the
 * collector stores once.
 */
import { frameCost, type View } from './frame'
import type { Sealed } from './seal'

export interface Queue {
  readonly view_: View
  /** The number that the page view's next segment will have. */
  next_(): number
  /** Not acknowledged. */
  list_: Sealed[]
  /** What is below this number is under way. */
  sent_: number
  /** Of a leftover page view: gives it back; what was not removed stays for another time. */
  release_?(): void
}

/** What the segments take in frames, in bytes. */
export const cost = (list: readonly Sealed[]): number => list.reduce((n, s) => n + frameCost(s), 0)

export const unsent = ({ list_, sent_ }: Queue): Sealed[] => list_.filter((s) => s.number_ >= sent_)

/** From the first on, what fits into maxBytes, but at least one. A frame of 256 KB stays far from its u16 count. */
export const first = (list: readonly Sealed[], maxBytes: number): Sealed[] =>
  list.filter((s, i) => (maxBytes -= frameCost(s)) >= 0 || !i)

/** The newest that fit into maxBytes, if any. */
export function newest(list: readonly Sealed[], maxBytes: number): Sealed[] {
  let left = cost(list)
  return list.filter((s) => (left -= frameCost(s)) + frameCost(s) <= maxBytes)
}
