// What lies over the replayed page: pointer, clicks, fingers, the sign that a field is being
// typed into. All of it follows from the time shown, so scrubbing shows the same as playing.

import type { Engine } from './engine.ts'
import type { TimelineEvent } from './timeline-data.ts'

const rippleMs = 650
const svgNS = 'http://www.w3.org/2000/svg'

export interface Overlay {
  readonly element: HTMLElement
  /** Draws for the engine's time; scale: screen px for one px of the page. */
  draw(engine: Engine, scale: number): void
}

export function createOverlay(): Overlay {
  const element = document.createElement('div')
  element.className = 'overlay'
  element.setAttribute('aria-hidden', 'true')
  const pointer = arrow()
  element.append(pointer)
  const typing = document.createElement('div')
  typing.className = 'typing'
  for (let i = 0; i < 3; i++) typing.append(document.createElement('i'))
  element.append(typing)
  const ripples: HTMLElement[] = []
  const fingers: HTMLElement[] = []

  const place = (node: HTMLElement | SVGElement, x: number, y: number) => {
    node.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`
  }
  const take = (list: HTMLElement[], i: number, name: string): HTMLElement => {
    let node = list[i]
    if (!node) {
      node = document.createElement('div')
      node.className = name
      node.append(document.createElement('b'))
      list.push(node)
      element.insertBefore(node, pointer)
    }
    node.hidden = false
    return node
  }

  return {
    element,
    draw(engine, scale) {
      const around = engine.around
      const { state } = engine
      if (!around) return
      const zoom = around.visual.scale * scale
      const x = (px: number) => (px - around.visual.left) * zoom
      const y = (px: number) => (px - around.visual.top) * zoom

      const p = around.hidden ? undefined : around.pointer
      pointer.style.display = p ? '' : 'none'
      if (p) place(pointer, x(p.x), y(p.y))

      let shown = 0
      for (const event of clicksAt(state.timeline.events, state.atMs, around.page)) {
        const age = (state.atMs - event.at) / rippleMs
        const node = take(ripples, shown++, 'ripple')
        node.className = event.kind === 'contextmenu' ? 'ripple other' : 'ripple'
        place(node, x(event.x ?? 0), y(event.y ?? 0))
        const ring = node.firstElementChild as HTMLElement
        ring.style.transform = `scale(${(0.35 + 0.65 * Math.sqrt(age)).toFixed(3)})`
        ring.style.opacity = (1 - age).toFixed(3)
      }
      for (let i = shown; i < ripples.length; i++) ripples[i]!.hidden = true

      around.touches.forEach((t, i) => place(take(fingers, i, 'finger'), x(t.x), y(t.y)))
      for (let i = around.touches.length; i < fingers.length; i++) fingers[i]!.hidden = true

      const rect = around.typing.id && around.typing.keys ? engine.rectOf(around.typing.id) : undefined
      typing.hidden = !rect
      // Dots and no number: of a masked field the recording knows seconds with keys, not keys.
      if (rect) place(typing, x(rect.right) - 8, y(rect.top) - 12)
    },
  }
}

/** The clicks that are still to be seen at atMs. */
function clicksAt(events: readonly TimelineEvent[], atMs: number, page: number): TimelineEvent[] {
  return events.filter((e) => e.x !== undefined && e.page === page && e.at <= atMs && e.at > atMs - rippleMs)
}

function arrow(): SVGSVGElement {
  const svg = document.createElementNS(svgNS, 'svg')
  svg.setAttribute('class', 'pointer')
  svg.setAttribute('viewBox', '0 0 24 24')
  const path = document.createElementNS(svgNS, 'path')
  path.setAttribute('d', 'M1 1l6.5 19 3.2-7.6 7.8-2.9z')
  svg.append(path)
  return svg
}
