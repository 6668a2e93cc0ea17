// @ts-check
// A target inside the creative. The page's policy may forbid the frame; then it opens in a tab after all.
import { make } from "../elements.js";

/** What a survey needs, and no more: it cannot move the page away or ask for the visitor's place. */
const SANDBOX = "allow-forms allow-popups allow-popups-to-escape-sandbox allow-same-origin allow-scripts";

/**
 * Put the target in the card's place.
 * @param {HTMLElement} card
 * @param {string} url
 * @param {string} title
 * @param {() => void} onForbidden the page's `frame-src` does not allow it; the card is as it was
 */
export function embed(card, url, title, onForbidden) {
  const frame = /** @type {HTMLIFrameElement} */ (make("iframe", ""));
  const { origin } = new URL(url);
  /** @param {SecurityPolicyViolationEvent} event */
  const forbidden = (event) => {
    const ours = event.blockedURI === url || event.blockedURI.startsWith(origin);
    if (!ours || !/^(frame|child|default)-src/.test(event.effectiveDirective)) return;
    settle();
    frame.remove();
    card.classList.remove("framed");
    onForbidden();
  };
  const settle = () => document.removeEventListener("securitypolicyviolation", forbidden);
  document.addEventListener("securitypolicyviolation", forbidden);
  frame.addEventListener("load", () => setTimeout(settle, 1000), { once: true }); // a blocked frame loads, too
  frame.title = title;
  if (origin !== location.origin) frame.setAttribute("sandbox", SANDBOX); // around itself it would hold nobody
  frame.referrerPolicy = "strict-origin";
  frame.src = url;
  card.classList.add("framed");
  card.append(frame);
  frame.focus();
}
