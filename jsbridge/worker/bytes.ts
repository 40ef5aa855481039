/** Bytes and the few primitives of WebCrypto that hpke, seal, frame and settings share. No state. */

export type Bytes = Uint8Array<ArrayBuffer>

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

/** base64url without padding, as in hello, settings and site keys. */
export const toBase64 = (b: Bytes): string => {
  let s = ''
  for (const x of b) s += String.fromCharCode(x)
  return btoa(s).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

/** Bytes of base64url text; throws what atob throws when it is not. */
export const fromBase64 = (s: string): Bytes =>
  Uint8Array.from(atob(s.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))

/** 16 bytes of a page view or session id from its 32 hexadecimal digits. */
export const fromHex = (s: string): Bytes => Uint8Array.from(s.match(/../g) ?? [], (x) => parseInt(x, 16))

export const sha256 = async (b: Bytes): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest('SHA-256', b))

export const random = (n: number): Bytes => crypto.getRandomValues(new Uint8Array(n))

/** n as 4 bytes, little endian. */
export const u32 = (n: number): Bytes => {
  const b = new Uint8Array(4)
  new DataView(b.buffer).setUint32(0, n, true)
  return b
}

/** A key of AES-128-GCM that cannot be exported again. */
export const aesKey = (raw: Bytes): Promise<CryptoKey> => crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])

/** Ciphertext and tag. */
export const encrypt = async (key: CryptoKey, iv: Bytes, additionalData: Bytes, plain: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, plain))
