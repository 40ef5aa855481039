// What the shop knows of the recorder in its page: only its public object.

interface AfterimageApi {
  readonly state?: { phase: string; reason?: string }
  readonly sessionId?: string
  optOut?(): unknown
  optIn?(): unknown
  privacy?(): boolean
  track?(name: string, props: Record<string, unknown>): void
}

declare global {
  interface Window { afterimage?: AfterimageApi }
}

export interface RecorderState { phase: string; reason: string; session: string }

export function recorderState(): RecorderState {
  const api = window.afterimage
  return { phase: api?.state?.phase ?? 'absent', reason: api?.state?.reason ?? '', session: api?.sessionId ?? '' }
}

export function optOut(): void {
  void window.afterimage?.optOut?.()
}

/** Recording begins with the next page. */
export function optIn(): void {
  void window.afterimage?.optIn?.()
  location.reload()
}

/** Opens the page of what was recorded of this browser; false where the recorder cannot. */
export function openPrivacy(): boolean {
  return window.afterimage?.privacy !== undefined && (window.afterimage.privacy(), true)
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

/** Why nothing is recorded although nothing failed. */
const reasons: Record<string, string> = {
  'opt-out': 'you said no',
  dnt: 'your browser asks not to be tracked',
  minor: 'the visitor is a minor',
  sample: 'this visit was not drawn',
  stopped: 'it was stopped',
}

export function isOn({ phase }: RecorderState): boolean {
  return phase === 'recording' || phase === 'degraded'
}

export function describe({ phase, reason }: RecorderState): string {
  if (phase === 'recording' && reason === 'unreachable') return 'Recording this visit; it waits in your browser, the collector is not reached'
  const why = phase === 'idle' ? reasons[reason] : undefined
  return why ? `Not recording: ${why}` : (sentences[phase] ?? `Recorder: ${phase}`)
}
