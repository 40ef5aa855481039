import { css } from 'lit'

/** Styles that the pages of the dashboard share. */
export const shared = css`
  :host { display: block; color: var(--text); font: 15px/1.5 var(--font); }
  * { box-sizing: border-box; }
  [hidden] { display: none !important; }
  h1 { font-size: 22px; line-height: 1.25; letter-spacing: -.015em; margin: 0; font-weight: 650; }
  h2 { font-size: 16px; margin: 0; font-weight: 620; }
  p { margin: 0; text-wrap: pretty; }
  a { color: var(--accent-text); }
  .muted { color: var(--muted); }
  .top { display: flex; align-items: end; gap: 16px; flex-wrap: wrap; margin-bottom: 20px; }
  .top > div { flex: 1; min-width: 0; }
  .panel { background: var(--surface); border: 1px solid var(--line); border-radius: 14px; }
  .button { display: inline-flex; align-items: center; gap: 8px; height: 38px; padding: 0 16px; border: 1px solid var(--line); border-radius: 10px; background: var(--surface); color: var(--text); font: 550 14px/1 var(--font); text-decoration: none; cursor: pointer; }
  .button:hover { background: var(--hover); }
  .button.main { background: var(--accent); border-color: transparent; color: #fff; }
  .button svg { width: 16px; height: 16px; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  .alert { display: flex; gap: 12px; padding: 14px 18px; margin-bottom: 18px; border-radius: 12px; background: var(--warn-soft); color: var(--warn-text); }
  .empty { padding: 56px 24px; display: grid; justify-items: center; text-align: center; gap: 8px; }
  .empty svg { width: 34px; height: 34px; color: var(--accent-text); margin-bottom: 6px; }
  .empty p { max-width: 52ch; }
  .live { display: inline-flex; align-items: center; gap: 6px; padding: 2px 9px; border-radius: 99px; border: 1px solid var(--live); color: var(--live-text); font-size: 12px; font-weight: 600; }
  .live i { width: 7px; height: 7px; border-radius: 50%; background: currentColor; animation: pulse 1.6s infinite; }
  @keyframes pulse { 50% { opacity: .3; } }
  @media (prefers-reduced-motion: reduce) { .live i { animation: none; } }
`
