// @ts-check
// A form on its way says so on the button that was pressed, and goes once.

const BUSY = "aria-busy";

/** @param {Document} page */
export function busyButtons(page) {
  page.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return; // htmx sends it
    if (form.querySelector(`[${BUSY}]`)) {
      event.preventDefault();
      return;
    }
    const pressed = event.submitter ?? form.querySelector("button");
    pressed?.setAttribute(BUSY, "true");
  });
  // A page that comes back from the browser's own cache is at rest again.
  addEventListener("pageshow", () => {
    for (const each of page.querySelectorAll(`form [${BUSY}]`)) each.removeAttribute(BUSY);
  });
}
