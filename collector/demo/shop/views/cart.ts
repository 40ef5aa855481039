import { art, toneNames } from '../art/art'
import { h, icon, money, setText } from '../parts/dom'
import { choices, couponPercent, deliveries, sum } from '../parts/price'
import { track } from '../parts/recorder'
import { base, type View } from '../parts/router'
import { cartLines, onChange, setCount } from '../parts/store'
import { toast } from '../parts/toast'
import { summary } from './summary'

export function cartView(): View {
  const list = h('ul', { class: 'lines', id: 'lines' })
  const total = summary()
  const side = h('div', { class: 'side' },
    h('h2', null, 'Your order'), coupon(() => total.draw()), total.node,
    h('a', { class: 'button wide', href: `${base}/checkout`, id: 'to-checkout' }, 'To the checkout'))
  const extras = h('div', { class: 'extras' }, delivery(() => total.draw()), gift(() => total.draw()), fund(() => total.draw()))
  const empty = h('div', { class: 'empty' }, art('pack', 'slate'), h('p', null, 'Your cart is empty. The shelf is not.'), h('a', { class: 'button', href: `${base}/` }, 'To the shelf'))
  const full = h('div', { class: 'cartgrid' }, h('div', null, list, extras), side)
  const nodes = new Map<string, { node: HTMLElement; draw: (count: number) => void }>()

  const draw = (): void => {
    const lines = cartLines()
    full.hidden = lines.length === 0
    empty.hidden = lines.length > 0
    const wanted = new Set(lines.map((line) => line.slug + line.tone))
    for (const [key, one] of nodes) {
      if (wanted.has(key)) continue
      one.node.remove()
      nodes.delete(key)
    }
    for (const line of lines) {
      const key = line.slug + line.tone
      let one = nodes.get(key)
      if (!one) {
        one = lineNode(line)
        nodes.set(key, one)
        list.append(one.node)
      }
      one.draw(line.count)
    }
    total.draw()
  }
  draw()
  return {
    title: 'Cart',
    node: h('div', { class: 'wrap' }, h('div', { class: 'pagehead' }, h('h1', null, 'Your cart')), empty, full),
    stop: onChange(draw),
  }
}

function lineNode(line: ReturnType<typeof cartLines>[number]): { node: HTMLElement; draw: (count: number) => void } {
  const { product, tone, slug } = line
  const count = h('output', { 'aria-label': 'How many' })
  const price = h('strong', { class: 'price' })
  let now = line.count
  const step = (by: number, label: string): HTMLElement => h('button', { class: 'round small', type: 'button', 'aria-label': `${label}: ${product.name}`, onClick: () => setCount(slug, tone, now + by) }, icon(by > 0 ? 'plus' : 'minus'))
  return {
    node: h('li', { class: 'cartline' },
      h('a', { class: `tile tone-${tone}`, href: `${base}/product/${slug}`, tabindex: '-1', 'aria-hidden': 'true' }, art(product.drawing, tone)),
      h('div', { class: 'what' }, h('h3', null, h('a', { href: `${base}/product/${slug}` }, product.name)), h('p', { class: 'line' }, `${toneNames[tone]} · ${money(product.cents)} each`),
        h('button', { class: 'textlike', type: 'button', onClick: () => { setCount(slug, tone, 0); toast(`${product.name} is back on the shelf`) } }, 'Take out')),
      h('div', { class: 'stepper' }, step(-1, 'One less'), count, step(1, 'One more')), price),
    draw: (next) => {
      now = next
      setText(count, String(next))
      setText(price, money(product.cents * next))
    },
  }
}

function delivery(draw: () => void): HTMLElement {
  return h('fieldset', { class: 'panel' }, h('legend', null, 'Delivery'), ...deliveries.map((one) => h('label', { class: 'option' },
    h('input', { type: 'radio', name: 'delivery', value: one.id, checked: choices.delivery === one.id, onChange: () => { choices.delivery = one.id; draw() } }),
    h('span', null, h('strong', null, one.name), h('span', { class: 'quiet' }, one.when)), h('span', { class: 'price' }, one.cents === 0 ? 'free' : money(one.cents)))))
}

/** gift is the one region that the page lets through: data-afterimage="allow". */
function gift(draw: () => void): HTMLElement {
  const tagText = h('p', { class: 'tagtext' }, 'For you')
  const field = h('input', { type: 'text', id: 'gift-text', name: 'gift-tag', maxlength: '40', placeholder: 'For Nils, who broke the last one', autocomplete: 'off', onInput: () => setText(tagText, field.value || 'For you') })
  const region = h('div', { class: 'giftbody', 'data-afterimage': 'allow', hidden: !choices.wrap },
    h('label', { for: 'gift-text' }, 'On the tag ', h('span', { class: 'chip allowed' }, icon('eye'), 'allowed: recorded as you type it')), field,
    h('div', { class: 'tag' }, h('span', { class: 'taghole' }), tagText))
  const box = h('input', { type: 'checkbox', id: 'wrap', checked: choices.wrap, onChange: () => {
    choices.wrap = box.checked
    region.hidden = !box.checked
    draw()
  } })
  return h('div', { class: 'panel' }, h('label', { class: 'tick switchrow' }, box, h('span', { class: 'switch', 'aria-hidden': 'true' }), h('span', null, h('strong', null, 'Wrap it as a gift'), h('span', { class: 'quiet' }, 'Brown paper, string and a tag, €3.00'))), region)
}

function fund(draw: () => void): HTMLElement {
  const out = h('output', { for: 'fund' }, money(choices.fund))
  const range = h('input', { type: 'range', id: 'fund', min: '0', max: '1000', step: '50', value: String(choices.fund), onInput: () => {
    choices.fund = Number(range.value)
    out.value = money(choices.fund)
    draw()
  } })
  return h('div', { class: 'panel' }, h('label', { for: 'fund' }, h('strong', null, 'Repair fund '), out), range, h('p', { class: 'quiet' }, 'Pays for repairs of people who cannot.'))
}

function coupon(draw: () => void): HTMLElement {
  const field = h('input', { type: 'text', id: 'coupon', name: 'coupon', placeholder: 'MEND10', autocomplete: 'off', autocapitalize: 'characters', 'aria-label': 'Coupon' })
  const button = h('button', { class: 'button ghost', type: 'submit', id: 'apply' }, 'Apply')
  const answer = h('p', { class: 'quiet', role: 'status' }, 'Mending week: 10 % off with MEND10.')
  const form = h('form', { class: 'coupon', onSubmit: (event) => {
    event.preventDefault()
    const code = field.value.trim().toUpperCase()
    if (code === '') return
    button.classList.add('busy')
    setText(button, 'Applying…')
    window.setTimeout(() => {
      // Throws for MEND10 (see couponPercent); the button then stays busy, as such buttons do.
      const percent = couponPercent(code, sum().things)
      button.classList.remove('busy')
      setText(button, 'Apply')
      choices.percent = percent
      setText(answer, percent > 0 ? `${percent} % off. Well mended.` : 'We do not know that code.')
      answer.classList.toggle('bad', percent === 0)
      track('coupon', { percent })
      draw()
    }, 450)
  } }, field, button)
  return h('div', null, form, answer)
}
