/**
 * The bridge of one page view: connects observers, walk and trackers to one op writer, and posts
 * batches within a bound.
 *
 * Comes in: the page. Goes out: batches of ops by `post`. Nothing runs, is wrapped or listened to
 * before `createRecorder` and after `stop`; nothing in here throws into the page.
 */
import { protocolVersion } from '../messages'
import { tellDialog, trackSizes } from './boxes'
import { controlChanged, controlTouched, controlWritten, focused, formReset, isInBox, noteChanged, noteInput, settleForms, tellAllTyped, tellChanged, tellEdited, tellFocused, tellRemembered, tellTyped, wrapControls } from './forms'
import { atEnd, busyMs, guard, listen, openGuard, unwrap, wrap } from './guard'
import type { Recorder, RecorderOptions } from './interface'
import { focusedLast, trackKeys } from './keys'
import { hasLate, isTyping, Late, openLate, setTyping, settleLate, tellLate } from './late'
import { beyond } from './lean'
import { createLess, type Less } from './less'
import { createMutations } from './mutations'
import { $contains, $defaultView, $firstChild, $lastChild, $localName, $matches, $nodeType, $ownerDocument, findAll } from './native'
import { beginIds, boxes, dropIds, giveId, idOf, nearestId, parentOf, rootOf } from './nodes'
import { now, Op, op, openWriter, restamp, rewind, stamp, take, typed as earlier, watchClock, writtenBytes } from './ops'
import { trackPage } from './page'
import { targetOf, trackPointer } from './pointer'
import { drawnAround, isCode, isShown, isSingle, makeBox, markNames, noteCalled, noteDrawn, noteFilled, noteKey, noteOld, noteReplaced, openPolicy, openRoots } from './policy'
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
  /** A timer that is early by what the clock is jittered would find the second not over. */
  nextMs = 1002,
  /** So long after a key what changes in editors is taken for what it wrote. */
  editedMs = 2000,
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
  /** The next page view has begun after so long, or there is none. */
  pausedMs = 30_000,
  busyMs = 300,
}

interface SchedulerLike {
  postTask(run: () => void): Promise<void>
}

/** Where the space bar is no character. */
const pressed = 'a,area,button,summary,video,audio,input:is([type=checkbox i],[type=radio i],[type=submit i],[type=button i],[type=reset i],[type=image i],[type=file i],[type=color i],[type=range i]),:is([role=button i],[role=link i],[role=checkbox i],[role=switch i],[role=radio i],[role=tab i],[role=option i],[role^=menuitem i])'

/** Whose value arrows make, which is as many keys; no event of input says that it is typed. */
const stepped = 'input:is([type=number i],[type=date i],[type=time i],[type=month i],[type=week i],[type=datetime-local i])'

const soon = (run: () => void): void => {
  const { scheduler } = window as { scheduler?: SchedulerLike }
  if (scheduler) scheduler.postTask(run).catch(() => {})
  else setTimeout(run)
}

/** Taken from the observer in the middle of a task: what it changes is told at its end. */
const early: MutationRecord[] = []

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
      isTyping ? leave() : freeze()
    }
  }, controller.signal)
  openRoots()
  if (!__LEAN__) openPolicy(options.plan_, continues)
  const attached = new WeakSet<Node>()
  let stopped = false
  /** The page view has ended. It listens until the next one begins, so that what is typed meanwhile is known there. */
  let isPaused = false

  if (!__LEAN__) {
    openPosted(continues)
    openLate()
    early.length = 0
  }
  // Time.
  openWriter(options.startMs_)

  // Later.
  /** Runs the job in tasks of its own, until it answers false. */
  const later = (job: () => boolean): void => {
    (__LEAN__ ? setTimeout : soon)(guard(() => {
      // What is told here has the level that the page gives it now.
      if (!__LEAN__ && typing) drain(true)
      if (!stopped && job()) later(job)
    }))
  }
  let timer = 0
  const wrote = (): void => {
    if (writtenBytes() > Limit.batchBytes) return send('ops')
    timer ||= setTimeout(guard(flush), Limit.batchMs)
  }
  let framed = false
  const frame = (): void => {
    if (framed) return
    framed = true
    requestAnimationFrame(guard(() => {
      framed = false
      if (stopped || (__LEAN__ ? isTyping : typing)) return
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
      if (isPaused) return void take()
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
  const isFull = (): unknown => queued > Limit.queueBytes || (queued && performance.now() - queuedSince > Limit.queueMs)

  // The tree.
  const observer = new MutationObserver(guard((records) => apply(records)))
  const watch = (root: Node): void => observer.observe(root, { subtree: true, childList: true, attributeOldValue: true, characterData: true })
  const observe = (root: Node): void => {
    watch(root)
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
        else if (name === '' || /^(img|video|canvas|i?frame|object|embed)$/.test(name)) {
          sizes.observe(element)
          if (name.endsWith('frame')) walker.host_(element)
        }
      },
    },
  )
  const mutations = createMutations(walker, {
    attribute_(element, name) {
      if (name === 'type') controlTouched(element)
      else if (name === 'open') tellDialog(element, true) // as at event toggle
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
    if (!__LEAN__) {
      typedIn = undefined
      tellChanged()
    }
    for (let tell; (tell = due.shift()); ) {
      // What one of them may not tell takes nothing of those before it.
      stamp()
      tell()
    }
  }
  const styles = createStyles(later, wrote, afterTask)
  const active = (isClick?: boolean): void => {
    options.activity_()
    if (!__LEAN__ && isClick) return atEnd(() => stopped || (dirty ? wrote() : flush('click'))) // script may do so in the middle of a task
    isClick && !dirty ? flush('click') : wrote()
  }

  const pointer = trackPointer(active)
  const scroll = trackScroll(frame)
  const sizes = trackSizes(wrote)

  /** Changes that are not told yet: they wait while somebody types. */
  let held: MutationRecord[] = []
  const look = (records: readonly MutationRecord[]): void => {
    if (!__LEAN__) {
      noteReplaced(records)
      // The page may take it out of there and show it before they are told.
      if (typing || dirty || now() < typedMs + Limit.editedMs) tellEdited(records)
    }
    records.forEach((record) => {
      held.push(record)
      // Its ids stay until this is told, and the page may change it before it puts it back.
      if (__LEAN__ ? isTyping : typing) record.removedNodes.forEach(watch)
      if (!noteOld(record)) return
      controlTouched(record.target as Element)
      if (!__LEAN__) remarkOne(record.target as Element)
    })
  }
  /** As isTyping, but while it is turned off for what cannot wait. Only of the full recorder. */
  let typing: 0 | 1 | 2 = 0
  /** The lean recorder is to hand over with its next snapshot, or does already. */
  let isLeaving: unknown
  /** When somebody typed last; what hands over to this recorder may be a key. */
  let typedMs = __LEAN__ ? 0 : continues ? now() : -Limit.editedMs
  /** In these, whose values wait too. */
  let typedIn: Node[] | undefined
  /** For the end of the second that is being waited for. */
  let waits: unknown
  const end = (): void => {
    waits = 0
    // Where the full recorder is on its way that goes on: it tells of the tree what is there then.
    if (stopped || __LEAN__ && isLeaving) return
    const wasNext = (__LEAN__ ? isTyping : typing) as number < 2
    if (!__LEAN__) typing = 0
    setTyping(0)
    flush()
    if (__LEAN__) op(Op.focus, nearestId(focusedLast)) // goes with what comes next
    // What the page does to its tree in the second after that of a key, as an answer to it, is one too.
    wasNext || typed(0, 1)
  }
  /** How often a page changes with the keys, and when, is what is typed: for the rest of a second its changes are one. */
  const typed = (isBeyond?: unknown, how: 1 | 2 = 2): void => {
    waits ||= setTimeout(guard(end), Limit.nextMs - (now() % Limit.typedMs))
    if (!__LEAN__) typing = how
    setTyping(how)
    if (__LEAN__ && isBeyond) leave()
  }
  const apply = __LEAN__
    ? (given: readonly MutationRecord[]): void => {
        if (stopped) return
        look(given)
        if (isTyping) return
        const records = held
        held = []
        if (!records[0]) return
        if (!dirty && isFull()) freeze()
        if (dirty) return
        stamp()
        mutations.apply_(records)
        wrote()
      }
    : (given: readonly MutationRecord[], all?: boolean): void => {
        if (stopped) return
        look(early[0] ? early.splice(0).concat(given) : given)
        if (typing && !all) return
        const records = told(held, all)
        held = []
        if (!records[0]) return
        stamp()
        // The page may repeat it in what is told before its time.
        if (typedIn) tellTyped(typedIn)
        try {
          mutations.apply_(records)
        } catch (error) {
          options.failed_(error)
          rewind()
          forget()
          soon(guard(catchUp))
        }
        wrote()
      }
  /** What is to be told now of these changes. Only of the full recorder. */
  const told = (records: readonly MutationRecord[], all?: boolean): readonly MutationRecord[] => {
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
  const drain = (all?: boolean): void => __LEAN__ ? apply(observer.takeRecords()) : apply(observer.takeRecords(), all)
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
  /** The lean recorder hands over to the full one, and holds what it holds until that is there. */
  const leave = (): void => {
    isLeaving = true
    void options.beyond_()
  }
  /** Likewise, and tells nothing more of the tree. */
  const freeze = (): void => {
    forget()
    leave()
  }
  /** Walks anew what changed while the worker was behind. */
  const catchUp = (): void => {
    if (!dirty || queued >= Limit.caughtUpBytes) return
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

  /** Listeners and wrappers of a document or shadow root. Events that leave their shadow tree are taken at the document. */
  const attach = (root: Document | ShadowRoot): void => {
    styles.root_(root)
    if (attached.has(root)) return
    attached.add(root)
    scroll.attach_(root)
    // They are of elements that may be new. Not what this task has changed so far: it may mark it next.
    listen(root, __LEAN__ ? 'pointerdown' : 'pointerdown focus blur toggle', __LEAN__ ? ({ isTrusted }) => isTrusted && flushAll() : (event, kind) => {
      if (!kind) noteFilled() // a button that sends
      // How often script makes one at each key, and when, is what is typed.
      if (typing && !event.isTrusted) return
      // They wait too, but beside a box focus is told at once, also of what is new.
      if (kind && typing && (kind > 1 || idOf(targetOf(event)) || !boxes.size)) return
      // What is told is read from the page as this task has it, and a marker may follow.
      early.push(...observer.takeRecords())
      if (early[0]) atEnd(() => drain(true))
      else apply([], true)
    })
    listen(root, 'load', (event) => {
      const target = targetOf(event) as Element
      if ($nodeType(target) !== 1 || !idOf(target)) return
      const name = $localName(target)
      if (name === 'link') styles.changed_(target)
      else if (name.endsWith('frame')) {
        // One in which the visitor is has listeners at once.
        if (!__LEAN__ && typing && ($ownerDocument(target) as Document).activeElement !== target) {
          tellLate(Late.frame, target, () => {
            walker.host_(target)
            walker.settle_()
            settleForms()
          })
          return wrote()
        }
        const host = (): void => {
          if (!__LEAN__) {
            drain(true)
            if (dirty) return soil(target)
          }
          stamp()
          walker.host_(target)
          walker.settle_()
          settleForms()
          if (!__LEAN__) wrote()
        }
        // An empty one loads as it is put in, within a task that may mark something next.
        if (!__LEAN__) return atEnd(() => !stopped && idOf(target) && host())
        host()
      }
      wrote()
    })
    listen(root, 'toggle', (event) => {
      stamp()
      // It may be of what is not told yet.
      if (__LEAN__ && isTyping) throw beyond
      // Of details too: they have no such state, and that is told.
      if (__LEAN__) tellDialog(targetOf(event) as Element, true)
      else {
        const target = targetOf(event) as Element
        tellLate(Late.dialog, target, () => tellDialog(target, true))
      }
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
      if (view) {
        trackPosted(view, wrote)
        listen(view, 'blur', ({ target }) => {
          if (target === view && hasLate(Late.frame)) atEnd(() => stopped || flushAll())
        })
      }
      // What calls an editor a secret may come after it, but comes before the visitor.
      listen(root, 'focus', (event) => {
        const target = targetOf(event)
        if ($nodeType(target) !== 1 || !idOf(target) || !noteCalled(target as Element)) return
        stamp()
        remarkOne(target as Element)
      })
      // Before the page has drawn it, and where it lets nobody hear of its keys.
      listen($defaultView(root as Document) ?? root, 'keydown beforeinput paste', (event) => {
        const target = targetOf(event)
        const { key, ctrlKey, metaKey } = event as KeyboardEvent
        typedMs = now()
        if ($nodeType(target) !== 1) return
        // What phones and input methods say of a character has no name of one.
        const isCharacter = !ctrlKey && !metaKey && (Array.from(key ?? '').length === 1 || /^(Dea|Proc|Uni)/.test(key))
        if (key) noteKey(target as Element, isCharacter)
        // The page may draw it without a field, and no event of input comes.
        if ((isCharacter || /^(Ba|Del)/.test(key)) && target !== document.body && !(key === ' ' && $matches(target as Element, pressed)) && !isShown(target as Element)) typed()
        if (!idOf(target)) {
          // New in this second: what is around it can be marked when it is told.
          if (typing && !isInBox(target) && drawnAround(target as Element)) drain(true)
          if (!idOf(target)) return
        }
        if (key && (ctrlKey || metaKey || Array.from(key).length !== 1)) return
        const around = drawnAround(target as Element)
        if (!around || !idOf(around)) return
        if (!isShown(target as Element)) typed()
        stamp()
        if (!isCode(target as Element)) noteEditor(around)
        else if (makeBox(around)) {
          atEnd(() => {
            if (stopped) return
            drain(true)
            stamp()
            mutations.resend_?.([[idOf(around), 0]])
            settleForms()
            wrote()
          })
        }
        wrote()
      })
    }
    const realm = $defaultView(root as Document)
    trackKeys(root as Document, realm, active, typed, freeze)
    listen(root, 'input', (event) => {
      const target = targetOf(event) as Element
      // A choice has none.
      const isTyped = (event as InputEvent).inputType
      if (__LEAN__ && isTyped) typed(!(target as HTMLInputElement).type) // an editor, or a document in designMode
      stamp()
      if (!__LEAN__) {
        const isOpen = isShown(target)
        if ((isTyped || $matches(target, stepped)) && !isOpen) typed()
        noteDesign(root as Document, true)
        typedMs = now()
        noteFilled(target)
        // The page may take it away before it is told as a value, and show it.
        noteInput(target, event as InputEvent)
        if (isOpen && dirty) tellTyped([target])
        if (typing) {
          const records = observer.takeRecords()
          tellEdited(records)
          early.push(...records)
          if (!typedIn?.includes(target)) (typedIn ??= []).push(target)
        }
      }
      __LEAN__ ? controlChanged(target) : noteChanged(target)
      afterTask(active)
    })
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
    const records = __LEAN__ ? observer.takeRecords() : early.splice(0).concat(observer.takeRecords())
    if (!__LEAN__ && typing) tellEdited(records)
    send('ops') // what follows may go to another core
    records.forEach(noteOld)
    held = []
    beginIds()
    giveId(document)
    dirty = null
    if (!__LEAN__) steps = mutations.isOpen_ = null
    restamp()
    styles.begin_()
    if (__LEAN__) setTyping(0)
    op(Op.snapshotBegin, innerWidth, innerHeight, devicePixelRatio * 1000, scrollX, scrollY)
    stamp()
    if (!__LEAN__) {
      tellPosted()
      if (epoch < 2) tellRemembered()
      isLarge() ? tellAllTyped(document) : tellTyped([document])
      // With the lean recorder somebody may be typing in it.
      noteDrawn(document.activeElement)
    }
    noteDesign(document)
    observe(document)
  }
  const finish = (): void => {
    if (!__LEAN__) steps = mutations.isOpen_ = null
    settleForms()
    if (!__LEAN__) setTyping(0)
    styles.settle_()
    if (!__LEAN__) setTyping(typing)
    op(Op.snapshotEnd)
    // Nobody has told it to this epoch, and what hands over is mostly a key in a field.
    if (!__LEAN__ && continues && epoch < 2) {
      const field = focused()
      if (field && field !== document.body && !isSingle(field)) op(Op.focus, nearestId(field))
    }
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
  const snapshot = __LEAN__
    ? async (full?: boolean | string): Promise<void> => {
        if (stopped) return
        isLeaving ||= full || dirty || isLarge() || (!epoch && earlier.size)
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
    scroll.readAll_(later, () => mine !== epoch || dirty, wrote)
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
    if (__LEAN__) pointer.settle_()
    if (!dirty) {
      if (!__LEAN__ && all) tellFocused()
      __LEAN__ ? drain() : drain(all)
      if (!__LEAN__) pointer.settle_()
      if (__LEAN__) {
        isTyping || scroll.settle_()
        stamp()
        settleForms()
        settleDue()
        isTyping || styles.settle_()
      } else {
        const isDue = all || !typing
        if (isDue) scroll.settle_()
        stamp()
        if (isDue) {
          settleForms()
          settleDue()
          settleLate()
        }
        setTyping(all ? 0 : typing)
        styles.settle_()
        setTyping(typing)
      }
      watchClock()
    }
    // One message, so that nothing is answered to a page that goes.
    if (!dirty || type !== 'ops') send(type)
  }
  const flushAll = (type?: Sent): void => {
    if (__LEAN__ && !isLeaving) setTyping(0)
    __LEAN__ ? flush(type) : flush(type, true)
  }

  const stop = guard((isForNext?: boolean) => {
    if (stopped) return
    try {
      flushAll('click') // goes also while the worker is behind
    } finally {
      clearInterval(degrade)
      if (!__LEAN__ && isForNext) {
        isPaused = true
        setTimeout(stop, Limit.pausedMs)
      } else {
        if (!__LEAN__) dirty = null // what is applied now is not caught up with
        stopped = true
        timer = -1 // none is set any more: it would take what the next page view writes
        epoch++
        observer.disconnect()
        sizes.disconnect()
        controller.abort()
        unwrap()
      }
    }
  })

  if (__LEAN__) op(Op.hello, protocolVersion, 0, 3, 0)
  else if (!continues) op(Op.hello, protocolVersion, options.plan_.level === 'balanced' ? 1 : 0, options.plan_.keystrokes === false ? 2 : 3, 0)
  trackPage(wrote, afterTask, flushAll, () => {
    if (__LEAN__ || !isPaused) post('visible')
  }, continues)

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
      if (!__LEAN__) catchUp()
    }),
    stop_: stop,
    ...(!__LEAN__ && {
      assets_: () => post('assets', { base: document.baseURI, loaded: performance.getEntries().map((entry) => entry.name) }),
    }),
  }
}
