// The reconciler: applies patches (wasm/view/PATCH.md) to the replayed document. It never
// reads the recorded document to decide anything, and calls no method on a recorded node
// but through dom.ts. A patch that the browser refuses is counted and left out.

import type { Patches } from './core.ts'
import * as dom from './dom.ts'
import { StyleSheets } from './sheets.ts'

/** Patch numbers of wasm/view/patch.go. */
const enum P {
  Reset = 1, Element, Text, Comment, Shadow, Frame, Drop, Detach, Insert, Attr, AttrRemoved, SetText, Box, Value,
  Checked, Selected, Scroll, CSS, Rule, Adopted, Dialog,
  Viewport = 32, URL, Pointer, Focus, Page, Visual, Touches, Activity, Hidden, Empty,
}

const namespaces = ['http://www.w3.org/1999/xhtml', 'http://www.w3.org/2000/svg', 'http://www.w3.org/1998/Math/MathML', 'http://www.w3.org/1999/xhtml']
const xlink = 'http://www.w3.org/1999/xlink'

/** Elements that may hold another document. */
const loading = /^(iframe|frame|object|embed|fencedframe|portal)$/i

/** What is shown around the document: everything that is not in the tree. */
export interface Surroundings {
  width: number
  height: number
  pixelRatio: number
  url: string
  page: number
  /** The page was not visible. */
  hidden: boolean
  /** The visitor had left the page. */
  left: boolean
  empty: boolean
  pointer: { x: number; y: number } | undefined
  touches: { x: number; y: number }[]
  /** Pinch zoom: scale, and the offset of the visual viewport in the layout viewport. */
  visual: { scale: number; left: number; top: number }
  focus: number
  /** Field that is being typed into, with the keys so far; 0: none. */
  typing: { id: number; keys: number }
}

/** A document of a frame inside the page. Its nodes wait in `holder` while it has none. */
interface FrameDocument {
  element: HTMLIFrameElement
  holder: Document | DocumentFragment
  document: Document | undefined
  quirks: boolean
}

interface Box {
  width: number
  height: number
  blocked: boolean
}

export interface Reconciler {
  /** jump: the step is wide, so that transitions must not run. */
  apply(patches: Patches, jump: boolean): void
  readonly around: Surroundings
  /** Recorded id of what was shown to be typed into, focused, clicked: its element. */
  element(id: number): Element | undefined
  readonly failures: number
}

/** `page` is the blank document that the recorded one is built in; `assetUrl` is what shows an asset, where it is here. */
export function reconcile(page: Document, assetUrl: (index: number) => string | undefined): Reconciler {
  let nodes = new Map<number, Node>()
  let frames = new Map<number, FrameDocument>()
  let boxes = new Map<number, Box>()
  let scrolls = new Map<number, [number, number]>()
  /** Fields shown as text (showValue), and how they become what they were. */
  let masks = new Map<number, (restoreType: boolean) => void>()
  const sheets = new StyleSheets(page)
  let framesStale = false
  let layoutStale = false
  let failures = 0
  let hovered: Element[] = []
  let focused: Element[] = []
  const around: Surroundings = {
    width: 0, height: 0, pixelRatio: 1, url: '', page: 0, hidden: false, left: false, empty: true, pointer: undefined, touches: [],
    visual: { scale: 1, left: 0, top: 0 }, focus: 0, typing: { id: 0, keys: 0 },
  }

  const container = (id: number): Node | undefined => {
    if (id === 1) return page
    const frame = frames.get(id)
    return frame ? frame.document ?? frame.holder : nodes.get(id)
  }

  function reset(quirks: boolean): void {
    blank(page, quirks)
    nodes = new Map()
    frames = new Map()
    boxes = new Map()
    scrolls = new Map()
    masks = new Map()
    hovered = []
    focused = []
    sheets.reset()
    sheets.dress(page, page)
    around.empty = false
    layoutStale = true
  }

  function element(id: number, ns: number, name: string): Element {
    const made = dom.createElementNS(page, namespaces[ns] ?? namespaces[0]!, name)
    if (loading.test(dom.localNameOf(made))) { // by what was made: several namespaces are XHTML here
      dom.setAttribute(made, 'sandbox', 'allow-same-origin')
      dom.setAttribute(made, 'tabindex', '-1')
    }
    nodes.set(id, made)
    return made
  }

  /** Names of assets in rules become what shows them, or nothing. */
  const withAssets = (text: string): string =>
    text.includes('"afterimage-asset:') ? text.replace(/"afterimage-asset:(\d{1,6})"/g, (_, n: string) => `"${assetUrl(Number(n)) ?? 'data:,'}"`) : text

  function setAttr(id: number, node: Element, name: string, value: string): void {
    if (name === 'srcset') {
      const kept = value.split(', ').map((candidate) => candidate.replace(/^afterimage-asset:(\d{1,6})/, (_, n: string) => assetUrl(Number(n)) ?? ''))
      value = kept.filter((candidate) => candidate.startsWith('blob:')).join(', ')
      if (!value) return dom.removeAttribute(node, name)
    }
    const asset = /^afterimage-asset:(\d{1,6})$/.exec(value)
    if (asset) {
      value = assetUrl(Number(asset[1])) ?? ''
      if (!value) {
        dom.removeAttribute(node, name)
        if (boxes.has(id)) dress(id) // shows as a box
        return
      }
    } else value = withAssets(value)
    if (name === 'xlink:href') dom.setAttributeNS(node, xlink, name, value)
    else dom.setAttribute(node, name, value)
    if (name === 'style' && boxes.has(id)) dress(id)
    if (name === 'media' || name === 'disabled') sheets.mirror(node)
    if (name === 'type') masks.get(id)?.(false)
  }

  /** No shadow root comes off again: the host shows its children through a slot. */
  function unroot(root: ShadowRoot): void {
    for (let child = dom.firstChildOf(root); child; child = dom.firstChildOf(root)) dom.detach(child)
    sheets.adopt(0, root, [])
    dom.appendChild(root, dom.createElementNS(page, namespaces[0]!, 'slot'))
  }

  /**
   * Fields of numbers and dates refuse a masked value and would look empty: they become
   * fields of text that look as before, until the value fits again.
   */
  function showValue(id: number, control: HTMLInputElement, value: string): void {
    masks.get(id)?.(true)
    setInputValue(control, value)
    if (!value.includes('•') || inputValueOf(control) === value) return
    const type = dom.getAttribute(control, 'type') ?? ''
    const undress = asText(control)
    setInputValue(control, value)
    masks.set(id, (restoreType) => {
      masks.delete(id)
      undress()
      if (restoreType) dom.setAttribute(control, 'type', type)
    })
  }

  /** Gives a replaced or blocked element the size it had. */
  function dress(id: number): void {
    const box = boxes.get(id)
    const node = nodes.get(id) as Element | undefined
    const style = node && dom.styleOf(node)
    if (!node || !style) return
    if (!box) {
      for (const name of ['width', 'height', 'box-sizing', 'min-width', 'min-height', 'background']) style.removeProperty(name)
      return
    }
    const name = dom.localNameOf(node)
    style.setProperty('width', `${box.width}px`, 'important')
    style.setProperty('height', `${box.height}px`, 'important')
    style.setProperty('box-sizing', 'border-box', 'important')
    if (name === 'canvas' || box.blocked || name.startsWith('afterimage-')) {
      // Without scripts a canvas is laid out as inline text; a blocked element has lost
      // what gave it its size.
      const view = dom.windowOf(dom.ownerOf(node) ?? page)
      if (view?.getComputedStyle(node).display === 'inline') style.setProperty('display', 'inline-block', 'important')
    }
    if (box.blocked) {
      style.setProperty('min-width', '0', 'important')
      style.setProperty('min-height', '0', 'important')
      style.setProperty('background', 'repeating-linear-gradient(135deg,#8884 0 6px,#8882 6px 12px)', 'important')
    } else if ((name === 'img' || name === 'image') && !dom.hasAttribute(node, 'src') && !dom.hasAttribute(node, 'srcset')) {
      dom.setAttribute(node, 'src', placeholder(box))
    } else if (name === 'canvas' || name === 'video' || name === 'iframe' || name === 'afterimage-object') {
      if (name !== 'iframe' || ![...frames.values()].some((f) => f.element === node)) {
        style.setProperty('background', '#8883', 'important')
      }
    }
  }

  /** Gives framed documents whose element has come into a document a blank one to live in. */
  function syncFrames(): void {
    framesStale = false
    for (const frame of frames.values()) {
      if (!dom.isConnected(frame.element)) continue
      const now = dom.frameDocumentOf(frame.element)
      if (!now || now === frame.document) continue
      const from = frame.document ?? frame.holder
      blank(now, frame.quirks)
      for (let child = dom.firstChildOf(from); child; child = dom.firstChildOf(from)) {
        if (dom.nodeTypeOf(child) === Node.DOCUMENT_TYPE_NODE) dom.detach(child) // blank has made one
        else dom.appendChild(now, child)
      }
      frame.document = now
      sheets.dress(now, now)
    }
  }

  function one(op: number, a: Int32Array, at: number, end: number, s: () => string): void {
    const id = a[at]!
    switch (op) {
      case P.Reset:
        reset(id === 1)
        return
      case P.Element: {
        const node = element(id, a[at + 2]!, s())
        const count = a[at + 4]!
        for (let i = 0; i < count; i++) {
          const name = s()
          const value = s()
          attempt(() => setAttr(id, node, name, value))
        }
        const parent = a[at + 1]! && container(a[at + 1]!)
        if (parent) dom.appendChild(parent, node)
        return
      }
      case P.Text: {
        const node = dom.createText(page, s())
        nodes.set(id, node)
        const parent = a[at + 1]! && container(a[at + 1]!)
        if (parent) dom.appendChild(parent, node)
        return
      }
      case P.Comment: {
        const node = dom.createComment(page)
        nodes.set(id, node)
        const parent = a[at + 1]! && container(a[at + 1]!)
        if (parent) dom.appendChild(parent, node)
        return
      }
      case P.Shadow: {
        const host = nodes.get(id) as Element | undefined
        if (!host) return
        const root = dom.shadowOf(host) ?? dom.attachShadow(host)
        for (let child = dom.firstChildOf(root); child; child = dom.firstChildOf(root)) dom.detach(child)
        nodes.set(a[at + 1]!, root)
        sheets.dress(root, page)
        return
      }
      case P.Frame: {
        const host = nodes.get(id) as HTMLIFrameElement | undefined
        if (!host) return
        frames.set(a[at + 1]!, { element: host, holder: dom.createFragment(page), document: undefined, quirks: a[at + 2] === 1 })
        framesStale = true
        return
      }
      case P.Drop: {
        const node = nodes.get(id)
        if (node && a[at + 1]) {
          if (dom.isShadowRoot(node)) unroot(node)
          else dom.detach(node)
        }
        const gone = a[at + 1] ? frames.get(id)?.document : undefined
        if (gone) attempt(() => blank(gone, false))
        masks.delete(id)
        nodes.delete(id)
        frames.delete(id)
        boxes.delete(id)
        scrolls.delete(id)
        sheets.forget(id)
        return
      }
      case P.Detach: {
        const node = nodes.get(id)
        if (node) dom.detach(node)
        return
      }
      case P.Insert: {
        const node = nodes.get(id)
        const parent = container(a[at + 1]!)
        if (!node) return
        if (!parent) {
          dom.detach(node)
          return
        }
        const next = a[at + 2]! && nodes.get(a[at + 2]!)
        dom.insertBefore(parent, node, next && dom.parentOf(next) === parent ? next : null)
        framesStale = true
        layoutStale = true
        return
      }
      case P.Attr: {
        const name = s()
        const value = s()
        const node = nodes.get(id) as Element | undefined
        if (node) setAttr(id, node, name, value)
        layoutStale = true
        return
      }
      case P.AttrRemoved: {
        const name = s()
        const node = nodes.get(id) as Element | undefined
        if (!node) return
        dom.removeAttribute(node, name)
        if (name === 'style' && boxes.has(id)) dress(id)
        if (name === 'media' || name === 'disabled') sheets.mirror(node)
        if (name === 'type') masks.get(id)?.(false)
        layoutStale = true
        return
      }
      case P.SetText: {
        const data = s()
        const node = nodes.get(id) as CharacterData | undefined
        if (node) dom.setData(node, data)
        layoutStale = true
        return
      }
      default:
        if (framesStale) syncFrames()
        if (op < P.Viewport) state(op, id, a, at, end, s)
        else surrounding(op, a, at, end, s)
    }
  }

  function state(op: number, id: number, a: Int32Array, at: number, end: number, s: () => string): void {
    switch (op) {
      case P.Box:
        if (a[at + 3]! < 0) boxes.delete(id)
        else boxes.set(id, { width: a[at + 1]!, height: a[at + 2]!, blocked: a[at + 3] === 1 })
        dress(id)
        layoutStale = true
        return
      case P.CSS:
        sheets.setText(id, a[at + 1]!, withAssets(s()), nodes.get(id) as Element | undefined)
        layoutStale = true
        return
      case P.Rule:
        sheets.edit(id, a[at + 1]!, { insert: a[at + 2] === 1, index: a[at + 3]!, text: withAssets(s()) })
        layoutStale = true
        return
      case P.Adopted: {
        const root = container(id)
        if (root) sheets.adopt(id, root as Document | ShadowRoot, [...a.subarray(at + 1, end)])
        layoutStale = true
        return
      }
      case P.Scroll:
        if (a[at + 1] === 0 && a[at + 2] === 0) scrolls.delete(id)
        else scrolls.set(id, [a[at + 1]!, a[at + 2]!])
        scrollNow(id, a[at + 1]!, a[at + 2]!)
        return
    }
    const text = op === P.Value ? s() : ''
    const node = nodes.get(id)
    if (!node) return
    switch (op) {
      case P.Value: {
        const control = node as HTMLInputElement
        if (dom.localNameOf(control) === 'textarea') setTextareaValue(node as HTMLTextAreaElement, a[at + 1] ? text : textareaDefault(node as HTMLTextAreaElement))
        else if (dom.localNameOf(control) === 'input') showValue(id, control, a[at + 1] ? text : dom.getAttribute(control, 'value') ?? '')
        return
      }
      case P.Checked: {
        const control = node as HTMLInputElement
        const value = a[at + 1]!
        setChecked(control, value < 0 ? dom.hasAttribute(control, 'checked') : value === 1)
        setIndeterminate(control, value === 2)
        return
      }
      case P.Selected: {
        const options = optionsOf(node as HTMLSelectElement)
        const chosen = new Set(a.subarray(at + 2, end))
        for (let i = 0; i < options.length; i++) {
          const option = options[i]!
          setSelected(option, a[at + 1] ? chosen.has(i) : dom.hasAttribute(option, 'selected'))
        }
        return
      }
      case P.Dialog:
        showDialog(node as HTMLElement, a[at + 1]!)
        layoutStale = true
        return
    }
  }

  function surrounding(op: number, a: Int32Array, at: number, end: number, s: () => string): void {
    switch (op) {
      case P.Viewport:
        around.width = a[at]!
        around.height = a[at + 1]!
        around.pixelRatio = a[at + 2]! / 1000
        resized()
        return
      case P.URL:
        around.url = s()
        return
      case P.Pointer:
        around.pointer = a[at] ? { x: a[at + 1]!, y: a[at + 2]! } : undefined
        return
      case P.Focus:
        around.focus = a[at]!
        return
      case P.Page:
        around.page = a[at]!
        return
      case P.Visual:
        around.visual = { scale: (a[at]! || 1000) / 1000, left: a[at + 1]!, top: a[at + 2]! }
        return
      case P.Touches:
        around.touches = []
        for (let i = at; i + 1 < end; i += 2) around.touches.push({ x: a[i]!, y: a[i + 1]! })
        return
      case P.Activity:
        around.typing = { id: a[at]!, keys: a[at + 1]! }
        return
      case P.Hidden:
        around.hidden = a[at] === 1
        around.left = a[at] === 2
        return
      case P.Empty:
        blank(page, false)
        nodes.clear()
        frames.clear()
        around.empty = true
        return
    }
  }

  let resized = () => {}

  function scrollNow(id: number, x: number, y: number): void {
    const target = id === 1 ? dom.scrollerOf(page) : frames.has(id) ? scrollerOfFrame(id) : (nodes.get(id) as Element | undefined)
    if (target && (Math.abs(dom.scrollLeftOf(target) - x) >= 1 || Math.abs(dom.scrollTopOf(target) - y) >= 1)) {
      dom.scrollTo(target, x, y)
    }
  }

  function scrollerOfFrame(id: number): Element | null {
    const doc = frames.get(id)?.document
    return doc ? dom.scrollerOf(doc) : null
  }

  function attempt(f: () => unknown): void {
    try {
      f()
    } catch {
      failures++
    }
  }

  /** Marks what the pointer is over and what has the focus, for the rewritten CSS. */
  function marks(): void {
    const over: Element[] = []
    if (around.pointer && !around.hidden) {
      let hit = dom.elementFromPoint(page, around.pointer.x, around.pointer.y)
      for (let inner = hit && dom.shadowOf(hit); hit && inner; inner = hit && dom.shadowOf(hit)) {
        const deeper = dom.elementFromPoint(inner, around.pointer.x, around.pointer.y)
        if (!deeper || deeper === hit) break
        hit = deeper
      }
      climb(hit, over)
    }
    hovered = swap(hovered, over, 'data-afterimage-hover', () => '')
    const node = nodes.get(around.focus) as Element | undefined
    const within: Element[] = []
    climb(node ?? null, within)
    focused = swap(focused, within, 'data-afterimage-focus-within', () => '')
    if (node !== focusMark) {
      if (focusMark) dom.removeAttribute(focusMark, 'data-afterimage-focus')
      if (node) dom.setAttribute(node, 'data-afterimage-focus', takesText(node) ? 'visible' : '')
      focusMark = node
    }
  }
  let focusMark: Element | undefined

  return {
    around,
    element: (id) => nodes.get(id) as Element | undefined,
    get failures() {
      return failures
    },
    apply({ ints, text }, jump) {
      sheets.rest(jump)
      let cursor = 0
      let lengths = 0
      for (let at = 0; at < ints.length; ) {
        const op = ints[at]! & 0xff
        const end = at + (ints[at]! >>> 8)
        lengths = stringsAt(op, at + 1)
        const s = () => {
          const n = ints[lengths]!
          const value = text.slice(cursor, cursor + n)
          cursor += n
          lengths++
          if (op === P.Element && lengths === at + 5) lengths++ // the count of attributes
          return value
        }
        const before = cursor
        try {
          one(op, ints, at + 1, end, s)
        } catch {
          failures++
          cursor = before
          for (let i = stringsAt(op, at + 1); i < end; i++) {
            if (op === P.Element && i === at + 5) continue
            cursor += ints[i]!
          }
        }
        at = end
      }
      attempt(() => framesStale && syncFrames())
      attempt(() => sheets.settle())
      if (layoutStale) {
        layoutStale = false
        for (const [id, [x, y]] of scrolls) attempt(() => scrollNow(id, x, y))
      }
      attempt(marks)
    },
  }
}

/** Index of the first string length of a patch; past the end for those without strings. */
function stringsAt(op: number, args: number): number {
  switch (op) {
    case P.Element:
      return args + 3
    case P.Text:
    case P.Attr:
    case P.AttrRemoved:
    case P.SetText:
      return args + (op === P.Text ? 2 : 1)
    case P.Value:
    case P.CSS:
      return args + 2
    case P.Rule:
      return args + 4
    case P.URL:
      return args
    default:
      return Number.MAX_SAFE_INTEGER
  }
}

const openDocument = Document.prototype.open as (this: Document) => Document

/** Empties a document and sets its mode. `open` keeps the document's policy and sandbox. */
function blank(doc: Document, quirks: boolean): void {
  openDocument.call(doc)
  Document.prototype.write.call(doc, quirks ? '<html>' : '<!doctype html>')
  Document.prototype.close.call(doc)
  const root = dom.rootElementOf(doc)
  if (root) dom.detach(root)
}

function climb(from: Element | null, list: Element[]): void {
  for (let node: Node | null = from; node; ) {
    if (dom.isShadowRoot(node)) {
      node = dom.hostOf(node)
      continue
    }
    if (!dom.isElement(node)) return
    list.push(node)
    node = dom.parentOf(node)
  }
}

function swap(old: Element[], now: Element[], name: string, value: (element: Element) => string): Element[] {
  const keep = new Set(now)
  for (const element of old) if (!keep.has(element)) dom.removeAttribute(element, name)
  for (const element of now) if (!dom.hasAttribute(element, name)) dom.setAttribute(element, name, value(element))
  return now
}

function takesText(element: Element): boolean {
  const name = dom.localNameOf(element)
  return name === 'textarea' || name === 'select' || (name === 'input' && !/^(button|submit|reset|checkbox|radio|file|image|range|color)$/i.test(dom.getAttribute(element, 'type') ?? '')) || dom.hasAttribute(element, 'contenteditable')
}

function placeholder(box: Box): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${box.width} ${box.height}" width="${box.width}" height="${box.height}"><rect width="100%" height="100%" fill="#888" fill-opacity=".22"/></svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}

const property = <T extends object, V>(prototype: T, name: keyof T & string) =>
  Object.getOwnPropertyDescriptor(prototype, name)!.set as unknown as (this: T, value: V) => void // all browsers have these

const inputValue = property<HTMLInputElement, string>(HTMLInputElement.prototype, 'value')
const inputChecked = property<HTMLInputElement, boolean>(HTMLInputElement.prototype, 'checked')
const inputIndeterminate = property<HTMLInputElement, boolean>(HTMLInputElement.prototype, 'indeterminate')
const textareaValue = property<HTMLTextAreaElement, string>(HTMLTextAreaElement.prototype, 'value')
const optionSelected = property<HTMLOptionElement, boolean>(HTMLOptionElement.prototype, 'selected')
const selectOptions = Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'options')!.get as (this: HTMLSelectElement) => HTMLOptionsCollection
const textareaDefaultOf = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'defaultValue')!.get as (this: HTMLTextAreaElement) => string

const inputValueGetter = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!.get as (this: HTMLInputElement) => string

const inputValueOf = (control: HTMLInputElement) => inputValueGetter.call(control)
const setInputValue = (control: HTMLInputElement, value: string) => inputValue.call(control, value)
const setChecked = (control: HTMLInputElement, value: boolean) => inputChecked.call(control, value)
const setIndeterminate = (control: HTMLInputElement, value: boolean) => inputIndeterminate.call(control, value)
const setTextareaValue = (control: HTMLTextAreaElement, value: string) => textareaValue.call(control, value)
const textareaDefault = (control: HTMLTextAreaElement) => textareaDefaultOf.call(control)
const setSelected = (option: HTMLOptionElement, value: boolean) => optionSelected.call(option, value)
const optionsOf = (select: HTMLSelectElement) => [...selectOptions.call(select)]

/** What pages tend to style by a field's type. */
const fieldLook = [
  'display', 'width', 'height', 'margin-top', 'margin-right', 'margin-bottom', 'margin-left', 'padding-top', 'padding-right', 'padding-bottom', 'padding-left',
  'border-top-width', 'border-right-width', 'border-bottom-width', 'border-left-width', 'border-top-style', 'border-top-color', 'border-top-left-radius',
  'background-color', 'color', 'font-family', 'font-size', 'font-weight', 'text-align', 'box-shadow',
]

/** Makes a field one of text and keeps its look; the answer takes the look off again. */
function asText(control: HTMLInputElement): () => void {
  const view = dom.windowOf(dom.ownerOf(control) ?? document)
  const style = dom.styleOf(control)
  if (!view || !style) return () => {}
  const look = view.getComputedStyle(control)
  const before = fieldLook.map((name) => look.getPropertyValue(name))
  dom.setAttribute(control, 'type', 'text')
  const changed = fieldLook.flatMap((name, i) => (look.getPropertyValue(name) === before[i] ? [] : [[name, before[i] ?? ''] as const]))
  for (const [name, value] of changed) style.setProperty(name, value, 'important')
  return () => changed.forEach(([name]) => style.removeProperty(name))
}

function showDialog(node: HTMLElement, state: number): void {
  const isDialog = dom.localNameOf(node) === 'dialog'
  if (state === 0) {
    if (isDialog) HTMLDialogElement.prototype.close.call(node)
    else if (dom.hasAttribute(node, 'popover')) HTMLElement.prototype.hidePopover.call(node)
    return
  }
  if (state === 1 && isDialog) {
    const open = dom.hasAttribute(node, 'open')
    if (open) dom.removeAttribute(node, 'open')
    HTMLDialogElement.prototype.showModal.call(node)
    return
  }
  if (state === 2) {
    if (!dom.hasAttribute(node, 'popover')) dom.setAttribute(node, 'popover', 'manual')
    HTMLElement.prototype.showPopover.call(node)
  }
}
