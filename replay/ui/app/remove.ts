// <afterimage-remove>: the button that deletes a session for good, and the receipt of it.

import { css, html, LitElement, nothing } from 'lit'
import { icons } from '../player/icons.ts'
import { ApiError, deleteSession, type Receipt } from './api.ts'
import { shared } from './shared.ts'

export class AfterimageRemove extends LitElement {
  static override properties = { session: {}, back: {}, state: { state: true }, problem: { state: true } }
  declare session: string
  /** Where to go when the session is gone. */
  declare back: string
  declare state: 'asking' | 'deleting' | Receipt
  declare problem: ApiError | undefined

  static override styles = [shared, css`
    :host { display: inline-flex; }
    .icon { display: inline-grid; place-items: center; width: 34px; height: 34px; border: 0; border-radius: 9px; background: none; color: var(--muted); cursor: pointer; } .icon:hover { background: var(--hover); color: var(--text); } .icon svg { width: 18px; height: 18px; }
    dialog { width: min(460px, calc(100vw - 32px)); padding: 24px; border: 1px solid var(--line); border-radius: 14px; background: var(--surface); color: var(--text); } dialog::backdrop { background: rgb(0 0 0 / .45); }
    h2 { margin-bottom: 8px; } dl { display: grid; grid-template-columns: auto 1fr; gap: 4px 18px; margin: 14px 0 0; font-size: 14px; } dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
    .row { display: flex; flex-wrap: wrap; justify-content: end; gap: 10px; margin-top: 20px; } .alert { margin: 16px 0 0; }
    .danger { background: var(--live-text); border-color: transparent; color: var(--surface); } .danger:hover { background: var(--live-text); filter: brightness(.92); } [disabled] { opacity: .6; cursor: default; }
  `]

  constructor() {
    super()
    this.state = 'asking'
  }

  private get dialog(): HTMLDialogElement {
    return this.renderRoot.querySelector('dialog') as HTMLDialogElement
  }

  protected override render() {
    const { state, problem } = this
    return html`<button class="icon" @click=${() => this.dialog.showModal()} aria-label="Delete this session" title="Delete this session">${icons.trash}</button>
      <dialog aria-labelledby="title" @keydown=${(e: Event) => e.stopPropagation()} @cancel=${(e: Event) => { if (state !== 'asking') e.preventDefault() }}>
        ${typeof state === 'object' ? this.receipt(state) : html`
          <h2 id="title">Delete this session for good?</h2>
          <p class="muted">Its keys are destroyed first: from then on nobody can open what is left of it, not even with the site’s key. The audit keeps that you deleted it.</p>
          ${problem ? html`<div class="alert" role="alert"><span><b>${problem.message}</b> ${problem.hint}</span></div>` : nothing}
          <div class="row"><button class="button" ?disabled=${state === 'deleting'} @click=${() => this.dialog.close()}>Cancel</button>
            <button class="button danger" ?disabled=${state === 'deleting'} @click=${this.confirmed}>${state === 'deleting' ? 'Deleting…' : 'Delete'}</button></div>`}
      </dialog>`
  }

  private receipt(r: Receipt) {
    return html`<h2 id="title">The session is deleted.</h2>
      <p class="muted" role="status">${r.backups
        ? `Nobody can open it here any more. The last backup that holds a copy of its keys goes on ${r.lastCopyGoes}.`
        : 'Nobody can open it any more, and no backup holds a copy of its keys.'}</p>
      <dl><dt>Session</dt><dd>${r.session}</dd><dt>Deleted</dt><dd>${new Date(r.erasedAt).toLocaleString()}</dd><dt>Keys destroyed</dt><dd>${r.envelopes}</dd><dt>Last copy</dt><dd>${r.lastCopyGoes}</dd></dl>
      <div class="row"><button class="button" @click=${() => download(r)}>Download the receipt</button>
        <a class="button main" href=${this.back}>Back to the sessions</a></div>`
  }

  private confirmed = async (): Promise<void> => {
    this.state = 'deleting'
    this.problem = undefined
    try {
      this.state = await deleteSession(this.session)
    } catch (error) {
      this.problem = error instanceof ApiError ? error : new ApiError(0, String(error), '')
      this.state = 'asking'
    }
  }
}

/** The receipt as a file: ids, times and counts, nothing of what was recorded. */
function download(r: Receipt): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([JSON.stringify(r, undefined, 2) + '\n'], { type: 'application/json' }))
  link.download = `${r.session.slice(0, 8)}.receipt.json`
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

customElements.define('afterimage-remove', AfterimageRemove)
