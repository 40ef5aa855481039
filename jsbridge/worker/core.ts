/**
 * Hosts the core: Go compiled to WebAssembly, without imports, behind numbered exports
 * (wasm/recorder). Raw page text goes in through `apply`; what comes out of `segment` has
 * passed the mask and is ready to be sealed.
 *
 * The core fails closed. A negative status or a trap makes every later call here throw the
 * same CoreError, and what it had not yet given out is lost on purpose.
 *
 * Trap: each call may grow the linear memory, which detaches every view on it. So no view
 * outlives the call before which it was made.
 */
import { type Bytes, utf8 } from './bytes'
import { unpack } from './unpack'

export class CoreError extends Error {
  /** `directive` is the CSP directive that the page lacks, where that is the cause. */
  constructor(readonly code: string, reason: string, readonly directive?: string) {
    super(reason)
  }
}

/** Names of the status codes -1, -2, … of core_apply; the Go twin is in wasm/recorder: never renumber. */
const REASONS = ['op-unknown', 'op-size', 'op-text', 'op-id', 'version', 'memory', 'op-order', 'internal']

/** Kinds 0, 1, 2 of core_handed; the Go twin is in wasm/mirror. */
const HANDED = ['label-masked', 'track-masked', 'traits-masked']

const DISAGREE = 'page script and core disagree, load both from one build: '

export interface Exports {
  readonly memory: WebAssembly.Memory
  _initialize?(): void
  core_version(): number
  core_in(ints: number, textBytes: number): number
  core_apply(ints: number, textBytes: number): number
  core_segment(nowMs: number): number
  core_out(): number
  core_epoch(): number
  core_resend(): number
  core_resend_ptr(): number
  core_resend_clear(): void
  core_dropped_epoch(): void
  core_needs(): number
  core_export(): number
  core_import(length: number): number
  core_handed(kind: number): number
  /** Not in the core of strict pages. */
  core_asset(what: number, n: number): number
}

export interface Core {
  /** Applies one batch (PROTOCOL.md). Throws CoreError. */
  apply(ints: Int32Array, text: string): void
  /** Closes what is pending into one wire segment, or undefined: nothing is. Call until undefined. */
  segment(nowMs: number): { plain: Bytes; epoch: number } | undefined
  /** Subtrees that the bridge must send anew; each is told once. */
  resend(): [id: number, slow: number][]
  /** NEED_… bits, what the core wants of the worker. */
  needs(): number
  /** What another instance must know to go on (PROTOCOL.md, "Another instance"); everything is given out before. */
  memory(): Bytes
  /** Takes that over, before anything else. */
  remember(memory: Bytes): void
  /** How much was masked of what the site handed over, since the last call: by name of a count (collector/UPLOAD.md). */
  handed(): [name: string, n: number][]
  /** A segment will never arrive: the core asks for a new epoch. */
  dropEpoch(): void
  /** With __FULL__ alone: runs f on the exports, unless the core is dead; a trap kills it. */
  with_?<T>(f: (x: Exports) => T): T
}

/** A violation is told in a task of its own, after the promise that it broke; nothing else waits for this. */
const VIOLATION_MS = 50

/**
 * Fetches the core, whose bytes must have the SHA-256 `hash` (base64), and starts it.
 * `blocked` tells the CSP directive that the browser last reported, if any.
 */
export async function startCore(
  url: string, hash: string, version: number, blocked: () => string | undefined,
): Promise<Core> {
  const blockedBy = async () => {
    await new Promise((resolve) => setTimeout(resolve, VIOLATION_MS))
    return blocked()
  }
  let response: Response
  try {
    response = await fetch(url, { integrity: 'sha256-' + hash, credentials: 'omit', referrerPolicy: 'no-referrer' })
  } catch {
    const directive = await blockedBy()
    throw directive
      ? new CoreError('csp', `the page's CSP forbids ${url}`, directive)
      : new CoreError('core-load', `${url} did not load, or is not of this build`)
  }
  if (!response.ok) throw new CoreError('core-load', `${url} did not load: HTTP ${response.status}`)
  let module: WebAssembly.Module
  try {
    module = await WebAssembly.compile(unpack(new Uint8Array(await response.arrayBuffer())))
  } catch {
    throw (await blockedBy()) === 'script-src'
      ? new CoreError('csp', "the page's CSP forbids WebAssembly: script-src needs 'wasm-unsafe-eval'", 'script-src')
      : new CoreError('core-start', 'the core does not start in this browser')
  }
  let x: Exports
  try {
    x = (await WebAssembly.instantiate(module, {})).exports as unknown as Exports
    x._initialize?.()
  } catch {
    throw new CoreError('core-start', 'the core does not start in this browser')
  }
  const theirs = x.core_version()
  if (theirs !== version) throw new CoreError('version', DISAGREE + `protocol ${version}, ${theirs}`)
  return host(x)
}

/** The calls on a running instance. */
export function host(x: Exports): Core {
  let dead: CoreError | undefined

  const die = (status: number): never => {
    const code = REASONS[-1 - status] ?? 'internal'
    throw (dead = new CoreError(code, code === 'memory' ? 'the page needs more memory than the recorder may use' : DISAGREE + `status ${status}`))
  }
  /** Runs f unless the core is dead; a trap kills it. */
  const call = <T>(f: () => T): T => {
    if (dead) throw dead
    try {
      return f()
    } catch (e) {
      // Only the engine's own words about a trap; they hold nothing of the page.
      throw (dead ??= e instanceof WebAssembly.RuntimeError ? new CoreError('trap', 'the core stopped: ' + e.message) : new CoreError('internal', DISAGREE + 'memory'))
    }
  }

  return {
    apply: (ints, text) => call(() => {
      // encode() knows the exact size, encodeInto would need a bound of three times the text.
      const bytes = utf8(text)
      const at = x.core_in(ints.length, bytes.length)
      if (!at) die(-6)
      const memory = x.memory.buffer
      new Int32Array(memory, at, ints.length).set(ints)
      new Uint8Array(memory, at + 4 * ints.length, bytes.length).set(bytes)
      const status = x.core_apply(ints.length, bytes.length)
      if (status < 0) die(status)
    }),
    segment: (nowMs) => call(() => {
      const length = x.core_segment(nowMs)
      if (length < 0) die(length)
      if (!length) return undefined
      const at = x.core_out()
      return { plain: new Uint8Array(x.memory.buffer).slice(at, at + length), epoch: x.core_epoch() }
    }),
    resend: () => call(() => {
      const count = x.core_resend()
      const pairs = new Int32Array(x.memory.buffer, x.core_resend_ptr(), 2 * count)
      const list = Array.from({ length: count }, (_, i): [number, number] => [pairs[2 * i] ?? 0, pairs[2 * i + 1] ?? 0])
      if (count) x.core_resend_clear()
      return list
    }),
    needs: () => call(() => x.core_needs()),
    memory: () => call(() => {
      const length = x.core_export()
      if (!length) die(-8)
      const at = x.core_out()
      return new Uint8Array(x.memory.buffer).slice(at, at + length)
    }),
    remember: (memory) => call(() => {
      const at = x.core_in(0, memory.length)
      if (!at) die(-6)
      new Uint8Array(x.memory.buffer).set(memory, at)
      const status = x.core_import(memory.length)
      if (status < 0) die(status)
    }),
    handed: () => call(() => HANDED.map((name, kind): [string, number] => [name, x.core_handed(kind)])),
    dropEpoch: () => call(() => x.core_dropped_epoch()),
    ...(__FULL__ ? { with_: (f) => call(() => f(x)) } : {}),
  }
}
