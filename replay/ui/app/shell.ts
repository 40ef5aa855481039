// <afterimage-app>: navigation, and the page that the address names.
//
//	/                        the first site's sessions
//	/sites/{id}              its sessions
//	/sites/{id}/health       its counters
//	/sites/{id}/install      its snippet
//	/sessions/{id}           the player

import { css, html, LitElement, nothing } from 'lit'
import { icons } from '../player/icons.ts'
import { applyTheme, onTheme, theme, toggleTheme } from '../theme.ts'
import '../player/element.ts'
import { account, ApiError, isLocal, isReadOnly, signOut, sites, type Site } from './api.ts'
import './banner.ts'
import './health.ts'
import './remove.ts'
import './sessions.ts'
import './snippet.ts'
import { shared } from './shared.ts'

type Route =
  | { page: 'sessions' | 'health' | 'install'; site: string | undefined }
  | { page: 'player'; session: string }

function route(): Route {
  const parts = location.pathname.split('/').filter(Boolean).map(decodeURIComponent)
  if (parts[0] === 'sessions' && parts[1]) return { page: 'player', session: parts[1] }
  if (parts[0] === 'sites' && parts[1]) {
    return { page: parts[2] === 'health' || parts[2] === 'install' ? parts[2] : 'sessions', site: parts[1] }
  }
  return { page: 'sessions', site: undefined }
}

export class AfterimageApp extends LitElement {
  static override properties = { where: { state: true }, list: { state: true }, problem: { state: true }, lastSite: { state: true }, user: { state: true }, gone: { state: true } }
  declare where: Route
  declare list: Site[] | undefined
  declare problem: ApiError | undefined
  declare user: string | undefined
  /** There is no such session as the address names. */
  declare gone: boolean
  private lastSite: string | undefined
  private forgetTheme = () => {}

  static override styles = [shared, css`
    :host { height: 100%; }
    .app { display: grid; grid-template-columns: 236px minmax(0, 1fr); min-height: 100%; background: var(--bg); }
    nav { display: flex; flex-direction: column; gap: 4px; padding: 18px 14px; background: var(--surface); border-right: 1px solid var(--line); position: sticky; top: 0; height: 100vh; }
    .brand { display: flex; align-items: center; gap: 10px; padding: 2px 8px 16px; color: var(--text); font-weight: 660; font-size: 16px; letter-spacing: -.01em; text-decoration: none; }
    .brand svg { width: 28px; height: 28px; display: block; }
    .site { margin: 0 4px 12px; }
    .site select { width: 100%; height: 38px; border-radius: 10px; border: 1px solid var(--line); background: var(--surface); color: var(--text); font: 550 14px/1 var(--font); padding: 0 10px; cursor: pointer; }
    nav a.item { display: flex; align-items: center; gap: 11px; padding: 9px 12px; border-radius: 10px; color: var(--muted); text-decoration: none; font-weight: 530; font-size: 14.5px; }
    nav a.item:hover { background: var(--hover); color: var(--text); }
    nav a.item[aria-current] { background: var(--accent-soft); color: var(--accent-text); }
    nav .fill { flex: 1; }
    .theme { display: flex; align-items: center; gap: 11px; padding: 9px 12px; border: 0; border-radius: 10px; background: none; color: var(--muted); font: 500 14px/1.5 var(--font); cursor: pointer; text-align: left; } .theme:hover { background: var(--hover); color: var(--text); }
    .version { padding: 4px 12px; color: var(--muted); font-size: 12px; }
    main { padding: 30px clamp(16px, 4vw, 44px) 60px; max-width: 1180px; width: 100%; margin: 0 auto; min-width: 0; }
    .play { height: 100%; }
    .back { display: inline-flex; align-items: center; gap: 4px; height: 34px; padding: 0 10px 0 4px; border-radius: 9px; color: var(--muted); text-decoration: none; font-size: 13.5px; font-weight: 530; } .back:hover { background: var(--hover); color: var(--text); }
    .steps { display: grid; gap: 22px; padding: 24px; } .steps h2 { margin-bottom: 6px; } .steps afterimage-snippet { margin-top: 12px; display: block; }
    dl { display: grid; grid-template-columns: auto 1fr; gap: 6px 22px; margin: 8px 0 0; font-size: 14px; } dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
    @media (max-width: 860px) {
      .app { grid-template-columns: minmax(0, 1fr); grid-template-rows: auto 1fr; }
      nav { position: static; height: auto; flex-direction: row; align-items: center; gap: 2px; padding: 8px 10px; border-right: 0; border-bottom: 1px solid var(--line); overflow-x: auto; }
      .brand { padding: 0 4px; } .brand span, nav a.item span, .theme span, .version, nav .fill { display: none; } nav a.item, .theme { padding: 10px; } .site { margin: 0 4px; flex: 1; min-width: 110px; }
      main { padding-top: 20px; } .back span { display: none; } .back { padding: 0 4px; }
    }
  `]

  constructor() {
    super()
    this.where = route()
    this.gone = false
    applyTheme()
  }

  override connectedCallback(): void {
    super.connectedCallback()
    window.addEventListener('popstate', this.moved)
    this.renderRoot.addEventListener('click', this.clicked as EventListener)
    this.forgetTheme = onTheme(() => this.requestUpdate())
    void this.load()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.removeEventListener('popstate', this.moved)
    this.forgetTheme()
  }

  private moved = () => {
    this.where = route()
    this.gone = false
  }

  /** A session that was asked for by the beginning of its id has its whole one in the address. */
  private opened = ({ detail }: CustomEvent<string>) => {
    if (this.where.page !== 'player' || this.where.session === detail) return
    history.replaceState(null, '', `/sessions/${detail}`)
    this.where = { page: 'player', session: detail }
  }

  /** Links inside the app change the page without loading it anew. */
  private clicked = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return
    const link = event.composedPath().find((n): n is HTMLAnchorElement => n instanceof HTMLAnchorElement)
    if (!link || link.origin !== location.origin || !/^\/($|sites\/|sessions\/)/.test(link.pathname)) return
    event.preventDefault()
    this.go(link.pathname)
  }

  private go(path: string): void {
    history.pushState(null, '', path)
    this.moved()
    scrollTo(0, 0)
  }

  private load = async (): Promise<void> => {
    try {
      this.list = await sites()
      this.problem = undefined
      this.user = (await account())?.name
    } catch (error) {
      this.problem = error instanceof ApiError ? error : new ApiError(0, String(error), '')
      setTimeout(this.load, 4000)
    }
  }

  protected override render() {
    const { where } = this
    if (where.page === 'player') {
      document.title = 'Session · Afterimage'
      const back = this.lastSite ? `/sites/${this.lastSite}` : '/'
      return html`<div class="play"><afterimage-player session=${where.session} back=${back} @opened=${this.opened} @refused=${(e: CustomEvent<string>) => (this.gone = e.detail === 'not-found')}>
        <a slot="start" class="back" href=${back} aria-label="Back to the sessions">${icons.left}<span>Sessions</span></a>
        ${this.list && !isReadOnly() && !this.gone ? html`<afterimage-remove slot="end" session=${where.session} back=${back}></afterimage-remove>` : nothing}
      </afterimage-player></div>`
    }
    const site = this.list?.find((s) => s.id === where.site) ?? (where.site ? undefined : this.list?.[0])
    this.lastSite = site?.id ?? this.lastSite
    document.title = `${{ sessions: 'Sessions', health: 'Health', install: 'Install' }[where.page]}${site ? ` · ${site.name || site.id}` : ''} · Afterimage`
    return html`<div class="app">
      <nav aria-label="Main">
        <a class="brand" href="/" aria-label="Afterimage, home">${icons.logo}<span>Afterimage</span></a>
        ${site ? html`
          ${(this.list?.length ?? 0) > 1 ? html`<label class="site"><span hidden>Site</span><select aria-label="Site" @change=${(e: Event) => this.go(`/sites/${(e.target as HTMLSelectElement).value}`)}>
            ${this.list?.map((s) => html`<option value=${s.id} ?selected=${s.id === site.id}>${s.name || s.id}</option>`)}</select></label>` : nothing}
          ${this.item('sessions', `/sites/${site.id}`, 'Sessions', icons.list)}
          ${this.item('health', `/sites/${site.id}/health`, 'Health', icons.health)}
          ${this.item('install', `/sites/${site.id}/install`, 'Install', icons.code)}` : nothing}
        <div class="fill"></div>
        <button class="theme" @click=${() => { toggleTheme(); this.requestUpdate() }} aria-label="Switch to ${theme() === 'dark' ? 'light' : 'dark'} colours">${theme() === 'dark' ? icons.sun : icons.moon}<span>${theme() === 'dark' ? 'Light' : 'Dark'} colours</span></button>
        ${this.user === undefined ? nothing : html`<button class="theme" @click=${signOut} aria-label="Sign out" title="Signed in as ${this.user}">${icons.out}<span>Sign out</span></button>`}
        <span class="version">Version ${__VERSION__}</span>
      </nav>
      <main>
        ${this.problem ? html`<div class="alert" role="alert"><span><b>${this.problem.message}</b> ${this.problem.hint}</span></div>` : nothing}
        ${site ? html`<afterimage-banner site=${site.id} ?kept=${where.page === 'health'}></afterimage-banner>` : nothing}
        ${site ? this.page(where.page, site) : this.list ? this.noSite(where.site) : nothing}
      </main></div>`
  }

  private item(page: Route['page'], href: string, name: string, icon: unknown) {
    return html`<a class="item" href=${href} aria-label=${name} aria-current=${this.where.page === page ? 'page' : nothing}>${icon}<span>${name}</span></a>`
  }

  private page(page: 'sessions' | 'health' | 'install', site: Site) {
    switch (page) {
      case 'sessions':
        return html`<afterimage-sessions .site=${site}></afterimage-sessions>`
      case 'health':
        return html`<afterimage-health .site=${site}></afterimage-health>`
      case 'install':
        if (isLocal()) {
          return html`<div class="top"><div><h1>Install</h1></div></div><div class="panel empty">${icons.code}<h2>No tag here</h2>
            <p class="muted">A local player takes no recordings in. The Install page of the collector of this site has the tag.</p></div>`
        }
        return html`<div class="top"><div><h1>Install</h1><p class="muted">One tag. What visitors type never leaves their browser readable.</p></div></div>
          <div class="panel steps"><div><h2>Put this into the head of your pages</h2><p class="muted">It loads beside the page and records only on the origins below.</p>
            <afterimage-snippet .site=${site}></afterimage-snippet></div>
            <div><h2>This site</h2><dl><dt>Name</dt><dd>${site.name || site.id}</dd><dt>Origins</dt><dd>${site.origins.join(', ') || 'none yet'}</dd>
              <dt>Keys</dt><dd>${site.custody === 'held' ? 'Held by you: this server cannot open recordings.' : 'Managed: this server opens recordings for people who may see them.'}</dd></dl></div></div>`
    }
  }

  private noSite(asked: string | undefined) {
    return html`<div class="panel empty">${icons.code}<h2>${asked ? 'There is no such site.' : 'No site yet'}</h2>
      <p class="muted">${asked ? 'It may have been removed, or you may not see it.' : html`Add one on the machine of the collector: <code>go run ./collector site add --origin https://example.com</code>`}</p></div>`
  }
}

customElements.define('afterimage-app', AfterimageApp)
