/**
 * Scroll offsets of viewport and containers, size of the viewport, pinch: at most one op a frame each.
 */
import { openPopover, tellDialog } from './boxes'
import { listen } from './guard'
import { beyond } from './lean'
import { $nodeType, $scrollLeft, $scrollTop, findAll } from './native'
import { idOf, rootOf } from './nodes'
import { Op, op, stamp } from './ops'
import { targetOf } from './pointer'

/** Reading takes no longer at a time. */
const enum Limit {
  readMs = 4,
}

export interface Scroll {
  attach_(root: Document | ShadowRoot): void
  /**
   * After a snapshot, offsets that are there already, and popovers that are open: asking for the first one may need a layout,
   * so after a frame, and in tasks of their own.
   */
  readAll_(later: (job: () => boolean) => void, isOver: () => unknown, wrote: () => void): void
  settle_(): void
}

export function trackScroll(frame: () => void): Scroll {
  const scrolled = new Set<Node>()
  let resized = false
  let pinched = false

  const tell = (node: Node, always: boolean): void => {
    const element = ($nodeType(node) === 9 ? (node as Document).scrollingElement : node) as Element | null
    const id = idOf(node)
    if (!element || !id) return
    const x = $scrollLeft(element)
    const y = $scrollTop(element)
    if (always || x || y) op(Op.scroll, id, x, y)
  }
  listen(window, 'resize', () => {
    resized = true
    frame()
  })
  // Null only where a document is not in a window.
  const viewport = visualViewport as VisualViewport
  if (__LEAN__) {
    listen(viewport, 'resize', () => {
      stamp()
      if (viewport.scale - 1) throw beyond
    })
  } else {
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
    readAll_(later, isOver, wrote) {
      const roots: Node[] = [document]
      let list: readonly Element[] = []
      let i = 0
      // No epoch knows that of the one before.
      if (!__LEAN__ && viewport.scale !== 1) pinched = true
      requestAnimationFrame(() => later(() => {
        if (isOver()) return false
        const end = performance.now() + Limit.readMs
        stamp()
        while (performance.now() < end) {
          const element = list[i++]
          if (element) {
            if (idOf(element)) tell(element, false)
            const root = rootOf.get(element)
            if (root) roots.push(root)
            continue
          }
          const root = roots.pop()
          if (!root) {
            wrote()
            return false
          }
          for (const open of findAll(root, openPopover)) tellDialog(open, false)
          list = findAll(root, '*')
          i = 0
        }
        return true
      }))
    },
    settle_() {
      stamp()
      scrolled.forEach((node) => {
        tell(node, true)
        // It may be told later.
        if (__LEAN__ || idOf(node) || !node.isConnected) scrolled.delete(node)
      })
      if (resized) op(Op.resize, innerWidth, innerHeight, devicePixelRatio * 1000)
      if (!__LEAN__ && pinched) {
        const { scale, offsetLeft, offsetTop, width, height } = viewport
        op(Op.viewport, scale * 1000, offsetLeft, offsetTop, width, height)
      }
      resized = false
      if (!__LEAN__) pinched = false
    },
  }
}
