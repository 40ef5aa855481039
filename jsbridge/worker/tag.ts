/**
 * The visitor tag: the one thing of a visitor that the collector sees in the clear, so that all
 * sessions of one browser on one site can be found and deleted without opening any.
 *
 *   tag = the first 16 bytes of HMAC-SHA-256(key, "afterimage visitor tag v1\0" + site id)
 *
 * The key is 16 bytes, of which 122 bits are random, and stays in the browser. Who sees tags (an analyst, the holder of a
 * copied database) cannot make the key from one, and only the key is taken as a right to read or to
 * delete: the page `/privacy` and the request `erase` name the key, and the collector computes the tag.
 */
import { fromHex, hmac, toBase64, utf8 } from './bytes'

/** base64url of the tag. `key` is 32 hexadecimal digits. */
export const visitorTag = async (key: string, siteId: string): Promise<string> =>
  toBase64((await hmac(fromHex(key), utf8('afterimage visitor tag v1\0' + siteId))).slice(0, 16))
