/** How a page view is recorded where options or settings ask for more than the default. */
import type { Options } from '../api/options'
import { refusal, type Refusal } from '../api/refusal'
import type { Cookie } from '../api/visitor'
import type { Selectors } from '../capture/policy'
import type { PageValues, Settings } from '../messages'
import { cookieOf } from '../rights/cookie'
import { selectorsOf } from './options'

/** What is missing is as by default: strict, all keys, no selectors. Not mangled, like all of ./main.ts. */
export interface Plan {
  readonly level?: Settings['privacy']
  readonly keystrokes?: boolean
  readonly selectors?: Selectors
  /** Whether the document, in a frame, has come to stand in a part of another level: then nothing more of it may be told. */
  readonly ended?: () => Refusal | undefined
  /** The lean recorder does not do. */
  readonly beyond?: boolean
  /** Name and SHA-256 of the worker for pages that show something, where it is another one. */
  readonly worker?: readonly [name: string, hash: string] | undefined
  readonly meta?: PageValues
  readonly sample?: number
  readonly days?: number | undefined
  readonly cookie?: Cookie | undefined
}

/** What an element stands in: over slots, shadow hosts and the frames of documents of this origin. */
const above = (element: Element): Element | null => {
  const root = element.getRootNode() as Partial<Pick<ShadowRoot, 'host'> & Pick<Document, 'defaultView'>>
  return element.assignedSlot ?? element.parentElement ?? root.host ?? root.defaultView?.frameElement ?? null
}
/** Of this document's options, then of its last plan; a page without options has none. */
let known: Selectors = { mask: [], block: [], allow: [], names: [] }
/** A page that waits for consent has no plan yet, and answers its frames all the same. */
export const noteOptions = (options: Options): void => {
  try {
    known = selectorsOf(options, {})
  } catch {
    // Told where the plan is made.
  }
}

/**
 * What markers and selectors say of the frame in which this document stands (or of another one in it). The page around it records the
 * document by them, and so must the document where it records itself. Of a page of another origin they are not known:
 * `beyond` is that page.
 */
function modeAround({ mask, block, allow }: Selectors, from = frameElement): { around?: 'block' | 'mask' | 'allow' | undefined; beyond?: Window } {
  let mode: 'mask' | 'allow' | undefined
  let view: Window = window
  for (let at = from; at; at = above(at)) {
    if (/^i?frame$/i.test(at.tagName) && (at !== from || at === frameElement)) view = view.parent
    if (at.matches(['[data-afterimage=block i]', ...block].join())) return { around: 'block' }
    mode ??=
      at.matches(['[data-afterimage]:not([data-afterimage=allow i])', ...mask].join()) ? 'mask'
      : at.matches(['[data-afterimage=allow i]', ...allow].join()) ? 'allow'
      : undefined
  }
  return view === top ? { around: mode } : { around: mode ?? 'mask', beyond: view.parent }
}

/**
 * A page of another origin around this one is asked whether it blocks the frame. Whoever answers can only tighten: he
 * who shows this document in a frame could as well not show it. A page that does not record says nothing.
 */
const question = 'afterimage'
const answers = { blocked: 'afterimage blocked', other: 'afterimage other' }
const enum Asking {
  everyMs = 150,
  times = 20,
  /** And while it is recorded, before something is sent. */
  againMs = 3000,
}

const isBlockedIn = (page: Window): Promise<boolean> =>
  new Promise((resolve) => {
    let times = 0
    const done = (is: boolean): void => {
      clearInterval(timer)
      removeEventListener('message', hear)
      resolve(is)
    }
    const ask = (): void => {
      if (times++ < Asking.times) page.postMessage(question, '*')
      else done(false)
    }
    const hear = ({ source, data }: MessageEvent): void => {
      if (source === page && Object.values(answers).includes(data as string)) done(data === answers.blocked)
    }
    addEventListener('message', hear)
    const timer = setInterval(ask, Asking.everyMs)
    ask()
  })

const frameOf = (view: unknown, root: ParentNode): Element | undefined => {
  for (const element of root.querySelectorAll('*')) {
    if ((element as Partial<HTMLIFrameElement>).contentWindow === view) return element
    const inner = element.shadowRoot && frameOf(view, element.shadowRoot)
    if (inner) return inner
  }
  return undefined
}

/** Answers the question of a document in a frame of this one. Where the frame is not found nothing is said. */
export async function answer({ source }: MessageEvent): Promise<void> {
  const frame = frameOf(source, document)
  if (!frame) return
  const { around, beyond } = modeAround(known, frame)
  const isBlocked = around === 'block' || !!beyond && await isBlockedIn(beyond);
  (source as Window).postMessage(isBlocked ? answers.blocked : answers.other, '*')
}

/** Settings can only tighten what the page asks for. Throws a refusal. */
export async function planOf(options: Options, settings: Settings): Promise<Plan> {
  const selectors = known = selectorsOf(options, settings)
  const { around, beyond } = modeAround(selectors)
  if (around === 'block' || beyond && await isBlockedIn(beyond)) throw refusal('frame', 'this document stands in a part that is blocked')
  // Who did not answer may begin to record later, and who did may block the frame later.
  let isBlocked = false
  let askedAt = performance.now()
  if (beyond) addEventListener('message', ({ source, data }) => (isBlocked ||= source === beyond && data === answers.blocked))
  const isBalanced = options.privacy === 'balanced' && settings.privacy === 'balanced' && around !== 'mask'
  const level = isBalanced ? 'balanced' : 'strict'
  const keystrokes = options.capture?.keystrokes !== false
  const { cookieDomain } = options
  return {
    selectors, keystrokes, level,
    ended: () => {
      if (beyond && performance.now() - askedAt > Asking.againMs) {
        askedAt = performance.now()
        beyond.postMessage(question, '*')
      }
      const now = isBlocked ? 'block' : modeAround(selectors).around
      return (now === 'block' || now === 'mask') && now !== around ? refusal('frame', 'this document has come to stand in a part of another level') : undefined
    },
    beyond: isBalanced || parent !== window || !keystrokes || !!(selectors.mask[0] ?? selectors.block[0] ?? selectors.allow[0]),
    // In the npm package there is one worker for all.
    worker: __FULL_WORKER_NAME__ && (isBalanced || selectors.allow[0]) ? [__FULL_WORKER_NAME__, __FULL_WORKER_HASH__] : undefined,
    meta: { 15: options.release, 16: options.environment, 26: level },
    sample: Math.min(options.sample ?? 1, settings.sample ?? 1),
    days: options.visitorDays,
    cookie: cookieDomain === undefined ? undefined : cookieOf(settings.site, cookieDomain),
  }
}
