/** Deletes what the browser keeps of a visitor beside localStorage, and what the collector has of a minor. */
import type { Stored } from '../api/visitor'
import { refusal } from '../api/refusal'
import { cookieOf } from './cookie'
import { erase } from './erase'

/**
 * Deletes the segments of this origin that wait to be sent (../worker/outbox.ts). A worker that runs forgets
 * its own by itself.
 */
const clearOutbox = (): Promise<void> =>
  new Promise((resolve, reject) => {
    // Recording waits for it: what can be sent again later must be gone before.
    const fail = (): void => reject(refusal('storage', 'what was not sent before cannot be deleted: IndexedDB fails'))
    let request: IDBOpenDBRequest
    try {
      request = indexedDB.open('afterimage')
    } catch {
      return fail()
    }
    // There is none.
    request.onupgradeneeded = () => request.transaction?.abort()
    request.onerror = () => (request.error?.name === 'AbortError' ? resolve() : fail())
    request.onsuccess = () => {
      const db = request.result
      const { objectStoreNames: names } = db
      if (!names.length) return resolve(db.close())
      const transaction = db.transaction(names, 'readwrite')
      // Seen versions of settings stay.
      for (const name of names) name === 'meta' ? transaction.objectStore(name).delete('bytes') : transaction.objectStore(name).clear()
      transaction.oncomplete = () => resolve()
      transaction.onabort = fail
      db.close()
    }
  })

/** `update` notes each part that is done; rejects where one is not. `url` is where the collector erases. */
export async function sweep(
  { d, e }: Readonly<Stored>, update: (change: Stored) => void, site: string, domain: string | undefined, url: string,
): Promise<void> {
  if (d) {
    if (domain !== undefined) cookieOf(site, domain)('', 0)
    await clearOutbox()
    update({ d: undefined })
  }
  if (e) {
    await erase(url, site, e)
    update({ e: '' })
  }
}
