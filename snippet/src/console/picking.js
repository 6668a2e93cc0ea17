// @ts-check
// Several contacts of a page: all at once, and how many are selected.
import { within } from "./within.js";

/** @param {ParentNode} root */
export function severalPicked(root) {
  const forms = root instanceof Element ? within(root, "[data-several]") : root.querySelectorAll("[data-several]");
  for (const form of forms) {
    const picks = [...form.querySelectorAll("input[name=contact]")].filter((each) => each instanceof HTMLInputElement);
    const label = form.querySelector("[data-all]");
    const all = label?.querySelector("input");
    const told = form.querySelector("[data-picked]");
    if (!all || !told) continue;
    const tell = () => {
      const count = picks.filter(({ checked }) => checked).length;
      all.checked = count === picks.length;
      all.indeterminate = count > 0 && count < picks.length;
      told.textContent = count ? `${count} selected` : "None selected";
    };
    all.addEventListener("change", () => {
      for (const each of picks) each.checked = all.checked;
    });
    form.addEventListener("change", ({ target }) => {
      if (target instanceof HTMLInputElement) tell();
    });
    label?.removeAttribute("hidden");
    // A browser keeps ticks over a reload.
    if (picks.some(({ checked }) => checked)) tell();
  }
}
