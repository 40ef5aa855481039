/** Visibility, client-side routes, and the page's leaving. */
import { wrap, type Listen } from './guard'
import { Op, type OpWriter } from './ops'

interface NavigationLike extends EventTarget {
  readonly currentEntry: unknown
}

/**
 * @param leave called when the page is hidden or goes: everything is to be posted in one message now.
 * @returns what undoes the wrapped history, where there was no Navigation API.
 */
export function trackPage(
  out: OpWriter,
  listen: Listen,
  guarded: <A extends readonly unknown[]>(run: (...args: A) => void) => (...args: A) => void,
  stamp: () => void,
  wrote: () => void,
  leave: () => void,
  visible: () => void,
): (() => void)[] {
  let url = location.href
  const withoutHash = (address: string): string => address.split('#', 1)[0] as string
  const moved = (kind: number): void => {
    const before = url
    url = location.href
    if (before === url && kind < 2) return
    stamp()
    out.op(Op.navigate, before !== url && withoutHash(before) === withoutHash(url) && kind !== 1 ? 3 : kind, url)
    wrote()
  }
  listen(document, 'visibilitychange', () => {
    stamp()
    const isVisible = document.visibilityState === 'visible'
    out.op(Op.visibility, isVisible ? 1 : 0)
    isVisible ? visible() : leave()
  })
  listen(window, 'pagehide', () => {
    stamp()
    out.op(Op.leave)
    leave()
  })
  listen(window, 'pageshow', (event) => {
    if ((event as PageTransitionEvent).persisted) visible()
  })
  const { navigation } = window as { navigation?: NavigationLike }
  if (navigation) {
    listen(navigation, 'currententrychange', (event) => {
      const { navigationType } = event as Event & { navigationType: string | null }
      moved(navigationType === 'push' ? 0 : navigationType === 'traverse' ? 2 : 1)
    })
    return []
  }
  listen(window, 'popstate', () => moved(2))
  listen(window, 'hashchange', () => moved(3))
  return [
    wrap(History.prototype, 'pushState', 'value', guarded(() => moved(0))),
    wrap(History.prototype, 'replaceState', 'value', guarded(() => moved(1))),
  ]
}
