// The HTTP API as the dashboard uses it (replay/api).

import { sentence } from '../player/format.ts'

export interface Site {
  id: string
  name: string
  custody: 'managed' | 'held'
  origins: string[]
  createdAtMs: number
  /** What goes into the snippet; absent where the server does not tell it. */
  key?: string
}

export interface PageView {
  id: string
  tab: string
  firstAtMs: number
  lastAtMs: number
  segments: number
  sizeBytes: number
  gaps: number
}

export interface Session {
  id: string
  site: string
  firstAtMs: number
  lastAtMs: number
  sizeBytes: number
  segments: number
  gaps: number
  /** Its recorder is connected, or was seconds ago. */
  live: boolean
  finished: boolean
  visitorTag: string
  pageViews: PageView[]
}

/** How often something was refused on a day (UTC). */
export interface Refusal {
  day: string
  code: string
  count: number
  lastAtMs: number
}

export interface Health {
  site: string
  enabled: boolean
  refusals: Refusal[] | null
  /** What recorders counted, by day and name. */
  counts?: { day: string; name: string; count: number }[]
  warnings?: { code: string; what: string; hint: string }[]
  /** Reports of a child's data that wait. */
  reports?: number
  /** New versions of the privacy settings in the last 14 days, latest first. */
  changes?: Change[]
}

export interface Change {
  atMs: number
  version: string
  changed: string[]
}

/** What a deletion did. */
export interface Receipt {
  session: string
  site: string
  erasedAt: string
  envelopes: number
  backups: number
  /** The day (UTC) on which the last backup of its keys goes. */
  lastCopyGoes: string
}

export class ApiError extends Error {
  constructor(readonly status: number, message: string, readonly hint: string) {
    super(message)
  }
}

async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, init)
  } catch {
    throw new ApiError(0, 'The server does not answer.', 'Is it still running? This page tries again by itself.')
  }
  behindLogin ||= /\bcookie\b/i.test(response.headers.get('Vary') ?? '')
  const body = (await response.json().catch(() => ({}))) as T & { error?: string; hint?: string }
  if (response.ok) return body
  if (response.status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname)}`)
  throw new ApiError(response.status, sentence(body.error ?? `The server answered ${response.status}.`), sentence(body.hint ?? ''))
}

/** Behind a login, answers vary by its cookie: then there is an account to sign out of. */
let behindLogin = false
export const isBehindLogin = () => behindLogin

/** What the server said with the sites: a local player takes no recordings in, and a file is not deleted from. */
let place = { local: false, readOnly: false }
export const isLocal = () => place.local
export const isReadOnly = () => place.readOnly

export async function sites(): Promise<Site[]> {
  const { sites, local = false, readOnly = false } = await ask<{ sites: Site[] | null; local?: boolean; readOnly?: boolean }>('/api/v1/sites')
  place = { local, readOnly }
  return sites ?? []
}

/** Who is signed in; undefined where nobody has to (`replay serve`). Ask for the sites first. */
export async function account(): Promise<{ name: string } | undefined> {
  if (!behindLogin) return undefined
  const response = await fetch('/api/v1/me').catch(() => undefined)
  return response?.ok ? ((await response.json()) as { name: string }) : undefined
}

export async function signOut(): Promise<void> {
  const response = await fetch('/logout', { method: 'POST' }).catch(() => undefined)
  if (response?.ok) location.assign('/login')
}

export async function sessions(site: string, before = 0, beforeId = ''): Promise<{ sessions: Session[]; nextBeforeMs: number; nextBeforeId: string }> {
  const query = new URLSearchParams({ site, limit: '50' })
  if (before) query.set('before', String(before))
  if (beforeId) query.set('beforeId', beforeId)
  const page = await ask<{ sessions: Session[] | null; nextBeforeMs: number; nextBeforeId?: string }>(`/api/v1/sessions?${query}`)
  return { sessions: page.sessions ?? [], nextBeforeMs: page.nextBeforeMs ?? 0, nextBeforeId: page.nextBeforeId ?? '' }
}

export const session = (id: string) => ask<Session & { custody: string }>(`/api/v1/sessions/${encodeURIComponent(id)}`)

export const health = (site: string) => ask<Health>(`/api/v1/sites/${encodeURIComponent(site)}/health`)

/** Destroys the keys of a session and deletes it. */
export const deleteSession = (id: string) => ask<Receipt>(`/api/v1/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' })
