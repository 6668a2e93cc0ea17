// @ts-check
// The builders of segments and conditions: lines and groups. Without script each button asks the
// server for the same.
import { within } from "./within.js";

/** @param {ParentNode} root */
export function builders(root) {
  for (const builder of within(root, "[data-builder]")) {
    for (const line of builder.querySelectorAll("[data-line]")) suit(line);
    builder.addEventListener("change", ({ target }) => {
      const line = target instanceof Element && target.closest("[data-line]");
      if (line) suit(line);
    });
    builder.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (button && act(button)) event.preventDefault();
    });
  }
}

/** What a button does; false leaves it to the server. @param {HTMLButtonElement} button */
function act(button) {
  const group = button.closest("[data-group]");
  const items = group?.querySelector(":scope > [data-items]");
  if (!group || !items) return false;
  if (button.matches("[data-drop]")) {
    const gone = /** @type {Element} */ (button.closest("[data-line], [data-group]"));
    const above = gone.parentElement;
    const next = gone.nextElementSibling ?? gone.previousElementSibling ?? above?.closest("[data-group]");
    gone.remove();
    if (next) focusIn(next);
    return true;
  }
  if (button.matches("[data-add-line]")) items.append(blankLine(group));
  else if (button.matches("[data-add-group]")) items.append(blankGroup(group));
  else return false;
  const added = /** @type {Element} */ (items.lastElementChild);
  for (const line of added.matches("[data-line]") ? [added] : added.querySelectorAll("[data-line]")) suit(line);
  focusIn(added);
  return true;
}

/** @param {Element} place */
function focusIn(place) {
  const first = place.querySelector("select, input, button");
  if (first instanceof HTMLElement) first.focus();
}

/** @param {Element} group */
function blankLine(group) {
  const builder = /** @type {Element} */ (group.closest("[data-builder]"));
  const model = /** @type {Element} */ (builder.querySelector("[data-line]") ?? kept.get(builder));
  const line = /** @type {Element} */ (model.cloneNode(true));
  for (const said of line.querySelectorAll("[data-whole], .wrong")) said.remove();
  for (const wrong of line.querySelectorAll("[aria-invalid]")) {
    for (const name of ["id", "aria-invalid", "aria-describedby"]) wrong.removeAttribute(name);
  }
  for (const input of line.querySelectorAll("input")) {
    if (input.type === "checkbox") input.checked = false;
    else input.value = "";
  }
  for (const area of line.querySelectorAll("textarea")) area.value = "";
  for (const select of line.querySelectorAll("select")) select.selectedIndex = 0;
  return line;
}

/** @param {Element} group */
function blankGroup(group) {
  const inner = /** @type {Element} */ (group.cloneNode(true));
  inner.querySelector(":scope > [data-items]")?.replaceChildren(blankLine(group));
  const joiner = inner.querySelector("select");
  if (joiner) joiner.value = "or";
  if (joiner && !inner.querySelector(".who > [data-drop]")) {
    const button = document.createElement("button");
    button.className = "secondary outline small";
    button.dataset.drop = "";
    button.textContent = "Remove group";
    joiner.after(button);
  }
  return inner;
}

/** A line of each builder, for when all of its own are gone. @type {WeakMap<Element, Element>} */
const kept = new WeakMap();

/** Shows of a line what its field and comparison need. @param {Element} line */
function suit(line) {
  const builder = /** @type {HTMLElement} */ (line.closest("[data-builder]"));
  if (!kept.has(builder)) kept.set(builder, /** @type {Element} */ (line.cloneNode(true)));
  const field = /** @type {HTMLSelectElement} */ (line.querySelector("[data-field]"));
  const cmp = /** @type {HTMLSelectElement} */ (line.querySelector("[data-cmp]"));
  const kind = field.selectedOptions[0]?.getAttribute("data-kind") ?? "";
  /** @type {Record<string, string>} */
  const titles = JSON.parse(builder.dataset.kinds ?? "{}")[kind] ?? {};
  for (const option of cmp.options) {
    const fits = !kind || option.value in titles;
    option.hidden = option.disabled = !fits;
    option.textContent = titles[option.value] ?? option.textContent;
  }
  if (cmp.selectedOptions[0]?.disabled) cmp.value = Object.keys(titles)[0];
  show(cmp, Object.keys(titles).length > 1); // where there is no choice there is no question
  for (const part of line.querySelectorAll("[data-for], [data-cmps], [data-unless]")) {
    show(
      part,
      named(part, "data-for", field.value) && named(part, "data-cmps", cmp.value) && !refused(part, cmp.value),
    );
  }
  const way = kind === "time" ? "time" : isDay(kind, cmp.value) ? "date" : "text";
  for (const input of line.querySelectorAll("[data-value]")) {
    if (input instanceof HTMLInputElement) dress(input, way);
  }
}

/** A value is typed as what it is, unless something else stands there. @param {HTMLInputElement} input @param {string} way */
function dress(input, way) {
  const plain = { date: /^(\d{4}-\d\d-\d\d)?$/, time: /^(\d\d:\d\d)?$/, text: /^/ }[way];
  input.type = plain?.test(input.value) ? way : "text";
}

/** @param {string} kind @param {string} cmp */
function isDay(kind, cmp) {
  return cmp === "before" || cmp === "after" || (kind === "date" && !cmp.includes("Days"));
}

/** @param {Element} part @param {string} name @param {string} value */
function named(part, name, value) {
  const wanted = part.getAttribute(name)?.split("|");
  return !wanted || wanted.some((each) => (each.endsWith(".") ? value.startsWith(each) : value === each));
}

/** @param {Element} part @param {string} cmp */
function refused(part, cmp) {
  return part.hasAttribute("data-unless") && named(part, "data-unless", cmp);
}

/** What is hidden is not sent, and is there again when it is wanted. @param {Element} part @param {boolean} on */
function show(part, on) {
  part.toggleAttribute("hidden", !on);
  const control = part.matches("label") ? part.querySelector("input, select, textarea") : part;
  control?.toggleAttribute("disabled", !on);
}
