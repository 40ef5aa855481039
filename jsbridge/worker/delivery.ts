/**
 * Brings sealed segments to the collector and keeps them until it has them: the page view
 * that this worker records, and leftovers of dead ones, over one socket.
 *
 * When: a frame of all that is sealed every 5 s or 32 KB, each second while somebody
 * watches, at once when asked. How much: at most WINDOW_BYTES unacknowledged on the socket,
 * at most MEMORY_BYTES here; beyond that `room` is false and the recording pauses.
 * What ends it: a `stop`, or a close code that no retry mends.
 */
import { CoreError } from './core'
import { FRAME_HEAD_BYTES, frameCost, helloText, type Announced, type FromServer, type Range, type View } from './frame'
import { newQueue, type Frame, type Queue } from './queue'
import { openSocket, type Socket, type World } from './socket'
import { postTail, TAIL_BYTES } from './tail'
import type { Leftover, Outbox } from './outbox'
import type { Sealed } from './seal'

export const FRAME_EVERY_MS = 5_000
export const WATCHED_EVERY_MS = 1_000
export const FRAME_AT_BYTES = 32 << 10
/** A frame of several segments is not made larger; a single larger one goes alone. */
export const FRAME_MAX_BYTES = 256 << 10
/** However often a path breaks under our frames, they need not be smaller than this. */
export const FRAME_MIN_BYTES = 16 << 10
/** Fixed by the protocol: a segment that makes a larger frame can never arrive. */
export const FRAME_LIMIT_BYTES = 1000 << 10
export const WINDOW_BYTES = 1 << 20
export const MEMORY_BYTES = 8 << 20
/** After leaving: how long the socket may try before HTTP takes over. */
export const TAIL_AFTER_MS = 1_500
/** A hidden page with nothing to send gives its socket back after so long. */
export const REST_AFTER_MS = 30_000
/** Leftovers are looked for at each welcome and, while frames go out, so often. */
export const DRAIN_EVERY_MS = 60_000
/** So many refusals or too large segments in a row, and nothing acknowledged between: give up. */
export const MAX_REFUSALS = 3

/** A hello that is said only for its counts is not said more often. */
export const COUNTS_EVERY_MS = 60_000

const EVERYTHING: readonly Range[] = [[0, 2 ** 32]]
const TOO_LARGE = 'a segment is larger than the collector takes'

export interface DeliveryEvents {
  /** First welcome: the server's clock less half the round trip, at World.now() = 0. */
  anchored(zeroEpochMs: number): void
  watch(on: boolean): void
  /** These segments of the recorded page view will never arrive. */
  gaveUp(): void
  /** `room` may have become true. */
  acknowledged(): void
  /** The collector wants nothing more. */
  stopped(reason: string): void
  /** With __FULL__ alone: whatever the collector says, and by which socket. */
  heard_?(m: FromServer, socket: Socket): void
  /** The page's policy lets no socket be opened. */
  failed(e: CoreError): void
}

export interface Delivery {
  add(s: Sealed): void
  /** False: so much waits that nothing more is taken. */
  room(): boolean
  /** Adds to what the next hello tells of (collector/UPLOAD.md, counts). */
  count(name: string, n: number): void
  /** Sends what is sealed now instead of at its time. */
  flush(): void
  /** The page is going: out by the socket if it lives on without the page, else by HTTP. */
  leave(outlivesPage: boolean): void
  /** The network or the page is back. */
  wake(): void
  /** Calls f when all of the recorded page view is acknowledged, when nothing more can be, or after ms. */
  settled(f: () => void, ms: number): void
  /** Segments of the recorded page view: acknowledged so far, and not. */
  counts(): { acknowledged: number; pending: number }
  close(): void
}

export interface DeliveryOptions {
  readonly socketUrl: string
  readonly tailUrl: string
  readonly site: string
  readonly view: View
  /** Version of the settings that the page view was begun with. */
  readonly settings: number
  /** The number that the next segment of `view` will have. */
  next(): number
  readonly outbox: Outbox
  readonly world: World
  /** The CSP directive violated since the last call, if any. */
  blocked(): string | undefined
}

export function startDelivery(o: DeliveryOptions, events: DeliveryEvents): Delivery {
  const { world, outbox, site } = o
  const own = newQueue(o.view)
  let leftover: (Leftover & { readonly queue: Queue }) | undefined
  let flying: Frame[] = []
  let frameMax = FRAME_MAX_BYTES
  let acknowledged = 0
  let counts: Record<string, number> | undefined
  let countedAt = -COUNTS_EVERY_MS
  let refusals = 0
  let watched = false
  let anchored = false
  let ended = false
  let draining = false
  let drainedAt = 0
  let heard = false // an acknowledgement, on the present socket
  let away = false // the page is hidden or gone
  let cancelDue: (() => void) | undefined
  let waiters: (() => void)[] = []

  const queues = (): Queue[] => (leftover ? [own, leftover.queue] : [own])
  const announced = (): Announced[] => [[o.view, o.next()], ...(leftover ? [leftover.announced] : [])]

  /** Told once: lost with a hello that does not arrive rather than told twice. */
  function takeCounts() {
    const taken = counts
    counts = undefined
    if (taken) countedAt = world.now()
    return taken
  }

  /** Everything that may go out now, own segments first. */
  function pump() {
    cancelDue?.()
    cancelDue = undefined
    if (!socket.ready()) return
    for (const queue of queues()) {
      while (queue.size() && socket.backlog() + flying.reduce((n, f) => n + f.bytes.length, 0) < WINDOW_BYTES) {
        const frame = queue.next(frameMax)
        if (!frame) break
        flying.push(frame)
        socket.send(frame.bytes)
      }
    }
    if (world.now() - drainedAt > DRAIN_EVERY_MS) void drain()
    if (counts && world.now() - countedAt >= COUNTS_EVERY_MS) socket.introduce()
  }

  /** Takes segments out of queue and outbox; what is not acknowledged was given up. */
  function settle(viewId: string, ranges: readonly Range[], good: boolean) {
    const queue = queues().find((q) => q.view.id === viewId)
    if (!queue) return
    const gone = queue.remove(ranges)
    void outbox.remove(viewId, ranges)
    flying = flying.filter((f) => f.view !== viewId || f.numbers.some(queue.has))
    if (queue === own) {
      if (good) {
        acknowledged += gone
        if (gone) refusals = 0
      } else if (gone) events.gaveUp()
    } else if (!queue.size()) {
      leftover?.release()
      leftover = undefined
      void drain()
    }
    if (gone) {
      if (good) socket.progress()
      events.acknowledged()
    }
    answer()
  }

  function restLater() {
    world.after(REST_AFTER_MS, () => {
      if (away && !own.size() && !leftover) socket.rest()
    })
  }

  /** Those who wait for all to be settled hear that it is. */
  function answer() {
    if (own.size() && !ended) return
    if (away) restLater()
    for (const f of waiters.splice(0)) f()
  }

  function end() {
    ended = true
    cancelDue?.()
    socket.close()
    leftover?.release()
    answer()
  }

  function stop(reason: string) {
    end()
    events.stopped(reason)
  }

  /** One more segment of the recorded page view is not wanted; true: it was the last that we try. */
  function refused(reason: string): boolean {
    if (++refusals < MAX_REFUSALS) return false
    stop(reason)
    return true
  }

  /** No numbers: the page view itself is refused. */
  function refuse(viewId: string, numbers: readonly number[], reason: string) {
    const ranges: readonly Range[] = numbers.length ? numbers.map((n) => [n, n]) : EVERYTHING
    if (viewId !== own.view.id) settle(viewId, ranges, false)
    else if (ranges === EVERYTHING) stop(reason)
    else if (!refused(reason)) settle(viewId, ranges, false)
  }

  /** One leftover page view at a time comes into memory. */
  async function drain() {
    if (leftover || draining || ended) return
    draining = true
    drainedAt = world.now()
    const found = await outbox.adopt()
    draining = false
    if (!found) return
    if (ended) return found.release()
    leftover = { ...found, queue: newQueue(found.announced[0], found.list) }
    if (socket.ready()) socket.introduce()
  }

  function message(m: FromServer, sentAt: number, heardAt: number) {
    if (__FULL__) events.heard_?.(m, socket)
    switch (m.t) {
      case 'welcome':
        // Recorded under settings that hold no more, and perhaps under a consent that does not.
        if (m.settingsVersion > o.settings) return stop('settings')
        heard = false
        if (!anchored) {
          anchored = true
          events.anchored(m.serverTimeMs - (sentAt + heardAt) / 2)
        }
        for (const id in m.pageViews) settle(id, m.pageViews[id] ?? [], true)
        if (m.watch !== watched) events.watch((watched = m.watch))
        pump()
        return void drain()
      case 'ack':
        heard = true
        settle(m.pageView, m.ranges, true)
        return pumpWaiting()
      case 'refused':
        refuse(m.pageView, m.numbers, `${m.code}: ${m.reason}`)
        return pumpWaiting()
      case 'watch':
        watched = m.on
        events.watch(watched)
        return schedule()
      case 'stop':
        return stop(m.reason)
    }
  }

  /** The window has room again: more of what is already due, which leftovers always are. */
  function pumpWaiting() {
    if (!ended && ((!cancelDue && own.unsent()) || leftover?.queue.unsent())) pump()
  }

  function closed(code: number, reason: string): boolean {
    const largest = flying.reduce<Frame | undefined>((a, f) => (a && a.bytes.length >= f.bytes.length ? a : f), undefined)
    flying = []
    for (const q of queues()) q.restart()
    switch (code) {
      case 4001: // unknown site
      case 4002: // origin not allowed
      case 4008: // site disabled
        stop(reason || `close code ${code}`)
        break
      case 4006: // a page view belongs to another writer; surely not this one while there are others
        if (leftover) settle(leftover.queue.view.id, EVERYTHING, false)
        else stop(reason || `close code ${code}`)
        break
      case 1006:
        if (o.blocked() === 'connect-src') {
          end()
          events.failed(new CoreError('csp', `the page's CSP forbids ${o.socketUrl}`, 'connect-src'))
        }
        break
      case 1009:
      case 4004: // too large: surely the largest, perhaps others
        if (largest?.numbers.length === 1) refuse(largest.view, largest.numbers, TOO_LARGE)
    }
    // Who closes on a frame that is too large often resets the connection before we read why.
    if (largest && !heard) frameMax = Math.max(FRAME_MIN_BYTES, largest.bytes.length >> 1)
    return !ended
  }

  /** Sends at once what is due, or sets the time when it will be. */
  function schedule() {
    const unsent = own.unsent()
    if (!unsent) return
    if (unsent >= FRAME_AT_BYTES) return pump()
    if (watched && cancelDue) {
      cancelDue()
      cancelDue = undefined
    }
    cancelDue ??= world.after(watched ? WATCHED_EVERY_MS : FRAME_EVERY_MS, pump)
  }

  async function tail() {
    const introduced: Announced = [o.view, o.next()]
    const frame = own.tail(TAIL_BYTES)
    if (!frame) return
    const answer = await postTail(o.tailUrl, helloText(site, [introduced], takeCounts()), frame)
    for (const ack of answer?.acks ?? []) settle(ack.pageView, ack.ranges, true)
    for (const r of answer?.refused ?? []) refuse(r.pageView, r.numbers, `${r.code}: ${r.reason}`)
  }

  const socket: Socket = openSocket(o.socketUrl, { hello: () => helloText(site, announced(), takeCounts()), message, closed }, world)

  return {
    add(s) {
      if (ended) return
      if (frameCost(s) > FRAME_LIMIT_BYTES - FRAME_HEAD_BYTES) return void (refused(TOO_LARGE) || events.gaveUp())
      own.add(s)
      void outbox.put(o.view, o.next(), s)
      socket.rise()
      schedule()
    },
    room: () => own.bytes() < MEMORY_BYTES,
    count(name, n) {
      counts = { ...counts, [name]: (counts?.[name] ?? 0) + n }
    },
    flush: () => {
      socket.wake()
      pump()
    },
    leave(outlivesPage) {
      if (ended) return
      away = true
      restLater()
      if (!outlivesPage || !socket.ready()) return void tail()
      pump()
      world.after(TAIL_AFTER_MS, () => void tail())
    },
    wake() {
      away = false
      socket.wake()
    },
    counts: () => ({ acknowledged, pending: own.size() }),
    settled(f, ms) {
      const cancel = world.after(ms, () => {
        waiters = waiters.filter((w) => w !== both)
        f()
      })
      const both = () => {
        cancel()
        f()
      }
      waiters.push(both)
      answer()
    },
    close: end,
  }
}
