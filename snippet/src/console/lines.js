// @ts-check
// One more pair of fields below the last: `<button data-more="class of a line">`. Without script
// there are two free lines each time the form is shown.

/** @param {ParentNode} root */
export function moreLines(root) {
  for (const button of root.querySelectorAll("button[data-more]")) {
    button.removeAttribute("hidden");
    button.addEventListener("click", () => {
      const lines = button.parentElement?.querySelectorAll(`.${button.getAttribute("data-more")}`) ?? [];
      const last = lines[lines.length - 1];
      const line = /** @type {Element} */ (last.cloneNode(true));
      for (const input of line.querySelectorAll("input")) {
        input.value = "";
        const label = input.getAttribute("aria-label") ?? "";
        input.setAttribute("aria-label", label.replace(/\d+$/, String(lines.length + 1)));
      }
      last.after(line);
      line.querySelector("input")?.focus();
    });
  }
}
