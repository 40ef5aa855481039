/**
 * What few page views need: options beyond the site key and their checks, selectors, the consent notice,
 * the way to the collector's page `/privacy`, the deletion of what was recorded, and where the full
 * recorder is. It is a script of its own, loaded when it is called for (../api/host.ts); it is handed over as
 * a property of its own script element and leaves no name in the page.
 */
import { handOver } from '../rights/hand'
import { showNotice } from '../rights/notice'
import { sweep } from '../rights/sweep'
import { settle } from './options'
import { answer, noteOptions, planOf } from './plan'

/** The interface between the entry script and this one. Its names are short because the build mangles none of them. */
export interface More {
  readonly settle: typeof settle
  readonly plan: typeof planOf
  /** Name and SHA-256 of the full recorder; empty where the entry has it. */
  readonly recorder: readonly [name: string, hash: string]
  readonly ask: typeof showNotice
  readonly hand: typeof handOver
  readonly sweep: typeof sweep
  /** Tells the console, once, what may keep all that is recorded from the collector. */
  readonly warn: () => void
  /** Tells a document of another origin in a frame of this one whether it is blocked. */
  readonly answer: typeof answer
}

let warned: boolean | undefined
function warn(): void {
  if (!warned) console.warn('afterimage: no connection to the collector, what is recorded waits: check option paths.socket, and that the proxy passes WebSocket upgrades')
  warned = true
}

const more: More = {
  settle(...said) {
    const options = settle(...said)
    noteOptions(options)
    return options
  },
  plan: planOf, recorder: [__RECORDER_NAME__, __RECORDER_HASH__], ask: showNotice, hand: handOver, sweep, warn, answer,
}
Object.assign(document.currentScript as HTMLScriptElement, { more })
