// Header, footer and the notice above everything, made once.

import { h, icon, setText, svg } from './dom'
import { describe, isOn, openPrivacy, optIn, optOut, recorderState } from './recorder'
import { base, type Router } from './router'
import { cartCount, onChange, setTheme, theme } from './store'

const mark = '<path d="M7 4h9.500a6 6 0 0 1 4 10.400A6.600 6.600 0 0 1 17 26H7z" class="mark"/><circle cx="14.300" cy="10" r="2.300" class="hole"/><circle cx="14.600" cy="19.500" r="2.900" class="yolk"/>'

/** startFrame fills header, notice and footer; the result is called after each route. */
export function startFrame(router: () => Router): () => void {
  const search = h('input', {
    type: 'search', name: 'q', id: 'search', placeholder: 'Kettle, lamp, spare whistle…', autocomplete: 'off', 'aria-label': 'Search the shop',
  })
  const form = h('form', { class: 'search', role: 'search', action: `${base}/`, onSubmit: (event) => {
    event.preventDefault()
    runSearch(true)
  } }, icon('search'), search)

  // On the list the address is rewritten while typing and the list listens to `shop-search`;
  // elsewhere Enter leads there.
  const runSearch = (leave: boolean): void => {
    const onList = location.pathname === `${base}/`
    if (!onList && !leave) return
    const query = new URLSearchParams(onList ? location.search : '')
    if (search.value.trim() === '') query.delete('q')
    else query.set('q', search.value.trim())
    if (onList) {
      router().replaceQuery(query)
      document.dispatchEvent(new CustomEvent('shop-search', { detail: search.value.trim() }))
    } else {
      router().go(`/?${query}`)
    }
  }
  search.addEventListener('input', () => runSearch(false))

  const count = h('span', { class: 'count', 'aria-hidden': 'true' })
  const cart = h('a', { class: 'cart', href: `${base}/cart` }, icon('cart'), h('span', { class: 'wide' }, 'Cart'), count)
  const drawCount = (): void => {
    const n = cartCount()
    setText(count, String(n))
    count.hidden = n === 0
    cart.setAttribute('aria-label', n === 1 ? 'Cart, 1 thing' : `Cart, ${n} things`)
  }
  onChange(drawCount)
  drawCount()

  const scheme = h('button', { class: 'round', type: 'button', onClick: () => {
    setTheme(theme() === 'dark' ? 'light' : 'dark')
    drawScheme()
  } })
  const drawScheme = (): void => {
    const next = theme() === 'dark' ? 'light' : 'dark'
    scheme.replaceChildren(icon(next === 'dark' ? 'moon' : 'sun'))
    scheme.setAttribute('aria-label', `Switch to ${next} colours`)
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawScheme)
  drawScheme()

  const links = [
    h('a', { href: `${base}/` }, 'Shop'),
    h('a', { href: `${base}/help` }, 'Repairs'),
  ]
  document.getElementById('top')?.append(h('div', { class: 'wrap topline' },
    h('a', { class: 'logo', href: `${base}/`, 'aria-label': 'Brindle, home' }, svg('0 0 28 30', mark, 'logomark'), h('span', null, 'Brindle')),
    h('nav', { 'aria-label': 'Shop' }, ...links),
    form, scheme, cart,
  ))
  startNotice()
  startFoot()

  return () => {
    for (const link of links) {
      if (link.pathname === location.pathname) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    }
    const q = new URLSearchParams(location.search).get('q') ?? ''
    if (document.activeElement !== search) search.value = q
  }
}

function startNotice(): void {
  const state = h('span', { class: 'rec-state' })
  const dot = h('span', { class: 'rec-dot', 'aria-hidden': 'true' })
  const watch = h('a', { class: 'rec-watch', href: '/', target: '_blank', rel: 'noopener' }, 'Watch it')
  const what = h('span', null)
  const { dialog, draw: drawDialog } = whatIsRecorded()
  document.body.append(dialog)
  const draw = (): void => {
    const now = recorderState()
    const { session } = now
    const on = isOn(now)
    setText(state, describe(now))
    setText(what, on ? ' Nothing is sold here, and what you do on it is recorded, masked in your browser.' : ' Nothing is sold here.')
    dot.classList.toggle('on', on)
    watch.hidden = !on || session === ''
    drawDialog()
    const href = `/sessions/${encodeURIComponent(session)}`
    if (watch.getAttribute('href') !== href) watch.setAttribute('href', href)
  }
  draw()
  window.setInterval(draw, 1000)
  document.getElementById('notice')?.append(h('div', { class: 'wrap noticeline' },
    h('p', null, h('strong', null, 'Demo shop.'), what),
    h('p', { class: 'rec' }, dot, state, watch,
      h('button', { class: 'textlike', type: 'button', id: 'what', onClick: () => dialog.showModal() }, 'What is recorded?')),
  ))
}

function whatIsRecorded(): { dialog: HTMLDialogElement; draw: () => void } {
  const row = (kind: string, name: string, text: string, where: string): HTMLElement =>
    h('tr', null, h('th', { scope: 'row' }, h('span', { class: `chip ${kind}` }, name)), h('td', null, text), h('td', null, where))
  const no = h('button', { class: 'button ghost', type: 'button', onClick: () => { optOut(); dialog.close() } }, 'Do not record me')
  const again = h('button', { class: 'button ghost', type: 'button', onClick: () => { optIn(); dialog.close() } }, 'Record me again')
  const dialog = h('dialog', { class: 'sheet', id: 'recorded', 'aria-labelledby': 'recorded-title' },
    h('form', { method: 'dialog', class: 'sheethead' },
      h('h2', { id: 'recorded-title' }, 'What is recorded here'),
      h('button', { class: 'round', 'aria-label': 'Close' }, icon('close'))),
    h('p', null, 'This shop exists to show a session recorder. It keeps what you see and do (page, pointer, clicks, scrolls, routes), so that the visit can be played back. It masks before anything leaves your browser. The page runs at the level ', h('code', null, 'balanced'), ', and four kinds of place are marked:'),
    h('div', { class: 'tablewrap' }, h('table', { class: 'kinds' },
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Mark'), h('th', { scope: 'col' }, 'In the recording'), h('th', { scope: 'col' }, 'Where'))),
      h('tbody', null,
        row('shown', 'shown', 'Texts of the shop, as they were.', 'Products, prices, questions'),
        row('masked', 'masked', 'That something was typed, never what, and not how long it is.', 'All fields, the note to the bench too; your name on the last page (“mask”)'),
        row('blocked', 'blocked', 'A grey box of the same size. Its inside is not even read.', 'Member card in the checkout (“block”)'),
        row('allowed', 'allowed', 'Let through as you type it.', 'Gift tag in the cart (“allow”)')))),
    h('p', { class: 'quiet' }, 'Passwords and card numbers stay masked whatever a page marks. With Do Not Track or Global Privacy Control on, nothing is recorded at all.'),
    h('div', { class: 'sheetfoot' },
      no, again,
      h('button', { class: 'button', type: 'button', onClick: () => dialog.close() }, 'Fine')))
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close() })
  const draw = (): void => {
    const now = recorderState()
    no.hidden = !isOn(now) && now.phase !== 'waiting-consent'
    again.hidden = now.phase !== 'idle' || now.reason !== 'opt-out'
  }
  draw()
  return { dialog, draw }
}

function startFoot(): void {
  document.getElementById('foot')?.append(h('div', { class: 'wrap footgrid' },
    h('div', null, h('strong', null, 'Brindle'), h('p', null, 'Household things with numbered parts. An invented shop on the bench of a session recorder.')),
    h('div', null, h('strong', null, 'Shop'), h('a', { href: `${base}/` }, 'All things'), h('a', { href: `${base}/?cat=Kitchen` }, 'Kitchen'), h('a', { href: `${base}/cart` }, 'Cart')),
    h('div', null, h('strong', null, 'Repairs'), h('a', { href: `${base}/help` }, 'How it works'), h('a', { href: `${base}/help#questions` }, 'Questions')),
    h('div', null, h('strong', null, 'Privacy'), h('p', null, 'Whether this visit is recorded stands at the top: masked in your browser, and sealed before it is sent. No third party is asked for anything.'),
      h('a', { href: '/privacy', target: '_blank', onClick: (event) => { if (openPrivacy()) event.preventDefault() } }, 'See or delete what was recorded of you'))))
}
