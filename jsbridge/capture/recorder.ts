/**
 * The bridge of one page view: connects observers, walk and trackers to one op writer, and posts
 * batches within a bound.
 *
 * Comes in: the page. Goes out: batches of ops by `post`. Nothing runs, is wrapped or listened to
 * before `createRecorder` and after `stop`; nothing in here throws into the page.
 */
import { protocolVersion } from '../messages'
import { tellDialog, trackSizes } from './boxes'
import { controlChanged, controlTouched, controlWritten, formReset, settleForms, tellTyped, wrapControls } from './forms'
import { busyMs, guard, listen, openGuard, unwrap, wrap } from './guard'
import type { Recorder, RecorderOptions } from './interface'
import { trackKeys } from './keys'
import { beyond } from './lean'
import { createLess, type Less } from './less'
import { createMutations } from './mutations'
import { $contains, $defaultView, $firstChild, $lastChild, $localName, $nodeType, findAll } from './native'
import { beginIds, dropIds, giveId, idOf, parentOf, rootOf } from './nodes'
import { now, Op, op, openWriter, restamp, rewind, stamp, take, watchClock, writtenBytes } from './ops'
import { trackPage } from './page'
import { targetOf, trackPointer } from './pointer'
import { drawnAround, isCode, isShown, makeBox, markNames, noteCalled, noteDrawn, noteOld, noteReplaced, openPolicy, openRoots } from './policy'
import { openPosted, tellPosted, trackPosted, wrapPosted } from './posted'
import { trackScroll } from './scroll'
import { openSerialiser, remarkOne } from './serialise'
import { createStyles } from './styles'
import { createWalker, noteDesign, noteEditor, type Steps } from './walk'

type Sent = 'ops' | 'click' | 'leave' | 'gone'

const enum Limit {
  /** Ops wait so long for others before they are posted. */
  batchMs = 250,
  /** As long as the core's marks of activity. */
  typedMs = 1000,
  /** More than this goes at once. */
  batchBytes = 1 << 20,
  /** Bound of what the worker has not applied. */
  queueBytes = 8 << 20,
  queueMs = 2000,
  /** When so little is left the worker has caught up. */
  caughtUpBytes = 1 << 20,
  /** So many dirty nodes, and all of the page is walked anew. */
  dirtyNodes = 500,
  /** A snapshot of more elements than this is sliced (about 30,000 nodes, 12 ms). */
  oneTaskElements = 18000,
  sliceMs = 8,
  /** Nodes that one step of a sliced snapshot writes at most, unless a single node has more children. */
  stepNodes = 2000,
  /** A page that changes so fast that slices do not come to an end gets the rest in one task. */
  slices = 400,
  /** The recorder does less where it took more than this of so much main-thread time. */
  degradeMs = 10_000,
  busyMs = 300,
}

interface SchedulerLike {
  postTask(run: () => void): Promise<void>
}

/**
 * @param continues takes over from a lean recorder, which has stopped
 * @param isBusy    it did because the page is busy: the first step to do less is taken at once
 */
export function createRecorder(options: RecorderOptions, continues = false, isBusy?: boolean): Recorder {
  const { post_: post } = options
  const controller = new AbortController()
  openGuard((error) => {
    if (!__LEAN__ || error !== beyond) options.failed_(error)
    // What is not whole is begun anew.
    if (__LEAN__) {
      rewind()
      freeze()
    }
  }, controller.signal)
  openRoots()
  if (!__LEAN__) openPolicy(options.plan_, continues)
  const attached = new WeakSet<Node>()
  let stopped = false

  if (!__LEAN__) openPosted(continues)
  // Time.
  openWriter(options.startMs_)

  // Later.
  const scheduler = __LEAN__ ? null : (window as { scheduler?: SchedulerLike }).scheduler
  const soon = (run: () => void): void => {
    if (!__LEAN__ && scheduler) scheduler.postTask(run).catch(() => {})
    else setTimeout(run)
  }
  /** Runs the job in tasks of its own, until it answers false. */
  const later = (job: () => boolean): void =>
    soon(guard(() => {
      // What is told here has the level that the page gives it now.
      if (!__LEAN__ && typing) drain(true)
      if (!stopped && job()) later(job)
    }))
  let timer = 0
  const wrote = (): void => {
    if (writtenBytes() > Limit.batchBytes) return send('ops')
    timer ||= setTimeout(guard(() => flush()), Limit.batchMs)
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
  const send = (type: Sent): void => {
    clearTimeout(timer)
    timer = 0
    if (!__LEAN__) {
      const refused = options.plan_.ended?.()
      if (refused) {
        take()
        return void options.broken_(refused)
      }
    }
    const batch = take() ?? (type !== 'ops' ? { ints: new ArrayBuffer(0), text: '' } : null)
    if (!batch) return
    if (!queued) queuedSince = performance.now()
    queued += batch.ints.byteLength + 2 * batch.text.length
    post(type, batch)
  }
  const isFull = (): boolean => queued > Limit.queueBytes || (queued > 0 && performance.now() - queuedSince > Limit.queueMs)

  // The tree.
  const observer = new MutationObserver(guard((records) => apply(records)))
  const observe = (root: Node): void => {
    observer.observe(root, { subtree: true, childList: true, attributeOldValue: true, characterData: true })
    attach(root as Document | ShadowRoot)
  }
  const walker = createWalker(observe, __LEAN__ ? 0 : options.slicing_?.stepNodes_ ?? Limit.stepNodes)
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
      else if (name === 'open' && $localName(element) === 'dialog') tellDialog(element, true)
    },
    style_: (element) => styles.changed_(element),
  })
  /** What waits for the end of the task, or for a flush before that. */
  const due: (() => void)[] = []
  /**
   * A marker that the same task sets or takes away, earlier or later, holds for what is told here, and so does
   * what the task types.
   */
  const afterTask = (run: () => void): void => {
    due.push(run)
    queueMicrotask(guard(() => {
      if (stopped || !due[0]) return
      drain()
      // What stands in the fields is not told: neither is this, before it is. A marker may wait with what the page changed.
      if (!__LEAN__ && (typing || dirty)) return
      stamp()
      settleForms()
      settleDue()
      wrote()
    }))
  }
  const settleDue = (): void => {
    if (!__LEAN__) typedIn = undefined
    due.splice(0).forEach((tell) => tell())
  }
  const styles = createStyles(later, wrote, afterTask)
  const pointer = trackPointer((isClick) => active(isClick))
  const scroll = trackScroll(frame)
  const active = (isClick?: boolean): void => {
    options.activity_()
    isClick && !dirty ? flush('click') : wrote()
  }

  const sizes = trackSizes(wrote)

  /** Changes that are not told yet: they wait while somebody types. */
  let held: MutationRecord[] = []
  const look = (records: readonly MutationRecord[]): void => {
    if (!__LEAN__) noteReplaced(records)
    records.forEach((record) => {
      held.push(record)
      if (!noteOld(record)) return
      controlTouched(record.target as Element)
      if (!__LEAN__) remarkOne(record.target as Element)
    })
  }
  let typing: unknown
  /** In these, whose values wait too. */
  let typedIn: Node[] | undefined
  /** How often a page changes with the keys, and when, is what is typed: for the rest of a second its changes are one. */
  const typed = (): void => {
    const end = (): void => {
      typing = 0
      __LEAN__ ? drain() : flush()
    }
    typing ||= setTimeout(guard(end), Limit.typedMs - (now() % Limit.typedMs))
  }
  const apply = (given: readonly MutationRecord[], all?: boolean): void => {
    if (stopped) return
    look(given)
    if (typing && !all) return
    const records = told(held, all)
    held = []
    if (!records[0]) return
    stamp()
    // The page may repeat it in what is told before its time.
    if (!__LEAN__ && typedIn) tellTyped(typedIn)
    if (__LEAN__) mutations.apply_(records)
    else {
      try {
        mutations.apply_(records)
      } catch (error) {
        options.failed_(error)
        rewind()
        forget()
        soon(guard(catchUp))
      }
    }
    wrote()
  }
  /** What is to be told now of these changes. */
  const told = __LEAN__
    ? (records: readonly MutationRecord[]): readonly MutationRecord[] => {
        if (records[0] && !dirty && isFull()) freeze()
        return dirty ? [] : records
      }
    : (records: readonly MutationRecord[], all?: boolean): readonly MutationRecord[] => {
        if (records[0] && !dirty && isFull()) {
          dirty = new Set()
          // What is not whole is begun anew.
          if (steps) soil(document)
        }
        if (!dirty) return (less as Less)[1](records, all)
        for (const { target, attributeName, removedNodes } of records) {
          // Where the level may be another now nothing is told, until it is walked anew.
          const moved = attributeName && markNames.has(attributeName) ? [target] : removedNodes
          soil((moved === removedNodes ? target : parentOf(target)) as Node)
          moved.forEach(dropIds)
        }
        return []
      }
  const drain = (all?: boolean): void => apply(observer.takeRecords(), all)
  /** All of the page is dirty: nothing more is to be known of its changes until it is walked anew. */
  const forget = (): void => {
    dirty = new Set([document])
    beginIds()
  }
  const soil = __LEAN__ ? forget : (node: Node | null): void => {
    if (!dirty || !node || dirty.has(document)) return
    dirty.add(node)
    if (dirty.size > Limit.dirtyNodes || $contains(node, document.body)) forget()
  }
  /** The lean recorder tells nothing more of the tree, and hands over when the worker has caught up. */
  const freeze = (): void => {
    forget()
    catchUp()
  }
  /** Walks anew what changed while the worker was behind. */
  const catchUp = (): void => {
    if (!dirty || queued >= Limit.caughtUpBytes) return
    if (__LEAN__) void options.beyond_()
    else {
      drain(true)
      const nodes = dirty
      if (nodes.has(document)) return void snapshot().catch(options.broken_)
      dirty = null
      stamp()
      mutations.resend_?.(Array.from(nodes, (node) => [idOf(node), 0] as const).filter(([id]) => id))
      settleForms()
      settleDue() // what the task typed in which the worker fell behind, which may stand in what is written here
      send('ops')
      readScroll()
    }
  }

  /** Listeners and wrappers of a document or shadow root. Events that leave their shadow tree are taken at the document. */
  const attach = (root: Document | ShadowRoot): void => {
    styles.root_(root)
    if (attached.has(root)) return
    attached.add(root)
    scroll.attach_(root)
    // They are of elements that may be new. Not what this task has changed so far: it may mark it next.
    listen(root, 'pointerdown focus blur toggle', () => apply([], true))
    listen(root, 'load', (event) => {
      const target = targetOf(event) as Element
      if ($nodeType(target) !== 1 || !idOf(target)) return
      const name = $localName(target)
      if (name === 'link') styles.changed_(target)
      else if (name.endsWith('frame')) {
        drain(true)
        if (!__LEAN__ && dirty) return soil(target)
        stamp()
        walker.host_(target)
        walker.settle_()
        settleForms()
      }
      wrote()
    })
    listen(root, 'toggle', (event) => {
      // Of details too: they have no such state, and that is told.
      stamp()
      tellDialog(targetOf(event) as Element, true)
      wrote()
    })
    listen(root, 'reset', (event) => {
      // The controls change after the listeners.
      formReset(targetOf(event) as Element)
      wrote()
    })
    if (!__LEAN__) trackPosted(root, wrote)
    if ($nodeType(root) !== 9) return
    pointer.attach_(root as Document)
    if (!__LEAN__) {
      const view = $defaultView(root as Document)
      if (view) trackPosted(view, wrote)
      // What calls an editor a secret may come after it, but comes before the visitor.
      listen(root, 'focus', (event) => {
        const target = targetOf(event)
        if ($nodeType(target) !== 1 || !idOf(target) || !noteCalled(target as Element)) return
        stamp()
        remarkOne(target as Element)
      })
      // Before the page has drawn it.
      listen(root, 'keydown beforeinput paste', (event) => {
        const target = targetOf(event)
        const { key, ctrlKey, metaKey } = event as KeyboardEvent
        if ($nodeType(target) !== 1 || !idOf(target) || key && (ctrlKey || metaKey || Array.from(key).length !== 1)) return
        const around = drawnAround(target as Element)
        if (!around || !idOf(around)) return
        if (!isShown(target as Element)) typed()
        stamp()
        if (!isCode(target as Element)) noteEditor(around)
        else if (makeBox(around)) {
          drain(true)
          mutations.resend_?.([[idOf(around), 0]])
          settleForms()
        }
        wrote()
      })
    }
    trackKeys(root as Document, active)
    listen(root, 'input', (event) => {
      const target = targetOf(event) as Element
      // A choice has none.
      if ((event as InputEvent).inputType && (__LEAN__ || !isShown(target))) typed()
      stamp()
      noteDesign(root as Document, true)
      if (!__LEAN__) {
        if (dirty) tellTyped([target])
        if (typing && !typedIn?.includes(target)) (typedIn ??= []).push(target)
      }
      afterTask(() => {
        controlChanged(target)
        active()
      })
    })
    const realm = $defaultView(root as Document)
    if (realm) wrapRealm(realm)
  }
  const wrapRealm = (realm: Window & typeof globalThis): void => {
    wrapControls(realm, wrote)
    wrap(realm.Element.prototype, 'attachShadow', (host) => {
      if (!idOf(host as Element)) return
      if (!__LEAN__ && dirty) return soil(host as Element)
      stamp()
      walker.host_(host as Element)
      walker.settle_()
      wrote()
    })
    // An editor that draws its own text: no attribute says so.
    if (!__LEAN__) wrap(realm.HTMLElement.prototype, 'editContext', (element) => {
      stamp()
      noteEditor(element as Element)
      wrote()
    })
    styles.wrapRealm_(realm)
    if (!__LEAN__) wrapPosted(realm, wrote)
  }

  // Snapshots.
  let steps: Steps | null
  let epoch = 0
  const begin = (): void => {
    send('ops') // what follows may go to another core
    observer.takeRecords().forEach(noteOld)
    held = []
    beginIds()
    giveId(document)
    dirty = null
    if (!__LEAN__) steps = mutations.isOpen_ = null
    restamp()
    styles.begin_()
    op(Op.snapshotBegin, innerWidth, innerHeight, devicePixelRatio * 1000, scrollX, scrollY)
    stamp()
    if (!__LEAN__) {
      tellPosted()
      tellTyped([document])
      // With the lean recorder somebody may be typing in it.
      noteDrawn(document.activeElement)
    }
    noteDesign(document)
    observe(document)
  }
  const finish = (): void => {
    if (!__LEAN__) steps = mutations.isOpen_ = null
    settleForms()
    styles.settle_()
    op(Op.snapshotEnd)
    if (!__LEAN__ && isBusy) {
      isBusy = false
      less?.[0](true)
    }
    send('ops')
    readScroll()
  }
  const isLarge = (): boolean => document.all.length > (__LEAN__ ? Limit.oneTaskElements : options.slicing_?.oneTaskElements_ ?? Limit.oneTaskElements)
  const inOneTask = (): void => {
    begin()
    const first = $firstChild(document)
    if (first) walker.write_(document, first, $lastChild(document) as Node)
    walker.settle_()
    finish()
  }
  let isLeaving: boolean | undefined
  const snapshot = __LEAN__
    ? async (full?: boolean | string): Promise<void> => {
        if (stopped) return
        isLeaving ||= (full as boolean) || !!dirty || isLarge()
        if (!isLeaving) {
          try {
            epoch++
            return inOneTask()
          } catch (error) {
            if (error !== beyond) throw error
            // Nothing of it has been sent.
            take()
            forget()
            epoch--
          }
        }
        // What happens before the first epoch has no place.
        if (!epoch) stop()
        return options.beyond_()
      }
    : (full?: boolean | string): Promise<void> =>
        new Promise((resolve, reject) => {
          if (typeof full === 'string') console.warn('afterimage: a part is not recorded: ' + full)
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
            const end = performance.now() + (options.slicing_?.sliceMs_ ?? Limit.sliceMs)
            drain(true)
            // Full: begun anew when the worker has caught up.
            if (dirty || !steps) return false
            while (steps.next_()) {
              if (performance.now() < end || slices > Limit.slices) continue
              slices++
              send('ops')
              return true
            }
            finish()
            return false
          }
          run(() => {
            if (isLarge()) {
              begin()
              steps = walker.steps_?.(document) ?? null
              mutations.isOpen_ = steps?.isOpen_
              return slice()
            }
            inOneTask()
            return false
          })
        })

  const readScroll = (): void => {
    const mine = epoch
    scroll.readAll_(later, () => mine !== epoch || !!dirty, wrote)
  }

  // Cost.
  let busyBefore = busyMs
  let less: Less | undefined
  if (!__LEAN__) less = createLess((step, name, box) => {
    stamp()
    const id = idOf(box)
    if (box) {
      makeBox(box)
      mutations.resend_?.([[id, 0]])
      settleForms()
    }
    pointer.sampling_ = false
    op(Op.degraded, step, idOf(box))
    options.degraded_('busy page: less is recorded: ' + name)
    post('count', { name: `degraded-${name}` })
    wrote()
  }, wrote)
  const degrade = setInterval(guard(() => {
    const isLate = busyMs - busyBefore > Limit.busyMs && !dirty
    busyBefore = busyMs
    if (__LEAN__) isLate && void options.beyond_(isLate)
    else {
      if (isLate) drain(true)
      less?.[0](isLate)
    }
  }), Limit.degradeMs)

  const flush = (type: Sent = 'ops', all?: boolean): void => {
    if (!dirty) {
      drain(all)
      pointer.settle_()
      scroll.settle_()
      stamp()
      if (__LEAN__ || !typing || all) {
        settleForms()
        settleDue()
      }
      styles.settle_()
      watchClock()
    }
    // One message, so that nothing is answered to a page that goes.
    if (!dirty || type !== 'ops') send(type)
  }
  const flushAll = (type?: Sent): void => flush(type, true)

  const stop = guard(() => {
    if (stopped) return
    flushAll('click') // goes also while the worker is behind
    stopped = true
    epoch++
    clearTimeout(timer)
    clearInterval(degrade)
    observer.disconnect()
    sizes.disconnect()
    controller.abort()
    unwrap()
  })

  if (__LEAN__) op(Op.hello, protocolVersion, 0, 3, 0)
  else if (!continues) op(Op.hello, protocolVersion, options.plan_.level === 'balanced' ? 1 : 0, options.plan_.keystrokes === false ? 2 : 3, 0)
  trackPage(wrote, afterTask, flushAll, () => post('visible'))

  return {
    snapshot_: snapshot,
    note_: (code, first, second) => afterTask(() => op(code, first, second)),
    flush_: guard(() => flushAll()),
    resend_: guard((list) => {
      if (stopped) return
      if (__LEAN__) void options.beyond_()
      else {
        drain(true)
        stamp()
        mutations.resend_?.(list)
        settleForms()
        send('ops')
      }
    }),
    applied_: guard((bytes) => {
      queued = Math.max(0, queued - bytes)
      queuedSince = performance.now()
      catchUp()
    }),
    stop_: stop,
    ...(!__LEAN__ && {
      assets_: () => post('assets', { base: document.baseURI, loaded: performance.getEntries().map((entry) => entry.name) }),
    }),
  }
}
