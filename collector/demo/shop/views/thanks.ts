import { art } from '../art/art'
import { h } from '../parts/dom'
import { base, type View } from '../parts/router'
import { lastOrder } from './order'

export function thanksView(): View {
  const order = lastOrder()
  if (!order) {
    return { title: 'No order', node: h('div', { class: 'wrap empty' }, art('clock', 'slate'), h('h1', null, 'No order yet'), h('a', { class: 'button', href: `${base}/` }, 'To the shelf')) }
  }
  return {
    title: 'Thank you',
    node: h('div', { class: 'wrap thanks' },
      h('div', { class: 'tile tone-moss' }, art('can', 'moss')),
      h('div', null,
        h('h1', null, 'Thank you, ', h('span', { 'data-afterimage': 'mask' }, order.name)),
        h('p', null, 'Your order ', h('code', null, order.number), ' is on the bench. The receipt would go to ', h('span', { 'data-afterimage': 'mask' }, order.email), ' if this were a shop.'),
        h('p', null, h('span', { class: 'chip masked' }, 'masked'), ' Name and address are marked ', h('code', null, 'mask'), ': a recording of this page shows that they are there, not what they are.'),
        h('a', { class: 'button', href: `${base}/` }, 'Back to the shelf'))),
  }
}
