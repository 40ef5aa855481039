/**
 * The browser's own getters and methods, taken from the prototypes when the script starts.
 *
 * The page may wrap prototypes afterwards, and a form's children hide its properties
 * (`<input name="firstChild">` makes `form.firstChild` an input), so nothing in capture reads a
 * tree through the nodes' own properties. Hot loops write `$firstChild.call(node)`: V8 turns that
 * into the direct call, which it does not for a closure shared by all getters.
 */

type Getter<T, R> = (this: T) => R
type Getters<T, R extends readonly unknown[]> = { [K in keyof R]: Getter<T, R[K]> }

/** Getters by name, in order. */
function take<T, R extends readonly unknown[]>(from: { readonly prototype: T }, names: string): Getters<T, R> {
  // Every browser that has MutationObserver and WebAssembly has these as accessors.
  const getter = (name: string) => Object.getOwnPropertyDescriptor(from.prototype, name)!.get
  return names.split(' ').map(getter) as unknown as Getters<T, R>
}

type Sibling = ChildNode | null

export const [
  $nodeType, $nodeName, $firstChild, $lastChild, $nextSibling, $previousSibling, $parentNode, $isConnected, $ownerDocument,
  $textContent, $parentElement,
] = take<Node, [number, string, Sibling, Sibling, Sibling, Sibling, ParentNode | null, boolean, Document | null, string | null, Element | null]>(
  Node, 'nodeType nodeName firstChild lastChild nextSibling previousSibling parentNode isConnected ownerDocument textContent parentElement')

export const [
  $namespaceURI, $localName, $tagName, $attributes, $shadowRoot, $outerHTML, $innerHTML, $scrollTop, $scrollLeft,
  elementCount,
] = take<Element, [string | null, string, string, NamedNodeMap, ShadowRoot | null, string, string, number, number, number]>(
  Element, 'namespaceURI localName tagName attributes shadowRoot outerHTML innerHTML scrollTop scrollLeft childElementCount')

export const [$shadowHTML, $host] = take<ShadowRoot, [string, Element]>(ShadowRoot, 'innerHTML host')
export const [$data, $length] = take<CharacterData, [string, number]>(CharacterData, 'data length')
export const [$attrName, $attrValue] = take<Attr, [string, string]>(Attr, 'name value')
export const [$content] = take<HTMLTemplateElement, [DocumentFragment]>(HTMLTemplateElement, 'content')
export const [$contentDocument] = take<HTMLIFrameElement, [Document | null]>(HTMLIFrameElement, 'contentDocument')
export const [$frameDocument] = take<HTMLFrameElement, [Document | null]>(HTMLFrameElement, 'contentDocument')
export const [$defaultView] = take<Document, [(Window & typeof globalThis) | null]>(Document, 'defaultView')
export const [$type, $value, $defaultValue, $checked, $defaultChecked, $indeterminate, $selectionEnd, $labels] =
  take<HTMLInputElement, [string, string, string, boolean, boolean, boolean, number | null, NodeListOf<HTMLLabelElement> | null]>(
    HTMLInputElement, 'type value defaultValue checked defaultChecked indeterminate selectionEnd labels')
export const [$areaValue, $areaDefault] = take<HTMLTextAreaElement, [string, string]>(HTMLTextAreaElement, 'value defaultValue')
export const [$options, $selectLabels] = take<HTMLSelectElement, [HTMLOptionsCollection, NodeListOf<HTMLLabelElement>]>(HTMLSelectElement, 'options labels')
export const [$selected] = take<HTMLOptionElement, [boolean]>(HTMLOptionElement, 'selected')
export const [$width, $height] = take<HTMLElement, [number, number]>(HTMLElement, 'offsetWidth offsetHeight')

export const { contains: $contains, getRootNode: $getRootNode, isEqualNode: $isEqualNode } = Node.prototype
export const {
  matches: $matches, hasAttribute: $hasAttribute, getAttribute: $getAttribute, getAttributeNodeNS: $attrNodeNS, getBoundingClientRect: $rect,
} = Element.prototype

/** Element, Document and DocumentFragment have a method of their own for the same thing, by node type. */
const queries: Readonly<Record<number, ParentNode['querySelectorAll'] | undefined>> = {
  1: Element.prototype.querySelectorAll,
  9: Document.prototype.querySelectorAll,
  11: DocumentFragment.prototype.querySelectorAll,
}

/** querySelectorAll of an element, document or fragment, in document order; nothing of any other node. */
export const findAll = (root: Node, selector: string): readonly Element[] =>
  Array.from(queries[$nodeType.call(root)]?.call(root as ParentNode & Node, selector) ?? [])

/** Children of an element, counted; 0 for other parents. */
export const childElementCount = (root: Node): number => ($nodeType.call(root) === 1 ? elementCount.call(root as Element) : 0)
