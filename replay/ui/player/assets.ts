// Images and fonts of the recording: loaded when patches name them first, opened here, and
// handed to the page as bytes. Keys come out of the recording's segments (FORMAT.md §9.1).
//
// They are hostile like all of a recording: what does not open, is not of the length or of
// the type that the recording says, or is of none that is known, is not shown. The frame
// shows an image as an image only: as such SVG runs nothing and loads nothing.

import { mediaTypes, typeOf } from '../../../jsbridge/worker/sniff.ts'
import type { AssetInfo, Core } from './core.ts'
import type { FromWorker } from './messages.ts'

/** In parallel. */
const loads = 6
/** The page is shown without what is not here after so long, ms; what comes later, with a later seek. */
const patienceMs = 5000
/** All that a session's page may hold in memory, bytes. */
const maxBytes = 256 << 20

const context = new TextEncoder().encode('afterimage asset v1\0')

export interface Assets {
  /** Resolves when what the text of patches names has been handed over, or cannot be. */
  before(core: Core, text: string): Promise<void>
}

const fromHex = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text.match(/../g) ?? [], (x) => parseInt(x, 16))

/** Opens a sealed asset; undefined when it is not what the recording says it is. */
export async function openAsset(info: AssetInfo, sealed: BufferSource): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const key = await crypto.subtle.importKey('raw', fromHex(info.key), 'AES-GCM', false, ['decrypt'])
    const additionalData = new Uint8Array([...context, ...fromHex(info.id)])
    const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: new Uint8Array(12), additionalData }, key, sealed)
    if (plain.byteLength < info.bytes) return undefined
    const bytes = new Uint8Array(plain).slice(0, info.bytes)
    return mediaTypes[info.type] && typeOf(bytes) === info.type ? bytes : undefined
  } catch {
    return undefined
  }
}

export function newAssets(ask: (id: string) => Promise<Response>, post: (message: FromWorker, transfer?: Transferable[]) => void): Assets {
  const list: AssetInfo[] = []
  const told = new Set<number>()
  /** By id and key: another page view may have its own key for an id, or a wrong one. */
  const loading = new Map<string, Promise<boolean>>()
  let running = 0
  let total = 0
  const queue: (() => void)[] = []

  const nameOf = (info: AssetInfo) => `${info.id}.${info.key}.${info.type}.${info.bytes}`

  async function load(index: number, info: AssetInfo): Promise<boolean> {
    if (running >= loads) await new Promise<void>((go) => queue.push(go))
    running++
    try {
      if (total + info.bytes > maxBytes) return false
      const bytes = await openAsset(info, await (await ask(info.id)).arrayBuffer())
      if (!bytes) return false
      total += bytes.length
      post({ t: 'asset', index, id: nameOf(info), mediaType: mediaTypes[info.type] ?? '', bytes }, [bytes.buffer])
      return true
    } catch {
      return false // gone, or the network is: a box
    } finally {
      running--
      queue.shift()?.()
    }
  }

  async function show(index: number, info: AssetInfo): Promise<void> {
    const name = nameOf(info)
    const earlier = loading.get(name)
    const here = earlier ?? load(index, info)
    loading.set(name, here)
    if ((await here) && earlier) post({ t: 'asset', index, id: name, mediaType: '', bytes: undefined })
  }

  return {
    async before(core, text) {
      if (!text.includes('afterimage-asset:')) return
      list.push(...core.assets(list.length))
      const wanted: Promise<void>[] = []
      for (const [, digits] of text.matchAll(/afterimage-asset:(\d{1,6})/g)) {
        const index = Number(digits)
        const info = list[index]
        if (!info || told.has(index)) continue
        told.add(index)
        wanted.push(show(index, info))
      }
      if (!wanted.length) return
      const all = Promise.all(wanted).then(() => true)
      const here = await Promise.race([all, new Promise<false>((go) => setTimeout(() => go(false), patienceMs))])
      if (!here) void all.then(() => core.forget()) // the next seek writes the document anew, with them
    },
  }
}
