/**
 * The worker that hosts the core: a SharedWorker that outlives the page where the browser has that,
 * else a dedicated one. What the page lacks is named by its CSP directive.
 */
import type { Given } from '../capture/lean'
import { natives } from '../capture/native'
import { typed } from '../capture/ops'
import { called, once, secrets } from '../capture/policy'
import { byScript } from '../capture/styles'
import type { FromWorker, ToWorker } from '../messages'
import { isRefusal, refusal } from './refusal'

/** A worker that says nothing for so long is not coming, ms. */
const enum Limit {
  readyTimeoutMs = 20_000,
}

export type Post = (message: ToWorker) => void

interface TrustedTypesLike {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

/** Does the work. Where it fails and the page's CSP was violated meanwhile, the refusal names the directive. */
async function explained<T>(
  work: () => Promise<T>, url: string, source = new URL(url).origin, code = 'network', reason = url + ' did not load',
): Promise<T> {
  let directive = ''
  const onViolation = (event: SecurityPolicyViolationEvent): void => {
    if (event.disposition === 'enforce') directive = event.effectiveDirective
  }
  document.addEventListener('securitypolicyviolation', onViolation)
  try {
    return await work()
  } catch (error) {
    if (isRefusal(error)) throw error
    // The report of a violation comes after the failure it explains.
    await new Promise((resolve) => setTimeout(resolve, 50))
    throw directive
      ? refusal('csp', `the CSP lacks ${directive} ${directive[0] === 't' ? 'afterimage' : source}`, directive)
      : refusal(code, reason)
  } finally {
    document.removeEventListener('securitypolicyviolation', onViolation)
  }
}

export const fetchText = (url: string, integrity = ''): Promise<string> =>
  explained(
    async () => {
      const response = await fetch(url, { credentials: 'omit', referrerPolicy: 'no-referrer', integrity })
      if (!response.ok) throw refusal('network', `${url} answered ${response.status} ${(await response.text()).slice(0, 200)}`)
      return response.text()
    },
    url,
  )

let trusted: { createScriptURL(url: string): string } | undefined
const scriptUrl = (url: string): string => {
  const { trustedTypes } = window as { trustedTypes?: TrustedTypesLike }
  trusted ??= trustedTypes?.createPolicy('afterimage', { createScriptURL: (given) => given })
  return trusted?.createScriptURL(url) ?? url
}

const scripts: Record<string, Promise<unknown> | undefined> = {}
/**
 * Loads a script that only few page views need (../more); it gives what it has as `more`. The element is gone again before the
 * page can see it; the script still runs.
 */
export const loadScript = <T>(url: string, hash: string, nonce = ''): Promise<T> =>
  (scripts[url] ??= explained(
    () =>
      new Promise((resolve, reject) => {
        const element = Object.assign(document.createElement('script'), {
          src: scriptUrl(url),
          crossOrigin: '',
          integrity: hash && 'sha256-' + hash,
          referrerPolicy: 'no-referrer',
          nonce,
          given: [natives, once, secrets, called, byScript, typed] satisfies Given,
          onload: () => resolve((element as unknown as { more: T }).more),
          onerror() {
            // Whoever needs it next tries again.
            delete scripts[url]
            reject()
          },
        })
        document.head.append(element)
        element.remove()
      }),
    url,
  )) as Promise<T>

/** Asks the constructor whether it looks at the option; the address keeps it from starting anything. */
function hasExtendedLifetime(): unknown {
  let asked
  try {
    new SharedWorker(scriptUrl('http://['), {
      get extendedLifetime() {
        return (asked = true)
      },
    } as WorkerOptions)
  } catch {
    // Always: either there is no SharedWorker, or the address is none.
  }
  return asked
}

/**
 * Starts the worker, posts `first`, and resolves with its first answer. All answers go to `receive`. Rejects where `still`,
 * called when the script of the worker is there, throws.
 */
export async function startWorker(url: string, hash: string, name: string, still: () => void, first: ToWorker, receive: (message: FromWorker) => void): Promise<Post> {
  const isForeign = new URL(url).origin !== location.origin
  // Also where the worker could load it itself: its own request would tell the page's address as Referer. This one
  // does not, and the worker finds it in the cache.
  const text = await fetchText(url, isForeign ? 'sha256-' + hash : '')
  still()
  if (isForeign) url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))
  return explained(
    () =>
      new Promise<Post>((resolve, reject) => {
        const address = scriptUrl(url)
        const options = { name, extendedLifetime: true }
        const worker = hasExtendedLifetime() ? new SharedWorker(address, options as WorkerOptions) : new Worker(address, options)
        const port = (worker as Partial<SharedWorker>).port ?? (worker as Worker)
        const post: Post = (message) => port.postMessage(message, 'ints' in message ? [message.ints] : [])
        const timer = setTimeout(() => {
          post({ t: 'delete', keep: true })
          reject()
        }, Limit.readyTimeoutMs)
        worker.onerror = reject
        port.onmessage = (event: MessageEvent) => {
          clearTimeout(timer)
          receive(event.data as FromWorker)
          resolve(post)
        }
        post(first)
      }),
    url,
    isForeign ? 'blob:' : "'self'",
    'worker',
    'the worker failed',
  ).finally(() => URL.revokeObjectURL(url))
}
