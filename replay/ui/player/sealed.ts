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

/** Id and key of a share, from its link's fragment: base64url of 16 bytes each. */
export function readShareKey(text: string): { id: string; key: Uint8Array<ArrayBuffer> } {
  const bytes = fromBase64url(text)
  if (bytes.length !== 32) throw new WrongKey('the key in the link is cut off')
  return { id: hex(bytes.subarray(0, 16)), key: bytes.slice(16) }
}

/** The content keys of a share by page view (replay/open/share.go). They open this session and nothing else. */
export async function openShare(session: string, id: string, key: Uint8Array<ArrayBuffer>, sealed: Uint8Array<ArrayBuffer>): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const label = new TextEncoder().encode('afterimage share v1\0')
  const additionalData = new Uint8Array([...label, ...fromHex(session), ...fromHex(id)])
  let bytes: Uint8Array<ArrayBuffer>
  try {
    bytes = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: new Uint8Array(12), additionalData, tagLength: 8 * tagBytes }, await contentKey(key), sealed))
  } catch {
    throw new WrongKey('the key in the link is wrong')
  }
  const keys = new Map<string, Uint8Array<ArrayBuffer>>()
  for (let at = 0; at + 32 <= bytes.length; at += 32) keys.set(hex(bytes.subarray(at, at + 16)), bytes.slice(at + 16, at + 32))
  return keys
}

function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))
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
