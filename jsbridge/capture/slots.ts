/**
 * Shadow trees in which a slot lies in a masked or blocked part: that holds for the host's light children
 * too, which stand elsewhere in the tree.
 */
import { $getRootNode, $host, $matches, $nodeType, $parentElement, findAll } from './native'
import { blocked, masked, shadowOf, shown } from './policy'

const shadowHostOf = (node: Node): Element | null => {
  const root = $getRootNode(node)
  return $nodeType(root) === 11 && 'host' in root ? $host(root as ShadowRoot) : null
}

/** Whether a shadow root was ever seen: without one nobody asks for the root of a node. */
let hasHosts = false
/** Hosts whose slots lie in a masked or blocked part of their shadow tree, with the bits for op mark. */
export const slots = new Map<Element, number>()
/**
 * Bits of op mark for the light children of a host: the tightest of what holds for its slots. The tree
 * in which a slot is shown goes over the hosts between it and its own root.
 */
const slotBits = (host: Element): number => {
  const root = shadowOf(host)
  hasHosts ||= !!root
  let bits = 0
  for (const slot of root ? findAll(root, 'slot') : []) {
    let own = 0
    for (let at: Element | null = slot; at; at = $parentElement(at)) {
      const around = at === slot ? 0 : slotBits(at)
      if ($matches(at, blocked) || around & 16) own = 16
      own ||= around || ($matches(at, masked) ? 8 : $matches(at, shown) ? 4 : 0)
      if (own & 16) break
    }
    bits |= own
  }
  return bits & 24
}
/** Hosts whose light children are under other bits since the roots of these nodes changed. */
export const slotsChanged = (nodes: readonly Node[]): Element[] => {
  const seen = new Set<Element>()
  if (hasHosts) for (const node of nodes) {
    for (let host = shadowHostOf(node); host && !seen.has(host); host = shadowHostOf(host)) seen.add(host)
  }
  return Array.from(seen).filter((host) => slotBits(host) !== (slots.get(host) ?? 0))
}
/** The same bits, noted. */
export const slotted = (host: Element): number => {
  const bits = slotBits(host)
  bits ? slots.set(host, bits) : slots.delete(host)
  return bits
}
