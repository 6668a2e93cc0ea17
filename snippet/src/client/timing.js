// @ts-check
// The moment in which a creative comes: after the load, after a while, far down, on leaving, on a click, or by run().
import { goOn, until } from "./waiting.js";

/** @typedef {(happened: () => void) => () => void} Listen */

/**
 * @param {import("../types").Show["timing"]} timing
 * @param {AbortSignal} signal
 */
export async function waitForMoment(timing, signal) {
  const listen = MOMENTS[timing.on]?.(timing);
  if (listen) await until(signal, listen);
  if (document.visibilityState === "visible") goOn(signal);
  else await until(signal, visible);
}

/** @type {Record<string, (timing: import("../types").Show["timing"]) => Listen>} */
const MOMENTS = {
  delay:
    ({ delay_s = 0 }) =>
    (happened) => {
      const timer = setTimeout(happened, delay_s * 1000);
      return () => clearTimeout(timer);
    },
  scroll:
    ({ percent = 0 }) =>
    (happened) => {
      const look = () => scrolledPercent() >= percent && happened();
      const stop = on(window, "scroll", look, { passive: true, capture: true });
      queueMicrotask(look);
      return stop;
    },
  exit: () => (happened) =>
    on(document, "mouseout", (event) => {
      const { relatedTarget, clientY } = /** @type {MouseEvent} */ (event);
      if (relatedTarget === null && clientY <= 0) happened();
    }),
  click:
    ({ selector = "" }) =>
    (happened) =>
      on(document, "click", ({ target }) => target instanceof Element && fits(target, selector) && happened(), {
        capture: true,
        passive: true,
      }),
};

/** Nobody sees a tab in the background: no claim is used up for it. @type {Listen} */
function visible(happened) {
  return on(document, "visibilitychange", () => document.visibilityState === "visible" && happened());
}

/** @param {EventTarget} target @param {string} name @param {(event: Event) => void} heard @param {AddEventListenerOptions} [options] */
function on(target, name, heard, options) {
  target.addEventListener(name, heard, options);
  return () => target.removeEventListener(name, heard, options);
}

function scrolledPercent() {
  const { scrollHeight } = document.documentElement;
  return (100 * (scrollY + innerHeight)) / Math.max(1, scrollHeight);
}

/** @param {Element} element @param {string} selector */
function fits(element, selector) {
  try {
    return element.closest(selector) !== null;
  } catch {
    return false; // no selector at all
  }
}
