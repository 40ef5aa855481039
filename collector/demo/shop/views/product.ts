import { art, setTone, toneNames, type Tone } from '../art/art'
import { find, products, reviewsOf, type Product, type Review } from '../data/catalogue'
import { h, icon, money, setText } from '../parts/dom'
import { viewersOf } from '../parts/live'
import { stars } from '../parts/rating'
import { track } from '../parts/recorder'
import { base, type View } from '../parts/router'
import { addToCart, onChange, stockLine, stockOf } from '../parts/store'
import { toast } from '../parts/toast'
import { card } from './card'
import { missingView } from './missing'

export function productView(slug: string): View {
  const product = find(slug)
  if (!product) return missingView()
  let tone: Tone = product.tones[0]
  const drawing = art(product.drawing, tone)
  const stage = h('div', { class: `stage tile tone-${tone}`, id: 'stage' }, drawing)
  const toneName = h('strong', null, toneNames[tone])
  const viewers = h('strong', null)
  const stock = h('span', { class: 'stock' })
  const add = h('button', { class: 'button wide', type: 'submit', id: 'add' })
  const count = h('select', { id: 'count', name: 'count', 'aria-label': 'How many' }, ...[1, 2, 3, 4].map((n) => h('option', { value: n }, n)))

  const draw = (): void => {
    const { text, kind } = stockLine(slug)
    setText(stock, text)
    stock.dataset['kind'] = kind
    add.disabled = stockOf(slug) === 0
    setText(add, add.disabled ? 'Sold out until Thursday' : `Add to cart · ${money(product.cents * Number(count.value))}`)
    setText(viewers, String(viewersOf(slug)))
  }
  count.addEventListener('change', draw)
  draw()
  const stopStock = onChange(draw)
  const timer = window.setInterval(draw, 1000)
  const related = products.filter((one) => one !== product && one.category === product.category).concat(products.filter((one) => one.category !== product.category)).slice(0, 4).map(card)

  const swatches = product.tones.map((one) => h('label', { class: `swatch tone-${one}`, title: toneNames[one] },
    h('input', { type: 'radio', name: 'tone', value: one, checked: one === tone, 'aria-label': toneNames[one], onChange: () => {
      tone = one
      setTone(drawing, tone)
      setTone(stage, tone)
      setText(toneName, toneNames[tone])
    } }), h('span', null)))

  return {
    title: product.name,
    node: h('div', { class: 'wrap' },
      h('nav', { class: 'crumbs', 'aria-label': 'You are here' }, h('a', { href: `${base}/` }, 'Shop'), h('a', { href: `${base}/?cat=${encodeURIComponent(product.category)}` }, product.category), h('span', null, product.name)),
      h('div', { class: 'productgrid' },
        stage,
        h('div', { class: 'buy' },
          h('h1', null, product.name),
          h('p', { class: 'line' }, product.line),
          h('div', { class: 'facts' }, stars(product.rating), h('a', { href: '#reviews' }, `${product.reviews} reviews`), stock),
          h('p', { class: 'price big' }, money(product.cents)),
          h('p', null, product.about),
          h('form', { class: 'buyform', onSubmit: (event) => {
            event.preventDefault()
            addToCart(slug, tone, Number(count.value))
            track('add to cart', { product: slug, count: Number(count.value) })
            toast(`${product.name} in ${toneNames[tone].toLowerCase()} is in your cart`, h('a', { href: `${base}/cart` }, 'Look'))
          } },
            h('fieldset', { class: 'swatches' }, h('legend', null, 'Colour: ', toneName), ...swatches),
            h('div', { class: 'buyrow' }, count, add)),
          h('p', { class: 'live' }, icon('eye'), viewers, ' people are looking at it right now'),
          h('p', { class: 'live' }, icon('truck'), 'Leaves today if you order before three'),
          details(product))),
      reviews(product),
      h('section', { class: 'related' }, h('h2', null, 'Stands well beside it'), h('div', { class: 'grid four' }, ...related.map((one) => one.node)))),
    stop: () => {
      stopStock()
      window.clearInterval(timer)
      for (const one of related) one.stop()
    },
  }
}

function details(product: Product): HTMLElement {
  return h('div', { class: 'folds' },
    h('details', { open: true, name: 'fold' }, h('summary', null, icon('wrench'), 'Spare parts'),
      h('ul', { class: 'partlist' }, ...product.parts.map((part) => h('li', null, h('code', null, part.no), part.name, h('span', null, money(part.cents)))))),
    h('details', { name: 'fold' }, h('summary', null, 'Measures'),
      h('dl', { class: 'spec' }, ...product.spec.flatMap(([name, value]) => [h('dt', null, name), h('dd', null, value)]))),
    h('details', { name: 'fold' }, h('summary', null, 'Sending it back'),
      h('p', null, 'Sixty days, in any box that holds. If it is only the colour, we swap the coloured parts.')))
}

function reviews(product: Product): HTMLElement {
  const entry = (review: Review, own: boolean): HTMLElement => h('li', { 'data-afterimage': own ? 'mask' : null },
    h('div', null, h('strong', null, review.who), stars(review.stars), h('span', { class: 'quiet' }, review.when)), h('p', null, review.text))
  const list = h('ol', { class: 'reviewlist', id: 'review-list', tabindex: '0', 'aria-label': 'Reviews' }, ...reviewsOf(product).map((review) => entry(review, false)))
  const text = h('textarea', { id: 'review-text', name: 'review', rows: '4', required: true, maxlength: '400', placeholder: 'What broke, what did not?' })
  const given = stars(4, { editable: true, label: 'Your stars' })
  given.id = 'your-stars'
  const said = h('output', null, '4 of 5')
  given.addEventListener('change', () => { said.value = `${given.getAttribute('value') ?? ''} of 5` })
  return h('section', { class: 'reviews', id: 'reviews' },
    h('div', null, h('h2', null, 'What people say'), list),
    h('form', { class: 'reviewform', onSubmit: (event) => {
      event.preventDefault()
      list.prepend(entry({ who: 'You', stars: Number(given.getAttribute('value')), when: 'just now', text: text.value }, true))
      list.scrollTo({ top: 0, behavior: 'smooth' })
      text.value = ''
      toast('Thank you. Your review is at the top, in this tab only.')
    } },
      h('h3', null, 'Have one?'),
      h('div', { class: 'starrow' }, given, said),
      h('label', { for: 'review-text' }, 'Your review ', h('span', { class: 'chip masked' }, icon('mask'), 'masked')), text,
      h('button', { class: 'button ghost', type: 'submit' }, 'Say it')))
}
