/**
 * Scroll offsets of viewport and containers, size of the viewport, pinch: at most one op a frame each.
 */
import { listen } from './guard'
import { $nodeType, $scrollLeft, $scrollTop } from './native'
import { idOf } from './nodes'
import { Op, op, stamp } from './ops'
import { targetOf } from './pointer'

export interface Scroll {
  attach_(root: Document | ShadowRoot): void
  /** Offsets of a node that are not 0, as after a snapshot. */
  read_(element: Element): void
  settle_(): void
}

export function trackScroll(frame: () => void): Scroll {
  const scrolled = new Set<Node>()
  let resized = false
  let pinched = false

  const tell = (node: Node, always: boolean): void => {
    const element = ($nodeType.call(node) === 9 ? (node as Document).scrollingElement : node) as Element | null
    const id = idOf(node)
    if (!element || !id) return
    const x = $scrollLeft.call(element)
    const y = $scrollTop.call(element)
    if (always || x || y) op(Op.scroll, id, x, y)
  }
  listen(window, 'resize', () => {
    resized = true
    frame()
  })
  const viewport = window.visualViewport
  if (viewport) {
    listen(viewport, 'resize scroll', () => {
      pinched = true
      frame()
    })
  }
  return {
    attach_(root) {
      listen(root, 'scroll', (event) => {
        scrolled.add(targetOf(event))
        frame()
      })
    },
    read_: (element) => tell(element, false),
    settle_() {
      if (!scrolled.size && !resized && !pinched) return
      stamp()
      scrolled.forEach((node) => tell(node, true))
      scrolled.clear()
      if (resized) op(Op.resize, innerWidth, innerHeight, devicePixelRatio * 1000)
      if (pinched && viewport) {
        const { scale, offsetLeft, offsetTop, width, height } = viewport
        op(Op.viewport, scale * 1000, offsetLeft, offsetTop, width, height)
      }
      resized = pinched = false
    },
  }
}
