/**
 * Options of the recorder: from the script tag (`data-*`), `window.afterimageConfig` and `start()`,
 * the later over the earlier. What nobody knows is refused, with the nearest known name.
 */
import { Refusal, type Paths } from '../messages'
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
 * Kind by name, with a dot for what stands in an object: a type, a share, a list of selectors, the
 * words that are allowed, or `false` for what this version does not have.
 */
const known: Record<string, string> = {}
for (const group of [
  'string site endpoint consentVersion release environment cookieDomain paths.socket paths.tail paths.settings paths.erase paths.privacy',
  'object notice',
  'boolean respectDNT minor capture.keystrokes',
  '0..1 sample',
  '1..395 visitorDays',
  'list mask block allow',
  'strict|balanced privacy',
  'none|required consent',
  'false rules capture.canvas capture.console capture.network capture.media capture.selection',
]) {
  const [kind, ...names] = group.split(' ')
  for (const name of names) known[name] = kind as string
}

/** As it stands in an attribute's name, which has neither case nor dots. */
const fold = (name: string): string => name.replace('.', '').toLowerCase()
/** How far two names are apart: letters that only one of them has, and the difference in length; -1 for the same name. */
const distance = (one: string, other: string): number => {
  const a = fold(one)
  const b = fold(other)
  const lacks = (x: string, y: string): number => Array.from(x).filter((c) => !y.includes(c)).length
  return a === b ? -1 : lacks(a, b) + lacks(b, a) + Math.abs(a.length - b.length)
}
const nearest = (name: string): string =>
  Object.keys(known).reduce((best, candidate) => (distance(name, candidate) < distance(name, best) ? candidate : best))

/** Throws Refusal with code `option`. */
export function checkOptions(options: object, prefix = ''): void {
  for (const [key, value] of Object.entries(options)) {
    const name = prefix + key
    if (value == null) continue
    if (/^(?:capture|paths)$/.test(name) && typeof value === 'object') {
      checkOptions(value, name + '.')
      continue
    }
    const kind = known[name]
    if (!kind) throw new Refusal('option', `unknown option ${name}: did you mean ${nearest(name)}?`)
    const fits =
      kind === 'false' ? value === false
      : /^\d/.test(kind) ? value >= parseInt(kind) && value <= Number(kind.split('..')[1])
      : kind === 'list' ? listOf(value).every((item) => typeof item === 'string')
      : kind.includes('|') ? kind.split('|').includes(value)
      : kind === typeof value
    if (!fits) throw new Refusal('option', kind === 'false' ? `this version does not have ${name}` : `option ${name} must be ${kind}`)
  }
}

/**
 * Options of a script tag. `data-consent-version` is consentVersion, `data-capture-keystrokes="false"`
 * one of capture, `data-paths` is JSON. Attributes of other tools are left alone, but not those that look like ours.
 */
export function optionsOf(script: HTMLScriptElement | null): Options {
  const options: Record<string, unknown> = {}
  for (const [attribute, text] of Object.entries(script?.dataset ?? {})) {
    if (/^(?:capture|paths|notice)$/.test(attribute)) {
      try {
        options[attribute] = JSON.parse(text || '{}')
      } catch {
        options[attribute] = text // for checkOptions to refuse
      }
      continue
    }
    const name = nearest(attribute)
    const kind = known[name]
    const apart = distance(name, attribute)
    const [key, part] = name.split('.') as [string, string?]
    const value =
      kind === 'boolean' || kind === 'false' ? text !== 'false'
      : /^\d/.test(kind as string) ? Number(text || NaN)
      : text
    if (part && apart < 0) options[key] = { ...(options[key] as object), [part]: value }
    // A near miss is kept as it is, for checkOptions to refuse.
    else if (apart < 3) options[apart < 0 ? name : attribute] = value
  }
  return options as Options
}

/** Single selectors. */
export const partsOf = (list: readonly string[]): readonly string[] => list.join().split(',').map((part) => part.trim()).filter(Boolean)
export const listOf = (value: string | readonly string[] | undefined): readonly string[] => (value ? ([value].flat() as string[]) : [])
