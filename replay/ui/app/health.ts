// <afterimage-health>: what arrived from a site, what was refused and what to do about it.

import { css, html, LitElement, nothing } from 'lit'
import { ago, bytes } from '../player/format.ts'
import { icons } from '../player/icons.ts'
import { ApiError, health, type Counter, type Health, type Site } from './api.ts'
import { shared } from './shared.ts'

const pollMs = 5000

export class AfterimageHealth extends LitElement {
  static override properties = { site: { attribute: false }, data: { state: true }, problem: { state: true } }
  declare site: Site
  declare data: Health | undefined
  declare problem: ApiError | undefined
  private timer = 0

  static override styles = [shared, css`
    .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 14px; margin-bottom: 26px; }
    .card { padding: 16px 18px; } .card b { display: block; font-size: 26px; line-height: 1.2; font-weight: 620; letter-spacing: -.02em; font-variant-numeric: tabular-nums; margin-top: 2px; }
    section { margin-bottom: 26px; } section > h2 { margin-bottom: 10px; }
    ul { list-style: none; margin: 0; padding: 0; } li { display: grid; grid-template-columns: 1fr auto; gap: 2px 18px; padding: 14px 18px; border-bottom: 1px solid var(--line); } li:last-child { border: 0; }
    li b { font-weight: 580; } li .n { font-variant-numeric: tabular-nums; font-weight: 580; text-align: right; } li small { color: var(--muted); font-size: 13px; } li small.n { font-weight: 400; }
    .fine { display: flex; align-items: center; gap: 10px; padding: 18px; color: var(--good); } .fine span { color: var(--text); }
  `]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.timer)
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('site')) {
      this.data = undefined
      void this.poll()
    }
  }

  private poll = async (): Promise<void> => {
    clearTimeout(this.timer)
    if (!this.isConnected && this.hasUpdated) return
    try {
      this.data = await health(this.site.id)
      this.problem = undefined
    } catch (error) {
      this.problem = error instanceof ApiError ? error : new ApiError(0, String(error), '')
    }
    this.timer = window.setTimeout(this.poll, pollMs)
  }

  protected override render() {
    return html`<div class="top"><div><h1>Health</h1><p class="muted">What arrived from ${this.site.name || this.site.id}, and what did not.</p></div></div>
      ${this.problem ? this.failed(this.problem) : nothing}
      ${this.data ? this.figures(this.data) : nothing}`
  }

  private failed(problem: ApiError) {
    if (problem.status === 404) return html`<div class="panel empty">${icons.health}<h2>No counters here</h2><p class="muted">A local player has none: they are kept by the collector that takes the recordings in.</p></div>`
    return html`<div class="alert" role="alert"><span><b>${problem.message}</b> ${problem.hint}</span></div>`
  }

  private figures(data: Health) {
    const accepted = Object.entries(data.accepted ?? {})
    return html`
      ${accepted.length ? html`<div class="cards">${accepted.map(([name, n]) => html`<div class="panel card"><span class="muted">${words(name)}</span><b>${/bytes/i.test(name) ? bytes(n) : n.toLocaleString()}</b></div>`)}</div>` : nothing}
      ${this.list('Refused at the door', data.refused, 'Nothing was refused.')}
      ${this.list('Reported by recorders', data.recorder, 'No recorder had to slow down or give up.')}`
  }

  private list(name: string, counters: Counter[] | undefined, fine: string) {
    if (!counters) return nothing
    const now = Date.now()
    return html`<section><h2>${name}</h2><div class="panel">
      ${counters.length
        ? html`<ul>${counters.map((c) => html`<li><b>${words(c.code)}</b><span class="n">${c.count.toLocaleString()}</span>
            <small>${c.reason ?? ''} ${c.hint ?? ''}</small><small class="n">${c.lastAtMs ? ago(c.lastAtMs, now) : ''}</small></li>`)}</ul>`
        : html`<div class="fine">${icons.health}<span>${fine}</span></div>`}</div></section>`
  }
}

/** "originNotAllowed", "origin-not-allowed" as "Origin not allowed". */
function words(code: string): string {
  const text = code.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[-_]/g, ' ').toLowerCase()
  return text.charAt(0).toUpperCase() + text.slice(1)
}

customElements.define('afterimage-health', AfterimageHealth)
