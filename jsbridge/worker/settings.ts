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
import { type Bytes, fault, fromBase64, sha256, subtle, toBase64, utf8 } from './bytes'
import type { SignedSettings } from '../messages'

export interface Trusted {
  readonly sealingKey_: Bytes
  readonly version_: number
  readonly enabled_: boolean
}

const texts = /^(\[("([^"\\]|\\.)*",?)*])?$/
const flag = /^(true|false)?$/

/** What each field must look like as JSON, '' being none; one that is not here is left to newer recorders. */
const SHAPE: Record<string, RegExp> = {
  v: /^1$/,
  settingsVersion: /^\d{1,15}$/,
  sealingKey: /^"B[A-P][\w-]{85}"$/, // an uncompressed P-256 point: 65 bytes, of which the first is 4
  privacy: /^("strict"|"balanced")?$/,
  mask: texts,
  block: texts,
  allow: texts,
  consent: /^("none"|"required")?$/,
  respectDNT: flag,
  enabled: flag,
  privacyVersion: /^(".*)?$/,
  sample: /^(1|0.*|\d.*e-.*)?$/,
}

const OTHER = ' is not that of the site key'

function check(good: boolean, reason: string) {
  if (!good) throw fault('settings', 'settings of the site: ' + reason)
}

/** Verifies and reads settings for a site key. `newest` remembers versions (outbox.ts). Throws a Fault. */
export async function readSettings(
  { payload, identity = '', signature = '' }: SignedSettings, siteKey: string, newest: (version: number) => Promise<number>,
): Promise<Trusted> {
  const [kind, site, fingerprint] = siteKey.split('.')
  const held = kind === 'h'
  try {
    if (held) {
      const spki = fromBase64(identity)
      check(toBase64(await sha256(spki)) === fingerprint, 'identity' + OTHER)
      const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
      const key = await subtle.importKey('spki', spki, algorithm, false, ['verify'])
      check(await subtle.verify(algorithm, key, fromBase64(signature), utf8(payload)), 'the signature does not verify')
    }
    const fields = JSON.parse(payload) as Record<string, unknown>
    for (const name in SHAPE) check(SHAPE[name]!.test(JSON.stringify(fields[name]) ?? ''), name + ' is not as version 1 has it')
    check(fields['site'] === site, 'site' + OTHER)
    check(fields['custody'] === (held ? 'held' : 'managed'), 'custody' + OTHER)
    const version_ = fields['settingsVersion'] as number
    check(!held || (await newest(version_)) <= version_, 'they are older than the last')
    return { sealingKey_: fromBase64(fields['sealingKey'] as string), version_, enabled_: fields['enabled'] !== false }
  } catch (e) {
    throw e instanceof Error ? fault('settings', 'settings of the site: they cannot be read') : e
  }
}
