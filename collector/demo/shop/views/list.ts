import { art } from '../art/art'
import { categories, products, questions, type Product } from '../data/catalogue'
import { h, money, setText } from '../parts/dom'
import { makeNews, onNews, type News } from '../parts/live'
import { base, type Router, type View } from '../parts/router'
import { stockOf } from '../parts/store'
import { card } from './card'

type Order = 'shelf' | 'cheap' | 'dear' | 'loved'
const orders: readonly (readonly [Order, string])[] = [
  ['shelf', 'As on the shelf'], ['cheap', 'Cheapest first'], ['dear', 'Dearest first'], ['loved', 'Best loved'],
]
const dearest = 16000

interface Filter { q: string; cats: Set<string>; upTo: number; stocked: boolean; parts: string; order: Order }

export function listView(query: URLSearchParams, router: Router): View {
  const filter: Filter = {
    q: query.get('q') ?? '',
    cats: new Set(query.getAll('cat')),
    upTo: Number(query.get('to') ?? dearest) || dearest,
    stocked: query.get('stock') === '1',
    parts: query.get('parts') ?? 'any',
    order: orders.find(([order]) => order === query.get('sort'))?.[0] ?? 'shelf',
  }
  const cards = new Map(products.map((product) => [product.slug, card(product)]))
  const grid = h('div', { class: 'grid', id: 'grid' })
  const shown = h('p', { class: 'found', 'aria-live': 'polite' })

  const draw = (): void => {
    const found = products.filter((product) => matches(product, filter)).sort(sorter(filter.order))
    const nodes = found.flatMap((product) => cards.get(product.slug)?.node ?? [])
    if (nodes.length === 0) nodes.push(h('div', { class: 'empty' }, art('can', 'slate'), h('p', null, 'Nothing on the shelf fits. Loosen a filter?')))
    grid.replaceChildren(...nodes)
    setText(shown, found.length === 1 ? '1 thing' : `${found.length} things`)
  }
  const changed = (): void => {
    const next = new URLSearchParams()
    if (filter.q !== '') next.set('q', filter.q)
    for (const cat of filter.cats) next.append('cat', cat)
    if (filter.upTo < dearest) next.set('to', String(filter.upTo))
    if (filter.stocked) next.set('stock', '1')
    if (filter.parts !== 'any') next.set('parts', filter.parts)
    if (filter.order !== 'shelf') next.set('sort', filter.order)
    router.replaceQuery(next)
    draw()
  }
  const onSearch = (event: Event): void => {
    if (!(event instanceof CustomEvent)) return
    filter.q = String(event.detail)
    draw()
  }
  document.addEventListener('shop-search', onSearch)
  draw()

  const sort = h('select', { id: 'sort', 'aria-label': 'Order', onChange: () => {
    filter.order = orders.find(([order]) => order === sort.value)?.[0] ?? 'shelf'
    changed()
  } }, ...orders.map(([order, text]) => h('option', { value: order, selected: order === filter.order }, text)))

  const feed = newsFeed()
  return {
    title: 'Household things you can mend',
    node: h('div', null,
      hero(),
      h('div', { class: 'wrap shelf', id: 'shelf' },
        filters(filter, changed),
        h('section', { class: 'results', 'aria-label': 'Things' },
          h('div', { class: 'resulthead' }, h('h2', null, 'On the shelf'), shown, sort),
          grid),
        feed.node),
      faq(3)),
    stop: () => {
      document.removeEventListener('shop-search', onSearch)
      for (const one of cards.values()) one.stop()
      feed.stop()
    },
  }
}

function matches(product: Product, filter: Filter): boolean {
  const text = `${product.name} ${product.line} ${product.category} ${product.parts.map((part) => part.name).join(' ')}`.toLowerCase()
  const words = filter.q.toLowerCase().split(/\s+/).filter((word) => word !== '')
  const partPrices = product.parts.map((part) => part.cents)
  return words.every((word) => text.includes(word)) &&
    (filter.cats.size === 0 || filter.cats.has(product.category)) &&
    product.cents <= filter.upTo &&
    (!filter.stocked || stockOf(product.slug) > 0) &&
    (filter.parts === 'any' || (filter.parts === 'cheap' ? Math.min(...partPrices) < 500 : product.parts.length >= 3))
}

function sorter(order: Order): (a: Product, b: Product) => number {
  switch (order) {
    case 'shelf': return () => 0
    case 'cheap': return (a, b) => a.cents - b.cents
    case 'dear': return (a, b) => b.cents - a.cents
    case 'loved': return (a, b) => b.rating - a.rating
  }
}

function hero(): HTMLElement {
  return h('section', { class: 'hero' }, h('div', { class: 'wrap herogrid' },
    h('div', { class: 'herotext' },
      h('h1', null, 'Every part has a number.'),
      h('p', null, 'Kettles, lamps and clocks that come apart with a screwdriver. When something goes, we post you that part, not another kettle.'),
      h('div', { class: 'heroactions' },
        h('a', { class: 'button', href: '#shelf' }, 'See the shelf'),
        h('a', { class: 'button ghost', href: `${base}/help` }, 'How repairs work'))),
    h('div', { class: 'heroart', 'aria-hidden': 'true' },
      art('lamp', 'honey'), art('kettle', 'tomato'), art('radio', 'cobalt'), art('can', 'moss'))))
}

function filters(filter: Filter, changed: () => void): HTMLElement {
  const counts = (cat: string): number => products.filter((product) => product.category === cat).length
  const out = h('output', { for: 'upto' }, money(filter.upTo))
  const range = h('input', { type: 'range', id: 'upto', min: '1500', max: String(dearest), step: '500', value: String(filter.upTo), onInput: () => {
    filter.upTo = Number(range.value)
    out.value = money(filter.upTo)
    changed()
  } })
  const radio = (value: string, text: string): HTMLElement => h('label', { class: 'tick' },
    h('input', { type: 'radio', name: 'parts', value, checked: filter.parts === value, onChange: () => { filter.parts = value; changed() } }), text)
  const stocked = h('input', { type: 'checkbox', id: 'stocked', checked: filter.stocked, onChange: () => { filter.stocked = stocked.checked; changed() } })
  const wide = matchMedia('(min-width: 761px)')
  return h('aside', { class: 'filters', 'aria-label': 'Filters' },
    h('details', { open: wide.matches, class: 'filterbox' },
      h('summary', null, 'Filter'),
      h('fieldset', null, h('legend', null, 'Room'), ...categories.map((cat) => {
        const box = h('input', { type: 'checkbox', name: 'cat', value: cat, checked: filter.cats.has(cat), onChange: () => {
          if (box.checked) filter.cats.add(cat)
          else filter.cats.delete(cat)
          changed()
        } })
        return h('label', { class: 'tick' }, box, cat, h('span', { class: 'n' }, counts(cat)))
      })),
      h('fieldset', null, h('legend', null, 'Up to ', out), range),
      h('fieldset', null, h('legend', null, 'Spare parts'), radio('any', 'Any'), radio('cheap', 'One under €5'), radio('many', 'Three or more')),
      h('label', { class: 'tick switchrow' }, stocked, h('span', { class: 'switch', 'aria-hidden': 'true' }), 'In stock only')))
}

function newsFeed(): { node: HTMLElement; stop: () => void } {
  const list = h('ol', { class: 'news', id: 'news', tabindex: '0', 'aria-label': 'News from the shop' })
  const add = (news: News): void => {
    const time = new Date().toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
    list.prepend(h('li', { 'data-kind': news.kind }, h('span', null, news.text), h('time', null, time)))
    while (list.childElementCount > 24) list.lastElementChild?.remove()
  }
  for (let i = 0; i < 9; i++) add(makeNews())
  const stop = onNews(add)
  return {
    node: h('aside', { class: 'feed', 'aria-label': 'Just now' },
      h('h2', null, h('span', { class: 'pulse', 'aria-hidden': 'true' }), 'Just now'), list,
      h('p', { class: 'quiet' }, 'Invented by a timer, like the stock.')),
    stop,
  }
}

export function faq(count: number): HTMLElement {
  return h('section', { class: 'wrap faq', id: 'questions' }, h('h2', null, 'Questions'),
    h('div', { class: 'faqlist' }, ...questions.slice(-count).map(([question, answer]) =>
      h('details', null, h('summary', null, question), h('p', null, answer)))))
}
