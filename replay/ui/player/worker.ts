// The player's worker: fetches sealed segments and their keys, opens them, feeds the core
// (wasm/player) and answers seeks with patches. Opened bytes never leave it but as patches.
// A worker of its own answers a list of sessions instead.

import { ask, Refused } from './ask.ts'
import { newAssets, type Assets } from './assets.ts'
import { Added, startCore, type Core } from './core.ts'
import { readFacts } from './facts.ts'
import type { FromWorker, Problem, SessionFacts, ToWorker } from './messages.ts'
import { contentKey, Damaged, fromBase64url, openSegment, openShare, readShareKey, splitSegments, WrongKey, type SealedSegment } from './sealed.ts'
import type { Timeline } from './timeline-data.ts'

const scope = self as unknown as {
  postMessage(message: FromWorker, transfer?: Transferable[]): void
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null
}
const post = (message: FromWorker, transfer: Transferable[] = []) => scope.postMessage(message, transfer)

/** The timeline is sent again at most this often while segments arrive. */
const timelineEveryMs = 400
/** And making it takes at most this part of the time. */
const timelineShare = 1 / 8
/** Sealed segments that wait for their key, together. */
const maxHeldBytes = 32 << 20

let core: Core | undefined
let assets: Assets | undefined
let wanted: { id: number; atMs: number } | undefined
let keys = new Map<string, CryptoKey>()

scope.onmessage = ({ data }) => {
  switch (data.t) {
    case 'open':
      open(data.sessionId, data.shareKey).catch(fail)
      return
    case 'seek':
      wanted = data
      if (core) answer(core).catch(fail)
      return
    case 'pin':
      core?.pin(data.index)
      return
    case 'forget':
      core?.forget()
      return
    case 'facts':
      readFacts(data).catch((): SessionFacts => ({ state: 'unreadable' })).then((facts) => post({ t: 'facts', facts }))
      return
  }
}

function fail(error: unknown): void {
  const problem: Problem =
    error instanceof Refused
      ? error.problem
      : { code: 'core', message: error instanceof Error ? error.message : String(error), hint: 'Reload the page. If it happens again, export the recording and report it.' }
  post({ t: 'problem', problem, fatal: true })
}

async function answer(core: Core): Promise<void> {
  if (!wanted) return
  const { id, atMs } = wanted
  wanted = undefined
  const begin = performance.now()
  const { ints, text } = core.seek(atMs)
  await assets?.before(core, text)
  post({ t: 'patches', id, atMs, ints, text, tookMs: performance.now() - begin }, [ints.buffer])
}

async function open(sessionId: string, shareKey: string): Promise<void> {
  const starting = startCore(fetch(`/assets/${__PLAYER_CORE__}`), (text) => console.error(text))
  const info = (await (await ask(`/api/v1/sessions/${encodeURIComponent(sessionId)}`)).json()) as {
    id: string
    site: string
    live: boolean
    sizeBytes: number
    pageViews: { id: string }[]
    keys?: Record<string, string>
    custody?: string
    keyError?: string
  }
  const base = `/api/v1/sessions/${info.id}`
  const raw = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const [pageView, key] of Object.entries(info.keys ?? {})) raw.set(pageView, fromBase64url(key))
  if (shareKey) {
    try {
      const share = readShareKey(shareKey)
      const { keys: sealed } = (await (await ask(`${base}/shares/${share.id}`)).json()) as { keys: string }
      for (const [pageView, key] of await openShare(info.id, share.id, share.key, fromBase64url(sealed))) raw.set(pageView, key)
    } catch (error) {
      if (!(error instanceof WrongKey)) throw error
      throw new Refused({ code: 'key', message: (error as Error).message, hint: 'Ask for the link again and copy all of it.' })
    }
  }
  keys = new Map()
  for (const [pageView, key] of raw) keys.set(pageView, await contentKey(key))
  if (info.pageViews.length > 0 && !info.pageViews.some((v) => keys.has(v.id))) {
    throw new Refused({
      code: 'key',
      message: info.keyError || 'This recording is sealed and its key is not here.',
      hint: info.custody === 'held'
        ? `Open it where the site’s key is: \`replay open ${info.id} --key FILE\`, or use a share link.`
        : `Open it where the collector’s master key is: \`replay open ${info.id} --keys FILE\`, or on the running collector.`,
    })
  }
  post({ t: 'opened', session: info.id, site: info.site, live: info.live, pageViews: info.pageViews.length, keyError: info.keyError ?? '' })
  const started = await starting
  assets = newAssets((id) => ask(`${base}/assets/${id}`), post)
  core = started
  await load(started, base, info.sizeBytes)
}

async function load(core: Core, base: string, totalBytes: number): Promise<void> {
  let cursor = ''
  let bytes = 0
  let goesOn = true
  let wait = false
  let nextTimeline = 0
  let missingKey = false
  let held: SealedSegment[] = []
  for (let tries = 0; goesOn; ) {
    let response: Response
    try {
      response = await ask(`${base}/segments?cursor=${encodeURIComponent(cursor)}${wait ? '&wait=1' : ''}`)
    } catch (error) {
      if (!wait || !(error instanceof Refused) || error.problem.code !== 'network' || ++tries > 5) throw error
      await new Promise((done) => setTimeout(done, 500 * 2 ** tries))
      continue
    }
    tries = 0
    const body = new Uint8Array(await response.arrayBuffer())
    cursor = response.headers.get('X-Afterimage-Cursor') ?? cursor
    const live = response.headers.get('X-Afterimage-Live') === '1'
    goesOn = live || response.headers.get('X-Afterimage-Continuable') === '1'
    const more = response.headers.get('X-Afterimage-More') === '1'
    let fresh = false
    if (wait) keyless.clear()
    const arrived = [...held, ...split(body)]
    held = []
    let heldBytes = 0
    for (const segment of arrived) {
      const key = keys.get(segment.pageView) ?? (await lateKey(base, segment.pageView))
      if (!key) {
        if (goesOn && (heldBytes += segment.bytes.length) <= maxHeldBytes) held.push(segment)
        if (!missingKey) {
          missingKey = true
          report({ code: 'key', message: 'One page view of this session is sealed with a key that is not here.', hint: 'The other page views play. Open it with --key, or ask for a new share link.' })
        }
        continue
      }
      let plain: Uint8Array
      try {
        plain = await openSegment(segment, key)
      } catch (error) {
        if (!(error instanceof WrongKey)) throw error
        report({ code: 'key', message: `Page view ${segment.pageView.slice(0, 8)} does not open with this key.`, hint: 'It was changed after it was sealed, or the key is of another session. The player shows a gap there.' })
        continue
      }
      added(core.add(segment.pageView, segment.number, plain), segment.number)
      fresh = true
      bytes += segment.bytes.length
      if (performance.now() > nextTimeline) {
        nextTimeline = sendTimeline(core)
        post({ t: 'progress', bytes, totalBytes: Math.max(totalBytes, bytes), done: false })
        await new Promise((done) => setTimeout(done)) // seeks are answered in between
      }
    }
    if (fresh) nextTimeline = sendTimeline(core)
    if (more) {
      goesOn = true
      continue
    }
    if (!wait && !fresh) sendTimeline(core) // nothing yet: the player says so
    post({ t: 'progress', bytes, totalBytes: Math.max(totalBytes, bytes), done: true })
    post({ t: 'live', on: live })
    wait = true
  }
  sendTimeline(core)
}

function split(body: Uint8Array<ArrayBuffer>) {
  try {
    return splitSegments(body)
  } catch (error) {
    if (!(error instanceof Damaged)) throw error
    throw new Refused({ code: 'damaged', message: `The recording is damaged: ${error.message}.`, hint: 'Run `replay verify` on the data directory to see which segment it is.' })
  }
}

/** Page views whose key was asked for in vain since the last live round. */
const keyless = new Set<string>()

/**
 * A page view that began after the session was opened has a key that was not yet known.
 * When the server does not answer, the others play on; the next live round asks again.
 */
async function lateKey(base: string, pageView: string): Promise<CryptoKey | undefined> {
  if (keyless.has(pageView)) return undefined
  keyless.add(pageView)
  let info: { keys?: Record<string, string> }
  try {
    info = (await (await ask(base)).json()) as { keys?: Record<string, string> }
  } catch {
    return undefined
  }
  for (const [id, key] of Object.entries(info.keys ?? {})) {
    if (!keys.has(id)) keys.set(id, await contentKey(fromBase64url(key)))
  }
  return keys.get(pageView)
}

const reported = new Set<string>()

/** Tells the person once, and goes on. */
function report(problem: Problem): void {
  if (reported.has(problem.message)) return
  reported.add(problem.message)
  post({ t: 'problem', problem, fatal: false })
}

function added(code: Added, number: number): void {
  switch (code) {
    case Added.Taken:
      return
    case Added.Unreadable:
      report({ code: 'damaged', message: `Segment ${number} cannot be read.`, hint: 'The player shows a gap until the next snapshot of the page.' })
      return
    case Added.Limit:
      report({ code: 'limit', message: 'The recording is larger than the player keeps in memory.', hint: 'What was loaded so far plays. Use `replay export` for all of it.' })
      return
    case Added.Version:
      report({ code: 'version', message: 'The recording was made by a newer version of Afterimage.', hint: 'Update the collector or replay that serves this page.' })
      return
  }
}

/** Answers when to send it next. */
function sendTimeline(core: Core): number {
  const begin = performance.now()
  const timeline = JSON.parse(core.timeline()) as Timeline
  timeline.events.sort((a, b) => a.at - b.at) // page views overlap
  post({ t: 'timeline', timeline })
  const end = performance.now()
  return end + Math.max(timelineEveryMs, (end - begin) / timelineShare)
}
