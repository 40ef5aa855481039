import { h } from '../parts/dom'
import { base, type View } from '../parts/router'
import { art } from '../art/art'

export function missingView(): View {
  return {
    title: 'Not on the shelf',
    node: h('div', { class: 'wrap empty' }, art('shears', 'slate'), h('h1', null, 'Not on the shelf'),
      h('p', null, 'There is no such page in this shop. Perhaps the thing was renamed, or never made.'),
      h('a', { class: 'button', href: `${base}/` }, 'Back to the shop')),
  }
}
