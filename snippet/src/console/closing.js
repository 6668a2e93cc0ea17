// @ts-check
// Escape closes what a press has opened, and gives the focus back to what opened it.

/** @param {Document} page */
export function closeByEscape(page) {
  page.addEventListener("keydown", ({ key, target }) => {
    if (key !== "Escape" || !(target instanceof Element)) return;
    const question = target.closest("details.sure[open]");
    question?.removeAttribute("open");
    const opener = question?.querySelector("summary") ?? openMenu(page, target);
    if (opener instanceof HTMLElement) opener.focus();
  });
}

/** The menu's button, where its menu is open on a phone and has the focus. @param {Document} page @param {Element} target */
function openMenu(page, target) {
  const button = page.querySelector("[data-menu][aria-expanded=true]");
  if (!(button instanceof HTMLElement) || !target.closest("#menu, [data-menu]")) return null;
  button.click();
  return button;
}
