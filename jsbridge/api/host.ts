/**
 * The worker that hosts the core: a SharedWorker that outlives the page where the browser has that,
 * else a dedicated one. What the page lacks is named by its CSP directive.
 */
import type { FromWorker, ToWorker } from '../messages'
import { Refusal } from './options'

/** A worker that says nothing for so long is not coming, ms. */
const readyTimeoutMs = 20_000

export interface WorkerHost {
  post(message: ToWorker): void
  terminate(): void
}

interface TrustedTypesLike {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

/** The last directive that the page's CSP refused since `watch`, or undefined. */
export function watchPolicy(): { readonly directive: () => string | undefined; stop(): void } {
  let last: string | undefined
  const onViolation = (event: SecurityPolicyViolationEvent): void => {
    if (event.disposition === 'enforce') last = event.effectiveDirective
  }
  document.addEventListener('securitypolicyviolation', onViolation)
  return { directive: () => last, stop: () => document.removeEventListener('securitypolicyviolation', onViolation) }
}

const lacking = (directive: string | undefined, source: string): Refusal | undefined =>
  directive === undefined ? undefined : new Refusal('csp', `the Content-Security-Policy lacks ${directive} ${source}`, directive)

/** The report of a violation comes after the failure it explains. */
const aTick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50))

export async function fetchText(url: string, integrity: string, what: string): Promise<string> {
  const policy = watchPolicy()
  try {
    const response = await fetch(url, {
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      ...(integrity && { integrity: 'sha256-' + integrity }),
    }).catch(() => null)
    if (!response) {
      await aTick()
      const directive = policy.directive()
      throw lacking(directive, new URL(url).origin) ?? new Refusal('network', `${what} could not be loaded from ${url}`)
    }
    if (!response.ok) throw new Refusal('network', `${what}: the collector answered ${response.status}`)
    return await response.text()
  } finally {
    policy.stop()
  }
}

let trusted: ((url: string) => string) | undefined
function scriptUrl(url: string): string {
  if (!trusted) {
    const { trustedTypes } = window as { trustedTypes?: TrustedTypesLike }
    try {
      const policy = trustedTypes?.createPolicy('afterimage', { createScriptURL: (given) => given })
      trusted = (given) => policy?.createScriptURL(given) ?? given
    } catch {
      throw lacking('trusted-types', 'afterimage')
    }
  }
  return trusted(url)
}

/** Asks the constructor whether it looks at the option; the address keeps it from starting anything. */
function hasExtendedLifetime(): boolean {
  let asked = false
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
 * Starts the worker. Messages go to `receive` from the first one on; `died` is called once, when the
 * worker cannot be started.
 */
export async function startWorker(
  endpoint: string,
  name: string,
  receive: (message: FromWorker) => void,
  died: (refusal: Refusal) => void,
): Promise<WorkerHost> {
  let url = `${endpoint}/${__WORKER_NAME__}`
  const isForeign = new URL(url).origin !== location.origin
  if (isForeign) {
    const text = await fetchText(url, __WORKER_HASH__, 'the worker')
    url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))
  }
  const source = isForeign ? 'blob:' : "'self'"
  const policy = watchPolicy()
  let isOver = false
  const over = (): void => {
    isOver = true
    policy.stop()
    clearTimeout(timer)
    if (isForeign) URL.revokeObjectURL(url)
  }
  const failed = async (): Promise<void> => {
    if (isOver) return
    await aTick()
    const directive = policy.directive()
    if (isOver) return
    over()
    died(lacking(directive, source) ?? new Refusal('worker', 'the worker could not be started'))
  }
  const timer = setTimeout(failed, readyTimeoutMs)
  const onMessage = (event: MessageEvent): void => {
    if (!isOver) over()
    receive(event.data as FromWorker)
  }
  try {
    const address = scriptUrl(url)
    const worker = hasExtendedLifetime()
      ? new SharedWorker(address, { name, extendedLifetime: true } as WorkerOptions)
      : new Worker(address, { name })
    worker.onerror = failed
    const port = 'port' in worker ? worker.port : worker
    port.onmessage = onMessage
    return {
      post: (message) => port.postMessage(message, 'ints' in message ? [message.ints] : []),
      terminate: () => ('close' in port ? port.close() : port.terminate()),
    }
  } catch (error) {
    over()
    if (error instanceof Refusal) throw error
    await aTick()
    throw lacking(policy.directive() ?? 'worker-src', source)
  }
}
