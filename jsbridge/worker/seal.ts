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
import type { View } from './frame'

/** One sealed segment, header included. */
export interface Sealed {
  readonly number_: number
  readonly bytes_: Bytes
}

export interface Sealer {
  readonly envelope_: Bytes
  /** The next number to be assigned. */
  next_(): number
  /** Seals a wire segment; the promises resolve in the order of the calls. */
  seal_(plain: Bytes, epoch: number): Promise<Sealed>
  /** Leaves a number out, so that a reader sees that something is missing there. */
  skip_(): void
}

/** `contentKey` and `ephemeral` are given by tests alone: in the page both are random. */
export async function startSealer(
  site: string, { id, session }: Pick<View, 'id' | 'session'>, sealingKey: Bytes, contentKey = random(16), ephemeral?: CryptoKeyPair,
): Promise<Sealer> {
  const view = fromHex(id)
  const keyId = (await sha256(sealingKey)).subarray(0, 8)
  const info = concat(utf8('afterimage envelope v1\0'), [utf8(site).length], utf8(site), fromHex(session), view, keyId)
  const envelope_ = concat([1], keyId, await sealBase(sealingKey, info, new Uint8Array(), contentKey, ephemeral))
  const key = await aesKey(contentKey)
  contentKey.fill(0)

  let number = 0
  let last = Promise.resolve<Bytes>(new Uint8Array(32))

  return {
    envelope_,
    next_: () => number,
    skip_: () => { number++ },
    seal_(plain, epoch) {
      const number_ = number++
      const sealed = last.then(async (prevHash) => {
        const header = concat([65, 83, 1, 0], view, u32(number_), u32(epoch), prevHash)
        const nonce = concat(new Uint8Array(8), u32(number_).reverse())
        return { number_, bytes_: concat(header, await encrypt(key, nonce, header, plain)) }
      })
      last = sealed.then((s) => sha256(s.bytes_))
      // A caller sees the failure of its own segment; the chain's copy must not be reported twice.
      last.catch(() => {})
      return sealed
    },
  }
}
