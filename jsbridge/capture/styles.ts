/**
 * Style that the tree does not say: rules set through the CSSOM, linked sheets (their text, where it
 * may be read), constructed sheets and which root adopts them.
 *
 * Whole sheets are read in a later slice; what a page changes meanwhile is in them then.
 */
import { wrap } from './guard'
import { $data, $firstChild, $localName, $nextSibling, $nodeType } from './native'
import { idOf, type Nodes } from './nodes'
import { Op, type OpWriter } from './ops'

/** One slice of reading rules, ms. */
const sliceMs = 5

export interface Styles {
  /** A style or link element was written, or its text or href changed. */
  changed(owner: Element): void
  /** A document or shadow root is recorded: its adopted sheets are looked at with each settle. */
  root(root: Document | ShadowRoot): void
  /** A new epoch: everything constructed is told again. */
  begin(): void
  /** Writes changes of adopted sets. */
  settle(): void
  /** Wraps what a realm has for changing rules; answers what undoes it. */
  wrapRealm(realm: Window & typeof globalThis): (() => void)[]
}

const isElement = (item: CSSStyleSheet | Element): item is Element => !('ownerNode' in item)

export function createStyles(
  nodes: Nodes,
  out: OpWriter,
  guarded: <A extends readonly unknown[]>(run: (...args: A) => void) => (...args: A) => void,
  later: (job: () => boolean) => void,
  wrote: () => void,
): Styles {
  const roots = new Set<Document | ShadowRoot>()
  const sheetIds = new WeakMap<CSSStyleSheet, number>()
  const adopted = new WeakMap<Node, string>()
  let told = new WeakSet<CSSStyleSheet>()
  let sheets = 0
  const queue = new Set<CSSStyleSheet | Element>()
  let running = false

  const ownerOf = (sheet: CSSStyleSheet | null): [owner: number, sheet: number] | null => {
    if (!sheet) return null
    const constructed = sheetIds.get(sheet)
    if (constructed) return told.has(sheet) ? [0, constructed] : null
    const owner = idOf(sheet.ownerNode as Node | null)
    return owner ? [owner, 0] : null
  }

  /** Whether the sheet is what the element's own text makes. */
  const isOwnText = (element: Element, rules: CSSRuleList): boolean => {
    if ($localName.call(element) !== 'style') return false
    let text = ''
    for (let node: Node | null = $firstChild.call(element); node; node = $nextSibling.call(node)) {
      if ($nodeType.call(node) === 3) text += $data.call(node as CharacterData)
    }
    if (!text.trim()) return !rules.length
    const plain = new CSSStyleSheet()
    plain.replaceSync(text)
    return plain.cssRules.length === rules.length
  }

  const changedByScript = new WeakSet<CSSStyleSheet>()
  let reading: { item: CSSStyleSheet | Element; sheet: CSSStyleSheet; texts: string[] } | null = null

  const readSlice = (): boolean => {
    const end = performance.now() + sliceMs
    while (performance.now() < end) {
      if (!reading) {
        const item = queue.values().next().value
        if (!item) {
          running = false
          return false
        }
        queue.delete(item)
        const sheet = isElement(item) ? (item as HTMLStyleElement).sheet : item
        if (!sheet || !ownerOf(sheet)) continue
        let rules: CSSRuleList
        try {
          rules = sheet.cssRules
        } catch {
          continue // A sheet of another origin without CORS may not be read.
        }
        if (isElement(item) && !changedByScript.has(sheet) && isOwnText(item, rules)) continue
        reading = { item, sheet, texts: [] }
      }
      const { item, sheet, texts } = reading
      // Asked for again while it was read: from the start.
      if (queue.has(item)) {
        reading = null
        continue
      }
      const rules = sheet.cssRules
      while (texts.length < rules.length && performance.now() < end) texts.push((rules[texts.length] as CSSRule).cssText)
      if (texts.length < rules.length) break
      reading = null
      const owner = ownerOf(sheet)
      if (owner) {
        out.op(Op.sheet, owner[0], owner[1], texts.join('\n'))
        wrote()
      }
    }
    return true
  }

  const read = (item: CSSStyleSheet | Element): void => {
    queue.add(item)
    if (running) return
    running = true
    later(readSlice)
  }
  const again = (sheet: CSSStyleSheet | null): void => {
    const owner = ownerOf(sheet)
    if (!sheet || !owner) return
    changedByScript.add(sheet)
    read(owner[0] ? (sheet.ownerNode as Element) : sheet)
  }

  return {
    changed: read,
    root: (root) => void roots.add(root),
    begin() {
      told = new WeakSet()
      roots.clear()
      queue.clear()
      reading = null
    },
    settle() {
      for (const root of roots) {
        const id = idOf(root)
        if (!id) {
          roots.delete(root)
          continue
        }
        const list = root.adoptedStyleSheets
        if (!list?.length && !adopted.has(root)) continue
        const set: number[] = []
        for (const sheet of list) {
          let sheetId = sheetIds.get(sheet)
          if (!sheetId) sheetIds.set(sheet, (sheetId = ++sheets))
          if (!told.has(sheet)) {
            told.add(sheet)
            // An empty one first, so that the set can be told now; its rules follow.
            out.op(Op.sheet, 0, sheetId, '')
            read(sheet)
          }
          set.push(sheetId)
        }
        const key = id + ':' + set.join()
        if (adopted.get(root) === key) continue
        adopted.set(root, key)
        out.op(Op.adopted, id, set.length, ...set)
      }
    },
    wrapRealm(realm) {
      const change = (code: Op.ruleInsert | Op.ruleDelete) =>
        guarded((sheet: unknown, args: readonly unknown[], result: unknown) => {
          const owner = ownerOf(sheet as CSSStyleSheet)
          if (!owner) return
          changedByScript.add(sheet as CSSStyleSheet)
          const item = owner[0] ? ((sheet as CSSStyleSheet).ownerNode as Element) : (sheet as CSSStyleSheet)
          // The whole sheet is about to be read anyway.
          if (queue.has(item) || reading?.item === item) return read(item)
          if (code === Op.ruleInsert) out.op(code, owner[0], owner[1], result as number, String(args[0]))
          else out.op(code, owner[0], owner[1], Number(args[0]))
          wrote()
        })
      const sheet = realm.CSSStyleSheet?.prototype
      const group = realm.CSSGroupingRule?.prototype
      const whole = guarded((self: unknown) => again(self as CSSStyleSheet))
      const replaced = guarded((self: unknown, _: unknown, result: unknown) => {
        void (result as Promise<unknown>).then(guarded(() => again(self as CSSStyleSheet)), () => {})
      })
      const inner = guarded((rule: unknown) => again((rule as CSSRule).parentStyleSheet))
      return [
        wrap(sheet, 'insertRule', 'value', change(Op.ruleInsert)),
        wrap(sheet, 'deleteRule', 'value', change(Op.ruleDelete)),
        wrap(sheet, 'replaceSync', 'value', whole),
        wrap(sheet, 'replace', 'value', replaced),
        wrap(group, 'insertRule', 'value', inner),
        wrap(group, 'deleteRule', 'value', inner),
      ]
    },
  }
}
