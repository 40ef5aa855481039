/**
 * The WebSocket to the collector (collector/UPLOAD.md): opens it, says hello, opens it
 * again after a drop. It knows nothing of segments; delivery.ts does.
 *
 * A drop is answered by waiting a random time between 0 and min(30 s, 0.5 s · 2^n) (full
 * jitter, so that a restarted collector does not meet all its visitors at once). n counts
 * attempts since the last acknowledgement and not since the last welcome: a collector that
 * greets and then cannot store must not be asked without pause.
 */
import type { FromServer } from './frame'

/** Time, chance and the socket's constructor, so that a test can hold them still. */
export interface World {
  /** Monotonic ms. */
  now(): number
  random(): number
  /** Calls f after ms; returns what cancels it. */
  after(ms: number, f: () => void): () => void
  socket(url: string, protocol: string): WebSocket
}

export const SUBPROTOCOL = 'afterimage.v1'
export const BACKOFF_FIRST_MS = 500
export const BACKOFF_MAX_MS = 30_000
/** Something is under way and nothing was heard for so long: the path is dead though the socket is open. */
export const SILENCE_MS = 30_000

export interface SocketEvents {
  /** Text of the hello; asked for at each opening. */
  hello(): string
  /** `sentAt`, `heardAt`: when the hello went and its answer came, by World.now. */
  message(m: FromServer, sentAt: number, heardAt: number): void
  /** The socket is gone; answers whether to try again. */
  closed(code: number, reason: string): boolean
}

export interface Socket {
  /** False: not greeted yet, or gone. */
  ready(): boolean
  send(frame: Uint8Array<ArrayBuffer>): void
  /** Says hello again, because there are more page views; the answer is another welcome. */
  introduce(): void
  /** Bytes that the browser has not yet handed to the network. */
  backlog(): number
  /** Acknowledged: the next drop counts as the first one. */
  progress(): void
  /** Something changed for the better: tries at once if it was waiting or at rest. */
  wake(): void
  /** Closes until it is woken or rises. */
  rest(): void
  /** Ends the rest, and no waiting: that is what keeps many visitors apart. */
  rise(): void
  close(): void
}

/** The delay before attempt n (from 0) of a series. */
export const backoff = (n: number, random: () => number): number =>
  random() * Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** n)

export function openSocket(url: string, events: SocketEvents, world: World): Socket {
  let ws: WebSocket | undefined
  let greeted = false
  let attempts = 0
  let helloAt = 0
  let ended = false
  let resting = false
  let cancelRetry: (() => void) | undefined
  let cancelSilence: (() => void) | undefined

  const introduce = () => {
    helloAt = world.now()
    ws?.send(events.hello())
    expectAnswer()
  }
  const expectAnswer = () => {
    cancelSilence ??= world.after(SILENCE_MS, () => lost(0, 'the collector is silent'))
  }
  const heard = () => {
    cancelSilence?.()
    cancelSilence = undefined
  }

  /** The present socket is over, whoever ended it; later events of it are not listened to. */
  function lost(code: number, reason: string) {
    const old = ws
    ws = undefined
    greeted = false
    heard()
    if (old) {
      old.onopen = old.onmessage = old.onclose = old.onerror = null
      old.close()
    }
    if (resting || ended) return
    ended = !events.closed(code, reason)
    if (!ended) cancelRetry = world.after(backoff(attempts++, world.random), open)
  }

  function open() {
    resting = false
    let mine: WebSocket
    try {
      mine = ws = world.socket(url, SUBPROTOCOL)
    } catch {
      return lost(1006, 'the browser refuses ' + url) // ws: from an https page
    }
    expectAnswer()
    mine.onopen = introduce
    mine.onclose = (e) => lost(e.code, e.reason)
    mine.onerror = () => lost(1006, '') // Chromium says no more than this when the CSP forbids the socket
    mine.onmessage = (e) => {
      const heardAt = world.now()
      heard()
      let m: FromServer
      try {
        m = JSON.parse(String(e.data)) as FromServer
      } catch {
        return
      }
      if (m.t === 'welcome') greeted = true
      events.message(m, helloAt, heardAt)
    }
  }

  function rest() {
    cancelRetry?.()
    resting = true
    if (ws) lost(0, '')
  }

  cancelRetry = world.after(0, open)
  return {
    ready: () => greeted,
    send(frame) {
      ws?.send(frame)
      expectAnswer()
    },
    introduce,
    backlog: () => ws?.bufferedAmount ?? 0,
    progress: () => { attempts = 0 },
    wake() {
      if (ended || ws) return
      cancelRetry?.()
      open()
    },
    rest,
    rise: () => { if (resting && !ended) open() },
    close() {
      ended = true
      rest()
    },
  }
}
