/**
 * What goes over the socket and in the tail, as bytes (collector/UPLOAD.md): the hello that
 * introduces page views, and frames of sealed segments. Pure functions, no state.
 */
import { type Bytes, concat, fromHex, u32 } from './bytes'
import type { StartView } from '../messages'
import type { Queue } from './queue'
import { EPOCH_AT, HASH_AT, HEADER_BYTES } from './limits'
import type { Sealed } from './seal'

/** A page view as the collector knows it; base64url where it is bytes. Stored in the outbox. */
export interface View extends StartView {
  readonly visitorTag: string
  readonly envelope: string
  /** Without it nobody can add to this page view. */
  readonly secret: string
}

/** What was counted, by name (collector/UPLOAD.md): numbers alone. */
export type Counts = Readonly<Record<string, number>>

/** Introduces the page views of the queues. */
export const helloText = (site: string, queues: readonly Queue[], counts?: Counts): string =>
  JSON.stringify({
    v: 1,
    site,
    counts,
    sessions: queues.map(({ view_: { id, secret, envelope, ...session }, next_ }) => ({
      ...session,
      sampled: true,
      pageViews: [{ id, secret, envelope, nextNumber: next_() }],
    })),
  })

/** Bytes that s takes in a frame, at most. */
export const frameCost = (s: Sealed): number => s.bytes_.length - (HEADER_BYTES - 45)

/**
 * One frame: type 1 | page view | u16 count | segments. A segment that directly follows its
 * predecessor leaves out the hash of it (flag bit 0): the collector has just read those bytes.
 */
export function frameOf(viewId: string, list: readonly Sealed[]): Bytes {
  let before = -2
  return concat([1], fromHex(viewId), [list.length & 255, list.length >> 8], ...list.flatMap(({ number_, bytes_ }) => {
    const follows = number_ === before + 1
    before = number_
    return [
      [+follows], u32(number_), bytes_.subarray(EPOCH_AT, follows ? HASH_AT : HEADER_BYTES),
      u32(bytes_.length - HEADER_BYTES), bytes_.subarray(HEADER_BYTES),
    ]
  }))
}

export type Range = readonly [from: number, to: number]

/** What the collector says; anything else it says is ignored. */
export type FromServer =
  | { readonly t: 'welcome'; readonly serverTimeMs: number; readonly settingsVersion: number; readonly watch: boolean; readonly assets?: boolean; readonly pageViews: Readonly<Record<string, readonly Range[]>> }
  | { readonly t: 'ack'; readonly pageView: string; readonly ranges: readonly Range[] }
  | { readonly t: 'refused'; readonly pageView: string; readonly numbers: readonly number[]; readonly code: string; readonly reason: string }
  | { readonly t: 'asset'; readonly asset: string; readonly state: string }
  | { readonly t: 'watch'; readonly on: boolean }
  | { readonly t: 'stop'; readonly reason: string }
