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
import { aesKey, type Bytes, concat, encrypt, utf8 } from './bytes'

/** Length of an encapsulated key: an uncompressed P-256 point. */
export const ENC_BYTES = 65

const EC = { name: 'ECDH', namedCurve: 'P-256' }
const SHA = { name: 'HMAC', hash: 'SHA-256' }
const VERSION = utf8('HPKE-v1')
/** "KEM" || kem_id */
const KEM = [75, 69, 77, 0, 16]
/** "HPKE" || kem_id || kdf_id || aead_id */
const SUITE = [72, 80, 75, 69, 0, 16, 0, 1, 0, 1]
const NONE: number[] = []

export async function hmac(key: ArrayLike<number>, message: Bytes): Promise<Bytes> {
  // An empty HMAC key cannot be imported; 32 zero bytes are the same key (RFC 2104 §2).
  const k = await crypto.subtle.importKey('raw', key.length ? concat(key) : new Uint8Array(32), SHA, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', k, message))
}

/** RFC 9180 §4, LabeledExtract. */
const extract = (suite: number[], salt: ArrayLike<number>, label: string, ikm: ArrayLike<number>) =>
  hmac(salt, concat(VERSION, suite, utf8(label), ikm))

/** RFC 9180 §4, LabeledExpand, for length <= 32. */
const expand = async (suite: number[], prk: Bytes, label: string, info: ArrayLike<number>, length: number) =>
  (await hmac(prk, concat([0, length], VERSION, suite, utf8(label), info, [1]))).slice(0, length)

const importPoint = (raw: Bytes) => crypto.subtle.importKey('raw', raw, EC, true, [])

/** Shared secret of the KEM, then the key schedule (§5.1): AES key and nonce of message 0. */
async function schedule(mine: CryptoKey, theirs: CryptoKey, enc: Bytes, recipient: Bytes, info: Bytes) {
  const dh = new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, mine, 256))
  const shared = await expand(KEM, await extract(KEM, NONE, 'eae_prk', dh), 'shared_secret', concat(enc, recipient), 32)
  const context = concat([0], await extract(SUITE, NONE, 'psk_id_hash', NONE), await extract(SUITE, NONE, 'info_hash', info))
  const secret = await extract(SUITE, shared, 'secret', NONE)
  return {
    key: await aesKey(await expand(SUITE, secret, 'key', context, 16)),
    iv: await expand(SUITE, secret, 'base_nonce', context, 12),
  }
}

/**
 * Seals one message to the recipient's raw public key (65 bytes, uncompressed).
 * Returns enc || ciphertext || tag. `ephemeral` is given by tests only: a key pair that is
 * used twice breaks the sealing.
 */
export async function sealBase(
  recipient: Bytes, info: Bytes, aad: Bytes, plaintext: Bytes, ephemeral?: CryptoKeyPair,
): Promise<Bytes> {
  const pair = ephemeral ?? (await crypto.subtle.generateKey(EC, false, ['deriveBits']))
  const enc = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  const { key, iv } = await schedule(pair.privateKey, await importPoint(recipient), enc, recipient, info)
  return concat(enc, await encrypt(key, iv, aad, plaintext))
}

/** Opens what sealBase made; rejects when anything was changed. Tests only. */
export async function openBase(pair: CryptoKeyPair, info: Bytes, aad: Bytes, sealed: Bytes): Promise<Bytes> {
  const enc = sealed.slice(0, ENC_BYTES)
  const recipient = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  const { key, iv } = await schedule(pair.privateKey, await importPoint(enc), enc, recipient, info)
  return new Uint8Array(
    await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: aad }, key, sealed.slice(ENC_BYTES)))
}
