// The player's core (wasm/player): the one decoder, in WebAssembly. This file gives its
// exports types; what they do stands in wasm/player/main.go, what comes out of them in
// wasm/view/PATCH.md.

import { wasi } from './wasi.ts'

const version = 2

interface Exports {
  memory: WebAssembly.Memory
  _initialize(): void
  player_version(): number
  player_in(n: number): number
  player_add(n: number, number: number): number
  player_seek(atMs: number): number
  player_ints(): number
  player_text(): number
  player_text_size(): number
  player_timeline(): number
  player_assets(from: number): number
  player_html(atMs: number): number
  player_pin(index: number): void
  player_forget(): void
  player_reset(): void
}

/** What became of a segment. Numbers of wasm/player/main.go. */
export const enum Added {
  Taken = 0,
  Unreadable = 1,
  Limit = 2,
  Version = 3,
}

/** One list of patches: numbers, and the strings that they count in UTF-16 units. */
export interface Patches {
  ints: Int32Array<ArrayBuffer>
  text: string
}

/** Where the content of `afterimage-asset:N` lies, N being its place in the list, and what opens it. */
export interface AssetInfo {
  readonly id: string
  /** 16 bytes in hexadecimal. */
  readonly key: string
  readonly type: number
  readonly bytes: number
}

export interface Core {
  add(pageView: string, number: number, plaintext: Uint8Array): Added
  seek(atMs: number): Patches
  timeline(): string
  /** The session's assets from that place on. */
  assets(from: number): AssetInfo[]
  html(atMs: number): string
  pin(index: number): void
  forget(): void
  /** Begins anew, without a segment. */
  reset(): void
}

export async function startCore(response: Promise<Response>, log: (text: string) => void): Promise<Core> {
  let x: Exports | undefined
  const memory = () => {
    if (!x) throw new Error('player core asks for its memory before it has one')
    return x.memory
  }
  const { instance } = await WebAssembly.instantiateStreaming(response, {
    wasi_snapshot_preview1: wasi(memory, log),
  })
  const core = instance.exports as unknown as Exports
  x = core
  core._initialize()
  if (core.player_version() !== version) {
    throw new Error(`player core has version ${core.player_version()}, its host ${version}: reload the page`)
  }
  const utf8 = new TextEncoder()
  const fromUTF8 = new TextDecoder('utf-8', { ignoreBOM: true })
  const text = (size: number) => fromUTF8.decode(new Uint8Array(core.memory.buffer, core.player_text(), size))
  return {
    add(pageView, number, plaintext) {
      const size = 32 + plaintext.length
      const at = core.player_in(size)
      const buffer = new Uint8Array(core.memory.buffer, at, size)
      utf8.encodeInto(pageView, buffer)
      buffer.set(plaintext, 32)
      return core.player_add(size, number)
    },
    seek(atMs) {
      const n = core.player_seek(atMs)
      const ints = n ? new Int32Array(core.memory.buffer, core.player_ints(), n).slice() : new Int32Array(0)
      const size = core.player_text_size()
      return { ints, text: size ? text(size) : '' }
    },
    timeline: () => text(core.player_timeline()),
    assets: (from) => JSON.parse(text(core.player_assets(from))) as AssetInfo[],
    html: (atMs) => text(core.player_html(atMs)),
    pin: (index) => core.player_pin(index),
    forget: () => core.player_forget(),
    reset: () => core.player_reset(),
  }
}
