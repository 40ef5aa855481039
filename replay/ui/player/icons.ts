import { svg, type SVGTemplateResult } from 'lit'

const icon = (body: SVGTemplateResult) =>
  svg`<svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${body}</svg>`

export const icons = {
  logo: svg`<svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#5b4be0"/><circle cx="13" cy="16" r="7" fill="none" stroke="#fff" stroke-opacity=".45" stroke-width="2.4"/><circle cx="18.5" cy="16" r="7" fill="none" stroke="#fff" stroke-width="2.4"/></svg>`,
  play: icon(svg`<path d="M7 4.5v15l12-7.5z" fill="currentColor"/>`),
  pause: icon(svg`<path d="M8 5v14M16 5v14" stroke-width="3"/>`),
  back: icon(svg`<path d="M11 7L6 12l5 5M18 7l-5 5 5 5"/>`),
  forward: icon(svg`<path d="M13 7l5 5-5 5M6 7l5 5-5 5"/>`),
  panel: icon(svg`<rect x="3" y="4" width="18" height="16" rx="2"/><path d="M15 4v16"/>`),
  full: icon(svg`<path d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"/>`),
  skip: icon(svg`<path d="M4 6l7 6-7 6zM13 6l7 6-7 6z"/>`),
  left: icon(svg`<path d="M15 5l-7 7 7 7"/>`),
  lock: icon(svg`<rect x="5" y="11" width="14" height="9" rx="2"/><path d="M8 11V8a4 4 0 018 0v3"/>`),
  keyboard: icon(svg`<rect x="3" y="6" width="18" height="12" rx="2"/><path d="M7 10h.01M11 10h.01M15 10h.01M8 14h8"/>`),
  click: icon(svg`<path d="M9 9l4.5 11 1.8-4.7L20 13.5zM9 3v2M3 9h2M5 5l1.5 1.5M13 5l-1.5 1.5"/>`),
  type: icon(svg`<path d="M5 6h14M12 6v13M9 19h6"/>`),
  page: icon(svg`<path d="M6 3h8l5 5v13H6zM14 3v5h5"/>`),
  scroll: icon(svg`<path d="M12 4v16M8 8l4-4 4 4M8 16l4 4 4-4"/>`),
  error: icon(svg`<path d="M12 4l9 16H3zM12 10v4M12 17h.01"/>`),
  dot: icon(svg`<circle cx="12" cy="12" r="3"/>`),
  sun: icon(svg`<circle cx="12" cy="12" r="4"/><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6L7 7M17 17l1.4 1.4M5.6 18.4L7 17M17 7l1.4-1.4"/>`),
  moon: icon(svg`<path d="M20 14.5A8.5 8.5 0 019.5 4 8.5 8.5 0 1020 14.5z"/>`),
  search: icon(svg`<circle cx="11" cy="11" r="6.5"/><path d="M16 16l4.5 4.5"/>`),
  out: icon(svg`<path d="M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9"/>`),
  health: icon(svg`<path d="M3 12h4l3-7 4 14 3-7h4"/>`),
  list: icon(svg`<path d="M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01"/>`),
  code: icon(svg`<path d="M8 7l-5 5 5 5M16 7l5 5-5 5"/>`),
  trash: icon(svg`<path d="M4 7h16M10 3h4M6 7l1 13h10l1-13M10 11v5M14 11v5"/>`),
  copy: icon(svg`<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15V5a1 1 0 011-1h9"/>`),
}
