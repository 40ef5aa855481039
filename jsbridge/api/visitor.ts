/**
 * What the browser keeps for a site: a random visitor id, the key of its tag, the session with the
 * time of its last activity, whether it is sampled, consent, opt-out. Shared by the tabs of an origin,
 * in localStorage (the id also in one cookie, where the site asks for it: ../rights/cookie.ts); where there is
 * no storage, ids live as long as the document. Nothing is written before the caller is allowed to.
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
  /** The privacyVersion of the site's settings that the consent is for; until it is given, those of the first session. */
  p?: string | undefined
  /** A minor was here: keys of what the collector still has to delete; empty: it has. */
  e?: string | undefined
  /** What lies beside this, cookie and outbox, is still to be deleted (../rights/sweep.ts). */
  d?: boolean | undefined
  /** Opted out; consent refused or withdrawn. */
  o?: boolean | undefined
  w?: boolean | undefined
}

/** 32 hexadecimal digits, of which 122 bits are random. */
export const randomId = (): string => crypto.randomUUID().replace(/-/g, '')

/** Sets the cookie, where a value is given, and answers what it holds. */
export type Cookie = (value?: string, seconds?: number) => string | undefined

export interface Visitor {
  /** As it stands now, whichever tab wrote it. */
  readonly stored_: Readonly<Stored>
  /** Changes and writes. */
  update_(change: Stored): void
  /**
   * Forgets visitor, session and consent; opt-out, refusal and what is still to be deleted stay. Workers that
   * outlive their page hear it, forget what they have not sent, and end (../worker/page.ts).
   */
  forget_(change: Stored): void
  /**
   * The running session, or a new one, under settings of privacyVersion `p`. Draws whether it is recorded. `days`
   * is the life of a visitor id.
   */
  session_(p: string | undefined, sample: number, days?: number, cookie?: Cookie): Readonly<Stored & { k: string; s: string }>
  /** Notes activity. False when the session had ended before it, or is forgotten. */
  active_(): boolean
}

const opened: Record<string, Visitor | undefined> = {}

/** The same one each time: where there is no storage it alone knows what the visitor said. */
export function openVisitor(siteId: string): Visitor {
  const key = 'afterimage.' + siteId
  let stored: Stored = {}
  let written = 0
  let current: string | undefined
  let inMemory = false

  /** What another tab removed is gone here too. */
  const read = (): Stored => {
    try {
      if (!inMemory) stored = JSON.parse((localStorage[key] as string | undefined) ?? '{}') as Stored
    } catch {
      // No storage (a sandboxed frame, blocked by the visitor): this document's memory is all there is.
    }
    return stored
  }
  const write = (next: Stored): void => {
    stored = next
    written = Date.now()
    try {
      localStorage[key] = JSON.stringify(stored)
      inMemory = false
    } catch {
      inMemory = true
    }
  }
  const update = (change: Stored): void => write({ ...read(), ...change })
  /** Of a session that is there. */
  const isOver = (): boolean => Date.now() - (stored.a as number) > sessionLimitMs
  return opened[siteId] ??= {
    get stored_() {
      return read()
    },
    update_: update,
    forget_(change) {
      const { o, w, e, k } = { ...read(), ...change }
      let { d } = stored
      // Without a key nothing was recorded, and there is nothing to delete.
      if (k) d = true
      try {
        // By another host of its domain.
        if (document.cookie.includes('afterimage_')) d = true
        new BroadcastChannel(key).postMessage(0)
      } catch {
        // No cookies in a sandboxed frame; no channel, no worker that outlives its page.
      }
      write({ o, w, e, d })
    },
    session_(p, sample, days = 395, cookie) {
      const { v, t, p: agreed = p } = read()
      const now = Date.now()
      const change: Stored = { a: now, p: agreed, e: undefined }
      const shared = cookie ? cookie() : v
      const isOther = shared !== v
      if (isOther || !t || now - t >= days * 86_400_000) {
        change.t = now
        change.k = randomId()
        change.v = isOther ? shared : undefined
        if (!change.v) {
          change.v = randomId()
          cookie?.(change.v, days * 86_400)
        }
      }
      if (!stored.s || isOver() || change.k) {
        change.s = randomId()
        change.r = Math.random() < sample
      }
      update(change)
      current = stored.s
      return stored as Stored & { k: string; s: string }
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
