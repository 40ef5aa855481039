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
/**
 * What markers and selectors say of the frame in which this document stands. The page around it records the
 * document by them, and so must the document where it records itself. Of a page of another origin they are not known.
 */
function modeAround({ mask, block, allow }: Selectors): 'block' | 'mask' | 'allow' | undefined {
  let mode: 'mask' | 'allow' | undefined
  let frames = 0
  for (let at = frameElement; at; at = above(at)) {
    if (/frame$/i.test(at.tagName)) frames++
    if (at.matches(['[data-afterimage=block i]', ...block].join())) return 'block'
    mode ??=
      at.matches(['[data-afterimage]:not([data-afterimage=allow i])', ...mask].join()) ? 'mask'
      : at.matches(['[data-afterimage=allow i]', ...allow].join()) ? 'allow'
      : undefined
  }
  let view: Window = window
  while (frames--) view = view.parent
  return mode ?? (view === top ? undefined : 'mask')
}

/** Settings can only tighten what the page asks for. Throws a refusal. */
export function planOf(options: Options, settings: Settings): Plan {
  const selectors = selectorsOf(options, settings)
  const around = modeAround(selectors)
  if (around === 'block') throw refusal('frame', 'this document stands in a part that is blocked')
  const isBalanced = options.privacy === 'balanced' && settings.privacy === 'balanced' && around !== 'mask'
  const level = isBalanced ? 'balanced' : 'strict'
  const keystrokes = options.capture?.keystrokes !== false
  const { cookieDomain } = options
  return {
    selectors, keystrokes, level,
    ended: () => {
      const now = modeAround(selectors)
      return (now === 'block' || now === 'mask') && now !== around ? refusal('frame', 'this document has come to stand in a part of another level') : undefined
    },
    beyond: isBalanced || !keystrokes || !!(selectors.mask[0] ?? selectors.block[0] ?? selectors.allow[0]),
    // In the npm package there is one worker for all.
    worker: __FULL_WORKER_NAME__ && (isBalanced || selectors.allow[0]) ? [__FULL_WORKER_NAME__, __FULL_WORKER_HASH__] : undefined,
    meta: { 15: options.release, 16: options.environment, 26: level },
    sample: Math.min(options.sample ?? 1, settings.sample ?? 1),
    days: options.visitorDays,
    cookie: cookieDomain === undefined ? undefined : cookieOf(settings.site, cookieDomain),
  }
}
