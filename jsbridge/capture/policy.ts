/**
 * What the bridge decides about privacy: which subtrees are blocked and which inputs are secret,
 * so that they are not even read, and which nodes the site's selectors mark. Everything else is
 * decided in the core.
 */
import { Refusal } from '../messages'
import { $contains, $content, $hasAttribute, $isConnected, $localName, $matches, $nodeType, findAll } from './native'

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
    throw new Refusal('option', `selector ${selector}: only type, class, id and attribute conditions, descendant and child combinators work`)
  }
  if (bare.includes('.')) names.add('class')
  if (bare.includes('#')) names.add('id')
}

export const marker = 'data-afterimage'
const secretTokens = ['cc-number', 'cc-csc', 'current-password', 'new-password', 'one-time-code']
const secretInputs = ['[type=password i]', ...secretTokens.map((token) => `[autocomplete~=${token} i]`)]

export interface Policy {
  /** Attributes whose change can change a match: the marker's and those that selectors name. */
  readonly names: ReadonlySet<string>
  /** Whether the site has selectors that mark nodes. */
  readonly marks: boolean
  /** Matches the node itself, not its ancestors. */
  isBlocked(element: Element): boolean
  /** Whether children of this element are never written: boxes and templates. */
  isClosed(element: Element): boolean
  /** Elements below root that are blocked. */
  blocked(root: Node): Iterable<Element>
  /** Password kinds, and every input that was one since it is known. */
  isSecret(element: Element): boolean
  /** The type of an input that was secret changed: its value attribute may not be read from here on. */
  revealed(element: Element): void
  /** Bits of op mark for this node by the site's selectors. */
  bits(element: Element): number
  /** What the selectors mark at and below root, with the bits. */
  marked(root: Node): Map<Element, number>
  /**
   * Elements at or below root that native serialisation must not touch: blocked ones, secret inputs
   * that have a value attribute, templates that hold such.
   */
  around(root: Node): Element[]
}

export function createPolicy(selectors: Selectors): Policy {
  const names = new Set([marker])
  const join = (list: readonly string[]): string => {
    for (const selector of list) checkSelector(selector, names)
    return list.join()
  }
  const mask = join(selectors.mask)
  const allow = join(selectors.allow)
  const block = [`[${marker}=block i]`, ...selectors.block]
  join(selectors.block)
  const blocked = block.join()
  const blockedBySite = selectors.block.join()
  const secret = secretInputs.map((condition) => 'input' + condition).join()
  const hidden = blocked + ',' + secretInputs.map((condition) => `input[value]${condition}`).join()
  const candidates = hidden + ',template'
  const once = new WeakSet<Element>()
  const shown = new Set<Element>()
  const lists = [[mask, 1], [blockedBySite, 2], [allow, 4]].filter(([list]) => list) as [string, number][]

  const isSecret = (element: Element): boolean => {
    if ($localName.call(element) !== 'input') return false
    if (once.has(element)) return true
    if (!$matches.call(element, secret)) return false
    once.add(element)
    return true
  }
  // A template's content is another tree; what is nested in it lies deeper still.
  const hides = (template: Element): boolean => {
    const content = $content.call(template as HTMLTemplateElement)
    return !!content && (!!findAll(content, hidden)[0] || findAll(content, 'template').some(hides))
  }
  const isAround = (element: Element): boolean =>
    $matches.call(element, hidden) ||
    ($localName.call(element) === 'template' && hides(element)) ||
    (shown.has(element) && $hasAttribute.call(element, 'value'))

  const bitsOf = (element: Element): number =>
    lists.reduce((bits, [list, bit]) => bits | ($matches.call(element, list) ? bit : 0), 0)

  return {
    names,
    marks: lists.length > 0,
    isBlocked: (element) => $matches.call(element, blocked),
    isClosed: (element) => $matches.call(element, blocked) || ($localName.call(element) === 'template' && 'content' in element),
    blocked: (root) => findAll(root, blocked),
    isSecret,
    revealed: (element) => void (once.has(element) && shown.add(element)),
    bits: bitsOf,
    marked(root) {
      const found = new Map<Element, number>()
      if ($nodeType.call(root) !== 1) return found
      const own = bitsOf(root as Element)
      if (own) found.set(root as Element, own)
      for (const [list, bit] of lists) {
        for (const element of findAll(root, list)) found.set(element, bit | (found.get(element) ?? 0)) // this way round: the minifier would drop the parentheses
      }
      return found
    },
    around(root) {
      const found = findAll(root, candidates).filter(isAround)
      for (const element of shown) {
        if (!$isConnected.call(element)) shown.delete(element)
        else if ($contains.call(root, element) && isAround(element)) found.push(element)
      }
      if ($nodeType.call(root) === 1 && isAround(root as Element)) found.push(root as Element)
      return found
    },
  }
}
