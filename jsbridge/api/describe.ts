/** What only the page can say of itself for the meta ops (../PROTOCOL.md, Meta keys); the worker knows the rest. */
import type { PageValues } from '../messages'

export function describePage(): PageValues {
  const media = (query: string): boolean => matchMedia(`(${query})`).matches
  return {
    1: location.href,
    2: document.referrer,
    3: document.title,
    7: media('pointer: coarse'),
    8: screen.width + 'x' + screen.height,
    12: media('prefers-color-scheme: dark'),
    13: media('prefers-reduced-motion: reduce'),
    27: innerWidth + 'x' + innerHeight,
    28: devicePixelRatio,
  }
}
