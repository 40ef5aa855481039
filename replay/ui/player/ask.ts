// Requests of the player's worker to the API that serves it.

import { sentence } from './format.ts'
import type { Problem } from './messages.ts'

/** Something that the person is told, and that ends what was asked for. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message)
  }
}

export async function ask(url: string): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, { headers: { accept: 'application/json, application/octet-stream' } })
  } catch {
    throw new Refused({ code: 'network', message: 'The server does not answer.', hint: 'Is it still running? Reload the page when it is.' })
  }
  if (response.ok) return response
  const body = (await response.json().catch(() => ({}))) as { error?: string; hint?: string }
  const known: Record<number, Problem['code']> = { 401: 'login', 403: 'login', 404: 'not-found' }
  throw new Refused({
    code: known[response.status] ?? 'network',
    message: sentence(body.error ?? `The server answered ${response.status}.`),
    hint: sentence(body.hint ?? (response.status === 404 ? 'It may have been deleted, or its retention has ended.' : 'Log in again and reload the page.')),
  })
}
