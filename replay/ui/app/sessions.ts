// <afterimage-sessions>: the sessions of a site, the newest first, those that go on on top
// of it all. The list asks again every few seconds while the page is visible.

import { css, html, LitElement, nothing } from 'lit'
import { ago, bytes, clock, span } from '../player/format.ts'
import { icons } from '../player/icons.ts'
import { ApiError, isLocal, sessions, type Session, type Site } from './api.ts'
import { shared } from './shared.ts'
import './snippet.ts'

const pollMs = 4000

export class AfterimageSessions extends LitElement {
  static override properties = { site: { attribute: false }, list: { state: true }, next: { state: true }, problem: { state: true }, more: { state: true } }
  declare site: Site
  declare list: Session[] | undefined
  declare next: number
  private nextId = '' // of the sessions that share next, which were shown
  declare problem: ApiError | undefined
  declare more: boolean
  private timer = 0

  static override styles = [shared, css`
    table { width: 100%; border-collapse: separate; border-spacing: 0; font-size: 14px; }
    th { text-align: left; font-weight: 550; font-size: 12.5px; color: var(--muted); padding: 12px 16px; border-bottom: 1px solid var(--line); white-space: nowrap; }
    td { padding: 0 16px; height: 60px; border-bottom: 1px solid var(--line); vertical-align: middle; font-variant-numeric: tabular-nums; }
    tr:last-child td { border-bottom: 0; }
    tbody tr { position: relative; cursor: pointer; }
    tbody tr:hover td { background: var(--hover); }
    tbody tr:hover td:first-child { border-radius: inherit; }
    td.go { width: 52px; padding-right: 0; }
    .go a { display: grid; place-items: center; width: 36px; height: 36px; border-radius: 50%; background: var(--accent-soft); color: var(--accent-text); }
    .go a::after { content: ''; position: absolute; inset: 0; }
    .go svg { width: 16px; height: 16px; }
    .go a:focus-visible { outline: none; } .go a:focus-visible::after { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: 10px; }
    .when b { display: block; font-weight: 580; } .when span { color: var(--muted); font-size: 12.5px; font-family: var(--mono); }
    .num { text-align: right; } th.num { text-align: right; }
    .warn { color: var(--warn-text); background: var(--warn-soft); border-radius: 99px; padding: 2px 8px; font-size: 12px; white-space: nowrap; }
    .unit { display: none; }
    .foot { padding: 14px; text-align: center; border-top: 1px solid var(--line); }
    .bar { display: block; height: 4px; margin-top: 5px; border-radius: 2px; background: var(--track); overflow: hidden; width: 110px; margin-left: auto; }
    .bar i { display: block; height: 100%; background: var(--accent); border-radius: 2px; }
    .skeleton { height: 60px; border-bottom: 1px solid var(--line); background: linear-gradient(90deg, transparent, var(--hover), transparent); background-size: 200% 100%; animation: shine 1.4s infinite linear; }
    @keyframes shine { from { background-position: 200% 0; } to { background-position: -200% 0; } }
    @media (max-width: 860px) {
      th { display: none; }
      table, tbody { display: block; }
      tbody tr { display: grid; grid-template-columns: 48px 1fr auto; column-gap: 12px; align-items: center; padding: 12px 14px; border-bottom: 1px solid var(--line); }
      tbody tr:last-child { border-bottom: 0; }
      td { border: 0; padding: 0; height: auto; } td.num { text-align: left; }
      td.go { grid-row: 1 / 3; } td.when { grid-column: 2; } td.state { grid-column: 3; grid-row: 1; }
      td.small { color: var(--muted); font-size: 12.5px; grid-row: 2; } td.duration { grid-column: 3; grid-row: 2; text-align: right; font-weight: 550; color: var(--text); }
      td.views { grid-column: 2; } .unit { display: inline; } td.size { display: none; } .bar { display: none; }
    }
  `]

  constructor() {
    super()
    this.next = 0
    this.more = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    document.addEventListener('visibilitychange', this.poll)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    document.removeEventListener('visibilitychange', this.poll)
    clearTimeout(this.timer)
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('site')) {
      this.list = undefined
      void this.poll()
    }
  }

  private poll = async (): Promise<void> => {
    clearTimeout(this.timer)
    if (document.hidden || !this.isConnected) return
    const site = this.site.id
    try {
      const page = await sessions(site)
      if (site !== this.site.id) return
      const known = new Set(page.sessions.map((s) => s.id))
      const older = this.more ? (this.list ?? []).filter((s) => !known.has(s.id)) : []
      if (!this.more) [this.next, this.nextId] = [page.nextBeforeMs, page.nextBeforeId]
      this.list = [...page.sessions, ...older]
      this.problem = undefined
    } catch (error) {
      this.problem = error instanceof ApiError ? error : new ApiError(0, String(error), '')
    }
    clearTimeout(this.timer)
    this.timer = window.setTimeout(this.poll, pollMs)
  }

  private loadMore = async (): Promise<void> => {
    const page = await sessions(this.site.id, this.next, this.nextId)
    const known = new Set((this.list ?? []).map((s) => s.id))
    this.list = [...(this.list ?? []), ...page.sessions.filter((s) => !known.has(s.id))]
    this.next = page.nextBeforeMs
    this.nextId = page.nextBeforeId
    this.more = true
  }

  protected override render() {
    const { list } = this
    const live = list?.filter((s) => s.live).length ?? 0
    return html`
      <div class="top"><div><h1>Sessions</h1>
        <p class="muted">${list ? summary(list.length, live, this.next > 0) : 'Loading…'}</p></div></div>
      ${this.problem ? html`<div class="alert" role="alert"><span><b>${this.problem.message}</b> ${this.problem.hint}</span></div>` : nothing}
      <div class="panel">
        ${!list ? html`<div class="skeleton"></div><div class="skeleton"></div><div class="skeleton"></div>` : list.length ? this.table(list) : this.empty()}
        ${list && this.next ? html`<div class="foot"><button class="button" @click=${this.loadMore}>Show older sessions</button></div>` : nothing}
      </div>`
  }

  private table(list: Session[]) {
    const now = Date.now()
    const longest = Math.max(...list.map((s) => s.lastAtMs - s.firstAtMs), 1)
    return html`<table>
      <thead><tr><th><span hidden>Play</span></th><th>Began</th><th></th><th class="num">Duration</th><th class="num">Page views</th><th class="num">Size, sealed</th></tr></thead>
      <tbody>${list.map((s) => {
        const length = s.lastAtMs - s.firstAtMs
        return html`<tr>
          <td class="go"><a href="/sessions/${s.id}" aria-label="Play the session of ${new Date(s.firstAtMs).toLocaleString()}">${icons.play}</a></td>
          <td class="when"><b title=${new Date(s.firstAtMs).toLocaleString()}>${ago(s.firstAtMs, now)}</b><span title="Session ${s.id}">${s.id.slice(0, 8)}</span></td>
          <td class="state">${s.live ? html`<span class="live"><i></i>Live</span>` : nothing}${s.gaps ? html` <span class="warn" title="Some segments never arrived">${s.gaps} ${s.gaps === 1 ? 'gap' : 'gaps'}</span>` : nothing}</td>
          <td class="num small duration" title=${span(length)}>${clock(length)}<span class="bar" aria-hidden="true"><i .style=${`width:${Math.max((length / longest) * 100, 2).toFixed(1)}%`}></i></span></td>
          <td class="num small views">${s.pageViews.length}<span class="unit"> ${s.pageViews.length === 1 ? "page view" : "page views"}</span></td>
          <td class="num small size">${bytes(s.sizeBytes)}</td>
        </tr>`
      })}</tbody></table>`
  }

  private empty() {
    if (isLocal()) return html`<div class="empty">${icons.list}<h2>No session</h2><p class="muted">A local player takes no recordings in: what the collector of this site has stored appears here.</p></div>`
    return html`<div class="empty">${icons.code}
      <h2>No session yet</h2>
      <p class="muted">Put this tag into the head of the pages of ${this.site.name || 'your site'}. The first visit appears here while it is still going on.</p>
      <afterimage-snippet .site=${this.site}></afterimage-snippet>
      <p class="muted">${this.site.origins.length ? html`Recorded are pages of ${this.site.origins.join(', ')}.` : nothing}</p></div>`
  }
}

function summary(n: number, live: number, more: boolean): string {
  if (n === 0) return 'None so far.'
  const all = `${n}${more ? '+' : ''} ${n === 1 ? 'session' : 'sessions'}`
  return live ? `${all}, ${live} going on right now` : all
}

customElements.define('afterimage-sessions', AfterimageSessions)
