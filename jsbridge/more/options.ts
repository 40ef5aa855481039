/**
 * Options of the recorder: from the script tag (`data-*`), `window.afterimageConfig` and `start()`,
 * the later over the earlier. What nobody knows is refused, with the nearest known name.
 */
import type { Options } from '../api/options'
import { refusal } from '../api/refusal'
import type { Selectors } from '../capture/policy'
import type { Settings } from '../messages'

/**
 * Kind by name, with a dot for what stands in an object: a type, a share, a list of selectors, the
 * words that are allowed, or `false` for what this version does not have.
 */
const known: Record<string, string> = {}
for (const group of [
  'string site endpoint consentVersion release environment cookieDomain paths.socket paths.tail paths.settings paths.erase paths.privacy',
  'object notice capture paths',
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

/** Throws a refusal with code `option`. */
function checkOptions(options: object, prefix = ''): void {
  for (const [key, value] of Object.entries(options)) {
    const name = prefix + key
    if (value == null) continue
    if (/^(?:capture|paths)$/.test(name) && typeof value === 'object') {
      checkOptions(value, name + '.')
      continue
    }
    const kind = known[name]
    if (!kind) throw refusal('option', `unknown option ${name}: did you mean ${nearest(name)}?`)
    const fits =
      kind === 'false' ? value === false
      : /^\d/.test(kind) ? value >= parseInt(kind) && value <= Number(kind.split('..')[1])
      : kind === 'list' ? listOf(value).every((item) => typeof item === 'string')
      : kind.includes('|') ? kind.split('|').includes(value)
      : kind === typeof value
    if (!fits) throw refusal('option', kind === 'false' ? `this version does not have ${name}` : `option ${name} must be ${kind === 'object' ? 'an object, in an attribute as JSON' : kind}`)
  }
}

/**
 * Options of a script tag. `data-consent-version` is consentVersion, `data-capture-keystrokes="false"`
 * one of capture, `data-paths` is JSON. Attributes of other tools are left alone, but not those that look like ours.
 */
function optionsOf(script: HTMLScriptElement | null): Options {
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

/** What was said in all three places. Throws a refusal. */
export function settle(script: HTMLScriptElement | null, config: Options | undefined, given: Options): Options {
  const options = { ...optionsOf(script), ...config, ...given }
  checkOptions(options)
  return options
}

/** Single selectors; a comma in the value of an attribute condition parts none. */
const partsOf = (list: readonly string[]): readonly string[] =>
  list.join().split(/,(?![^[]*])/).map((part) => part.trim().replace(/\s+/g, ' ')).filter(Boolean)
const listOf = (value: string | readonly string[] | undefined): readonly string[] => (value ? ([value].flat() as string[]) : [])

/**
 * Checks a selector and adds the attributes it depends on to `names`. Throws a refusal for one that a
 * node can come to match without a record of its own, and for what is no selector at all.
 *
 * Allowed are type, class, id and attribute conditions joined by descendant and child combinators.
 */
function checkSelector(selector: string, names: Set<string>): void {
  const bare = selector.replace(/\[\s*([\w-]+)[^\]]*]/g, (_, name: string) => {
    names.add(name.toLowerCase())
    return '[]'
  })
  // To browsers it is part of a name, which nothing in the page has.
  if (/(?![ \t\n\r\f])[\s\p{Cc}\p{Cf}]/u.test(selector)) throw refusal('option', `selector ${selector}: a character in it cannot be seen: write it anew`)
  // What is left of an attribute condition with a bracket in its value is refused too.
  let good = /^[\w\s.#>,*[\]\u0080-\uffff-]+$/.test(bare)
  try {
    document.createDocumentFragment().querySelector(selector)
  } catch {
    good = false
  }
  if (!good) {
    throw refusal('option', `selector ${selector}: only type, class, id and attribute conditions, joined by space or >`)
  }
  if (bare.includes('.')) names.add('class')
  if (bare.includes('#')) names.add('id')
}

/**
 * One form of all the ways in which a selector may be written: white space, quotes, the case of types and attributes, the
 * order in a compound. The twin is canonical in collector/rules/selector.go.
 */
function canonical(selector: string): string {
  const out: string[] = []
  let kind = ''
  let parts: string[] = []
  const close = (): void => {
    const text = (kind === '*' && parts[0] ? '' : kind) + Array.from(new Set(parts)).sort().join('')
    if (text) out.push(text)
    kind = ''
    parts = []
  }
  for (const token of selector.match(/\[[^\]]*]|[.#]?[^\s.#[>]+|>|\s+/g) ?? []) {
    if (/^[\s>]/.test(token)) {
      close()
      if (token === '>') out.push(token)
    } else if (/^[.#]/.test(token)) parts.push(token)
    else if (token[0] !== '[') kind = token.toLowerCase()
    else {
      parts.push(token.replace(
        /^\[\s*([\w-]+)\s*(?:([~|^$*]?=)\s*(?:(["'])(.*?)\3\s*([is]?)|([^\s\]]+)(?:\s+([is]))?)\s*)?]$/i,
        (_, name: string, sign = '', _quote, quoted = '', flag = '', bare = '', flagOfBare = '') =>
          `[${name.toLowerCase()}${sign}"${quoted}${bare}"${(flag + flagOfBare).toLowerCase()}]`))
    }
  }
  close()
  return out.join(' ')
}

/** The selectors of page and settings together, checked; of the page's `allow` only what the settings have too, if they have any. */
export function selectorsOf(options: Pick<Options, 'mask' | 'block' | 'allow'>, settings: Pick<Settings, 'mask' | 'block' | 'allow'>): Selectors {
  const join = (name: 'mask' | 'block'): readonly string[] => [...listOf(options[name]), ...(settings[name] ?? [])]
  const mask = join('mask')
  const block = join('block')
  const allow = listOf(options.allow)
  const limit = settings.allow?.length ? partsOf(settings.allow).map(canonical) : undefined
  for (const part of partsOf(allow)) {
    if (limit && !limit.includes(canonical(part))) throw refusal('option', `allow: the settings do not have selector ${part}`)
  }
  // One of the two is a mistake, and nobody can tell which. Between page and settings the tighter holds.
  for (const said of [options, settings]) {
    const lists = new Map<string, string>()
    for (const name of ['mask', 'block', 'allow'] as const) {
      for (const part of partsOf(listOf(said[name]))) {
        const form = canonical(part)
        const other = lists.get(form) ?? name
        if (other !== name) throw refusal('option', `selector ${part} is in ${other} and in ${name}: take it out of one`)
        lists.set(form, name)
      }
    }
  }
  const names = new Set<string>()
  for (const selector of [...mask, ...block, ...allow]) checkSelector(selector, names)
  return { mask, block, allow, names: Array.from(names) }
}
