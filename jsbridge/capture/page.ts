/** Visibility, client-side routes, and the page's leaving. */
import { listen, wrap } from './guard'
import { Op, op, stamp } from './ops'

/**
 * @param leave called when the page is hidden or goes: everything is to be posted in one message now.
 */
export function trackPage(
  wrote: () => void,
  afterTask: (run: () => void) => void,
  leave: (type: 'leave' | 'gone') => void,
  visible: () => void,
): void {
  let url = location.href
  const withoutHash = (address: string): string => address.split('#')[0] as string
  const moved = (kind: number): void => {
    const before = url
    url = location.href
    // Back and forth between two states of one URL is told, a fragment's second event is not.
    if (before === url && kind !== 2) return
    const now = url
    const tell = (): void => op(Op.navigate, before !== now && withoutHash(before) === withoutHash(now) && kind !== 1 ? 3 : kind, now)
    // At level strict no part of an address that a visitor could have typed is shown.
    if (!__LEAN__) return afterTask(tell)
    stamp()
    tell()
    wrote()
  }
  listen(document, 'visibilitychange', () => {
    stamp()
    const { hidden } = document
    op(Op.visibility, hidden ? 0 : 1)
    hidden ? leave('leave') : visible()
  })
  listen(window, 'pagehide', () => {
    stamp()
    op(Op.leave)
    leave('gone')
  })
  listen(window, 'pageshow', (event) => {
    if ((event as PageTransitionEvent).persisted) visible()
  })
  listen(window, 'popstate', () => moved(2))
  listen(window, 'hashchange', () => moved(3))
  wrap(History.prototype, 'pushState', () => moved(0))
  wrap(History.prototype, 'replaceState', () => moved(1))
}
