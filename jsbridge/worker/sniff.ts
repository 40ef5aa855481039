/**
 * What a file is, by its first bytes: the types that may become an asset, and no others.
 * Recorder and player ask the same function, so neither has to believe the other or a
 * server's header. Numbers are those of op asset (wasm/wire/FORMAT.md §6.1): never renumber.
 */
export const mediaTypes: Readonly<Record<number, string>> = {
  1: 'image/png', 2: 'image/jpeg', 3: 'image/gif', 4: 'image/webp', 5: 'image/avif', 6: 'image/svg+xml', 7: 'image/x-icon',
  16: 'font/woff2', 17: 'font/woff', 18: 'font/sfnt',
}

/** Patterns of the first bytes, each a character; a dot is any byte. */
const patterns: readonly (readonly [RegExp, number])[] = [
  [/^\x89PNG\r\n\x1a\n/, 1],
  [/^\xff\xd8\xff/, 2],
  [/^GIF8[79]a/, 3],
  [/^RIFF[^]{4}WEBP/, 4],
  [/^[^]{4}ftypavi[fs]/, 5],
  [/^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^]*?-->\s*|<!doctype[^>[]*>\s*)*<svg[\s>]/i, 6],
  [/^\0\0\x01\0[^\0]/, 7],
  [/^wOF2/, 16],
  [/^wOFF/, 17],
  [/^(?:\0\x01\0\0|OTTO|true)/, 18],
]

/** The number of the type; 0 for all that is not shown. */
export function typeOf(bytes: Uint8Array): number {
  let head = ''
  for (const b of bytes.subarray(0, 2048)) head += String.fromCharCode(b)
  return patterns.find(([pattern]) => pattern.test(head))?.[1] ?? 0
}
