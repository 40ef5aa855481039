/**
 * The recorder is built twice from these sources. The lean one stands in the entry script and serves
 * plain pages of level strict: no selectors, all that few pages need left out (`__LEAN__`). The full one
 * is a script of its own, which goes on as a new epoch where the lean one meets what it cannot do.
 *
 * Such things must be noticed before anything of them is posted. Where ops may be written already
 * `beyond` is thrown: they are taken back, and nothing of the tree is told until the full one is there.
 */
import type { Natives } from './native'

/** Thrown by the lean recorder, and caught by guard or snapshot. */
export const beyond = {}

/**
 * What the entry hands to the script of the full recorder: the browser's own getters, as they were before
 * the page could wrap them, and what privacy must remember.
 */
export type Given = readonly [
  natives: Natives,
  onceSecret: WeakSet<Element>,
  secrets: Set<WeakRef<Element>>,
  called: Element[],
  sheetsByScript: WeakSet<CSSStyleSheet>,
  typed: Set<string>,
]
export function given(): Given | undefined {
  return (document.currentScript as { readonly given?: Given } | null)?.given
}
