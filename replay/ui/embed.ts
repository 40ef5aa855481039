// /embed/{session}: the player alone, and `window.player` for tools that drive it.
// ?bare=1 shows the replayed page at (0,0), scale 1, without chrome or pointer.
// #key= carries a share key for this session; it is taken out of the address at once.

import './player/element.ts'
import { createEngine, type Engine } from './player/engine.ts'
import type { AfterimagePlayer } from './player/element.ts'
import { applyTheme } from './theme.ts'

/** What tools drive. Times are epoch ms, anchored: the server's clock, not the browser's. */
interface PlayerAPI {
  /** The first state is painted. Rejects when the recording cannot be opened. */
  ready: Promise<void>
  /** Resolves when the state at that time is painted. */
  seek(epochMs: number): Promise<void>
  play(rate?: number): void
  pause(): void
  readonly currentTime: number
  /** Length of the session in ms. */
  readonly duration: number
  /** The session's first moment, epoch ms: what `seek` counts from. */
  readonly startTime: number
  /** The replayed document. */
  readonly document: Document | null
  /** What went wrong so far, in words. */
  readonly errors: string[]
}

declare global {
  interface Window {
    player: PlayerAPI
  }
}

applyTheme()
const session = decodeURIComponent(location.pathname.split('/').findLast((part) => part !== '') ?? '')
const bare = new URLSearchParams(location.search).get('bare') === '1'
const shareKey = new URLSearchParams(location.hash.slice(1)).get('key') ?? ''
if (shareKey) history.replaceState(null, '', location.pathname + location.search)

let engine: Engine
if (bare) {
  engine = createEngine()
  document.body.classList.add('bare')
  document.body.append(engine.frame)
  engine.onchange = () => {
    const around = engine.around
    if (!around?.width) return
    engine.frame.style.width = `${around.width}px`
    engine.frame.style.height = `${around.height}px`
    engine.frame.style.colorScheme = engine.state.timeline.pages[around.page]?.meta.colorScheme === 'dark' ? 'dark' : 'light'
  }
  engine.setAutoplay(false)
  engine.start(session, shareKey)
} else {
  const element = document.createElement('afterimage-player') as AfterimagePlayer
  engine = element.engine
  engine.setAutoplay(new URLSearchParams(location.search).get('autoplay') !== '0')
  element.session = session
  element.shareKey = shareKey
  document.body.append(element)
}

const { ready } = engine
window.player = {
  ready,
  seek: (epochMs) => ready.then(() => engine.seek(epochMs - engine.state.timeline.startMs)),
  play: (rate) => engine.play(rate),
  pause: () => engine.pause(),
  get currentTime() {
    return engine.state.timeline.startMs + engine.state.atMs
  },
  get duration() {
    return engine.state.timeline.durationMs
  },
  get startTime() {
    return engine.state.timeline.startMs
  },
  get document() {
    return engine.frame.contentDocument
  },
  get errors() {
    return engine.state.errors
  },
}
