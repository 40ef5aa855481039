// The visitor's own part of the collector's page /privacy (collector/privacy). The key of the
// visitor tag comes from the site's page, which opened this one; it lives in this document's
// memory and goes to /v1/visitor in a body, never into an address. Text is set as text: the
// page's policy lets no markup be made from it.

interface Listed {
  readonly session: string
  readonly firstAtMs: number
  readonly lastAtMs: number
  readonly sizeBytes: number
  readonly pageViews: number
  readonly live: boolean
}

const readyEveryMs = 250
const patienceMs = 10_000

const { site = '', origins = '[]' } = document.body.dataset
const allowed = JSON.parse(origins) as readonly string[]
const byId = (id: string): HTMLElement => {
  const element = document.getElementById(id)
  if (!element) throw new Error(`the page has no ${id}`)
  return element
}
let key = ''

/** The rule of the collector (ingest/sites.go): an origin, or a wildcard for the first labels of its host. */
function isAllowed(origin: string): boolean {
  return allowed.some((one) => {
    if (one === origin) return true
    const [scheme, suffix] = one.split('://*.')
    return suffix !== undefined && origin.startsWith(`${scheme}://`) && origin.endsWith(`.${suffix}`)
  })
}

function say(text: string): void {
  byId('own-status').textContent = text
}

async function ask(action: string, session = ''): Promise<Response> {
  const response = await fetch('v1/visitor', { // beside this page, which may stand below a prefix of the site
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    body: JSON.stringify({ v: 1, site, key, action, session }),
  })
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as { error?: string }
    throw new Error(problem.error ?? `status ${response.status}`)
  }
  return response
}

/** Runs what a click asked for, with the button off meanwhile; what goes wrong is said. */
function act(button: HTMLButtonElement | HTMLInputElement, run: () => Promise<void>): void {
  button.disabled = true
  run()
    .catch((error: unknown) => say(`That did not work: ${error instanceof Error ? error.message : String(error)}`))
    .finally(() => (button.disabled = false))
}

const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const size = (bytes: number): string => (bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`)

function button(text: string, label: string, kind: string, run: () => Promise<void>): HTMLButtonElement {
  const element = document.createElement('button')
  element.type = 'button'
  element.textContent = text
  element.setAttribute('aria-label', label)
  element.className = kind
  element.addEventListener('click', () => act(element, run))
  return element
}

function row(visit: Listed): HTMLTableRowElement {
  const tr = document.createElement('tr')
  const th = document.createElement('th')
  th.scope = 'row'
  const at = when.format(visit.firstAtMs)
  th.textContent = visit.live ? `${at}, going on` : at
  tr.append(th)
  for (const text of [String(visit.pageViews), size(visit.sizeBytes)]) {
    const td = document.createElement('td')
    td.textContent = text
    tr.append(td)
  }
  const tools = document.createElement('td')
  tools.append(
    button('Copy', `Copy the visit of ${at}`, 'quiet', () => copy(visit)),
    button('Delete', `Delete the visit of ${at}`, 'danger', () => remove(visit.session)),
  )
  tr.append(tools)
  return tr
}

async function copy(visit: Listed): Promise<void> {
  const blob = await (await ask('copy', visit.session)).blob()
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = `${visit.session.slice(0, 8)}.afterimage`
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
  say('The copy is being saved.')
}

async function remove(session: string): Promise<void> {
  const question = session ? 'Delete this visit for good?' : 'Delete all that is recorded of this browser for good?'
  if (!confirm(question)) return
  const gone = (await (await ask('delete', session)).json()) as { deleted: number; lastCopyGoes: string; backups: number }
  await list()
  const copies = gone.backups > 0 ? ` The last copy of its keys, in a backup, goes on ${gone.lastCopyGoes}.` : ''
  say(`Deleted: ${gone.deleted === 1 ? 'one visit' : `${gone.deleted} visits`}. Nobody can open it any more.${copies}`)
}

async function list(): Promise<void> {
  const { sessions, optedOut } = (await (await ask('list')).json()) as { sessions: readonly Listed[]; optedOut: boolean }
  byId('own-list').replaceChildren(...sessions.map(row))
  byId('own-tools').hidden = false
  const remover = byId('own-delete') as HTMLButtonElement
  remover.hidden = sessions.length === 0
  for (const region of document.querySelectorAll<HTMLElement>('#own-tools .scroll')) region.hidden = sessions.length === 0
  const toggle = byId('own-opt-out') as HTMLInputElement
  toggle.checked = optedOut
  say(sessions.length === 0 ? 'Nothing is recorded of this browser.' : `Recorded of this browser: ${sessions.length === 1 ? 'one visit' : `${sessions.length} visits`}.`)
}

function begin(): void {
  const opener = window.opener as Window | null
  if (!opener) return
  say('Waiting for the site’s page…')
  const timer = setInterval(() => opener.postMessage({ t: 'afterimage-ready' }, '*'), readyEveryMs)
  const late = setTimeout(() => {
    stop()
    say('The site’s page did not answer. Go back to it and open this page from there again.')
  }, patienceMs)
  const stop = (): void => {
    clearInterval(timer)
    clearTimeout(late)
    removeEventListener('message', receive)
  }
  const receive = (event: MessageEvent): void => {
    const data = event.data as { t?: unknown; site?: unknown; key?: unknown } | null
    if (event.source !== opener || !isAllowed(event.origin) || data?.t !== 'afterimage-visitor' || data.site !== site) return
    stop()
    if (typeof data.key !== 'string' || !/^[0-9a-f]{32}$/.test(data.key)) {
      say('Nothing is recorded of this browser.')
      return
    }
    key = data.key
    list().catch(() => say('What is recorded could not be read. Try again later.'))
  }
  addEventListener('message', receive)
}

byId('own-delete').addEventListener('click', (event) => act(event.currentTarget as HTMLButtonElement, () => remove('')))
byId('own-opt-out').addEventListener('change', (event) => {
  const toggle = event.currentTarget as HTMLInputElement
  const out = toggle.checked
  act(toggle, async () => {
    try {
      await ask(out ? 'opt-out' : 'opt-in')
    } catch (error) {
      toggle.checked = !out
      throw error
    }
    say(out ? 'This browser is recorded no more.' : 'This browser may be recorded again.')
  })
})
begin()
