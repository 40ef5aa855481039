import { art } from '../art/art'
import { products, questions } from '../data/catalogue'
import { h, money } from '../parts/dom'
import { base, type View } from '../parts/router'
import { faq } from './list'

export function helpView(): View {
  const step = (drawing: 'kettle' | 'shears' | 'pack', title: string, text: string): HTMLElement =>
    h('li', null, art(drawing, drawing === 'kettle' ? 'tomato' : drawing === 'shears' ? 'cobalt' : 'moss'), h('h3', null, title), h('p', null, text))
  const parts = products.flatMap((product) => product.parts.map((part) => ({ product, part })))
  return {
    title: 'Repairs & questions',
    node: h('div', null,
      h('div', { class: 'wrap pagehead' }, h('h1', null, 'Mending, in three steps'),
        h('p', null, 'You need the number stamped on the part and a screwdriver. We need two days.')),
      h('ol', { class: 'wrap steps' },
        step('kettle', 'Find the number', 'It is stamped on the part and printed on the diagram inside the lid, the base or the back.'),
        step('pack', 'We post the part', 'By letter if it fits. Parts under five euros travel free.'),
        step('shears', 'Swap it, keep the rest', 'Send the old one back in the same envelope: metal is melted, wood is burnt in our stove.')),
      h('section', { class: 'wrap' }, h('h2', null, 'All parts'),
        h('div', { class: 'tablewrap tall', tabindex: '0', role: 'region', 'aria-label': 'All parts' }, h('table', { class: 'parts' },
          h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'No.'), h('th', { scope: 'col' }, 'Part'), h('th', { scope: 'col' }, 'Of'), h('th', { scope: 'col' }, 'Price'))),
          h('tbody', null, ...parts.map(({ product, part }) => h('tr', null, h('td', null, h('code', null, part.no)), h('td', null, part.name),
            h('td', null, h('a', { href: `${base}/product/${product.slug}` }, product.name)), h('td', null, money(part.cents)))))))),
      faq(questions.length)),
  }
}
