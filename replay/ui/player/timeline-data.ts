// The timeline as the core writes it (wasm/view/json.go). Times are session ms.

export type EventKind =
  | 'click' | 'dblclick' | 'contextmenu' | 'tap' | 'pinch' | 'type' | 'input' | 'scroll' | 'focus' | 'navigate' | 'page'
  | 'resize' | 'hide' | 'show' | 'track' | 'identify' | 'error' | 'degraded' | 'sleep' | 'leave'

export interface TimelineEvent {
  at: number
  /** End of what lasts: typing, scrolling. */
  to?: number
  page: number
  kind: EventKind
  x?: number
  y?: number
  width?: number
  height?: number
  count?: number
  tag?: string
  label?: string
}

export interface PageMeta {
  entryUrl?: string
  referrer?: string
  title?: string
  browser?: string
  os?: string
  deviceClass?: string
  screen?: string
  language?: string
  timeZone?: string
  connection?: string
  colorScheme?: string
  reducedMotion?: string
  release?: string
  environment?: string
  viewport?: string
  pixelRatio?: string
  privacyLevel?: string
  [name: string]: string | undefined
}

export interface TimelinePage {
  id: string
  from: number
  to: number
  anchored: boolean
  meta: PageMeta
}

export type Span = readonly [from: number, to: number]

export interface Timeline {
  startMs: number
  durationMs: number
  pages: TimelinePage[]
  /** Which page view was in front, from when. */
  shown: (readonly [from: number, page: number])[]
  gaps: Span[]
  idle: Span[]
  events: TimelineEvent[]
  problems: { message: string; count: number }[]
}

export const emptyTimeline: Timeline = {
  startMs: 0, durationMs: 0, pages: [], shown: [], gaps: [], idle: [], events: [], problems: [],
}
