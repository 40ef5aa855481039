// <afterimage-health>: whether a site is recorded, what was refused and what to do about it.

import { css, html, LitElement, nothing } from 'lit'
import { ago } from '../player/format.ts'
import { icons } from '../player/icons.ts'
import { ApiError, health, type Health, type Refusal, type Site } from './api.ts'
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
    .on { color: var(--good); } .off { color: var(--live-text); }
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
    return html`<div class="top"><div><h1>Health</h1><p class="muted">Whether ${this.site.name || this.site.id} is recorded, and what was refused.</p></div></div>
      ${this.problem ? this.failed(this.problem) : nothing}
      ${this.data ? this.figures(this.data) : nothing}`
  }

  private failed(problem: ApiError) {
    if (problem.status === 404) return html`<div class="panel empty">${icons.health}<h2>No counters here</h2><p class="muted">A local player has none: they are kept by the collector that takes the recordings in.</p></div>`
    return html`<div class="alert" role="alert"><span><b>${problem.message}</b> ${problem.hint}</span></div>`
  }

  private figures(data: Health) {
    const refusals = data.refusals ?? []
    const today = new Date().toISOString().slice(0, 10)
    const sum = (list: Refusal[]) => list.reduce((n, r) => n + r.count, 0)
    const byCode = new Map<string, { count: number; lastAtMs: number }>()
    for (const r of refusals) {
      const entry = byCode.get(r.code) ?? { count: 0, lastAtMs: 0 }
      byCode.set(r.code, { count: entry.count + r.count, lastAtMs: Math.max(entry.lastAtMs, r.lastAtMs) })
    }
    const rows = [...byCode].sort((a, b) => b[1].lastAtMs - a[1].lastAtMs)
    const now = Date.now()
    const counted = new Map<string, number>()
    for (const c of data.counts ?? []) counted.set(c.name, (counted.get(c.name) ?? 0) + c.count)
    return html`
      ${data.reports
        ? html`<div class="alert" role="status"><span><b>${data.reports === 1 ? 'A report' : `${data.reports} reports`} of a child’s data.</b> Read with: collector site reports ${data.site}</span></div>`
        : nothing}
      <div class="cards">
        <div class="panel card"><span class="muted">Recording</span><b class=${data.enabled ? 'on' : 'off'}>${data.enabled ? 'On' : 'Off'}</b></div>
        <div class="panel card"><span class="muted">Refused today</span><b>${sum(refusals.filter((r) => r.day === today)).toLocaleString()}</b></div>
        <div class="panel card"><span class="muted">Refused, all days kept</span><b>${sum(refusals).toLocaleString()}</b></div>
      </div>
      <section><h2>Refused at the door</h2><div class="panel">
        ${rows.length
          ? html`<ul>${rows.map(([code, r]) => html`<li><b>${meaning(code, this.site)[0]}</b><span class="n">${r.count.toLocaleString()}</span>
              <small>${meaning(code, this.site)[1]}</small><small class="n">${ago(r.lastAtMs, now)}</small></li>`)}</ul>`
          : html`<div class="fine">${icons.health}<span>Nothing was refused. What recorders sent is stored.</span></div>`}</div></section>
      ${data.warnings
        ? html`<section><h2>Settings to look at</h2><div class="panel">
        ${data.warnings.length
          ? html`<ul>${data.warnings.map((w) => html`<li><b>${w.what}</b><span></span><small>${w.hint}</small></li>`)}</ul>`
          : html`<div class="fine">${icons.health}<span>Nothing to warn of.</span></div>`}</div></section>`
        : nothing}
      ${counted.size
        ? html`<section><h2>What recorders counted in 30 days</h2><div class="panel"><ul>${[...counted].map(([name, n]) => html`<li><b>${counts[name] ?? name}</b><span class="n">${n.toLocaleString()}</span></li>`)}</ul></div></section>`
        : nothing}`
  }
}

/** What the names in `counts` (collector/UPLOAD.md) mean. */
const counts: Readonly<Record<string, string>> = {
  'identify-refused': 'identify() was given what looks like a person, and refused it',
  'track-refused': 'track() was given a name that looks like a person, and refused it',
  'track-masked': 'Properties of track() that looked like a person, masked',
  'traits-masked': 'Traits of identify() that looked like a person, masked',
  'label-masked': 'Releases, environments and tags that looked like a person, masked',
  'degraded-pointer': 'The recorder took too much time: pointer samples left out',
  'degraded-animations': 'The recorder took too much time: animations left out',
  'degraded-canvas': 'The recorder took too much time: canvas left out',
  'degraded-subtree': 'The recorder took too much time: the busiest part left out as a box',
  'core-restarted': 'The core’s memory was renewed',
  'core-memory': 'Recording ended: the core’s memory was full',
  'core-failed': 'Recording ended: the core failed',
  'queue-full': 'The core fell behind: a part was walked anew',
  'snapshot-again': 'The walk of a page was begun anew',
  'segment-given-up': 'A part of a page was too large to be sent, or was refused: put data-afterimage="block" on its largest part',
}

/** What a refusal's code (collector/ingest) means, and what to do. */
function meaning(code: string, site: Site): readonly [what: string, todo: string] {
  switch (code) {
    case 'origin': return ['Origin not allowed', `A page of another origin uses this site’s key. Allow it with: collector site set ${site.id} --add-origin …`]
    case 'disabled': return ['Recording is switched off', `Switch it on with: collector site set ${site.id} --enabled`]
    case 'full': return ['Storage is full', 'Recorders keep what they have and come again. Make room on the collector\'s disk, or raise --journal-max-mib; its log says which.']
    case 'rate': return ['Too much at once', 'A socket sent more than it may. Many at once from one address can be a misused key.']
    case 'busy': return ['Too many connections', 'Recorders come again by themselves. Add a collector if it lasts.']
    case 'too-large': return ['Larger than is taken', 'Recorders send smaller messages; what stays too large they give up, and after three times they stop. Put data-afterimage="block" on the largest part of the page.']
    case 'frame': case 'hello': case 'malformed': return ['Not understood', 'The message was not ours or was damaged on the way: an old script in a cache, or somebody trying.']
    case 'unknown-site': return ['Unknown site key', 'Copy the tag from the Install page.']
    case 'other-writer': return ['Page view of another writer', 'Somebody without its secret tried to add to a page view. It was kept as it was.']
    case 'conflict': return ['Different bytes for a stored segment', 'The first ones stay. A recorder never does this; somebody may be trying.']
    case 'wrong-key': case 'no-envelope': return ['Sealed to another key', 'The page holds old settings. They are fetched again at the next visit.']
    case 'settings': return ['The settings changed', 'Recorders load the new ones and go on; there is nothing to do.']
    case 'opted-out': return ['The visitor opted out', 'On the page /privacy; nothing of this browser is recorded.']
    case 'deleted': return ['For a deleted session', 'It stays deleted.']
    case 'late': return ['Too late', 'The session ended more than a week before.']
    case 'limit': return ['Over a limit', 'A session, page view or segment grew larger than is kept.']
    case 'unknown': return ['Page view never announced', 'The recorder says hello again and sends it then.']
    case 'internal': return ['The collector failed', 'Look at its log; recorders keep what was not acknowledged.']
    default: return [code, 'Update this dashboard to learn what it means.']
  }
}

customElements.define('afterimage-health', AfterimageHealth)
