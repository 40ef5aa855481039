/** Why nothing is recorded; `directive` names what the page's Content-Security-Policy lacks. */
export interface Refusal extends Error {
  readonly code: string
  readonly directive?: string | undefined
}

export const refusal = (code: string, reason: string, directive?: string): Refusal =>
  Object.assign(Error(reason), { code, directive })

/** Ours, or of the chunk (../more): those of the browser have numbers for codes, if any, which have no method `trim`. */
export const isRefusal = (error: unknown): error is Refusal => !!(error as Partial<Refusal> | undefined)?.code?.trim
