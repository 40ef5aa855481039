/**
 * Whether the visitor gave the page data of his own (a file, a paste, a drop, the camera), which a data URL
 * may show from then on. Only the full recorder asks: at level strict only an allow marker shows an
 * image, and that shows it anyway.
 */
import { echo, isInBox } from './forms'
import { listen, wrap } from './guard'
import { $matches, $nodeType, $type } from './native'
import { idOf } from './nodes'
import { Op, op } from './ops'
import { targetOf } from './pointer'
import { isSecret, isShown, isTextShown, noteCalled } from './policy'

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
 * What the visitor hands over is known when the page shows it, as what is typed: names of files, a pasted text, and one
 * that is dropped on a field, also where the page takes it and the field does not. Another dropped text may be the page's
 * own, as in lists that are sorted by hand.
 */
const tellHandedOver = (type: string, target: Node | Window, files: FileList | null | undefined, data: DataTransfer | null): void => {
  const at = 'nodeType' in target ? target : document
  if (isInBox(at)) return
  const told = Array.from(files ?? []).flatMap(({ name }) => [name, name.replace(/\.\w+$/, '')])
  const isField = $nodeType(at) === 1 && ($matches(at as Element, 'input,textarea') || (at as HTMLElement).isContentEditable)
  const isCalled = isField && (isSecret(at as Element) || noteCalled(at as Element))
  if (type === 'paste' || type === 'drop' && isField) {
    if (!isField || isCalled || !isShown(at as Element)) {
      const text = (data?.getData('text/plain') ?? '').slice(0, 2000)
      told.push(text.slice(0, 96), ...text.split(/[\n\t,;]/).slice(0, 40))
    }
  }
  for (const text of told.slice(0, 80)) if (text.trim().length > 1) echo(isCalled ? -1 : 0, text.trim())
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
    if (isTextShown(document.documentElement)) tellHandedOver(event.type, target, data?.files ?? target.files, data)
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
