/** The request that deletes, on the collector, all that was recorded under a key (collector/UPLOAD.md, "Erase"). */

/** `keys`: 32 hexadecimal digits each, joined. Rejects unless the collector says that all is deleted. */
export async function erase(url: string, site: string, keys: string): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    // A simple request: no preflight stands before it, also while the page goes.
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify({ v: 1, site, keys: keys.match(/.{32}/g) }),
    keepalive: true,
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
  })
  if (!response.ok) throw Error('the collector answered ' + response.status)
}
