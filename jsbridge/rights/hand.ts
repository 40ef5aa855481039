/**
 * Hands a visitor's id, tag and key over to the collector's page `/privacy`, which was opened by
 * a click on this page (collector/UPLOAD.md, "The visitor's own page"). They go from window to window,
 * never in an address: the page says `afterimage-ready` until it is answered; what answers looks at
 * window and origin of each message, and the browser delivers to the pinned origin alone.
 */
import type { Stored } from '../api/visitor'
import { visitorTag } from '../worker/tag'

/** Of the tab that ../api/afterimage.ts opens; a second click finds the same one. */
export const windowName = 'afterimage-privacy'
/** How long the opened page may take to load, ms. */
const patienceMs = 120_000

/**
 * Opens `url` in the empty window `opened` and resolves when the page there has been answered; rejects
 * with a reason when it did not come. Id and key are empty where nothing is recorded.
 */
export async function handOver(opened: Window, url: string, site: string, { v: visitorId = '', k: key = '' }: Readonly<Stored>): Promise<void> {
  const { origin } = new URL(url)
  // By a link, since only that goes without a Referer and keeps the opener.
  const link = document.createElement('a')
  link.href = `${url}?site=${site}`
  link.target = windowName
  link.rel = 'opener'
  link.referrerPolicy = 'no-referrer'
  link.click()
  const answer = { t: 'afterimage-visitor', site, visitorId, key, visitorTag: key && (await visitorTag(key, site)) }
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      removeEventListener('message', receive)
      clearTimeout(timer)
      settle()
    }
    const receive = (event: MessageEvent): void => {
      if (event.source !== opened || event.origin !== origin || (event.data as { t?: unknown } | null)?.t !== 'afterimage-ready') return
      opened.postMessage(answer, origin)
      end(resolve)
    }
    const timer = setTimeout(() => end(() => reject(Error('the page did not answer'))), patienceMs)
    addEventListener('message', receive)
  })
}
