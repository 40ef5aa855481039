/**
 * The consent notice: a text, two buttons of the same weight, a link. It stands in a closed shadow
 * root in the top layer, so that page and notice do not style each other; it is made node by node and
 * styled through CSSOM, so it needs nothing of the page's Content-Security-Policy or Trusted Types.
 *
 * It is the first thing in the tab order and takes no focus by itself; a screen reader is told its text
 * once. Escape inside it closes it without an answer: it comes again with the next page.
 */

export interface Notice {
  readonly text?: string
  readonly accept?: string
  readonly refuse?: string
  /** Address of the site's privacy text, http or https; without it there is no link. */
  readonly link?: string
  readonly linkText?: string
}

const english: Notice = {
  text: 'May we record how you use this page, to find faults and make it better? What you type stays in your browser.',
  accept: 'Allow',
  refuse: 'No, thanks',
  linkText: 'Privacy',
}

// Both palettes keep 7:1 for text, and 3:1 for the outline of focus.
const css = `
:host { all: initial !important; position: fixed !important; inset: auto 0 0 0 !important; z-index: 2147483647 !important;
  display: block !important; width: auto !important; height: auto !important; margin: 0 auto !important; padding: 16px !important;
  max-width: 720px !important; box-sizing: border-box !important; border: 0 !important; background: none !important;
  overflow: visible !important; color-scheme: light dark !important; pointer-events: none !important }
section { --ink: #16191d; --paper: #fff; --line: #6b7280; --fill: #173a5e; --on: #fff; --focus: #0b57d0;
  font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 12px;
  box-shadow: 0 6px 24px rgb(0 0 0 / 25%); padding: 16px; max-height: 60vh; overflow: auto; pointer-events: auto; text-align: start }
p { margin: 0 0 12px; overflow-wrap: break-word }
a { color: inherit; text-decoration: underline; display: inline-block; padding: 2px 0 }
div { display: flex; flex-wrap: wrap; gap: 12px }
button { flex: 1 1 140px; min-height: 44px; padding: 8px 16px; font: inherit; font-weight: 600; color: var(--on); background: var(--fill);
  border: 2px solid var(--fill); border-radius: 8px; cursor: pointer; overflow-wrap: anywhere }
button:hover { text-decoration: underline }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 4px }
@media (prefers-color-scheme: dark) {
  section { --ink: #f3f4f6; --paper: #1b1e23; --line: #8b93a1; --fill: #d6e4f5; --on: #10151b; --focus: #a8c7fa }
}
@media (prefers-reduced-motion: no-preference) {
  @keyframes rise { from { transform: translateY(24px); opacity: 0 } }
  section { animation: rise .25s ease-out }
}
@media print { :host { display: none !important } }`

/** The notice that stands, or that was put away without an answer. */
let current: { readonly texts: Notice; readonly end: () => void; readonly until: (over: Promise<unknown>) => void } | undefined

/**
 * Shows the notice until `over` settles. `answer` is called once, with true or false, or never.
 * Texts that are missing are English.
 *
 * Whoever asks again with the same texts in the task in which `over` settled (another tab wrote something, and
 * nothing of consent) goes on with the notice that stands, or with none where it was put away.
 */
export function showNotice(texts: Notice, answer: (granted: boolean) => void, over: Promise<unknown>): void {
  if (current?.texts === texts) return current.until(over)
  current?.end()
  const { text, accept, refuse, link, linkText } = { ...english, ...texts }
  const make = <K extends keyof HTMLElementTagNameMap>(name: K, content = ''): HTMLElementTagNameMap[K] => {
    const element = document.createElement(name)
    element.textContent = content
    return element
  }
  const host = make('div')
  // A recorder (ours or another's that knows the mark) shows a box at most.
  host.dataset['afterimage'] = 'block'
  const root = host.attachShadow({ mode: 'closed' })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  root.adoptedStyleSheets = [sheet]

  const section = make('section')
  section.ariaLabel = linkText as string
  const message = make('p')
  message.role = 'status'
  message.dir = 'auto'
  const buttons = make('div')
  const before = document.activeElement
  let isClosed = false
  const close = (): void => {
    const had = root.activeElement
    isClosed = true
    host.remove()
    // Who answered by keyboard goes on where they were.
    if (had && before instanceof HTMLElement) before.focus({ preventScroll: true })
  }
  const end = (): void => {
    if (current?.end === end) current = undefined
    close()
  }
  let leaving = 0
  const until = (over: Promise<unknown>): void => {
    clearTimeout(leaving)
    const leave = (): void => void (leaving = window.setTimeout(end))
    over.then(leave, leave)
  }
  // Both look alike, and refusing takes no more than allowing.
  for (const [label, granted] of [[refuse, false], [accept, true]] as const) {
    const button = make('button', label)
    button.type = 'button'
    button.dir = 'auto'
    button.addEventListener('click', (event) => {
      // A script of the page cannot answer for the visitor by this way.
      if (!event.isTrusted) return
      end()
      answer(granted)
    })
    buttons.append(button)
  }
  section.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close()
  })
  section.append(message)
  if (link && /^https?:$/.test(new URL(link, location.href).protocol)) {
    const anchor = make('a', linkText)
    anchor.href = link
    anchor.target = '_blank'
    anchor.rel = 'noopener'
    const line = make('p')
    line.append(anchor)
    section.append(line)
  }
  section.append(buttons)
  root.append(section)
  const show = (): void => {
    if (isClosed) return
    document.body.prepend(host)
    // The top layer, without the popover's habits of closing and focusing.
    host.popover = 'manual'
    host.showPopover?.()
    // A live region is read when its content changes, not when it is born with it.
    requestAnimationFrame(() => (message.textContent = text as string))
  }
  current = { texts, end, until }
  until(over)
  if (document.body) show()
  else document.addEventListener('DOMContentLoaded', show, { once: true })
}
