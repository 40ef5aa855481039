// How events are called and coloured, in one place for the timeline and the list.

import type { EventKind, TimelineEvent } from './timeline-data.ts'

/** Groups that can be switched off in the list, in order. */
export type Group = 'clicks' | 'typing' | 'pages' | 'scrolls' | 'errors' | 'other'

export const groups: readonly { id: Group; name: string }[] = [
  { id: 'clicks', name: 'Clicks' },
  { id: 'typing', name: 'Typing' },
  { id: 'pages', name: 'Pages' },
  { id: 'scrolls', name: 'Scrolls' },
  { id: 'errors', name: 'Errors' },
  { id: 'other', name: 'Other' },
]

export function groupOf(kind: EventKind): Group {
  switch (kind) {
    case 'click': case 'dblclick': case 'contextmenu': case 'tap': case 'pinch':
      return 'clicks'
    case 'type': case 'input':
      return 'typing'
    case 'navigate': case 'page':
      return 'pages'
    case 'scroll':
      return 'scrolls'
    case 'error':
      return 'errors'
    default:
      return 'other'
  }
}

export function title(event: TimelineEvent): string {
  switch (event.kind) {
    case 'click': return 'Click'
    case 'dblclick': return 'Double click'
    case 'contextmenu': return 'Right click'
    case 'tap': return 'Tap'
    case 'pinch': return 'Pinch'
    case 'type': return event.count ? 'Typed' : 'Input' // of a masked field the count is of seconds with keys in them
    case 'input': return 'Chose'
    case 'scroll': return 'Scrolled'
    case 'focus': return 'Focus'
    case 'page': return 'Page opened'
    case 'navigate': return 'Navigated'
    case 'resize': return 'Window resized'
    case 'hide': return 'Left the tab'
    case 'show': return 'Came back'
    case 'track': return 'Event'
    case 'identify': return 'Identified'
    case 'error': return 'Error'
    case 'degraded': return event.count ? 'Recorder slowed down' : 'Recorder back to full detail'
    case 'sleep': return 'Computer slept'
    case 'leave': return 'Left the page'
  }
}

const tags: Record<string, string> = { a: 'link', input: 'field', textarea: 'text field', select: 'list', img: 'image' }

export function detail(event: TimelineEvent): string {
  if (event.kind === 'page' || event.kind === 'navigate') return event.label?.replace(/^https?:\/\//, '') ?? ''
  if (event.kind === 'error' || event.kind === 'track') return tracked(event.label ?? '')
  if (event.kind === 'resize') return `${event.width ?? '?'} × ${event.height ?? '?'}`
  if (event.label && event.tag) return `${event.label} · ${tags[event.tag] ?? event.tag}`
  return event.label ?? (event.tag ? tags[event.tag] ?? event.tag : '')
}

/** A tracked event is its name and JSON: the message says more than the braces. */
function tracked(label: string): string {
  const brace = label.indexOf('{')
  if (brace < 0) return label
  try {
    const props = JSON.parse(label.slice(brace)) as Record<string, unknown>
    const message = props['message']
    if (typeof message === 'string') return message
    return [label.slice(0, brace).trim(), ...Object.entries(props).map(([k, v]) => `${k}: ${String(v)}`)].filter(Boolean).join(', ')
  } catch {
    return label
  }
}
