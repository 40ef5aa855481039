/**
 * Entry of the worker script: a SharedWorker named per page view where the browser has
 * `extendedLifetime`, so that masking and sealing still end after the page has gone, else a
 * dedicated worker. Messages: ../messages.ts. It is built twice: for strict pages, and with
 * __FULL__ for pages that show something, which have assets (assets.ts).
 */
import { isOwn } from './assets'
import { servePage, type Port } from './page'

/** The part of a SharedWorker's scope that TypeScript's DOM library does not have. */
const scope = self as unknown as Port & { onconnect?: (e: MessageEvent) => void }
const shared = 'onconnect' in scope
let directive: string | undefined
addEventListener('securitypolicyviolation', (e) => {
  if (!__FULL__ || !isOwn(e.blockedURI)) directive = e.effectiveDirective
})

const serve = (port: Port) => servePage(port, () => {
  const last = directive
  directive = undefined
  return last
}, shared)

if (shared) scope.onconnect = (e) => serve(e.ports[0] as unknown as Port)
else serve(scope)
