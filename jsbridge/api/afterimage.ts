/**
 * `window.afterimage`: decides whether, when and under which ids this document is recorded, and
 * connects bridge (../capture) and worker. Nothing leaves, and nothing is stored, before privacy
 * signals, opt-out and consent allow it.
 */
import type { Recorder, RecorderOptions } from '../capture/interface'
import { createRecorder } from '../capture/recorder'
import { Op } from '../capture/ops'
import type { More } from '../more/main'
import { protocolVersion, type FromWorker, type Paths, type Phase, type Settings, type SignedSettings, type ToWorker } from '../messages'
import { describePage } from './describe'
import { fetchText, loadScript, startWorker, type WorkerHost } from './host'
import { earlyOptions, type Options } from './options'
import { isRefusal, refusal, type Refusal } from './refusal'
import { clearOutbox, openVisitor, randomId, type Visitor } from './visitor'

export interface State {
  readonly phase: Phase
  readonly reason: string
  readonly directive?: string
}

export interface Delivered {
  readonly acknowledged: number
  readonly pending: number
}

export interface Afterimage {
  /** Resolves when the first snapshot is captured. Rejects with `{code, directive?}`. */
  start(options?: Options): Promise<void>
  /**
   * Ends recording and waits until what was recorded is acknowledged, or the time is over. Rejects
   * with code `worker-ended` where nobody is left who knows.
   */
  stop(options?: { readonly timeoutMs?: number }): Promise<Delivered>
  /** Waits likewise, while recording goes on. */
  flush(): Promise<Delivered>
  /** A new full snapshot. */
  snapshot(): Promise<void>
  /** The visitor's answer; false ends recording and forgets what is not sent. */
  consent(granted: boolean, version?: string): void
  optOut(): void
  optIn(): void
  /** Throws `{code: "identity"}` where the id looks like a person's name, e-mail or phone number. */
  identify(id: string, traits?: Readonly<Record<string, unknown>>): void
  track(name: string, properties?: Readonly<Record<string, unknown>>): void
  /**
   * Opens the collector's page where visitors see, copy and delete what was recorded of this browser, and
   * hands it id and key; call it in a click. False: the browser opened nothing.
   */
  privacy(): boolean
  readonly state: State
  readonly sessionId: string | null
  readonly pageViewId: string | null
}

/** One page view that is being recorded. */
interface Run {
  readonly recorder_: Recorder
  readonly host_: WorkerHost
  readonly pageViewId_: string
  readonly sessionId_: string
  /** The full recorder takes over. */
  handing_?: Promise<void>
  lost_(error: unknown): unknown
}

const enum Limit {
  defaultTimeoutMs = 10_000,
}
const nothing: Delivered = { acknowledged: 0, pending: 0 }
const optedOut = 'the visitor opted out'
const isMinor = 'the visitor is a minor'

export function createAfterimage(script: HTMLScriptElement | null): Afterimage {
  let given: Options = {}
  let options: Options = {}
  let reading: Promise<void> | undefined
  let state: State = { phase: 'idle', reason: '' }
  let visitor: Visitor | undefined
  let settings: Settings | undefined
  let settingsText = ''
  let run: Run | undefined
  let starting: Promise<void> | undefined
  let generation = 0
  let replaced = -1 // the newest version of settings that the collector said to be too old
  let consented: (() => void) | undefined
  let notes: (() => void)[] = []
  let answers = 0
  const tabId = randomId()
  const waiting = new Map<number, (delivered: Delivered) => void>()
  const page = window as unknown as {
    readonly afterimageConfig?: Options
    readonly doNotTrack?: unknown
  }

  const setState = (phase: Phase, reason = '', directive?: string): void => {
    state = { phase, reason, ...(directive && { directive }) }
  }
  const refuse = (error: unknown): Refusal => {
    const refused = isRefusal(error) ? error : refusal('internal', 'the recorder failed')
    setState('refused', refused.message, refused.directive)
    console.warn('afterimage: nothing is recorded: ' + refused.message)
    return refused
  }
  /** Ends an attempt that is no fault. */
  const withhold = (code: string, reason: string): never => {
    setState('idle', reason)
    throw refusal(code, reason)
  }
  const check = (good: unknown, code: string, reason: string): void => {
    if (!good) throw refusal(code, reason)
  }
  const checkCurrent = (mine: number): void => check(mine === generation, 'stopped', 'stopped before it began')

  const asksNotToTrack = (): boolean => {
    const { doNotTrack, globalPrivacyControl } = navigator as { doNotTrack?: unknown; globalPrivacyControl?: unknown }
    return [doNotTrack ?? page.doNotTrack, globalPrivacyControl].some((value) => /^(1|yes|true)$/.test(value as string))
  }
  // Settings can only tighten what the page asks for.
  const hasConsent = (): boolean => {
    const { c, p, w } = visitor?.stored_ ?? {}
    return !w && (options.consent !== 'required' && settings?.consent !== 'required' ||
      (c !== undefined && (options.consentVersion ?? c) === c && (!p || !settings?.privacyVersion || p === settings.privacyVersion)))
  }
  /** Resolves when the visitor may be recorded, as far as is known now. */
  const mayRecord = async (mine: number): Promise<void> => {
    for (;;) {
      checkCurrent(mine)
      if (visitor?.stored_.o) withhold('opt-out', optedOut)
      if (asksNotToTrack() && (options.respectDNT !== false || (settings && settings.respectDNT !== false))) {
        withhold('dnt', 'the browser asks not to track')
      }
      if (hasConsent()) return
      setState('waiting-consent', 'no consent yet')
      const answered = new Promise<void>((resolve) => (consented = resolve))
      if (options.notice != null && !visitor?.stored_.w) {
        await readOptions()
        const { ask } = await withMore()
        if (!hasConsent()) ask(options.notice, (granted) => api.consent(granted), answered)
      }
      await answered
    }
  }

  const begin = async (mine: number): Promise<void> => {
    const { site = '' } = settle()
    check(/^[mh]\.[a-z0-9]{8,32}(\.[\w-]+)?$/.test(site), 'option', 'site is not a site key')
    check(isSecureContext && crypto.subtle, 'insecure-context', 'no secure context: use https')
    const siteId = siteOf()
    if ((document as { prerendering?: boolean }).prerendering) {
      await new Promise((resolve) => document.addEventListener('prerenderingchange', resolve))
    }
    visitor = openVisitor(siteId, options.cookieDomain)
    settings = undefined
    addEventListener('storage', changed)
    check(options.endpoint ?? script?.src, 'option', 'endpoint is missing')
    const { e = '', k } = visitor.stored_
    if (options.minor && k) {
      // What is here goes at once; the key stays until the collector has deleted what it has.
      visitor.forget_({ e: e + k })
      clearOutbox(siteId)
    }
    const { e: pending } = visitor.stored_
    if (pending) {
      await readOptions()
      await (await withMore()).erase(locate('erase', 'v1/erase'), siteId, pending)
      visitor.update_({ e: '' })
    }
    if (options.minor) withhold('minor', isMinor)
    await mayRecord(mine)
    await readOptions()
    await beginPageView(mine)
  }

  /** Each page view has the settings of its own beginning, so that a session's end brings new ones into force. */
  const beginPageView = async (mine: number, predecessor?: string): Promise<void> => {
    const siteId = siteOf()
    const endpoint = endpointOf()
    await mayRecord(mine)
    const text = await fetchText(locate('settings', 'v1/settings/' + siteId)).catch((error) => {
      // A document that was offline meanwhile goes on with those it has.
      if (predecessor) return settingsText
      throw error
    })
    settingsText = text
    let signed: SignedSettings
    let current: Settings
    try {
      signed = JSON.parse(text) as SignedSettings
      settings = current = JSON.parse(signed.payload) as Settings
    } catch {
      throw refusal('settings', 'the settings are not JSON')
    }
    check(current.enabled !== false, 'disabled', 'the site is switched off')
    await mayRecord(mine)
    const { mask, block, allow } = options
    const hasSelectors = [mask, block, allow, current.mask, current.block].some((list) => list?.length)
    const selectors = hasSelectors ? (await withMore()).selectors(options, current) : { mask: [], block: [], allow: [], names: [] }
    const level = options.privacy === 'balanced' && current.privacy === 'balanced' ? 'balanced' : 'strict'
    const keystrokes = options.capture?.keystrokes !== false
    const create = !__LEAN__ || (level === 'strict' && keystrokes && !hasSelectors) ? createRecorder : await loadRecorder()
    const known = visitor as Visitor
    if (known.stored_.c !== undefined) known.update_({ p: current.privacyVersion })
    const { sessionId_: sessionId, recorded_: recorded } = known.session_(Math.min(options.sample ?? 1, current.sample ?? 1), options.visitorDays ?? 395)
    if (!recorded) withhold('sample', 'sampled-out')
    const pageViewId = randomId()
    const startMs = performance.now()
    let recorder: Recorder | undefined
    let recorderOptions: RecorderOptions
    let handing: Promise<void> | undefined
    let over: Refusal | undefined
    const isRunning = (): boolean => run?.pageViewId_ === pageViewId
    const end = (code: string, reason: string, directive?: string): void => {
      over = refusal(code, reason, directive)
      if (!isRunning()) return
      halt()
      finish()
      refuse(over)
    }
    /** What is sealed goes out, then the worker ends. */
    const finish = (): void => host.post_({ t: 'stop', id: ++answers, timeoutMs: Limit.defaultTimeoutMs })
    /** A snapshot that is not whole is no recording: the worker drops what it was given. */
    const broken = (error: unknown): unknown => {
      host.post_({ t: 'delete', keep: true })
      if (isRunning()) halt()
      return error
    }
    /** Where it still runs that ends it. */
    const lost = (error: unknown): unknown => (isRunning() ? refuse(broken(error)) : error)
    /** The same document goes on as a new page view, under the settings and the consent that hold now. */
    const again = (): void => {
      if (run?.recorder_ !== recorder) return
      run = undefined
      recorder?.stop_()
      finish()
      beginPageView(mine, pageViewId).catch((error) => ended(mine, error))
    }
    /** What the recorder in this script cannot do the full one does, as a new epoch; without it recording ends. */
    const handOver = (isBusy?: boolean): Promise<void> => {
      handing ??= (async () => {
        const createFull = await loadRecorder()
        if (!isRunning()) return
        recorder?.stop_()
        run = { ...(run as Run), recorder_: recorder = createFull({ ...recorderOptions, continues_: true, isBusy_: isBusy }) }
        await recorder.snapshot_()
      })().catch((error) => {
        throw lost(error)
      })
      handing.catch(() => {})
      if (run) run.handing_ = handing
      return handing
    }
    const receive = (message: FromWorker): void => {
      switch (message.t) {
        case 'failed':
          return end(message.code, message.reason, message.directive)
        case 'stop-by-server':
          // Once for each version, or a collector that errs would keep the page at it.
          if (message.reason === 'settings' && replaced < current.settingsVersion) {
            replaced = current.settingsVersion
            known.update_({ s: '' }) // what follows is of another session: it names the versions that hold now
            return again()
          }
          return end('stopped-by-server', message.reason)
        case 'resend':
          return recorder?.resend_(message.list)
        case 'snapshot':
          return void recorder?.snapshot_(message.full).catch(lost)
        case 'assets':
          return recorder?.assets_()
        case 'applied':
          return recorder?.applied_(message.bytes)
        case 'flushed': {
          const { id, acknowledged, pending } = message
          waiting.get(id)?.({ acknowledged, pending })
          waiting.delete(id)
        }
      }
    }
    const { k = '', c, v } = known.stored_
    const showsText = level !== 'strict' || selectors.allow[0]
    // In the npm package there is one worker for all.
    const [fullName, fullHash] = showsText ? (await withMore()).full : ['', '']
    const host = await startWorker(at(fullName || __WORKER_NAME__), fullHash || __WORKER_HASH__, 'afterimage-' + pageViewId, {
      t: 'start',
      config: {
        protocolVersion,
        endpoint,
        paths: options.paths ?? {},
        ...(!__LEAN__ && { coreUrl: at(__CORE_NAME__) }),
        siteKey: options.site as string,
        siteId,
        settings: signed,
        view: { id: pageViewId, session: sessionId, tab: tabId, consentVersion: c ?? '' },
        visitorKey: k,
        startEpochMs: Date.now(),
        startMonotonicMs: performance.timeOrigin + startMs,
      },
    }, receive)
    try {
      if (over) throw over
      checkCurrent(mine)
      recorder = create(recorderOptions = {
        level_: level === 'strict' ? 0 : 1,
        keystrokes_: keystrokes,
        selectors_: selectors,
        startMs_: startMs,
        post_: (t, what) => host.post_({ t, ...what } as ToWorker),
        activity_() {
          if (isRunning() && !known.active_() && !changed()) again() // the session ended meanwhile
        },
        visible_() {
          host.post_({ t: 'visible' })
        },
        degraded_: (reason) => setState('degraded', reason),
        failed_: (error) => console.warn('afterimage: inner error', (error as Error).name),
        broken_: lost,
        beyond_: handOver,
        continues_: false,
      })
    } catch (error) {
      throw broken(error)
    }
    run = { recorder_: recorder, host_: host, pageViewId_: pageViewId, sessionId_: sessionId, lost_: lost }
    const written = recorder.snapshot_()
    host.post_({
      t: 'meta',
      values: {
        ...describePage(),
        14: c === undefined ? 'none' : 'granted',
        15: options.release,
        16: options.environment,
        22: v,
        23: predecessor,
        26: level,
      },
    })
    setState('recording')
    notes.forEach((note) => note())
    notes = []
    await written.catch((error) => {
      throw lost(error)
    })
  }

  const ask = (t: 'flush' | 'stop', { host_: host }: Run, timeoutMs: number): Promise<Delivered> =>
    new Promise((resolve, reject) => {
      waiting.set(++answers, resolve)
      // The worker keeps its own time; this is for one that is gone.
      setTimeout(() => reject(refusal('worker-ended', 'the worker is gone, with what it had not sent')), timeoutMs + 2000)
      host.post_({ t, id: answers, timeoutMs })
    })

  /** Ends recording. */
  const halt = (): Run | undefined => {
    generation++
    const current = run
    starting = run = undefined
    notes = []
    current?.recorder_.stop_()
    consented?.()
    return current
  }
  /** Ends recording, and what was not sent is forgotten. */
  const withdraw = (): void => {
    halt()?.host_.post_({ t: 'delete' })
    clearOutbox(siteOf())
    const { o, e } = openStored()?.stored_ ?? {}
    if (o) setState('idle', optedOut)
    else if (e !== undefined) setState('idle', isMinor)
    else setState('waiting-consent', 'the visitor refused')
  }
  /** Another tab may have written. True: it has ended this run. */
  const changed = (): boolean => {
    const { o, e } = visitor?.stored_ ?? {}
    const isOver = o || e !== undefined ? !!starting : !!run && !hasConsent()
    if (isOver) withdraw()
    else resume()
    return isOver
  }
  /** Whoever waits for consent looks again. */
  const resume = (): void => {
    if (starting) consented?.()
    else if (state.phase === 'waiting-consent' && options.site && hasConsent()) api.start(options)
  }
  const ended = (mine: number, error: unknown): unknown => {
    // Whoever ended it said so.
    if (mine !== generation) return error
    starting = undefined
    return /^(dnt|opt-out|sample|minor)$/.test((error as Refusal).code) ? error : refuse(error)
  }
  const note = (code: Op.track | Op.identify, name: string, values: object = {}): void => {
    const text = JSON.stringify(values)
    const write = (): void => run?.recorder_.note_(code, name, text)
    if (run) write()
    else if (starting && state.phase !== 'waiting-consent') notes.push(write)
  }
  const openStored = (): Visitor | undefined => {
    settle()
    const siteId = siteOf()
    return (visitor ??= siteId ? openVisitor(siteId, options.cookieDomain) : undefined)
  }
  const siteOf = (): string => options.site?.split('.')[1] ?? ''
  /** What was said so far, in all three places; of the script tag what is read at once. */
  const settle = (): Options => (options = { ...earlyOptions(script), ...page.afterimageConfig, ...options })
  /** Reads and checks all options. Where there are only those that every page has, they are what they are. */
  const readOptions = (): Promise<void> =>
    (reading ??= (async () => {
      if (Object.keys({ ...script?.dataset, ...options }).some((name) => !/^(site|endpoint)$/.test(name))) {
        options = (await withMore()).settle(script, page.afterimageConfig, given)
      }
    })())
  const endpointOf = (): string => new URL(options.endpoint ?? new URL('.', script?.src), location.href).href.replace(/\/$/, '')
  const at = (path: string): string => new URL(path, endpointOf() + '/').href
  /** An address of the collector, or where the site has put it. */
  const locate = (name: keyof Paths, usual: string): string => at(options.paths?.[name] ?? usual)
  const load = <T>(name: string, hash: string): Promise<T> => loadScript(at(name), hash, script?.nonce)
  const withMore = (): Promise<More> => load(__MORE_NAME__, __MORE_HASH__)
  const loadRecorder = async (): Promise<typeof createRecorder> => load(...(await withMore()).recorder)

  const api: Afterimage = {
    start(said = {}) {
      if (said.minor) halt()?.host_.post_({ t: 'delete' })
      if (starting) return starting
      const mine = ++generation
      options = given = said
      reading = undefined
      starting = begin(mine).catch((error) => {
        throw ended(mine, error)
      })
      starting.catch(() => {})
      return starting
    },
    async stop({ timeoutMs = Limit.defaultTimeoutMs } = {}) {
      const current = halt()
      setState('idle', 'stopped')
      return current ? ask('stop', current, timeoutMs) : nothing
    },
    async flush() {
      const mine = run
      mine?.recorder_.flush_()
      const delivered = mine ? await ask('flush', mine, Limit.defaultTimeoutMs) : nothing
      // That may have brought the full recorder: what it tells anew belongs to it.
      if (!mine?.handing_) return delivered
      const handing = mine.handing_
      delete mine.handing_
      await handing.catch(() => {})
      delete run?.handing_
      return api.flush()
    },
    async snapshot() {
      const current = run
      await current?.recorder_.snapshot_().catch((error) => {
        throw current.lost_(error)
      })
    },
    consent(granted, version) {
      const known = openStored()
      if (granted) {
        known?.update_({ c: version || options.consentVersion || '', p: settings?.privacyVersion, w: false })
        return resume()
      }
      known?.forget_({ w: true })
      withdraw()
    },
    optOut() {
      openStored()?.forget_({ o: true })
      withdraw()
    },
    optIn() {
      openStored()?.update_({ o: false })
      setState('idle')
    },
    identify(id, traits) {
      // An address, words, or digits as of a telephone. What the core finds beyond that is masked.
      const isPerson = /[@%]|\S\s+\S|^(\+|0)[\d()./-]{6,}$|^\(?\d{3}\)?[-./]?\d{3}[-./]?\d{4}$/.test(id)
      if (isPerson) run?.host_.post_({ t: 'count', name: 'identify-refused' })
      check(!isPerson, 'identity', 'identify: this looks like a name, e-mail or phone number: give a random id')
      note(Op.identify, id, traits)
    },
    track: (name, properties) => note(Op.track, name, properties),
    privacy() {
      const { k = '', v = '' } = openStored()?.stored_ ?? {}
      // At once, while the click counts; it is sent on its way by the script that also talks to it.
      const opened = open('', 'afterimage-privacy')
      if (opened) {
        // Also where an option is none.
        readOptions()
          .catch(() => {})
          .then(withMore)
          .then(({ hand }) => hand(opened, locate('privacy', 'privacy'), siteOf(), v, k))
          .catch((error) => console.warn('afterimage: ' + (error as Error).message))
      }
      return !!opened
    },
    get state() {
      return state
    },
    get sessionId() {
      return run?.sessionId_ ?? null
    },
    get pageViewId() {
      return run?.pageViewId_ ?? null
    },
  }
  return api
}
