// <afterimage-timeline>: the session as a line to scrub on, with marks for what happened.

import { css, html, LitElement } from 'lit'
import { clock } from './format.ts'
import { emptyTimeline, type Timeline } from './timeline-data.ts'
import { groupOf, type Group } from './words.ts'

const markColour: Record<Group, string> = {
  clicks: '--mark-click', typing: '--mark-type', pages: '--mark-page', scrolls: '--mark-scroll', errors: '--mark-error', other: '--mark-other',
}

export class AfterimageTimeline extends LitElement {
  static override properties = { timeline: { attribute: false }, atMs: { attribute: false }, loaded: { attribute: false } }
  declare timeline: Timeline
  declare atMs: number
  declare loaded: number
  private hoverMs: number | undefined
  private dragging = false
  private observer = new ResizeObserver(() => this.paint())

  constructor() {
    super()
    this.timeline = emptyTimeline
    this.atMs = 0
    this.loaded = 1
  }

  static override styles = css`
    :host { display: block; position: relative; user-select: none; touch-action: none; }
    .track { position: relative; height: 44px; cursor: pointer; outline: none; border-radius: 8px; }
    .track:focus-visible { box-shadow: 0 0 0 2px var(--accent); }
    canvas { position: absolute; inset: 0; width: 100%; height: 100%; display: block; }
    .head { position: absolute; top: 2px; bottom: 2px; width: 2px; margin-left: -1px; background: var(--text); pointer-events: none; border-radius: 1px; }
    .head::before { content: ''; position: absolute; left: -5px; bottom: 5px; width: 12px; height: 12px; border-radius: 50%; background: var(--text); box-shadow: 0 0 0 3px var(--surface); }
    .bubble { position: absolute; bottom: 100%; transform: translateX(-50%); margin-bottom: 4px; padding: 3px 8px; border-radius: 6px;
      background: var(--text); color: var(--surface); font: 500 12px/1.3 var(--font); font-variant-numeric: tabular-nums; pointer-events: none; white-space: nowrap; z-index: 2; }
  `

  override connectedCallback(): void {
    super.connectedCallback()
    this.observer.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.observer.disconnect()
  }

  protected override render() {
    const { durationMs } = this.timeline
    const share = durationMs ? Math.min(this.atMs / durationMs, 1) : 0
    return html`<div class="track" role="slider" tabindex="0" aria-label="Time in the session"
        aria-valuemin="0" aria-valuemax=${Math.round(durationMs / 1000)} aria-valuenow=${Math.round(this.atMs / 1000)}
        aria-valuetext="${clock(this.atMs)} of ${clock(durationMs)}"
        @pointerdown=${this.down} @pointermove=${this.move} @pointerup=${this.up} @pointercancel=${this.up} @pointerleave=${this.leave}>
      <canvas></canvas>
      <div class="head" .style=${`left:${(share * 100).toFixed(3)}%`}></div>
    </div>
    ${this.hoverMs === undefined || !durationMs ? '' : html`<div class="bubble" .style=${`left:${((this.hoverMs / durationMs) * 100).toFixed(2)}%`}>${clock(this.hoverMs)}${this.hint(this.hoverMs)}</div>`}`
  }

  protected override updated(changed: Map<string, unknown>): void {
    if (changed.has('timeline') || changed.has('loaded') || changed.has('atMs')) this.paint()
  }

  private hint(atMs: number): string {
    const inside = (list: Timeline['gaps']) => list.some(([from, to]) => atMs >= from && atMs <= to)
    if (inside(this.timeline.gaps)) return ' · recording missing'
    return inside(this.timeline.idle) ? ' · nothing happened' : ''
  }

  private timeOf(event: PointerEvent): number {
    const box = this.getBoundingClientRect()
    const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1)
    return share * this.timeline.durationMs
  }

  private down = (event: PointerEvent) => {
    if (event.button !== 0) return
    this.dragging = true
    ;(event.currentTarget as HTMLElement).setPointerCapture(event.pointerId)
    this.scrub(this.timeOf(event))
  }
  private move = (event: PointerEvent) => {
    this.hoverMs = this.timeOf(event)
    this.requestUpdate()
    if (this.dragging) this.scrub(this.hoverMs)
  }
  private up = (event: PointerEvent) => {
    this.dragging = false
    if (event.pointerType !== 'mouse') this.leave()
  }
  private leave = () => {
    if (this.dragging) return
    this.hoverMs = undefined
    this.requestUpdate()
  }

  private scrub(atMs: number): void {
    this.dispatchEvent(new CustomEvent<number>('scrub', { detail: atMs }))
  }

  private paint(): void {
    const canvas = this.renderRoot.querySelector('canvas')
    if (!canvas) return
    const width = this.clientWidth
    const height = 44
    const ratio = window.devicePixelRatio || 1
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio)
      canvas.height = Math.round(height * ratio)
    }
    const c = canvas.getContext('2d')
    if (!c || !width) return
    const style = getComputedStyle(this)
    const colour = (name: string) => style.getPropertyValue(name).trim() || '#888'
    const { durationMs, events, gaps, idle, shown, pages } = this.timeline
    const x = (ms: number) => (durationMs ? (ms / durationMs) * width : 0)
    c.setTransform(ratio, 0, 0, ratio, 0, 0)
    c.clearRect(0, 0, width, height)

    // The bar: what was played, what is there, page views as its parts.
    const top = 28
    const bar = 8
    c.fillStyle = colour('--track')
    round(c, 0, top, width, bar, 4)
    c.fillStyle = colour('--track-loaded')
    round(c, 0, top, width * Math.min(this.loaded, 1), bar, 4)
    c.fillStyle = colour('--accent')
    round(c, 0, top, x(Math.min(this.atMs, durationMs)), bar, 4)
    c.fillStyle = colour('--idle')
    for (const [from, to] of idle) c.fillRect(x(from), top + 2.5, Math.max(x(to) - x(from), 1), bar - 5)
    for (const [from, to] of gaps) hatch(c, x(from), top - 2, Math.max(x(to) - x(from), 4), bar + 4, colour('--mark-error'))
    if (pages.length > 1) {
      c.fillStyle = colour('--surface')
      for (const [from] of shown) if (from > 0) c.fillRect(x(from) - 1, top - 2, 2, bar + 4)
    }

    // Marks in one lane above; errors and pages over the many.
    const order: Group[] = ['other', 'scrolls', 'typing', 'clicks', 'pages', 'errors']
    for (const group of order) {
      c.fillStyle = colour(markColour[group])
      let last = -9
      for (const event of events) {
        if (groupOf(event.kind) !== group || event.kind === 'focus') continue
        const from = x(event.at)
        const to = event.to ? x(event.to) : from
        if (group === 'scrolls') {
          c.fillRect(from, 21, Math.max(to - from, 2), 2)
          continue
        }
        if (group === 'typing') {
          round(c, from, 17, Math.max(to - from, 4), 6, 2)
          continue
        }
        if (from - last < 2 && group !== 'errors') continue
        last = from
        if (group === 'pages') round(c, from - 1, 6, 2.5, 18, 1)
        else if (group === 'errors') triangle(c, from, 12)
        else if (group === 'clicks') disc(c, from, 14, 3.2)
        else disc(c, from, 14, 2)
      }
    }
  }
}

function round(c: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, r: number): void {
  if (w <= 0) return
  c.beginPath()
  c.roundRect(x, y, w, h, Math.min(r, w / 2))
  c.fill()
}

function disc(c: CanvasRenderingContext2D, x: number, y: number, r: number): void {
  c.beginPath()
  c.arc(x, y, r, 0, 2 * Math.PI)
  c.fill()
}

function triangle(c: CanvasRenderingContext2D, x: number, y: number): void {
  c.beginPath()
  c.moveTo(x, y - 5)
  c.lineTo(x + 5, y + 4)
  c.lineTo(x - 5, y + 4)
  c.fill()
}

function hatch(c: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, colour: string): void {
  c.save()
  c.beginPath()
  c.rect(x, y, w, h)
  c.clip()
  c.strokeStyle = colour
  c.lineWidth = 1.5
  for (let i = x - h; i < x + w + h; i += 5) {
    c.beginPath()
    c.moveTo(i, y + h)
    c.lineTo(i + h, y)
    c.stroke()
  }
  c.restore()
}

customElements.define('afterimage-timeline', AfterimageTimeline)
