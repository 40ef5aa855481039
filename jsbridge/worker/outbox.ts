/**
 * Sealed segments in IndexedDB until they are acknowledged, so that a reload, a crash or a
 * collector that is away loses nothing. What lies here is sealed; content keys never do.
 *
 * Database `afterimage` of the page's origin, version 1:
 *   views     key id: a View with site, endpoint and the time of its last segment
 *   segments  key [view id, number]: sealed bytes, header included
 *   meta      "bytes": sum of all segments; "settings:SITE": newest settings version seen
 *
 * One page view belongs to one worker at a time: to the one that records it, later to one
 * that drains it. The Web Lock `afterimage:ID` says which; a worker's death releases it.
 * Without Web Locks nothing is drained here and the leftovers age out.
 *
 * Bounded: beyond MAX_BYTES over all page views nothing is stored (the segment stays in
 * memory), and what is older than the collector takes is deleted. Without IndexedDB (some
 * private modes) every call does nothing and all is in memory alone.
 */
import type { Announced, Range, View } from './frame'
import type { Bytes } from './bytes'
import type { Sealed } from './seal'

export const MAX_BYTES = 32 << 20
/** The collector takes late segments for 7 days. */
export const MAX_AGE_MS = 7 * 86_400_000

interface Row extends View {
  readonly site: string
  readonly endpoint: string
  readonly next: number
  readonly at: number
}

export interface Leftover {
  readonly announced: Announced
  readonly list: Sealed[]
  /** Gives the page view back; what is not removed stays for another time. */
  release(): void
}

export interface Outbox {
  /** Takes the lock of the page view that this worker records. */
  own(view: View): Promise<void>
  /** False: no room, or no IndexedDB. */
  put(view: View, next: number, s: Sealed): Promise<boolean>
  remove(id: string, ranges: readonly Range[]): Promise<void>
  /** A page view of a dead document, with all its segments; undefined: there is none. */
  adopt(): Promise<Leftover | undefined>
  /** Forgets all page views of this site and endpoint. */
  clear(): Promise<void>
  /** Remembers the version if it is not older than what was seen; answers the newest seen. */
  newestSettings(version: number): Promise<number>
  /** Resolves when all that was asked for so far has happened. */
  settled(): Promise<unknown>
}

const done = (tx: IDBTransaction) => new Promise<void>((resolve, reject) => {
  tx.oncomplete = () => resolve()
  tx.onabort = tx.onerror = () => reject(tx.error)
})

const get = <T>(r: IDBRequest<T>) => new Promise<T>((resolve, reject) => {
  r.onsuccess = () => resolve(r.result)
  r.onerror = () => reject(r.error)
})

async function openDatabase(): Promise<IDBDatabase | undefined> {
  try {
    const request = indexedDB.open('afterimage', 1)
    request.onupgradeneeded = () => {
      const db = request.result
      db.createObjectStore('views', { keyPath: 'id' })
      db.createObjectStore('segments')
      db.createObjectStore('meta')
    }
    return await get(request)
  } catch {
    return undefined
  }
}

/** Resolves to what releases the lock, or undefined when another worker has it. */
const lock = (name: string): Promise<(() => void) | undefined> => new Promise((resolve) => {
  navigator.locks
    ? navigator.locks.request(name, { ifAvailable: true }, (l) =>
      l ? new Promise<void>((release) => resolve(release)) : resolve(undefined)).catch(() => resolve(undefined))
    : resolve(undefined)
})

/** `wallMs`: epoch ms, for ageing. `maxBytes` is a parameter for tests. */
export async function openOutbox(
  site: string, endpoint: string, wallMs: () => number, maxBytes = MAX_BYTES,
): Promise<Outbox> {
  const db = await openDatabase()

  /** Runs f in one transaction over all three stores; undefined when that failed or there is no database. */
  async function within<T>(f: (views: IDBObjectStore, segments: IDBObjectStore, meta: IDBObjectStore) => Promise<T>): Promise<T | undefined> {
    try {
      if (!db) return undefined
      const tx = db.transaction(['views', 'segments', 'meta'], 'readwrite')
      const end = done(tx)
      end.catch(() => {})
      const result = await f(tx.objectStore('views'), tx.objectStore('segments'), tx.objectStore('meta'))
      await end
      return result
    } catch {
      return undefined // full disk, evicted storage: memory still has the segment
    }
  }

  /** Deletes segments in key range and keeps the sum right. */
  async function erase(segments: IDBObjectStore, meta: IDBObjectStore, range: IDBKeyRange) {
    let freed = 0
    const request = segments.openCursor(range)
    await new Promise<void>((resolve, reject) => {
      request.onerror = () => reject(request.error)
      request.onsuccess = () => {
        const cursor = request.result
        if (!cursor) return resolve()
        freed += (cursor.value as Bytes).length
        cursor.delete()
        cursor.continue()
      }
    })
    if (freed) await get(meta.put(((await get(meta.get('bytes'))) as number) - freed, 'bytes'))
  }

  const all = (id: string) => IDBKeyRange.bound([id], [id, []]) // an array sorts after every number
  const ours = (row: Row) => row.site === site && row.endpoint === endpoint

  const forget = (id: string) => within(async (views, segments, meta) => {
    await erase(segments, meta, all(id))
    await get(views.delete(id))
  })

  return {
    async own(view) {
      await lock('afterimage:' + view.id)
    },
    put: async (view, next, s) => (await within(async (views, segments, meta) => {
      const sum = (((await get(meta.get('bytes'))) as number | undefined) ?? 0) + s.bytes.length
      if (sum > maxBytes) return false
      segments.put(s.bytes, [view.id, s.number])
      views.put({ ...view, site, endpoint, next, at: wallMs() } satisfies Row)
      await get(meta.put(sum, 'bytes'))
      return true
    })) ?? false,
    async remove(id, ranges) {
      await within(async (_, segments, meta) => {
        for (const [from, to] of ranges) await erase(segments, meta, IDBKeyRange.bound([id, from], [id, to]))
      })
    },
    async adopt() {
      const rows = (await within((views) => get(views.getAll() as IDBRequest<Row[]>))) ?? []
      for (const row of rows.sort((a, b) => a.at - b.at)) {
        if (!ours(row)) continue
        const release = await lock('afterimage:' + row.id)
        if (!release) continue
        const list = row.at < wallMs() - MAX_AGE_MS ? [] : await within(async (_, segments) => {
          const keys = await get(segments.getAllKeys(all(row.id)) as IDBRequest<unknown> as IDBRequest<[string, number][]>)
          const bytes = await get(segments.getAll(all(row.id)) as IDBRequest<Bytes[]>)
          return keys.map(([, number], i): Sealed => ({ number, bytes: bytes[i] as Bytes }))
        })
        if (list?.length) return { announced: [row, row.next], list, release }
        if (list) await forget(row.id)
        release()
      }
      return undefined
    },
    async clear() {
      const rows = (await within((views) => get(views.getAll() as IDBRequest<Row[]>))) ?? []
      for (const row of rows) if (ours(row)) await forget(row.id)
    },
    newestSettings: async (version) => (await within(async (_v, _s, meta) => {
      const key = 'settings:' + site
      const newest = Math.max(version, ((await get(meta.get(key))) as number | undefined) ?? 0)
      await get(meta.put(newest, key))
      return newest
    })) ?? version,
    settled: () => within((_v, _s, meta) => get(meta.get('bytes'))),
  }
}
