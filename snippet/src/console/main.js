// @ts-check
// What the console's pages add to plain HTML; without it they work all the same.
import "htmx.org";
import { builders } from "./builder.js";
import { closeByEscape } from "./closing.js";
import { copyButtons } from "./copying.js";
import { moreLines } from "./lines.js";
import { severalPicked } from "./picking.js";
import { creativePreview } from "./preview.js";
import { busyButtons } from "./sending.js";
import { conditionalFields } from "./showing.js";
import { localTimes } from "./times.js";
import { followChoices, wholeChoices } from "./whole.js";
import { within } from "./within.js";

/** @param {ParentNode} root */
function enhance(root) {
  localTimes(root);
  copyButtons(root);
  creativePreview(root);
  conditionalFields(root);
  builders(root);
  moreLines(root);
  wholeChoices(root);
  severalPicked(root);
}

/** What came must be heard: the first field that was refused, if it is seen; else what was said or asked for. @param {ParentNode} root */
function focusOn(root) {
  for (const mark of ["[aria-invalid=true]", "[data-focus]"]) {
    for (const heard of within(root, mark)) {
      if (!(heard instanceof HTMLElement)) continue;
      heard.focus();
      if (document.activeElement === heard) return;
    }
  }
}

function menu() {
  const button = document.querySelector("[data-menu]");
  button?.addEventListener("click", () => {
    const open = document.body.classList.toggle("menu-open");
    button.setAttribute("aria-expanded", String(open));
  });
}

document.addEventListener("DOMContentLoaded", () => {
  menu();
  busyButtons(document);
  followChoices(document);
  closeByEscape(document);
  enhance(document);
  focusOn(document);
});
document.addEventListener("htmx:load", ({ target }) => {
  if (!(target instanceof Element) || target === document.body) return; // the whole page had its turn
  enhance(target);
  focusOn(target);
});
