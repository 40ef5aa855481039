/**
 * Style that the tree does not say: rules set through the CSSOM, linked sheets (their text, where it
 * may be read), constructed sheets and which root adopts them.
 *
 * Whole sheets are read later, each in a task of its own; what a page changes meanwhile is in them then.
 */
import { guard, wrap } from './guard'
import { type Edit, isTyping, noteEdit, takeEdit } from './late'
import { given } from './lean'
import { $localName, $textContent } from './native'
import { idOf } from './nodes'
import { Op, op, stamp } from './ops'

export interface Styles {
  /** A style or link element was written, or its text or href changed. */
  changed_(owner: Element): void
  /** A document or shadow root is recorded: its adopted sheets are looked at with each settle. */
  root_(root: Document | ShadowRoot): void
  /** A new epoch: everything constructed is told again. */
  begin_(): void
  /** Writes changes of adopted sets; while somebody types they wait. */
  settle_(): void
  /** Wraps what a realm has for changing rules. */
  wrapRealm_(realm: Window & typeof globalThis): void
}

/** Sheets that script changed, for as long as the page keeps them. */
export const byScript = (__LEAN__ ? null : given()?.[4]) ?? new WeakSet<CSSStyleSheet>()

const isElement = (item: CSSStyleSheet | Element): item is Element => !('ownerNode' in item)

export function createStyles(
  later: (job: () => boolean) => void,
  wrote: () => void,
  afterTask: (run: () => void) => void,
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
    if ($localName(element) !== 'style') return false
    const plain = new CSSStyleSheet()
    plain.replaceSync($textContent(element) ?? '')
    return plain.cssRules.length === rules.length
  }

  const readOne = (): boolean => {
    const [item] = queue
    if (!item || !__LEAN__ && isTyping) return (running = false)
    queue.delete(item)
    const sheet = isElement(item) ? (item as HTMLStyleElement).sheet : item
    const owner = ownerOf(sheet)
    if (!sheet || !owner) return true
    let rules: CSSRuleList
    try {
      rules = sheet.cssRules
    } catch {
      return true // A sheet of another origin without CORS may not be read.
    }
    if (isElement(item) && !byScript.has(sheet) && isOwnText(item, rules)) return true
    stamp()
    op(Op.sheet, ...owner, Array.from(rules, (rule) => rule.cssText).join('\n'))
    wrote()
    return true
  }

  const read = (item: CSSStyleSheet | Element): void => {
    queue.add(item)
    // How often script changes one, and when, is what is typed.
    if (running || !__LEAN__ && isTyping) return
    running = true
    later(readOne)
  }
  /** The owner of a sheet that script changed, unless the whole sheet is about to be read anyway. */
  const changed = (sheet: CSSStyleSheet | null, whole: boolean): [owner: number, sheet: number] | null => {
    if (!sheet) return null
    byScript.add(sheet) // it may be told later as one that its element's text makes
    const owner = ownerOf(sheet)
    if (!owner) return null
    const item = owner[0] ? (sheet.ownerNode as Element) : sheet
    if (!whole && !queue.has(item)) return owner
    read(item)
    return null
  }

  return {
    changed_: read,
    root_: (root) => void roots.add(root),
    begin_() {
      told = new WeakSet()
      roots.clear()
      queue.clear()
    },
    settle_() {
      if (!__LEAN__) {
        if (isTyping) return
        const [item] = queue
        if (item) read(item)
      }
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
            op(Op.sheet, 0, sheetId, '')
            read(sheet)
          }
          set.push(sheetId)
        }
        const key = id + ':' + set.join()
        if (adopted.get(root) === key) continue
        adopted.set(root, key)
        op(Op.adopted, id, set.length, ...set)
      }
    },
    wrapRealm_(realm) {
      const change = (name: string, code: Op.ruleInsert | Op.ruleDelete): void =>
        wrap(sheet, name, (self, [first], index) => {
          const rule = String(first)
          if (!__LEAN__) {
            const edit: Edit = { sheet_: self, isInsert_: code === Op.ruleInsert, at_: Number(code === Op.ruleInsert ? index : rule) }
            if (!noteEdit(edit)) return
            return afterTask(() => {
              const owner = takeEdit(edit) && changed(self as CSSStyleSheet, false)
              if (!owner) return
              if (code === Op.ruleInsert) op(code, ...owner, edit.at_, rule)
              else op(code, ...owner, edit.at_)
            })
          }
          afterTask(() => {
            const owner = changed(self as CSSStyleSheet, false)
            if (!owner) return
            if (code === Op.ruleInsert) op(code, ...owner, index as number, rule)
            else op(code, ...owner, Number(rule))
          })
        })
      const whole = (self: unknown): void => void changed(self as CSSStyleSheet, true)
      const inner = (rule: unknown): void => whole((rule as CSSRule).parentStyleSheet)
      const sheet = realm.CSSStyleSheet.prototype
      const group = realm.CSSGroupingRule.prototype
      change('insertRule', Op.ruleInsert)
      change('deleteRule', Op.ruleDelete)
      wrap(sheet, 'replaceSync', whole)
      wrap(sheet, 'replace', (self, _, result) => void (result as Promise<unknown>).then(guard(() => whole(self)), () => {}))
      wrap(group, 'insertRule', inner)
      wrap(group, 'deleteRule', inner)
    },
  }
}
