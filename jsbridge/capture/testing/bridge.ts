/**
 * Test page of the bridge: starts a recorder without worker, keeps what it posts, writes the page's
 * tree in the form in which the tests write the decoded one, and runs random programs on the page.
 */
import { Op } from '../ops'
import type { Recorder, RecorderOptions } from '../interface'
import { createRecorder } from '../recorder'
import { selectorsOf } from '../../more/options'
import type { Options } from '../../api/options'
import type { Batch } from '../../messages'

/** Text of a batch as UTF-16 code units, since JSON would not carry lone surrogates. */
interface Posted {
  readonly type: string
  readonly ints: number[]
  readonly text: string
}

const posted: Posted[] = []
const failures: string[] = []
/** What was written beside the page's ops and is not applied yet, bytes. */
let owed = 0
let filling = false
let recorder: Recorder | undefined

const units = (text: string): string => {
  let out = ''
  for (let i = 0; i < text.length; i++) out += text.charCodeAt(i).toString(16).padStart(4, '0')
  return out
}

/** What a test sets, under names that the build leaves alone. */
interface Extra {
  readonly level?: 0 | 1
  readonly selectors?: Pick<Options, 'mask' | 'block' | 'allow'>
  readonly slicing?: { readonly oneTaskElements: number; readonly stepNodes: number; readonly sliceMs: number }
  readonly degraded?: (step: number) => void
  readonly post?: RecorderOptions['post_']
}

function record({ level, selectors, slicing, degraded, post }: Extra = {}): Promise<void> {
  recorder = createRecorder({
    plan_: { level: level ? 'balanced' : 'strict', selectors: selectorsOf(selectors ?? {}, {}) },
    beyond_: async () => void failures.push('beyond'),
    startMs_: performance.now(),
    ...(slicing && { slicing_: { oneTaskElements_: slicing.oneTaskElements, stepNodes_: slicing.stepNodes, sliceMs_: slicing.sliceMs } }),
    post_: post ?? ((type: string, batch?: object) => {
      if (type === 'count' || type === 'visible') return
      const { ints, text } = batch as Batch
      if (filling) owed += ints.byteLength + 2 * text.length
      else posted.push({ type, ints: Array.from(new Int32Array(ints)), text: units(text) })
    }),
    activity_() {},
    degraded_: (reason) => degraded?.(['', 'pointer', 'animations', '', 'subtree'].indexOf(reason.replace(/.* /, ''))),
    failed_: (error) => failures.push(String(error instanceof Error ? error.stack : error)),
    broken_: (error) => failures.push(String(error)),
  })
  return recorder.snapshot_()
}

const space: Record<string, string> = {
  'http://www.w3.org/1999/xhtml': '0',
  'http://www.w3.org/2000/svg': '1',
  'http://www.w3.org/1998/Math/MathML': '2',
}

/** One line a node, children indented; what the policy keeps out is left out. */
function dump(): string {
  const roots = (window as unknown as Record<symbol, WeakMap<Element, ShadowRoot> | undefined>)[Symbol.for('afterimage.roots')]
  const lines: string[] = []
  const visit = (node: Node, depth: number): void => {
    const line = (text: string): void => void lines.push(' '.repeat(depth) + text)
    if (node instanceof Element || node.nodeType === 1) {
      const element = node as Element
      const isHtml = element.namespaceURI === 'http://www.w3.org/1999/xhtml'
      const box = element.matches('[data-afterimage=block i]')
      const attributes = Array.from(element.attributes)
        .filter(({ name }) => (box ? name === 'data-afterimage' : !(name === 'value' && element.matches('input[type=password]'))))
        .map(({ name, value }) => name + '=' + units(value))
        .sort()
      const svg = element.namespaceURI === 'http://www.w3.org/2000/svg' || element.namespaceURI === 'http://www.w3.org/1998/Math/MathML'
      line(`<${space[element.namespaceURI ?? ''] ?? '3'} ${isHtml || svg ? element.localName : element.tagName} ${attributes.join(' ')}`)
      if (box || (isHtml && element.localName === 'template')) return
      const root = element.shadowRoot ?? roots?.get(element)
      if (root) {
        lines.push(' '.repeat(depth + 1) + '#shadow')
        root.childNodes.forEach((child) => visit(child, depth + 2))
      }
      const content = isHtml && element.localName === 'iframe' ? (element as HTMLIFrameElement).contentDocument : null
      if (content) {
        lines.push(' '.repeat(depth + 1) + '#document')
        content.childNodes.forEach((child) => visit(child, depth + 2))
      }
    } else if (node.nodeType === 3 || node.nodeType === 4) line('"' + units((node as Text).data))
    else if (node.nodeType === 10) line('!' + node.nodeName)
    else line('#' + node.nodeType)
    node.childNodes.forEach((child) => visit(child, depth + 1))
  }
  document.childNodes.forEach((child) => visit(child, 0))
  return lines.join('\n')
}

/** Mulberry32. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** What a page may do to a tree; in a test of the lean recorder without markers, and few elements that serialise raw. Each program is a run of these at random places. */
function program(root: Element, next: () => number): (steps: number) => void {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T
  const detached: Node[] = []
  const nodes = (): Node[] => {
    const found: Node[] = []
    const walk = (node: Node): void => {
      found.push(node)
      if (node instanceof Element && node.shadowRoot) node.shadowRoot.childNodes.forEach(walk)
      node.childNodes.forEach(walk)
    }
    walk(root)
    return found
  }
  const elements = (): Element[] => nodes().filter((node): node is Element => node instanceof Element)
  const make = (): Node => {
    const kind = next()
    if (kind < 0.3) return document.createTextNode(pick(['', 'a', 'x & <y>', '\ud83d\ude00', '\ud83d', '\ude00', '\u00a0', 'text']))
    if (kind < 0.36) return document.createComment(pick(['', 'c', '-->', '<b>']))
    if (kind < 0.4) return document.createElementNS('http://www.w3.org/2000/svg', pick(['svg', 'g', 'style', 'title']))
    if (kind < 0.42) return document.createElementNS('urn:other', 'o:x')
    if (kind < 0.45) {
      const input = document.createElement('input')
      input.type = pick(['password', 'text'])
      input.setAttribute('value', 'v' + next())
      return input
    }
    const element = document.createElement(pick(__LEAN__ ? ['div', 'span', 'p', 'b', 'ul', 'x-y'] : ['div', 'span', 'p', 'b', 'style', 'template', 'noscript', 'textarea', 'ul', 'br', 'x-y']))
    if (next() < 0.3) element.setAttribute(pick(['class', 'id', 'title']), pick(['a', '"', '<&>', '']))
    if (!__LEAN__ && next() < 0.1) element.setAttribute('data-afterimage', 'block')
    if (next() < 0.15 && element.localName === 'div') element.attachShadow({ mode: 'open' }).append(make())
    for (let i = Math.floor(next() * 3); i > 0; i--) element.append(make())
    return element
  }
  const place = (node: Node): void => {
    const parent = pick(elements())
    if (node.contains(parent)) return
    const target: Node = parent.shadowRoot && next() < 0.5 ? parent.shadowRoot : parent
    if (node.contains(target) || (node instanceof Element && holds(node, target))) return
    target.insertBefore(node, pick([null, ...Array.from(target.childNodes)]))
  }
  const holds = (node: Node, target: Node): boolean => {
    for (let at: Node | null = target; at; at = at.parentNode ?? (at as ShadowRoot).host ?? null) if (at === node) return true
    return false
  }
  const removable = (): Node[] => nodes().filter((node) => node !== root)
  const actions: (() => void)[] = [
    () => place(make()),
    () => place(make()),
    () => place(pick(removable()) ?? make()),
    () => place(pick(removable()) ?? make()),
    () => place(detached.length && next() < 0.7 ? pick(detached) : make()),
    () => {
      const node = pick(removable())
      if (!node) return
      detached.push(node)
      ;(node as ChildNode).remove()
    },
    () => {
      // Wrapped: a new parent for an old node.
      const node = pick(removable())
      if (!node?.parentNode) return
      const wrapper = document.createElement('div')
      node.parentNode.insertBefore(wrapper, node)
      wrapper.append(make(), node)
    },
    () => pick(elements()).setAttribute(pick(['class', 'title', 'x:y']), pick(['1', '2', '<>'])),
    () => pick(elements()).removeAttribute('class'),
    () => {
      const element = pick(elements())
      if (!__LEAN__ && element !== root) next() < 0.5 ? element.setAttribute('data-afterimage', 'block') : element.removeAttribute('data-afterimage')
    },
    () => {
      const text = pick(nodes().filter((node): node is Text => node.nodeType === 3))
      if (text) next() < 0.5 ? (text.data = 't' + Math.floor(next() * 9)) : text.length > 1 && text.splitText(1)
    },
    () => {
      const element = pick(elements())
      const children = Array.from(element.childNodes)
      children.sort(() => next() - 0.5).forEach((child) => element.append(child))
    },
    () => {
      const element = pick(elements())
      if (element !== root) element.innerHTML = pick(['', '<i>x</i>y', '<p>a<p>b', 'plain'])
    },
    () => {
      const element = pick(elements())
      if (element.localName === 'div' && !element.shadowRoot) element.attachShadow({ mode: 'open' }).append(make())
    },
  ]
  return (steps) => {
    for (let i = 0; i < steps; i++) pick(actions)()
  }
}

Object.assign(window, {
  bridge: {
    record,
    dump,
    random,
    program,
    failures,
    /** The recorder, under names that the build leaves alone. */
    recorder: () => ({
      snapshot: () => recorder?.snapshot_(),
      flush: () => recorder?.flush_(),
      resend: (list: readonly (readonly [number, number])[]) => recorder?.resend_(list),
      applied: (bytes: number) => recorder?.applied_(bytes),
    }),
    /** What was posted since the last call; the bridge is told that it has been applied. */
    take() {
      recorder?.flush_()
      for (const { ints, text } of Array.from(posted)) recorder?.applied_(4 * ints.length + text.length / 2)
      if (owed) recorder?.applied_(owed)
      owed = 0
      return posted.splice(0)
    },
    /** What was posted, without a flush before. */
    posted() {
      for (const { ints, text } of posted) recorder?.applied_(4 * ints.length + text.length / 2)
      return posted.splice(0)
    },
    /** What was posted counts as applied and is forgotten, but for the hello. */
    skip() {
      recorder?.flush_()
      for (const { type, ints } of this.posted()) if (ints[0] === (5 << 8 | Op.hello)) posted.push({ type, ints: ints.slice(0, 5), text: '' })
    },
    /** Puts more before the worker than the queue may hold: it is behind until the next `take`. */
    fill() {
      recorder?.flush_()
      filling = true
      recorder?.note_(Op.track, 'filler', 'x'.repeat(5 << 20))
      recorder?.flush_()
      filling = false
    },
    waiting: () => posted.length,
    /** Tasks that the recorder asked for wait until `run`. */
    manualTasks() {
      const tasks: (() => void)[] = []
      Object.defineProperty(window, 'scheduler', {
        value: { postTask: (task: () => void) => (tasks.push(task), Promise.resolve()) },
      })
      return { waiting: () => tasks.length, run: () => tasks.shift()?.() }
    },
  },
})
