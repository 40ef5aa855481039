/**
 * What stands between the recorder and the page: no exception of ours reaches it, every listener
 * goes away at stop, wrapped globals look and act as before.
 */

/** Runs callbacks of the recorder; also the place where its main-thread time is counted. */
export interface Guard {
  <A extends readonly unknown[]>(run: (...args: A) => void): (...args: A) => void
  /** Main-thread time spent in guarded callbacks so far, ms. */
  busyMs(): number
}

/** @param failed called with the first exceptions only, so that a broken callback cannot flood. */
export function createGuard(failed: (error: unknown) => void): Guard {
  let busy = 0
  let depth = 0
  let failures = 0
  const guard = <A extends readonly unknown[]>(run: (...args: A) => void) => (...args: A): void => {
    const start = performance.now()
    depth++
    try {
      run(...args)
    } catch (error) {
      if (failures++ < 10) failed(error)
    }
    if (!--depth) busy += performance.now() - start
  }
  return Object.assign(guard, { busyMs: () => busy })
}

/** Takes events of one root in the capture phase, until `signal` aborts. */
export type Listen = (target: EventTarget, types: string, listener: (event: Event) => void) => void

export function createListen(guard: Guard, signal: AbortSignal): Listen {
  return (target, types, listener) => {
    const guarded = guard(listener)
    for (const type of types.split(' ')) {
      target.addEventListener(type, guarded, { capture: true, passive: true, signal })
    }
  }
}

/**
 * Calls `after` once the original of a method (`value`) or accessor (`set`) returned. Answers what
 * undoes it.
 *
 * A proxy keeps name, length, errors, receiver and being no constructor; only its `toString` needs
 * help, since V8 leaves the name out of a proxy's. Whoever wrapped over it keeps a function that
 * passes through.
 */
export function wrap(
  owner: object | undefined,
  name: string,
  kind: 'value' | 'set',
  after: (self: unknown, args: readonly unknown[], result: unknown) => void,
): () => void {
  const before = owner && Object.getOwnPropertyDescriptor(owner, name)
  const original = before?.[kind]
  if (!before?.configurable || typeof original !== 'function') return () => {}
  let live = true
  const text = (): string => Function.prototype.toString.call(original)
  const wrapper = new Proxy(original, {
    apply(target, self, args) {
      const result = Reflect.apply(target, self, args)
      if (live) after(self, args, result)
      return result
    },
    get: (target, key, receiver) => (key === 'toString' ? text : Reflect.get(target, key, receiver)),
  })
  Object.defineProperty(owner, name, { ...before, [kind]: wrapper })
  return () => {
    live = false
    const now = Object.getOwnPropertyDescriptor(owner, name)
    if (now?.[kind] === wrapper) Object.defineProperty(owner, name, before)
  }
}
