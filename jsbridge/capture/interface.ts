/** What ../api and a recorder are to each other. */
import type { Batch, PageAssets } from '../messages'
import type { Plan } from '../more/plan'
import type { Degraded } from './less'
import type { Op } from './ops'

export interface RecorderOptions {
  /** Level, keystrokes and selectors, where they are not the default; the lean recorder does not read it. */
  readonly plan_: Plan
  /** performance.now() of the page view's time 0, ms. */
  readonly startMs_: number
  post_(type: 'ops' | 'click' | 'leave' | 'gone' | 'assets' | 'count' | 'visible', what?: Batch | PageAssets | { readonly name: `degraded-${Degraded}` }): void
  /** The visitor did something. */
  activity_(): void
  /** The lean recorder cannot go on: the full one is to take over, and its first snapshot ends this. */
  beyond_(isBusy?: boolean): Promise<void>
  /** The recorder does less from here on, or failed inside; never with page content. */
  degraded_(reason: string): void
  failed_(error: unknown): void
  /** A snapshot that nobody asked for failed: what was written is not whole. */
  broken_(error: unknown): void
  /** For tests: bounds that make every snapshot a sliced one. */
  readonly slicing_?: { readonly oneTaskElements_: number; readonly stepNodes_: number; readonly sliceMs_: number }
}

export interface Recorder {
  /** A new epoch. Resolves when all of it is written and posted. The lean recorder does not take one for a core of the full form; the full one tells the console a text. */
  snapshot_(full?: boolean | string): Promise<void>
  /** Writes one op beside the tree. */
  note_(code: Op.track | Op.identify, first: string, second: string): void
  /** Posts what there is. */
  flush_(): void
  resend_(list: readonly (readonly [id: number, slow: number])[]): void
  applied_(bytes: number): void
  /** The worker for pages that show something asks what the page has loaded: only of the full recorder. */
  readonly assets_?: () => void
  /**
   * Takes back everything that was wrapped or listened to; posts what there is first. Where another page view of the document
   * follows at once (`isForNext`) the full recorder does so when that begins, and posts nothing until then.
   */
  stop_(isForNext?: boolean): void
}
