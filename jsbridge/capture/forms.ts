/**
 * Live form state: value, checked, selected; of a secret input only whether something is in it,
 * told by the caret and never by its value. Where text of the page is shown, the core is told the
 * value too, to mask it there.
 */
import { wrap } from './guard'
import {
  $areaDefault, $contains, $matches, $nodeType, $areaValue, $checked, $defaultChecked, $defaultValue, $indeterminate, $localName, $options,
  $selected, $selectionEnd, $type, $value, findAll,
} from './native'
import { idOf, parentOf } from './nodes'
import { Op, op } from './ops'
import { findBlocked, isBlocked, isCalledSelect, isSecret, isSingle, isTextShown, noteCalled } from './policy'

/** Inputs whose value is their attribute, or no text. */
const withoutValue = /^(hidden|submit|button|reset|image|file)$/

const waiting = new Map<Element, boolean>()

const tell = (element: Element, always: boolean): void => {
  const id = idOf(element)
  if (!id) return
  const name = $localName(element)
  if (name === 'select') {
    if (!__LEAN__ && isCalledSelect(element)) return op(Op.secret, id, 0)
    const chosen: number[] = []
    Array.from($options(element as HTMLSelectElement)).forEach((option, i) => $selected(option) && chosen.push(i))
    op(Op.selected, id, chosen.length, ...chosen)
  } else if (name === 'textarea') {
    const value = $areaValue(element as HTMLTextAreaElement)
    if (!__LEAN__ && noteCalled(element)) {
      if (isTextShown(element)) op(Op.echo, id, value)
      return op(Op.secret, id, value ? 1 : 0)
    }
    if (always || value !== $areaDefault(element as HTMLTextAreaElement)) op(Op.value, id, value)
  } else if (name === 'input') {
    const input = element as HTMLInputElement
    if (isSecret(input)) {
      if (!__LEAN__ && isTextShown(input)) op(Op.echo, id, $value(input))
      // Null for kinds without a caret: something was typed, that is all that can be known unread.
      const filled = $selectionEnd(input) !== 0 && ($selectionEnd(input) !== null || always)
      op(Op.secret, id, filled && (__LEAN__ || !isSingle(input)) ? 1 : 0)
      return
    }
    const type = $type(input)
    if (type === 'checkbox' || type === 'radio') {
      const state = $indeterminate(input) ? 2 : $checked(input) ? 1 : 0
      if (always || state !== ($defaultChecked(input) ? 1 : 0)) op(Op.checked, id, state)
    } else if (!withoutValue.test(type)) {
      const value = $value(input)
      if (always || value !== $defaultValue(input)) op(Op.value, id, value)
    }
  }
}

/**
 * Hands over what stands in fields at and below these nodes, which are about to be written: it may stand in
 * what is written before the state of the fields is told. Only of the full recorder.
 */
export const tellTyped = (nodes: Iterable<Node>): void => {
  if (!isTextShown(document.documentElement)) return
  for (const node of nodes) {
    const type = $nodeType(node)
    if (type !== 1 && type < 9) continue
    const fields = Array.from(findAll(node, typedInto))
    if (type === 1 && $matches(node as Element, typedInto)) fields.push(node as Element)
    if (!fields[0] || isInBox(node)) continue
    const boxes = findBlocked(node)
    for (const field of fields) {
      if (boxes.some((box) => $contains(box, field))) continue
      const isArea = $localName(field) === 'textarea'
      const value = isArea ? $areaValue(field as HTMLTextAreaElement) : $value(field as HTMLInputElement)
      if (value) op(Op.echo, isSecret(field) || noteCalled(field) ? -1 : 0, value)
    }
  }
}
const isInBox = (node: Node): boolean => {
  for (let at: Node | null = node; at; at = parentOf(at)) if ($nodeType(at) === 1 && isBlocked(at as Element)) return true
  return false
}
const typedInto = 'textarea,input:not([type=hidden i],[type=submit i],[type=button i],[type=reset i],[type=image i],[type=file i],[type=checkbox i],[type=radio i])'

/**
 * A control was written: its state is told with the next settle, where it is not the default. That it
 * is secret is noted at once: until then the page may show it.
 */
export const controlWritten = (control: Element): void => {
  isSecret(control)
  waiting.set(control, waiting.get(control) ?? false)
}
/** Script set something: told with the next settle. */
export const controlTouched = (control: Element | null): void => {
  if (control && idOf(control)) waiting.set(control, true)
}
/** The visitor changed it: told at once. */
export const controlChanged = (control: Element): void => tell(control, true)
export const formReset = (form: Element): void => {
  for (const control of findAll(form, 'input,textarea,select')) waiting.set(control, true)
}
/** With a test, of the controls that pass it. */
export const settleForms = (isReady?: (control: Element) => boolean): void =>
  waiting.forEach((always, control) => {
    if (isReady && !isReady(control)) return
    waiting.delete(control)
    tell(control, always)
  })

/** Takes note of what script sets: no event tells it. */
export const wrapControls = (realm: Window & typeof globalThis, wrote: () => void): void => {
  const touched = (control: unknown): void => {
    controlTouched(control as Element)
    // Of an option, which is told as part of it.
    controlTouched((control as Element).closest('select'))
    wrote()
  }
  for (const [owner, names] of [
    [realm.HTMLInputElement, 'value checked indeterminate'],
    [realm.HTMLTextAreaElement, 'value'],
    [realm.HTMLSelectElement, 'value selectedIndex'],
    [realm.HTMLOptionElement, 'selected'],
  ] as const) {
    for (const name of names.split(' ')) wrap(owner.prototype, name, touched)
  }
}
