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

type Kind = 's' | 'b' | 'n' | 'o' | 'l' | readonly string[]
const captureNames = 'canvas,console,network,media,selection,keystrokes'.split(',')
const known: Record<keyof Options, Kind> = {
  site: 's',
  endpoint: 's',
  privacy: ['strict', 'balanced'],
  mask: 'l',
  block: 'l',
  allow: 'l',
  consent: ['none', 'required'],
  consentVersion: 's',
  respectDNT: 'b',
  minor: 'b',
  sample: 'n',
  release: 's',
  environment: 's',
  cookieDomain: 's',
  rules: 'o',
  capture: 'o',
  paths: 'o',
}

/** Edits between two names (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + +(a[i - 1] !== b[j - 1]))
    }
    row = next
  }
  return row[b.length] as number
}

function nearest(name: string, names: readonly string[]): readonly [name: string, distance: number] {
  let best: readonly [string, number] = ['', Infinity]
  for (const candidate of names) {
    const d = distance(name.toLowerCase(), candidate.toLowerCase())
    if (d < best[1]) best = [candidate, d]
  }
  return best
}

const unknown = (what: string, names: readonly string[]): Refusal =>
  new Refusal('option', `unknown option ${what}: did you mean ${nearest(what, names)[0]}?`)

function checkNames(value: object, names: readonly string[]): void {
  for (const name of Object.keys(value)) if (!names.includes(name)) throw unknown(name, names)
}

/** Throws Refusal with code `option`. */
export function checkOptions(options: Options): void {
  checkNames(options, Object.keys(known))
  for (const [name, value] of Object.entries(options)) {
    const kind = known[name as keyof Options]
    const fits =
      value === undefined ||
      (typeof kind === 'object' ? kind.includes(value)
      : kind === 's' ? typeof value === 'string'
      : kind === 'b' ? typeof value === 'boolean'
      : kind === 'n' ? value >= 0 && value <= 1
      : kind === 'l' ? [value].flat().every((item) => typeof item === 'string')
      : typeof value === 'object')
    if (!fits) {
      throw new Refusal('option', `option ${name}: ${typeof kind === 'object' ? 'use ' + kind.join(' or ') : 'has a value of the wrong kind'}`)
    }
  }
  if (options.capture) checkNames(options.capture, captureNames)
  if (options.paths) checkNames(options.paths, ['socket', 'tail', 'settings'])
}

/**
 * Options of a script tag. `data-consent-version` is consentVersion, `data-capture-keystrokes="false"`
 * one of capture. Attributes of other tools are left alone, but not those that look like ours.
 */
export function optionsOf(script: HTMLScriptElement | null): Options {
  const options: Record<string, unknown> = {}
  const names = Object.keys(known)
  for (const [attribute, text] of Object.entries(script?.dataset ?? {})) {
    const plain = (text ?? '').trim()
    const bool = plain === '' || plain === 'true' ? true : plain === 'false' ? false : plain
    const part = captureNames.find((name) => 'capture' + name === attribute.toLowerCase())
    if (part) {
      options['capture'] = { ...(options['capture'] as object), [part]: bool }
      continue
    }
    const [name, edits] = nearest(attribute, names)
    if (edits > 2) continue
    if (edits) throw unknown(attribute, names)
    const kind = known[name as keyof Options]
    options[name] = kind === 'b' ? bool : kind === 'n' ? Number(plain || NaN) : plain
  }
  return options as Options
}

export const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined || value === '' ? [] : ([value].flat() as string[])
