import { svg } from '../parts/dom'
import { drawings, type DrawingName } from './drawings'

/** Colours a thing can have; shop.css has a rule for each. */
export type Tone = 'cobalt' | 'tomato' | 'moss' | 'honey' | 'plum' | 'slate' | 'rose' | 'teal'

export const toneNames: Record<Tone, string> = {
  cobalt: 'Cobalt', tomato: 'Tomato', moss: 'Moss', honey: 'Honey',
  plum: 'Plum', slate: 'Slate', rose: 'Rose', teal: 'Teal',
}

/** art draws a thing in a colour: changing the class `tone-…` recolours it. */
export function art(name: DrawingName, tone: Tone): SVGSVGElement {
  return svg('0 0 240 240', drawings[name], `art tone-${tone}`)
}

export function setTone(element: Element, tone: Tone): void {
  for (const name of [...element.classList]) if (name.startsWith('tone-')) element.classList.remove(name)
  element.classList.add(`tone-${tone}`)
}
