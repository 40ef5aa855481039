/**
 * Entry of the worker script: a SharedWorker named per page view where the browser has
 * `extendedLifetime`, so that masking and sealing still end after the page has gone, else a
 * dedicated worker. Messages: ../messages.ts. It is built twice: for strict pages, and with
 * __FULL__ for pages that show something, which have assets (assets.ts).
 */
import { isOwn } from './assets'
import { newPage } from './page'
import type { FromWorker, ToWorker } from '../messages'

/** The part of the two worker scopes that TypeScript's DOM library does not have. */
interface Scope {
  onconnect?: ((e: MessageEvent) => void) | null
  postMessage?(m: unknown): void
}

const scope = self as unknown as Scope
const shared = 'onconnect' in scope
let directive: string | undefined
self.addEventListener('securitypolicyviolation', (e) => {
  if (!__FULL__ || !isOwn(e.blockedURI)) directive = e.effectiveDirective
})

function serve(port: { postMessage(m: FromWorker): void; onmessage: ((e: MessageEvent<ToWorker>) => void) | null }) {
  const page = newPage({
    post: (m) => port.postMessage(m),
    world(startMonotonicMs) {
      const zero = performance.timeOrigin - startMonotonicMs
      return {
        now: () => performance.now() + zero,
        random: Math.random,
        after(ms, f) {
          const id = setTimeout(f, ms)
          return () => clearTimeout(id)
        },
        socket: (url, protocol) => new WebSocket(url, protocol),
      }
    },
    blocked() {
      const last = directive
      directive = undefined
      return last
    },
    outlivesPage: shared,
    close: () => self.close(),
  })
  port.onmessage = (e) => page.handle(e.data)
  self.addEventListener('online', page.wake)
}

if (shared) {
  scope.onconnect = (e) => {
    const port = e.ports[0]
    if (port) serve(port)
  }
} else serve(self as unknown as Parameters<typeof serve>[0])
