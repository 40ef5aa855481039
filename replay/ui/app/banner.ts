// <afterimage-banner>: tells everybody who is signed in, on every page of a site, that its
// privacy settings or its consent text changed, until they have put it away.

import { css, html, LitElement, nothing } from 'lit'
import { ago } from '../player/format.ts'
import { health, isBehindLogin, type Change } from './api.ts'
import { shared } from './shared.ts'

const pollMs = 60_000

export class AfterimageBanner extends LitElement {
  static override properties = { site: {}, kept: { type: Boolean }, change: { state: true } }
  declare site: string
  /** Also what was put away: on the health page. */
  declare kept: boolean
  declare change: Change | undefined
  private timer = 0

  static override styles = [shared, css`
    .alert { align-items: start; } .alert span { flex: 1; }
    button { flex: none; width: 28px; height: 28px; margin: -3px -8px -3px 0; border: 0; border-radius: 8px; background: none; color: inherit; font: 20px/1 var(--font); cursor: pointer; } button:hover { background: var(--hover); }
  `]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.timer)
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('site')) return
    this.change = undefined
    void this.poll()
  }

  private poll = async (): Promise<void> => {
    clearTimeout(this.timer)
    const { site } = this
    // A local player has no settings of sites, and nobody signs in there.
    const latest = isBehindLogin() ? (await health(site).catch(() => undefined))?.changes?.[0] : undefined
    if (site !== this.site) return
    if (latest) this.change = latest
    if (this.isConnected) this.timer = window.setTimeout(this.poll, pollMs)
  }

  private get key(): string {
    return `afterimage-seen-change.${this.site}`
  }

  protected override render() {
    const { change } = this
    if (!change || (!this.kept && localStorage.getItem(this.key) === change.version)) return nothing
    return html`<div class="alert" role="status"><span><b>The privacy settings changed ${ago(change.atMs, Date.now())}.</b> Version ${change.version}: ${change.changed.join(', ')}. Where the site asks for consent, visitors are asked again.</span>
      ${this.kept ? nothing : html`<button @click=${this.away} aria-label="Put this message away" title="Put away">×</button>`}</div>`
  }

  private away = () => {
    if (this.change) localStorage.setItem(this.key, this.change.version)
    this.requestUpdate()
  }
}

customElements.define('afterimage-banner', AfterimageBanner)
