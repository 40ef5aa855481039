/**
 * The WebSocket to the collector (collector/UPLOAD.md): opens it, says hello, opens it
 * again after a drop. It knows nothing of segments; delivery.ts does.
 *
 * A drop is answered by waiting a random time between 0 and min(30 s, 0.5 s · 2^n) (full
 * jitter, so that a restarted collector does not meet all its visitors at once). n counts
 * attempts since the last acknowledgement and not since the last welcome: a collector that
 * greets and then cannot store must not be asked without pause.
 */
import { BACKOFF_FIRST_MS, BACKOFF_MAX_MS, SILENCE_MS } from './limits'
import type { FromServer } from './frame'

export interface SocketEvents {
  /** Text of the hello; asked for at each opening. */
  hello_(): string
  /** `at`: between the hello and the first that was heard after it, by performance.now. */
  message_(m: FromServer, at: number): void
  /** The socket is gone. It is opened again, but for one that was closed meanwhile. */
  closed_(code?: number, reason?: string): void
}

export interface Socket {
  /** False: not greeted yet, or gone. */
  ready_(): boolean
  send_(frame: Uint8Array<ArrayBuffer>): void
  /** Says hello again, because there are more page views; the answer is another welcome. */
  introduce_(): void
  /** Bytes that the browser has not yet handed to the network. */
  backlog_(): number
  /** Acknowledged: the next drop counts as the first one. */
  progress_(): void
  /**
   * Ends a rest. Where something changed for the better (`hurries`) it ends waiting too; else it does
   * not: that is what keeps many visitors apart.
   */
  wake_(hurries?: boolean): void
  /** Closes until it is woken. */
  rest_(): void
  close_(): void
}

export function openSocket(url: string, { hello_, message_, closed_ }: SocketEvents): Socket {
  let ws: WebSocket | undefined
  let greeted = false
  let attempts = 0
  let helloAt: number
  let ended: boolean | undefined
  let resting: boolean | undefined
  let retry: number | undefined
  let silence: number | undefined

  const expectAnswer = () => { silence ??= setTimeout(lost, SILENCE_MS) }
  const heard = () => {
    clearTimeout(silence)
    silence = undefined
  }
  const introduce = () => {
    helloAt = performance.now()
    ws?.send(hello_())
    expectAnswer()
  }

  /** The present socket is over, whoever ended it; later events of it are not listened to. */
  function lost(code?: number, reason?: string) {
    const old = ws
    ws = undefined
    greeted = false
    heard()
    old?.close()
    if (!resting) closed_(code, reason)
    if (!resting) retry = setTimeout(open, Math.random() * Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** attempts++))
  }

  function open() {
    resting = false
    let mine: WebSocket
    try {
      mine = ws = new WebSocket(url, 'afterimage.v1')
    } catch {
      return lost(1006) // ws: from an https page
    }
    const over = ({ code = 1006, reason }: { code?: number; reason?: string }) => { if (ws === mine) lost(code, reason) }
    expectAnswer()
    mine.onopen = introduce
    mine.onclose = over
    mine.onerror = over as () => void // Chromium says no more than this when the CSP forbids the socket
    mine.onmessage = (e) => {
      const at = (helloAt + performance.now()) / 2
      heard()
      let m: FromServer
      try {
        m = JSON.parse(e.data as string) as FromServer
      } catch {
        return
      }
      greeted ||= m.t === 'welcome'
      message_(m, at)
    }
  }

  function rest() {
    clearTimeout(retry)
    resting = true
    if (ws) lost()
  }

  retry = setTimeout(open)
  return {
    ready_: () => greeted && ws?.readyState === 1, // its end is an event of a later task
    send_(frame) {
      ws?.send(frame)
      expectAnswer()
    },
    introduce_: introduce,
    backlog_: () => ws?.bufferedAmount ?? 0,
    progress_: () => { attempts = 0 },
    wake_(hurries) {
      if (ended || ws || (!hurries && !resting)) return
      clearTimeout(retry)
      open()
    },
    rest_: rest,
    close_() {
      ended = true
      rest()
    },
  }
}
