/**
 * The browser's own getters and methods, taken from the prototypes when the script starts.
 *
 * The page may wrap prototypes afterwards, and a form's children hide its properties
 * (`<input name="firstChild">` makes `form.firstChild` an input), so nothing in capture reads a
 * tree through the nodes' own properties. Hot loops write `$firstChild.call(node)`: V8 turns that
 * into the direct call, which it does not for a closure shared by all getters.
 */

type Getter<T, R> = (this: T) => R

function getter<T, R>(prototype: object, name: string): Getter<T, R> {
  // Every browser that has MutationObserver and WebAssembly has these as accessors.
  return Object.getOwnPropertyDescriptor(prototype, name)!.get as Getter<T, R>
}

const node = Node.prototype
const element = Element.prototype
const shadow = ShadowRoot.prototype
const doc = Document.prototype

export const $nodeType = getter<Node, number>(node, 'nodeType')
export const $nodeName = getter<Node, string>(node, 'nodeName')
export const $firstChild = getter<Node, ChildNode | null>(node, 'firstChild')
export const $lastChild = getter<Node, ChildNode | null>(node, 'lastChild')
export const $nextSibling = getter<Node, ChildNode | null>(node, 'nextSibling')
export const $previousSibling = getter<Node, ChildNode | null>(node, 'previousSibling')
export const $parentNode = getter<Node, ParentNode | null>(node, 'parentNode')
export const $isConnected = getter<Node, boolean>(node, 'isConnected')
export const $ownerDocument = getter<Node, Document | null>(node, 'ownerDocument')
export const $getRootNode = node.getRootNode
export const $contains = node.contains
export const $compare = node.compareDocumentPosition

export const $namespaceURI = getter<Element, string | null>(element, 'namespaceURI')
export const $localName = getter<Element, string>(element, 'localName')
export const $tagName = getter<Element, string>(element, 'tagName')
export const $attributes = getter<Element, NamedNodeMap>(element, 'attributes')
export const $shadowRoot = getter<Element, ShadowRoot | null>(element, 'shadowRoot')
export const $outerHTML = getter<Element, string>(element, 'outerHTML')
export const $innerHTML = getter<Element, string>(element, 'innerHTML')
export const $shadowHTML = getter<ShadowRoot, string>(shadow, 'innerHTML')
export const $scrollTop = getter<Element, number>(element, 'scrollTop')
export const $scrollLeft = getter<Element, number>(element, 'scrollLeft')
export const $matches = element.matches
export const $getAttribute = element.getAttribute
export const $hasAttribute = element.hasAttribute
export const $attrNodeNS = element.getAttributeNodeNS
export const $rect = element.getBoundingClientRect

const query = {
  1: [element.querySelector, element.querySelectorAll, getter<Element, number>(element, 'childElementCount')],
  9: [doc.querySelector, doc.querySelectorAll, getter<Document, number>(doc, 'childElementCount')],
  11: [DocumentFragment.prototype.querySelector, DocumentFragment.prototype.querySelectorAll,
    getter<DocumentFragment, number>(DocumentFragment.prototype, 'childElementCount')],
} as unknown as Record<number, readonly [
  (this: Node, selector: string) => Element | null,
  (this: Node, selector: string) => NodeListOf<Element>,
  Getter<Node, number>,
]>

/** querySelector of an element, document or fragment; null for any other node. */
export const find = (root: Node, selector: string): Element | null =>
  query[$nodeType.call(root)]?.[0].call(root, selector) ?? null

/** querySelectorAll likewise, in document order. */
export const findAll = (root: Node, selector: string): ArrayLike<Element> =>
  query[$nodeType.call(root)]?.[1].call(root, selector) ?? []

export const childElementCount = (root: Node): number => query[$nodeType.call(root)]?.[2].call(root) ?? 0

export const $data = getter<CharacterData, string>(CharacterData.prototype, 'data')
export const $length = getter<CharacterData, number>(CharacterData.prototype, 'length')
export const $attrName = getter<Attr, string>(Attr.prototype, 'name')
export const $attrValue = getter<Attr, string>(Attr.prototype, 'value')
export const $host = getter<ShadowRoot, Element>(shadow, 'host')
export const $content = getter<HTMLTemplateElement, DocumentFragment>(HTMLTemplateElement.prototype, 'content')
export const $contentDocument = getter<HTMLIFrameElement, Document | null>(HTMLIFrameElement.prototype, 'contentDocument')
export const $frameDocument = getter<HTMLFrameElement, Document | null>(HTMLFrameElement.prototype, 'contentDocument')
export const $defaultView = getter<Document, (Window & typeof globalThis) | null>(doc, 'defaultView')

const input = HTMLInputElement.prototype
export const $type = getter<HTMLInputElement, string>(input, 'type')
export const $value = getter<HTMLInputElement, string>(input, 'value')
export const $defaultValue = getter<HTMLInputElement, string>(input, 'defaultValue')
export const $checked = getter<HTMLInputElement, boolean>(input, 'checked')
export const $defaultChecked = getter<HTMLInputElement, boolean>(input, 'defaultChecked')
export const $indeterminate = getter<HTMLInputElement, boolean>(input, 'indeterminate')
export const $selectionEnd = getter<HTMLInputElement, number | null>(input, 'selectionEnd')
export const $areaValue = getter<HTMLTextAreaElement, string>(HTMLTextAreaElement.prototype, 'value')
export const $areaDefault = getter<HTMLTextAreaElement, string>(HTMLTextAreaElement.prototype, 'defaultValue')
export const $options = getter<HTMLSelectElement, HTMLOptionsCollection>(HTMLSelectElement.prototype, 'options')
export const $selected = getter<HTMLOptionElement, boolean>(HTMLOptionElement.prototype, 'selected')
export const $width = getter<HTMLElement, number>(HTMLElement.prototype, 'offsetWidth')
export const $height = getter<HTMLElement, number>(HTMLElement.prototype, 'offsetHeight')
