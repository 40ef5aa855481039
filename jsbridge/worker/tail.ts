/**
 * The HTTP way out, for the moment when the page goes (collector/UPLOAD.md): one request
 * with keepalive, which the browser finishes when page and worker are gone. It is a simple
 * request (text/plain, no credentials), so no preflight stands before it.
 */
import { tailBody, type FromServer } from './frame'
import type { Frame } from './queue'

/**
 * Room for the frame. 64 KiB of keepalive bodies may be in flight, shared with the page's
 * own requests; 60 are ours, of which a hello of one page view takes less than one.
 */
export const TAIL_BYTES = 59 << 10

export interface TailAnswer {
  readonly acks: readonly Extract<FromServer, { t: 'ack' }>[]
  readonly refused: readonly Extract<FromServer, { t: 'refused' }>[]
}

/** Posts one frame; undefined when nothing came back, which is no loss: the outbox has it. */
export async function postTail(url: string, hello: string, frame: Frame): Promise<TailAnswer | undefined> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      body: tailBody(hello, [frame.bytes]),
      headers: { 'content-type': 'text/plain' },
      keepalive: true,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    })
    return answer.ok ? ((await answer.json()) as TailAnswer) : undefined
  } catch {
    return undefined
  }
}
