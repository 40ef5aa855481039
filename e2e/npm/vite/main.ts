// A page as a user of the package would write it; the test reads what it puts on `window`.
import { afterimage, type Options } from 'afterimage'

const before = 'afterimage' in window
const items = document.querySelector('#items') as HTMLElement
document.querySelector('#add')?.addEventListener('click', () => {
  items.append(document.createElement('li'))
  afterimage.track('added', { items: items.childElementCount })
})
const options = (await (await fetch('/config.json')).json()) as Options
const outcome = await afterimage.start(options).then(
  () => 'recording',
  (refusal: { code: string }) => refusal.code,
)
Object.assign(window, { fixture: { outcome, before, same: window.afterimage === afterimage } })
