/**
 * Sealed segments in IndexedDB until they are acknowledged, so that a reload, a crash or a
 * collector that is away loses nothing. What lies here is sealed; content keys never do.
 *
 * Database `afterimage` of the page's origin, version 1:
 *   views     key id: a View with site, endpoint and the time of its last segment, while there are segments
 *   segments  key [view id, number]: sealed bytes, header included
 *   meta      "bytes": sum of all segments; "settings:SITE": newest settings version seen
 *
 * One page view belongs to one worker at a time: to the one that records it, later to one
 * that drains it. The Web Lock `afterimage:ID` says which; a worker's death releases it.
 * Without Web Locks nothing is drained here and the leftovers age out.
 *
 * Bounded: beyond OUTBOX_BYTES over all page views nothing is stored (the segment stays in
 * memory), and what is older than the collector takes is deleted. Without IndexedDB (some
 * private modes) every call does nothing and all is in memory alone.
 */
import { MAX_AGE_MS, OUTBOX_BYTES } from './limits'
import type { Range, View } from './frame'
import type { Bytes } from './bytes'
import type { Queue } from './queue'
import type { Sealed } from './seal'

interface Row extends View {
  readonly site: string
  readonly endpoint: string
  readonly next: number
  readonly at: number
}

export interface Outbox {
  /** Takes the lock of the page view that this worker records. */
  own_(view: View): Promise<unknown>
  /** Resolves to something true, but undefined where there is no room, or no IndexedDB. */
  put_(view: View, next: number, s: Sealed): Promise<unknown>
  /** With `isLast` there are no more of that page view. */
  remove_(id: string, ranges: readonly Range[], isLast?: boolean): Promise<unknown>
  /** A page view of a dead document, with all its segments; undefined: there is none. */
  adopt_(): Promise<Queue | undefined>
  /** Forgets all page views of this site and endpoint. */
  clear_(): Promise<void>
  /** Remembers the version if it is not older than what was seen; answers the newest seen. */
  newestSettings_(version: number): Promise<number>
  /** Resolves when all that was asked for so far has happened. */
  settled_(): Promise<unknown>
}

const get = <T>(r: IDBRequest<T>) => new Promise<T>((resolve, reject) => {
  r.onsuccess = () => resolve(r.result)
  r.onerror = reject
})

const STORES = ['views', 'segments', 'meta']

async function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open('afterimage', 1)
  request.onupgradeneeded = () => {
    for (const name of STORES) request.result.createObjectStore(name, name === 'views' ? { keyPath: 'id' } : {})
  }
  return get(request)
}

const keys = (id: string, from = 0, to = Infinity) => IDBKeyRange.bound([id, from], [id, to])

/**
 * Resolves to what releases the page view's lock, or undefined when another worker has it. That is not asked without need: it puts
 * the page of the other out of the back/forward cache.
 */
const lock = (id: string): Promise<(() => void) | undefined> => new Promise<() => void>((resolve, reject) => {
  navigator.locks.request('afterimage:' + id, { ifAvailable: true }, (l) => l ? new Promise<void>(resolve) : reject()).catch(reject)
}).catch(() => undefined)

/** `wallMs`: epoch ms, for ageing. `maxBytes` is a parameter for tests. */
export function openOutbox(site: string, endpoint: string, wallMs: () => number, maxBytes = OUTBOX_BYTES): Outbox {
  const db = openDatabase()
  db.catch(() => {})

  /** Runs f in one transaction over all three stores; undefined when that failed or there is no database. */
  async function within<T>(f: (views: IDBObjectStore, segments: IDBObjectStore, meta: IDBObjectStore) => Promise<T>): Promise<T | undefined> {
    try {
      const tx = (await db).transaction(STORES, 'readwrite')
      const result = await f(...(STORES.map((name) => tx.objectStore(name)) as [IDBObjectStore, IDBObjectStore, IDBObjectStore]))
      await new Promise((resolve, reject) => {
        tx.oncomplete = resolve
        tx.onabort = reject
      })
      return result
    } catch {
      return undefined // full disk, evicted storage: memory still has the segment
    }
  }

  const number = async (meta: IDBObjectStore, key: string) => ((await get(meta.get(key))) as number | undefined) ?? 0

  /** Deletes the segments in a range and keeps the sum right. */
  async function erase(segments: IDBObjectStore, meta: IDBObjectStore, range: IDBKeyRange) {
    let sum = await number(meta, 'bytes')
    for (const { length } of (await get(segments.getAll(range))) as Bytes[]) sum -= length
    segments.delete(range)
    await get(meta.put(sum, 'bytes'))
  }


  const forget = (id: string) => within((views, segments, meta) => {
    views.delete(id)
    return erase(segments, meta, keys(id))
  })

  const rows = async () =>
    ((await within((views) => get(views.getAll() as IDBRequest<Row[]>))) ?? []).filter((row) => row.site === site && row.endpoint === endpoint)

  let own: string
  return {
    own_: ({ id }) => lock(own = id),
    put_: (view, next, s) => within(async (views, segments, meta) => {
      const sum = (await number(meta, 'bytes')) + s.bytes_.length
      if (sum > maxBytes) return
      segments.put(s.bytes_, [view.id, s.number_])
      views.put({ ...view, site, endpoint, next, at: wallMs() } satisfies Row)
      return get(meta.put(sum, 'bytes'))
    }),
    remove_: (id, ranges, isLast) => within(async (views, segments, meta) => {
      if (isLast) views.delete(id)
      for (const [from, to] of ranges) await erase(segments, meta, keys(id, from, to))
    }),
    async adopt_() {
      for (const row of (await rows()).sort((a, b) => a.at - b.at)) {
        const { site, endpoint, next, at, ...view_ } = row
        const { id } = view_
        const release_ = id !== own && (await lock(id))
        if (!release_) continue
        const list_ = at < wallMs() - MAX_AGE_MS ? [] : await within(async (_, segments) => {
          const numbers = (await get(segments.getAllKeys(keys(id)))) as [string, number][]
          return ((await get(segments.getAll(keys(id)))) as Bytes[]).map((bytes_, i): Sealed => ({ number_: numbers[i]![1], bytes_ }))
        })
        if (list_?.[0]) return { view_, next_: () => next, list_, sent_: 0, release_ }
        if (list_) await forget(id)
        release_()
      }
      return undefined
    },
    async clear_() {
      for (const { id } of await rows()) await forget(id)
    },
    newestSettings_: async (version) => (await within(async (_v, _s, meta) => {
      const key = 'settings:' + site
      const newest = Math.max(version, await number(meta, key))
      await get(meta.put(newest, key))
      return newest
    })) ?? version,
    settled_: rows,
  }
}
