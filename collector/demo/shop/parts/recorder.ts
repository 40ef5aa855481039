// What the shop knows of the recorder in its page: only its public object.

interface AfterimageApi {
  readonly state?: { phase: string; reason?: string }
  readonly sessionId?: string
  optOut?(): unknown
  optIn?(): unknown
  track?(name: string, props: Record<string, unknown>): void
}

declare global {
  interface Window { afterimage?: AfterimageApi }
}

export interface RecorderState { phase: string; session: string }

export function recorderState(): RecorderState {
  const api = window.afterimage
  return { phase: api?.state?.phase ?? 'absent', session: api?.sessionId ?? '' }
}

export function optOut(): void {
  void window.afterimage?.optOut?.()
}

export function optIn(): void {
  void window.afterimage?.optIn?.()
}

/** track names a step of the visit, as a site of one's own would. */
export function track(name: string, props: Record<string, string | number>): void {
  window.afterimage?.track?.(name, props)
}

const sentences: Record<string, string> = {
  recording: 'Recording this visit',
  degraded: 'Recording this visit, with less detail',
  'waiting-consent': 'Waiting for consent: nothing is recorded yet',
  refused: 'Not recording: the recorder refused, the console says why',
  idle: 'Not recording',
  absent: 'Not recording: no recorder in this page',
}

export function describe(phase: string): string {
  return sentences[phase] ?? `Recorder: ${phase}`
}
