// Client-side routes by the history API. The server answers every path below /demo/ with
// the same page.

export const base = '/demo'

/** A view that is on screen; stop ends its timers and listeners. */
export interface View { title: string; node: Node; stop?: () => void }
export type Route = (args: { params: string[]; query: URLSearchParams }) => View

export interface Router {
  go(path: string): void
  /** replaceQuery changes the address without a new view. */
  replaceQuery(query: URLSearchParams): void
  start(): void
}

export function makeRouter(main: HTMLElement, routes: readonly (readonly [RegExp, Route])[], missing: Route, after: () => void): Router {
  let shown: View | undefined

  const show = (scroll: 'top' | 'keep'): void => {
    const path = location.pathname.startsWith(base) ? location.pathname.slice(base.length) || '/' : '/'
    const query = new URLSearchParams(location.search)
    shown?.stop?.()
    let view: View | undefined
    for (const [pattern, route] of routes) {
      const match = pattern.exec(path)
      if (match) {
        view = route({ params: match.slice(1).map(decodeURIComponent), query })
        break
      }
    }
    shown = view ?? missing({ params: [path], query })
    document.title = `${shown.title} · Brindle`
    main.replaceChildren(shown.node)
    if (scroll === 'top') {
      window.scrollTo({ top: 0, behavior: 'instant' }) // the style sheet makes others smooth
      main.focus({ preventScroll: true })
    }
    after()
  }

  const go = (path: string): void => {
    history.pushState(null, '', base + path)
    show('top')
  }

  const onClick = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (!link || link.target !== '' || link.origin !== location.origin || !link.pathname.startsWith(base + '/')) return
    if (link.pathname === location.pathname && link.hash !== '') return
    event.preventDefault()
    go(link.pathname.slice(base.length) + link.search)
    if (link.hash !== '') document.getElementById(link.hash.slice(1))?.scrollIntoView()
  }

  return {
    go,
    replaceQuery: (query) => {
      const text = query.toString()
      history.replaceState(history.state, '', location.pathname + (text === '' ? '' : `?${text}`))
    },
    start: () => {
      document.addEventListener('click', onClick)
      window.addEventListener('popstate', () => show('keep'))
      show('keep')
    },
  }
}
