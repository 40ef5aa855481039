/**
 * What the browser keeps for a site: a random visitor id, the key of its tag, the session with the
 * time of its last activity, whether it is sampled, consent, opt-out. Shared by the tabs of an origin,
 * in localStorage (the id also in one cookie, where the site asks for it); where there is no storage,
 * ids live as long as the document. Nothing is written before the caller is allowed to.
 *
 * Id and key are replaced together, so that neither links two of the other: a fixed time after they
 * were made (activity does not prolong it), or when the cookie is another or gone.
 */

/** A session ends after so long without activity, ms. */
export const sessionLimitMs = 30 * 60_000
/** Activity is written at most this often, ms. */
const enum Limit {
  writeEveryMs = 5000,
}

export interface Stored {
  /** Visitor id. */
  v?: string | undefined
  /** Key of the visitor tag (../worker/tag.ts), random and not derived from the id; when both were made, epoch ms. */
  k?: string | undefined
  t?: number | undefined
  /** Session id, time of its last activity (epoch ms), whether it is recorded. */
  s?: string
  a?: number
  r?: boolean
  /** Consent: the version that was granted. */
  c?: string
  /** The privacyVersion of the site's settings that this consent is for, from the first settings seen with it. */
  p?: string | undefined
  /** A minor was here: keys of what the collector still has to delete; empty: it has. */
  e?: string | undefined
  /** Opted out; consent refused or withdrawn. */
  o?: boolean | undefined
  w?: boolean | undefined
}

export const randomId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => (byte + 256).toString(16).slice(1)).join('')

export interface Visitor {
  /** As it stands now, whichever tab wrote it. */
  readonly stored_: Readonly<Stored>
  /** Changes and writes. */
  update_(change: Stored): void
  /** Forgets visitor, session and consent; opt-out, refusal and what is still to be deleted stay. */
  forget_(change: Stored): void
  /** The running session, or a new one. Draws whether it is recorded. `days` is the life of a visitor id. */
  session_(sample: number, days: number): { readonly sessionId_: string; readonly recorded_: boolean }
  /** Notes activity. False when the session had ended before it, or is forgotten. */
  active_(): boolean
}

export function openVisitor(siteId: string, cookieDomain: string | undefined): Visitor {
  const key = 'afterimage.' + siteId
  const cookie = 'afterimage_' + siteId
  let stored: Stored = {}
  let written = 0
  let current: string | undefined
  let inMemory = false

  /** What another tab removed is gone here too. */
  const read = (): Stored => {
    try {
      if (!inMemory) stored = JSON.parse(localStorage.getItem(key) ?? '{}') as Stored
    } catch {
      // No storage (a sandboxed frame, blocked by the visitor): this document's memory is all there is.
    }
    if (cookieDomain !== undefined) {
      const value = document.cookie.split('; ').find((part) => part.startsWith(cookie + '='))?.slice(cookie.length + 1)
      if (value !== stored.v) stored = { ...stored, v: value, k: undefined, t: undefined }
    }
    return stored
  }
  const setCookie = (value: string, maxAge: number): void => {
    if (cookieDomain === undefined) return
    const domain = cookieDomain && `; domain=${cookieDomain}`
    document.cookie = `${cookie}=${value}${domain}; path=/; max-age=${maxAge}; samesite=lax; secure`
  }
  const write = (next: Stored): void => {
    stored = next
    written = Date.now()
    try {
      localStorage.setItem(key, JSON.stringify(stored))
      inMemory = false
    } catch {
      inMemory = true
    }
  }
  const update = (change: Stored): void => write({ ...read(), ...change })
  const isOver = (): boolean => Date.now() - (stored.a ?? 0) > sessionLimitMs
  return {
    get stored_() {
      return read()
    },
    update_: update,
    forget_(change) {
      const { o, w, e } = { ...read(), ...change }
      setCookie('', 0)
      write({ o, w, e })
    },
    session_(sample, days) {
      const { v, t } = read()
      const now = Date.now()
      const isOld = now - (t ?? now) >= days * 86_400_000
      const change: Stored = { a: now, e: undefined }
      if (!v || isOld) {
        change.v = randomId()
        setCookie(change.v, days * 86_400)
      }
      if (!t || isOld) {
        change.k = randomId()
        change.t = now
      }
      if (!stored.s || isOver() || change.k) {
        change.s = randomId()
        change.r = Math.random() < sample
      }
      update(change)
      current = stored.s
      return { sessionId_: current as string, recorded_: stored.r !== false }
    },
    active_() {
      if (Date.now() - written > Limit.writeEveryMs) {
        // Another tab may have kept the session alive, begun the next, or forgotten all.
        if (read().s !== current || isOver()) return false
        update({ a: Date.now() })
      }
      return true
    },
  }
}

/**
 * Forgets the segments that wait to be sent from this origin (../worker/outbox.ts). Workers that outlive their
 * page hear it and end (../worker/page.ts).
 */
export function clearOutbox(siteId: string): void {
  try {
    new BroadcastChannel('afterimage.' + siteId).postMessage(0)
    const request = indexedDB.open('afterimage')
    // There is none.
    request.onupgradeneeded = () => request.transaction?.abort()
    request.onsuccess = () => {
      const db = request.result
      const { objectStoreNames: names } = db
      const transaction = db.transaction(names, 'readwrite')
      // Seen versions of settings stay.
      for (const name of names) name === 'meta' ? transaction.objectStore(name).delete('bytes') : transaction.objectStore(name).clear()
      db.close()
    }
  } catch {
    // No IndexedDB, no outbox; no channel, no worker that outlives its page.
  }
}
