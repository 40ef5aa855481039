/** How a page view is recorded where options or settings ask for more than the default. */
import type { Options } from '../api/options'
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
  /** The lean recorder does not do. */
  readonly beyond?: boolean
  /** Name and SHA-256 of the worker for pages that show something, where it is another one. */
  readonly worker?: readonly [name: string, hash: string] | undefined
  readonly meta?: PageValues
  readonly sample?: number
  readonly days?: number | undefined
  readonly cookie?: Cookie | undefined
}

/** Settings can only tighten what the page asks for. Throws a refusal. */
export function planOf(options: Options, settings: Settings): Plan {
  const selectors = selectorsOf(options, settings)
  const isBalanced = options.privacy === 'balanced' && settings.privacy === 'balanced'
  const level = isBalanced ? 'balanced' : 'strict'
  const keystrokes = options.capture?.keystrokes !== false
  const { cookieDomain } = options
  return {
    selectors, keystrokes, level,
    beyond: isBalanced || !keystrokes || !!(selectors.mask[0] ?? selectors.block[0] ?? selectors.allow[0]),
    // In the npm package there is one worker for all.
    worker: __FULL_WORKER_NAME__ && (isBalanced || selectors.allow[0]) ? [__FULL_WORKER_NAME__, __FULL_WORKER_HASH__] : undefined,
    meta: { 15: options.release, 16: options.environment, 26: level },
    sample: Math.min(options.sample ?? 1, settings.sample ?? 1),
    days: options.visitorDays,
    cookie: cookieDomain === undefined ? undefined : cookieOf(settings.site, cookieDomain),
  }
}
