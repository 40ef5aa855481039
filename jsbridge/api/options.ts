/**
 * Options of the recorder: from the script tag (`data-*`), `window.afterimageConfig` and `start()`,
 * the later over the earlier. What nobody knows is refused, with the nearest known name.
 */
import type { Paths } from '../messages'

export interface Capture {
  readonly canvas?: boolean
  readonly console?: boolean
  readonly network?: boolean
  readonly media?: boolean
  readonly selection?: boolean
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
  /** Do Not Track and Global Privacy Control are obeyed. Default true; the site's settings may forbid false. */
  readonly respectDNT?: boolean
  /** The page is meant for minors: strict, and no key kinds, whatever else is set. */
  readonly minor?: boolean
  /** Share of sessions that are recorded, 0 to 1. */
  readonly sample?: number
  readonly release?: string
  readonly environment?: string
  /** Keeps the visitor id in a first-party cookie of this domain instead of localStorage. */
  readonly cookieDomain?: string
  readonly rules?: readonly unknown[]
  readonly capture?: Capture
  readonly paths?: Paths
}

/** Why nothing is recorded; `directive` names what the page's Content-Security-Policy lacks. */
export class Refusal extends Error {
  constructor(readonly code: string, reason: string, readonly directive?: string) {
    super(reason)
  }
}

const captureNames = 'canvas console network media selection keystrokes'.split(' ')
/** Kind by name: string, boolean, share, list of selectors, object, or the words that are allowed. */
const known: Record<string, string> = {}
for (const group of [
  's site endpoint consentVersion release environment cookieDomain',
  'b respectDNT minor',
  'n sample',
  'l mask block allow',
  'o rules capture paths',
  'strict|balanced privacy',
  'none|required consent',
]) {
  const [kind, ...names] = group.split(' ')
  for (const name of names) known[name] = kind as string
}
const knownNames = Object.keys(known)

/** How far two names are apart: letters that only one of them has, and the difference in length. */
const distance = (a: string, b: string): number => {
  const lacks = (x: string, y: string): number => Array.from(x).filter((c) => !y.includes(c)).length
  return lacks(a, b) + lacks(b, a) + Math.abs(a.length - b.length)
}
const nearest = (name: string, names: readonly string[]): string => {
  const apart = (candidate: string): number => distance(name.toLowerCase(), candidate.toLowerCase())
  return names.reduce((best, candidate) => (apart(candidate) < apart(best) ? candidate : best))
}
function checkNames(value: object, names: readonly string[]): void {
  for (const name of Object.keys(value)) {
    if (!names.includes(name)) throw new Refusal('option', `unknown option ${name}: did you mean ${nearest(name, names)}?`)
  }
}

/** Throws Refusal with code `option`. */
export function checkOptions(options: Options): void {
  checkNames(options, knownNames)
  for (const [name, value] of Object.entries(options)) {
    const kind = known[name] as string
    const fits =
      value === undefined ||
      (kind === 's' ? typeof value === 'string'
      : kind === 'b' ? typeof value === 'boolean'
      : kind === 'n' ? value >= 0 && value <= 1
      : kind === 'l' ? listOf(value).every((item) => typeof item === 'string')
      : kind === 'o' ? typeof value === 'object'
      : kind.split('|').includes(value))
    if (!fits) throw new Refusal('option', `option ${name}: the value is not ${kind[1] ? kind : 'of its kind'}`)
  }
  checkNames(options.capture ?? {}, captureNames)
  checkNames(options.paths ?? {}, ['socket', 'tail', 'settings'])
}

/**
 * Options of a script tag. `data-consent-version` is consentVersion, `data-capture-keystrokes="false"`
 * one of capture. Attributes of other tools are left alone, but not those that look like ours.
 */
export function optionsOf(script: HTMLScriptElement | null): Options {
  const options: Record<string, unknown> = {}
  for (const [attribute, text] of Object.entries(script?.dataset ?? {})) {
    const value = (text ?? '').trim()
    const isOn = value !== 'false'
    const given = attribute.toLowerCase()
    const part = captureNames.find((name) => 'capture' + name === given)
    if (part) {
      options['capture'] = { ...(options['capture'] as object), [part]: isOn }
      continue
    }
    const name = nearest(given, knownNames)
    if (name.toLowerCase() !== given) {
      // Kept as it is, for checkOptions to refuse.
      if (distance(name.toLowerCase(), given) < 3) options[attribute] = value
    } else options[name] = known[name] === 'b' ? isOn : known[name] === 'n' ? Number(value || NaN) : value
  }
  return options as Options
}

export const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined || value === '' ? [] : ([value].flat() as string[])
