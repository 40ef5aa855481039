// The demo shop: an invented shop with everything a recorder meets on a real page
// (routes, forms, a dialog, a shadow root, timers, inner scrolling). Entry of the page.

import { startFrame } from './parts/frame'
import { startLive } from './parts/live'
import { defineRating } from './parts/rating'
import { makeRouter, type Router } from './parts/router'
import { startTheme } from './parts/store'
import { cartView } from './views/cart'
import { checkoutView } from './views/checkout'
import { helpView } from './views/help'
import { listView } from './views/list'
import { missingView } from './views/missing'
import { productView } from './views/product'
import { thanksView } from './views/thanks'

startTheme()
defineRating()
startLive()

const main = document.getElementById('main')
if (!main) throw new Error('the page has no #main')

const afterRoute = startFrame(() => router)
const router: Router = makeRouter(main, [
  [/^\/$/, (args) => listView(args.query, router)],
  [/^\/product\/([a-z-]+)$/, (args) => productView(args.params[0] ?? '')],
  [/^\/cart$/, () => cartView()],
  [/^\/checkout$/, () => checkoutView(router)],
  [/^\/thanks$/, () => thanksView()],
  [/^\/help$/, () => helpView()],
], () => missingView(), afterRoute)
router.start()
