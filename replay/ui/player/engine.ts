// The player without its controls: a worker that decodes, a sandboxed frame that shows, and
// the clock. Times are session ms; startMs of the timeline turns them into epoch ms.

import { startWorker } from '../trusted.ts'
import type { FromWorker, Problem, ToWorker } from './messages.ts'
import { reconcile, type Reconciler, type Surroundings } from './reconcile.ts'
import { emptyTimeline, type Timeline } from './timeline-data.ts'

export const rates = [0.5, 1, 2, 4, 8] as const

/** Playback stops this long before the end of a skipped span, so that one sees what comes. */
const leadMs = 800
/** A seek does not wait longer than this for images and fonts to be decoded. */
const showWithinMs = 3000
/** A live session is followed this far behind its end: what is newer is still under way. */
const liveDelayMs = 1500

export interface EngineState {
  timeline: Timeline
  atMs: number
  playing: boolean
  rate: number
  skipIdle: boolean
  /** The session goes on. */
  live: boolean
  /** Playback keeps up with the end of a live session. */
  following: boolean
  loaded: number
  done: boolean
  opened: boolean
  /** Its whole id, when it is opened: it may have been asked for by its beginning. */
  session: string
  fatal: Problem | undefined
  /** Problems to show; the person may close them. */
  problems: Problem[]
  /** All problems so far, in words. */
  errors: string[]
  /** A span that was just skipped, for a notice. */
  skipped: { ms: number; when: number } | undefined
  pinned: number
}

export interface Engine {
  readonly frame: HTMLIFrameElement
  readonly state: EngineState
  readonly around: Surroundings | undefined
  readonly seekMs: number
  /** The first state is painted and all that was recorded so far is loaded; rejects on a fatal problem. */
  readonly ready: Promise<void>
  start(sessionId: string, shareKey: string): void
  /** Whether playback begins by itself (default) when there is something to play. */
  setAutoplay(on: boolean): void
  seek(atMs: number): Promise<void>
  play(rate?: number): void
  pause(): void
  setRate(rate: number): void
  setSkipIdle(on: boolean): void
  follow(): void
  pin(index: number): void
  rectOf(id: number): DOMRect | undefined
  stop(): void
  /** Called when state changed, at most once a frame. */
  onchange: () => void
}

export function createEngine(): Engine {
  const frame = document.createElement('iframe')
  frame.setAttribute('sandbox', 'allow-same-origin')
  frame.setAttribute('tabindex', '-1')
  frame.setAttribute('inert', '')
  frame.setAttribute('title', 'Replayed page')
  frame.src = '/frame'

  const state: EngineState = {
    timeline: emptyTimeline, atMs: 0, playing: false, rate: 1, skipIdle: true, live: false, following: false, loaded: 0,
    done: false, opened: false, session: '', fatal: undefined, problems: [], errors: [], skipped: undefined, pinned: -1,
  }
  let worker: Worker | undefined
  let page: Reconciler | undefined
  let nextId = 1
  let inFlight = 0
  let queued: { id: number; atMs: number } | undefined
  let waiting: { id: number; done: () => void }[] = []
  let jumped = false
  let clock = 0
  let lastFrame = 0
  let changed = false
  let lastSeekMs = 0
  let autoplay = true
  let followAgain = false // the visitor whom somebody followed left, and may come back
  let seeks = 0
  /** Where a person went last: the span without activity around it is played, not skipped. */
  let wished = -1
  /** Blob URLs by asset; the frame's own, so that what is opened from one has the frame's policy. */
  const urls = new Map<string, string>()
  const assetIds: (string | undefined)[] = []
  /** Images that came with the present patches and are not decoded yet. */
  let arriving: Promise<unknown>[] = []

  const send = (message: ToWorker) => worker?.postMessage(message)

  let loadedAll = () => {}
  let failedAll = (_: Error) => {}
  const ready = new Promise<void>((done, failed) => {
    loadedAll = done
    failedAll = failed
  })
  ready.catch(() => {}) // the person is told by state.fatal
  const framed = new Promise<void>((done) => {
    frame.addEventListener('load', () => {
      const doc = frame.contentDocument
      if (!doc || page) return
      page = reconcile(doc, (index) => urls.get(assetIds[index] ?? ''))
      done()
    })
  })

  const engine: Engine = {
    frame,
    state,
    get around() {
      return page?.around
    },
    get seekMs() {
      return lastSeekMs
    },
    ready,
    onchange: () => {},
    setAutoplay(on) {
      autoplay = on
    },
    start(sessionId, shareKey) {
      worker = startWorker()
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => receive(data)
      worker.onerror = (event) => fail({ code: 'core', message: event.message || 'The player could not start.', hint: 'Reload the page. WebAssembly must be allowed here.' })
      void framed.then(() => send({ t: 'open', sessionId, shareKey }))
    },
    seek(atMs) {
      autoplay = followAgain = false
      state.following = false
      const mine = ++seeks
      wished = atMs
      // Beyond what is loaded: not the end, but what is still to come.
      if (atMs <= state.timeline.durationMs || state.done || state.live) return go(atMs, true)
      return ready.then(() => (mine === seeks ? go(atMs, true) : undefined), () => {})
    },
    play(rate) {
      if (rate) state.rate = rate
      if (!state.live && state.atMs >= state.timeline.durationMs - 1) {
        wished = -1
        void go(0, true)
      }
      autoplay = false
      state.playing = true
      lastFrame = performance.now()
      if (!clock) clock = requestAnimationFrame(tick)
      touch()
    },
    pause() {
      autoplay = followAgain = false
      state.playing = false
      state.following = false
      touch()
    },
    setRate(rate) {
      state.rate = rate
      touch()
    },
    setSkipIdle(on) {
      state.skipIdle = on
      wished = -1
      touch()
    },
    follow() {
      state.following = true
      void go(Math.max(state.timeline.durationMs - liveDelayMs, 0), true)
      engine.play()
      state.following = true
    },
    pin(index) {
      state.pinned = index
      send({ t: 'pin', index })
      void go(state.atMs, true)
    },
    rectOf(id) {
      const element = page?.element(id)
      if (!element) return undefined
      let rect = element.getBoundingClientRect()
      for (let view = element.ownerDocument.defaultView; view && view !== frame.contentWindow; view = view.parent as Window & typeof globalThis) {
        const outer = view.frameElement?.getBoundingClientRect()
        if (!outer) break
        rect = new DOMRect(rect.x + outer.x, rect.y + outer.y, rect.width, rect.height)
      }
      return rect
    },
    stop() {
      worker?.terminate()
      worker = undefined
      for (const url of urls.values()) URL.revokeObjectURL(url)
      urls.clear()
      cancelAnimationFrame(clock)
      state.playing = false
    },
  }

  function go(atMs: number, jump: boolean): Promise<void> {
    state.atMs = Math.min(Math.max(atMs, 0), Math.max(state.timeline.durationMs, 0))
    jumped ||= jump
    const id = nextId++
    const done = new Promise<void>((resolve) => waiting.push({ id, done: resolve }))
    if (inFlight) queued = { id, atMs: state.atMs }
    else {
      inFlight = id
      send({ t: 'seek', id, atMs: state.atMs })
    }
    touch()
    return done
  }

  function receive(message: FromWorker): void {
    switch (message.t) {
      case 'opened':
        state.opened = true
        state.session = message.session
        state.live = message.live
        if (message.keyError) note({ code: 'key', message: message.keyError, hint: 'The page views whose key is here play.' })
        break
      case 'progress':
        state.loaded = message.totalBytes ? message.bytes / message.totalBytes : 1
        if (message.done && !state.done) {
          state.done = true
          void (state.timeline.pages.length ? go(state.atMs, true) : Promise.resolve()).then(loadedAll)
        }
        break
      case 'timeline': {
        const first = state.timeline.pages.length === 0 && message.timeline.pages.length > 0
        state.timeline = message.timeline
        if (first) {
          void go(0, true)
          if (autoplay) {
            if (state.live) engine.follow()
            else engine.play()
          }
        } else if (!state.playing && !inFlight) void go(state.atMs, false)
        break
      }
      case 'live':
        state.live = message.on
        if (!message.on) {
          followAgain ||= state.following
          state.following = false
        } else if (followAgain) {
          followAgain = false
          engine.follow()
        }
        break
      case 'asset':
        assetIds[message.index] = message.id
        if (message.bytes) show(message.id, message.mediaType, message.bytes)
        return
      case 'patches':
        lastSeekMs = message.tookMs
        if (page && (message.ints.length > 0 || jumped)) {
          const wide = jumped
          jumped = false
          page.apply(message, wide)
        }
        inFlight = 0
        if (queued) {
          inFlight = queued.id
          send({ t: 'seek', ...queued })
          queued = undefined
        }
        settle(message.id)
        break
      case 'facts':
        return // of a list's worker
      case 'problem':
        if (message.fatal) fail(message.problem)
        else note(message.problem)
        break
    }
    touch()
  }

  function show(id: string, mediaType: string, bytes: Uint8Array<ArrayBuffer>): void {
    const view = frame.contentWindow as (Window & typeof globalThis) | null
    if (!view) return
    const url = view.URL.createObjectURL(new Blob([bytes], { type: mediaType }))
    urls.set(id, url)
    if (!mediaType.startsWith('image/')) {
      arriving.push(Promise.resolve())
      return
    }
    const image = new view.Image()
    image.src = url
    arriving.push(image.decode().catch(() => {}))
  }

  /** Resolves the seeks up to id when the browser has painted what they changed. */
  function settle(id: number): void {
    const done = waiting.filter((w) => w.id <= id)
    if (!done.length) return
    waiting = waiting.filter((w) => w.id > id)
    const came = arriving
    arriving = []
    const tell = () => done.forEach((w) => w.done())
    painted(() => {
      if (!came.length) return tell()
      // Fonts load when the first layout asks for them.
      const late = new Promise((go) => setTimeout(go, showWithinMs))
      void Promise.race([Promise.all([...came, frame.contentDocument?.fonts.ready]), late]).then(() => painted(tell))
    })
  }

  function note(problem: Problem): void {
    if (state.errors.includes(problem.message)) return
    state.errors = [...state.errors, problem.message]
    state.problems = [...state.problems, problem]
  }

  function fail(problem: Problem): void {
    state.fatal = problem
    state.playing = false
    note(problem)
    waiting.forEach((w) => w.done())
    waiting = []
    failedAll(new Error(`${problem.message} ${problem.hint}`))
    touch()
  }

  function tick(now: number): void {
    clock = 0
    if (!state.playing) return
    clock = requestAnimationFrame(tick)
    const passed = Math.min(now - lastFrame, 250)
    lastFrame = now
    if (passed <= 0) return
    const end = state.timeline.durationMs
    let next = state.atMs + passed * (state.following ? 1 : state.rate)
    if (state.following && next < end - 4 * liveDelayMs) next = end - liveDelayMs
    if (state.skipIdle && !state.following) {
      const idle = state.timeline.idle.find(([from, to]) => next > from + leadMs && next < to - leadMs)
      const asked = idle && wished > idle[0] + leadMs && wished < idle[1]
      if (idle && !asked && !(state.live && idle[1] >= end)) {
        state.skipped = { ms: idle[1] - leadMs - next, when: now }
        next = idle[1] - leadMs
      }
    }
    if (next >= end) {
      next = end
      if (!state.live && state.done) state.playing = false // else more is coming
    }
    if (next !== state.atMs) void go(next, next - state.atMs > 2000)
  }

  function touch(): void {
    if (changed) return
    changed = true
    requestAnimationFrame(() => {
      changed = false
      engine.onchange()
    })
  }

  return engine
}

/** Calls f after the next paint; in a hidden tab, where nothing is painted, soon. */
export function painted(f: () => void): void {
  let called = false
  const once = () => {
    if (called) return
    called = true
    f()
  }
  requestAnimationFrame(() => requestAnimationFrame(once))
  setTimeout(once, 200)
}
