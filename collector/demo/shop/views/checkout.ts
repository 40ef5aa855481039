import { art } from '../art/art'
import { h, icon, money, type Child, type IconName } from '../parts/dom'
import { sum } from '../parts/price'
import { track } from '../parts/recorder'
import { base, type Router, type View } from '../parts/router'
import { cartLines, emptyCart } from '../parts/store'
import { toast } from '../parts/toast'
import { placeOrder } from './order'
import { summary } from './summary'

const chips: Record<'masked' | 'blocked' | 'allowed', IconName> = { masked: 'mask', blocked: 'box', allowed: 'eye' }
const chip = (kind: keyof typeof chips, text: string = kind): HTMLElement => h('span', { class: `chip ${kind}` }, icon(chips[kind]), text)

interface Field {
  id: string
  label: string
  type?: string
  autocomplete?: string
  required?: boolean
  pattern?: string
  hint?: string
  placeholder?: string
  inputmode?: string
  maxlength?: string
  minlength?: string
  width?: 'half' | 'third'
}

/** field makes a labelled input with a place for what is wrong with it. */
function field(options: Field): { node: HTMLElement; input: HTMLInputElement } {
  const { id, label, hint, width, ...attributes } = options
  const wrong = h('p', { class: 'wrong', id: `${id}-wrong`, hidden: true })
  const input = h('input', { id, name: id, type: 'text', 'aria-describedby': `${id}-wrong`, ...attributes })
  const check = (): void => {
    const bad = !input.validity.valid
    wrong.hidden = !bad
    wrong.textContent = bad ? (input.validity.valueMissing ? `${label} is missing.` : (hint ?? input.validationMessage)) : ''
    input.setAttribute('aria-invalid', String(bad))
  }
  input.addEventListener('blur', () => { if (input.value !== '') check() })
  input.addEventListener('invalid', (event) => { event.preventDefault(); check() })
  input.addEventListener('input', () => { if (input.getAttribute('aria-invalid') === 'true') check() })
  return { node: h('div', { class: `field ${width ?? ''}` }, h('label', { for: id }, label), input, wrong), input }
}

const panel = (title: string, mark: Child, ...children: Child[]): HTMLElement =>
  h('fieldset', { class: 'panel' }, h('legend', null, title, ' ', mark), h('div', { class: 'fields' }, ...children))

export function checkoutView(router: Router): View {
  if (cartLines().length === 0) {
    return { title: 'Checkout', node: h('div', { class: 'wrap empty' }, art('pack', 'slate'), h('h1', null, 'Nothing to check out'), h('a', { class: 'button', href: `${base}/` }, 'To the shelf')) }
  }
  const name = field({ id: 'name', label: 'Name', autocomplete: 'name', required: true, placeholder: 'Ada Lovelace', width: 'half' })
  const email = field({ id: 'email', label: 'E-mail', type: 'email', autocomplete: 'email', required: true, hint: 'An e-mail address has an @ and a dot.', placeholder: 'ada@example.org', width: 'half' })
  const street = field({ id: 'street', label: 'Street and number', autocomplete: 'street-address', required: true })
  const postcode = field({ id: 'postcode', label: 'Postcode', autocomplete: 'postal-code', required: true, width: 'third' })
  const city = field({ id: 'city', label: 'Town', autocomplete: 'address-level2', required: true, width: 'third' })
  const phone = field({ id: 'phone', label: 'Phone, if the bike gets lost', type: 'tel', autocomplete: 'tel' })
  const country = h('select', { id: 'country', name: 'country', autocomplete: 'country-name' }, ...['Austria', 'Belgium', 'Czechia', 'Denmark', 'Finland', 'France', 'Germany', 'Ireland', 'Netherlands', 'Poland', 'Portugal', 'Spain', 'Sweden'].map((one) => h('option', { selected: one === 'Ireland' }, one)))
  const number = field({ id: 'card-number', label: 'Card number', autocomplete: 'cc-number', inputmode: 'numeric', required: true, pattern: '[0-9 ]{14,23}', hint: 'Twelve to nineteen digits. Invent some.', placeholder: '4242 4242 4242 4242', maxlength: '23' })
  const expiry = field({ id: 'card-expiry', label: 'Expiry', autocomplete: 'cc-exp', inputmode: 'numeric', required: true, pattern: '(0[1-9]|1[0-2]) ?/ ?[0-9]{2}', hint: 'Month and year, as 09/29.', placeholder: 'MM/YY', maxlength: '7', width: 'half' })
  const cvc = field({ id: 'card-cvc', label: 'CVC', autocomplete: 'cc-csc', inputmode: 'numeric', required: true, pattern: '[0-9]{3,4}', hint: 'Three or four digits.', maxlength: '4', width: 'half' })
  const password = field({ id: 'password', label: 'Password', type: 'password', autocomplete: 'new-password', minlength: '8', hint: 'Eight characters or more.' })
  number.input.addEventListener('input', () => {
    const groups = number.input.value.replace(/\D/g, '').slice(0, 19).match(/.{1,4}/g)
    const text = groups ? groups.join(' ') : ''
    if (text !== number.input.value) number.input.value = text
  })
  expiry.input.addEventListener('input', () => {
    const digits = expiry.input.value.replace(/\D/g, '').slice(0, 4)
    const text = digits.length > 2 ? `${digits.slice(0, 2)}/${digits.slice(2)}` : digits
    if (text !== expiry.input.value) expiry.input.value = text
  })
  password.node.hidden = true
  const account = h('input', { type: 'checkbox', id: 'account', name: 'account', onChange: () => {
    password.node.hidden = !account.checked
    password.input.required = account.checked
  } })
  const note = h('textarea', { id: 'note', name: 'note', rows: '3', maxlength: '500', placeholder: 'Ring twice, the bell is broken. (Send a bell?)' })
  const terms = h('input', { type: 'checkbox', id: 'terms', name: 'terms', required: true })
  const pay = h('button', { class: 'button wide', type: 'submit', id: 'pay' }, `Pay ${money(sum().total)} that you keep`)
  const total = summary()

  const form = h('form', { class: 'cartgrid checkout', id: 'checkout', onSubmit: (event) => {
    event.preventDefault()
    pay.disabled = true
    pay.classList.add('busy')
    pay.textContent = 'One moment…'
    track('order', { cents: sum().total, lines: cartLines().length })
    window.setTimeout(() => {
      placeOrder(name.input.value.split(' ')[0] ?? '', email.input.value)
      emptyCart()
      router.go('/thanks')
      toast('Order placed, as far as an invented shop can')
    }, 900)
  } },
    h('div', null,
      panel('Who is it for?', chip('masked'), name.node, email.node, phone.node),
      panel('Where to?', chip('masked'), street.node, postcode.node, city.node, h('div', { class: 'field third' }, h('label', { for: 'country' }, 'Country'), country)),
      memberCard(),
      panel('Paying', chip('masked', 'masked, always'), number.node, expiry.node, cvc.node),
      panel('Account', null, h('label', { class: 'tick' }, account, 'Keep my details for the next time'), password.node),
      panel('Anything else?', chip('masked'), h('div', { class: 'field' }, h('label', { for: 'note' }, 'Note to the bench'), note))),
    h('div', { class: 'side' }, h('h2', null, 'Your order'),
      h('ul', { class: 'mini' }, ...cartLines().map((line) => h('li', null, h('span', { class: `tile tone-${line.tone}` }, art(line.product.drawing, line.tone)), h('span', null, `${line.count} × ${line.product.name}`), h('span', { class: 'price' }, money(line.count * line.product.cents))))),
      total.node,
      h('label', { class: 'tick' }, terms, 'I know that this is a demo and nothing will come'),
      pay))
  return {
    title: 'Checkout',
    node: h('div', { class: 'wrap' },
      h('div', { class: 'pagehead' }, h('h1', null, 'Checkout'),
        h('p', null, 'Type anything, but nothing real: it never reaches a shop. Each part says how it looks in the recording.')),
      form),
  }
}

/** memberCard is the one region that is blocked: the recording has a grey box here. */
function memberCard(): HTMLElement {
  return h('div', { class: 'panel member' },
    h('p', { class: 'membernote' }, chip('blocked'), ' The recording has a grey box in place of this card: ', h('code', null, 'data-afterimage="block"')),
    h('div', { class: 'membercard', 'data-afterimage': 'block' },
      h('div', null, h('strong', null, 'Brindle bench club'), h('span', null, 'Member since 2019')),
      h('div', { class: 'memberno' }, '0419 7733 2086'),
      h('label', null, 'Points to use ', h('input', { type: 'number', id: 'points', name: 'points', min: '0', max: '430', step: '10', value: '120' }), ' of 430')))
}
