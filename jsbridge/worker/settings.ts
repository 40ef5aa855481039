/**
 * The site's settings, as the collector serves them, and the two custodies.
 *
 * managed  the payload is taken as it is: who serves the script is who may open.
 * held     the collector is not trusted with that. The site key in the page names the
 *          SHA-256 of the owner's identity key; that key must have signed the exact bytes of
 *          the payload, and a version older than one seen before is refused, so that a
 *          collector can neither put in a sealing key of its own nor bring back old settings.
 *
 * The main thread acts on privacy and selectors only after `ready`, that is after this.
 */
import { type Bytes, fromBase64, sha256, toBase64, utf8 } from './bytes'
import { CoreError } from './core'
import type { SignedSettings } from '../messages'

export interface Trusted {
  readonly sealingKey: Bytes
  readonly version: number
  readonly enabled: boolean
}

const refuse = (reason: string): never => {
  throw new CoreError('settings', 'settings of the site: ' + reason)
}

const text = (x: unknown) => typeof x === 'string'
const oneOf = (...names: unknown[]) => (x: unknown) => names.includes(x)
const maybe = (f: (x: unknown) => boolean) => (x: unknown) => x === undefined || f(x)
const texts = maybe((x) => Array.isArray(x) && x.every(text))
const flag = maybe((x) => typeof x === 'boolean')

/** What each field must look like; a field that is not here is left to newer recorders. */
const SHAPE: Record<string, (x: unknown) => boolean> = {
  v: oneOf(1),
  site: text,
  custody: oneOf('managed', 'held'),
  settingsVersion: (x) => Number.isSafeInteger(x) && (x as number) >= 0,
  sealingKey: text,
  privacy: maybe(oneOf('strict', 'balanced')),
  mask: texts,
  block: texts,
  allow: texts,
  consent: maybe(oneOf('none', 'required')),
  respectDNT: flag,
  enabled: flag,
  privacyVersion: maybe(text),
  sample: maybe((x) => typeof x === 'number' && x >= 0 && x <= 1),
}

/** Verifies and reads settings for a site key. `newest` remembers versions (outbox.ts). Throws CoreError. */
export async function readSettings(
  signed: SignedSettings, siteKey: string, newest: (version: number) => Promise<number>,
): Promise<Trusted> {
  const [kind, site, fingerprint] = siteKey.split('.')
  const held = kind === 'h'
  if (held) await verify(signed, fingerprint ?? '')
  let fields: Record<string, unknown>
  try {
    fields = JSON.parse(signed.payload) as Record<string, unknown>
  } catch {
    return refuse('the payload is not JSON')
  }
  for (const name in SHAPE) if (!SHAPE[name]?.(fields[name])) refuse(name + ' is not as version 1 has it')
  if (fields['site'] !== site) refuse('they are those of another site')
  if ((fields['custody'] === 'held') !== held) refuse('custody is not that of the site key')
  let sealingKey: Bytes
  try {
    sealingKey = fromBase64(fields['sealingKey'] as string)
  } catch {
    return refuse('sealingKey is not base64url')
  }
  if (sealingKey.length !== 65 || sealingKey[0] !== 4) refuse('sealingKey is not an uncompressed P-256 point')
  const version = fields['settingsVersion'] as number
  if (held && (await newest(version)) > version) refuse('they are older than those seen before')
  return { sealingKey, version, enabled: fields['enabled'] !== false }
}

async function verify({ payload, identity, signature }: SignedSettings, fingerprint: string): Promise<void> {
  if (!identity || !signature) return refuse('identity or signature is missing, this site key demands both')
  let good = false
  try {
    const spki = fromBase64(identity)
    if (toBase64(await sha256(spki)) !== fingerprint) return refuse('the identity key is not the one in the site key')
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('spki', spki, algorithm, false, ['verify'])
    good = await crypto.subtle.verify(algorithm, key, fromBase64(signature), utf8(payload))
  } catch (e) {
    if (e instanceof CoreError) throw e
  }
  if (!good) refuse('the signature does not verify')
}
