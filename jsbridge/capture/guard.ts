/**
 * What stands between the recorder and the page: no exception of ours reaches it, every listener
 * goes away at stop, wrapped globals look and act as before.
 */

import { beyond } from './lean'

let failed: (error: unknown) => void
let failures = 0
let depth = 0
/** What is done at the end, the last first. */
export const undo: (() => void)[] = []
let signal: AbortSignal
/** Main-thread time spent in guarded callbacks so far, ms. */
export let busyMs = 0

/**
 * Begins a recorder: listeners end with `until`.
 *
 * @param tell called with the first exceptions only, so that a broken callback cannot flood, and with `beyond`.
 */
export const openGuard = (tell: (error: unknown) => void, until: AbortSignal): void => {
  failed = tell
  signal = until
  failures = 0
}

/** Makes a callback that never throws and whose time is counted. */
export const guard = <A extends readonly unknown[]>(run: (...args: A) => void) => (...args: A): void => {
  const start = performance.now()
  depth++
  try {
    run(...args)
  } catch (error) {
    if ((__LEAN__ && error === beyond) || failures++ < 10) failed(error)
  }
  if (!--depth) busyMs += performance.now() - start
}

/** At the end of the task: script makes events of the browser in the middle of one. */
export const atEnd = (run: () => unknown): void => queueMicrotask(guard(run))

/** Takes events of one root in the capture phase, until the recorder stops; the listener is told which of the types it is. */
export const listen = (target: EventTarget, types: string, listener: (event: Event, kind: number) => void): void => {
  const guarded = guard(listener)
  types.split(' ').forEach((type, kind) =>
    target.addEventListener(type, (event) => guarded(event, kind), { capture: true, passive: true, signal }))
}

/**
 * Calls `after` once the original of a method or an accessor's setter returned, until `unwrap`.
 *
 * A proxy keeps name, length, errors, receiver and being no constructor; only its `toString` needs
 * help, since V8 leaves the name out of a proxy's. Whoever wrapped over it keeps a function that
 * passes through.
 */
export function wrap(
  owner: object | undefined,
  name: string,
  after: (self: unknown, args: readonly unknown[], result: unknown) => void,
): void {
  const before = owner && Object.getOwnPropertyDescriptor(owner, name)
  const kind = before?.set ? 'set' : 'value'
  const original = before?.[kind]
  if (!before?.configurable || typeof original !== 'function') return
  let live = true
  const guarded = guard(after)
  const text = (): string => String(original)
  const wrapper = new Proxy(original, {
    apply(target, self, args) {
      const result = Reflect.apply(target, self, args)
      if (live) guarded(self, args, result)
      return result
    },
    get: (target, key) => (key === 'toString' ? text : target[key as keyof typeof target]),
  })
  Object.defineProperty(owner, name, { ...before, [kind]: wrapper })
  undo.push(() => {
    live = false
    const now = Object.getOwnPropertyDescriptor(owner, name)
    if (now?.[kind] === wrapper) Object.defineProperty(owner, name, before)
  })
}

/** Takes back all wrappers, the last first. */
export const unwrap = (): void => {
  while (undo.length) undo.pop()?.()
}
