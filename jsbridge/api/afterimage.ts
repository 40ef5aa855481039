/**
 * `window.afterimage`: decides whether, when and under which ids this document is recorded, and
 * connects bridge (../capture) and worker. Nothing leaves, and nothing is stored, before privacy
 * signals, opt-out and consent allow it.
 */
import type { Recorder, RecorderOptions } from '../capture/interface'
import { createRecorder } from '../capture/recorder'
import { Op } from '../capture/ops'
import type { More } from '../more/main'
import type { Plan } from '../more/plan'
import { protocolVersion, type FromWorker, type Paths, type Phase, type Settings, type SignedSettings, type ToWorker } from '../messages'
import { describePage } from './describe'
import { fetchText, loadScript, startWorker, type Post } from './host'
import { earlyOptions, type Options } from './options'
import { isRefusal, refusal, type Refusal } from './refusal'
import { openVisitor, randomId, type Stored, type Visitor } from './visitor'

declare global {
  interface Navigator {
    readonly globalPrivacyControl?: unknown
  }
}

export interface State {
  readonly phase: Phase
  readonly reason: string
  readonly directive?: string | undefined
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

/** One page view, which is being recorded where it is the current one. */
interface View {
  readonly id_: string
  readonly sessionId_: string
  post_: Post
  /** Undefined until it is made. */
  recorder_?: Recorder
  /** Undefined while there is no recorder. */
  readonly snapshot_: (full?: boolean | string) => Promise<void> | undefined
  /** The full recorder takes over. */
  handing_?: Promise<void> | undefined
}

const enum Limit {
  defaultTimeoutMs = 10_000,
}
const nothing: Delivered = { acknowledged: 0, pending: 0 }
const noConsent = 'no consent'

export function createAfterimage(script: HTMLScriptElement | null): Afterimage {
  let given: Options = {}
  let options: Options = {}
  let reading: Promise<void> | undefined
  let isPlain: boolean
  let state: State = { phase: 'idle', reason: '' }
  let visitor: Visitor | undefined
  let settings: Settings | undefined
  let settingsText = ''
  let run: View | undefined
  /** Its session has ended, and the next page view of the document is about to begin. */
  let before: View | undefined
  let starting: Promise<void> | undefined
  let generation = 0
  let replaced = -1 // the newest version of settings that the collector said to be too old
  let consented: (() => void) | undefined
  let notes: (() => void)[] = []
  let answers = 0
  let tabId: string | undefined
  const waiting: Record<number, ((delivered: Delivered) => void) | undefined> = {}
  const page = window as unknown as { readonly afterimageConfig?: Options }

  /** What was handed over while it began is written where it records now, and forgotten with any other state. */
  const setState = (phase: Phase, reason = '', directive?: string): void => {
    state = { phase, reason, directive }
    notes.forEach((note) => note())
    notes = []
  }
  const refuse = (error: unknown): Refusal => {
    const refused = isRefusal(error) ? error : refusal('internal', 'the recorder failed')
    setState('refused', refused.message, refused.directive)
    console.warn('afterimage: nothing is recorded: ' + refused.message)
    return refused
  }
  /** Ends an attempt that is no fault: its reason is the code. */
  const withhold = (code: string): never => {
    setState('idle', code)
    throw refusal(code, code)
  }
  const check = (good: unknown, code: string, reason: string): void => {
    if (!good) throw refusal(code, reason)
  }
  const checkCurrent = (mine: number): void => check(mine === generation, 'stopped', 'stopped')

  /** By a signal of the browser, where that counts. */
  const asksNotToTrack = (): boolean | undefined =>
    (options.respectDNT !== false || (settings && settings.respectDNT !== false)) &&
      /1|true/.test([navigator.doNotTrack, navigator.globalPrivacyControl] as unknown as string)
  const stored = (): Readonly<Stored> => visitor?.stored_ ?? {}
  // Settings can only tighten what the page asks for.
  const hasConsent = (): boolean => {
    const { c, p, w } = stored()
    return !w && (options.consent !== 'required' && settings?.consent !== 'required' ||
      (c != null && (options.consentVersion ?? c) === c && (!p || !settings?.privacyVersion || p === settings.privacyVersion)))
  }
  /** Resolves when the visitor may be recorded, as far as is known now. */
  const mayRecord = async (mine: number): Promise<void> => {
    checkCurrent(mine)
    if (stored().o) withhold('opt-out')
    if (asksNotToTrack()) withhold('dnt')
    if (hasConsent()) return sweep()
    setState('waiting-consent', noConsent)
    const answered = new Promise<void>((resolve) => (consented = () => resolve(consented = undefined)))
    if (options.notice != null && !stored().w) {
      await readOptions()
      const { ask } = await withMore()
      if (!hasConsent()) ask(options.notice, (granted) => api.consent(granted), answered)
    }
    await answered
    return mayRecord(mine)
  }

  const begin = async (mine: number): Promise<void> => {
    const { site } = settle()
    check(/^[mh]\.[a-z0-9]{8,32}(\.[\w-]+)?$/.test(site as string), 'option', 'not a site key: copy the script tag')
    // Elsewhere browsers have none.
    check(crypto.subtle, 'insecure-context', 'use https')
    if ((document as { prerendering?: boolean }).prerendering) {
      await new Promise((resolve) => document.addEventListener('prerenderingchange', resolve))
    }
    const known = visitor = openVisitor(siteOf())
    settings = undefined
    addEventListener('storage', changed)
    check(options.endpoint ?? script?.src, 'option', 'endpoint is missing')
    const { e = '', k } = stored()
    // What is here goes at once; the key stays until the collector has deleted what it has.
    if (options.minor && k) known.forget_({ e: e + k })
    await sweep()
    if (options.minor) withhold('minor')
    await mayRecord(mine)
    await readOptions()
    await beginPageView(mine)
  }

  /** Each page view has the settings of its own beginning, so that a session's end brings new ones into force. */
  const beginPageView = async (mine: number, predecessor?: string): Promise<void> => {
    const siteId = siteOf()
    const endpoint = endpointOf()
    await mayRecord(mine)
    // A document that was offline meanwhile goes on with those it has.
    settingsText = await fetchText(locate('settings', 'v1/settings/' + siteId))
      .catch((error) => predecessor ? settingsText : Promise.reject(error))
    let signed: SignedSettings
    let current: Settings
    try {
      signed = JSON.parse(settingsText) as SignedSettings
      settings = current = JSON.parse(signed.payload) as Settings
    } catch {
      throw refusal('settings', 'not JSON')
    }
    check(current.enabled !== false, 'disabled', 'switched off')
    await mayRecord(mine)
    // Beyond the default, where options or settings ask for more.
    const plan: Plan = isPlain && !current.mask?.length && !current.block?.length ? {} : await (await withMore()).plan(options, current)
    const create = __LEAN__ && plan.beyond ? await loadRecorder() : createRecorder
    const known = visitor as Visitor
    const still = (): void => checkCurrent(mine)
    still()
    const { s: sessionId, r: isRecorded, k, c, v } = known.session_(current.privacyVersion, plan.sample ?? current.sample ?? 1, plan.days, plan.cookie)
    if (!isRecorded) withhold('sample')
    tabId ??= randomId()
    const id = randomId()
    const view = {
      id_: id,
      sessionId_: sessionId,
      snapshot_: (full) => view.recorder_?.snapshot_(full).catch((error) => {
        throw lost(error)
      }),
    } as View
    const startMs = performance.now()
    let recorderOptions: RecorderOptions
    let over: Refusal | undefined
    let handing: Promise<void> | undefined
    const isRunning = (): boolean => run === view
    /** What is sealed goes out, then the worker ends. */
    const finish = (): void => view.post_({ t: 'stop', id: ++answers, timeoutMs: Limit.defaultTimeoutMs })
    /** A snapshot that is not whole is no recording: the worker drops what it was given. */
    const broken = (error: unknown): unknown => {
      view.post_({ t: 'delete', keep: true })
      if (isRunning()) halt()
      return error
    }
    /** Where it still runs that ends it. */
    const lost = (error: unknown): unknown => (isRunning() ? refuse(broken(error)) : error)
    /** The same document goes on as a new page view, under the settings and the consent that hold now. */
    const again = (): void => {
      if (!isRunning()) return
      before = run
      run = undefined
      view.recorder_?.stop_(true)
      finish()
      beginPageView(mine, id).catch((error) => ended(mine, error))
    }
    /** What the recorder in this script cannot do the full one does, as a new epoch; without it recording ends. */
    const handOver = (isBusy?: boolean): Promise<void> => {
      handing ??= (async () => {
        const createFull = await loadRecorder()
        if (!isRunning()) return
        view.recorder_?.stop_()
        view.recorder_ = createFull(recorderOptions, true, isBusy)
        return view.recorder_.snapshot_()
      })().catch((error) => {
        throw lost(error)
      })
      handing.catch(() => {})
      return (view.handing_ = handing)
    }
    const receive = (message: FromWorker): void => {
      switch (message.t) {
        case 'failed':
          // Once for each version, or a collector that errs would keep the page at it.
          if (message.reason === 'settings' && replaced < current.settingsVersion) {
            replaced = current.settingsVersion
            known.update_({ s: '' }) // what follows is of another session: it names the versions that hold now
            return again()
          }
          over = refusal(message.code, message.reason, message.directive)
          if (!isRunning()) return
          halt()
          finish()
          refuse(over)
          return
        case 'resend':
          return view.recorder_?.resend_(message.list)
        case 'snapshot':
          return void view.snapshot_(message.full)?.catch(() => {})
        case 'assets':
          return view.recorder_?.assets_?.()
        case 'applied':
          return view.recorder_?.applied_(message.bytes)
        case 'unreachable':
          if (isRunning() && state.phase === 'recording') setState('recording', message.is ? 'unreachable' : '')
          if (message.is) withMore().then(({ warn }) => warn(), () => {})
          return
        case 'flushed': {
          const { t, id, ...delivered } = message
          waiting[id]?.(delivered)
          delete waiting[id]
        }
      }
    }
    const [name, hash] = plan.worker ?? [__WORKER_NAME__, __WORKER_HASH__]
    const post = view.post_ = await startWorker(at(name), hash, id, still, {
      t: 'start',
      config: [
        protocolVersion, endpoint, options.paths, options.site as string, signed,
        { id, session: sessionId, tab: tabId, consentVersion: c ?? '' },
        k, Date.now(), performance.timeOrigin + startMs,
        ...(__LEAN__ ? [] as const : [at(__CORE_NAME__)] as const),
      ],
    }, receive)
    try {
      if (over) throw over
      still()
      before?.recorder_?.stop_()
      view.recorder_ = create(recorderOptions = {
        plan_: plan,
        startMs_: startMs,
        post_: (t, what) => post({ t, ...what } as ToWorker),
        activity_() {
          if (isRunning() && !known.active_() && !changed()) again() // the session ended meanwhile
        },
        degraded_: (reason) => setState('degraded', reason),
        failed_: (error) => console.warn('afterimage: error', (error as Error).name),
        broken_: lost,
        beyond_: handOver,
      })
    } catch (error) {
      throw broken(error)
    }
    run = view
    const written = view.snapshot_()
    post({
      t: 'meta',
      values: {
        ...describePage(),
        14: c == null ? 'none' : 'granted',
        22: v,
        23: predecessor,
        26: 'strict',
        ...plan.meta,
      },
    })
    setState('recording')
    await written
  }

  const ask = (t: 'flush' | 'stop', { post_: post }: View, timeoutMs: number): Promise<Delivered> =>
    new Promise((resolve, reject) => {
      waiting[++answers] = resolve
      // The worker keeps its own time; this is for one that is gone.
      setTimeout(() => reject(refusal('worker-ended', 'the worker ended')), timeoutMs + 2000)
      post({ t, id: answers, timeoutMs })
    })

  /** Ends recording. */
  const halt = (): View | undefined => {
    generation++
    const current = run ?? before
    starting = run = before = undefined
    current?.recorder_?.stop_()
    consented?.()
    return current
  }
  /** Why this visitor is not recorded, whatever the consent. */
  const barred = (): string | undefined | false => {
    const { o, e } = stored()
    return o ? 'opt-out' : e != null && 'minor'
  }
  /** Ends recording, and what was not sent is forgotten. */
  const withdraw = (): void => {
    halt()?.post_({ t: 'delete' })
    const code = barred()
    setState(code ? 'idle' : 'waiting-consent', code || noConsent)
  }
  /**
   * Deletes what waits for it, on this page or since an earlier one. Before that is done nothing is recorded, nor
   * sent of what was.
   */
  const sweep = async (): Promise<void> => {
    const { d, e } = stored()
    if (!d && !e) return
    const { sweep } = await withMoreAnyway()
    await sweep(stored(), (visitor as Visitor).update_, siteOf(), options.cookieDomain, locate('erase', 'v1/erase'))
  }
  const forget = (change: Stored): void => {
    openStored()?.forget_(change)
    withdraw()
    sweep().catch(() => {}) // the next page view tries again
  }
  /** Another tab may have written. True: it has ended this run, or what was about to become one. */
  const changed = (): unknown => {
    const isOver = starting && (barred() || !consented && !hasConsent())
    if (isOver) withdraw()
    else resume()
    return isOver
  }
  /** Whoever waits for consent looks again. */
  const resume = (): void => {
    if (starting) consented?.()
    else if (state.phase === 'waiting-consent' && options.site && hasConsent()) api.start(given)
  }
  const ended = (mine: number, error: unknown): unknown => {
    // Whoever ended it said so.
    if (mine !== generation) return error
    starting = undefined
    const { code, message } = error as Refusal
    return code === message ? error : refuse(error)
  }
  const note = (code: Op.track | Op.identify, name: string, values: object = {}): void => {
    const text = JSON.stringify(values) + ''
    const write = (): void => run?.recorder_?.note_(code, name + '', text)
    // Where nobody is asked any more, but nothing is recorded yet, it waits; where nothing is going to be, it goes nowhere.
    starting && !run && !consented ? notes.push(write) : write()
  }
  const openStored = (): Visitor | undefined => {
    settle()
    const siteId = siteOf()
    return (visitor ??= siteId ? openVisitor(siteId) : undefined)
  }
  const siteOf = (): string => options.site?.split('.')[1] ?? ''
  /** What was said so far, in all three places; of the script tag what is read at once. */
  const settle = (): Options => (options = { ...earlyOptions(script), ...page.afterimageConfig, ...options })
  /** Reads and checks all options. Where there are only those that every page has, they are what they are. */
  const readOptions = (): Promise<void> =>
    (reading ??= (async () => {
      isPlain = parent === window && Object.keys(options).every((name) => /^(site|endpoint)$/.test(name))
      if (!isPlain) options = (await withMore()).settle(script, page.afterimageConfig, given)
    })())
  const endpointOf = (): string => new URL(options.endpoint ?? new URL('.', script?.src), location.href).href.replace(/\/$/, '')
  const at = (path: string): string => new URL(path, endpointOf() + '/').href
  /** An address of the collector, or where the site has put it. */
  const locate = (name: keyof Paths, usual: string): string => at(options.paths?.[name] ?? usual)
  const load = <T>(name: string, hash: string): Promise<T> => loadScript(at(name), hash, script?.nonce)
  const withMore = (): Promise<More> => load(__MORE_NAME__, __MORE_HASH__)
  /** With the options, but also where one is none. */
  const withMoreAnyway = (): Promise<More> => readOptions().catch(() => {}).then(withMore)
  const loadRecorder = async (): Promise<typeof createRecorder> => load(...(await withMore()).recorder)

  const api: Afterimage = {
    start(said = {}) {
      if (said.minor) halt()?.post_({ t: 'delete' })
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
      mine?.recorder_?.flush_()
      const delivered = mine ? await ask('flush', mine, Limit.defaultTimeoutMs) : nothing
      const handing = mine?.handing_
      if (!handing) return delivered
      // That may have brought the full recorder: what it tells anew belongs to it.
      delete mine.handing_
      await handing.catch(() => {})
      return api.flush()
    },
    snapshot: async () => run?.snapshot_(),
    consent(granted, version) {
      if (!granted) return forget({ w: true })
      openStored()
      if (asksNotToTrack()) return
      visitor?.update_({ c: version || options.consentVersion || '', p: settings?.privacyVersion, w: false })
      resume()
    },
    optOut: () => forget({ o: true }),
    optIn() {
      openStored()?.update_({ o: false })
      setState('idle')
    },
    identify(id, traits) {
      // An address, words, or digits as of a telephone. What the core finds beyond that is masked.
      if (/[@%]|\S\s+\S|^[+0][\d()./-]{6,}$|^(1\W)?\(?(\d{3}[)./-]*){2}\d{4}$/.test(id)) {
        run?.post_({ t: 'count', name: 'identify-refused' })
        throw refusal('identity', 'looks like a person: give a random id')
      }
      note(Op.identify, id, traits)
    },
    track: (name, properties) => note(Op.track, name, properties),
    privacy() {
      openStored()
      const known = stored()
      // At once, while the click counts; it is sent on its way by the script that also talks to it.
      const opened = open('', 'afterimage-privacy')
      if (opened) {
        withMoreAnyway()
          .then(({ hand }) => hand(opened, locate('privacy', 'privacy'), siteOf(), known))
          .catch(console.warn)
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
      return run?.id_ ?? null
    },
  }
  addEventListener('message', (event) => {
    if (event.data === 'afterimage' && state.phase !== 'idle') withMore().then((more) => more.answer(event), () => {})
  })
  return api
}
