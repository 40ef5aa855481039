// What outlives a page: the cart and the colour scheme, in localStorage, and the stock,
// which lives for this document only.

import type { Tone } from '../art/art'
import { find, products, type Product } from '../data/catalogue'

export interface Line { slug: string; tone: Tone; count: number }

const cartKey = 'brindle.cart'
const listeners = new Set<() => void>()
let lines = readCart()

/** onChange calls back after each change of cart or stock; the result ends it. */
export function onChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function changed(): void {
  try {
    localStorage.setItem(cartKey, JSON.stringify(lines))
  } catch {
    // storage is full or forbidden: the cart then lives as long as the document
  }
  for (const listener of [...listeners]) listener()
}

function readCart(): Line[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(cartKey) ?? '[]')
    return Array.isArray(stored) ? stored.filter(isLine) : []
  } catch {
    return []
  }
}

function isLine(value: unknown): value is Line {
  if (typeof value !== 'object' || value === null) return false
  const line = value as Partial<Line>
  return typeof line.slug === 'string' && find(line.slug) !== undefined && typeof line.tone === 'string' && Number.isInteger(line.count)
}

export function cartLines(): readonly (Line & { product: Product })[] {
  return lines.flatMap((line) => {
    const product = find(line.slug)
    return product ? [{ ...line, product }] : []
  })
}

export const cartCount = (): number => lines.reduce((sum, line) => sum + line.count, 0)
export const cartCents = (): number => cartLines().reduce((sum, line) => sum + line.count * line.product.cents, 0)

export function addToCart(slug: string, tone: Tone, count: number): void {
  const line = lines.find((one) => one.slug === slug && one.tone === tone)
  if (line) line.count = Math.min(9, line.count + count)
  else lines.push({ slug, tone, count })
  changed()
}

/** setCount changes a line's count; 0 takes the line out. */
export function setCount(slug: string, tone: Tone, count: number): void {
  lines = lines.flatMap((line) => {
    if (line.slug !== slug || line.tone !== tone) return [line]
    return count > 0 ? [{ ...line, count: Math.min(9, count) }] : []
  })
  changed()
}

export function emptyCart(): void {
  lines = []
  changed()
}

const stock = new Map(products.map((product) => [product.slug, product.stock]))

export const stockOf = (slug: string): number => stock.get(slug) ?? 0

export function setStock(slug: string, count: number): void {
  stock.set(slug, count)
  for (const listener of [...listeners]) listener()
}

/** stockLine says how many are left, and how urgent that is. */
export function stockLine(slug: string): { text: string; kind: 'none' | 'few' | 'some' } {
  const count = stockOf(slug)
  if (count === 0) return { text: 'Back on Thursday', kind: 'none' }
  return count < 6 ? { text: `Only ${count} left`, kind: 'few' } : { text: `${count} in stock`, kind: 'some' }
}

const themeKey = 'brindle.theme'
export type Theme = 'light' | 'dark'

export function theme(): Theme {
  return document.documentElement.dataset['theme'] === 'dark' ? 'dark' : 'light'
}

/** startTheme writes the scheme to the root element, so that a replay shows the visitor's and not the viewer's. */
export function startTheme(): void {
  const system = matchMedia('(prefers-color-scheme: dark)')
  let chosen: string | null = null
  try {
    chosen = localStorage.getItem(themeKey)
  } catch {
    // no storage: the system decides
  }
  const apply = (): void => {
    document.documentElement.dataset['theme'] = chosen ?? (system.matches ? 'dark' : 'light')
  }
  system.addEventListener('change', apply)
  apply()
}

export function setTheme(next: Theme): void {
  document.documentElement.dataset['theme'] = next
  try {
    localStorage.setItem(themeKey, next)
  } catch {
    // no storage: the choice lives as long as the document
  }
}
