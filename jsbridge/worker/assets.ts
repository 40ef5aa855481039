/**
 * Images and fonts that a shown part of the page loaded: fetched again from the browser's
 * cache, sealed, sent once a browser, and told of by op asset (wasm/wire/FORMAT.md §6.1, §9.1).
 * Part of the worker for pages that show something (__FULL__), never of the strict one.
 *
 * The core says which addresses there are: those that the mask shows and left as they were.
 * The page says which of them it has loaded. Nothing else is fetched: no candidate of a
 * srcset that was not chosen, no font that was not used, nothing for the first time.
 *
 *   address of a shown element ── loaded by the page? ── path safe as a whole? ── fetch, without
 *   credentials and referrer ── small enough, an image or font by its first bytes? ── seal ──
 *   ask the collector by id ── send if it is missing ── stored: op asset
 *
 * Any "no" leaves a box. blob: and data: addresses, and whatever a visitor chose, pasted or
 * dropped, are none of these: the core lists addresses of http and https alone.
 */
import { aesKey, type Bytes, concat, encrypt, fromHex, hmac, random, sha256, utf8 } from './bytes'
import type { Core } from './core'
import type { FromServer, View } from './frame'
import { typeOf } from './sniff'
import type { Socket } from './socket'

/** Of one asset, and of all of a page view: content bytes, and how many. */
export const ASSET_MAX_BYTES = 256 << 10
export const ASSETS_MAX_BYTES = 4_194_304
export const ASSETS_MAX = 96
export const AT_ONCE = 2
/** The page is asked what it has loaded after so long, then ever more rarely while addresses are open. */
export const ASK_AFTER_MS = 1_000
export const ASK_MAX_MS = 30_000
/** An answer of the collector that does not come is asked for again after so long. */
export const ANSWER_MS = 20_000
/** While segments wait on the socket, an asset looks again after so long. */
export const YIELD_MS = 250
/** So many drops of the socket under one asset, and it stays a box. */
export const TRIES = 6

const TYPE_ASSET = 2
const PAGE = 1
const CONTEXT = 'afterimage asset v1\0'
const LIST = 0
const IS_SAFE = 1
const WRITE = 2

/** Where an address stands: in the page (1), anywhere (0), or in the sheet of a link element. */
interface Place {
  readonly scope: number
  /** The address of the sheet, as the page has it. */
  readonly base: string
  readonly url: string
}

interface Sealed {
  readonly id: Bytes
  readonly key: Bytes
  readonly type: number
  readonly size: number
}

export interface Assets {
  /** A batch was applied; `begins`: an epoch has begun in it. */
  look(begins: boolean): void
  /** The page's base address, and the addresses of what it has loaded. */
  told(base: string, loaded: readonly string[]): void
  /** Each message of the collector, and the socket that it came by. */
  heard(m: FromServer, socket: Socket): void
}

export interface AssetsOptions {
  /** Whichever instance is at work. */
  readonly core: Pick<Core, 'with_'>
  readonly view: View
  readonly site: string
  readonly endpoint: string
  /** Asks the page; `told` is the answer. */
  ask(): void
  /** Something was written into the core. */
  wrote(): void
}

const text = /* @__PURE__ */ new TextDecoder()

/** Origins that were read from, but for the collector's own. */
const tried = new Set<string>()

/** A report of the page's CSP about one of them is not about the recording. */
export const isOwn = (blockedUri: string): boolean => {
  try {
    return tried.has(new URL(blockedUri).origin)
  } catch {
    return false
  }
}

/** n rounded up so that few lengths are left (Padmé, https://lbarman.ch/blog/padme/). */
export function padded(n: number): number {
  const size = Math.max(n, 256)
  const e = Math.floor(Math.log2(size))
  const step = 2 ** (e - Math.floor(Math.log2(e)) - 1)
  return Math.ceil(size / step) * step
}

const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(Math.floor(n / 128))])

/**
 * The browser's secret for this site, from the store whose rows go with the visitor's consent;
 * without a database it lives as long as the worker. With another visitor tag, that is another visitor id, it is
 * another one: the collector sees the names that are made from it, and would know the browser again.
 */
async function openSecret(site: string, tag: string): Promise<Bytes> {
  const fresh = random(32)
  try {
    return await new Promise<Bytes>((resolve, reject) => {
      const opening = indexedDB.open('afterimage')
      opening.onupgradeneeded = () => opening.transaction?.abort() // the outbox has none either
      opening.onerror = reject
      opening.onsuccess = () => {
        const db = opening.result
        const rows = db.transaction('views', 'readwrite').objectStore('views')
        const id = 'assets:' + site
        const reading = rows.get(id) as IDBRequest<{ secret: Bytes; tag?: string } | undefined>
        reading.onerror = reject
        reading.onsuccess = () => {
          // No site and no endpoint: no outbox takes it for a page view.
          const known = reading.result?.tag === tag ? reading.result.secret : undefined
          if (!known) rows.put({ id, at: 0, secret: fresh, tag })
          resolve(known ?? fresh)
          db.close()
        }
      }
    })
  } catch {
    return fresh
  }
}

const derive = async (secret: Bytes, label: string, hash: Bytes) => (await hmac(secret, concat(utf8(label), hash))).slice(0, 16)

/** Seals content; the same under the same secret gives the same bytes. */
export async function sealAsset(secret: Bytes, content: Bytes): Promise<{ id: Bytes; key: Bytes; sealed: Bytes }> {
  const plain = new Uint8Array(padded(content.length))
  plain.set(content)
  const hash = await sha256(plain)
  const id = await derive(secret, 'id', hash)
  const key = await derive(secret, 'key', hash)
  return { id, key, sealed: await encrypt(await aesKey(key), new Uint8Array(12), concat(utf8(CONTEXT), id), plain) }
}

const hex = (b: Bytes): string => Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('')

/** Reads a body of at most ASSET_MAX_BYTES; undefined when there is more. */
async function readSmall(response: Response): Promise<Bytes | undefined> {
  if (Number(response.headers.get('content-length')) > ASSET_MAX_BYTES || !response.body) {
    await response.body?.cancel()
    return undefined
  }
  const parts: Uint8Array[] = []
  let size = 0
  const reader = response.body.getReader()
  for (let chunk; !(chunk = await reader.read()).done; parts.push(chunk.value)) {
    if ((size += chunk.value.length) <= ASSET_MAX_BYTES) continue
    await reader.cancel()
    return undefined
  }
  return size ? concat(...parts) : undefined
}

export function newAssets({ core, view, site, endpoint, ask, wrote }: AssetsOptions): Assets {
  const secret = openSecret(site, view.visitorTag)
  /** Addresses that the page has not loaded yet, as far as is known. */
  let open: Place[] = []
  /** By absolute address: what it is; undefined while that is found out, null for a box. */
  const found = new Map<string, Sealed | null | undefined>()
  /** By absolute address: places that wait for it. */
  let places = new Map<string, Place[]>()
  /** Origins that the page's CSP does not let the worker read: each try would be reported to the page's owner. */
  const closed = new Set<string>()
  const queue: string[] = []
  let running = 0
  let total = 0
  let wait = ASK_AFTER_MS
  let askAt: number | undefined
  /** That took assets at its welcome. */
  let socket: Socket | undefined
  let answers = new Map<string, (state: string) => void>()
  /** One asset at a time on the socket. */
  let line: Promise<unknown> = Promise.resolve()

  const call = (what: number, bytes: Bytes = new Uint8Array()): number => core.with_?.((x) => {
    const at = x.core_in(0, bytes.length)
    if (at) new Uint8Array(x.memory.buffer, at, bytes.length).set(bytes)
    return at && x.core_asset(what, bytes.length)
  }) ?? 0

  function askLater() {
    if (!open.length || askAt) return
    askAt = setTimeout(() => {
      askAt = undefined
      wait = Math.min(wait * 2, ASK_MAX_MS)
      ask()
    }, wait)
  }

  function write({ scope, url }: Place, asset: Sealed) {
    const bytes = utf8(url)
    call(WRITE, concat(varint(scope), varint(bytes.length), bytes, asset.id, asset.key, [asset.type], varint(asset.size)))
    wrote()
  }

  /** What is found out about an address goes to all places that wait for it. */
  function settle(address: string, asset: Sealed | null) {
    found.set(address, asset)
    const waiting = places.get(address) ?? []
    places.delete(address)
    if (asset) for (const place of waiting) write(place, asset)
  }

  function isSafe(address: URL): boolean {
    return /^https?:$/.test(address.protocol) && !!call(IS_SAFE, utf8(address.pathname + address.search))
  }

  /** Sends a frame of type 2 and resolves with the collector's word. */
  async function exchange(id: Bytes, sealed: Bytes): Promise<string> {
    for (let tries = 0; tries < TRIES; ) {
      if (!socket?.ready_() || (sealed.length && socket.backlog_())) {
        await new Promise<void>((go) => { setTimeout(go, YIELD_MS) })
        continue
      }
      tries++
      const state = await new Promise<string>((resolve) => {
        const name = hex(id)
        const late = setTimeout(resolve, ANSWER_MS, '')
        answers.set(name, (word) => {
          clearTimeout(late)
          answers.delete(name)
          resolve(word)
        })
        socket?.send_(concat([TYPE_ASSET], fromHex(view.id), id, sealed))
      })
      if (state) return state
    }
    return ''
  }

  async function bring(address: string): Promise<Sealed | null> {
    const { origin } = new URL(address)
    if (closed.has(origin)) return null
    if (origin !== new URL(endpoint).origin) tried.add(origin)
    let response: Response
    try {
      response = await fetch(address, {
        mode: 'cors', credentials: 'omit', referrerPolicy: 'no-referrer', cache: 'force-cache', priority: 'low',
      } as RequestInit)
    } catch {
      closed.add(origin) // no CORS, or the page's CSP: the next one would fail like it
      return null
    }
    if (!response.ok || (response.redirected && !isSafe(new URL(response.url)))) {
      await response.body?.cancel()
      return null
    }
    const content = await readSmall(response)
    if (!content || total + content.length > ASSETS_MAX_BYTES) return null
    const type = typeOf(content)
    if (!type) return null
    total += content.length
    const { id, key, sealed } = await sealAsset(await secret, content)
    const sent = line.then(async () => {
      const state = await exchange(id, new Uint8Array())
      return state === 'missing' ? exchange(id, sealed) : state
    })
    line = sent.catch(() => {})
    return (await sent) === 'stored' ? { id, key, type, size: content.length } : null
  }

  function run() {
    while (running < AT_ONCE && queue.length) {
      const address = queue.shift() as string
      running++
      void bring(address).catch(() => null).then((asset) => {
        running--
        try {
          settle(address, asset)
          run()
        } catch {
          // The core has stopped: nothing more is recorded.
        }
      })
    }
  }

  return {
    look(begins) {
      if (begins) {
        // Places of an epoch end with it; those of the new one are told anew.
        open = []
        places = new Map()
      }
      const n = call(LIST)
      const list = core.with_?.((x) => new Uint8Array(x.memory.buffer).slice(x.core_out(), x.core_out() + n))
      if (!n || !list) return
      const at = new DataView(list.buffer)
      for (let i = 0; i < n; ) {
        const base = i + 8
        const url = base + at.getUint16(i + 4, true)
        const end = url + at.getUint16(i + 6, true)
        open.push({ scope: at.getUint32(i, true), base: text.decode(list.subarray(base, url)), url: text.decode(list.subarray(url, end)) })
        i = end
      }
      wait = ASK_AFTER_MS
      clearTimeout(askAt)
      askAt = undefined
      askLater()
    },
    told(base, loaded) {
      const names = new Set(loaded)
      open = open.filter((place) => {
        let address: URL
        try {
          address = new URL(place.url, place.scope > PAGE ? new URL(place.base, base) : base)
        } catch {
          return false
        }
        const { href } = address
        if (!names.has(href)) return true
        const known = found.get(href)
        if (known) write(place, known)
        else if (known === undefined) {
          const waiting = places.get(href)
          if (waiting) waiting.push(place)
          else places.set(href, [place])
          if (!found.has(href)) {
            if (found.size >= ASSETS_MAX || !isSafe(address)) found.set(href, null)
            else {
              found.set(href, undefined)
              queue.push(href)
            }
          }
        }
        return false
      })
      run()
      askLater()
    },
    heard(m, by) {
      if (m.t === 'welcome') {
        socket = m.assets ? by : undefined
        // What was under way on the socket before is asked for again.
        for (const answer of answers.values()) answer('')
        answers = new Map()
      } else if (m.t === 'asset') answers.get(m.asset)?.(m.state)
    },
  }
}
