// Reading what the server hands out: a stream of sealed segments, and the keys to open them.

const headerBytes = 60
const tagBytes = 16
const maxSegmentBytes = 64 << 20

export interface SealedSegment {
  pageView: string
  number: number
  epoch: number
  /** Header, ciphertext and tag, as they were sealed. */
  bytes: Uint8Array<ArrayBuffer>
}

export class Damaged extends Error {}
export class WrongKey extends Error {}

/** Splits (u32 LE length | sealed segment)*. Throws Damaged where a length overruns. */
export function splitSegments(body: Uint8Array<ArrayBuffer>): SealedSegment[] {
  const list: SealedSegment[] = []
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  for (let at = 0; at < body.length; ) {
    if (at + 4 > body.length) throw new Damaged(`segment stream ends inside a length, offset ${at}`)
    const size = view.getUint32(at, true)
    at += 4
    if (size > maxSegmentBytes || at + size > body.length) {
      throw new Damaged(`segment of ${size} bytes at offset ${at}: ${body.length - at} bytes remain`)
    }
    list.push(readHeader(body.subarray(at, at + size)))
    at += size
  }
  return list
}

function readHeader(bytes: Uint8Array<ArrayBuffer>): SealedSegment {
  if (bytes.length < headerBytes + tagBytes) throw new Damaged(`sealed segment of ${bytes.length} bytes`)
  if (bytes[0] !== 0x41 || bytes[1] !== 0x53) throw new Damaged('sealed segment does not begin with "AS"')
  if (bytes[2] !== 1) throw new Damaged(`sealed segment has version ${bytes[2]}, this player reads 1`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    pageView: hex(bytes.subarray(4, 20)),
    number: view.getUint32(20, true),
    epoch: view.getUint32(24, true),
    bytes,
  }
}

/** Opens a segment. Throws WrongKey when the seal does not fit key and header. */
export async function openSegment(segment: SealedSegment, key: CryptoKey): Promise<Uint8Array> {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setUint32(8, segment.number, false)
  try {
    const plain = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv: nonce, additionalData: segment.bytes.subarray(0, headerBytes), tagLength: 8 * tagBytes },
      key,
      segment.bytes.subarray(headerBytes),
    )
    return new Uint8Array(plain)
  } catch {
    throw new WrongKey(`segment ${segment.number} of page view ${segment.pageView} does not open with this key`)
  }
}

export function contentKey(raw: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt'])
}

/**
 * Keys of a share link's fragment: base64url of (16 bytes page view | 16 bytes content
 * key)*. It opens these page views of this session and nothing else.
 */
export function readShareKey(text: string): Map<string, Uint8Array<ArrayBuffer>> {
  const bytes = fromBase64url(text)
  if (bytes.length === 0 || bytes.length % 32 !== 0) throw new WrongKey('the key in the link is cut off')
  const keys = new Map<string, Uint8Array<ArrayBuffer>>()
  for (let at = 0; at < bytes.length; at += 32) {
    keys.set(hex(bytes.subarray(at, at + 16)), bytes.slice(at + 16, at + 32))
  }
  return keys
}

export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  let binary: string
  try {
    binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    throw new WrongKey('a key is not base64url')
  }
  return Uint8Array.from(binary, (c) => c.charCodeAt(0))
}

export function hex(bytes: Uint8Array): string {
  let out = ''
  for (const b of bytes) out += b.toString(16).padStart(2, '0')
  return out
}
