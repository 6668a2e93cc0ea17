// @ts-check
// Questions that matter only after a certain answer: `<div data-when="timing=delay">`.

/** @param {ParentNode} root */
export function conditionalFields(root) {
  for (const form of root.querySelectorAll("form")) {
    const parts = form.querySelectorAll("[data-when]");
    if (!parts.length) continue;
    const show = () => {
      const answers = new FormData(form);
      for (const part of parts) {
        const [name, wanted] = (part.getAttribute("data-when") ?? "").split("=");
        part.toggleAttribute("hidden", !wanted.split("|").includes(String(answers.get(name) ?? "")));
      }
    };
    form.addEventListener("change", show);
    show();
  }
}
