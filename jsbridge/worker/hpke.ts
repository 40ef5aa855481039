/**
 * HPKE (RFC 9180) in base mode for the one suite of Afterimage: DHKEM(P-256, HKDF-SHA256),
 * HKDF-SHA256, AES-128-GCM. One message a context (sequence number 0), which is all that a
 * key envelope needs; segments are not sealed with it (seal.ts).
 *
 * Everything comes from WebCrypto. HKDF is spelled as HMAC, because LabeledExtract and
 * LabeledExpand need extract and expand apart and the platform's HKDF does both at once;
 * no output here is longer than one hash, so expanding is one block.
 *
 * Checked against RFC 9180 A.3.1, Go's crypto/hpke in both directions and @hpke/core.
 * `openBase` is for those tests: the recorder only seals, and its bundle leaves it out.
 */
import { aesKey, type Bytes, bytesOf, concat, encrypt, hmac, subtle, utf8 } from './bytes'

/** Length of an encapsulated key: an uncompressed P-256 point. */
export const ENC_BYTES = 65

const EC = { name: 'ECDH', namedCurve: 'P-256' }
/** What each label begins with: version, then "KEM" || kem_id, or "HPKE" || kem_id || kdf_id || aead_id. */
const KEM = 'HPKE-v1KEM\0\x10'
const SUITE = 'HPKE-v1HPKE\0\x10\0\x01\0\x01'
/** The salt of no bytes, which WebCrypto does not import: it is padded with zeros to a block anyway (RFC 2104 §2). */
const NO_SALT = new Uint8Array(32)

/** RFC 9180 §4, LabeledExtract. */
const extract = (label: string, ikm: ArrayLike<number>, salt: Bytes = NO_SALT) => hmac(salt, concat(utf8(label), ikm))

/** RFC 9180 §4, LabeledExpand, for length <= 32. */
const expand = async (prk: Bytes, label: string, info: Bytes, length: number) =>
  (await hmac(prk, concat([0, length], utf8(label), info, [1]))).slice(0, length)

const importPoint = (raw: Bytes) => subtle.importKey('raw', raw, EC, true, [])
const exportPoint = (key: CryptoKey) => bytesOf(subtle.exportKey('raw', key))

/** Shared secret of the KEM, then the key schedule (§5.1): AES key and nonce of message 0. */
async function schedule(mine: CryptoKey, theirs: CryptoKey, enc: Bytes, recipient: Bytes, info: Bytes): Promise<[key: CryptoKey, iv: Bytes]> {
  const dh = await bytesOf(subtle.deriveBits({ name: 'ECDH', public: theirs }, mine, 256))
  const shared = await expand(await extract(KEM + 'eae_prk', dh), KEM + 'shared_secret', concat(enc, recipient), 32)
  const context = concat([0], await extract(SUITE + 'psk_id_hash', []), await extract(SUITE + 'info_hash', info))
  const secret = await extract(SUITE + 'secret', [], shared)
  return [await aesKey(await expand(secret, SUITE + 'key', context, 16)), await expand(secret, SUITE + 'base_nonce', context, 12)]
}

/**
 * Seals one message to the recipient's raw public key (65 bytes, uncompressed).
 * Returns enc || ciphertext || tag. `ephemeral` is given by tests only: a key pair that is
 * used twice breaks the sealing.
 */
export async function sealBase(
  recipient: Bytes, info: Bytes, aad: Bytes, plaintext: Bytes, ephemeral?: CryptoKeyPair,
): Promise<Bytes> {
  const pair = ephemeral ?? (await subtle.generateKey(EC, false, ['deriveBits']))
  const enc = await exportPoint(pair.publicKey)
  const [key, iv] = await schedule(pair.privateKey, await importPoint(recipient), enc, recipient, info)
  return concat(enc, await encrypt(key, iv, aad, plaintext))
}

/** Opens what sealBase made; rejects when anything was changed. Tests only. */
export async function openBase(pair: CryptoKeyPair, info: Bytes, aad: Bytes, sealed: Bytes): Promise<Bytes> {
  const enc = sealed.slice(0, ENC_BYTES)
  const recipient = await exportPoint(pair.publicKey)
  const [key, iv] = await schedule(pair.privateKey, await importPoint(enc), enc, recipient, info)
  return new Uint8Array(
    await subtle.decrypt({ name: 'AES-GCM', iv, additionalData: aad }, key, sealed.slice(ENC_BYTES)))
}
