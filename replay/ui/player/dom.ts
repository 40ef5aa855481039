// DOM operations that a recorded page cannot get in the way of. Forms and documents answer
// to the names of what is in them (`<input name="setAttribute">`), so nothing is called or
// read on a recorded node itself: the platform's own functions are taken here, from our
// prototypes. They work on nodes of any same-origin document.

type Getter<T, R> = (this: T) => R

function getter<T extends object, R>(prototype: T, name: keyof T & string): (node: T) => R {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get as Getter<T, R> | undefined
  if (!get) throw new Error(`this browser has no ${name}`)
  return (node) => get.call(node)
}

function setter<T extends object, V>(prototype: T, name: keyof T & string): (node: T, value: V) => void {
  const set = Object.getOwnPropertyDescriptor(prototype, name)?.set as ((this: T, value: V) => void) | undefined
  if (!set) throw new Error(`this browser cannot set ${name}`)
  return (node, value) => set.call(node, value)
}

const N = Node.prototype
const E = Element.prototype
const D = Document.prototype

export const nodeTypeOf = getter<Node, number>(N, 'nodeType')
export const parentOf = getter<Node, Node | null>(N, 'parentNode')
export const firstChildOf = getter<Node, Node | null>(N, 'firstChild')
export const isConnected = getter<Node, boolean>(N, 'isConnected')
export const ownerOf = getter<Node, Document | null>(N, 'ownerDocument')
export const setTextContent = setter<Node, string>(N, 'textContent')
export const setData = setter<CharacterData, string>(CharacterData.prototype, 'data')
export const windowOf = getter<Document, (Window & typeof globalThis) | null>(D, 'defaultView')
export const rootElementOf = getter<Document, Element | null>(D, 'documentElement')
export const scrollerOf = getter<Document, Element | null>(D, 'scrollingElement')
export const frameDocumentOf = getter<HTMLIFrameElement, Document | null>(HTMLIFrameElement.prototype, 'contentDocument')
export const shadowOf = getter<Element, ShadowRoot | null>(E, 'shadowRoot')
export const hostOf = getter<ShadowRoot, Element>(ShadowRoot.prototype, 'host')
export const scrollLeftOf = getter<Element, number>(E, 'scrollLeft')
export const scrollTopOf = getter<Element, number>(E, 'scrollTop')
export const localNameOf = getter<Element, string>(E, 'localName')

const htmlStyle = getter<HTMLElement, CSSStyleDeclaration>(HTMLElement.prototype, 'style')
const svgStyle = getter<SVGElement, CSSStyleDeclaration>(SVGElement.prototype, 'style')
export function styleOf(element: Element): CSSStyleDeclaration | null {
  try {
    return htmlStyle(element as HTMLElement)
  } catch {
    try {
      return svgStyle(element as SVGElement)
    } catch {
      return null
    }
  }
}

export const insertBefore = (parent: Node, node: Node, next: Node | null) => N.insertBefore.call(parent, node, next)
export const appendChild = (parent: Node, node: Node) => N.appendChild.call(parent, node)
export function detach(node: Node): void {
  const parent = parentOf(node)
  if (parent) N.removeChild.call(parent, node)
}
export const createElementNS = (doc: Document, ns: string, name: string): Element =>
  (D.createElementNS as (this: Document, ns: string, name: string) => Element).call(doc, ns, name)
export const createText = (doc: Document, data: string): Text => D.createTextNode.call(doc, data)
export const createComment = (doc: Document): Comment => D.createComment.call(doc, '')
export const createFragment = (doc: Document): DocumentFragment => D.createDocumentFragment.call(doc)
export const setAttribute = (element: Element, name: string, value: string) => E.setAttribute.call(element, name, value)
export const setAttributeNS = (element: Element, ns: string, name: string, value: string) =>
  E.setAttributeNS.call(element, ns, name, value)
export const getAttribute = (element: Element, name: string): string | null => E.getAttribute.call(element, name)
export const hasAttribute = (element: Element, name: string): boolean => E.hasAttribute.call(element, name)
export const removeAttribute = (element: Element, name: string) => E.removeAttribute.call(element, name)
export const attachShadow = (host: Element): ShadowRoot => E.attachShadow.call(host, { mode: 'open' })
export const scrollTo = (element: Element, x: number, y: number) =>
  (E.scrollTo as (this: Element, options: ScrollToOptions) => void).call(element, { left: x, top: y, behavior: 'instant' })
export const rectOf = (element: Element): DOMRect => E.getBoundingClientRect.call(element)
const documentHit = Document.prototype.elementFromPoint
const shadowHit = ShadowRoot.prototype.elementFromPoint
export const elementFromPoint = (root: Document | ShadowRoot, x: number, y: number): Element | null =>
  isDocument(root) ? documentHit.call(root, x, y) : shadowHit.call(root, x, y)

// instanceof does not do: the replayed page's nodes belong to its frame's own window.
export const isDocument = (node: Node): node is Document => nodeTypeOf(node) === 9
export const isElement = (node: Node): node is Element => nodeTypeOf(node) === 1
export const isShadowRoot = (node: Node): node is ShadowRoot => nodeTypeOf(node) === 11
