/**
 * The op writer: one flat, growing Int32Array and the strings beside it (../PROTOCOL.md).
 *
 * A writer belongs to one page view. It keeps nothing after `take`.
 */
import type { Batch } from '../messages'

/** Op numbers of PROTOCOL.md. */
export const enum Op {
  hello = 1, time, meta, snapshotBegin, snapshotEnd, tree, element, textNode, otherNode, remove,
  move, attr, text, mark, shadow, frame, value, checked, selected, secret, scroll, pointer, mouse,
  touch, key, focus, resize, visibility, navigate, leave, viewport, size, sheet, ruleInsert,
  ruleDelete, adopted, track, identify, degraded, dialogState, clockJump, anchor, clear,
}

export interface OpWriter {
  /** One whole op; a string argument takes its place among the ints. */
  op(code: Op, ...args: readonly (number | string | null)[]): void
  /** An op of unknown length: begin, then int, str and block, then end. */
  begin(code: Op): void
  int(value: number): void
  str(value: string | null): void
  block(values: Int32Array): void
  end(): void
  /** Bytes written since the last take, as the queue's bound counts them. */
  readonly bytes: () => number
  /** What was written since the last take, or null. The ints are a copy that can be transferred. */
  take(): Batch | null
}

export function createOpWriter(): OpWriter {
  let ints = new Int32Array(4096)
  let n = 0
  let start = 0
  let parts: string[] = []
  let units = 0

  const reserve = (count: number): void => {
    if (n + count <= ints.length) return
    const grown = new Int32Array(Math.max(ints.length * 2, n + count))
    grown.set(ints.subarray(0, n))
    ints = grown
  }
  const int = (value: number): void => {
    if (n === ints.length) reserve(1)
    ints[n++] = value
  }
  const str = (value: string | null): void => {
    if (value === null) return int(-1)
    int(value.length)
    parts.push(value)
    units += value.length
  }
  const begin = (code: Op): void => {
    start = n
    int(code)
  }
  const end = (): void => {
    ints[start] = (ints[start] as number) | ((n - start) << 8)
  }
  return {
    op(code, ...args) {
      begin(code)
      for (const arg of args) typeof arg === 'number' ? int(arg) : str(arg)
      end()
    },
    begin,
    int,
    str,
    block(values) {
      reserve(values.length)
      ints.set(values, n)
      n += values.length
    },
    end,
    bytes: () => 4 * n + 2 * units,
    take() {
      if (!n) return null
      const batch = { ints: ints.slice(0, n).buffer, text: parts.length ? parts.join('\0') + '\0' : '' }
      // A snapshot's buffer is not kept for the page's life.
      if (ints.length > 65536) ints = new Int32Array(4096)
      n = units = 0
      parts = []
      return batch
    },
  }
}
