/**
 * Doing less in a page so busy that the recorder would cost it too much: named steps, one at a time
 * (../PROTOCOL.md, op degraded).
 */
import { $contains, $nodeType } from './native'
import { boxes, idOf, parentOf } from './nodes'
import { markNames } from './policy'

/** Attributes that animations change, and how often such changes are told in a busy page, ms. */
const animated = /^(?:style|class|transform|d|points)$/
const thinMs = 1000

/** The steps by name; step 3 has nothing to leave out: no canvas is captured. */
const steps = ['', 'pointer', 'animations', '', 'subtree'] as const
export type Degraded = (typeof steps)[number]

/** Looks at the cost of the time since the last call: was it too much? */
type Tick = (isBusy: boolean) => void
/** What is to be told now of these changes; with `all`, of those that waited too. */
type Thin = (records: readonly MutationRecord[], all: boolean | undefined) => readonly MutationRecord[]
export type Less = readonly [tick: Tick, thin: Thin]

/**
 * @param tell  takes a step, with the element that becomes a box
 * @param wrote called while changes wait, so that they are asked for again
 */
export function createLess(
  tell: (step: number, name: Degraded, box?: Element) => void,
  wrote: () => void,
): Less {
  let step: 0 | 1 | 2 | 4 = 0
  /** Changes that wait, by element and attribute: what an attribute is then is told. */
  const held = new Map<string, MutationRecord>()
  let heldUntil = 0
  /** Nodes that changed by their target since the last look at the cost. */
  const work = new Map<Node, number>()

  /** The deepest element below which more than half of the work is, if it is a part of the page. */
  const busiest = (): Element | undefined => {
    const sums = new Map<Node, number>()
    let total = 0
    for (const [node, n] of work) {
      total += n
      for (let at: Node | null = node; at; at = parentOf(at)) sums.set(at, n + (sums.get(at) ?? 0))
    }
    let found: Node | undefined
    let least = total
    // Of those that hold the same work the deepest comes first.
    for (const [node, n] of sums) {
      if (n * 2 > total && (!found || n < least) && $nodeType(node) === 1 && idOf(node)) {
        found = node
        least = n
      }
    }
    return found && !$contains(found, document.body) ? (found as Element) : undefined
  }

  return [
    (isBusy) => {
      const box = isBusy && step > 1 ? busiest() : undefined
      work.clear()
      if (!isBusy || (step > 1 && !box)) return
      step = box ? 4 : step ? 2 : 1
      tell(step, steps[step], box)
    },
    (records, all) => {
      if (step < 2) return records
      const rest = records.filter((record) => {
        const { target, attributeName: name } = record
        // In a box, or in what is not written yet: the removals from where it was are records of their own.
        if (boxes.has(target) && !name || !idOf(target)) return false
        work.set(target, 1 + record.addedNodes.length + record.removedNodes.length + (work.get(target) ?? 0))
        const waits = name && animated.test(name) && !markNames.has(name)
        if (waits) held.set(idOf(target) + name, record)
        return !waits
      })
      if (!all && performance.now() < heldUntil) {
        if (held.size) wrote()
        return rest
      }
      heldUntil = performance.now() + thinMs
      const told = rest.concat(Array.from(held.values()))
      held.clear()
      return told
    },
  ]
}
