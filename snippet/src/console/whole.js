// @ts-check
// What is chosen but has no room in its closed list stands below it as a whole.

/** @param {HTMLSelectElement} select */
function isCut(select) {
  const style = getComputedStyle(select);
  const pen = document.createElement("canvas").getContext("2d");
  if (!pen || !select.clientWidth) return false;
  pen.font = style.font;
  const room =
    select.clientWidth - Number.parseFloat(style.paddingInlineStart) - Number.parseFloat(style.paddingInlineEnd);
  return pen.measureText(select.selectedOptions[0]?.text ?? "").width > room;
}

/** Screen readers have the whole text from the list itself. @param {HTMLSelectElement} select */
function tell(select) {
  const below = select.nextElementSibling;
  const there = below?.hasAttribute("data-whole") ? below : null;
  if (!isCut(select)) {
    there?.remove();
    return;
  }
  const line = there ?? document.createElement("small");
  line.setAttribute("data-whole", "");
  line.setAttribute("aria-hidden", "true");
  line.textContent = select.selectedOptions[0]?.text ?? "";
  if (!there) select.after(line);
}

const seen = new ResizeObserver((entries) => {
  for (const { target } of entries) if (target instanceof HTMLSelectElement) tell(target);
});

/** @param {ParentNode} root */
export function wholeChoices(root) {
  for (const select of root.querySelectorAll("select")) seen.observe(select);
}

/** Also of lists that come later. @param {Document} page */
export function followChoices(page) {
  page.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLSelectElement) tell(target);
  });
}
