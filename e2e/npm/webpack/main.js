// A page as a user of the package would write it; the test reads what it puts on `window`.
import { afterimage } from 'afterimage'

const before = 'afterimage' in window
const items = document.querySelector('#items')
document.querySelector('#add').addEventListener('click', () => {
  items.append(document.createElement('li'))
  afterimage.track('added', { items: items.childElementCount })
})
fetch('/config.json')
  .then((response) => response.json())
  .then((options) => afterimage.start(options))
  .then(
    () => 'recording',
    (refusal) => refusal.code,
  )
  .then((outcome) => Object.assign(window, { fixture: { outcome, before, same: window.afterimage === afterimage } }))
