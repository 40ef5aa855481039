// All of the public interface, as a user writes it: tsc has nothing to object to.
import { afterimage, type Afterimage, type Capture, type Delivered, type Options, type Paths, type Phase, type State } from 'afterimage'

const capture: Capture = { canvas: false, console: false, network: false, media: false, selection: false, keystrokes: false }
const paths: Paths = { socket: 's', tail: 't', settings: 'c' }
const options: Options = {
  site: 'm.abcdefgh',
  endpoint: 'https://collector.example/prefix',
  privacy: 'balanced',
  mask: '.name, .mail',
  block: ['.map'],
  allow: [],
  consent: 'required',
  consentVersion: '2',
  respectDNT: true,
  minor: false,
  sample: 0.5,
  release: '1.2.3',
  environment: 'production',
  cookieDomain: 'shop.example',
  capture,
  paths,
}
await afterimage.start(options).catch((refusal: { code: string; directive?: string }) => refusal.code)
await afterimage.start()
await afterimage.snapshot()
const delivered: Delivered = await afterimage.flush()
const { acknowledged, pending }: Delivered = await afterimage.stop({ timeoutMs: 500 })
await afterimage.stop()
afterimage.consent(true, '2')
afterimage.consent(false)
afterimage.optOut()
afterimage.optIn()
afterimage.identify('customer-1', { plan: 'team' })
afterimage.track('added', { items: 3 })
const opened: boolean = afterimage.privacy()
const state: State = afterimage.state
const phase: Phase = state.phase
const ids: (string | null)[] = [afterimage.sessionId, afterimage.pageViewId]
const global: Afterimage | undefined = window.afterimage
export { acknowledged, delivered, global, ids, opened, pending, phase }
