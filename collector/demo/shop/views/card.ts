import { art } from '../art/art'
import type { Product } from '../data/catalogue'
import { h, icon, money, setText } from '../parts/dom'
import { stars } from '../parts/rating'
import { base } from '../parts/router'
import { addToCart, onChange, stockLine, stockOf } from '../parts/store'
import { toast } from '../parts/toast'

/** Card of a product in a grid; stop ends its watch on the stock. */
export interface Card { node: HTMLElement; stop: () => void }

export function card(product: Product): Card {
  const tone = product.tones[0]
  const stock = h('span', { class: 'stock' })
  const draw = (): void => {
    const { text, kind } = stockLine(product.slug)
    setText(stock, text)
    if (stock.dataset['kind'] !== kind) stock.dataset['kind'] = kind
  }
  draw()
  const node = h('article', { class: 'card', id: `card-${product.slug}` },
    h('a', { class: `tile tone-${tone}`, href: `${base}/product/${product.slug}`, tabindex: '-1', 'aria-hidden': 'true' }, art(product.drawing, tone)),
    h('button', { class: 'quick', type: 'button', title: 'Quick look', 'aria-label': `Quick look: ${product.name}`, onClick: () => quickLook(product) }, icon('eye')),
    h('div', { class: 'cardtext' },
      h('h3', null, h('a', { href: `${base}/product/${product.slug}` }, product.name)),
      h('span', { class: 'price' }, money(product.cents)),
      h('p', { class: 'line' }, product.line),
      h('div', { class: 'cardfoot' }, stars(product.rating), stock)))
  return { node, stop: onChange(draw) }
}

/** quickLook opens a modal dialog with the thing, its parts and a button. */
export function quickLook(product: Product): void {
  const tone = product.tones[0]
  const close = (): void => dialog.close()
  const dialog = h('dialog', { class: 'sheet look', 'aria-labelledby': 'look-title' },
    h('form', { method: 'dialog', class: 'sheethead' },
      h('h2', { id: 'look-title' }, product.name),
      h('button', { class: 'round', 'aria-label': 'Close' }, icon('close'))),
    h('div', { class: 'lookgrid' },
      h('div', { class: `tile tone-${tone}` }, art(product.drawing, tone)),
      h('div', null,
        h('p', { class: 'price big' }, money(product.cents)),
        h('p', null, product.about),
        h('ul', { class: 'partlist' }, ...product.parts.map((part) => h('li', null, h('code', null, part.no), part.name, h('span', null, money(part.cents))))),
        h('div', { class: 'sheetfoot' },
          h('a', { class: 'button ghost', href: `${base}/product/${product.slug}`, onClick: close }, 'All about it'),
          h('button', { class: 'button', type: 'button', disabled: stockOf(product.slug) === 0, onClick: () => {
            addToCart(product.slug, tone, 1)
            toast(`${product.name} is in your cart`, h('a', { href: `${base}/cart` }, 'Look'))
            dialog.close()
          } }, 'Add to cart')))))
  dialog.addEventListener('close', () => dialog.remove())
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close() })
  document.body.append(dialog)
  dialog.showModal()
}
