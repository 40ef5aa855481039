// <afterimage-events>: what happened, as a list to jump from.

import { css, html, LitElement } from 'lit'
import { clock } from './format.ts'
import { icons } from './icons.ts'
import type { TimelineEvent } from './timeline-data.ts'
import { detail, groupOf, groups, title, type Group } from './words.ts'

/** Rows in the document; more are reached through the filters. */
const maxRows = 3000

const groupIcon = { clicks: icons.click, typing: icons.type, pages: icons.page, scrolls: icons.scroll, errors: icons.error, other: icons.dot }

export class AfterimageEvents extends LitElement {
  static override properties = { events: { attribute: false }, atMs: { attribute: false }, off: { state: true }, none: { attribute: false } }
  declare events: readonly TimelineEvent[]
  declare atMs: number
  /** What stands there while there is no event. */
  declare none: string
  declare off: ReadonlySet<Group>
  private lastCurrent = -1

  constructor() {
    super()
    this.events = []
    this.atMs = 0
    this.none = 'Nothing has happened yet.'
    this.off = new Set(['scrolls', 'other'])
  }

  static override styles = css`
    :host { display: flex; flex-direction: column; min-height: 0; height: 100%; font: 14px/1.4 var(--font); color: var(--text); }
    .filters { display: flex; flex-wrap: wrap; gap: 6px; padding: 12px 14px; border-bottom: 1px solid var(--line); }
    .filters button { font: 500 12px/1 var(--font); padding: 6px 10px; border-radius: 99px; border: 1px solid var(--line); background: none; color: var(--muted); cursor: pointer; }
    .filters button[aria-pressed='true'] { background: var(--accent-soft); border-color: transparent; color: var(--accent-text); }
    .filters small { font-size: 11px; opacity: .8; margin-left: 3px; font-variant-numeric: tabular-nums; }
    button:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
    ol { list-style: none; margin: 0; padding: 6px; overflow-y: auto; flex: 1; min-height: 0; }
    li button { display: grid; grid-template-columns: 26px 1fr auto; gap: 8px; align-items: center; width: 100%; text-align: left; font: inherit; color: inherit;
      background: none; border: 0; border-radius: 8px; padding: 7px 8px; cursor: pointer; content-visibility: auto; contain-intrinsic-size: auto 44px; }
    li button:hover { background: var(--hover); }
    li.future button { color: var(--muted); }
    li.now button { background: var(--accent-soft); }
    .sign { width: 26px; height: 26px; border-radius: 7px; display: grid; place-items: center; background: var(--hover); color: var(--muted); }
    .sign svg { width: 15px; height: 15px; }
    .clicks .sign { color: var(--mark-click); } .typing .sign { color: var(--mark-type); } .pages .sign { color: var(--mark-page); } .errors .sign { color: var(--mark-error); }
    .what { min-width: 0; }
    .what b { display: block; font-weight: 550; }
    .what span { display: block; color: var(--muted); font-size: 12.5px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    time { color: var(--muted); font-size: 12px; font-variant-numeric: tabular-nums; }
    .none { padding: 32px 20px; text-align: center; color: var(--muted); }
  `

  protected override render() {
    const counts = new Map<Group, number>()
    for (const event of this.events) counts.set(groupOf(event.kind), (counts.get(groupOf(event.kind)) ?? 0) + 1)
    const rows = this.events.filter((e) => !this.off.has(groupOf(e.kind))).slice(0, maxRows)
    let current = -1
    rows.forEach((e, i) => {
      if (e.at <= this.atMs + 20) current = i
    })
    return html`
      <div class="filters" role="group" aria-label="Kinds of event">
        ${groups.map((g) => {
          const n = counts.get(g.id) ?? 0
          return n ? html`<button aria-pressed=${!this.off.has(g.id)} @click=${() => this.toggle(g.id)}>${g.name}<small>${n}</small></button>` : ''
        })}
      </div>
      ${rows.length
        ? html`<ol>${rows.map((e, i) => html`<li class="${groupOf(e.kind)} ${i === current ? 'now' : i > current ? 'future' : ''}">
            <button @click=${() => this.jump(e)} aria-current=${i === current ? 'true' : 'false'}>
              <span class="sign">${groupIcon[groupOf(e.kind)]}</span>
              <span class="what"><b>${title(e)}</b><span>${detail(e)}</span></span>
              <time>${clock(e.at)}</time>
            </button></li>`)}</ol>`
        : html`<p class="none">${this.events.length ? 'Nothing of the kinds chosen above.' : this.none}</p>`}`
  }

  protected override updated(): void {
    const now = this.renderRoot.querySelector<HTMLElement>('li.now')
    const index = now ? [...now.parentElement!.children].indexOf(now) : -1 // a row is in its list
    if (index === this.lastCurrent || !now) return
    this.lastCurrent = index
    const list = this.renderRoot.querySelector('ol')
    if (!list || list.matches(':hover')) return
    const top = now.offsetTop - list.offsetTop
    if (top < list.scrollTop || top > list.scrollTop + list.clientHeight - 60) list.scrollTop = top - list.clientHeight / 3
  }

  private toggle(id: Group): void {
    const off = new Set(this.off)
    if (!off.delete(id)) off.add(id)
    this.off = off
  }

  private jump(event: TimelineEvent): void {
    this.dispatchEvent(new CustomEvent<number>('jump', { detail: event.at }))
  }
}

customElements.define('afterimage-events', AfterimageEvents)
