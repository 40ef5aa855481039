/**
 * What a visitor is asked and may demand: the consent notice, the way to the collector's page
 * `/privacy`, the deletion of what was recorded. Few page views need it, so it is a script of its
 * own, loaded when it is called for (../api/host.ts); it is handed over as a property of its own
 * script element and leaves no name in the page.
 */
import { erase } from './erase'
import { handOver } from './hand'
import { showNotice } from './notice'

/** The interface between the entry script and this one. Its names are short because the build mangles none of them. */
export interface Rights {
  readonly ask: typeof showNotice
  readonly hand: typeof handOver
  readonly erase: typeof erase
}

const rights: Rights = { ask: showNotice, hand: handOver, erase }
Object.assign(document.currentScript as HTMLScriptElement, { rights })
