/** 83,000 ms as 1:23, from an hour on 1:01:23. */
export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  const h = Math.floor(s / 3600)
  return h ? `${h}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`
}

/** What a server says in passing, as a sentence. */
export function sentence(text: string): string {
  return text && text[0]!.toUpperCase() + text.slice(1) + (/[.?!…]$/.test(text) ? '' : '.')
}

/** The path of an address whose host may be masked, and so be none. */
export function path(url: string | undefined): string {
  return url?.replace(/^[a-z]+:\/\/[^/?#]*/, '') ?? ''
}

/** A span in words: 43 s, 2 min 5 s, 1 h 4 min. */
export function span(ms: number): string {
  const s = Math.round(ms / 1000)
  if (s < 60) return `${s} s`
  if (s < 3600) return s % 60 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${s / 60} min`
  return `${Math.floor(s / 3600)} h ${Math.round((s % 3600) / 60)} min`
}

export function bytes(n: number): string {
  if (n < 1000) return `${n} B`
  if (n < 999_500) return `${(n / 1000).toPrecision(3).replace(/\.0+$/, '')} KB`
  return `${(n / 1e6).toPrecision(3).replace(/\.0+$/, '')} MB`
}

/** "just now", "12 min ago", else date and time in the viewer's language. */
export function ago(ms: number, now: number): string {
  const s = (now - ms) / 1000
  if (s < 60) return 'just now'
  if (s < 3600) return `${Math.floor(s / 60)} min ago`
  if (s < 24 * 3600) return `${Math.floor(s / 3600)} h ago`
  return new Date(ms).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
}
