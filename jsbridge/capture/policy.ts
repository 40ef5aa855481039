/**
 * What the bridge decides about privacy: which subtrees are blocked and which inputs are secret,
 * so that they are not even read, and which nodes the site's selectors mark. Everything else is
 * decided in the core.
 */
import { Refusal } from '../messages'
import { $contains, $content, $hasAttribute, $localName, $matches, $nodeType, $ownerDocument, findAll } from './native'

export interface Selectors {
  readonly mask: readonly string[]
  readonly block: readonly string[]
  readonly allow: readonly string[]
}

/**
 * Checks a selector and adds the attributes it depends on to `names`. Throws Refusal for one that a
 * node can come to match without a record of its own, and for what is no selector at all.
 *
 * Allowed are type, class, id and attribute conditions joined by descendant and child combinators.
 */
export function checkSelector(selector: string, names: Set<string>): void {
  const bare = selector.replace(/\[\s*([\w-]+)[^\]]*]/g, (_, name: string) => {
    names.add(name.toLowerCase())
    return '[]'
  })
  // What is left of an attribute condition with a bracket in its value is refused too.
  let good = /^[\w\s.#>,*[\]\u0080-\uffff-]+$/.test(bare)
  try {
    document.createDocumentFragment().querySelector(selector)
  } catch {
    good = false
  }
  if (!good) {
    throw new Refusal('option', `selector ${selector}: only type, class, id and attribute conditions, joined by space or >`)
  }
  if (bare.includes('.')) names.add('class')
  if (bare.includes('#')) names.add('id')
}

export const marker = 'data-afterimage'
const secretTokens = ['cc-number', 'cc-csc', 'current-password', 'new-password', 'one-time-code']
const secretInputs = ['[type=password i]', ...secretTokens.map((token) => `[autocomplete~=${token} i]`)]

const secret = secretInputs.map((condition) => 'input' + condition).join()

/** Attributes whose change can change a match: the marker's and those that selectors name. */
export let markNames: ReadonlySet<string>
/** Whether the site has selectors that mark nodes. */
export let hasMarks = false
let blocked: string
let hidden: string
/** What shows text; empty where the page's level does. */
let allowed: string
let lists: readonly (readonly [selectors: string, bit: number])[]
/** Inputs that were secret since they are known, for as long as the page keeps them. */
const once = new WeakSet<Element>()
/** The same, to go through them. */
const secrets = new Set<WeakRef<Element>>()

/** Takes the site's selectors. Throws Refusal. */
export const openPolicy = ({ mask, block, allow }: Selectors, level?: 0 | 1): void => {
  const names = new Set([marker])
  for (const selector of [...mask, ...block, ...allow]) checkSelector(selector, names)
  markNames = names
  blocked = [`[${marker}=block i]`, ...block].join()
  hidden = blocked + ',' + secretInputs.map((condition) => 'input[value]' + condition).join()
  allowed = level ? '' : [`[${marker}=allow i]`, ...allow].join()
  lists = ([[mask.join(), 1], [block.join(), 2], [allow.join(), 4]] as const).filter(([list]) => list)
  hasMarks = lists.length > 0
  busy = []
}

/** Elements that are boxes because their changes cost the page too much. */
let busy: Element[] = []
/** Takes effect when the element is written anew. */
export const makeBox = (element: Element): void => void busy.push(element)
const busyIn = (root: Node): Element[] => busy.filter((element) => $contains.call(root, element))

/** Matches the node itself, not its ancestors. */
export const isBlocked = (element: Element): boolean => $matches.call(element, blocked) || busy.includes(element)
/** Whether children of this element are never written: boxes and templates. */
export const isClosed = (element: Element): boolean =>
  isBlocked(element) || ($localName.call(element) === 'template' && 'content' in element)
/** Elements below root that are blocked. */
export const findBlocked = (root: Node): readonly Element[] => [...findAll(root, blocked), ...busyIn(root)]

/** Password kinds, and every input that was one since it is known. */
export const isSecret = (element: Element): boolean => {
  if ($localName.call(element) !== 'input') return false
  if (once.has(element)) return true
  if (!$matches.call(element, secret)) return false
  once.add(element)
  secrets.add(new WeakRef(element))
  return true
}

/** Whether text is shown anywhere in the element's document or the top one. */
export const isTextShown = (element: Element): boolean =>
  !allowed || !!(findAll(document, allowed)[0] ?? findAll($ownerDocument.call(element) as Document, allowed)[0])

/** Bits of op mark for this node by the site's selectors. */
export const bitsOf = (element: Element): number =>
  lists.reduce((bits, [list, bit]) => bits | ($matches.call(element, list) ? bit : 0), busy.includes(element) ? 2 : 0)
/** What the selectors mark at and below root, with the bits. */
export const findMarked = (root: Node): Map<Element, number> => {
  const found = new Map<Element, number>()
  if ($nodeType.call(root) !== 1) return found
  for (const element of [root as Element, ...busyIn(root)]) {
    const bits = bitsOf(element)
    if (bits) found.set(element, bits)
  }
  for (const [list, bit] of lists) {
    for (const element of findAll(root, list)) found.set(element, bit | (found.get(element) ?? 0)) // this way round: the minifier would drop the parentheses
  }
  return found
}

// A template's content is another tree; what is nested in it lies deeper still.
const hides = (template: Element): boolean => {
  const content = $content.call(template as HTMLTemplateElement)
  return !!content && (!!findAll(content, hidden)[0] || findAll(content, 'template').some(hides))
}
const isAround = (element: Element): boolean =>
  $matches.call(element, hidden) ||
  ($localName.call(element) === 'template' && hides(element)) ||
  (once.has(element) && $hasAttribute.call(element, 'value'))

/**
 * Elements at or below root that native serialisation must not touch: blocked ones, secret inputs
 * that have a value attribute, templates that hold such.
 */
export const findAround = (root: Node): Element[] => {
  const found = findAll(root, hidden + ',template').filter(isAround).concat(busyIn(root))
  // Those that are no longer what the selector finds: a shown password.
  for (const secret of secrets) {
    const element = secret.deref()
    if (!element) secrets.delete(secret)
    else if ($contains.call(root, element) && isAround(element)) found.push(element)
  }
  if ($nodeType.call(root) === 1 && isAround(root as Element)) found.push(root as Element)
  return found
}
