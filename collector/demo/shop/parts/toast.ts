import { h, icon, type Child } from './dom'

/** toast shows a line in the corner for a few seconds. */
export function toast(text: string, action?: Child): void {
  const holder = document.getElementById('toasts')
  if (!holder) return
  const node = h('div', { class: 'toast' }, icon('check'), h('span', null, text), action)
  holder.append(node)
  window.setTimeout(() => {
    node.classList.add('leaving')
    window.setTimeout(() => node.remove(), 300)
  }, 3800)
}
