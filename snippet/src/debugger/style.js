// @ts-check
// How the debugger looks; see creative/style.js for `!important`.
export const STYLE = `
:host { all: initial !important; display: block !important; position: fixed !important; inset: 0 auto auto 0 !important;
  width: 0 !important; height: 0 !important; z-index: 2147483646 !important; color-scheme: dark;
  --ground: #16171d; --raised: #20222a; --line: #ffffff1f; --ink: #f3f4f7; --soft: #b4b8c4;
  --good: #62d394; --bad: #ff8f8f; --wait: #f0c75e; --accent: #8ab4ff }
@media print { :host { display: none !important } }
* { box-sizing: border-box }
.window { position: fixed; inset: auto; margin: 0; padding: 0; bottom: max(16px, env(safe-area-inset-bottom)); left: max(16px, env(safe-area-inset-left));
  display: flex; flex-direction: column; width: min(420px, 100vw - 24px); max-height: min(640px, 100dvh - 32px); overflow: hidden;
  border: 1px solid var(--line); border-radius: 14px; background: var(--ground); color: var(--ink);
  box-shadow: 0 20px 60px #0009; font: 400 13px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; text-align: left; direction: ltr }
.header { display: flex; align-items: center; gap: 4px; padding: 6px 6px 6px 14px; background: var(--raised) }
h2 { flex: 1; min-width: 0; margin: 0; font-size: 13px; font-weight: 650; white-space: nowrap; overflow: hidden; text-overflow: ellipsis }
h2 small { margin-left: 8px; color: var(--soft); font-size: 12px; font-weight: 400 }
h3 { margin: 0 0 6px; color: var(--soft); font-size: 12px; font-weight: 600 }
button { all: unset; box-sizing: border-box; cursor: pointer; border-radius: 8px }
.header button { display: grid; place-items: center; width: 36px; height: 36px; color: var(--soft) }
.header svg { width: 18px; height: 18px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round }
button:hover, summary:hover { background: #ffffff14 }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px }
.body { overflow: auto; overscroll-behavior: contain }
.small .body { display: none }
.small { width: auto; max-width: calc(100vw - 24px) }
section { padding: 12px 14px; border-top: 1px solid var(--line) }
p { margin: 0 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 14px; margin: 0 }
dt { color: var(--soft) }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere }
code { font: 12px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere }
.warning { margin-top: 6px; color: var(--wait) }
.failure { color: var(--bad) }
.intercepts { padding: 12px 0 0 }
.intercepts h3 { padding: 0 14px }
summary { display: grid; grid-template-columns: 20px 1fr auto; gap: 8px; align-items: center; padding: 8px 14px; cursor: pointer; list-style: none; border-top: 1px solid var(--line) }
summary::-webkit-details-marker { display: none }
summary .said { grid-column: 2 / 4; color: var(--soft) }
.chip { padding: 0 8px; border-radius: 99px; background: #ffffff17; font-size: 12px; white-space: nowrap }
.yes { color: var(--good) } .no { color: var(--bad) } .pending { color: var(--wait) }
.inside { padding: 2px 14px 14px 42px }
.next { margin: 0 0 8px; color: var(--wait) }
.rows { display: grid; gap: 8px; margin: 10px 0 0; padding: 0; list-style: none }
.rows li { padding: 8px 10px; border-radius: 8px; background: var(--raised) }
.rows b { font-weight: 600 }
.timeline { display: grid; grid-template-columns: max-content 1fr max-content; gap: 4px 10px; align-items: center; margin: 8px 0 0 }
.timeline .row { display: contents }
.timeline svg { display: block; width: 100%; height: 10px }
.timeline rect.track { fill: #ffffff12 } .timeline rect.bar { fill: var(--accent) }
.timeline .ms { color: var(--soft); text-align: right; font-variant-numeric: tabular-nums }
.footer { display: flex; gap: 8px; align-items: center; padding: 10px 14px; border-top: 1px solid var(--line) }
.footer button { padding: 8px 12px; background: #ffffff17; font-weight: 600 }
.footer button[disabled] { opacity: .5; cursor: default }
textarea { width: 100%; height: 5em; margin-top: 8px; font: 11px ui-monospace, monospace }
@media (max-width: 480px) {
  .window { left: 12px; max-height: 70dvh }
  .small { bottom: auto; top: max(12px, env(safe-area-inset-top)) }
}
@media (forced-colors: active) { .window, .chip, .rows li { border: 1px solid CanvasText } .timeline rect.bar { fill: CanvasText } }
`;
