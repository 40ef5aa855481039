/**
 * What goes over the socket and in the tail, as bytes (collector/UPLOAD.md): the hello that
 * introduces page views, and frames of sealed segments. Pure functions, no state.
 */
import { type Bytes, concat, fromHex, u32, utf8 } from './bytes'
import { epochOf, HEADER_BYTES, prevHashOf, type Sealed } from './seal'

/** A page view as the collector knows it; base64url where it is bytes. Stored in the outbox. */
export interface View {
  readonly id: string
  readonly session: string
  readonly tab: string
  readonly visitorTag: string
  readonly consentVersion: string
  readonly envelope: string
  /** Without it nobody can add to this page view. */
  readonly secret: string
}

/** What was counted, by name (collector/UPLOAD.md): numbers alone. */
export type Counts = Readonly<Record<string, number>>

/** A view, and the number that its next segment will have. */
export type Announced = readonly [view: View, next: number]

export const helloText = (site: string, views: readonly Announced[], counts?: Counts): string =>
  JSON.stringify({
    v: 1,
    site,
    counts,
    sessions: views.map(([v, nextNumber]) => ({
      session: v.session,
      tab: v.tab,
      visitorTag: v.visitorTag,
      consentVersion: v.consentVersion,
      sampled: true,
      pageViews: [{ id: v.id, secret: v.secret, envelope: v.envelope, nextNumber }],
    })),
  })

/** Type, page view and count. */
export const FRAME_HEAD_BYTES = 19

/** Bytes that s takes in a frame, at most. */
export const frameCost = (s: Sealed): number => s.bytes.length - HEADER_BYTES + 45

/**
 * One frame: type 1 | page view | u16 count | segments. A segment that directly follows its
 * predecessor leaves out the hash of it (flag bit 0): the collector has just read those bytes.
 */
export function frameOf(viewId: string, list: readonly Sealed[]): Bytes {
  const parts: ArrayLike<number>[] = [[1], fromHex(viewId), [list.length & 255, list.length >> 8]]
  let before = -2
  for (const s of list) {
    const follows = s.number === before + 1
    before = s.number
    parts.push([follows ? 1 : 0], u32(s.number), epochOf(s))
    if (!follows) parts.push(prevHashOf(s))
    parts.push(u32(s.bytes.length - HEADER_BYTES), s.bytes.subarray(HEADER_BYTES))
  }
  return concat(...parts)
}

/** Body of the tail request: u32 length | hello | (u32 length | frame)… */
export function tailBody(hello: string, frames: readonly Bytes[]): Bytes {
  const text = utf8(hello)
  return concat(u32(text.length), text, ...frames.flatMap((f) => [u32(f.length), f]))
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
