// What the list of sessions shows of a recording besides what the collector knows of it in
// the clear. It is opened here, in the viewer's browser, as the player would: the keys come
// after the same check of access, and nothing of it is kept but in this page's memory.

import { ask } from './ask.ts'
import { startCore, type Core } from './core.ts'
import type { FactsRequest, SessionFacts } from './messages.ts'
import { contentKey, fromBase64url, openSegment, splitSegments } from './sealed.ts'
import type { Timeline } from './timeline-data.ts'

let starting: Promise<Core> | undefined

/** One session at a time: they share a core. */
export async function readFacts({ session, whole }: FactsRequest): Promise<SessionFacts> {
  starting ??= startCore(fetch(`/assets/${__PLAYER_CORE__}`), (text) => console.error(text))
  const path = `/api/v1/sessions/${encodeURIComponent(session)}`
  const info = (await (await ask(path)).json()) as { keys?: Record<string, string> }
  const raw = info.keys ?? {}
  if (!Object.keys(raw).length) return { state: 'sealed' }
  const response = await ask(`${path}/segments${whole ? '' : '?first=1'}`)
  const cut = response.headers.get('X-Afterimage-More') === '1'
  const segments = splitSegments(new Uint8Array(await response.arrayBuffer()))
  const core = await starting
  core.reset()
  let all = whole && !cut
  const keys = new Map<string, CryptoKey>()
  for (const segment of segments) {
    const text = raw[segment.pageView]
    if (!text) {
      all = false
      continue
    }
    let key = keys.get(segment.pageView)
    if (!key) keys.set(segment.pageView, (key = await contentKey(fromBase64url(text))))
    core.add(segment.pageView, segment.number, await openSegment(segment, key))
  }
  const timeline = JSON.parse(core.timeline()) as Timeline
  core.reset()
  const first = timeline.pages.find((page) => page.id === segments[0]?.pageView) ?? timeline.pages[0]
  if (!first) return { state: 'unreadable' }
  const { entryUrl, browser, os, deviceClass } = first.meta
  return { state: 'read', page: entryUrl, browser, os, device: deviceClass, durationMs: all ? timeline.durationMs : undefined }
}
