/**
 * The sealed segments of one page view that the collector has not acknowledged, in order.
 *
 * Sending goes upwards, so what is under way on the present socket is everything below one
 * number; after a drop that number is 0 again and the welcome's durable set takes out what
 * arrived meanwhile. Bytes stay here until acknowledged: delivery is at least once, the
 * collector stores once.
 */
import { frameCost, frameOf, type Range, type View } from './frame'
import type { Bytes } from './bytes'
import type { Sealed } from './seal'

/** A frame on its way; `numbers` are those in it. */
export interface Frame {
  readonly view: string
  readonly numbers: readonly number[]
  readonly bytes: Bytes
}

export interface Queue {
  readonly view: View
  add(s: Sealed): void
  has(number: number): boolean
  /** Forgets what lies in the ranges; returns how many segments that were. */
  remove(ranges: readonly Range[]): number
  /** The next frame upwards, up to maxBytes but at least one segment; undefined: all is under way. */
  next(maxBytes: number): Frame | undefined
  /** The newest segments that fit into maxBytes, as one frame, whether under way or not. */
  tail(maxBytes: number): Frame | undefined
  /** The socket is gone, and with it what was under way. */
  restart(): void
  /** Segments not acknowledged. */
  size(): number
  /** Their bytes. */
  bytes(): number
  /** The bytes of those not sent on this socket. */
  unsent(): number
}

// The count of a frame is a u16; far below it, so that one frame is one short piece of work.
const MAX_COUNT = 4096

export function newQueue(view: View, list: Sealed[] = []): Queue {
  let sent = 0

  const cost = (of: readonly Sealed[]) => of.reduce((n, s) => n + frameCost(s), 0)
  const waiting = () => list.filter((s) => s.number >= sent)
  const frame = (of: Sealed[]): Frame | undefined =>
    of.length ? { view: view.id, numbers: of.map((s) => s.number), bytes: frameOf(view.id, of) } : undefined

  /** From the start of `of`: what fits, at least `least`. */
  const fit = (of: Sealed[], maxBytes: number, least: number) => {
    let n = 0
    for (let left = maxBytes; n < of.length && n < MAX_COUNT; n++) {
      left -= frameCost(of[n] as Sealed)
      if (left < 0 && n >= least) break
    }
    return of.slice(0, n)
  }

  return {
    view,
    add: (s) => { list.push(s) },
    has: (number) => list.some((s) => s.number === number),
    remove(ranges) {
      const before = list.length
      list = list.filter((s) => !ranges.some(([from, to]) => s.number >= from && s.number <= to))
      return before - list.length
    },
    next(maxBytes) {
      const part = fit(waiting(), maxBytes, 1)
      sent = (part.at(-1)?.number ?? sent - 1) + 1
      return frame(part)
    },
    tail: (maxBytes) => frame(fit([...list].reverse(), maxBytes, 0).reverse()),
    restart: () => { sent = 0 },
    size: () => list.length,
    bytes: () => cost(list),
    unsent: () => cost(waiting()),
  }
}
