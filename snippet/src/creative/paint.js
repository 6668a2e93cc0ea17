// @ts-check
// Draws a creative above the page: in the browser's top layer and a closed shadow tree, so that neither
// the page's styles nor its stacking reach it, and nothing of the page moves.
import { make, sheet } from "../elements.js";
import { makeCard } from "./card.js";
import { embed } from "./frame.js";
import { styleOf } from "./style.js";

const LEAVING_MS = 180;
const SAYING_MS = 5000;
const NO_PLACE = "the creative has no place on the page";
/** What happens inside is not the page's to hear: its shortcuts, its "click elsewhere", its focus traps. */
const OURS = ["click", "mousedown", "pointerdown", "touchstart", "keydown", "keypress", "keyup", "focusin", "focusout"];

/**
 * Resolves once the creative is on the screen; rejects when it cannot be, and leaves nothing behind.
 * @param {import("./types").Shown} show
 * @param {import("./types").Painting} painting
 * @returns {Promise<import("./types").Painted>}
 */
export async function paint(show, { onClicked, onDismissed, onGone, signal }) {
  signal?.throwIfAborted();
  const { creative, target } = show;
  const url = target.kind === "url" && target.url && /^https?:/i.test(target.url) ? target.url : null;
  const framed = url !== null && target.open === "frame";
  const host = document.createElement("askwell-creative");
  const shadow = host.attachShadow({ mode: "closed" });
  shadow.adoptedStyleSheets = [sheet(styleOf(creative, framed))];
  const card = makeCard(creative, framed ? null : url);
  const { element } = card;
  const dialog = creative.kind === "dialog" ? /** @type {HTMLDialogElement} */ (element) : null;
  const status = make("div", "status");
  status.setAttribute("role", "status");
  shadow.append(element, status);

  /** @type {Element | null} */
  let cameFrom = null;
  let over = false;
  let settled = false;
  const remove = () => {
    if (over) return;
    over = true;
    const inside = shadow.activeElement !== null;
    removeEventListener("keydown", onKey);
    signal?.removeEventListener("abort", remove);
    if (dialog?.open) dialog.close(); // gives the focus back
    host.remove();
    if (inside && cameFrom instanceof HTMLElement && cameFrom.isConnected) cameFrom.focus({ preventScroll: true });
    onGone?.();
  };
  const leave = () => {
    element.classList.add("leaving");
    setTimeout(remove, LEAVING_MS);
  };
  const dismiss = () => {
    if (settled) {
      leave();
      return;
    }
    settled = true;
    leave();
    onDismissed();
  };
  const accept = () => {
    if (!settled) {
      settled = true;
      onClicked();
    }
    if (framed && url) embed(element, url, creative.title, () => becomeLink(card, url, leave));
    else leave();
  };
  const stillThere = () => {
    signal?.throwIfAborted();
    if (!host.isConnected) throw new Error(NO_PLACE);
  };
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    const free = document.activeElement === document.body || document.activeElement === null;
    if (event.key === "Escape" && !event.defaultPrevented && free) dismiss();
  };

  for (const name of OURS) host.addEventListener(name, keepInside, { passive: true }); // no touch waits for us
  card.accept.addEventListener("click", accept);
  card.accept.addEventListener("auxclick", (event) => event.button === 1 && url && !framed && accept());
  card.decline?.addEventListener("click", dismiss);
  card.close.addEventListener("click", dismiss);
  element.addEventListener("focusin", (event) => {
    if (event.relatedTarget instanceof Element && event.relatedTarget.getRootNode() !== shadow) {
      cameFrom = event.relatedTarget;
    }
  });
  signal?.addEventListener("abort", remove);

  if (!dialog) element.popover = "manual";
  document.documentElement.append(host); // not in body, which pages replace at will
  try {
    await frameDrawn(); // opening asks for styles: now none of the page's are due, and none of the content's
    stillThere();
    if (occupied()) throw new Error("the page has a dialog of its own open");
    if (dialog) {
      dialog.addEventListener("cancel", (event) => {
        event.preventDefault();
        dismiss();
      });
      dialog.addEventListener("close", () => over || dismiss());
      dialog.addEventListener("click", (event) => event.target === dialog && beside(dialog, event) && dismiss());
      dialog.tabIndex = -1;
      dialog.showModal();
      dialog.focus(); // the card itself, so that a key meant for the page accepts nothing
    } else {
      element.addEventListener("keydown", (event) => event.key === "Escape" && dismiss());
      addEventListener("keydown", onKey);
      element.showPopover?.(); // elsewhere the highest z-index has to do
    }
    element.append(...card.content);
    await frameDrawn(); // so that the next line asks for no layout
    stillThere();
    if (element.getBoundingClientRect().width === 0) throw new Error(NO_PLACE);
  } catch (problem) {
    remove();
    throw problem;
  }
  if (!dialog) announce(status, creative);
  return { remove };
}

/** @param {Event} event */
function keepInside(event) {
  event.stopPropagation();
}

/** Whether a dialog of the page, or something in full screen, leaves everything else dead. */
function occupied() {
  try {
    return document.querySelector(":modal") !== null;
  } catch {
    return false; // a browser that does not know the selector
  }
}

/** In a tab that nobody sees this waits. @returns {Promise<void>} */
function frameDrawn() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
  });
}

/** Say it once to those who do not see it come, then be silent, so that nobody reads it twice.
 * @param {HTMLElement} status @param {import("./types").Creative} creative
 */
function announce(status, creative) {
  status.lang = creative.language;
  status.textContent = `${creative.title} ${creative.body}`;
  setTimeout(() => status.replaceChildren(), SAYING_MS);
}

/** @param {HTMLElement} dialog @param {MouseEvent} event */
function beside(dialog, { clientX, clientY }) {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}

/** The page forbids the frame: what was a button now leads to a tab.
 * @param {import("./card.js").Card} card @param {string} url @param {() => void} then
 */
function becomeLink(card, url, then) {
  const link = /** @type {HTMLAnchorElement} */ (make("a", "accept", card.accept.textContent ?? ""));
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener";
  link.addEventListener("click", then);
  card.accept.replaceWith(link);
  link.focus();
}
