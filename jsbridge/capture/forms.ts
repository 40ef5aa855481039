/**
 * Live form state: value, checked, selected; of a secret input only whether something is in it,
 * told by the caret and never by its value.
 */
import {
  $areaDefault, $areaValue, $checked, $defaultChecked, $defaultValue, $indeterminate, $localName, $options,
  $selected, $selectionEnd, $type, $value, findAll,
} from './native'
import { idOf, type Nodes } from './nodes'
import { Op, type OpWriter } from './ops'
import type { Policy } from './policy'

/** Inputs whose value is their attribute, or no text. */
const withoutValue = /^(?:hidden|submit|button|reset|image|file)$/

export interface Forms {
  /** A control was written: its state is told with the next settle, where it is not the default. */
  written(control: Element): void
  /** Script set something: told with the next settle. */
  touched(control: Element): void
  /** The visitor changed it: told at once. */
  changed(control: Element): void
  reset(form: Element): void
  settle(): void
}

export function createForms(nodes: Nodes, out: OpWriter, policy: Policy): Forms {
  const waiting = new Map<Element, boolean>()

  const tell = (element: Element, always: boolean): void => {
    const id = idOf(element)
    if (!id) return
    const name = $localName.call(element)
    if (name === 'select') {
      const chosen: number[] = []
      const options = $options.call(element as HTMLSelectElement)
      for (let i = 0; i < options.length; i++) if ($selected.call(options[i] as HTMLOptionElement)) chosen.push(i)
      out.op(Op.selected, id, chosen.length, ...chosen)
    } else if (name === 'textarea') {
      const value = $areaValue.call(element as HTMLTextAreaElement)
      if (always || value !== $areaDefault.call(element as HTMLTextAreaElement)) out.op(Op.value, id, value)
    } else if (name === 'input') {
      const input = element as HTMLInputElement
      if (policy.isSecret(input)) {
        // Null for kinds without a caret: something was typed, that is all that can be known unread.
        const filled = $selectionEnd.call(input) !== 0 && ($selectionEnd.call(input) !== null || always)
        out.op(Op.secret, id, filled ? 1 : 0)
        return
      }
      const type = $type.call(input)
      if (type === 'checkbox' || type === 'radio') {
        const state = $indeterminate.call(input) ? 2 : $checked.call(input) ? 1 : 0
        if (always || state !== ($defaultChecked.call(input) ? 1 : 0)) out.op(Op.checked, id, state)
      } else if (!withoutValue.test(type)) {
        const value = $value.call(input)
        if (always || value !== $defaultValue.call(input)) out.op(Op.value, id, value)
      }
    }
  }

  return {
    written: (control) => void waiting.set(control, waiting.get(control) ?? false),
    touched(control) {
      if (idOf(control)) waiting.set(control, true)
    },
    changed: (control) => tell(control, true),
    reset(form) {
      for (const control of findAll(form, 'input,textarea,select')) waiting.set(control, true)
    },
    settle() {
      waiting.forEach((always, control) => tell(control, always))
      waiting.clear()
    },
  }
}
