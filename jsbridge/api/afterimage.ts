/**
 * `window.afterimage`: decides whether, when and under which ids this document is recorded, and
 * connects bridge (../capture) and worker. Nothing leaves, and nothing is stored, before privacy
 * signals, opt-out and consent allow it.
 */
import { createRecorder, type Recorder } from '../capture/recorder'
import { Op } from '../capture/ops'
import { Refusal, protocolVersion, type FromWorker, type Phase, type Settings, type SignedSettings } from '../messages'
import { describePage } from './describe'
import { fetchText, startWorker, type WorkerHost } from './host'
import { checkOptions, listOf, optionsOf, type Options } from './options'
import { openVisitor, randomId, type Visitor } from './visitor'

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
  /** Ends recording and waits until what was recorded is acknowledged, or the time is over. */
  stop(options?: { readonly timeoutMs?: number }): Promise<Delivered>
  /** Waits likewise, while recording goes on. */
  flush(): Promise<Delivered>
  /** A new full snapshot. */
  snapshot(): Promise<void>
  /** The visitor's answer; false ends recording and forgets what is not sent. */
  consent(granted: boolean, version?: string): void
  optOut(): void
  optIn(): void
  identify(id: string, traits?: Readonly<Record<string, unknown>>): void
  track(name: string, properties?: Readonly<Record<string, unknown>>): void
  /** What is known and decided about this visitor here, to show it to them. */
  privacy(): Readonly<Record<string, unknown>>
  readonly state: State
  readonly sessionId: string | null
  readonly pageViewId: string | null
}

/** One page view that is being recorded. */
interface Run {
  readonly recorder_: Recorder
  readonly host: WorkerHost
  readonly pageViewId: string
  readonly sessionId: string
}

const defaultTimeoutMs = 10_000
const nothing: Delivered = { acknowledged: 0, pending: 0 }

export function createAfterimage(script: HTMLScriptElement | null): Afterimage {
  let options: Options = {}
  let state: State = { phase: 'idle', reason: '' }
  let visitor: Visitor | undefined
  let run: Run | undefined
  let starting: Promise<void> | undefined
  let generation = 0
  let consented: (() => void) | undefined
  let notes: (() => void)[] = []
  let answers = 0
  const tabId = randomId()
  const waiting = new Map<number, (delivered: Delivered) => void>()
  const page = window as unknown as {
    readonly [roots: symbol]: WeakMap<Element, ShadowRoot> | undefined
    readonly afterimageConfig?: Options
    readonly doNotTrack?: unknown
  }

  const setState = (phase: Phase, reason = '', directive?: string): void => {
    state = { phase, reason, ...(directive && { directive }) }
  }
  const refuse = (error: unknown): Refusal => {
    const refusal = error instanceof Refusal ? error : new Refusal('internal', 'the recorder failed')
    setState('refused', refusal.message, refusal.directive)
    console.warn('afterimage: nothing is recorded: ' + refusal.message)
    return refusal
  }
  /** Ends an attempt that is no fault. */
  const withhold = (code: string, reason: string): never => {
    setState('idle', reason)
    throw new Refusal(code, reason)
  }
  const check = (good: unknown, code: string, reason: string): void => {
    if (!good) throw new Refusal(code, reason)
  }
  const checkCurrent = (mine: number): void => check(mine === generation, 'stopped', 'stopped before it began')

  const signals = (): { readonly dnt: boolean; readonly gpc: boolean } => {
    const isOn = (value: unknown): boolean => /^(?:1|yes|true)$/.test(value as string)
    const { doNotTrack, globalPrivacyControl } = navigator as { doNotTrack?: unknown; globalPrivacyControl?: unknown }
    return { dnt: isOn(doNotTrack ?? page.doNotTrack), gpc: isOn(globalPrivacyControl) }
  }
  const obeySignals = (): void => {
    const { dnt, gpc } = signals()
    if (dnt || gpc) withhold('dnt', 'the browser asks for no tracking')
  }
  const waitForConsent = async (mine: number, consent: string | undefined): Promise<void> => {
    if (consent === 'required' && visitor?.stored_.c !== (options.consentVersion ?? '')) {
      setState('waiting-consent', 'no consent yet')
      await new Promise<void>((resolve) => (consented = resolve))
    }
    checkCurrent(mine)
  }

  const begin = async (mine: number): Promise<void> => {
    options = { ...optionsOf(script), ...page.afterimageConfig, ...options }
    checkOptions(options)
    const { site = '', cookieDomain, consent, respectDNT, paths } = options
    check(/^[mh]\.[a-z0-9]{8,32}(\.[\w-]+)?$/.test(site), 'option', 'site is not a site key: copy it from the collector')
    check(isSecureContext && crypto.subtle, 'insecure-context', 'no secure context: serve the page over https')
    const siteId = site.split('.')[1] as string
    if ((document as { prerendering?: boolean }).prerendering) {
      await new Promise((resolve) => document.addEventListener('prerenderingchange', resolve, { once: true }))
    }
    visitor = openVisitor(siteId, cookieDomain)
    if (visitor.stored_.o) withhold('opt-out', 'the visitor opted out')
    if (respectDNT !== false) obeySignals()
    const source = script?.src
    check(options.endpoint ?? source, 'option', 'endpoint is missing')
    const endpoint = new URL(options.endpoint ?? new URL('.', source), location.href).href.replace(/\/$/, '')
    await waitForConsent(mine, consent)
    const text = await fetchText(new URL(paths?.settings ?? 'v1/settings/' + siteId, endpoint + '/').href)
    let signed: SignedSettings
    let settings: Settings
    try {
      signed = JSON.parse(text) as SignedSettings
      settings = JSON.parse(signed.payload) as Settings
    } catch {
      throw new Refusal('settings', 'the settings are not JSON')
    }
    check(settings.enabled !== false, 'disabled', 'the site is switched off')
    // Settings can only tighten what the page asks for.
    if (settings.respectDNT) obeySignals()
    await waitForConsent(mine, settings.consent)
    await beginPageView(mine, siteId, endpoint, signed, settings)
  }

  const beginPageView = async (
    mine: number,
    siteId: string,
    endpoint: string,
    signed: SignedSettings,
    settings: Settings,
    predecessor?: string,
  ): Promise<void> => {
    const known = visitor as Visitor
    const { sessionId, recorded_: recorded } = known.session(Math.min(options.sample ?? 1, settings.sample ?? 1))
    if (!recorded) withhold('sample', 'not in the sample')
    const strict = options.minor || options.privacy !== 'balanced' || settings.privacy === 'strict'
    const pageViewId = randomId()
    const startMs = performance.now()
    let recorder: Recorder | undefined
    let over: Refusal | undefined
    const end = (code: string, reason: string, directive?: string): void => {
      over = new Refusal(code, reason, directive)
      if (!recorder || run?.recorder_ !== recorder) return
      run = undefined
      recorder.stop()
      refuse(over)
    }
    const receive = (message: FromWorker): void => {
      switch (message.t) {
        case 'failed':
          return end(message.code, message.reason, message.directive)
        case 'stop-by-server':
          return end('stopped-by-server', message.reason)
        case 'resend':
          return recorder?.resend(message.list)
        case 'snapshot':
          return void recorder?.snapshot().catch(() => {})
        case 'applied':
          return recorder?.applied(message.bytes)
        case 'flushed':
          waiting.get(message.id)?.(message)
          return void waiting.delete(message.id)
      }
    }
    const { k = '', c, v } = known.stored_
    const host = await startWorker(endpoint, 'afterimage-' + pageViewId, {
      t: 'start',
      config: {
        protocolVersion,
        endpoint,
        paths: options.paths ?? {},
        coreUrl: new URL(__CORE_NAME__, endpoint + '/').href,
        siteKey: options.site as string,
        siteId,
        settings: signed,
        sessionId,
        pageViewId,
        tabId,
        visitorTag: k,
        consentVersion: c ?? '',
        startEpochMs: Date.now(),
        startMonotonicMs: performance.timeOrigin + startMs,
      },
    }, receive)
    try {
      if (over) throw over
      checkCurrent(mine)
      const join = (name: 'mask' | 'block'): string[] => [...listOf(options[name]), ...(settings[name] ?? [])]
      const keystrokes = !options.minor && options.capture?.keystrokes !== false
      recorder = createRecorder({
        protocolVersion,
        level: strict ? 0 : 1,
        keystrokes,
        // Only the page itself can allow; what settings allow is what they do not take back.
        selectors: { mask: join('mask'), block: join('block'), allow: listOf(options.allow) },
        startMs,
        closedRoots: page[Symbol.for('afterimage.roots')],
        post: (t, batch) => host.post({ t, ...batch }),
        activity() {
          if (run?.recorder_ !== recorder || known.active()) return
          // The session ended meanwhile: the same document goes on as a new page view.
          run = undefined
          recorder?.stop()
          host.post({ t: 'stop', id: ++answers, timeoutMs: defaultTimeoutMs })
          beginPageView(mine, siteId, endpoint, signed, settings, pageViewId).catch(refuse)
        },
        visible: () => host.post({ t: 'visible' }),
        degraded: () => setState('degraded', 'busy page: no pointer samples'),
        failed: (error) => console.warn('afterimage: inner error', (error as Error).name),
      })
    } catch (error) {
      host.post({ t: 'delete' })
      host.terminate_()
      throw error
    }
    run = { recorder_: recorder, host, pageViewId, sessionId }
    const written = recorder.snapshot()
    host.post({
      t: 'meta',
      values: {
        ...describePage(),
        14: c === undefined ? 'none' : 'granted',
        15: options.release,
        16: options.environment,
        22: v,
        23: predecessor,
        25: tabId,
        26: strict ? 'strict' : 'balanced',
        29: '' + settings.settingsVersion,
      },
    })
    setState('recording')
    notes.forEach((note) => note())
    notes = []
    await written
  }

  const ask = (t: 'flush' | 'stop', { host }: Run, timeoutMs: number): Promise<Delivered> =>
    new Promise((resolve) => {
      const id = ++answers
      const settle = ({ acknowledged, pending }: Delivered): void => {
        clearTimeout(timer)
        resolve({ acknowledged, pending })
      }
      // The worker keeps its own time; this is for one that is gone.
      const timer = setTimeout(() => settle(nothing), timeoutMs + 2000)
      waiting.set(id, settle)
      host.post({ t, id, timeoutMs })
    })

  /** Ends recording. */
  const halt = (): Run | undefined => {
    generation++
    const current = run
    starting = run = undefined
    notes = []
    current?.recorder_.stop()
    return current
  }
  /** Ends recording, and what was not sent is forgotten. */
  const withdraw = (phase: Phase, reason: string, change?: { readonly o: true }): void => {
    halt()?.host.post({ t: 'delete' })
    const known = openStored()
    if (change) known?.update(change)
    known?.forget()
    setState(phase, reason)
  }
  const note = (code: Op.track | Op.identify, name: string, values: object = {}): void => {
    const text = JSON.stringify(values)
    const write = (): void => run?.recorder_.note(code, name, text)
    if (run) write()
    else if (starting && state.phase !== 'waiting-consent') notes.push(write)
  }
  const openStored = (): Visitor | undefined => {
    const key = (options.site ?? optionsOf(script).site)?.split('.')[1]
    return (visitor ??= key ? openVisitor(key, options.cookieDomain) : undefined)
  }

  return {
    start(given = {}) {
      if (starting) return starting
      const mine = ++generation
      options = given
      starting = begin(mine).catch((error) => {
        if (mine === generation) starting = undefined
        throw /^(?:dnt|opt-out|sample|stopped)$/.test(error.code) ? error : refuse(error)
      })
      starting.catch(() => {})
      return starting
    },
    async stop({ timeoutMs = defaultTimeoutMs } = {}) {
      const current = halt()
      setState('idle', 'stopped')
      return current ? ask('stop', current, timeoutMs) : nothing
    },
    async flush() {
      run?.recorder_.flush()
      return run ? ask('flush', run, defaultTimeoutMs) : nothing
    },
    snapshot: async () => run?.recorder_.snapshot(),
    consent(granted, version) {
      if (!granted) return withdraw('waiting-consent', 'the visitor refused')
      openStored()?.update({ c: version || options.consentVersion || '' })
      consented?.()
      consented = undefined
    },
    optOut: () => withdraw('idle', 'the visitor opted out', { o: true }),
    optIn() {
      openStored()?.update({ o: false })
      setState('idle')
    },
    identify: (id, traits) => note(Op.identify, id, traits),
    track: (name, properties) => note(Op.track, name, properties),
    privacy() {
      const { c, o, v } = openStored()?.stored_ ?? {}
      return {
        ...signals(),
        level: options.privacy ?? 'strict',
        consent: c !== undefined,
        consentVersion: c,
        optedOut: !!o,
        visitorId: v,
        sessionId: run?.sessionId,
      }
    },
    get state() {
      return state
    },
    get sessionId() {
      return run?.sessionId ?? null
    },
    get pageViewId() {
      return run?.pageViewId ?? null
    },
  }
}
