/**
 * The op writer: one flat list of ints and the strings beside it (../PROTOCOL.md).
 *
 * One page view writes at a time, so the state stands in the module: that spares every tracker a
 * parameter and the script bytes. Nothing is kept after `take`.
 */
import type { Batch } from '../messages'
import { isTyping } from './late'
import { beyond, given } from './lean'

/** Op numbers of PROTOCOL.md. */
export const enum Op {
  hello = 1, time, meta, snapshotBegin, snapshotEnd, tree, element, textNode, otherNode, remove,
  move, attr, text, mark, shadow, frame, value, checked, selected, secret, scroll, pointer, mouse,
  touch, key, focus, resize, visibility, navigate, leave, viewport, size, sheet, ruleInsert,
  ruleDelete, adopted, track, identify, degraded, dialogState, clockJump, anchor, clear,
  echo, posted,
}

let ints: number[] = []
let start = 0
let parts: string[] = []
let units = 0
/** Lengths of both at the last stamp. */
let keptInts = 0
let keptParts = 0

/** An op of unknown length: begin, then int, str and block, then end. */
export const begin = (code: Op): void => {
  start = ints.length
  int(code)
}
export const int = (value: number): void => {
  ints.push(value)
}
export const str = (value: string | null): void => {
  if (value === null) return int(-1)
  int(value.length)
  parts.push(value)
  units += value.length
}
export const end = (): void => {
  ints[start]! |= (ints.length - start) << 8 // begin has put it there
}

/**
 * What was typed in this document, but for secrets: both recorders write it, and the full one tells the core of each page view
 * that follows (./forms.ts), also in the place of a lean one. Of that one short values alone: no name is made of others.
 */
export const typed = (__LEAN__ ? null : given()?.[5]) ?? new Set<string>()
/** One whole op; a string argument takes its place among the ints. */
export const op = (code: Op, ...args: readonly (number | string | null)[]): void => {
  // What a page does beside its tree while somebody types: frames, sizes, sheets, which may be of what is held, and addresses
  // in the second of a key.
  if (__LEAN__ && isTyping && /^.(16|3[2-6])|229/.test(isTyping + '' + code)) throw beyond
  // And op echo, 27 more: it spares bytes of the entry.
  if (__LEAN__ && code % 27 === Op.value && !(args[1] as string)[99]) typed.add(args[1] as string)
  begin(code)
  for (const arg of args) typeof arg === 'number' ? int(arg) : str(arg)
  end()
}

/** Bytes written since the last take, as the queue's bound counts them. */
export const writtenBytes = (): number => 4 * ints.length + 2 * units

/** What was written since the last take, or null. The ints are a copy that can be transferred. */
export const take = (): Batch | null => {
  if (!ints[0]) return null
  const batch = { ints: new Int32Array(ints).buffer, text: parts.length ? parts.join('\0') + '\0' : '' }
  ints = []
  parts = []
  units = keptInts = keptParts = 0
  return batch
}

/** Takes back what was written since the last stamp. */
export const rewind = (): void => {
  ints.length = keptInts
  parts.length = keptParts
}

// Time.
let zeroMs = 0
let lastStamp = -1
/** Begins a page view whose time 0 is at startMs of performance.now(); what nobody took is dropped. */
export const openWriter = (startMs: number): void => {
  take()
  zeroMs = startMs
  clock = Date.now() - performance.now()
  restamp()
}
/** The next stamp is written whatever the time. */
export const restamp = (): void => {
  lastStamp = -1
}
let clock: number
/** Tells that the browser's clock was set, or that the machine slept. */
export const watchClock = (): void => {
  const drift = Date.now() - performance.now() - clock
  if (Math.abs(drift) < 1000) return
  clock += drift
  stamp()
  op(Op.clockJump, drift)
}
/** Whole ms since time 0. */
export const now = (): number => Math.floor(performance.now() - zeroMs)
/** Writes the time that the next ops carry: they belong together. */
export const stamp = (): void => {
  const at = now()
  if (at !== lastStamp) op(Op.time, (lastStamp = at))
  keptInts = ints.length
  keptParts = parts.length
}
