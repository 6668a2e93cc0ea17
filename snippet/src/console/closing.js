// @ts-check
// Escape closes what a press has opened, and gives the focus back to what opened it; it leaves a
// page that asks a question by its way back.

/** @param {Document} page */
export function closeByEscape(page) {
  page.addEventListener("keydown", ({ key, target }) => {
    if (key !== "Escape" || !(target instanceof Element)) return;
    const back = page.querySelector("a[data-back]");
    const question = target.closest("details.sure[open]");
    question?.removeAttribute("open");
    const opener = question?.querySelector("summary") ?? openMenu(page, target);
    if (opener instanceof HTMLElement) opener.focus();
    else if (back instanceof HTMLElement) back.click();
  });
}

/** The menu's button, where its menu is open on a phone and has the focus. @param {Document} page @param {Element} target */
function openMenu(page, target) {
  const button = page.querySelector("[data-menu][aria-expanded=true]");
  if (!(button instanceof HTMLElement) || !target.closest("#menu, [data-menu]")) return null;
  button.click();
  return button;
}
