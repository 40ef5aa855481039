import { h, money } from '../parts/dom'
import { freeFrom, sum } from '../parts/price'

/** Summary of an order; draw brings it up to date. */
export interface Summary { node: HTMLElement; draw: () => void }

export function summary(): Summary {
  const rows = h('dl', { class: 'sums' })
  const bar = h('progress', { max: String(freeFrom), 'aria-label': 'Towards free delivery' })
  const hint = h('p', { class: 'quiet' })
  const draw = (): void => {
    const now = sum()
    const row = (name: string, cents: number, kind = ''): Node[] => [h('dt', { class: kind }, name), h('dd', { class: kind }, cents < 0 ? `− ${money(-cents)}` : money(cents))]
    rows.replaceChildren(
      ...row('Things', now.things),
      ...(now.off > 0 ? row('Coupon', -now.off, 'off') : []),
      ...row('Delivery', now.delivery),
      ...(now.wrap > 0 ? row('Gift wrap', now.wrap) : []),
      ...(now.fund > 0 ? row('Repair fund', now.fund) : []),
      ...row('Total', now.total, 'total'))
    const worth = now.things - now.off
    bar.value = Math.min(worth, freeFrom)
    hint.textContent = worth >= freeFrom ? 'Delivery is on us.' : `${money(freeFrom - worth)} more and delivery is on us.`
  }
  draw()
  return { node: h('div', { class: 'summary' }, rows, bar, hint), draw }
}
