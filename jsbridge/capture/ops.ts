/**
 * The op writer: one flat, growing Int32Array and the strings beside it (../PROTOCOL.md).
 *
 * One page view writes at a time, so the state stands in the module: that spares every tracker a
 * parameter and the script bytes. Nothing is kept after `take`.
 */
import type { Batch } from '../messages'

/** Op numbers of PROTOCOL.md. */
export const enum Op {
  hello = 1, time, meta, snapshotBegin, snapshotEnd, tree, element, textNode, otherNode, remove,
  move, attr, text, mark, shadow, frame, value, checked, selected, secret, scroll, pointer, mouse,
  touch, key, focus, resize, visibility, navigate, leave, viewport, size, sheet, ruleInsert,
  ruleDelete, adopted, track, identify, degraded, dialogState, clockJump, anchor, clear,
  echo, posted,
}

let ints = new Int32Array(0)
let n = 0
let start = 0
let parts: string[] = []
let units = 0

const reserve = (count: number): void => {
  if (n + count <= ints.length) return
  const grown = new Int32Array(Math.max(4096, ints.length * 2, n + count))
  grown.set(ints.subarray(0, n))
  ints = grown
}

/** An op of unknown length: begin, then int, str and block, then end. */
export const begin = (code: Op): void => {
  start = n
  int(code)
}
export const int = (value: number): void => {
  if (n === ints.length) reserve(1)
  ints[n++] = value
}
export const str = (value: string | null): void => {
  if (value === null) return int(-1)
  int(value.length)
  parts.push(value)
  units += value.length
}
export const block = (values: Int32Array): void => {
  reserve(values.length)
  ints.set(values, n)
  n += values.length
}
export const end = (): void => {
  ints[start] = (ints[start] as number) | ((n - start) << 8)
}

/** One whole op; a string argument takes its place among the ints. */
export const op = (code: Op, ...args: readonly (number | string | null)[]): void => {
  begin(code)
  for (const arg of args) typeof arg === 'number' ? int(arg) : str(arg)
  end()
}

/** Bytes written since the last take, as the queue's bound counts them. */
export const writtenBytes = (): number => 4 * n + 2 * units

/** What was written since the last take, or null. The ints are a copy that can be transferred. */
export const take = (): Batch | null => {
  if (!n) return null
  const batch = { ints: ints.slice(0, n).buffer, text: parts.length ? parts.join('\0') + '\0' : '' }
  // A snapshot's buffer is not kept for the page's life.
  if (ints.length > 65536) ints = new Int32Array(0)
  n = units = 0
  parts = []
  return batch
}

// Time.
let zeroMs = 0
let lastStamp = -1
/** Begins a page view whose time 0 is at startMs of performance.now(); what nobody took is dropped. */
export const openWriter = (startMs: number): void => {
  take()
  zeroMs = startMs
  restamp()
}
/** The next stamp is written whatever the time. */
export const restamp = (): void => {
  lastStamp = -1
}
/** Whole ms since time 0. */
export const now = (): number => Math.floor(performance.now() - zeroMs)
/** Writes the time that the next ops carry. */
export const stamp = (): void => {
  const at = now()
  if (at !== lastStamp) op(Op.time, (lastStamp = at))
}
