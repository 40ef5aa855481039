import { css } from 'lit'

export const playerStyles = css`
  :host { display: block; height: 100%; min-height: 0; color: var(--text); font: 14px/1.45 var(--font); background: var(--bg); }
  [hidden] { display: none !important; }
  .visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .player { position: relative; display: grid; height: 100%; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); grid-template-areas: 'head' 'stage' 'foot'; }
  .player[data-panel] { grid-template-columns: minmax(0, 1fr) 330px; grid-template-areas: 'head head' 'stage side' 'foot foot'; }

  header { grid-area: head; display: flex; align-items: center; gap: 10px; padding: 8px 12px; background: var(--surface); border-bottom: 1px solid var(--line); min-width: 0; }
  .address { display: flex; align-items: center; gap: 8px; flex: 1; min-width: 0; max-width: 720px; margin-inline: auto; height: 34px; padding: 0 12px; border-radius: 9px; background: var(--sunken); color: var(--muted); }
  .address svg { width: 14px; height: 14px; flex: none; }
  .address span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--text); font-size: 13px; }
  .facts { color: var(--muted); font-size: 12.5px; white-space: nowrap; }
  .facts b { font-weight: 500; margin-left: 10px; padding: 3px 7px; border: 1px solid var(--line); border-radius: 6px; font-variant-numeric: tabular-nums; }
  .live { display: inline-flex; align-items: center; gap: 7px; padding: 6px 12px; border-radius: 99px; border: 1px solid var(--live); background: none; color: var(--live-text); font: 600 12.5px/1 var(--font); cursor: pointer; }
  .live[aria-pressed='true'] { background: var(--live); color: #fff; }
  .live i { width: 8px; height: 8px; border-radius: 50%; background: currentColor; animation: pulse 1.6s infinite; }
  @keyframes pulse { 50% { opacity: .35; } }

  .stage { grid-area: stage; position: relative; display: grid; place-items: center; padding: 22px; overflow: hidden; background: var(--stage); }
  .screen { position: relative; overflow: hidden; background: #fff; border-radius: 6px; box-shadow: 0 0 0 1px var(--line), 0 12px 40px #0003; }
  iframe { position: absolute; inset: 0 auto auto 0; border: 0; transform-origin: 0 0; pointer-events: none; background: #fff; }
  .overlay { position: absolute; inset: 0; overflow: hidden; pointer-events: none; }
  .overlay > * { position: absolute; left: 0; top: 0; }
  .pointer { width: 22px; height: 22px; overflow: visible; filter: drop-shadow(0 1px 2px #0007); }
  .pointer path { fill: #16161d; stroke: #fff; stroke-width: 1.6; }
  .ripple b, .finger b { position: absolute; left: -26px; top: -26px; width: 52px; height: 52px; border-radius: 50%; }
  .ripple b { background: #6d5df64d; border: 2.5px solid #6d5df6; box-sizing: border-box; }
  .ripple.other b { background: #e09b2d4d; border-color: #e09b2d; }
  .finger b { left: -20px; top: -20px; width: 40px; height: 40px; background: #6d5df659; border: 2px solid #fff; box-shadow: 0 1px 6px #0006; box-sizing: border-box; }
  .typing { display: flex; align-items: center; gap: 3px; height: 22px; margin-left: -34px; padding: 0 8px; border-radius: 99px; background: #6d5df6; color: #fff; box-shadow: 0 2px 8px #0004; }
  .typing i { width: 4px; height: 4px; border-radius: 50%; background: currentColor; animation: pulse 1s infinite; }
  .typing i:nth-child(2) { animation-delay: .15s; } .typing i:nth-child(3) { animation-delay: .3s; }

  .card { position: absolute; max-width: min(460px, 86%); padding: 26px 28px; border-radius: 14px; background: var(--surface); border: 1px solid var(--line); box-shadow: 0 12px 40px #0002; text-align: center; }
  .card h2 { font-size: 17px; line-height: 1.35; margin: 0 0 8px; text-wrap: balance; } .card p { margin: 0; color: var(--muted); text-wrap: pretty; } .card .button { margin: 18px 4px 0; } code { font: .92em var(--mono); overflow-wrap: anywhere; }
  .card.quiet { border: 0; background: none; box-shadow: none; display: flex; align-items: center; gap: 12px; }
  .spinner { width: 18px; height: 18px; border-radius: 50%; border: 2px solid var(--line); border-top-color: var(--accent); animation: turn .8s linear infinite; }
  @keyframes turn { to { transform: rotate(1turn); } }
  .chip { position: absolute; bottom: 14px; left: 50%; transform: translateX(-50%); display: flex; align-items: center; gap: 8px; width: max-content; max-width: 90%; padding: 8px 14px; border-radius: 99px; background: #16161dea; color: #fff; font-size: 13px; box-shadow: 0 4px 18px #0004; }
  .chip svg { width: 15px; height: 15px; }
  .chip.warn { background: #8a4b06; border-radius: 12px; }
  .problems { position: absolute; top: 12px; left: 50%; transform: translateX(-50%); width: min(560px, 92%); display: flex; gap: 8px; padding: 10px 10px 10px 16px; border-radius: 12px; background: var(--surface); border: 1px solid var(--mark-error); box-shadow: 0 6px 24px #0003; }
  .problems div { flex: 1; min-width: 0; overflow-wrap: anywhere; max-height: 30vh; overflow-y: auto; } .problems p { margin: 4px 0; } .problems > button { align-self: start; }

  aside { grid-area: side; border-left: 1px solid var(--line); background: var(--surface); min-height: 0; }
  footer { grid-area: foot; padding: 4px 16px 10px; background: var(--surface); border-top: 1px solid var(--line); }
  .controls { display: flex; align-items: center; gap: 6px; margin-top: 2px; }
  .gap { flex: 1; }
  .time { margin-left: 8px; color: var(--muted); font-variant-numeric: tabular-nums; white-space: nowrap; } .time b { color: var(--text); font-weight: 600; }
  button { font: inherit; } button:focus-visible, select:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  .icon { display: grid; place-items: center; width: 36px; height: 36px; border: 0; border-radius: 9px; background: none; color: var(--muted); cursor: pointer; }
  .icon:hover { background: var(--hover); color: var(--text); } header .icon[aria-pressed='true'] { color: var(--accent-text); background: var(--accent-soft); }
  .play { display: grid; place-items: center; width: 42px; height: 42px; border: 0; border-radius: 50%; background: var(--accent); color: #fff; cursor: pointer; } .play:hover { filter: brightness(1.08); }
  .rate select { height: 34px; border-radius: 9px; border: 1px solid var(--line); background: var(--surface); color: var(--text); font: 500 13px/1 var(--font); padding: 0 6px; cursor: pointer; }
  .pages select { max-width: 180px; }
  .toggle { display: inline-flex; align-items: center; gap: 7px; height: 34px; padding: 0 11px; border-radius: 9px; border: 1px solid var(--line); background: none; color: var(--muted); font: 500 13px/1 var(--font); cursor: pointer; }
  .toggle svg { width: 16px; height: 16px; } .toggle[aria-pressed='true'] { background: var(--accent-soft); border-color: transparent; color: var(--accent-text); }
  .button { display: inline-flex; align-items: center; text-decoration: none; height: 36px; padding: 0 16px; border: 0; border-radius: 9px; background: var(--accent); color: #fff; font: 550 14px/1 var(--font); cursor: pointer; }
  .help { position: absolute; z-index: 5; right: 18px; bottom: 112px; padding: 18px 22px; border-radius: 14px; background: var(--surface); border: 1px solid var(--line); box-shadow: 0 12px 40px #0003; }
  .help h2 { margin: 0 0 12px; font-size: 15px; } .help dl { display: grid; grid-template-columns: auto auto; gap: 7px 18px; margin: 0 0 16px; } .help dt, .help dd { margin: 0; } .help dd { color: var(--muted); }
  kbd { font: 500 12px/1 var(--font); padding: 3px 6px; border: 1px solid var(--line); border-bottom-width: 2px; border-radius: 5px; background: var(--sunken); margin-right: 3px; }

  @media (max-width: 760px) {
    .player, .player[data-panel] { grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); grid-template-areas: 'head' 'stage' 'foot'; }
    .player[data-panel] { grid-template-rows: auto minmax(0, 1fr) auto minmax(0, 38vh); grid-template-areas: 'head' 'stage' 'foot' 'side'; }
    aside { border-left: 0; border-top: 1px solid var(--line); }
    .facts, .icon.wide, .toggle span { display: none; }
    .stage { padding: 10px; } footer { padding: 2px 10px 8px; } .controls { gap: 4px; } .time { margin-left: 4px; font-size: 13px; } .pages select { max-width: 84px; } .rate:not(.pages) select { width: 52px; } .toggle { padding: 0 9px; } .play { flex: none; }
  }
  @media (prefers-reduced-motion: reduce) { .live i, .typing i { animation: none; } }
`
