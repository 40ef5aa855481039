/**
 * Live form state: value, checked, selected; of a secret input only whether something is in it,
 * told by the caret and never by its value. Where text of the page is shown, the core is told the
 * value too, to mask it there.
 */
import { guard, undo, wrap } from './guard'
import {
  $areaDefault, $contains, $data, $getRootNode, $matches, $nodeType, $areaValue, $checked, $defaultChecked, $defaultValue, $indeterminate,
  $localName, $options, $ownerDocument, $selected, $selectionEnd, $textContent, $type, $value, findAll,
} from './native'
import { boxes, following, idOf, parentOf } from './nodes'
import { Op, op, typed } from './ops'
import { findBlocked, isBlocked, isCalledSelect, isNotedTyped, isSecret, isShown, isSingle, isTextShown, noteCalled, shadowOf } from './policy'

const enum Limit {
  /** Of one change in an editor so many nodes are looked at. */
  editedNodes = 2000,
  /** Of an editor with more text than this only what is around the caret is handed over at a key: the rest is known. */
  editedLength = 2000,
  /** Of what is drawn letter by letter so much is taken for one text. */
  drawnLength = 100,
  /** Of what is remembered; of one text, which the core keeps by less of its beginning. */
  rememberedTexts = 4096,
  rememberedLength = 1000,
  recentTexts = 8,
  /** Above the ids of nodes (PROTOCOL.md). */
  earlierFields = 2 ** 28,
}

/**
 * What was typed in this document. The core of a page view is told it before the first snapshot: a session ends after a pause,
 * and the next one begins with what the page shows of what was typed before. With each text, whether it is a secret, and its
 * field (as the first argument of op echo), or 0 where it is of several. Only of the full recorder.
 */
const remembered = new Map<string, readonly [isCalled: boolean, field: number]>()
/** The last of them: of a field value, keys and texts come by turns. */
const recent: (readonly [field: number, text: string])[] = []
/** Hands over what was typed. */
export const echo = (field: number, text: string): void => {
  op(Op.echo, field, text)
  remember(field, text)
}
const forget = (text: string): void => {
  remembered.delete(text)
  typed.delete(text)
}
const remember = (field: number, text: string): void => {
  if (!text) return
  const kept = text.slice(0, Limit.rememberedLength)
  // Where it goes on, what stood there before is no value: so the core sees it too.
  const at = recent.findIndex(([of, before]) => of === field && field && field !== -1 && kept.startsWith(before))
  const before = recent[at]?.[1] ?? kept
  if (before !== kept && remembered.get(before)?.[1] === field) forget(before)
  if (at >= 0) recent.splice(at, 1)
  recent.unshift([field, kept])
  recent.length = Math.min(recent.length, Limit.recentTexts)
  const known = remembered.get(kept)
  const isCalled = field > 0 || field === -1 || !!known?.[0]
  forget(kept)
  remembered.set(kept, [isCalled, known && known[1] !== field ? 0 : field])
  if (!isCalled) typed.add(kept)
  if (remembered.size > Limit.rememberedTexts) for (const [oldest] of remembered) return forget(oldest)
}
/**
 * What pages make of a value, and the core of the strict form cannot know by itself: its words where they are few, what stands
 * before and behind an @, and all of it less its accents.
 */
const formsOf = (value: string): Set<string> => {
  const words = value.split(/[\s,;@]+/).filter((word) => word)
  const all = [value, ...(words.length < 4 ? words : value.includes('@') ? value.split(/[\s,;]+/).flatMap((item) => (item.includes('@') ? item.split('@') : [])) : [])]
  const forms = new Set([...all, ...all.map((text) => text.normalize('NFD').replace(/\p{M}+/gu, ''))])
  forms.delete(value)
  return forms
}
/** Hands them over where nothing is shown, and the core is the strict one. */
const tellForms = (field: Element, value: string): void => {
  if (isTextShown(field)) return
  let of = typedId(field)
  for (const text of formsOf(value.slice(0, Limit.rememberedLength))) {
    op(Op.echo, 0, text)
    remember((of -= 0.1), text) // they go on with the value, each by itself
  }
}
/** Tells the core of this page view what those before it knew, and the lean recorder. */
export const tellRemembered = (): void => {
  // That one has noted each key, in their order.
  for (const text of [...typed]) {
    if (!remembered.has(text)) remember(ofLean, text)
    if (isTextShown(document.documentElement)) continue
    let of = ofLean
    for (const form of formsOf(text)) remember((of -= 0.1), form)
  }
  recent.length = 0
  let field = Limit.earlierFields
  remembered.forEach(([isCalled], text) => {
    remembered.set(text, [isCalled, 0]) // ids are of a page view
    if (!isCalled || isTextShown(document.documentElement)) op(Op.echo, isCalled ? -1 : -1 - field++, text)
  })
}
/** Of no field. */
const ofLean = __LEAN__ ? 0 : -(2 ** 30)

/** Inputs whose value is their attribute, or no text. */
const withoutValue = /hidden|submit|button|reset|image|file/
/** Those into which text is typed; a colour or a range stands in many a style. */
const typedText = /^(text|search|tel|number|email|url)$/

const waiting = new Map<Element, boolean>()

const tell = (element: Element, always: boolean): void => {
  const id = idOf(element)
  if (!id || boxes.has(element)) return
  const name = $localName(element)
  if (name === 'select') {
    if (!__LEAN__ && isCalledSelect(element)) return op(Op.secret, id, 0)
    const chosen = [...$options(element as HTMLSelectElement)].flatMap((option, i) => ($selected(option) ? i : []))
    op(Op.selected, id, chosen.length, ...chosen)
  } else if (name === 'textarea') {
    const value = $areaValue(element as HTMLTextAreaElement)
    if (!__LEAN__ && noteCalled(element)) {
      if (isTextShown(element)) echo(id, value)
      return op(Op.secret, id, value ? 1 : 0)
    }
    if (always || value !== $areaDefault(element as HTMLTextAreaElement)) {
      op(Op.value, id, value)
      if (!__LEAN__ && !isShown(element)) {
        remember(-1 - id, value)
        tellForms(element, value)
      }
    }
  } else if (name === 'input') {
    if (isSecret(element as HTMLInputElement)) {
      if (!__LEAN__ && isTextShown(element as HTMLInputElement)) echo(id, $value(element as HTMLInputElement))
      // Null for kinds without a caret: something was typed, that is all that can be known unread.
      const filled = $selectionEnd(element as HTMLInputElement) !== 0 && ($selectionEnd(element as HTMLInputElement) !== null || always)
      op(Op.secret, id, filled && (__LEAN__ || !isSingle(element as HTMLInputElement)) ? 1 : 0)
      return
    }
    const type = $type(element as HTMLInputElement)
    if (type === 'checkbox' || type === 'radio') {
      const state = $indeterminate(element as HTMLInputElement) ? 2 : $checked(element as HTMLInputElement) ? 1 : 0
      if (always || state !== ($defaultChecked(element as HTMLInputElement) ? 1 : 0)) op(Op.checked, id, state)
    } else if (!withoutValue.test(type)) {
      const value = $value(element as HTMLInputElement)
      if (always || value !== $defaultValue(element as HTMLInputElement)) {
        op(Op.value, id, value)
        if (!__LEAN__ && typedText.test(type) && !isShown(element)) {
          remember(-1 - id, value)
          tellForms(element, value)
        }
      }
    }
  } else if (__LEAN__) op(Op.echo, 0, $textContent(element)) // an editor: the page may take it away before the full recorder is there
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
      if (!value) continue
      const isCalled = isSecret(field) || noteCalled(field)
      if (isCalled || !isShown(field)) echo(isCalled ? -1 : 0, value)
      else op(Op.echo, 0, value)
    }
  }
}

/** Likewise of all of a page, over shadow roots and frames, since it is written in slices and what shows a value may come first. */
export const tellAllTyped = (root: Node): void => {
  tellTyped([root])
  const boxes = findBlocked(root)
  for (const host of findAll(root, '*')) {
    const inner = innerOf(host)
    if (inner && !boxes.some((box) => $contains(box, host))) tellAllTyped(inner)
  }
}
const innerOf = (host: Element): Document | ShadowRoot | null | undefined => {
  try {
    return shadowOf(host) ?? (/^i?frame$/.test($localName(host)) ? (host as HTMLIFrameElement).contentDocument : null)
  } catch {
    return null // its realm is gone
  }
}
const activeIn = (root: DocumentOrShadowRoot | null | undefined): Element | null => {
  try {
    const active = root?.activeElement
    return active && $nodeType(active) === 1 ? active : null
  } catch {
    return null // the page has put something else in its place
  }
}
/** Likewise of the field that has the focus: listeners of the page may hear of a key first. */
export const tellFocused = (): void => {
  for (let at = activeIn(document); at && !isInBox(at); at = activeIn(innerOf(at))) tellTyped([at])
}

/** What has the focus, over shadow roots and frames. Only of the full recorder. */
export const focused = (): Element | undefined => {
  let found: Element | undefined
  for (let at = activeIn(document); at; at = activeIn(innerOf(at))) found = at
  return found
}

/** What was typed into a field since it was entered, key by key: it may draw something else. */
let keysOf: Node | undefined
let keys = ''
let composed = ''
/**
 * Hands over what stands in a field at an event of input, and what its keys make: before its value is told the page may
 * have taken it away. Only of the full recorder.
 */
export const noteInput = (field: Element, { inputType, data }: InputEvent): void => {
  const name = $localName(field)
  const isField = name === 'input' || name === 'textarea'
  if (isField && !$matches(field, typedInto) || isInBox(field)) return
  const isCalled = isSecret(field) || noteCalled(field)
  // Where nothing is shown a secret is never read.
  if (isCalled && !isTextShown(field)) return
  const value = isField ? (name === 'input' ? $value(field as HTMLInputElement) : $areaValue(field as HTMLTextAreaElement)) : ''
  const isEditor = (field as HTMLElement).isContentEditable || $ownerDocument(field)?.designMode === 'on'
  if (!isCalled && (isField || isEditor) && isShown(field)) {
    // Of an address that is shown what stands before the @ is not.
    const at = value.indexOf('@')
    if (at > 0) {
      op(Op.echo, 0, value.slice(0, at))
      remember(typedId(field), value.slice(0, at))
    }
    return
  }
  const tellText = (text: string): void => {
    if (text) echo(isCalled ? idOf(field) || -1 : typedId(field), text)
  }
  if (keysOf !== field || keys.length > 99) {
    keysOf = field
    keys = composed = ''
  }
  if (inputType === 'insertCompositionText') composed = data ?? ''
  else {
    keys += composed
    composed = ''
    if (/^insert[TFR]/.test(inputType)) keys += data ?? ''
    else if (inputType === 'deleteContentBackward') keys = keys.slice(0, -1)
    else if (inputType) keys = ''
  }
  // Also where the field is in a closed shadow root.
  if (keys.length + composed.length > 3) tellText(keys + composed)
  tellText(value)
  tellForms(field, isField ? value : ($textContent(field) ?? ''))
  if (!isEditor) return
  const caret = ($getRootNode(field) as Document & { getSelection?(): Selection | null }).getSelection?.()?.anchorNode
  const top = ($textContent(field) ?? '').length < Limit.editedLength ? field : caret
  if (top && !isInBox(top)) eachText(top, (_, text) => tellText(text))
}
/** The texts at and below a node, but for blocked parts. */
const eachText = (top: Node, tell: (node: Node, text: string) => void): void => {
  let left = Limit.editedNodes
  for (let node: Node | null = top; node && left--; ) {
    const text = $nodeType(node) === 3 && $data(node as Text)
    if (text) tell(node, text)
    node = following(node, top, $nodeType(node) === 1 && isBlocked(node as Element))
  }
}
/** Of the first argument of op echo, for what is no secret. */
const typedId = (node: Node): number => (idOf(node) ? -1 - idOf(node) : 0)

/** What was drawn in an editor since its text was last known as one, which may come letter by letter. */
const drawn = new WeakMap<Element, string>()
/** Likewise what changed in editors while changes wait, what has gone from them and what stands in one that ends. */
export const tellEdited = (records: readonly MutationRecord[]): void => {
  for (const { type, target, addedNodes, removedNodes, attributeName, oldValue } of records) {
    const host = type === 'attributes' ? endsEditor.test(attributeName as string) && oldValue !== null && (target as Element) : editorOf(target)
    if (!host || isInBox(host)) continue
    const isCalled = noteCalled(host)
    if (isCalled ? !isTextShown(host) : isShown(host)) continue
    let joined = drawn.get(host) ?? ''
    if (joined.length > Limit.drawnLength) joined = ''
    const tellText = (node: Node, text: string): void => {
      // Shorter ones stand everywhere.
      if (text.length > 3) echo(isCalled ? -1 : typedId(node), text)
    }
    for (const top of removedNodes) eachText(top, tellText)
    for (const top of type === 'childList' ? addedNodes : [target]) {
      eachText(top, (node, text) => {
        tellText(node, text)
        if (type === 'childList') joined += text
      })
    }
    if (joined !== drawn.get(host)) tellText(host, joined)
    drawn.set(host, joined)
  }
}
const endsEditor = /^(contenteditable|role)$/
/** The editor in which a node stands, or the root of a document that is one; null where the node is in no recorded tree. */
const editorOf = (node: Node): Element | null => {
  let host: Element | null = null
  let isKnown = false
  let top: Node = node
  for (let at: Node | null = node; at; at = parentOf(at)) {
    if ($nodeType(at) === 1 && (isNotedTyped(at as Element) || $matches(at as Element, editors))) host ??= at as Element
    if ($nodeType(at) === 9 && (at as Document).designMode === 'on') host ??= (at as Document).documentElement
    isKnown ||= !!idOf(at)
    top = at
  }
  return isKnown || top === document ? host : null
}
const editors = '[contenteditable]:not([contenteditable=false i]),[role~=textbox i],[role~=searchbox i],[role~=combobox i],[role~=spinbutton i]'
/** Only of the full recorder. */
export const isInBox = (node: Node): boolean => {
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
  if (!__LEAN__) wrapOwn(control)
}

let wroteOwn: () => void
/**
 * React gives its inputs an accessor of their own, which calls the setter that it found when they were mounted: of those
 * from before the recorder ours is not among them. All is held weakly, since the page's closures may hold the element.
 */
const ownAccessors = new WeakMap<Element, PropertyDescriptor>()
const wrapOwn = (control: Element): void => {
  const before = Object.getOwnPropertyDescriptor(control, 'value')
  if (!before?.set || !before.configurable || ownAccessors.has(control)) return
  ownAccessors.set(control, before)
  const touched = guard((self: Element) => {
    controlTouched(self)
    wroteOwn()
  })
  const set = function (this: Element, value: unknown): void {
    before.set?.call(this, value)
    if (ownAccessors.has(this)) touched(this)
  }
  Object.defineProperty(control, 'value', { ...before, set })
  const held = new WeakRef(control)
  const heldSet = new WeakRef(set)
  undo.push(() => {
    const element = held.deref()
    const own = element && ownAccessors.get(element)
    if (!own) return
    ownAccessors.delete(element)
    if (Object.getOwnPropertyDescriptor(element, 'value')?.set === heldSet.deref()) Object.defineProperty(element, 'value', own)
  })
}
/** Script set something: told with the next settle. */
export const controlTouched = (control: Element | null): void => {
  if (idOf(control)) waiting.set(control as Element, true)
}
/** The visitor changed it: told at once. */
export const controlChanged = (control: Element): void => tell(control, true)
const changed = new Set<Element>()
/** Likewise, with what is due: of what script does at each key the last is told. Only of the full recorder. */
export const noteChanged = (control: Element): void => void changed.add(control)
export const tellChanged = (): void => {
  const all = [...changed]
  changed.clear()
  all.forEach(controlChanged)
}
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
  if (!__LEAN__) wroteOwn = wrote
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
