// <afterimage-player>: the replayed page with everything around it.

import { html, LitElement, nothing } from 'lit'
import { createEngine, rates, type Engine } from './engine.ts'
import './eventlist.ts'
import { clock, path, span } from './format.ts'
import { icons } from './icons.ts'
import { createOverlay } from './overlay.ts'
import { playerStyles } from './styles.ts'
import './timeline.ts'

const shortcuts: readonly [keys: string, what: string][] = [
  ['Space or K', 'Play, pause'],
  ['← →', 'Back, forward 5 s'],
  ['J L', 'Back, forward 15 s'],
  ['N P', 'Next, previous event'],
  ['Home End', 'Beginning, end'],
  ['< >', 'Slower, faster'],
  ['I', 'Skip inactivity on, off'],
  ['E', 'Event list on, off'],
  ['F', 'Full screen'],
  ['?', 'This list'],
]

export class AfterimagePlayer extends LitElement {
  static override properties = { session: {}, shareKey: { attribute: false }, panel: { state: true }, help: { state: true }, heading: {}, back: {} }
  declare session: string
  declare shareKey: string
  declare heading: string
  /** Where the sessions are listed; empty where nobody lists them. */
  declare back: string
  declare panel: boolean
  declare help: boolean
  readonly engine: Engine = createEngine()
  private overlay = createOverlay()
  private resize = new ResizeObserver(() => this.fit())
  private scale = 1
  private told = false

  static override styles = playerStyles

  constructor() {
    super()
    this.session = ''
    this.shareKey = ''
    this.heading = ''
    this.back = ''
    this.panel = window.innerWidth >= 1000
    this.help = false
    this.engine.onchange = () => {
      this.fit()
      this.requestUpdate()
      this.tell()
    }
  }

  /** Tells once what became of the session: `opened` with its whole id, or `refused` with the problem's code. */
  private tell(): void {
    const { session, fatal } = this.engine.state
    if (this.told || (!session && !fatal)) return
    this.told = true
    this.dispatchEvent(new CustomEvent<string>(session ? 'opened' : 'refused', { detail: session || (fatal?.code ?? '') }))
  }

  override connectedCallback(): void {
    super.connectedCallback()
    document.addEventListener('keydown', this.key)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    document.removeEventListener('keydown', this.key)
    this.resize.disconnect()
    this.engine.stop()
  }

  protected override firstUpdated(): void {
    const stage = this.renderRoot.querySelector('.screen')
    stage?.append(this.engine.frame, this.overlay.element)
    const room = this.renderRoot.querySelector('.stage')
    if (room) this.resize.observe(room)
    this.engine.start(this.session, this.shareKey)
  }

  /** Scales the replayed page to the room there is, and draws what lies over it. */
  private fit(): void {
    const around = this.engine.around
    const room = this.renderRoot?.querySelector<HTMLElement>('.stage')
    const screen = this.renderRoot?.querySelector<HTMLElement>('.screen')
    if (!around || !room || !screen) return
    const { width, height, visual } = around
    screen.hidden = !width || around.empty
    if (!width || !height) return
    const style = getComputedStyle(room)
    const roomWidth = room.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
    const roomHeight = room.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom)
    this.scale = Math.max(Math.min(roomWidth / width, roomHeight / height, 1), 0.05)
    screen.style.width = `${width * this.scale}px`
    screen.style.height = `${height * this.scale}px`
    const frame = this.engine.frame
    frame.style.width = `${width}px`
    frame.style.height = `${height}px`
    frame.style.transform = `scale(${this.scale * visual.scale}) translate(${-visual.left}px, ${-visual.top}px)`
    const scheme = this.engine.state.timeline.pages[around.page]?.meta.colorScheme
    frame.style.colorScheme = scheme === 'dark' ? 'dark' : 'light'
    this.overlay.draw(this.engine, this.scale)
  }

  protected override render() {
    const { state, around } = this.engine
    const { timeline } = state
    const page = timeline.pages[around?.page ?? 0]
    return html`
      <div class="player" ?data-panel=${this.panel}>
        <header>
          <slot name="start"></slot>
          <div class="address" title=${around?.url ?? ''}>
            ${/^https:/.test(around?.url || page?.meta.entryUrl || '') ? icons.lock : icons.page}<span>${pretty(around?.url || page?.meta.entryUrl) || (state.fatal ? 'No page' : 'Loading the recording…')}</span>
          </div>
          ${state.live ? html`<button class="live" aria-pressed=${state.following} @click=${() => this.engine.follow()} title="Follow the visitor live"><i></i>Live</button>` : nothing}
          ${page ? html`<span class="facts">${[page.meta.browser, page.meta.os].filter(Boolean).join(' · ')}${around?.width ? html`<b>${around.width} × ${around.height}</b>` : nothing}</span>` : nothing}
          <slot name="end"></slot>
          <button class="icon" aria-pressed=${this.panel} @click=${() => (this.panel = !this.panel)} aria-label="Event list" title="Event list (E)">${icons.panel}</button>
        </header>

        <div class="stage">
          <div class="screen" hidden></div>
          ${this.notice()}
        </div>

        <aside aria-label="Events" ?hidden=${!this.panel}>
          <afterimage-events .events=${timeline.events} .atMs=${state.atMs} .none=${state.fatal ? 'There is no recording to list events of.' : 'Nothing has happened yet.'} @jump=${(e: CustomEvent<number>) => this.engine.seek(e.detail)}></afterimage-events>
        </aside>

        <footer>
          <afterimage-timeline .timeline=${timeline} .atMs=${state.atMs} .loaded=${state.done ? 1 : state.loaded} @scrub=${(e: CustomEvent<number>) => this.engine.seek(e.detail)}></afterimage-timeline>
          <div class="controls">
            <button class="play" @click=${this.toggle} aria-label=${state.playing ? 'Pause' : 'Play'} title=${state.playing ? 'Pause (Space)' : 'Play (Space)'}>${state.playing ? icons.pause : icons.play}</button>
            <button class="icon wide" @click=${() => this.step(-1)} aria-label="Previous event" title="Previous event (P)">${icons.back}</button>
            <button class="icon wide" @click=${() => this.step(1)} aria-label="Next event" title="Next event (N)">${icons.forward}</button>
            <span class="time"><b>${clock(state.atMs)}</b> / ${clock(timeline.durationMs)}</span>
            <span class="gap"></span>
            ${timeline.pages.length > 1 ? this.pages() : nothing}
            <label class="rate"><span class="visually-hidden">Speed</span>
              <select @change=${(e: Event) => this.engine.setRate(Number((e.target as HTMLSelectElement).value))}>
                ${rates.map((r) => html`<option value=${r} ?selected=${r === state.rate}>${r}×</option>`)}
              </select></label>
            <button class="toggle" aria-pressed=${state.skipIdle} @click=${() => this.engine.setSkipIdle(!state.skipIdle)} title="Skip spans without activity (I)">${icons.skip}<span>Skip inactivity</span></button>
            <button class="icon wide" @click=${() => (this.help = !this.help)} aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)">${icons.keyboard}</button>
            <button class="icon" @click=${this.full} aria-label="Full screen" title="Full screen (F)">${icons.full}</button>
          </div>
        </footer>
        ${this.help ? this.shortcutList() : nothing}
      </div>`
  }

  private pages() {
    const { timeline, pinned } = this.engine.state
    return html`<label class="rate pages"><span class="visually-hidden">Page view</span>
      <select @change=${(e: Event) => this.engine.pin(Number((e.target as HTMLSelectElement).value))}>
        <option value="-1" ?selected=${pinned < 0}>Page in front</option>
        ${timeline.pages.map((p, i) => html`<option value=${i} ?selected=${pinned === i}>${i + 1}. ${path(p.meta.entryUrl).replace(/[?#].*/, '') || 'page'}</option>`)}
      </select></label>`
  }

  private notice() {
    const { state, around } = this.engine
    const { timeline } = state
    if (state.fatal) {
      return html`<div class="card" role="alert"><h2>${state.fatal.message}</h2><p>${words(state.fatal.hint)}</p>
        ${this.back ? html`<a class="button" href=${this.back}>Back to the sessions</a>` : nothing}
        ${state.fatal.code === 'not-found' ? nothing : html`<button class="button" @click=${() => location.reload()}>Reload</button>`}</div>`
    }
    if (state.done && timeline.pages.length === 0) {
      return html`<div class="card"><h2>Nothing is recorded yet.</h2><p>${state.live ? 'The session has begun; its first snapshot has not arrived.' : 'This session has no segments that can be shown.'}</p></div>`
    }
    if (!timeline.pages.length) return html`<div class="card quiet" role="status"><i class="spinner"></i><p>Loading the recording…</p></div>`
    const gap = timeline.gaps.find(([from, to]) => state.atMs >= from && state.atMs < to)
    const skipped = state.skipped && performance.now() - state.skipped.when < 1800 ? state.skipped : undefined
    return html`
      ${gap ? html`<div class="chip warn" role="status">Part of the recording is missing here: ${span(gap[1] - gap[0])}. The page is shown as it was before.</div>` : nothing}
      ${skipped && !gap ? html`<div class="chip" role="status">${icons.skip} Skipped ${span(skipped.ms)} without activity</div>` : nothing}
      ${(around?.hidden || around?.left) && !gap && !skipped ? html`<div class="chip">${around.left ? 'The visitor has left this page' : 'The visitor was in another tab'}</div>` : nothing}
      ${state.problems.length ? html`<div class="problems" role="alert"><div>${state.problems.map((p) => html`<p><b>${p.message}</b> ${words(p.hint)}</p>`)}</div>
        <button class="icon" aria-label="Close" @click=${() => { state.problems = []; this.requestUpdate() }}>×</button></div>` : nothing}`
  }

  private shortcutList() {
    return html`<div class="help" role="dialog" aria-label="Keyboard shortcuts"><h2>Keyboard shortcuts</h2>
      <dl>${shortcuts.map(([keys, what]) => html`<dt>${keys.split(' ').map((k) => (k === 'or' ? ' or ' : html`<kbd>${k}</kbd>`))}</dt><dd>${what}</dd>`)}</dl>
      <button class="button" @click=${() => (this.help = false)}>Close</button></div>`
  }

  private toggle = () => (this.engine.state.playing ? this.engine.pause() : this.engine.play())

  /** Goes to the next or previous thing that the visitor did. */
  private step(direction: 1 | -1): void {
    const { timeline, atMs } = this.engine.state
    const times = timeline.events.filter((e) => e.kind !== 'focus' && e.kind !== 'scroll').map((e) => e.at)
    const next = direction > 0 ? times.find((t) => t > atMs + 50) : times.findLast((t) => t < atMs - 700)
    void this.engine.seek(next ?? (direction > 0 ? timeline.durationMs : 0))
  }

  private full = () => {
    if (document.fullscreenElement) void document.exitFullscreen()
    else void this.requestFullscreen()
  }

  private key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
    const target = event.composedPath()[0]
    if (target instanceof HTMLElement && (target.matches('select, input, textarea') || (target.matches('button, a') && (event.key === ' ' || event.key === 'Enter')))) return
    const { state } = this.engine
    const move = (ms: number) => void this.engine.seek(state.atMs + ms)
    const speed = (by: number) => this.engine.setRate(rates[Math.min(Math.max(rates.indexOf(state.rate as 1) + by, 0), rates.length - 1)] ?? 1)
    const actions: Record<string, () => void> = {
      ' ': this.toggle, k: this.toggle, ArrowLeft: () => move(-5000), ArrowRight: () => move(5000), j: () => move(-15000), l: () => move(15000),
      n: () => this.step(1), p: () => this.step(-1), Home: () => void this.engine.seek(0), End: () => void this.engine.seek(state.timeline.durationMs),
      '<': () => speed(-1), '>': () => speed(1), i: () => this.engine.setSkipIdle(!state.skipIdle), e: () => (this.panel = !this.panel),
      f: this.full, '?': () => (this.help = !this.help), Escape: () => (this.help = false),
    }
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key]
    if (!action) return
    event.preventDefault()
    action()
  }
}

/** A hint, in which commands stand between backticks. */
function words(hint: string) {
  return hint.split('`').map((part, i) => (i % 2 ? html`<code>${part}</code>` : part))
}

/** An address without what one does not read. */
function pretty(url: string | undefined): string {
  return url?.replace(/^https?:\/\//, '') ?? ''
}

customElements.define('afterimage-player', AfterimagePlayer)
