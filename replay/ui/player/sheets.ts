// Style sheets of the replayed page: the text and the changed rules of style elements, the
// sheets of links (as a style element inside the link, where the cascade wants it), and
// constructed sheets. Rules are given to the browser's own CSSOM, so that an index means
// what it meant when it was recorded.

import * as dom from './dom.ts'

export interface Edit {
  insert: boolean
  index: number
  text: string
}

/** The sheet of a style or link element. */
interface Owned {
  owner: Element
  style: HTMLStyleElement
  edits: Edit[]
  /** The CSSOM sheet that has all edits: the element gets a new one when it moves. */
  done: CSSStyleSheet | null
}

/** A constructed sheet; each document has its own copy, since they cannot be shared. */
interface Constructed {
  text: string
  edits: Edit[]
  copies: Map<Document, CSSStyleSheet>
}

// What differs between a document in which scripts run and one in which they do not. There
// is no rule for all elements: each would make every change of style look at ::before and
// ::after too. The frame is inert, so no caret shows; scrolling asks for 'instant' itself.
const base = `noscript{display:none!important}
afterimage-object{display:inline-block}`

const still = '*,::before,::after{transition:none!important}'

export class StyleSheets {
  private owned = new Map<number, Owned>()
  private constructed = new Map<string, Constructed>()
  private adopted = new Map<Document | ShadowRoot, { id: number; list: number[] }>()
  private bases = new Map<Document, CSSStyleSheet>()
  private stills = new Map<Document, CSSStyleSheet>()
  private resting = false

  constructor(private readonly page: Document) {}

  reset(): void {
    this.owned.clear()
    this.constructed.clear()
    this.adopted.clear()
    this.bases.clear()
    this.stills.clear()
  }

  /** Gives a root the player's own rules. */
  dress(root: Document | ShadowRoot, doc: Document): void {
    this.adopted.set(root, this.adopted.get(root) ?? { id: 0, list: [] })
    this.assign(root, doc)
  }

  /** While resting, transitions jump to their end: after a seek nothing is under way. */
  rest(on: boolean): void {
    this.resting = on
    for (const sheet of this.stills.values()) sheet.disabled = !on
  }

  setText(owner: number, id: number, text: string, element: Element | undefined): void {
    if (!element || !dom.isElement(element) || id !== 0) {
      const key = `${owner}:${id}`
      const sheet: Constructed = { text, edits: [], copies: new Map() }
      const old = this.constructed.get(key)
      this.constructed.set(key, sheet)
      if (old) this.assignAll()
      return
    }
    let entry = this.owned.get(owner)
    if (!entry || entry.owner !== element) {
      const isStyle = dom.localNameOf(element) === 'style'
      const style = isStyle ? (element as HTMLStyleElement) : (dom.createElementNS(this.page, 'http://www.w3.org/1999/xhtml', 'style') as HTMLStyleElement)
      if (!isStyle) dom.appendChild(element, style)
      entry = { owner: element, style, edits: [], done: null }
      this.owned.set(owner, entry)
      this.mirror(element)
    }
    dom.setTextContent(entry.style, text)
    entry.edits = []
    entry.done = entry.style.sheet
  }

  edit(owner: number, id: number, edit: Edit): void {
    const entry = id === 0 ? this.owned.get(owner) : undefined
    if (entry) {
      entry.edits.push(edit)
      if (entry.style.sheet && entry.done === entry.style.sheet) applyEdit(entry.done, edit)
      return
    }
    const sheet = this.constructed.get(`${owner}:${id}`)
    if (!sheet) return
    sheet.edits.push(edit)
    for (const copy of sheet.copies.values()) applyEdit(copy, edit)
  }

  adopt(id: number, root: Document | ShadowRoot, list: number[]): void {
    this.adopted.set(root, { id, list })
    this.assign(root, this.documentOf(root))
  }

  forget(owner: number): void {
    this.owned.delete(owner)
  }

  /** A link's style element follows the link's media and disabled attributes. */
  mirror(element: Element): void {
    for (const entry of this.owned.values()) {
      if (entry.owner !== element || entry.style === element) continue
      dom.setAttribute(entry.style, 'media', dom.hasAttribute(element, 'disabled') ? 'not all' : dom.getAttribute(element, 'media') ?? '')
    }
  }

  /** Gives moved style elements back the rules that only their old sheet had. */
  settle(): void {
    for (const entry of this.owned.values()) {
      if (entry.edits.length === 0 || !entry.style.sheet || entry.style.sheet === entry.done) continue
      entry.done = entry.style.sheet
      for (const edit of entry.edits) applyEdit(entry.done, edit)
    }
  }

  private documentOf(root: Document | ShadowRoot): Document {
    return dom.isDocument(root) ? root : dom.ownerOf(root) ?? this.page
  }

  private assignAll(): void {
    for (const root of this.adopted.keys()) this.assign(root, this.documentOf(root))
  }

  private assign(root: Document | ShadowRoot, doc: Document): void {
    const entry = this.adopted.get(root)
    const list: CSSStyleSheet[] = []
    const add = (sheet: CSSStyleSheet | undefined) => sheet && list.push(sheet)
    add(this.own(this.bases, doc, base))
    for (const id of entry?.list ?? []) {
      const sheet = this.constructed.get(`${entry?.id}:${id}`) ?? this.constructed.get(`0:${id}`)
      if (sheet) add(this.copy(sheet, doc))
    }
    const quiet = this.own(this.stills, doc, still)
    if (quiet) quiet.disabled = !this.resting
    add(quiet)
    root.adoptedStyleSheets = list
  }

  private own(map: Map<Document, CSSStyleSheet>, doc: Document, text: string): CSSStyleSheet | undefined {
    let sheet = map.get(doc)
    if (!sheet) {
      sheet = construct(doc, text)
      if (sheet) map.set(doc, sheet)
    }
    return sheet
  }

  private copy(sheet: Constructed, doc: Document): CSSStyleSheet | undefined {
    let copy = sheet.copies.get(doc)
    if (!copy) {
      copy = construct(doc, sheet.text)
      if (!copy) return undefined
      for (const edit of sheet.edits) applyEdit(copy, edit)
      sheet.copies.set(doc, copy)
    }
    return copy
  }
}

function construct(doc: Document, text: string): CSSStyleSheet | undefined {
  const view = dom.windowOf(doc)
  if (!view) return undefined
  const sheet = new view.CSSStyleSheet()
  sheet.replaceSync(text)
  return sheet
}

function applyEdit(sheet: CSSStyleSheet, edit: Edit): void {
  try {
    if (edit.insert) sheet.insertRule(edit.text, Math.min(edit.index, sheet.cssRules.length))
    else if (edit.index < sheet.cssRules.length) sheet.deleteRule(edit.index)
  } catch {
    // A rule that this browser does not know: it keeps its place, so that later indexes fit.
    if (edit.insert) sheet.insertRule('afterimage-unknown{}', Math.min(edit.index, sheet.cssRules.length))
  }
}
