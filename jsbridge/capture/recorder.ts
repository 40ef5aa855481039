/**
 * The bridge of one page view: connects observers, walk and trackers to one op writer, and posts
 * batches within a bound.
 *
 * Comes in: the page. Goes out: batches of ops by `post`. Nothing runs, is wrapped or listened to
 * before `createRecorder` and after `stop`; nothing in here throws into the page.
 */
import type { Batch } from '../messages'
import { controlChanged, controlTouched, controlWritten, formReset, settleForms } from './forms'
import { busyMs, guard, listen, openGuard, unwrap, wrap } from './guard'
import { trackKeys } from './keys'
import { createMutations } from './mutations'
import { $contains, $defaultView, $firstChild, $hasAttribute, $height, $lastChild, $localName, $matches, $nodeType, $rect, $width, findAll } from './native'
import { beginIds, boxes, dropIds, giveId, idOf, parentOf, rootOf } from './nodes'
import { Op, now, op, openWriter, restamp, stamp, take, writtenBytes } from './ops'
import { trackPage } from './page'
import { targetOf, trackPointer } from './pointer'
import { makeBox, markNames, noteOld, noteTyped, openPolicy, type Selectors } from './policy'
import { trackScroll } from './scroll'
import { openSerialiser, remarkOne } from './serialise'
import { createStyles } from './styles'
import { createWalker, noteDesign, type Steps } from './walk'

/** Ops wait so long for others before they are posted, ms. */
const batchMs = 250
/** More than this goes at once. */
const batchBytes = 1 << 20
/** Bound of what the worker has not applied, bytes and ms. */
const queueBytes = 8 << 20
const queueMs = 2000
/** So many dirty nodes, and all of the page is walked anew. */
const maxDirty = 500
/** A snapshot of more elements than this is sliced (about 30,000 nodes, 12 ms). */
const oneTaskElements = 18000
const sliceMs = 8
/** Nodes that one step of a sliced snapshot writes at most, unless a single node has more children. */
const stepNodes = 2000
/** A page that changes so fast that slices do not come to an end gets the rest in one task. */
const maxSlices = 400
/** Matches nothing, and does not throw, where the browser has no popovers. */
const openPopover = ':is(:popover-open)'
/** Share of main-thread time, over so long, above which the recorder does less. */
const degradeMs = 10_000
const degradeShare = 0.03
/** Attributes that animations change, and how often such changes are told in a busy page, ms. */
const animated = /^(?:style|class|transform|d|points)$/
const thinMs = 1000

export interface RecorderOptions {
  readonly protocolVersion: number
  readonly level: 0 | 1
  readonly keystrokes: boolean
  readonly selectors: Selectors
  /** performance.now() of the page view's time 0, ms. */
  readonly startMs: number
  /** Closed shadow roots by host, where early.ts was there to see them. */
  readonly closedRoots: WeakMap<Element, ShadowRoot> | undefined
  post(type: 'ops' | 'leave' | 'gone', batch: Batch): void
  /** The visitor did something. */
  activity(): void
  visible(): void
  /** The recorder does less from here on, or failed inside; never with page content. */
  degraded(step: number): void
  failed(error: unknown): void
  /** A snapshot that nobody asked for failed: what was written is not whole. */
  broken(error: unknown): void
  /** For tests: bounds that make every snapshot a sliced one. */
  readonly slicing?: { readonly oneTaskElements: number; readonly stepNodes: number; readonly sliceMs: number }
}

export interface Recorder {
  /** A new epoch. Resolves when all of it is written and posted. */
  snapshot(): Promise<void>
  /** Writes one op beside the tree. */
  note(code: Op.track | Op.identify, first: string, second: string): void
  /** Posts what there is. */
  flush(): void
  resend(list: readonly (readonly [id: number, slow: number])[]): void
  applied(bytes: number): void
  /** Takes back everything that was wrapped or listened to; posts what there is first. */
  stop(): void
}

interface SchedulerLike {
  postTask(run: () => void, options: { priority: 'user-visible' | 'background' }): Promise<void>
}

export function createRecorder(options: RecorderOptions): Recorder {
  const { post } = options
  const slicing = options.slicing ?? { oneTaskElements, stepNodes, sliceMs }
  const controller = new AbortController()
  openGuard(options.failed, controller.signal)
  openPolicy(options.selectors, options.level, options.closedRoots)
  const attached = new WeakSet<Node>()
  let stopped = false

  // Time.
  openWriter(options.startMs)
  let clock = Date.now() - performance.now()
  const watchClock = (): void => {
    const drift = Date.now() - performance.now() - clock
    if (Math.abs(drift) < 1000) return
    clock += drift
    stamp()
    op(Op.clockJump, drift)
  }

  // Later.
  const { scheduler } = window as { scheduler?: SchedulerLike }
  const soon = (run: () => void): void => {
    if (scheduler) scheduler.postTask(run, { priority: 'user-visible' }).catch(() => {})
    else setTimeout(run)
  }
  /** Runs the job in tasks of its own, until it answers false. */
  const later = (job: () => boolean): void =>
    soon(guard(() => {
      if (!stopped && job()) later(job)
    }))
  let timer = 0
  const wrote = (): void => {
    if (writtenBytes() > batchBytes) return send('ops')
    timer ||= setTimeout(guard(() => flush()), batchMs)
  }
  let framed = false
  const frame = (): void => {
    if (framed) return
    framed = true
    requestAnimationFrame(guard(() => {
      framed = false
      if (stopped) return
      scroll.settle_()
      wrote()
    }))
  }

  // The queue to the worker.
  let queued = 0
  let queuedSince = 0
  /** While the worker is behind: the nodes to be walked anew when it has caught up. */
  let dirty: Set<Node> | null = null
  const send = (type: 'ops' | 'leave' | 'gone'): void => {
    clearTimeout(timer)
    timer = 0
    const batch = take() ?? (type !== 'ops' ? { ints: new ArrayBuffer(0), text: '' } : null)
    if (!batch) return
    if (!queued) queuedSince = performance.now()
    queued += batch.ints.byteLength + 2 * batch.text.length
    post(type, batch)
  }
  const isFull = (): boolean => queued > queueBytes || (queued > 0 && performance.now() - queuedSince > queueMs)

  // The tree.
  const observer = new MutationObserver(guard((records) => apply(records)))
  const observe = (root: Node): void => {
    observer.observe(root, { subtree: true, childList: true, attributes: true, attributeOldValue: true, characterData: true })
    attach(root as Document | ShadowRoot)
  }
  const walker = createWalker(observe, slicing.stepNodes)
  openSerialiser(
    {
      host: walker.host,
      element(element, name) {
        if (name === 'input' || name === 'textarea' || name === 'select') controlWritten(element)
        else if (name === 'style' || name === 'link') styles.changed(element)
        else if (name === 'dialog') tellDialog(element, false)
        else if (name === '' || /^(?:img|video|canvas|i?frame|object|embed)$/.test(name)) {
          sizes.observe(element)
          if (name.endsWith('frame')) walker.host(element)
        }
      },
    },
  )
  const mutations = createMutations(walker, {
    attribute_(element, name) {
      if (name === 'type') controlTouched(element)
      else if (name === 'open' && $localName.call(element) === 'dialog') tellDialog(element, true)
    },
    style: (element) => styles.changed(element),
  })
  const styles = createStyles(later, wrote)
  const pointer = trackPointer(() => active())
  const scroll = trackScroll(frame)
  const keys = trackKeys(() => active(), options.keystrokes)
  const active = (): void => {
    options.activity()
    wrote()
  }

  const tellDialog = (element: Element, always: boolean): void => {
    const id = idOf(element)
    const state = $matches.call(element, ':modal') ? 1 : $matches.call(element, openPopover) ? 2 : 0
    if (id && (always || state)) op(Op.dialogState, id, state)
  }
  // The browser answers after layout, so that no read of ours forces one.
  const sizes = new ResizeObserver(guard((entries) => {
    if (stopped) return
    stamp()
    for (const { target } of entries) {
      const id = idOf(target)
      if (!id) {
        sizes.unobserve(target)
        continue
      }
      const isHtml = target instanceof HTMLElement
      const rect = isHtml ? null : $rect.call(target)
      op(
        Op.size, id,
        rect ? rect.width : $width.call(target as HTMLElement),
        rect ? rect.height : $height.call(target as HTMLElement),
      )
    }
    wrote()
  }))

  const look = (records: readonly MutationRecord[]): void =>
    records.forEach((record) => {
      if (noteOld(record)) controlTouched(record.target as Element)
    })
  const apply = (given: readonly MutationRecord[]): void => {
    if (stopped) return
    look(given)
    let records = given
    if (records[0] && !dirty && isFull()) {
      dirty = new Set()
      // What is not whole is begun anew.
      if (steps) soil(document)
    }
    if (dirty) {
      for (const { target, attributeName, removedNodes } of records) {
        // Where the level may be another now nothing is told, until it is walked anew.
        const moved = attributeName && markNames.has(attributeName) ? [target] : removedNodes
        soil((moved === removedNodes ? target : parentOf(target)) as Node)
        moved.forEach(dropIds)
      }
      return
    }
    if (step > 1) records = thin(records)
    if (held.size) wrote()
    if (!records[0]) return
    stamp()
    mutations.apply(records)
    wrote()
  }
  /** Changes of a busy page that wait, by element and attribute: what an attribute is then is told. */
  const held = new Map<string, MutationRecord>()
  let heldUntil = 0
  /** Nodes that changed by their target since the last look at the cost. */
  const work = new Map<Node, number>()
  const thin = (records: readonly MutationRecord[]): readonly MutationRecord[] => {
    const rest = records.filter((record) => {
      const { target, attributeName: name } = record
      // In a box, or in what is not written yet: the removals from where it was are records of their own.
      if (boxes.has(target) && !name || !idOf(target)) return false
      work.set(target, 1 + record.addedNodes.length + record.removedNodes.length + (work.get(target) ?? 0))
      const waits = name && animated.test(name) && !markNames.has(name)
      if (waits) held.set(idOf(target) + name, record)
      return !waits
    })
    if (now() < heldUntil) return rest
    heldUntil = now() + thinMs
    const all = rest.concat(Array.from(held.values()))
    held.clear()
    return all
  }
  const drain = (): void => apply(observer.takeRecords())
  const soil = (node: Node | null): void => {
    if (!dirty || !node || dirty.has(document)) return
    dirty.add(node)
    if (dirty.size <= maxDirty && !$contains.call(node, document.body)) return
    // All of the page: nothing more is to be known of its changes until then.
    dirty = new Set([document])
    observer.disconnect()
    beginIds()
  }
  /** Walks anew what changed while the worker was behind. */
  const catchUp = (): void => {
    drain()
    const nodes = dirty as Set<Node>
    if (nodes.has(document)) return void snapshot().catch(options.broken)
    dirty = null
    stamp()
    mutations.resend(Array.from(nodes, (node) => [idOf(node), 0] as const).filter(([id]) => id))
    settleForms()
    send('ops')
    readScroll()
  }

  /** Whether the visitor gave the page data of his own, which a data URL may show from then on. */
  let isPosted = false
  /** Listeners and wrappers of a document or shadow root. Events that leave their shadow tree are taken at the document. */
  const attach = (root: Document | ShadowRoot): void => {
    styles.root(root)
    if (attached.has(root)) return
    attached.add(root)
    scroll.attach_(root)
    listen(root, 'load', (event) => {
      const target = targetOf(event) as Element
      if ($nodeType.call(target) !== 1 || !idOf(target)) return
      const name = $localName.call(target)
      if (name === 'link') styles.changed(target)
      else if (name.endsWith('frame')) {
        drain()
        if (dirty) return soil(target)
        stamp()
        walker.host(target)
        walker.settle_()
        settleForms()
      }
      wrote()
    })
    listen(root, 'toggle', (event) => {
      const target = targetOf(event) as Element
      if (!idOf(target) || !$hasAttribute.call(target, 'popover')) return
      stamp()
      tellDialog(target, true)
      wrote()
    })
    listen(root, 'reset', (event) => {
      // The controls change after the listeners.
      formReset(targetOf(event) as Element)
      wrote()
    })
    if ($nodeType.call(root) !== 9) return
    pointer.attach_(root as Document)
    keys(root as Document)
    listen(root, 'change paste drop playing', (event) => {
      const target = targetOf(event) as HTMLVideoElement & HTMLInputElement
      const { clipboardData, dataTransfer } = event as ClipboardEvent & DragEvent
      const data = clipboardData ?? dataTransfer
      if (isPosted || !(data ? data.types.some((type) => type !== 'text/plain') : target.srcObject ?? target.files?.length)) return
      isPosted = true
      op(Op.posted)
      wrote()
    })
    listen(root, 'input', (event) => {
      stamp()
      noteDesign(root as Document, true)
      controlChanged(targetOf(event) as Element)
      active()
    })
    const realm = $defaultView.call(root as Document)
    if (realm) wrapRealm(realm)
  }
  const wrapRealm = (realm: Window & typeof globalThis): void => {
    const touched = (control: unknown): void => {
      controlTouched(control as Element)
      if (control instanceof realm.HTMLOptionElement) {
        const select = control.closest('select')
        if (select) controlTouched(select)
      }
      wrote()
    }
    for (const [owner, names] of [
      [realm.HTMLInputElement, 'value checked indeterminate'],
      [realm.HTMLTextAreaElement, 'value'],
      [realm.HTMLSelectElement, 'value selectedIndex'],
      [realm.HTMLOptionElement, 'selected'],
    ] as const) {
      for (const name of names.split(' ')) wrap(owner.prototype, name, 'set', touched)
    }
    wrap(realm.Element.prototype, 'attachShadow', 'value', (host) => {
      if (!idOf(host as Element)) return
      if (dirty) return soil(host as Element)
      stamp()
      walker.host(host as Element)
      walker.settle_()
      wrote()
    })
    // An editor that draws its own text: no attribute says so.
    wrap(realm.HTMLElement.prototype, 'editContext', 'set', (element) => {
      if (noteTyped(element as Element)) remarkOne(element as Element)
      wrote()
    })
    styles.wrapRealm_(realm)
  }

  // Snapshots.
  let steps: Steps | null = null
  let epoch = 0
  const begin = (): void => {
    send('ops') // what follows may go to another core
    look(observer.takeRecords())
    beginIds()
    giveId(document)
    dirty = null
    steps = mutations.isOpen_ = null
    restamp()
    styles.begin()
    op(Op.snapshotBegin, innerWidth, innerHeight, devicePixelRatio * 1000, scrollX, scrollY)
    stamp()
    if (isPosted) op(Op.posted)
    noteDesign(document)
    observe(document)
  }
  const finish = (): void => {
    steps = mutations.isOpen_ = null
    settleForms()
    styles.settle_()
    op(Op.snapshotEnd)
    send('ops')
    readScroll()
  }
  const snapshot = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const mine = ++epoch
      const run = (work: () => boolean): void => {
        try {
          if (mine !== epoch || stopped || !work()) return resolve()
        } catch (error) {
          return reject(error)
        }
        soon(guard(() => run(slice)))
      }
      let slices = 0
      const slice = (): boolean => {
        const end = performance.now() + slicing.sliceMs
        drain()
        // Full: begun anew when the worker has caught up.
        if (dirty || !steps) return false
        while (steps.next()) {
          if (performance.now() < end || slices > maxSlices) continue
          slices++
          send('ops')
          return true
        }
        finish()
        return false
      }
      run(() => {
        guard(begin)()
        if (document.getElementsByTagName('*').length > slicing.oneTaskElements) {
          steps = walker.steps_(document)
          mutations.isOpen_ = steps.isOpen_
          return slice()
        }
        const first = $firstChild.call(document)
        if (first) walker.write(document, first, $lastChild.call(document) as Node)
        walker.settle_()
        finish()
        return false
      })
    })

  /** Offsets that are there already; asking for the first one may need a layout, so after a frame. */
  const readScroll = (): void => {
    const mine = epoch
    const roots: Node[] = [document]
    let list: readonly Element[] = []
    let i = 0
    requestAnimationFrame(() => later(() => {
      if (mine !== epoch || dirty) return false
      const end = performance.now() + sliceMs / 2
      stamp()
      while (performance.now() < end) {
        const element = list[i++]
        if (element) {
          if (idOf(element)) scroll.read(element)
          const root = rootOf.get(element)
          if (root) roots.push(root)
          continue
        }
        const root = roots.pop()
        if (!root) {
          wrote()
          return false
        }
        for (const open of findAll(root, openPopover)) tellDialog(open, false)
        list = findAll(root, '*')
        i = 0
      }
      return true
    }))
  }

  // Cost.
  let busyBefore = busyMs
  let step = 0
  /** The deepest element below which more than half of the work is, if it is a part of the page. */
  const busiest = (): Element | null => {
    const sums = new Map<Node, number>()
    let total = 0
    for (const [node, n] of work) {
      total += n
      for (let at: Node | null = node; at; at = parentOf(at)) sums.set(at, n + (sums.get(at) ?? 0))
    }
    let found: Node | null = null
    let least = total
    // Of those that hold the same work the deepest comes first.
    for (const [node, n] of sums) {
      if (n * 2 > total && (!found || n < least) && $nodeType.call(node) === 1 && idOf(node)) {
        found = node
        least = n
      }
    }
    return found && !$contains.call(found, document.body) ? (found as Element) : null
  }
  const degrade = setInterval(guard(() => {
    const share = (busyMs - busyBefore) / degradeMs
    busyBefore = busyMs
    if (share > degradeShare && !dirty) {
      let id = 0
      drain()
      stamp()
      if (step < 2) step++
      else {
        // Step 3 has nothing to leave out: no canvas is captured.
        const element = busiest()
        work.clear()
        if (!element) return
        step = 4
        makeBox(element)
        mutations.resend([[idOf(element), 0]])
        settleForms()
        id = idOf(element)
      }
      pointer.sampling_ = false
      op(Op.degraded, step, id)
      options.degraded(step)
      wrote()
    }
    work.clear()
  }), degradeMs)

  const flush = (type: 'ops' | 'leave' | 'gone' = 'ops'): void => {
    if (!dirty) {
      drain()
      pointer.settle_()
      scroll.settle_()
      stamp()
      settleForms()
      styles.settle_()
      watchClock()
    }
    // One message, so that nothing is answered to a page that goes.
    if (!dirty || type !== 'ops') send(type)
  }
  const flushAll = (type?: 'leave' | 'gone'): void => {
    heldUntil = 0
    flush(type)
  }

  op(Op.hello, options.protocolVersion, options.level, options.keystrokes ? 3 : 2, 0)
  trackPage(wrote, flushAll, options.visible)

  return {
    snapshot,
    note(code, first, second) {
      stamp()
      op(code, first, second)
      wrote()
    },
    flush: guard(() => flushAll()),
    resend: guard((list) => {
      if (stopped) return
      drain()
      stamp()
      mutations.resend(list)
      settleForms()
      send('ops')
    }),
    applied: guard((bytes) => {
      queued = Math.max(0, queued - bytes)
      queuedSince = performance.now()
      if (dirty && queued < queueBytes / 8) catchUp()
    }),
    stop: guard(() => {
      if (stopped) return
      flushAll()
      stopped = true
      epoch++
      clearTimeout(timer)
      clearInterval(degrade)
      observer.disconnect()
      sizes.disconnect()
      controller.abort()
      unwrap()
    }),
  }
}
