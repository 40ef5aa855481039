/**
 * Whether the visitor gave the page data of his own (a file, a paste, a drop, the camera), which a data URL
 * may show from then on. Only the full recorder asks: at level strict only an allow marker shows an
 * image, and that shows it anyway.
 */
import { listen } from './guard'
import { Op, op } from './ops'
import { targetOf } from './pointer'

let isPosted: boolean
/** Begins a recorder. What the lean one did not ask is taken for so. */
export const openPosted = (unknown: boolean): void => {
  isPosted = unknown
}

/** Said again in each epoch. */
export const tellPosted = (): void => {
  if (isPosted) op(Op.posted)
}

export const trackPosted = (root: Document, wrote: () => void): void =>
  listen(root, 'change paste drop playing', (event) => {
    const target = targetOf(event) as HTMLVideoElement & HTMLInputElement
    const { clipboardData, dataTransfer } = event as ClipboardEvent & DragEvent
    const data = clipboardData ?? dataTransfer
    if (isPosted || !(data ? data.types.some((type) => type !== 'text/plain') : target.srcObject ?? target.files?.length)) return
    isPosted = true
    tellPosted()
    wrote()
  })
