// <afterimage-snippet>: the script tag of a site, to copy.

import { css, html, LitElement } from 'lit'
import { icons } from '../player/icons.ts'
import { shared } from './shared.ts'
import type { Site } from './api.ts'

export class AfterimageSnippet extends LitElement {
  static override properties = { site: { attribute: false }, copied: { state: true } }
  declare site: Site
  declare copied: boolean

  static override styles = [shared, css`
    .code { position: relative; text-align: left; }
    pre { margin: 0; padding: 16px 108px 16px 18px; border-radius: 12px; background: var(--sunken); border: 1px solid var(--line); font: 13px/1.6 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; color: var(--text); }
    .button { position: absolute; top: 9px; right: 9px; height: 34px; padding: 0 12px; font-size: 13px; }
  `]

  protected override render() {
    const text = snippetOf(this.site)
    return html`<div class="code"><pre tabindex="0" aria-label="Snippet">${text}</pre>
      <button class="button" @click=${() => this.copy(text)}>${icons.copy}${this.copied ? 'Copied' : 'Copy'}</button></div>`
  }

  private async copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text)
      this.copied = true
      setTimeout(() => (this.copied = false), 2000)
    } catch {
      const pre = this.renderRoot.querySelector('pre')
      if (pre) getSelection()?.selectAllChildren(pre)
    }
  }
}

export function snippetOf(site: Site): string {
  const key = site.key ?? (site.custody === 'managed' ? `m.${site.id}` : 'SITE_KEY')
  return `<script async src="${location.origin}/afterimage.js" data-site="${key}"></script>`
}

customElements.define('afterimage-snippet', AfterimageSnippet)
