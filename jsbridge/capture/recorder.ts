/**
 * The bridge of one page view: connects observers, walk and trackers to one op writer, and posts
 * batches within a bound.
 *
 * Comes in: the page. Goes out: batches of ops by `post`. Nothing runs, is wrapped or listened to
 * before `createRecorder` and after `stop`; nothing in here throws into the page.
 */
import { protocolVersion, type Batch } from '../messages'
import type { Degraded, Less } from '../more/degrade'
import type { More } from '../more/main'
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

export interface RecorderOptions {
  readonly level_: 0 | 1
  readonly keystrokes_: boolean
  readonly selectors_: Selectors
  /** performance.now() of the page view's time 0, ms. */
  readonly startMs_: number
  /** Closed shadow roots by host, where early.ts was there to see them. */
  readonly closedRoots_: WeakMap<Element, ShadowRoot> | undefined
  post_(type: 'ops' | 'leave' | 'gone', batch: Batch): void
  /** The visitor did something. */
  activity_(): void
  visible_(): void
  /** Loads how to do less in a busy page. */
  more_(): Promise<Pick<More, 'less'>>
  /** The recorder does less from here on, or failed inside; never with page content. */
  degraded_(less: Degraded): void
  failed_(error: unknown): void
  /** A snapshot that nobody asked for failed: what was written is not whole. */
  broken_(error: unknown): void
  /** For tests: bounds that make every snapshot a sliced one. */
  readonly slicing_?: { readonly oneTaskElements_: number; readonly stepNodes_: number; readonly sliceMs_: number }
}

export interface Recorder {
  /** A new epoch. Resolves when all of it is written and posted. */
  snapshot_(): Promise<void>
  /** Writes one op beside the tree. */
  note_(code: Op.track | Op.identify, first: string, second: string): void
  /** Posts what there is. */
  flush_(): void
  resend_(list: readonly (readonly [id: number, slow: number])[]): void
  applied_(bytes: number): void
  /** Takes back everything that was wrapped or listened to; posts what there is first. */
  stop_(): void
}

interface SchedulerLike {
  postTask(run: () => void, options: { priority: 'user-visible' | 'background' }): Promise<void>
}

export function createRecorder(options: RecorderOptions): Recorder {
  const { post_: post } = options
  const slicing = options.slicing_ ?? { oneTaskElements_: oneTaskElements, stepNodes_: stepNodes, sliceMs_: sliceMs }
  const controller = new AbortController()
  openGuard(options.failed_, controller.signal)
  openPolicy(options.selectors_, options.level_, options.closedRoots_)
  const attached = new WeakSet<Node>()
  let stopped = false

  // Time.
  openWriter(options.startMs_)
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
  const walker = createWalker(observe, slicing.stepNodes_)
  openSerialiser(
    {
      host_: walker.host_,
      element_(element, name) {
        if (name === 'input' || name === 'textarea' || name === 'select') controlWritten(element)
        else if (name === 'style' || name === 'link') styles.changed_(element)
        else if (name === 'dialog') tellDialog(element, false)
        else if (name === '' || /^(?:img|video|canvas|i?frame|object|embed)$/.test(name)) {
          sizes.observe(element)
          if (name.endsWith('frame')) walker.host_(element)
        }
      },
    },
  )
  const mutations = createMutations(walker, {
    attribute_(element, name) {
      if (name === 'type') controlTouched(element)
      else if (name === 'open' && $localName.call(element) === 'dialog') tellDialog(element, true)
    },
    style_: (element) => styles.changed_(element),
  })
  /** A marker that the same task sets or takes away, earlier or later, holds for what is told here. */
  const afterTask = (run: () => void): void =>
    queueMicrotask(guard(() => {
      if (stopped) return
      drain()
      stamp()
      run()
      wrote()
    }))
  const styles = createStyles(later, wrote, afterTask)
  const pointer = trackPointer(() => active())
  const scroll = trackScroll(frame)
  const keys = trackKeys(() => active(), options.keystrokes_)
  const active = (): void => {
    options.activity_()
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
      if (!noteOld(record)) return
      controlTouched(record.target as Element)
      remarkOne(record.target as Element)
    })
  const apply = (given: readonly MutationRecord[], all = false): void => {
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
    if (less) records = less[1](records, all)
    if (!records[0]) return
    stamp()
    mutations.apply_(records)
    wrote()
  }
  const drain = (all?: boolean): void => apply(observer.takeRecords(), all)
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
    if (nodes.has(document)) return void snapshot().catch(options.broken_)
    dirty = null
    stamp()
    mutations.resend_(Array.from(nodes, (node) => [idOf(node), 0] as const).filter(([id]) => id))
    settleForms()
    send('ops')
    readScroll()
  }

  /** Whether the visitor gave the page data of his own, which a data URL may show from then on. */
  let isPosted = false
  /** Listeners and wrappers of a document or shadow root. Events that leave their shadow tree are taken at the document. */
  const attach = (root: Document | ShadowRoot): void => {
    styles.root_(root)
    if (attached.has(root)) return
    attached.add(root)
    scroll.attach_(root)
    listen(root, 'load', (event) => {
      const target = targetOf(event) as Element
      if ($nodeType.call(target) !== 1 || !idOf(target)) return
      const name = $localName.call(target)
      if (name === 'link') styles.changed_(target)
      else if (name.endsWith('frame')) {
        drain()
        if (dirty) return soil(target)
        stamp()
        walker.host_(target)
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
      const target = targetOf(event) as Element
      stamp()
      noteDesign(root as Document, true)
      afterTask(() => {
        controlChanged(target)
        active()
      })
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
      walker.host_(host as Element)
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
    observer.takeRecords().forEach(noteOld)
    beginIds()
    giveId(document)
    dirty = null
    steps = mutations.isOpen_ = null
    restamp()
    styles.begin_()
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
        const end = performance.now() + slicing.sliceMs_
        drain()
        // Full: begun anew when the worker has caught up.
        if (dirty || !steps) return false
        while (steps.next_()) {
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
        if (document.getElementsByTagName('*').length > slicing.oneTaskElements_) {
          steps = walker.steps_(document)
          mutations.isOpen_ = steps.isOpen_
          return slice()
        }
        const first = $firstChild.call(document)
        if (first) walker.write_(document, first, $lastChild.call(document) as Node)
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
          if (idOf(element)) scroll.read_(element)
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
  let less: Less | undefined
  /** Takes a step: the recorder does less from here on. */
  const tell = (step: number, name: Degraded, box?: Element): void => {
    stamp()
    const id = idOf(box)
    if (box) {
      makeBox(box)
      mutations.resend_([[id, 0]])
      settleForms()
    }
    pointer.sampling_ = false
    op(Op.degraded, step, idOf(box))
    options.degraded_(name)
    wrote()
  }
  const degrade = setInterval(guard(() => {
    const isBusy = busyMs - busyBefore > degradeMs * degradeShare && !dirty
    busyBefore = busyMs
    if (isBusy) drain()
    if (less) less[0](isBusy)
    // Until it is there, and where it cannot be loaded, all is recorded as before.
    else if (isBusy) options.more_().then(guard((more) => {
      if (stopped || less) return
      less = more.less(idOf, parentOf, (node) => $nodeType.call(node) === 1, $contains, boxes, markNames, tell, wrote)
      less[0](true)
    }), () => {})
  }), degradeMs)

  const flush = (type: 'ops' | 'leave' | 'gone' = 'ops', all?: boolean): void => {
    if (!dirty) {
      drain(all)
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
  const flushAll = (type?: 'leave' | 'gone'): void => flush(type, true)

  op(Op.hello, protocolVersion, options.level_, options.keystrokes_ ? 3 : 2, 0)
  trackPage(wrote, flushAll, options.visible_)

  return {
    snapshot_: snapshot,
    note_(code, first, second) {
      stamp()
      op(code, first, second)
      wrote()
    },
    flush_: guard(() => flushAll()),
    resend_: guard((list) => {
      if (stopped) return
      drain()
      stamp()
      mutations.resend_(list)
      settleForms()
      send('ops')
    }),
    applied_: guard((bytes) => {
      queued = Math.max(0, queued - bytes)
      queuedSince = performance.now()
      if (dirty && queued < queueBytes / 8) catchUp()
    }),
    stop_: guard(() => {
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
