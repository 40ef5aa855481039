// <afterimage-sessions>: the sessions of a site, the newest first, those that go on on top
// of it all. The list asks again every few seconds while the page is visible. What is inside
// the seal (facts.ts) fills in where the keys are at hand.

import { css, html, LitElement, nothing } from 'lit'
import { ago, bytes, clock, path, span } from '../player/format.ts'
import { icons } from '../player/icons.ts'
import type { SessionFacts } from '../player/messages.ts'
import { ApiError, isLocal, sessions, type Session, type Site } from './api.ts'
import { startFacts, type FactReader } from './facts.ts'
import { shared } from './shared.ts'
import './snippet.ts'

const pollMs = 4000

export class AfterimageSessions extends LitElement {
  static override properties = { site: { attribute: false }, list: { state: true }, next: { state: true }, problem: { state: true }, more: { state: true }, filter: { state: true } }
  declare site: Site
  declare list: Session[] | undefined
  declare next: number
  private nextId = '' // of the sessions that share next, which were shown
  declare problem: ApiError | undefined
  declare more: boolean
  /** Words that a session must show, all of them. */
  declare filter: string
  private facts: FactReader | undefined
  private timer = 0

  static override styles = [shared, css`
    table { width: 100%; border-collapse: separate; border-spacing: 0; font-size: 14px; }
    th { text-align: left; font-weight: 550; font-size: 12.5px; color: var(--muted); padding: 12px 16px; border-bottom: 1px solid var(--line); white-space: nowrap; }
    td { padding: 8px 16px; height: 60px; border-bottom: 1px solid var(--line); vertical-align: middle; font-variant-numeric: tabular-nums; }
    tr:last-child td { border-bottom: 0; }
    tbody tr { position: relative; cursor: pointer; }
    tbody tr:hover td { background: var(--hover); }
    tbody tr:hover td:first-child { border-radius: inherit; }
    td.go { width: 52px; padding-right: 0; }
    .go a { display: grid; place-items: center; width: 36px; height: 36px; border-radius: 50%; background: var(--accent-soft); color: var(--accent-text); }
    .go a::after { content: ''; position: absolute; inset: 0; }
    .go svg { width: 16px; height: 16px; }
    .go a:focus-visible { outline: none; } .go a:focus-visible::after { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: 10px; }
    .when { white-space: nowrap; } .when b { display: block; font-weight: 580; } .when small { color: var(--muted); font-size: 12.5px; font-family: var(--mono); margin-right: 6px; }
    .entry { width: 100%; min-width: 190px; max-width: 0; } .entry b, .entry span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .entry b { font-weight: 500; } .entry span { color: var(--muted); font-size: 12.5px; }
    .filter { display: flex; align-items: center; width: min(340px, 100%); height: 38px; padding: 0 12px; gap: 8px; border: 1px solid var(--line); border-radius: 10px; background: var(--surface); color: var(--muted); }
    .filter:focus-within { outline: 2px solid var(--accent); outline-offset: 2px; } .filter svg { width: 16px; height: 16px; flex: none; }
    .filter input { flex: 1; min-width: 0; border: 0; outline: none; background: none; color: var(--text); font: 14px/1 var(--font); } .filter input::placeholder { color: var(--muted); opacity: 1; }
    .num { text-align: right; white-space: nowrap; } th.num { text-align: right; }
    .warn { color: var(--warn-text); background: var(--warn-soft); border-radius: 99px; padding: 2px 8px; font-size: 12px; white-space: nowrap; }
    .unit { display: none; }
    .foot { padding: 14px; text-align: center; border-top: 1px solid var(--line); }
    .bar { display: block; height: 4px; margin-top: 5px; border-radius: 2px; background: var(--track); overflow: hidden; width: 110px; margin-left: auto; }
    .bar i { display: block; height: 100%; background: var(--accent); border-radius: 2px; }
    .skeleton { height: 60px; border-bottom: 1px solid var(--line); background: linear-gradient(90deg, transparent, var(--hover), transparent); background-size: 200% 100%; animation: shine 1.4s infinite linear; }
    @keyframes shine { from { background-position: 200% 0; } to { background-position: -200% 0; } }
    @media (max-width: 1120px) { th.size, td.size { display: none; } td, th { padding-inline: 12px; } .bar { width: 80px; } }
    @media (max-width: 860px) {
      .filter { width: 100%; }
      th { display: none; }
      table, tbody { display: block; }
      tbody tr { display: grid; grid-template-columns: 48px 1fr auto; column-gap: 12px; align-items: center; padding: 12px 14px; border-bottom: 1px solid var(--line); }
      tbody tr:last-child { border-bottom: 0; }
      td { border: 0; padding: 0; height: auto; } td.num { text-align: left; }
      td.go { grid-row: 1 / 4; } td.when { grid-column: 2 / 4; } td.entry { grid-column: 2 / 4; grid-row: 2; width: auto; max-width: none; min-width: 0; margin: 3px 0; }
      td.small { color: var(--muted); font-size: 12.5px; grid-row: 3; } td.duration { grid-column: 3; grid-row: 3; text-align: right; font-weight: 550; color: var(--text); }
      td.views { grid-column: 2; } .unit { display: inline; } td.size { display: none; } .bar { display: none; }
    }
  `]

  constructor() {
    super()
    this.next = 0
    this.more = false
    this.filter = ''
  }

  override connectedCallback(): void {
    super.connectedCallback()
    document.addEventListener('visibilitychange', this.poll)
    this.facts = startFacts(() => this.requestUpdate())
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    document.removeEventListener('visibilitychange', this.poll)
    clearTimeout(this.timer)
    this.facts?.stop()
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('site')) {
      this.list = undefined
      this.filter = ''
      void this.poll()
    }
    if (changed.has('list') && this.list) this.facts?.want(this.list)
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
    const shown = list?.filter((s) => this.fits(s)) ?? []
    return html`
      <div class="top"><div><h1>Sessions</h1>
        <p class="muted" role="status">${list ? summary(list.length, live, this.next > 0) : 'Loading…'}${this.filter && list ? ` ${shown.length} shown.` : ''}</p></div>
        ${list?.length ? html`<label class="filter">${icons.search}<input type="search" aria-label="Show sessions with" placeholder="Page, browser, device, id" autocomplete="off" spellcheck="false" .value=${this.filter}
          @input=${(e: Event) => (this.filter = (e.target as HTMLInputElement).value)}></label>` : nothing}</div>
      ${this.problem ? html`<div class="alert" role="alert"><span><b>${this.problem.message}</b> ${this.problem.hint}</span></div>` : nothing}
      <div class="panel">
        ${!list ? html`<div class="skeleton"></div><div class="skeleton"></div><div class="skeleton"></div>` : list.length ? shown.length ? this.table(shown) : this.nothingFits() : this.empty()}
        ${list && this.next ? html`<div class="foot"><button class="button" @click=${this.loadMore}>Show older sessions</button></div>` : nothing}
      </div>`
  }

  private table(list: Session[]) {
    const now = Date.now()
    const longest = Math.max(...list.map((s) => this.length(s).ms), 1)
    return html`<table>
      <thead><tr><th><span hidden>Play</span></th><th>Began</th><th>Entry page and browser</th><th class="num">Duration</th><th class="num">Page views</th><th class="num size">Size, sealed</th></tr></thead>
      <tbody>${list.map((s) => {
        const { ms: length, exact } = this.length(s)
        const facts = this.facts?.get(s)
        return html`<tr>
          <td class="go"><a href="/sessions/${s.id}" aria-label="Play the session of ${new Date(s.firstAtMs).toLocaleString()}">${icons.play}</a></td>
          <td class="when"><b title=${new Date(s.firstAtMs).toLocaleString()}>${ago(s.firstAtMs, now)}</b><small title="Session ${s.id}">${s.id.slice(0, 8)}</small>${s.live ? html`<span class="live"><i></i>Live</span>` : nothing}${s.gaps ? html` <span class="warn" title="Some segments never arrived">${s.gaps} ${s.gaps === 1 ? 'gap' : 'gaps'}</span>` : nothing}</td>
          <td class="entry">${this.entry(s, facts)}</td>
          <td class="num small duration" title=${exact ? span(length) : 'About: from the first arrival at the collector to the last. The player knows the length.'}>${exact ? '' : '≈ '}${clock(length)}<span class="bar" aria-hidden="true"><i .style=${`width:${Math.max((length / longest) * 100, 2).toFixed(1)}%`}></i></span></td>
          <td class="num small views">${s.pageViews.length}<span class="unit"> ${s.pageViews.length === 1 ? "page view" : "page views"}</span></td>
          <td class="num small size">${bytes(s.sizeBytes)}</td>
        </tr>`
      })}</tbody></table>`
  }

  /** As recorded where that is known, which is what the player shows; else by times of arrival. */
  private length(s: Session): { ms: number; exact: boolean } {
    const facts = this.facts?.get(s)
    if (!s.live && facts?.state === 'read' && facts.durationMs !== undefined) return { ms: facts.durationMs, exact: true }
    return { ms: s.lastAtMs - s.firstAtMs, exact: false }
  }

  private entry(s: Session, facts: SessionFacts | undefined) {
    switch (facts?.state) {
      case undefined:
        return html`<b aria-label="Being read">…</b>`
      case 'read':
        return html`<b title=${facts.page ?? ''}>${path(facts.page) || '—'}</b><span>${browserOf(facts) || '—'}</span>`
      case 'sealed':
        return this.site.custody === 'held'
          ? html`<b>—</b><span title="Page, browser and device are inside the seal. This server has no key of this site: where its owner’s is, replay serve --key FILE shows them.">Sealed: its owner holds the key</span>`
          : html`<b>—</b><span title="Page, browser and device are inside the seal, and the key is not here. Where the collector’s master key is, replay serve --keys FILE shows them.">Sealed: its key is not here</span>`
      case 'unreadable':
        return html`<b>—</b><span title="The beginning of the recording is missing, or could not be loaded.">The beginning cannot be read</span>`
    }
  }

  private fits(s: Session): boolean {
    const facts = this.facts?.get(s)
    const text = [s.id, s.live ? 'live' : '', ...(facts?.state === 'read' ? [facts.page, browserOf(facts)] : [])].join(' ').toLowerCase()
    return this.filter.toLowerCase().split(/\s+/).every((word) => text.includes(word))
  }

  private nothingFits() {
    return html`<div class="empty">${icons.search}<h2>None of these sessions shows that</h2>
      <p class="muted">Looked at were page, browser, device and id of the ${this.list?.length} sessions listed here${this.next ? ', not of older ones' : ''}.</p>
      <button class="button" @click=${() => (this.filter = '')}>Show all of them</button></div>`
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

function browserOf({ browser, os, device }: SessionFacts & { state: 'read' }): string {
  return [browser, os, device].filter(Boolean).join(' · ')
}

function summary(n: number, live: number, more: boolean): string {
  if (n === 0) return 'None so far.'
  const all = `${n}${more ? '+' : ''} ${n === 1 ? 'session' : 'sessions'}`
  return live ? `${all}, ${live} going on right now.` : `${all}.`
}

customElements.define('afterimage-sessions', AfterimageSessions)
