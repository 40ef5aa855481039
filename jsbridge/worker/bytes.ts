/** Faults, bytes and the few primitives of WebCrypto that the worker's parts share. No state. */

export type Bytes = Uint8Array<ArrayBuffer>

/** Why recording ends, as the page is told (message `failed`). It is thrown; an Error is none of ours. */
export interface Fault {
  readonly code: string
  readonly reason: string
  /** The CSP directive that the page lacks, where that is the cause. */
  readonly directive?: string | undefined
}

export const fault = (code: string, reason: string, directive?: string): Fault => ({ code, reason, directive })

const encoder = new TextEncoder()

/** UTF-8 of s. */
export const utf8 = (s: string): Bytes => encoder.encode(s)

/** The parts one after the other, in a buffer of their own. */
export function concat(...parts: ArrayLike<number>[]): Bytes {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** base64url without padding, as in hello, settings and site keys. For a few bytes. */
export const toBase64 = (b: Bytes): string =>
  btoa(String.fromCharCode(...b)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')

/** Bytes of base64url text; throws what atob throws when it is not. */
export const fromBase64 = (s: string): Bytes =>
  Uint8Array.from(atob(s.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))

/** 16 bytes of a page view or session id from its 32 hexadecimal digits. */
export const fromHex = (s: string): Bytes => Uint8Array.from(s.match(/../g) ?? [], (x) => parseInt(x, 16))

/** Undefined outside a secure context. */
export const { subtle } = crypto

/** What WebCrypto answers, as bytes. */
export const bytesOf = async (answer: Promise<ArrayBuffer>): Promise<Bytes> => new Uint8Array(await answer)

export const sha256 = (b: Bytes): Promise<Bytes> => bytesOf(subtle.digest('SHA-256', b))

export const random = (n: number): Bytes => crypto.getRandomValues(new Uint8Array(n))

/** n as 4 bytes, little endian. */
export const u32 = (n: number): Bytes => Uint8Array.of(n, n >> 8, n >> 16, n >> 24)

/** A key of AES-128-GCM that cannot be exported again. */
export const aesKey = (raw: Bytes): Promise<CryptoKey> => subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])

/** Ciphertext and tag. */
export const encrypt = (key: CryptoKey, iv: Bytes, additionalData: Bytes, plain: Bytes): Promise<Bytes> =>
  bytesOf(subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, plain))

/** HMAC-SHA-256. */
export const hmac = async (key: Bytes, message: Bytes): Promise<Bytes> =>
  bytesOf(subtle.sign('HMAC', await subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']), message))
