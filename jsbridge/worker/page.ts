/**
 * One page view in the worker: raw ops go into the core, segments come out, are sealed and
 * handed to the delivery. This file decides when; how is in core, seal and delivery.
 *
 * It fails closed: after a refusal of the core, or of the platform's cryptography, what is
 * not sealed is dropped, `failed` is said once, and nothing further is recorded. What was
 * sealed before is still delivered.
 *
 * After `stop` or `delete` the worker ends, which gives its memory and its Web Lock back.
 */
import { CoreError, startCore, type Core } from './core'
import { describe } from './describe'
import { newAssets, type Assets } from './assets'
import { startDelivery, type Delivery } from './delivery'
import { openOutbox, type Outbox } from './outbox'
import { readSettings } from './settings'
import { startSealer, type Sealer } from './seal'
import { visitorTag } from './tag'
import { random, toBase64 } from './bytes'
import type { Batch, FromWorker, StartConfig, ToWorker } from '../messages'
import type { World } from './socket'

export const SEAL_EVERY_MS = 1_000
export const FLUSH_TIMEOUT_MS = 10_000

/** Put in by the build: SHA-256 of the cores that this worker was built with, base64. */
declare const __CORE_HASH__: string
/** Of the core for pages that show something; '' for the one that the page names. */
declare const __FULL_CORE_NAME__: string
/** The full core that a strict page's worker moves to; '' where the worker has it from the start. */
declare const __NEXT_NAME__: string
declare const __NEXT_HASH__: string

/** Tries again to start another instance of the core. */
const RETRY_MS = 60_000

// Bits of core_needs: wasm/mirror/handover.go.
const NEED_OTHER = 6
const NEED_FULL = 4

// PROTOCOL.md
const OP_TIME = 2
const OP_META = 3
const OP_SNAPSHOT_BEGIN = 4
const OP_ANCHOR = 42
const opHead = (op: number, size: number) => op | (size << 8)

/** Whether a batch begins an epoch. A size of 0 is the core's to refuse. */
function beginsEpoch(ints: Int32Array): boolean {
  for (let i = 0, head; (head = ints[i]); i += head >>> 8 || ints.length) if ((head & 255) === OP_SNAPSHOT_BEGIN) return true
  return false
}

export interface PageOptions {
  post(m: FromWorker): void
  /** Time as ms since the page view began. */
  world(startMonotonicMs: number): World
  /** The CSP directive violated since the last call, if any. */
  blocked(): string | undefined
  /** The worker lives on when the page goes (SharedWorker with extendedLifetime). */
  readonly outlivesPage: boolean
  /** Ends the worker. */
  close(): void
}

/** What main.ts hands each message to. */
export interface Page {
  handle(m: ToWorker): void
  /** The network is back. */
  wake(): void
}

export function newPage({ post: postNow, world: makeWorld, blocked, outlivesPage, close }: PageOptions): Page {
  // A message to a page in the back/forward cache throws it out of there: what there is to say waits
  // from `gone` on until the page is heard again.
  let unsaid: FromWorker[] | undefined
  const post = (m: FromWorker): void => void (unsaid ? unsaid.push(m) : postNow(m))
  type Running = { core: Core; sealer: Sealer; delivery: Delivery; outbox: Outbox; world: World; config: StartConfig }
  let run: Running | undefined
  let early: ToWorker[] | undefined = [] // messages before `ready`
  let dead = false
  let cancelSeal: (() => void) | undefined
  let sealing = Promise.resolve()
  let epoch = 0
  let asked = false // for a snapshot, and it has not come yet
  let next = false // the core at work is no more the strict one, with which this worker began
  let moving = false // another instance is being started
  let successor: Core | undefined // it is there, and waits for the snapshot
  let lost = 0 // the epoch of which a segment will never arrive: what follows in it cannot be read
  let withheld = 0 // bytes applied but not credited to the bridge, for want of room
  let anchor: (() => void) | undefined
  let assets: Assets | undefined
  let unanchored = false // the present epoch has no anchor op yet

  function fail(e: unknown) {
    if (dead) return
    dead = true
    cancelSeal?.()
    const { code, message, directive } = e instanceof CoreError ? e : new CoreError('internal', 'the worker met an error of its own')
    post({ t: 'failed', code, reason: message, ...(directive && { directive }) })
  }

  const at = ({ endpoint }: StartConfig, path: string) => new URL(path, endpoint + '/').href
  const load = (config: StartConfig) => next
    ? startCore(at(config, __NEXT_NAME__), __NEXT_HASH__, config.protocolVersion, blocked)
    : startCore(__FULL_CORE_NAME__ ? at(config, __FULL_CORE_NAME__) : config.coreUrl, config.coreHash ?? __CORE_HASH__, config.protocolVersion, blocked)

  async function start(config: StartConfig) {
    if (!self.isSecureContext || !globalThis.crypto?.subtle)
      throw new CoreError('insecure-context', 'recording needs a secure context: serve the page over https')
    // Withdrawn, on another page of this origin, while this worker's own page may be gone.
    new BroadcastChannel('afterimage.' + config.siteId).onmessage = () => void end(true)
    const world = makeWorld(config.startMonotonicMs)
    const loading = load(config)
    loading.catch(() => {}) // awaited below; settings may fail first
    const outbox = await openOutbox(config.siteId, config.endpoint, () => config.startEpochMs + world.now())
    const settings = await readSettings(config.settings, config.siteKey, outbox.newestSettings)
    if (!settings.enabled) {
      dead = true
      return post({ t: 'stop-by-server', reason: 'the site is switched off in its settings' })
    }
    const sealer = await startSealer(config.siteId, config.sessionId, config.pageViewId, settings.sealingKey)
    const view = {
      id: config.pageViewId,
      session: config.sessionId,
      tab: config.tabId,
      visitorTag: config.visitorKey && (await visitorTag(config.visitorKey, config.siteId)),
      consentVersion: config.consentVersion,
      envelope: toBase64(sealer.envelope),
      secret: toBase64(random(16)),
    }
    const core = await loading
    await outbox.own(view)
    if (dead) return
    const delivery = startDelivery(
      {
        socketUrl: at(config, config.paths.socket ?? 'v1/ws').replace(/^http/, 'ws'),
        tailUrl: at(config, config.paths.tail ?? 'v1/tail'),
        site: config.siteId, view, settings: settings.version, next: sealer.next, outbox, world, blocked,
      },
      {
        anchored(zero) {
          const texts = [String(Math.round(zero)), String(Math.round(config.startEpochMs))]
          anchor = () => run?.core.apply(
            Int32Array.of(opHead(OP_TIME, 2), world.now(), opHead(OP_ANCHOR, 3), ...texts.map((s) => s.length)),
            texts.map((s) => s + '\0').join(''))
          if (unanchored) later()
        },
        watch: (on) => post({ t: 'watch', on }),
        gaveUp: () => guard(() => {
          lost = epoch
          run?.core.dropEpoch()
          askSnapshot()
        }),
        acknowledged: roomAgain,
        ...(__FULL__ ? { heard_: (m, socket) => assets?.heard(m, socket) } : {}),
        failed: fail,
        stopped(reason) {
          dead = true
          cancelSeal?.()
          post({ t: 'stop-by-server', reason })
        },
      })
    run = { core, sealer, delivery, outbox, world, config }
    if (__FULL__) assets = newAssets({ core: { with_: (f) => (run as Running).core.with_!(f) }, world, view, site: config.siteId, endpoint: config.endpoint, ask: () => post({ t: 'assets' }), wrote: later })
    post({ t: 'ready' })
  }

  /** Runs f unless recording has ended; what it throws ends it. */
  function guard(f: () => void) {
    if (dead) return
    try {
      f()
    } catch (e) {
      fail(e)
    }
  }

  function askSnapshot() {
    // Without room a new epoch would be lost like the old one.
    if (asked || moving || !run?.delivery.room()) return
    const needs = run.core.needs()
    if (!needs) return
    asked = true
    if (!(needs & NEED_OTHER)) return post({ t: 'snapshot' })
    moving = true
    next = !!__NEXT_NAME__
    load(run.config).then(
      (core) => {
        successor = core
        if (!dead) post({ t: 'snapshot' })
      },
      // It goes on as it is: what is allowed stays masked, and memory has its ceiling.
      () => run?.world.after(RETRY_MS, () => {
        moving = asked = false
        guard(askSnapshot)
      }))
  }

  /** The epoch that begins goes into the instance that was started, which must know what this one knows. */
  function moveOver(r: Running, to: Core) {
    cut(r)
    to.remember(r.core.memory())
    r.core = to
    successor = undefined
    moving = false
  }

  function apply(r: Running, { ints, text }: Batch) {
    const batch = new Int32Array(ints)
    const begins = beginsEpoch(batch)
    if (begins && successor) moveOver(r, successor)
    const { core, delivery } = r
    core.apply(batch, text)
    unanchored ||= begins
    if (__FULL__) assets?.look(begins)
    withheld += ints.byteLength + 2 * text.length
    if (delivery.room()) credit()
    const list = core.resend()
    if (list.length) post({ t: 'resend', list })
    askSnapshot()
  }

  function credit() {
    if (withheld) post({ t: 'applied', bytes: withheld })
    withheld = 0
  }

  /** Takes all pending segments out of the core and chains their sealing; sealed ones go to the delivery. */
  function cut({ core, sealer, delivery, world }: Running) {
    cancelSeal?.()
    cancelSeal = undefined
    for (const [name, n] of core.handed()) if (n) delivery.count(name, n)
    if (unanchored && anchor) {
      anchor()
      unanchored = false
    }
    for (let s; (s = core.segment(world.now() | 0)); ) {
      if (s.epoch !== epoch) asked = false
      epoch = s.epoch
      if (!delivery.room() && lost !== epoch) {
        lost = epoch
        sealer.skip()
        core.dropEpoch()
      }
      if (lost === epoch) continue
      sealing = sealer.seal(s.plain, s.epoch).then(delivery.add).catch(fail)
    }
    askSnapshot()
  }

  function later() {
    cancelSeal ??= run?.world.after(SEAL_EVERY_MS, () => {
      cancelSeal = undefined
      if (run) guard(() => cut(run as Running))
    })
  }

  function roomAgain() {
    if (!run || dead || !run.delivery.room()) return
    credit()
    guard(askSnapshot)
  }

  /** Resolves when the collector has everything up to now, or the time is over, or nothing more will come. */
  async function flush(r: Running, timeoutMs: number) {
    guard(() => cut(r))
    await sealing
    r.delivery.flush()
    await new Promise<void>((resolve) => r.delivery.settled(resolve, timeoutMs))
    return r.delivery.counts()
  }

  async function end(forget = false) {
    dead = true
    early = undefined
    cancelSeal?.()
    run?.delivery.close()
    if (forget) await run?.outbox.clear()
    await run?.outbox.settled()
    close()
  }

  function handle(m: ToWorker) {
    const said = unsaid
    // After `gone` the page still says that it is hidden.
    unsaid = m.t === 'gone' ? [] : m.t === 'leave' ? said : undefined
    if (said !== unsaid) said?.forEach(postNow)
    if (m.t === 'start')
      return void start(m.config).catch(fail).then(() => {
        const waiting = early ?? []
        early = undefined
        waiting.forEach(handle)
      })
    if (m.t === 'delete') return void end(!m.keep)
    if (early && !dead) return void early.push(m)
    const r = run
    if (__FULL__ && m.t === 'assets') return guard(() => assets?.told(m.base, m.loaded))
    switch (m.t) {
      case 'ops':
        if (r) guard(() => { apply(r, m); later() })
        return
      case 'leave':
      case 'gone':
        if (r) guard(() => { apply(r, m); cut(r) })
        return void sealing.then(() => r?.delivery.leave(outlivesPage))
      case 'meta':
        if (r) guard(() => {
          for (const [key, text] of Object.entries(describe(m.values)))
            if (text) r.core.apply(Int32Array.of(opHead(OP_META, 3), +key, text.length), text + '\0')
          later()
        })
        return
      case 'count':
        return r?.delivery.count(m.name, 1)
      case 'visible':
        return r?.delivery.wake()
      case 'flush':
      case 'stop': {
        const none = { acknowledged: 0, pending: 0 }
        const answer = r ? flush(r, m.t === 'stop' ? m.timeoutMs : FLUSH_TIMEOUT_MS) : Promise.resolve(none)
        return void answer.then((counts) => {
          post({ t: 'flushed', id: m.id, ...counts })
          if (m.t === 'stop') void end()
        })
      }
    }
  }

  return { handle, wake: () => run?.delivery.wake() }
}
