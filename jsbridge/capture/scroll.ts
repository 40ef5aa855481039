/**
 * Scroll offsets of viewport and containers, size of the viewport, pinch: at most one op a frame each.
 */
import type { Listen } from './guard'
import { $nodeType, $scrollLeft, $scrollTop } from './native'
import { idOf, type Nodes } from './nodes'
import { Op, type OpWriter } from './ops'
import { targetOf } from './pointer'

export interface Scroll {
  attach(root: Document | ShadowRoot): void
  /** Offsets of a node that are not 0, as after a snapshot. */
  read(element: Element): void
  settle(): void
}

export function trackScroll(nodes: Nodes, out: OpWriter, listen: Listen, stamp: () => void, frame: () => void): Scroll {
  const scrolled = new Set<Node>()
  let resized = false
  let pinched = false

  const tell = (node: Node, always: boolean): void => {
    const element = ($nodeType.call(node) === 9 ? (node as Document).scrollingElement : node) as Element | null
    const id = idOf(node)
    if (!element || !id) return
    const x = $scrollLeft.call(element)
    const y = $scrollTop.call(element)
    if (always || x || y) out.op(Op.scroll, id, x, y)
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
    attach(root) {
      listen(root, 'scroll', (event) => {
        scrolled.add(targetOf(event))
        frame()
      })
    },
    read: (element) => tell(element, false),
    settle() {
      if (!scrolled.size && !resized && !pinched) return
      stamp()
      scrolled.forEach((node) => tell(node, true))
      scrolled.clear()
      if (resized) out.op(Op.resize, innerWidth, innerHeight, devicePixelRatio * 1000)
      if (pinched && viewport) {
        const { scale, offsetLeft, offsetTop, width, height } = viewport
        out.op(Op.viewport, scale * 1000, offsetLeft, offsetTop, width, height)
      }
      resized = pinched = false
    },
  }
}
