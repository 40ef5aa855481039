/**
 * Messages between the main thread (the bridge) and the worker that hosts the core.
 *
 * Bridge and worker come from one build, but the worker may be a `SharedWorker` that outlives
 * the page, so both shake hands by version first (the first of `start.config`,
 * `core_version`). What the ints of `ops` mean stands in PROTOCOL.md. Everything in here is raw
 * page data until the core has masked it: it is neither logged nor kept by either side.
 */

/** Version of the op protocol (PROTOCOL.md); the core refuses any other. */
export const protocolVersion = 1

/** The collector's answer to GET settings, as received: the signature covers `payload`'s exact bytes. */
export interface SignedSettings {
  readonly payload: string
  /** base64url SPKI of the site's identity key; held custody only. */
  readonly identity?: string
  /** base64url ECDSA P-256 r||s over the bytes of `payload`; held custody only. */
  readonly signature?: string
}

/** `JSON.parse(SignedSettings.payload)`. Settings tighten what the page asks for, never loosen. */
export interface Settings {
  readonly v: 1
  readonly site: string
  readonly custody: 'managed' | 'held'
  readonly settingsVersion: number
  /** base64url of the raw 65-byte P-256 point. */
  readonly sealingKey: string
  readonly privacy?: 'strict' | 'balanced'
  readonly mask?: readonly string[]
  readonly block?: readonly string[]
  /** Where it is not empty, a page may allow nothing else. */
  readonly allow?: readonly string[]
  readonly consent?: 'none' | 'required'
  readonly respectDNT?: boolean
  readonly enabled?: boolean
  /** Changes with the site's privacy settings and consent text: consent to another one is none. */
  readonly privacyVersion?: string
  /** Share of sessions that are recorded, 0 to 1. */
  readonly sample?: number
}

/** Names that a site may give to the collector's paths, relative to `endpoint`. */
export interface Paths {
  readonly socket?: string
  readonly tail?: string
  readonly settings?: string
  readonly erase?: string
  readonly privacy?: string
}

/** What the collector is told in the clear; the worker adds the visitor's tag and keys. */
export interface StartView {
  /** 32 lower-case hexadecimal digits each, of which 122 bits are random. */
  readonly id: string
  readonly session: string
  readonly tab: string
  readonly consentVersion: string
}

/** A list, since names would cost bytes on both sides. */
export type StartConfig = readonly [
  protocolVersion: number,
  /** Origin and path prefix of the collector, without a slash at the end. */
  endpoint: string,
  paths: Paths | undefined,
  /** The whole site key: `m.<siteId>` or `h.<siteId>.<fingerprint>`. */
  siteKey: string,
  settings: SignedSettings,
  view: StartView,
  /** Of the visitor tag (worker/tag.ts), in hex; empty for none. It stays in the browser. */
  visitorKey: string,
  /** The browser's own clock at the page view's time 0, epoch ms. */
  startEpochMs: number,
  /** `performance.timeOrigin + performance.now()` of time 0: differs from startEpochMs after a clock change. */
  startMonotonicMs: number,
  /** Absolute URL of the core, where the worker does not know it; the worker checks its bytes. */
  coreUrl?: string,
  /** base64 SHA-256 of the core's bytes, where it is not the core that the worker was built with. */
  coreHash?: string,
]

export type Phase = 'idle' | 'waiting-consent' | 'recording' | 'degraded' | 'refused'

/** Values by meta key; an empty one is left out. */
export type MetaValues = Readonly<Record<number, string | undefined>>
/** Likewise as the page tells them: sizes, and of deviceClass, colorScheme and reducedMotion whether a media query matches. */
export type PageValues = Readonly<Record<number, string | number | boolean | undefined>>

/** A batch of ops (PROTOCOL.md). `ints` is transferred. */
export interface Batch {
  readonly ints: ArrayBuffer
  readonly text: string
}

export interface PageAssets {
  /** document.baseURI. */
  readonly base: string
  /** Addresses of what the page has loaded. */
  readonly loaded: readonly string[]
}

/** Before `ready` the worker hears `start` and `delete` alone. */
export type ToWorker =
  | { readonly t: 'start'; readonly config: StartConfig }
  | ({ readonly t: 'ops' } & Batch)
  /** As ops, with a click, after which the page may go: a worker that goes with it seals and sends at once. */
  | ({ readonly t: 'click' } & Batch)
  /** Seal, send and wait until everything so far is acknowledged; answered by `flushed` with the same id. */
  | { readonly t: 'flush'; readonly id: number; readonly timeoutMs: number }
  /** As flush, then close the socket; answered by `flushed`. Nothing follows: the worker ends. */
  | { readonly t: 'stop'; readonly id: number; readonly timeoutMs: number }
  /** The page goes (or is hidden): apply, seal, store and post with keepalive, as far as possible at once. */
  | ({ readonly t: 'leave' } & Batch)
  /** As leave, but the page may go into the back/forward cache, where a message to it would end its stay. */
  | ({ readonly t: 'gone' } & Batch)
  | { readonly t: 'visible' }
  /** Something happened that the site's health page counts (collector/UPLOAD.md, counts). */
  | { readonly t: 'count'; readonly name: 'identify-refused' | `degraded-${string}` }
  /** The answer to `assets`. */
  | ({ readonly t: 'assets' } & PageAssets)
  /** Meta values by key (PROTOCOL.md); the worker adds what it can find out by itself and writes the ops. */
  | { readonly t: 'meta'; readonly values: PageValues }
  /**
   * Consent withdrawn or opt-out: send nothing more, forget the outbox, end. With `keep` the recording
   * was broken: what is not sealed is dropped, what waits in the outbox is left to other workers.
   */
  | { readonly t: 'delete'; readonly keep?: boolean }

export type FromWorker =
  /** Core instantiated, settings verified, `start` accepted. */
  | { readonly t: 'ready' }
  /**
   * Recording cannot start or has ended. `directive` names what the page's CSP lacks. Code `stopped-by-server`: the site's
   * remote switch, a refusal that no retry mends, or with reason `settings`: they changed, and a page view begins anew.
   */
  | { readonly t: 'failed'; readonly code: string; readonly directive?: string | undefined; readonly reason: string }
  /** What the core wants anew: [id, 0 = node with subtree | 1 = its children node by node] (PROTOCOL.md, "What the core asks for"). */
  | { readonly t: 'resend'; readonly list: readonly (readonly [id: number, slow: number])[] }
  /**
   * A new epoch is wanted: the bridge takes a new snapshot. `full`: true, it goes into a core of the full form, which wants
   * the full recorder; a text, why the epoch before was given up, for the console. The worker for strict pages says no
   * text, the recorder in the entry tells none: there the bytes are not to be had.
   */
  | { readonly t: 'snapshot'; readonly full?: boolean | string }
  /**
   * A batch (`ops`) has been applied: `ints.byteLength + 2 * text.length` of it. The bridge counts
   * what is under way and stops sending mutations beyond its bound.
   */
  | { readonly t: 'applied'; readonly bytes: number }
  /** Whether connects in a row came to nothing; false at each that succeeds. */
  | { readonly t: 'unreachable'; readonly is: boolean }
  | { readonly t: 'flushed'; readonly id: number; readonly acknowledged: number; readonly pending: number }
  /** What has the page loaded? Only from the worker for pages that show something. */
  | { readonly t: 'assets' }
