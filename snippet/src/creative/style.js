// @ts-check
// How a creative looks. `!important` on the host is what the page's own rules cannot outdo: of
// important declarations those inside a shadow tree win. Sizes follow the reader's font size.
import { tones } from "./colour.js";

/**
 * One sheet with no more than this creative needs: a page's thread reads every rule of it.
 *
 * @param {import("./types").Creative} creative @param {boolean} framed whether its target opens inside
 */
export function styleOf({ kind, accent }, framed) {
  return CARD + (kind === "dialog" ? DIALOG : "") + (framed ? FRAMED : "") + LAST + tones(accent);
}

const CARD = `
:host { all: initial !important; display: block !important; position: fixed !important; inset: 0 auto auto 0 !important;
  width: 0 !important; height: 0 !important; z-index: 2147483647 !important; color-scheme: light dark;
  --ink: #17181c; --soft: #565a66; --line: #17181c1a;
  --out: max(12px, env(safe-area-inset-bottom)); --near: max(20px, env(safe-area-inset-left), env(safe-area-inset-right)) }
@media (prefers-color-scheme: dark) { :host { --ink: #f4f4f6; --soft: #b3b6c1; --line: #ffffff24 } }
@media print { :host { display: none !important } }
*, ::before, ::after { box-sizing: border-box }

.card { position: fixed; inset: auto; margin: 0; overflow: auto; overscroll-behavior: contain; padding: 1.5em;
  width: min(23.5em, 100vw - 24px); max-width: none; max-height: calc(100vh - 24px); max-height: calc(100dvh - 24px);
  border: 1px solid var(--line); border-radius: 20px; background: var(--card); color: var(--ink);
  box-shadow: 0 1px 2px #0b0d1a14, 0 8px 20px #0b0d1a14, 0 28px 64px -8px #0b0d1a40;
  font: 400 medium/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  text-align: start; overflow-wrap: anywhere; -webkit-font-smoothing: antialiased }
.slide_in { inset-block-end: max(20px, var(--out)); inset-inline-end: var(--near); animation: rise .55s cubic-bezier(.16, 1, .3, 1) }
.slide_in.start { inset-inline: var(--near) auto }
.card:focus { outline: none }

.mark { display: grid; place-items: center; width: 2.75em; height: 2.75em; margin-bottom: 1em; border-radius: 14px;
  background: var(--tint); color: var(--accent) }
.mark::before, .mark::after, .close::before, .close::after { content: ""; grid-area: 1 / 1; border: 0 solid }
.mark::before { width: 1.3em; height: 1.2em; border-width: .13em; border-radius: 50% 50% 50% 12% }
.mark::after { width: .66em; border-top: .15em dotted }
h2 { margin: 0; padding-inline-end: 1em; font-size: 1.1875em; font-weight: 650; line-height: 1.3; letter-spacing: -.01em; text-wrap: balance }
.mark + h2 { padding-inline-end: 0 }
p { margin: .4em 0 0; color: var(--soft); white-space: pre-line; text-wrap: pretty }
.actions { display: flex; flex-wrap: wrap; gap: .5em; margin-top: 1.35em }

button, a { appearance: none; margin: 0; border: 0; padding: 0; background: none; color: inherit; font: inherit; letter-spacing: inherit;
  text-decoration: none; cursor: pointer; border-radius: 12px; -webkit-tap-highlight-color: transparent;
  transition: background .15s, box-shadow .15s, transform .15s }
.actions > * { display: flex; align-items: center; justify-content: center; min-height: 44px; padding: .6em 1.15em; font-weight: 600; line-height: 1.35; text-align: center }
.accept { flex: 999 1 auto; background: var(--accent); color: var(--on-accent); box-shadow: 0 1px 2px #0b0d1a33 }
.accept:hover { transform: translateY(-1px); box-shadow: 0 6px 16px -4px var(--accent) }
.accept:active { transform: none; box-shadow: none }
.decline { flex: 1 1 auto; color: var(--soft) }
.decline:hover, .close:hover { background: var(--line); color: var(--ink) }
.close { position: absolute; top: .75em; inset-inline-end: .75em; display: grid; place-items: center; width: 44px; height: 44px;
  border-radius: 50%; color: var(--soft) }
.close::before, .close::after { width: 1em; border-top-width: .13em; rotate: 45deg }
.close::after { rotate: -45deg }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px }
.status { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
@media (max-width: 480px) {
  .slide_in, .slide_in.start { inset-inline: 12px; inset-block-end: var(--out); width: auto }
}
@keyframes rise { from { opacity: 0; transform: translateY(32px) scale(.97) } }
`;

const DIALOG = `
.dialog { inset: 0; margin: auto; width: min(27em, 100vw - 24px); height: fit-content; padding: 2em;
  animation: grow .4s cubic-bezier(.16, 1, .3, 1) }
.dialog::backdrop { background: #0b0d1a8c; animation: fade .3s }
.leaving::backdrop { opacity: 0; transition: opacity .18s }
@keyframes grow { from { opacity: 0; transform: translateY(8px) scale(.96) } }
@keyframes fade { from { opacity: 0 } }
@media (max-width: 480px) { .dialog { padding: 1.5em } }
`;

const FRAMED = `
.framed { display: flex; flex-direction: column; padding: 0; overflow: hidden; width: min(34em, 100vw - 24px);
  height: min(42em, 100vh - 24px); height: min(42em, 100dvh - 24px) }
.framed .mark, .framed p, .framed .actions { display: none }
.framed h2 { padding: 1.1em 4em 1.1em 1.4em; padding-inline: 1.4em 4em; font-size: 1em; white-space: nowrap; overflow: hidden; text-overflow: ellipsis }
.framed .close { top: .3em; inset-inline-end: .5em }
iframe { flex: 1; width: 100%; border: 0; border-top: 1px solid var(--line); background: #fff; color-scheme: light }
`;

/** Outdoes the rest: a creative that goes, and what the visitor's system asks for. */
const LAST = `
.leaving { animation: leave .18s ease-in forwards; pointer-events: none }
@keyframes leave { to { opacity: 0; transform: translateY(12px) scale(.98) } }
@media (prefers-reduced-motion: reduce) {
  .card, .card::backdrop, .leaving { animation: none; transition: none }
  button, a { transition: none }
  .accept:hover { transform: none }
}
@media (forced-colors: active) {
  .card { border: 2px solid CanvasText }
  .accept, .decline, .close { border: 1px solid ButtonText }
  .accept { forced-color-adjust: none; background: Highlight; color: HighlightText; border-color: Highlight }
  :focus-visible { outline-color: Highlight }
}
`;
