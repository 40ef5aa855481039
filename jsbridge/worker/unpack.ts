/**
 * Restores the core's WebAssembly from its packed form, a fifth smaller than brotli makes
 * it. Step for step the model of wasm/pack, which says what each part is for; a difference
 * of one bit gives a module that does not compile. All state is local: about 10 MB, given
 * back at the end.
 */
import type { Bytes } from './bytes'

const hash = (a: number, b: number): number => {
  a = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b)
  return a ^ a >>> 15
}

const squash = (x: number): number => {
  x = 1 - x / 1024
  for (let i = 10; i--;) x *= x
  return 1 / (1 + x)
}

/** What contexts are made of begins at 0: key, part, h0; the rest as here. */
const KEY = 0
const PART = 1
const H0 = 2
const O0 = 6
const SAME = 10
const L0 = 11
const DEPTH = 13
const STK = 14
const WORD = 15
const ELEMENTS = 16

/** States of the reader of code. */
const OUTSIDE = 0
const SIZE = 1
const GROUPS = 2
const LOCALS = 3
const OP = 4
const IMMEDIATE = 5

type Six = [number, number, number, number, number, number]

const CONTEXTS = 8
const MIXERS = 6
const HASHES = CONTEXTS + MIXERS

/** Offsets in the file. */
const PARAMS = 20
const MASKS = PARAMS + 12
const SHAPES = MASKS + 6 * HASHES
const CODE = SHAPES + 72

export function unpack(file: Bytes): Bytes {
  const [length, begin, end] = new Uint32Array(file.buffer, PARAMS, 3) as unknown as [number, number, number]
  const masks = new Uint16Array(file.buffer, MASKS, 3 * HASHES)
  const out = new Uint8Array(length)
  const stretch = new Float64Array(4096)
  const weights = new Float64Array(MIXERS * 4096 * CONTEXTS).fill(.3 / MIXERS)
  const slots = new Uint32Array(CONTEXTS << 18).fill(2 ** 31)
  const view = new Uint32Array(ELEMENTS)
  const hashes = new Int32Array(HASHES)
  const lines = new Int32Array(CONTEXTS)
  const stack = new Uint8Array(16)
  const last = new Uint32Array(256)
  const at = new Uint32Array(CONTEXTS)
  const inputs = new Float64Array(CONTEXTS)
  const sets = new Uint32Array(MIXERS)
  let state: number = OUTSIDE
  let kind = 0
  let left = 0
  let shift = 0
  let number = 0
  let body = 0
  let width = 1
  let code = 0
  let from = CODE

  for (let i = 0, x = -12; i < 4096; stretch[i++] = x) while (squash(x) < (i + .5) / 4096) x += 1 / 256

  for (let pos = 0; pos < length;) {
    let c = 1
    let half = 1
    while (c < 256) {
      for (; width < 1 << 24; width *= 256) code = (code << 8 | file[from++]!) >>> 0
      if (c < 2 || c >> 4 == 1) {
        half = 1
        for (let i = 0; i < CONTEXTS; i++) lines[i] = hash(hashes[i]!, c)
      }
      let known = 0
      for (let i = 0; i < CONTEXTS; i++) {
        const h = lines[i]!
        const slot = at[i] = i << 18 | h >>> 14 & ~15 | half
        if ((slots[slot]! ^ h) & 255) slots[slot] = 1 << 31 | h & 255
        known = known << 1 | +((slots[slot]! >>> 8 & 255) > 1)
        inputs[i] = stretch[slots[slot]! >>> 20]!
      }
      for (let i = 0; i < MIXERS; i++) sets[i] = (i << 12 | hash(hashes[CONTEXTS + i]!, i ? c * (i & 1) : known) >>> 20) * CONTEXTS
      const [set0, set1, set2, set3, set4, set5] = sets as unknown as Six // a loop over them takes twice the time
      let dot = 0
      for (let i = 0; i < CONTEXTS; i++) dot += inputs[i]! * (weights[set0 + i]! + weights[set1 + i]! + weights[set2 + i]! + weights[set3 + i]! + weights[set4 + i]! + weights[set5 + i]!)
      const p = squash(dot)
      const bound = (width >>> 16) * (p * 65535 | 1)
      const bit = +(code < bound)
      if (bit) width = bound
      else {
        code -= bound
        width -= bound
      }
      c = c << 1 | bit
      half = half << 1 | bit
      const e = (bit - p) * .003
      for (let i = 0; i < CONTEXTS; i++) {
        const change = e * inputs[i]!
        weights[set0 + i]! += change
        weights[set1 + i]! += change
        weights[set2 + i]! += change
        weights[set3 + i]! += change
        weights[set4 + i]! += change
        weights[set5 + i]! += change
        const s = slots[at[i]!]!
        const n = s >>> 8 & 255
        slots[at[i]!] = (s >>> 16) + ((bit * 65535 - (s >>> 16)) * (65536 / (2 * n + 3) | 0) >> 15) << 16 | Math.min(n + 1, s >>> 31 ^ bit ? 4 : 20) << 8 | s & 255
      }
    }
    out[pos++] = c

    view.copyWithin(H0 + 1, H0, H0 + 3)
    view[H0] = c &= 255
    view[WORD] = (c | 32) - 97 >>> 0 > 25 ? 0 : hash(view[WORD]!, c)
    body--
    if (state == OP) {
      view.copyWithin(O0 + 1, O0, O0 + 3)
      view[O0] = c
      view[SAME] = last[c]!
      let i = SHAPES
      while (c > file[i]!) i += 2
      i = file[i + 1]!
      left = i & 3
      if (left) state = IMMEDIATE
      stack[view[DEPTH] = i < 4 ? 0 : view[DEPTH]! + (i >> 2) - 3 & 15] = c
    } else if (state) {
      view[PART] = view[PART]! << 8 | c
      number |= (c & 127) << shift
      shift += 7
      if (c < 128) {
        left--
        last[view[O0]!] = number
        if (state == SIZE) {
          body = number
          state = GROUPS
          view[L0] = view[L0 + 1] = 0
        } else {
          if (state == GROUPS) {
            left = number << 1
            state = LOCALS
          } else if (view[O0]! >> 2 == 8 && view[O0] != 35 && state == IMMEDIATE) {
            view[L0 + 1] = view[L0]!
            view[L0] = number + 1
          }
          if (!left) state = OP
        }
        number = shift = view[PART] = 0
      }
    }
    if (!body || pos == begin) state = SIZE
    if (pos == end) state = OUTSIDE
    view[KEY] = state + (state == OP ? 0 : (view[O0]! << 8) + (Math.min(left >>> 0, 3) << 4))
    view[STK] = stack[view[DEPTH]!]!
    kind = Math.max(state, LOCALS) - LOCALS
    for (let i = 0; i < HASHES; i++) {
      let h = i
      for (let mask = masks[kind * HASHES + i]!, j = 0; mask; mask >>= 1, j++) if (mask & 1) h = hash(h, view[j]!)
      hashes[i] = h
    }
  }
  return out
}
