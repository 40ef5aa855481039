// The part of the shop that moves by itself: people look at things, buy them, the bench
// mends some. All invented, by a timer.

import { products } from '../data/catalogue'
import { setStock, stockOf } from './store'

export interface News { text: string; kind: 'sold' | 'mended' | 'back' }

const towns = ['Porto', 'Leeds', 'Brno', 'Turku', 'Galway', 'Utrecht', 'Gijón', 'Graz', 'Aarhus', 'Lyon', 'Gdańsk', 'Bergen']
const jobs = ['new cable on', 'rim re-glazed on', 'rivets replaced on', 'sharpened and oiled', 'strap swapped on', 'solder run again on', 'dusted and balanced']

const newsListeners = new Set<(news: News) => void>()
const viewers = new Map(products.map((product, i) => [product.slug, 4 + ((i * 7) % 19)]))

const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T // lists here are never empty

export function onNews(listener: (news: News) => void): () => void {
  newsListeners.add(listener)
  return () => newsListeners.delete(listener)
}

export const viewersOf = (slug: string): number => viewers.get(slug) ?? 1

/** makeNews invents one event and changes the stock with it. */
export function makeNews(): News {
  const product = pick(products)
  const left = stockOf(product.slug)
  const name = `${/^[AEIO]/.test(product.name) ? 'An' : 'A'} ${product.name}`
  const dice = Math.random()
  if (dice < 0.45) return { kind: 'mended', text: `Bench ${1 + Math.floor(Math.random() * 4)}: ${pick(jobs)} a ${product.name} from ${pick(towns)}` }
  if (left < 3) {
    setStock(product.slug, left + 6)
    return { kind: 'back', text: `${product.name}: six more on the shelf` }
  }
  setStock(product.slug, left - 1)
  return { kind: 'sold', text: `${name} left for ${pick(towns)}` }
}

/** startLive runs the timers for as long as the document lives. */
export function startLive(): void {
  window.setInterval(() => {
    if (document.hidden) return
    const news = makeNews()
    for (const listener of [...newsListeners]) listener(news)
  }, 2600)
  window.setInterval(() => {
    for (const [slug, count] of viewers) viewers.set(slug, Math.max(2, count + Math.round(Math.random() * 4 - 2)))
  }, 1900)
}
