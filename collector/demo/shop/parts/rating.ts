// <star-rating value="4.6"> shows stars; with `editable` it is a slider from 1 to 5 that
// fires `change`. Its tree is in an open shadow root, its style in a constructed sheet
// (a <style> element would need 'unsafe-inline').

const sheet = new CSSStyleSheet()
sheet.replaceSync(`
:host { display: inline-flex; align-items: center; gap: .35em; font-size: .85rem; line-height: 1; vertical-align: middle }
.row { position: relative; display: inline-flex; gap: 2px; border-radius: 6px }
.star { inline-size: 1.15em; block-size: 1.15em; display: block; fill: var(--star-off, #ccd2dc) }
.star.on { fill: var(--star-on, #f0a500) }
:host([editable]) { font-size: 1.35rem; cursor: pointer; touch-action: none }
:host([editable]) .row { padding: 4px; outline-offset: 2px }
:host([editable]) .star { transition: transform .15s }
:host([editable]) .star:hover { transform: scale(1.18) }
.label { font-variant-numeric: tabular-nums; color: inherit }
@media (prefers-reduced-motion: reduce) { .star { transition: none } }
`)

const shape = 'M10 1.600l2.600 5.300 5.800.800-4.200 4.100 1 5.800L10 14.900l-5.200 2.700 1-5.800L1.600 7.700l5.800-.800z'
const svgNs = 'http://www.w3.org/2000/svg'

class StarRating extends HTMLElement {
  static observedAttributes = ['value']
  readonly #stars: SVGSVGElement[] = []
  readonly #row = document.createElement('span')
  readonly #label = document.createElement('span')

  constructor() {
    super()
    const root = this.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [sheet]
    this.#row.className = 'row'
    this.#label.className = 'label'
    this.#label.setAttribute('part', 'label')
    for (let i = 1; i <= 5; i++) {
      const star = document.createElementNS(svgNs, 'svg')
      star.setAttribute('viewBox', '0 0 20 20')
      const path = document.createElementNS(svgNs, 'path')
      path.setAttribute('d', shape)
      star.append(path)
      star.addEventListener('click', () => this.#choose(i))
      this.#stars.push(star)
    }
    this.#row.append(...this.#stars)
    const slot = document.createElement('slot')
    root.append(this.#row, this.#label, slot)
    this.addEventListener('keydown', (event) => {
      const step = event.key === 'ArrowRight' || event.key === 'ArrowUp' ? 1 : event.key === 'ArrowLeft' || event.key === 'ArrowDown' ? -1 : 0
      if (step === 0) return
      event.preventDefault()
      this.#choose(Math.min(5, Math.max(1, Math.round(this.value) + step)))
    })
  }

  get value(): number {
    return Number(this.getAttribute('value') ?? 0)
  }

  connectedCallback(): void {
    if (this.hasAttribute('editable')) {
      this.tabIndex = 0
      this.setAttribute('role', 'slider')
      this.setAttribute('aria-valuemin', '1')
      this.setAttribute('aria-valuemax', '5')
    } else {
      this.setAttribute('role', 'img')
    }
    this.#draw()
  }

  attributeChangedCallback(): void {
    this.#draw()
  }

  #choose(stars: number): void {
    if (!this.hasAttribute('editable') || stars === this.value) return
    this.setAttribute('value', String(stars))
    this.dispatchEvent(new Event('change', { bubbles: true }))
  }

  #draw(): void {
    const { value } = this
    const editable = this.hasAttribute('editable')
    this.#stars.forEach((star, i) => star.setAttribute('class', i + 1 <= Math.round(value) ? 'star on' : 'star'))
    this.#label.textContent = editable ? '' : value.toFixed(1)
    if (editable) this.setAttribute('aria-valuenow', String(value))
    else this.setAttribute('aria-label', `${value.toFixed(1)} of 5 stars`)
  }
}

export function defineRating(): void {
  if (!customElements.get('star-rating')) customElements.define('star-rating', StarRating)
}

/** stars makes a <star-rating>. */
export function stars(value: number, options: { editable?: boolean; label?: string } = {}): HTMLElement {
  const element = document.createElement('star-rating')
  element.setAttribute('value', String(value))
  if (options.editable) element.setAttribute('editable', '')
  if (options.label) element.setAttribute('aria-label', options.label)
  return element
}
