// @ts-check
// A button beside a text that is meant to be pasted elsewhere: `<button data-copy="id of the text">`.

/** @param {ParentNode} root */
export function copyButtons(root) {
  for (const button of root.querySelectorAll("button[data-copy]")) {
    const text = document.getElementById(button.getAttribute("data-copy") ?? "");
    if (!text || !navigator.clipboard) {
      button.setAttribute("hidden", "");
      continue;
    }
    const label = button.textContent ?? "";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text.textContent ?? "");
      button.textContent = "Copied";
      setTimeout(() => {
        button.textContent = label;
      }, 2000);
    });
  }
}
