// @ts-check
// Makes any accent readable (WCAG 2 AA): the button stands out from the card, its text from the button.

export const CARD = { light: "#ffffff", dark: "#1e1f25" };
const DEFAULT_ACCENT = "#3b49df";
const APART = 3; // a control beside its surroundings
const READABLE = 4.5;

/**
 * Custom properties for both colour schemes, as a style sheet's text.
 * @param {string | null | undefined} accent `#rrggbb`; anything else means the default
 */
export function tones(accent) {
  const wanted = accent && /^#[0-9a-f]{6}$/i.test(accent) ? accent : DEFAULT_ACCENT;
  const light = properties(wanted, CARD.light, "#000000");
  const dark = properties(wanted, CARD.dark, "#ffffff");
  return `:host{${light}}@media (prefers-color-scheme:dark){:host{${dark}}}`;
}

/** @param {string} accent @param {string} card @param {string} away what to mix in until it stands out */
function properties(accent, card, away) {
  let fill = accent;
  for (let share = 0.05; contrast(fill, card) < APART; share += 0.05) fill = mix(accent, away, share);
  const text = contrast(fill, "#ffffff") >= READABLE ? "#ffffff" : "#000000"; // one of both always is
  return `--card:${card};--accent:${fill};--on-accent:${text};--tint:${mix(card, fill, 0.12)}`;
}

/** @param {string} one @param {string} other from 1 (same) to 21 (black on white) */
export function contrast(one, other) {
  const [dim, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dim + 0.05);
}

/** @param {string} colour */
function luminance(colour) {
  const [red, green, blue] = channels(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {string} from @param {string} to @param {number} share of `to` */
function mix(from, to, share) {
  const target = channels(to);
  const mixed = channels(from).map((value, at) => Math.round(value + (target[at] - value) * share));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/** @param {string} colour */
function channels(colour) {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}
