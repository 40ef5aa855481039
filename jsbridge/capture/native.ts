/**
 * The browser's own getters and methods, taken from the prototypes when the script starts.
 *
 * The page may wrap prototypes afterwards, and a form's children hide its properties
 * (`<input name="firstChild">` makes `form.firstChild` an input), so nothing in capture reads a
 * tree through the nodes' own properties. Hot loops write `$firstChild(node)`: V8 turns that
 * into the direct call, which it does not for a closure shared by all getters.
 */
import { given, type Given } from './lean'

type Getters<T, R extends readonly unknown[]> = { [K in keyof R]: (node: T) => R[K] }
type Sibling = ChildNode | null
type Method<T, N extends keyof T> = T[N] extends (...values: infer A) => infer R ? (node: T, ...values: A) => R : never
type Query = (node: Node, selector: string) => NodeListOf<Element>

export type Natives = readonly [
  ...Getters<Node, [number, string, Sibling, Sibling, Sibling, Sibling, ParentNode | null, Document | null, string | null]>,
  Method<Node, 'contains'>, Method<Node, 'getRootNode'>, Method<Node, 'isEqualNode'>,
  ...Getters<Element, [string | null, string, string, NamedNodeMap, ShadowRoot | null, string, string, number, number, number]>,
  (node: Element, selector: string) => boolean, Method<Element, 'hasAttribute'>, Method<Element, 'getAttribute'>, Method<Element, 'getAttributeNodeNS'>,
  Method<Element, 'getBoundingClientRect'>, Query,
  Query, ...Getters<Document, [(Window & typeof globalThis) | null]>,
  Query,
  ...Getters<ShadowRoot, [string, Element]>,
  ...Getters<CharacterData, [string, number]>,
  ...Getters<Attr, [string, string]>,
  ...Getters<HTMLTemplateElement, [DocumentFragment]>,
  ...Getters<HTMLIFrameElement, [Document | null]>,
  ...Getters<HTMLInputElement, [string, string, string, boolean, boolean, boolean, number | null, NodeListOf<HTMLLabelElement> | null]>,
  ...Getters<HTMLTextAreaElement, [string, string]>,
  ...Getters<HTMLSelectElement, [HTMLOptionsCollection, NodeListOf<HTMLLabelElement>]>,
  ...Getters<HTMLOptionElement, [boolean]>,
]

export let natives: Natives

/**
 * Interface and names, in the order of the constants below. Every browser that has MutationObserver and WebAssembly has these.
 * It is a declaration, since the minifier moves the pattern below before all other constants.
 */
function take(): Natives {
  if (!__LEAN__ && given()) return (given() as Given)[0]
  return (natives = `Node nodeType nodeName firstChild lastChild nextSibling previousSibling parentNode ownerDocument textContent contains getRootNode isEqualNode
Element namespaceURI localName tagName attributes shadowRoot outerHTML innerHTML scrollTop scrollLeft childElementCount matches hasAttribute getAttribute getAttributeNodeNS getBoundingClientRect querySelectorAll
Document querySelectorAll defaultView
DocumentFragment querySelectorAll
ShadowRoot innerHTML host
CharacterData data length
Attr name value
HTMLTemplateElement content
HTMLIFrameElement contentDocument
HTMLInputElement type value defaultValue checked defaultChecked indeterminate selectionEnd labels
HTMLTextAreaElement value defaultValue
HTMLSelectElement options labels
HTMLOptionElement selected`.split('\n').flatMap((line) => {
    const [owner, ...own] = line.split(' ') as [string, ...string[]]
    const { prototype } = (window as unknown as Record<string, { readonly prototype: object }>)[owner] as { readonly prototype: object }
    return own.map((name) => {
      const { get, value } = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor
      return Function.prototype.call.bind((get ?? value) as () => unknown)
    })
  }) as unknown as Natives)
}

export const [
  $nodeType, $nodeName, $firstChild, $lastChild, $nextSibling, $previousSibling, $parentNode, $ownerDocument, $textContent,
  $contains, $getRootNode, $isEqualNode,
  $namespaceURI, $localName, $tagName, $attributes, $shadowRoot, $outerHTML, $innerHTML, $scrollTop, $scrollLeft, elementCount,
  $matches, $hasAttribute, $getAttribute, $attrNodeNS, $rect, queryElement,
  queryDocument, $defaultView,
  queryFragment,
  $shadowHTML, $host,
  $data, $length,
  $attrName, $attrValue,
  $content,
  $contentDocument,
  $type, $value, $defaultValue, $checked, $defaultChecked, $indeterminate, $selectionEnd, $labels,
  $areaValue, $areaDefault,
  $options, $selectLabels,
  $selected,
]: Natives = take()

/** Element, Document and DocumentFragment have a method of their own for the same thing, by node type. */
const queries: Readonly<Record<number, Query | undefined>> = { 1: queryElement, 9: queryDocument, 11: queryFragment }

/** querySelectorAll of an element, document or fragment, in document order; nothing of any other node. */
export const findAll = (root: Node, selector: string): readonly Element[] =>
  [...(queries[$nodeType(root)]?.(root, selector) ?? [])]

export const $parentElement = (node: Node): Element | null => {
  const parent = $parentNode(node)
  return parent && $nodeType(parent) === 1 ? (parent as Element) : null
}

/** Children of an element, counted; 0 for other parents. */
export const childElementCount = (root: Node): number => ($nodeType(root) === 1 ? elementCount(root as Element) : 0)
