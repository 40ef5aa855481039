/**
 * Brings sealed segments to the collector and keeps them until it has them: the page view
 * that this worker records, and leftovers of dead ones, over one socket.
 *
 * When: a frame of all that is sealed every 5 s or 32 KB, each second while somebody
 * watches, at once when asked. How much: at most WINDOW_BYTES unacknowledged on the socket,
 * at most MEMORY_BYTES here; beyond that `room` is false and the recording pauses.
 * What ends it: a `stop`, or a close code that no retry mends.
 */
import { concat, type Fault, fault, u32, utf8 } from './bytes'
import { frameOf, helloText, type FromServer, type Range, type View } from './frame'
import {
  COUNTS_EVERY_MS, DRAIN_EVERY_MS, FRAME_AT_BYTES, FRAME_EVERY_MS, FRAME_MAX_BYTES, FRAME_MIN_BYTES,
  MAX_REFUSALS, MEMORY_BYTES, REST_AFTER_MS, TAIL_AFTER_MS, TAIL_BYTES, UNREACHABLE_AFTER, WATCHED_EVERY_MS, WINDOW_BYTES,
} from './limits'
import { cost, first, newest, unsent, type Queue } from './queue'
import { openSocket, type Socket } from './socket'
import type { Outbox } from './outbox'
import type { Sealed } from './seal'

const EVERYTHING: readonly Range[] = [[0, Infinity]]
const TOO_LARGE = 'too large for the proxy: raise its limit'

export interface Delivery {
  add_(s: Sealed): void
  /** False: so much waits that nothing more is taken. */
  room_(): boolean
  /** Adds to what the next hello tells of (collector/UPLOAD.md, counts). */
  count_(name: string, n: number): void
  /** Sends what is sealed now instead of at its time. */
  flush_(): void
  /** The page is going: out by the socket if it lives on without the page, else by HTTP. */
  leave_(): void
  /** The network or the page is back. */
  wake_(): void
  /** Resolves when all of the recorded page view is acknowledged, when nothing more can be, or after ms. */
  settled_(ms: number): Promise<void>
  /** Segments of the recorded page view: acknowledged so far, and not. */
  counts_(): { acknowledged: number; pending: number }
  close_(): void
}

export interface DeliveryOptions {
  readonly socketUrl_: string
  readonly tailUrl_: string
  readonly site_: string
  readonly view_: View
  /** Version of the settings that the page view was begun with. */
  readonly settings_: number
  /** The number that the next segment of the view will have. */
  next_(): number
  readonly outbox_: Outbox
  /** The CSP directive violated since the last call, if any. */
  blocked_(): string | undefined
  /** The worker lives on without its page; where it does not, no segment waits for others. */
  readonly outlivesPage_: boolean
  /** First welcome: the server's clock less half the round trip, at 0 of performance.now. */
  anchored_(zeroEpochMs: number): void
  /** Segments of the recorded page view will never arrive; `acknowledged_` follows. */
  gaveUp_(): void
  /** With __FULL__ alone: why, before that. */
  lost_?(reason: string): unknown
  /** `room_` may have become true. */
  acknowledged_(): void
  /** Connects in a row came to nothing (true); false at each welcome. */
  unreachable_(is: boolean): void
  /** The collector wants nothing more. */
  stopped_(reason: string): void
  /** The page's policy lets no socket be opened. */
  failed_(e: Fault): void
  /** With __FULL__ alone: whatever the collector says, and by which socket. */
  heard_?(m: FromServer, socket: Socket): void
}

export function startDelivery(o: DeliveryOptions): Delivery {
  const own: Queue = { view_: o.view_, next_: o.next_, list_: [], sent_: 0 }
  /** Then that of one leftover page view, if any. */
  const queues = [own]
  /** Of the frames under way: if any of them is too large, this one is. */
  let largest: { readonly queue_: Queue; readonly part_: Sealed[]; readonly size_: number } | undefined
  let frameMax = FRAME_MAX_BYTES
  let acknowledged = 0
  let counts: Record<string, number> | undefined
  let countedAt = -COUNTS_EVERY_MS
  let refusals = 0
  let watched: boolean | undefined
  let anchored: boolean | undefined
  let ended: boolean | undefined
  let draining: boolean | undefined
  let drainedAt = 0
  let heard: boolean | undefined // an acknowledgement, on the present socket
  let failures = 0 // ends of sockets since the last welcome
  let away: boolean | undefined // the page is hidden or gone
  let due: number | undefined
  let waiters: (() => void)[] = []

  /** The counts are told once: lost with a hello that does not arrive rather than told twice. */
  function hello(of = queues) {
    const taken = counts
    counts = undefined
    if (taken) countedAt = performance.now()
    return helloText(o.site_, of, taken)
  }

  function notDue() {
    clearTimeout(due)
    due = undefined
  }

  /** Everything that may go out now, own segments first. */
  function pump() {
    notDue()
    if (!socket.ready_()) return
    const isOpen = () => queues.reduce((n, q) => n + cost(q.list_) - cost(unsent(q)), socket.backlog_()) < WINDOW_BYTES
    for (const queue_ of queues) {
      for (let part_: Sealed[], last; isOpen() && (last = (part_ = first(unsent(queue_), frameMax)).at(-1)); ) {
        const frame = frameOf(queue_.view_.id, part_)
        queue_.sent_ = last.number_ + 1
        if (frame.length > (largest?.size_ ?? 0)) largest = { queue_, part_, size_: frame.length }
        socket.send_(frame)
      }
    }
    const now = performance.now()
    if (now - drainedAt > DRAIN_EVERY_MS) void drain()
    if (counts && now - countedAt >= COUNTS_EVERY_MS) socket.introduce_()
  }

  /** Takes segments out of queue and outbox; what is not acknowledged was given up. */
  function settle(id: string, ranges: readonly Range[], good?: boolean) {
    const queue = queues.find((q) => q.view_.id === id)
    if (!queue) return
    const kept = queue.list_.filter((s) => !ranges.some(([from, to]) => s.number_ >= from && s.number_ <= to))
    const gone = queue.list_.length - kept.length
    queue.list_ = kept
    void o.outbox_.remove_(id, ranges, !kept[0])
    // Those beside it were smaller: where it arrived they do, and where it did not it is told again.
    if (!largest?.part_.some((s) => largest?.queue_.list_.includes(s))) largest = undefined
    if (queue !== own) {
      if (!kept[0]) {
        queues.pop()?.release_?.()
        void drain()
      }
    } else if (good) acknowledged += gone
    else if (gone) o.gaveUp_()
    if (gone) {
      if (good) socket.progress_()
      o.acknowledged_()
    }
    answer()
  }

  /** Where nothing is pending those who wait for that hear it, and a hidden page may soon rest. */
  function answer() {
    if (own.list_[0] && !ended) return
    if (away)
      setTimeout(() => {
        if (away && !own.list_[0] && !queues[1]) socket.rest_()
      }, REST_AFTER_MS)
    for (const f of waiters.splice(0)) f()
  }

  function end() {
    ended = true
    notDue()
    socket.close_()
    queues[1]?.release_?.()
    answer()
  }

  function stop(reason: string) {
    end()
    o.stopped_(reason)
  }

  /** No numbers: the page view itself is refused. */
  function refuse(id: string, numbers: readonly number[], reason: string) {
    if (id === own.view_.id && (!numbers.length || ++refusals >= MAX_REFUSALS)) stop(reason)
    else {
      if (__FULL__ && id === own.view_.id) o.lost_?.(reason)
      settle(id, numbers.length ? numbers.map((n) => [n, n]) : EVERYTHING)
    }
  }

  /** One leftover page view at a time comes into memory. */
  async function drain() {
    if (queues[1] || draining || ended) return
    draining = true
    drainedAt = performance.now()
    const found = await o.outbox_.adopt_()
    draining = false
    if (!found) return
    if (ended) return found.release_?.()
    queues.push(found)
    if (socket.ready_()) socket.introduce_()
  }

  function message(m: FromServer, at: number) {
    if (__FULL__) o.heard_?.(m, socket)
    switch (m.t) {
      case 'welcome':
        // Recorded under settings that hold no more, and perhaps under a consent that does not.
        if (m.settingsVersion > o.settings_) return stop('settings')
        heard = false
        failures = 0
        o.unreachable_(false)
        if (!anchored) o.anchored_(m.serverTimeMs - at)
        anchored = true
        for (const id in m.pageViews) settle(id, m.pageViews[id] as readonly Range[], true)
        watched = m.watch
        notDue()
        void drain()
        break
      case 'ack':
        heard = true
        settle(m.pageView, m.ranges, true)
        break
      case 'refused':
        refuse(m.pageView, m.numbers, `${m.code}: ${m.reason}`)
        break
      case 'watch':
        watched = m.on
        notDue()
        break
      case 'stop':
        stop(m.reason)
    }
    // What is due, which leftovers always are, may find room in the window.
    if (!due || queues[1]) pump()
  }

  function closed(code?: number, reason?: string) {
    const big = largest
    largest = undefined
    for (const q of queues) q.sent_ = 0
    switch (code) {
      case 4001: // unknown site
      case 4002: // origin not allowed
      case 4006: // a page view belongs to another writer; surely not this one while there are others
      case 4008: // site disabled
        if (code !== 4006 || !queues[1]) return stop(reason || 'close code ' + code)
        settle(queues[1].view_.id, EVERYTHING)
        break
      case 1006:
        if (o.blocked_() === 'connect-src') {
          end()
          o.failed_(fault('csp', `the page's CSP lacks connect-src ${o.socketUrl_}`, 'connect-src'))
        }
        break
      case 1009:
      case 4004: // too large: surely the largest, perhaps others
        if (big && !big.part_[1]) refuse(big.queue_.view_.id, [(big.part_[0] as Sealed).number_], TOO_LARGE)
    }
    // Who closes on a frame that is too large often resets the connection before we read why.
    if (big && !heard) frameMax = Math.max(FRAME_MIN_BYTES, big.size_ >> 1)
    if (++failures === UNREACHABLE_AFTER) o.unreachable_(true)
  }

  /**
   * The HTTP way out, for the moment when the page goes (collector/UPLOAD.md): one request
   * with keepalive, which the browser finishes when page and worker are gone. It is a simple
   * request (text/plain, no credentials), so no preflight stands before it.
   */
  async function tail() {
    const part = newest(own.list_, TAIL_BYTES)
    if (!part[0] || ended) return
    const text = utf8(hello([own]))
    const frame = frameOf(o.view_.id, part)
    let said: FromServer[]
    try {
      const answer = await fetch(o.tailUrl_, {
        method: 'POST',
        body: concat(u32(text.length), text, u32(frame.length), frame),
        headers: { 'content-type': 'text/plain' },
        keepalive: true,
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
      })
      const { acks, refused } = (await answer.json()) as Record<string, FromServer[]>
      said = acks!.concat(refused!) // else it throws
    } catch {
      return // no loss: the outbox has it
    }
    for (const m of said) message(m, 0)
  }

  const socket = openSocket(o.socketUrl_, { hello_: hello, message_: message, closed_: closed })

  return {
    add_(s) {
      if (ended) return
      own.list_.push(s)
      void o.outbox_.put_(o.view_, o.next_(), s)
      socket.wake_()
      if (!o.outlivesPage_ || cost(unsent(own)) >= FRAME_AT_BYTES) pump()
      else due ??= setTimeout(pump, watched ? WATCHED_EVERY_MS : FRAME_EVERY_MS)
    },
    room_: () => cost(own.list_) < MEMORY_BYTES,
    count_(name, n) {
      counts = { ...counts, [name]: (counts?.[name] ?? 0) + n }
    },
    flush_: () => {
      socket.wake_(true)
      pump()
    },
    leave_() {
      if (ended) return
      away = true
      answer()
      if (!o.outlivesPage_ || !socket.ready_()) return void tail()
      pump()
      setTimeout(tail, TAIL_AFTER_MS)
    },
    wake_() {
      away = false
      socket.wake_(true)
    },
    settled_: (ms) => new Promise((resolve) => {
      waiters.push(resolve)
      setTimeout(resolve, ms)
      answer()
    }),
    counts_: () => ({ acknowledged, pending: own.list_.length }),
    close_: end,
  }
}
