// Elements from code. Nothing here sets a style attribute or an inline handler, so the
// shop runs under `default-src 'self'`.

export type Child = Node | string | number | null | undefined | false
export type Handler = (event: Event) => void
export type Props = Record<string, string | number | boolean | null | undefined | Handler>

/** h makes an HTML element: `on…` props are listeners, true is an empty attribute, false and null none. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props | null,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props ?? {})) {
    if (typeof value === 'function') element.addEventListener(name.slice(2).toLowerCase(), value)
    else if (value === true) element.setAttribute(name, '')
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value))
  }
  append(element, children)
  return element
}

export function append(parent: Node, children: Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue
    parent.appendChild(typeof child === 'object' ? child : document.createTextNode(String(child)))
  }
}

/** svg turns a drawing of ours (never text of a person) into an element. */
export function svg(viewBox: string, drawing: string, className: string): SVGSVGElement {
  const holder = document.createElement('template')
  holder.innerHTML = `<svg viewBox="${viewBox}" class="${className}" aria-hidden="true" focusable="false">${drawing}</svg>`
  const element = holder.content.firstElementChild
  if (!(element instanceof SVGSVGElement)) throw new Error('drawing is not an svg element')
  return element
}

/** setText changes a text only where it differs, so that a timer makes no needless mutation. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text
}

const icons = {
  search: '<circle cx="10.500" cy="10.500" r="6.500"/><path d="m15.500 15.500 5 5"/>',
  cart: '<path d="M3 4h2.500l2.200 11h10.600L20.500 7H6.200"/><circle cx="9" cy="19.500" r="1.400"/><circle cx="17" cy="19.500" r="1.400"/>',
  sun: '<circle cx="12" cy="12" r="4"/><path d="M12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M18.700 5.300l-1.400 1.400M6.700 17.300l-1.400 1.400"/>',
  moon: '<path d="M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500z"/>',
  close: '<path d="m6 6 12 12M18 6 6 18"/>',
  eye: '<path d="M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12z"/><circle cx="12" cy="12" r="2.800"/>',
  mask: '<path d="M3 8.500c3-1.500 6-1.500 9 0 3-1.500 6-1.500 9 0 0 5-2 8-4.500 8-2 0-3-2-4.500-2s-2.500 2-4.500 2C5 16.500 3 13.500 3 8.500z"/><path d="M7 11.500h2.500M14.500 11.500H17"/>',
  box: '<rect x="4" y="4" width="16" height="16" rx="2"/><path d="m4 4 16 16M20 4 4 20"/>',
  check: '<path d="m4.500 12.500 5 5 10-11"/>',
  wrench: '<path d="M14.500 6.500a4.500 4.500 0 0 1 5.700-1.300l-3 3 1.600 1.600 3-3a4.500 4.500 0 0 1-6 5.600L8 20.200a2 2 0 0 1-3-3l8-7.700a4.500 4.500 0 0 1 1.500-3z"/>',
  minus: '<path d="M5 12h14"/>',
  plus: '<path d="M5 12h14M12 5v14"/>',
  truck: '<path d="M2.500 6h11v10h-11zM13.500 9.500h4l4 3.500v3h-8z"/><circle cx="7" cy="17.500" r="1.800"/><circle cx="17.500" cy="17.500" r="1.800"/>',
} as const

export type IconName = keyof typeof icons

export function icon(name: IconName): SVGSVGElement {
  return svg('0 0 24 24', icons[name], 'icon')
}

const euro = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' })

/** money formats an amount given in cents. */
export function money(cents: number): string {
  return euro.format(cents / 100)
}
