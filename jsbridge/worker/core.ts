/**
 * Hosts the core: Go compiled to WebAssembly, without imports, behind numbered exports
 * (wasm/recorder). Raw page text goes in through `apply`; what comes out of `segment` has
 * passed the mask and is ready to be sealed.
 *
 * The core fails closed. A negative status or a trap makes every later call here throw the
 * same Fault, and what it had not yet given out is lost on purpose.
 *
 * Trap: each call may grow the linear memory, which detaches every view on it. So no view
 * outlives the call before which it was made.
 */
import { type Bytes, type Fault, fault, utf8 } from './bytes'
import { VIOLATION_MS } from './limits'
import { unpack } from './unpack'

/** Names of the status codes -5, -6, … of core_apply; the others say that an op is wrong. The Go twin is in wasm/mirror: never renumber. */
const REASONS = ['version', 'memory', 'op', 'internal']

/** Kinds 0, 1, 2 of core_handed; the Go twin is in wasm/mirror. */
const HANDED = ['label-masked', 'track-masked', 'traits-masked']

const DISAGREE = 'page script and core are of two builds: '

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
  core_dropped_epoch(): void
  core_needs(): number
  core_export(): number
  core_import(length: number): number
  core_handed(kind: number): number
  /** Not in the core of strict pages. */
  core_asset(what: number, n: number): number
}

export interface Core {
  /** Applies one batch (PROTOCOL.md). Throws Fault. */
  apply_(ints: Int32Array, text: string): void
  /** Closes what is pending into one wire segment, or undefined: nothing is. Call until undefined. */
  segment_(nowMs: number): { plain_: Bytes; epoch_: number } | undefined
  /** Subtrees that the bridge must send anew; each is told once. */
  resend_(): [id: number, slow: number][]
  /** NEED_… bits, what the core wants of the worker. */
  needs_(): number
  /** What another instance must know to go on (PROTOCOL.md, "Another instance"); everything is given out before. */
  memory_(): Bytes
  /** Takes that over, before anything else. */
  remember_(memory: Bytes): void
  /** How much was masked of what the site handed over, since the last call: by name of a count (collector/UPLOAD.md). */
  handed_(): [name: string, n: number][]
  /** A segment will never arrive: the core asks for a new epoch. */
  dropEpoch_(): void
  /** With __FULL__ alone: runs f on the exports, unless the core is dead; a trap kills it. */
  with_?<T>(f: (x: Exports) => T): T
}

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
  } catch { // an error page is not of the hash either
    const directive = await blockedBy()
    throw directive
      ? fault('csp', `the page's CSP lacks ${directive} ${url}`, directive)
      : fault('core-load', `${url} did not load, or is not of this build`)
  }
  let x: Exports
  try {
    const { instance } = await WebAssembly.instantiate(unpack(new Uint8Array(await response.arrayBuffer())))
    x = instance.exports as unknown as Exports
    x._initialize?.()
  } catch {
    throw (await blockedBy()) === 'script-src'
      ? fault('csp', "the page's CSP lacks script-src 'wasm-unsafe-eval'", 'script-src')
      : fault('core-start', 'the core does not start in this browser')
  }
  const theirs = x.core_version()
  if (theirs !== version) throw fault('version', DISAGREE + `protocol ${version}, ${theirs}`)
  return host(x)
}

/** The calls on a running instance. */
export function host(x: Exports): Core {
  let dead: Fault | undefined

  const die = (status: number): never => {
    const code = REASONS[-5 - status] ?? 'op'
    throw (dead = fault(code, code === 'memory' ? 'the page needs too much memory' : DISAGREE + `status ${status}`))
  }
  /** Runs f unless the core is dead; a trap kills it. */
  const call = <T>(f: () => T): T => {
    if (dead) throw dead
    try {
      return f()
    } catch (e) {
      // Only the engine's own words about a trap; they hold nothing of the page.
      throw (dead ??= e instanceof WebAssembly.RuntimeError ? fault('trap', 'the core stopped: ' + e.message) : fault('internal', DISAGREE + 'memory'))
    }
  }

  const good = (n: number): number => n < 0 ? die(n) : n
  const give = (ints: Int32Array, bytes: Bytes) => {
    const at = x.core_in(ints.length, bytes.length) || die(-6)
    const memory = x.memory.buffer
    new Int32Array(memory, at).set(ints)
    new Uint8Array(memory, at + 4 * ints.length).set(bytes)
  }
  const take = (length: number): Bytes => {
    const at = x.core_out()
    return new Uint8Array(x.memory.buffer).slice(at, at + length)
  }

  return {
    apply_: (ints, text) => call(() => {
      // encode() knows the exact size, encodeInto would need a bound of three times the text.
      const bytes = utf8(text)
      give(ints, bytes)
      good(x.core_apply(ints.length, bytes.length))
    }),
    segment_: (nowMs) => call(() => {
      const length = good(x.core_segment(nowMs))
      return length ? { plain_: take(length), epoch_: x.core_epoch() } : undefined
    }),
    resend_: () => call(() => {
      const list: [id: number, slow: number][] = []
      new Int32Array(take(x.core_resend()).buffer).forEach((id, i, pairs) => i % 2 || list.push([id, pairs[i + 1]!])) // there are as many
      return list
    }),
    needs_: () => call(() => x.core_needs()),
    memory_: () => call(() => take(x.core_export() || die(-8))),
    remember_: (memory) => call(() => {
      give(new Int32Array(), memory)
      good(x.core_import(memory.length))
    }),
    handed_: () => call(() => HANDED.map((name, kind): [string, number] => [name, x.core_handed(kind)])),
    dropEpoch_: () => call(() => x.core_dropped_epoch()),
    ...(__FULL__ ? { with_: (f) => call(() => f(x)) } : {}),
  }
}
