// Messages between the player and its worker.

import type { Timeline } from './timeline-data.ts'

/** What went wrong, for a person: what, and what to do. */
export interface Problem {
  code: 'network' | 'not-found' | 'login' | 'key' | 'damaged' | 'version' | 'limit' | 'core'
  message: string
  hint: string
}

export type ToWorker =
  | { t: 'open'; sessionId: string; shareKey: string }
  | { t: 'seek'; id: number; atMs: number }
  | { t: 'pin'; index: number }
  | { t: 'forget' }
  | ({ t: 'facts' } & FactsRequest)

export interface FactsRequest {
  session: string
  /** Its length too, for which all of it is read. */
  whole: boolean
}

/** What a list shows of a recording. A fact that it does not have is undefined. */
export type SessionFacts =
  | { state: 'read'; page: string | undefined; browser: string | undefined; os: string | undefined; device: string | undefined; durationMs: number | undefined }
  /** Its key is not here. */
  | { state: 'sealed' }
  | { state: 'unreadable' }

export type FromWorker =
  | { t: 'opened'; session: string; site: string; live: boolean; pageViews: number; keyError: string }
  | { t: 'progress'; bytes: number; totalBytes: number; done: boolean }
  | { t: 'timeline'; timeline: Timeline }
  | { t: 'live'; on: boolean }
  /** What `afterimage-asset:N` shows, before the first patches that name it. The bytes of an id come once. */
  | { t: 'asset'; index: number; id: string; mediaType: string; bytes: Uint8Array<ArrayBuffer> | undefined }
  | { t: 'patches'; id: number; atMs: number; ints: Int32Array<ArrayBuffer>; text: string; tookMs: number }
  | { t: 'facts'; facts: SessionFacts }
  | { t: 'problem'; problem: Problem; fatal: boolean }
