/**
 * `window.afterimage`: decides whether, when and under which ids this document is recorded, and
 * connects bridge (../capture) and worker. Nothing leaves, and nothing is stored, before privacy
 * signals, opt-out and consent allow it.
 */
import { createRecorder, type Recorder } from '../capture/recorder'
import { Op } from '../capture/ops'
import { SelectorError } from '../capture/policy'
import { protocolVersion, type FromWorker, type Phase, type Settings, type SignedSettings } from '../messages'
import { describePage } from './describe'
import { fetchText, startWorker, type WorkerHost } from './host'
import { Refusal, checkOptions, listOf, optionsOf, type Options } from './options'
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
  readonly recorder: Recorder
  readonly host: WorkerHost
  readonly pageViewId: string
  readonly sessionId: string
}

const registry = Symbol.for('afterimage.roots')
const defaultTimeoutMs = 10_000

export function createAfterimage(script: HTMLScriptElement | null): Afterimage {
  let options: Options = {}
  let state: State = { phase: 'idle', reason: '' }
  let visitor: Visitor | undefined
  let siteId = ''
  let run: Run | undefined
  let starting: Promise<void> | undefined
  let generation = 0
  let consented: (() => void) | undefined
  let notes: (() => void)[] = []
  let answers = 0
  const waiting = new Map<number, (delivered: Delivered) => void>()
  const closedRoots = (window as unknown as Record<symbol, WeakMap<Element, ShadowRoot> | undefined>)[registry]

  const setState = (phase: Phase, reason = '', directive?: string): void => {
    state = { phase, reason, ...(directive && { directive }) }
  }
  const refuse = (error: unknown): Refusal => {
    const refusal =
      error instanceof Refusal ? error
      : error instanceof SelectorError ? new Refusal('option', error.message)
      : new Refusal('internal', 'the recorder could not start')
    setState('refused', refusal.message, refusal.directive)
    console.warn(`afterimage: nothing is recorded: ${refusal.message}`)
    return refusal
  }

  const endpointOf = (): string => {
    const from = options.endpoint ?? (script?.src && new URL('.', script.src).href)
    if (!from) throw new Refusal('option', 'endpoint is missing: name the collector')
    return new URL(from, location.href).href.replace(/\/$/, '')
  }
  const isOn = (value: unknown): boolean => value === '1' || value === 'yes' || value === true
  const signals = (): { readonly dnt: boolean; readonly gpc: boolean } => {
    const { doNotTrack, globalPrivacyControl } = navigator as { doNotTrack?: unknown; globalPrivacyControl?: unknown }
    return { dnt: isOn(doNotTrack) || isOn((window as { doNotTrack?: unknown }).doNotTrack), gpc: isOn(globalPrivacyControl) }
  }
  const withhold = (): Refusal | null => {
    const { dnt, gpc } = signals()
    return visitor?.stored.o ? new Refusal('opt-out', 'the visitor opted out')
      : options.respectDNT !== false && (dnt || gpc) ? new Refusal('dnt', 'the browser asks not to be tracked')
      : null
  }
  const mayRecord = (): boolean => visitor?.stored.c !== undefined && visitor.stored.c === (options.consentVersion ?? '')

  const waitForConsent = async (): Promise<void> => {
    if (mayRecord()) return
    setState('waiting-consent', 'the visitor has not consented yet')
    await new Promise<void>((resolve) => (consented = resolve))
  }

  /** Settings can only tighten what the page asks for. */
  const loadSettings = async (endpoint: string): Promise<[SignedSettings, Settings]> => {
    const path = options.paths?.settings ?? 'v1/settings/' + siteId
    const text = await fetchText(new URL(path, endpoint + '/').href, '', "the site's settings")
    let signed: SignedSettings
    let settings: Settings
    try {
      signed = JSON.parse(text) as SignedSettings
      settings = JSON.parse(signed.payload) as Settings
    } catch {
      throw new Refusal('settings', "the site's settings are not readable")
    }
    return [signed, settings]
  }

  const begin = async (mine: number): Promise<void> => {
    const isStale = (): boolean => mine !== generation
    const stale = (): Refusal => new Refusal('stopped', 'stopped before the first snapshot')
    const siteKey = options.site
    if (!siteKey) throw new Refusal('option', 'site is missing')
    siteId = siteKey.split('.')[1] ?? ''
    if (!/^[mh]\.[a-z0-9]{8,32}(?:\.[\w-]+)?$/.test(siteKey)) throw new Refusal('option', 'site is not a site key: copy it from the collector')
    if (!isSecureContext || !crypto.subtle) {
      throw new Refusal('insecure-context', 'recording needs a secure context: serve the page over https')
    }
    const { prerendering } = document as { prerendering?: boolean }
    if (prerendering) await new Promise((resolve) => document.addEventListener('prerenderingchange', resolve, { once: true }))
    visitor = openVisitor(siteId, options.cookieDomain)
    const withheld = withhold()
    if (withheld) {
      setState('idle', withheld.message)
      throw withheld
    }
    const endpoint = endpointOf()
    if (options.consent === 'required') await waitForConsent()
    if (isStale()) throw stale()
    const [signed, settings] = await loadSettings(endpoint)
    if (settings.enabled === false) throw new Refusal('disabled', 'the site is switched off in its settings')
    if (options.respectDNT === false && settings.respectDNT) {
      const { dnt, gpc } = signals()
      if (dnt || gpc) throw new Refusal('dnt', "respectDNT: false is not allowed by the site's settings")
    }
    if (settings.consent === 'required') await waitForConsent()
    if (isStale()) throw stale()
    await beginPageView(mine, endpoint, signed, settings, undefined)
  }

  const beginPageView = async (
    mine: number,
    endpoint: string,
    signed: SignedSettings,
    settings: Settings,
    predecessor: string | undefined,
  ): Promise<void> => {
    const known = visitor as Visitor
    const { sessionId, recorded } = known.session(Math.min(options.sample ?? 1, settings.sample ?? 1))
    if (!recorded) {
      setState('idle', 'this session is not in the sample')
      throw new Refusal('sample', state.reason)
    }
    const strict = options.minor || options.privacy !== 'balanced' || settings.privacy === 'strict'
    const pageViewId = randomId()
    const tabId = tab
    const startMs = performance.now()

    let ready: () => void
    let failed: (refusal: Refusal) => void
    const isReady = new Promise<void>((resolve, reject) => {
      ready = resolve
      failed = reject
    })
    let recorder: Recorder | undefined
    const end = (refusal: Refusal): void => {
      failed(refusal)
      if (run?.recorder === recorder && recorder) {
        run = undefined
        recorder.stop()
        refuse(refusal)
      }
    }
    const receive = (message: FromWorker): void => {
      switch (message.t) {
        case 'ready':
          return ready()
        case 'failed':
          return end(new Refusal(message.code, message.reason, message.directive))
        case 'stop-by-server':
          return end(new Refusal('stopped-by-server', message.reason))
        case 'resend':
          return recorder?.resend(message.list)
        case 'snapshot':
          return void recorder?.snapshot().catch(() => {})
        case 'applied':
          return recorder?.applied(message.bytes)
        case 'flushed':
          waiting.get(message.id)?.(message)
          return void waiting.delete(message.id)
        case 'state':
          return run && setState(message.phase, message.reason)
        case 'watch':
          return
      }
    }
    const host = await startWorker(endpoint, 'afterimage-' + pageViewId, receive, (refusal) => failed(refusal))
    host.post({
      t: 'start',
      config: {
        protocolVersion,
        endpoint,
        paths: options.paths ?? {},
        coreUrl: `${endpoint}/${__CORE_NAME__}`,
        coreHash: __CORE_HASH__,
        siteKey: options.site as string,
        siteId,
        settings: signed,
        sessionId,
        pageViewId,
        tabId,
        visitorTag: known.stored.k ?? '',
        consentVersion: known.stored.c ?? '',
        startEpochMs: Date.now() - (performance.now() - startMs),
        startMonotonicMs: performance.timeOrigin + startMs,
      },
    })
    try {
      await isReady
      if (mine !== generation) throw new Refusal('stopped', 'stopped before the first snapshot')
    } catch (error) {
      host.post({ t: 'delete' })
      host.terminate()
      throw error
    }
    const join = (name: 'mask' | 'block' | 'allow'): string[] => [...listOf(options[name]), ...(settings[name] ?? [])]
    let isEnding = false
    recorder = createRecorder({
      protocolVersion,
      level: strict ? 0 : 1,
      keystrokes: !options.minor && options.capture?.keystrokes !== false,
      // Only the page itself can allow; what settings allow is what they do not take back.
      selectors: { mask: join('mask'), block: join('block'), allow: listOf(options.allow) },
      startMs,
      closedRoots,
      post: (t, batch) => host.post({ t, ...batch }),
      activity() {
        if (known.active() || isEnding) return
        // The session ended meanwhile: the same document goes on as a new page view.
        isEnding = true
        recorder?.stop()
        host.post({ t: 'stop', id: ++answers, timeoutMs: defaultTimeoutMs })
        run = undefined
        beginPageView(mine, endpoint, signed, settings, pageViewId).catch(refuse)
      },
      visible: () => host.post({ t: 'visible' }),
      degraded: () => setState('degraded', 'the page is busy: fewer pointer samples'),
      failed: (error) => console.warn('afterimage: an error of the recorder', error instanceof Error ? error.name : ''),
    })
    run = { recorder, host, pageViewId, sessionId }
    const written = recorder.snapshot()
    describePage({
      14: known.stored.c !== undefined ? 'granted' : 'none',
      15: options.release,
      16: options.environment,
      22: known.stored.v,
      23: predecessor,
      25: tabId,
      26: strict ? 'strict' : 'balanced',
      29: String(settings.settingsVersion),
    }, (key, value) => recorder?.note(Op.meta, key, value))
    setState('recording')
    notes.forEach((note) => note())
    notes = []
    await written
  }
  const tab = randomId()

  const ask = (t: 'flush' | 'stop', current: Run, timeoutMs: number): Promise<Delivered> =>
    new Promise((resolve) => {
      const id = ++answers
      const settle = (delivered: Delivered): void => {
        clearTimeout(timer)
        resolve({ acknowledged: delivered.acknowledged, pending: delivered.pending })
      }
      // The worker keeps its own time; this is for one that is gone.
      const timer = setTimeout(() => settle({ acknowledged: 0, pending: 0 }), timeoutMs + 2000)
      waiting.set(id, settle)
      current.host.post(t === 'stop' ? { t, id, timeoutMs } : { t, id })
    })

  const halt = (message: 'delete' | null): void => {
    generation++
    starting = undefined
    notes = []
    const current = run
    run = undefined
    current?.recorder.stop()
    if (message) current?.host.post({ t: message })
  }
  const note = (code: Op.track | Op.identify, name: string, values: object): void => {
    const text = JSON.stringify(values)
    if (run) run.recorder.note(code, name, text)
    else if (starting && state.phase !== 'waiting-consent') notes.push(() => run?.recorder.note(code, name, text))
  }
  const openStored = (): Visitor | undefined => {
    const key = (options.site ?? optionsOf(script).site)?.split('.')[1]
    return (visitor ??= key ? openVisitor(key, options.cookieDomain) : undefined)
  }

  return {
    start(given = {}) {
      if (starting) return starting
      const mine = ++generation
      const attempt = (async () => {
        try {
          const configured = (window as { afterimageConfig?: Options }).afterimageConfig ?? {}
          options = { ...optionsOf(script), ...configured, ...given }
          checkOptions(options)
          await begin(mine)
        } catch (error) {
          if (mine === generation) starting = undefined
          if (error instanceof Refusal && /^(?:dnt|opt-out|sample|stopped)$/.test(error.code)) throw error
          throw refuse(error)
        }
      })()
      attempt.catch(() => {})
      return (starting = attempt)
    },
    async stop({ timeoutMs = defaultTimeoutMs } = {}) {
      const current = run
      halt(null)
      setState('idle', 'stopped')
      return current ? ask('stop', current, timeoutMs) : { acknowledged: 0, pending: 0 }
    },
    async flush() {
      const current = run
      if (!current) return { acknowledged: 0, pending: 0 }
      current.recorder.flush()
      return ask('flush', current, defaultTimeoutMs)
    },
    snapshot: async () => run?.recorder.snapshot(),
    consent(granted, version = '') {
      const known = openStored()
      if (granted) {
        known?.update({ c: version || (options.consentVersion ?? '') })
        consented?.()
        consented = undefined
        return
      }
      halt('delete')
      known?.forget()
      setState('waiting-consent', 'the visitor refused')
    },
    optOut() {
      halt('delete')
      const known = openStored()
      known?.update({ o: true })
      known?.forget()
      setState('idle', 'the visitor opted out')
    },
    optIn() {
      openStored()?.update({ o: false })
      setState('idle')
    },
    identify: (id, traits = {}) => note(Op.identify, id, traits),
    track: (name, properties = {}) => note(Op.track, name, properties),
    privacy() {
      const stored = openStored()?.stored
      return {
        ...signals(),
        level: options.privacy ?? 'strict',
        consent: stored?.c !== undefined,
        consentVersion: stored?.c,
        optedOut: !!stored?.o,
        visitorId: stored?.v,
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
