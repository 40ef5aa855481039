/** Visibility, client-side routes, and the page's leaving. */
import { listen, wrap } from './guard'
import { isTyping, Late, tellLate } from './late'
import { Op, op, stamp } from './ops'

/** Of the routes that wait: where the first began, and the kind of them all. */
let first: [from: string, kind: number] | undefined

/**
 * @param leave called when the page is hidden or goes: everything is to be posted in one message now.
 */
export function trackPage(
  wrote: () => void,
  afterTask: (run: () => void) => void,
  leave: (type: 'leave' | 'gone') => void,
  visible: () => void,
  continues: boolean,
): void {
  let url = location.href
  if (!__LEAN__) first = undefined
  const withoutHash = (address: string): string => address.split('#')[0] as string
  const moved = (kind: number): void => {
    const before = url
    url = location.href
    // Back and forth between two states of one URL is told, a fragment's second event is not.
    if (before === url && kind !== 2) return
    const now = url
    if (!__LEAN__ && isTyping) {
      // Of those that wait one is told: from where the first began, and as a new one if there is one.
      const from = first?.[0] ?? before
      const as = first?.[1] === 0 ? 0 : kind
      first = [from, as]
      return tellLate(Late.address, document, () => {
        first = undefined
        op(Op.navigate, from !== now && withoutHash(from) === withoutHash(now) && as !== 1 ? 3 : as, now)
      })
    }
    const tell = (): void => op(Op.navigate, before !== now && withoutHash(before) === withoutHash(now) && kind !== 1 ? 3 : kind, now)
    if (!__LEAN__) return afterTask(tell)
    // At level strict no part of an address that a visitor could have typed is shown.
    stamp()
    tell()
    wrote()
  }
  listen(document, 'visibilitychange', () => {
    stamp()
    const { hidden } = document
    op(Op.visibility, +!hidden)
    hidden ? leave('leave') : visible()
  })
  listen(window, 'pagehide', () => {
    stamp()
    op(Op.leave)
    leave('gone')
  })
  listen(window, 'pageshow', visible) // from the back/forward cache
  listen(window, 'popstate hashchange', (_, kind) => moved(kind + 2))
  wrap(History.prototype, 'pushState', () => moved(0))
  wrap(History.prototype, 'replaceState', () => moved(1))
  // The page may have moved while this recorder was on its way. The core does not tell again what it has told.
  if (!__LEAN__ && continues && performance.getEntriesByType('navigation')[0]?.name !== location.href) {
    url = ''
    moved(1)
  }
}
