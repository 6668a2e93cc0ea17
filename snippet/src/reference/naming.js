// @ts-check
// Names for controls that the library leaves without one, as they appear.

/** @param {Element} each */
const parameter = (each) => each.closest("[data-param-name]")?.getAttribute("data-param-name");
/** @param {Element} each */
const call = (each) => each.closest(".opblock")?.querySelector(".opblock-summary-control")?.textContent;

/** Which elements, and what to set on them. @type {[string, string, (each: Element) => string | null | undefined][]} */
const NAMES = [
  ["[data-param-name] select, [data-param-name] input", "aria-label", parameter],
  [".responses-table[role=region]", "aria-label", (each) => `Answers of ${call(each)}`],
  [".body-param textarea", "aria-label", () => "Body"],
  [".close-modal", "aria-label", () => "Close"],
  [".auth-btn-wrapper button", "aria-label", (each) => each.textContent],
  [".microlight", "tabindex", () => "0"], // it may be wider than its place
];

/** @param {HTMLElement} place */
export function nameAll(place) {
  const name = () => {
    for (const [which, attribute, told] of NAMES) {
      for (const each of place.querySelectorAll(which)) {
        const value = told(each);
        if (value && each.getAttribute(attribute) !== value) each.setAttribute(attribute, value);
      }
    }
  };
  new MutationObserver(name).observe(place, { childList: true, subtree: true });
}
