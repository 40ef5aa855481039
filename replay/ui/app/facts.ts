// The facts of the sessions in a list, read one after the other in the player's worker.

import type { FromWorker, SessionFacts, ToWorker } from '../player/messages.ts'
import { startWorker } from '../trusted.ts'
import type { Session } from './api.ts'

/** A session up to here is read wholly, so that its length is known; of a larger one the beginning. */
const wholeBytes = 256 << 10
/** And all sessions of a list together. */
const wholeBudgetBytes = 8 << 20

export interface FactReader {
  /** What is known so far. */
  get(session: Session): SessionFacts | undefined
  /** Reads what is not known of these, in their order, instead of what was still to be read. */
  want(sessions: readonly Session[]): void
  stop(): void
}

export function startFacts(onchange: () => void): FactReader {
  const known = new Map<string, { segments: number; whole: boolean; facts: SessionFacts }>()
  let worker: Worker | undefined
  let queue: readonly Session[] = []
  let reading: Session | undefined
  let whole = false // is it read
  let spent = 0

  const fits = (s: Session) => !s.live && s.sizeBytes <= wholeBytes && spent + s.sizeBytes <= wholeBudgetBytes
  // A live session grows with each look; how it began does not.
  const isKnown = (s: Session) => {
    const k = known.get(s.id)
    return k && (s.live || (k.segments === s.segments && (k.whole || !fits(s))))
  }

  function next(): void {
    if (reading) return
    reading = queue.find((s) => !isKnown(s))
    if (!reading) return
    if (!worker) {
      worker = startWorker()
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.t === 'facts') done(data.facts)
      }
      worker.onerror = () => done({ state: 'unreadable' })
    }
    whole = fits(reading)
    if (whole) spent += reading.sizeBytes
    worker.postMessage({ t: 'facts', session: reading.id, whole } satisfies ToWorker)
  }

  function done(facts: SessionFacts): void {
    if (!reading) return
    known.set(reading.id, { segments: reading.segments, whole, facts })
    reading = undefined
    onchange()
    next()
  }

  return {
    get: (session) => known.get(session.id)?.facts,
    want(sessions) {
      queue = sessions
      next()
    },
    stop() {
      worker?.terminate()
      worker = undefined
      reading = undefined
      queue = []
    },
  }
}
