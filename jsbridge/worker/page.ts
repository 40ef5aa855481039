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
import { type Fault, fault, random, toBase64 } from './bytes'
import { startCore, type Core } from './core'
import { readSettings } from './settings'
import { newAssets, type Assets } from './assets'
import { startDelivery, type Delivery } from './delivery'
import { ACTIVITY_MS, ANCHOR_OF_3, META_OF_3, NEED_OTHER, RETRY_MS, SEAL_EVERY_MS, SNAPSHOT_BEGIN, TIME_OF_2 } from './limits'
import { openOutbox, type Outbox } from './outbox'
import { describe } from './describe'
import { startSealer, type Sealer } from './seal'
import { visitorTag } from './tag'
import type { Batch, FromWorker, StartConfig, ToWorker } from '../messages'

/** Put in by the build: SHA-256 of the cores that this worker was built with, base64. */
declare const __CORE_HASH__: string
/** Its name; '' where the page names it. */
declare const __CORE_NAME__: string
/** The full core that a strict page's worker moves to; '' where the worker has it from the start. */
declare const __NEXT_NAME__: string
declare const __NEXT_HASH__: string

/** Whether a batch begins an epoch. A size of 0 is the core's to refuse. */
function beginsEpoch(ints: Int32Array): boolean {
  let i = 0
  for (let head; (head = ints[i]) && (head & 255) !== SNAPSHOT_BEGIN; ) i += head >>> 8 || ints.length
  return i < ints.length
}

/** The page's end of the line: a port of a SharedWorker, or a dedicated worker's scope. */
export interface Port {
  postMessage(m: FromWorker): void
  onmessage: ((e: MessageEvent<ToWorker>) => void) | null
}

/**
 * Serves one page. `blocked`: the CSP directive violated since the last call, if any.
 * `outlivesPage`: the worker lives on when the page goes (SharedWorker with extendedLifetime).
 */
export function servePage(port: Port, blocked: () => string | undefined, outlivesPage: boolean): void {
  // A message to a page in the back/forward cache throws it out of there: what there is to say waits
  // from `gone` on until the page is heard again.
  let unsaid: FromWorker[] | undefined
  const post = (m: FromWorker): void => void (unsaid ? unsaid.push(m) : port.postMessage(m))
  let endpoint: string
  let tab: string
  let startEpochMs: number
  let load: () => Promise<Core>
  let zero: number // performance.now() + zero is the time since the page view began
  let core: Core
  let sealer: Sealer
  let outbox: Outbox | undefined
  let settingsVersion: number
  let delivery: Delivery | undefined // it is there: so are all above
  let dead: boolean | undefined
  let sealAt: number | undefined
  let sealing = Promise.resolve()
  let epoch: number | undefined
  let asked: boolean | undefined // for a snapshot, and it has not come yet
  let next: boolean | undefined // the core at work is no more the strict one, with which this worker began
  let moving: boolean | undefined // another instance is being started
  let successor: Core | undefined // it is there, and waits for the snapshot
  let lost: number | undefined // the epoch of which a segment will never arrive: what follows in it cannot be read
  let withheld = 0 // bytes applied but not credited to the bridge, for want of room
  let anchorMs: number | undefined // the server's clock at time 0
  let assets: Assets | undefined
  let why: string | undefined // with __FULL__ alone: the console of the page is to tell that a segment will never arrive
  let unanchored: boolean | undefined // the present epoch has no anchor op yet

  function over(m: FromWorker) {
    if (!dead) post(m)
    dead = true
  }
  const stopped = (reason: string) => over({ t: 'failed', code: 'stopped-by-server', reason })
  const fail = (e: unknown) =>
    over({ t: 'failed', ...(e instanceof Error ? fault('internal', 'the worker failed') : (e as Fault)) })

  const at = (path: string) => new URL(path, endpoint + '/').href
  const now = () => performance.now() + zero

  async function start(config: StartConfig) {
    const [protocolVersion, endpoint_, paths, siteKey, settings, view, visitorKey, epochMs, monotonicMs, coreUrl, coreHash] = config
    const site_ = siteKey.split('.')[1] as string
    endpoint = endpoint_
    tab = view.tab
    startEpochMs = epochMs
    load = () => startCore(
      next ? at(__NEXT_NAME__) : coreUrl ?? at(__CORE_NAME__),
      next ? __NEXT_HASH__ : coreHash ?? __CORE_HASH__,
      protocolVersion, blocked)
    // Withdrawn, on another page of this origin, while this worker's own page may be gone.
    new BroadcastChannel('afterimage.' + site_).onmessage = () => void end(true)
    zero = performance.timeOrigin - monotonicMs
    const loading = load()
    loading.catch(() => {}) // awaited below; settings may fail first
    outbox = openOutbox(site_, endpoint, () => epochMs + now())
    const { enabled_, sealingKey_, version_ } = await readSettings(settings, siteKey, outbox.newestSettings_)
    if (!enabled_) return stopped('the site is switched off')
    settingsVersion = version_
    sealer = await startSealer(site_, view, sealingKey_)
    const view_ = {
      ...view,
      visitorTag: visitorKey && (await visitorTag(visitorKey, site_)),
      envelope: toBase64(sealer.envelope_),
      secret: toBase64(random(16)),
    }
    core = await loading
    await outbox.own_(view_)
    if (dead) return
    delivery = startDelivery({
      socketUrl_: at(paths?.socket ?? 'v1/ws').replace(/^http/, 'ws'),
      tailUrl_: at(paths?.tail ?? 'v1/tail'),
      site_, view_, settings_: version_, next_: sealer.next_, outbox_: outbox, blocked_: blocked, outlivesPage_: outlivesPage,
      anchored_(zeroEpochMs) {
        anchorMs = zeroEpochMs - zero
        if (unanchored) later()
      },
      gaveUp_: () => guard(() => {
        lost = epoch
        core.dropEpoch_()
      }),
      acknowledged_: () => guard(goOn),
      unreachable_: (is) => post({ t: 'unreachable', is }),
      failed_: fail,
      stopped_: stopped,
      ...(__FULL__ ? {
        heard_: (m, socket) => assets?.heard(m, socket),
        lost_: (reason) => (why = reason),
      } : {}),
    })
    addEventListener('online', delivery.wake_)
    if (__FULL__) assets = newAssets({ core: { with_: (f) => core.with_!(f) }, view: view_, site: site_, endpoint, ask: () => post({ t: 'assets' }), wrote: later })
    post({ t: 'ready' })
  }

  /** Runs f while it records; what it throws ends that. */
  function guard(f: () => void) {
    if (delivery && !dead)
      try {
        f()
      } catch (e) {
        fail(e)
      }
  }

  /** Where there is room: credits the bridge, and asks for what the core needs; without it a new epoch would be lost like the old one. */
  function goOn() {
    if (!delivery?.room_()) return
    if (withheld) post({ t: 'applied', bytes: withheld })
    withheld = 0
    if (asked || moving) return
    const needs = core.needs_()
    if (!needs) return
    asked = true
    if (__FULL__ && why && !(needs & NEED_OTHER)) {
      // Told at once: when it happens again and again there is no later.
      delivery.count_('segment-given-up', 1)
      delivery.flush_()
      post({ t: 'snapshot', full: why })
      why = undefined
      return
    }
    if (!(needs & NEED_OTHER)) return post({ t: 'snapshot' })
    moving = true
    next = !!__NEXT_NAME__
    load().then(
      (core) => {
        successor = core
        if (!dead) post({ t: 'snapshot', full: true })
      },
      // It goes on as it is: what is allowed stays masked, and memory has its ceiling.
      () => setTimeout(guard, RETRY_MS, () => {
        moving = asked = false
        goOn()
      }))
  }

  function apply({ ints, text }: Batch) {
    const batch = new Int32Array(ints)
    const begins = beginsEpoch(batch)
    if (begins && successor) {
      // The epoch that begins goes into the instance that was started, which must know what this one knows.
      cut(ACTIVITY_MS)
      successor.remember_(core.memory_())
      core = successor
      successor = undefined
      moving = false
    }
    core.apply_(batch, text)
    unanchored ||= begins
    if (__FULL__) assets?.look(begins)
    withheld += ints.byteLength + 2 * text.length
    const list = core.resend_()
    if (list[0]) post({ t: 'resend', list })
    goOn()
  }

  /** Takes all pending segments out of the core, what it holds back for less than `ahead` included, and chains their sealing; sealed ones go to the delivery. */
  function cut(ahead = 0) {
    const to = delivery as Delivery
    clearTimeout(sealAt)
    sealAt = undefined
    for (const [name, n] of core.handed_()) if (n) to.count_(name, n)
    if (unanchored && anchorMs) {
      const texts = [anchorMs, startEpochMs].map((ms) => Math.round(ms) + '\0')
      core.apply_(Int32Array.of(TIME_OF_2, now(), ANCHOR_OF_3, ...texts.map((s) => s.length - 1)), texts.join(''))
      unanchored = false
    }
    for (let s; (s = core.segment_(now() + ahead | 0)); ) {
      if (s.epoch_ !== epoch) asked = false
      epoch = s.epoch_
      if (!to.room_() && lost !== epoch) {
        lost = epoch
        sealer.skip_()
        core.dropEpoch_()
      }
      if (lost !== epoch) sealing = sealer.seal_(s.plain_, epoch).then(to.add_).catch(fail)
    }
    goOn()
  }

  function later() {
    sealAt ??= setTimeout(guard, SEAL_EVERY_MS, cut)
  }

  /** Answers when the collector has everything up to now, or the time is over, or nothing more will come. */
  async function flush({ t, id, timeoutMs }: Extract<ToWorker, { t: 'flush' | 'stop' }>) {
    guard(() => cut(t === 'stop' ? 1000 : 0))
    await sealing
    delivery?.flush_()
    await delivery?.settled_(timeoutMs)
    post({ t: 'flushed', id, ...(delivery as Delivery)?.counts_() }) // the bridge asks while it records
    if (t === 'stop') void end()
  }

  async function end(forget?: boolean) {
    dead = true
    delivery?.close_()
    if (forget) await outbox?.clear_()
    await outbox?.settled_()
    close()
  }

  port.onmessage = ({ data: m }) => {
    // After `gone` the page still says that it is hidden.
    const goes = m.t === 'gone' || m.t === 'leave'
    if (m.t === 'gone') unsaid ??= []
    else if (!goes) {
      const said = unsaid ?? []
      unsaid = undefined
      said.forEach(post)
    }
    switch (m.t) {
      case 'start':
        return void start(m.config).catch(fail)
      case 'delete':
        return void end(!m.keep)
      case 'ops':
      case 'click':
      case 'leave':
      case 'gone':
        guard(() => {
          apply(m)
          goes || (m.t === 'click' && !outlivesPage) ? cut() : later()
        })
        if (goes) void sealing.then(() => delivery?.leave_())
        return
      case 'meta':
        return guard(() => {
          for (const [key, text] of Object.entries(describe(m.values, tab, settingsVersion)))
            if (text) core.apply_(Int32Array.of(META_OF_3, +key, text.length), text + '\0')
          later()
        })
      case 'count':
        return delivery?.count_(m.name, 1)
      case 'visible':
        return delivery?.wake_()
      case 'flush':
      case 'stop':
        return void flush(m)
    }
    if (__FULL__) guard(() => assets?.told(m.base, m.loaded))
  }
}
