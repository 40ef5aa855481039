/**
 * Options of the recorder, and what of them is read at once. All the rest of them, with every check, is
 * in ../more/options.ts, which a page loads that has other options than `site` and `endpoint`.
 */
import type { Paths } from '../messages'
import type { Notice } from '../rights/notice'

export interface Capture {
  /** This version captures none of these: only `false` is accepted. */
  readonly canvas?: false
  readonly console?: false
  readonly network?: false
  readonly media?: false
  readonly selection?: false
  /** Kinds of key events, never characters. Default true. */
  readonly keystrokes?: boolean
}

export interface Options {
  /** The site key. */
  readonly site?: string
  /** Origin and path prefix of the collector; default: the folder of the script. */
  readonly endpoint?: string
  readonly privacy?: 'strict' | 'balanced'
  /** Selectors, as a list or joined by commas. */
  readonly mask?: string | readonly string[]
  readonly block?: string | readonly string[]
  readonly allow?: string | readonly string[]
  readonly consent?: 'none' | 'required'
  readonly consentVersion?: string
  /** Where consent is required: asks for it with a notice of ours. `{}` asks in English. */
  readonly notice?: Notice
  /** Do Not Track and Global Privacy Control are obeyed. Default true; the site's settings may forbid false. */
  readonly respectDNT?: boolean
  /** The visitor is a minor: recording ends or does not begin, and what was recorded of this browser is deleted, here and on the collector. */
  readonly minor?: boolean
  /** Share of sessions that are recorded, 0 to 1. */
  readonly sample?: number
  readonly release?: string
  readonly environment?: string
  /** Keeps the visitor id in a first-party cookie of this domain, so that its subdomains share it. */
  readonly cookieDomain?: string
  /** So many days after it was made, whatever happened meanwhile, the visitor id is replaced. 1 to 395 (13 months), the default. */
  readonly visitorDays?: number
  readonly capture?: Capture
  readonly paths?: Paths
}

/**
 * What is needed of a script tag before anything may be loaded: whose visitor this is, and whether he may
 * be recorded. All else is there as it stands, unread.
 */
export function earlyOptions(script: HTMLScriptElement | null): Options {
  const options: Record<string, unknown> = {}
  for (const [name, text] of Object.entries({ ...script?.dataset })) {
    // respectDNT as it stands in an attribute's name, with dashes or without. A switch is on without a value too.
    options[name.replace(/dnt$/i, 'DNT')] = /^minor$|dnt$/i.test(name) ? text !== 'false' : text
  }
  return options
}
