/**
 * What the browser keeps for a site: a random visitor id, the session with the time of its last
 * activity, whether it is sampled, consent, opt-out. Shared by the tabs of an origin, in
 * localStorage (or one cookie, where the site asks for it); where there is no storage, ids live as
 * long as the document. Nothing is written before the caller is allowed to.
 */

/** A session ends after so long without activity, ms. */
export const sessionLimitMs = 30 * 60_000
/** Activity is written at most this often, ms. */
const writeEveryMs = 5000

export interface Stored {
  /** Visitor id. */
  v?: string
  /** Visitor tag: what the collector may see in the clear, random beside the id and not derived from it. */
  k?: string
  /** Session id, time of its last activity (epoch ms), whether it is recorded. */
  s?: string
  a?: number
  r?: boolean
  /** Consent: the version that was granted. */
  c?: string
  /** Opted out. */
  o?: boolean
}

export const randomId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')

export interface Visitor {
  readonly stored_: Readonly<Stored>
  /** Changes and writes. */
  update(change: Stored): void
  /** Forgets visitor, session and consent; an opt-out stays. */
  forget(): void
  /** The running session, or a new one. Draws whether it is recorded. */
  session(sample: number): { readonly sessionId: string; readonly recorded_: boolean }
  /** Notes activity. False when the session had ended before it: a new one must begin. */
  active(): boolean
}

export function openVisitor(siteId: string, cookieDomain: string | undefined): Visitor {
  const key = 'afterimage.' + siteId
  const cookie = 'afterimage_' + siteId
  let stored: Stored = {}
  let written = 0

  const read = (): void => {
    try {
      stored = { ...stored, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Stored) }
    } catch {
      // No storage (a sandboxed frame, blocked by the visitor): this document's memory is all there is.
    }
    if (cookieDomain === undefined) return
    const value = document.cookie.split('; ').find((part) => part.startsWith(cookie + '='))
    if (value) stored.v = value.slice(cookie.length + 1)
  }
  const setCookie = (value: string, maxAge: number): void => {
    if (cookieDomain === undefined) return
    const domain = cookieDomain && `; domain=${cookieDomain}`
    document.cookie = `${cookie}=${value}${domain}; path=/; max-age=${maxAge}; samesite=lax; secure`
  }
  const write = (): void => {
    written = Date.now()
    try {
      localStorage.setItem(key, JSON.stringify(stored))
    } catch {
      // As above.
    }
  }
  const update = (change: Stored): void => {
    stored = { ...stored, ...change }
    write()
  }
  const isOver = (): boolean => Date.now() - (stored.a ?? 0) > sessionLimitMs
  read()
  return {
    get stored_() {
      return stored
    },
    update,
    forget() {
      stored = stored.o ? { o: true } : {}
      setCookie('', 0)
      try {
        stored.o ? write() : localStorage.removeItem(key)
      } catch {
        // As above.
      }
    },
    session(sample) {
      read()
      const change: Stored = { a: Date.now() }
      if (!stored.v) {
        change.v = randomId()
        setCookie(change.v, 31_536_000)
      }
      if (!stored.k) change.k = randomId()
      if (!stored.s || isOver()) {
        change.s = randomId()
        change.r = Math.random() < sample
      }
      update(change)
      return { sessionId: stored.s as string, recorded_: stored.r !== false }
    },
    active() {
      if (isOver()) {
        // Another tab may have kept the session alive.
        const mine = stored.s
        read()
        if (isOver() || stored.s !== mine) return false
      }
      stored.a = Date.now()
      if (stored.a - written > writeEveryMs) write()
      return true
    },
  }
}
