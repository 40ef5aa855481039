/**
 * Entry of the npm package: `afterimage` as an import. It is the object of the script tag
 * (../entry.ts), but nothing happens before one of its methods is called, and where there is no
 * page (a server that renders, a worker, a test without a whole DOM) it does nothing at all.
 */
import type { Afterimage, State } from '../api/afterimage'
import { load } from './recorder'

export type { Afterimage, Delivered, State } from '../api/afterimage'
export type { Capture, Options } from '../api/options'
export type { Paths, Phase } from '../messages'

declare global {
  interface Window {
    afterimage?: Afterimage
  }
}

const host = globalThis as { afterimage?: Afterimage }
const idle: State = { phase: 'idle', reason: '' }

/** What there is where nothing can be recorded. */
const nowhere: Afterimage = {
  start() {
    const refusal = Promise.reject<void>(Object.assign(new Error('there is no page here that could be recorded'), { code: 'no-page' }))
    // An unhandled rejection would end a server; who awaits it still sees it.
    refusal.catch(() => {})
    return refusal
  },
  stop: async () => ({ acknowledged: 0, pending: 0 }),
  flush: async () => ({ acknowledged: 0, pending: 0 }),
  snapshot: async () => {},
  consent() {},
  optOut() {},
  optIn() {},
  identify() {},
  track() {},
  privacy: () => false,
  state: idle,
  sessionId: null,
  pageViewId: null,
}

// The browser's getters are taken now, before the page can wrap them; nothing is changed by that.
const create = typeof document === 'undefined' ? null : takePage()
function takePage(): (() => Afterimage) | null {
  try {
    // Bundlers look for this form of expression, emit the file, and put its address here.
    const worker = new URL('./afterimage-worker.js', import.meta.url)
    // From another origin the worker's hash is checked, and webpack minifies every .js once more.
    const verbatim = new URL('./afterimage-worker.txt', import.meta.url)
    const core = new URL('./afterimage-core.wasm', import.meta.url)
    const more = new URL('./afterimage-more.js', import.meta.url)
    const { createAfterimage } = load((worker.origin === location.origin ? worker : verbatim).href, core.href, more.href)
    return () => createAfterimage(null)
  } catch {
    return null // a document, but not that of a browser
  }
}

let current: Afterimage | undefined

/** The recorder of this page, made at the first call: that of a script tag or of another copy of this package, if there is one. */
function recorder(): Afterimage {
  if (current) return current
  if (!create) return nowhere
  current = host.afterimage ?? create()
  // A script tag that comes later finds it and changes nothing.
  host.afterimage ??= afterimage
  return current
}
const present = (): Afterimage | undefined => current ?? host.afterimage

const own: Afterimage = {
  start: (options) => recorder().start(options),
  stop: (options) => recorder().stop(options),
  flush: () => recorder().flush(),
  snapshot: () => recorder().snapshot(),
  consent: (granted, version) => recorder().consent(granted, version),
  optOut: () => recorder().optOut(),
  optIn: () => recorder().optIn(),
  identify: (id, traits) => recorder().identify(id, traits),
  track: (name, properties) => recorder().track(name, properties),
  privacy: () => recorder().privacy(),
  get state() {
    return present()?.state ?? idle
  },
  get sessionId() {
    return present()?.sessionId ?? null
  },
  get pageViewId() {
    return present()?.pageViewId ?? null
  },
}

/** The recorder of this page; the same object as `window.afterimage`. */
export const afterimage: Afterimage = (create && host.afterimage) || own
