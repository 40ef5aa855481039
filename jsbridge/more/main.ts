/**
 * What few page views need: options beyond the site key and their checks, selectors, the consent notice,
 * the way to the collector's page `/privacy`, the deletion of what was recorded, and where the full
 * recorder is. It is a script of its own, loaded when it is called for (../api/host.ts); it is handed over as
 * a property of its own script element and leaves no name in the page.
 */
import { erase } from '../rights/erase'
import { handOver } from '../rights/hand'
import { showNotice } from '../rights/notice'
import { selectorsOf, settle } from './options'

/** The interface between the entry script and this one. Its names are short because the build mangles none of them. */
export interface More {
  readonly settle: typeof settle
  readonly selectors: typeof selectorsOf
  /** Name and SHA-256 of the worker for pages that show something; empty where one worker does for all. */
  readonly full: readonly [name: string, hash: string]
  /** Likewise of the full recorder; empty where the entry has it. */
  readonly recorder: readonly [name: string, hash: string]
  readonly ask: typeof showNotice
  readonly hand: typeof handOver
  readonly erase: typeof erase
}

const more: More = {
  settle, selectors: selectorsOf, full: [__FULL_WORKER_NAME__, __FULL_WORKER_HASH__],
  recorder: [__RECORDER_NAME__, __RECORDER_HASH__], ask: showNotice, hand: handOver, erase,
}
Object.assign(document.currentScript as HTMLScriptElement, { more })
