/**
 * Sealing of one page view: a random content key, its key envelope (HPKE to the site's
 * sealing key), and AES-128-GCM for each segment, with a clear header as additional data.
 *
 * The layout is that of package seal (wasm/wire/seal), byte for byte:
 *
 *   header   "AS" version=1 flags=0 | page view 16 | number u32 LE | epoch u32 LE
 *            | SHA-256 of the previous sealed segment, zeros for the first
 *   sealed   header | ciphertext | tag, nonce = 8 zero bytes, number u32 BE
 *   envelope version=1 | key id 8 | enc 65 | sealed content key 32
 *
 * Numbers are assigned here and nowhere else, in the order of the calls: a number names a
 * nonce, so two segments under one number would give both away. A segment is sealed once;
 * what is resent are these bytes.
 */
import { aesKey, type Bytes, concat, encrypt, fromHex, random, sha256, u32, utf8 } from './bytes'
import { sealBase } from './hpke'

export const HEADER_BYTES = 60
const HASH_AT = 28

/** One sealed segment, header included. */
export interface Sealed {
  readonly number: number
  readonly bytes: Bytes
}

/** The bytes of the epoch's number, as a frame repeats them. */
export const epochOf = (s: Sealed): Bytes => s.bytes.subarray(24, HASH_AT)
export const prevHashOf = (s: Sealed): Bytes => s.bytes.subarray(HASH_AT, HEADER_BYTES)

export interface Sealer {
  readonly envelope: Bytes
  /** The next number to be assigned. */
  next(): number
  /** Seals a wire segment; the promises resolve in the order of the calls. */
  seal(plain: Bytes, epoch: number): Promise<Sealed>
  /** Leaves a number out, so that a reader sees that something is missing there. */
  skip(): void
}

export interface Randomness {
  readonly contentKey?: Bytes
  readonly ephemeral?: CryptoKeyPair
}

/** `seeds` is for tests; in the page both are random. */
export async function startSealer(
  site: string, session: string, pageView: string, sealingKey: Bytes, seeds: Randomness = {},
): Promise<Sealer> {
  const contentKey = seeds.contentKey ?? random(16)
  const view = fromHex(pageView)
  const keyId = (await sha256(sealingKey)).subarray(0, 8)
  const name = utf8(site)
  const info = concat(utf8('afterimage envelope v1\0'), [name.length], name, fromHex(session), view, keyId)
  const envelope = concat([1], keyId, await sealBase(sealingKey, info, new Uint8Array(), contentKey, seeds.ephemeral))
  const key = await aesKey(contentKey)
  contentKey.fill(0)

  let number = 0
  let last: Promise<Bytes> = Promise.resolve(new Uint8Array(32))

  return {
    envelope,
    next: () => number,
    skip: () => { number++ },
    seal(plain, epoch) {
      const n = number++
      const sealed = last.then(async (prevHash) => {
        const header = concat([65, 83, 1, 0], view, u32(n), u32(epoch), prevHash)
        const nonce = concat(new Uint8Array(8), u32(n).reverse())
        const bytes = concat(header, await encrypt(key, nonce, header, plain))
        return { number: n, bytes }
      })
      last = sealed.then((s) => sha256(s.bytes))
      // A caller sees the failure of its own segment; the chain's copy must not be reported twice.
      last.catch(() => {})
      return sealed
    },
  }
}
