/**
 * Whether the visitor gave the page data of his own (a file, a paste, a drop, the camera), which a data URL
 * may show from then on. Only the full recorder asks: at level strict only an allow marker shows an
 * image, and that shows it anyway.
 */
import { listen, wrap } from './guard'
import { $type } from './native'
import { idOf } from './nodes'
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

const posted = (wrote: () => void): void => {
  if (isPosted) return
  isPosted = true
  tellPosted()
  wrote()
}

/**
 * Of every root: most of these events do not leave their shadow tree; and of the window, where pages often take a drop
 * and let it go no further.
 */
export const trackPosted = (root: Document | ShadowRoot | Window, wrote: () => void): void =>
  listen(root, 'change paste drop playing', (event) => {
    const target = targetOf(event) as HTMLVideoElement & HTMLInputElement
    const { clipboardData, dataTransfer } = event as ClipboardEvent & DragEvent
    const data = clipboardData ?? dataTransfer
    if (data ? data.types.some((type) => type !== 'text/plain') : target.srcObject ?? target.files?.length) posted(wrote)
  })

/** Ways that no event tells of: an input or a video outside of what is recorded, a camera without one, a picker, a file that is read as such a URL, a drawing. */
export const wrapPosted = (realm: Window & typeof globalThis, wrote: () => void): void => {
  const tell = (): void => posted(wrote)
  const clicked = (element: unknown): void => {
    if (element instanceof realm.HTMLInputElement && $type(element) === 'file' && !idOf(element)) tell()
  }
  wrap(realm.HTMLElement.prototype, 'click', clicked)
  wrap(realm.HTMLInputElement.prototype, 'showPicker', clicked)
  wrap(realm.FileReader.prototype, 'readAsDataURL', tell)
  wrap(realm.HTMLCanvasElement.prototype, 'toDataURL', tell)
  wrap(realm.HTMLMediaElement.prototype, 'srcObject', (_, [stream]) => {
    if (stream) tell()
  })
  wrap(realm.Clipboard?.prototype, 'read', tell)
  wrap(realm.MediaDevices?.prototype, 'getUserMedia', tell)
  wrap(realm.MediaDevices?.prototype, 'getDisplayMedia', tell)
  wrap(realm, 'showOpenFilePicker', tell)
  wrap(realm, 'showDirectoryPicker', tell)
}
