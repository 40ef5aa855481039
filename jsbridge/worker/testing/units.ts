/** Puts the worker's parts on the page's global object, for e2e/worker_units_test.go. Never shipped. */
import * as assets from '../assets'
import * as bytes from '../bytes'
import * as core from '../core'
import * as delivery from '../delivery'
import * as frame from '../frame'
import * as hpke from '../hpke'
import * as limits from '../limits'
import * as outbox from '../outbox'
import * as page from '../page'
import * as queue from '../queue'
import * as seal from '../seal'
import * as settings from '../settings'
import * as socket from '../socket'
import * as unpack from '../unpack'

Object.assign(globalThis, { units: { assets, bytes, core, delivery, frame, hpke, limits, outbox, page, queue, seal, settings, socket, unpack } })
