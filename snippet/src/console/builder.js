// @ts-check
// The segment builder's lines and groups. Without script each button asks the server for the same.

/** @param {ParentNode} root */
export function segmentBuilder(root) {
  for (const form of root.querySelectorAll("form[data-builder]")) {
    for (const line of form.querySelectorAll("[data-line]")) suit(line);
    form.addEventListener("change", ({ target }) => {
      const line = target instanceof Element && target.closest("[data-line]");
      if (line) suit(line);
    });
    form.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (button && act(button)) event.preventDefault();
    });
  }
}

/** What a button does; false leaves it to the server. @param {HTMLButtonElement} button */
function act(button) {
  const group = button.closest("[data-group]");
  if (!group) return false;
  if (button.matches("[data-drop]")) {
    const lines = group.querySelector(":scope > [data-lines]");
    button.closest("[data-line]")?.remove();
    focusIn(lines?.lastElementChild ?? group);
  } else if (button.matches("[data-ungroup]")) {
    const above = group.parentElement?.closest("[data-group]");
    group.remove();
    if (above) focusIn(above);
  } else if (button.matches("[data-add-line]")) {
    const line = blankLine(group);
    group.querySelector(":scope > [data-lines]")?.append(line);
    suit(line);
    focusIn(line);
  } else if (button.matches("[data-add-group]")) {
    const inner = blankGroup(group);
    group.querySelector(":scope > [data-groups]")?.append(inner);
    for (const line of inner.querySelectorAll("[data-line]")) suit(line);
    focusIn(inner);
  } else {
    return false;
  }
  return true;
}

/** @param {Element} place */
function focusIn(place) {
  const first = place.querySelector("select, input, button");
  if (first instanceof HTMLElement) first.focus();
}

/** @param {Element} group */
function blankLine(group) {
  const form = /** @type {Element} */ (group.closest("form"));
  const model = /** @type {Element} */ (form.querySelector("[data-line]") ?? kept.get(form));
  const line = /** @type {Element} */ (model.cloneNode(true));
  for (const input of line.querySelectorAll("input")) input.value = "";
  for (const select of line.querySelectorAll("select")) select.selectedIndex = 0;
  return line;
}

/** @param {Element} group */
function blankGroup(group) {
  const inner = /** @type {Element} */ (group.cloneNode(true));
  const lines = /** @type {Element} */ (inner.querySelector(":scope > [data-lines]"));
  inner.querySelector(":scope > [data-groups]")?.replaceChildren();
  lines.replaceChildren(blankLine(group));
  const joiner = inner.querySelector("select");
  if (joiner) joiner.value = "or";
  if (!inner.querySelector("[data-ungroup]") && joiner) {
    const button = document.createElement("button");
    button.className = "secondary outline small";
    button.dataset.ungroup = "";
    button.textContent = "Remove group";
    joiner.after(button);
  }
  return inner;
}

/** A line of each form, for when all of its own are gone. @type {WeakMap<Element, Element>} */
const kept = new WeakMap();

/** Shows of a line what its field and comparison need. @param {Element} line */
function suit(line) {
  const form = line.closest("form");
  if (form && !kept.has(form)) kept.set(form, /** @type {Element} */ (line.cloneNode(true)));
  const field = /** @type {HTMLSelectElement} */ (line.querySelector("[data-field]"));
  const cmp = /** @type {HTMLSelectElement} */ (line.querySelector("[data-cmp]"));
  const kind = field.selectedOptions[0]?.getAttribute("data-kind") ?? "";
  const allowed = JSON.parse(form?.dataset.kinds ?? "{}")[kind] ?? [];
  for (const option of cmp.options) {
    const fits = !kind || kind === "any" || allowed.includes(option.value);
    option.hidden = !fits;
    option.disabled = !fits;
  }
  if (cmp.selectedOptions[0]?.disabled) cmp.value = allowed[0];
  for (const part of line.querySelectorAll("[data-for]")) {
    const wanted = (part.getAttribute("data-for") ?? "").split("|");
    const fits = wanted.some((each) => (each.endsWith(".") ? field.value.startsWith(each) : field.value === each));
    part.toggleAttribute("hidden", !fits);
    if (!fits && part instanceof HTMLInputElement) part.value = "";
  }
  const value = line.querySelector("[data-value]");
  value?.toggleAttribute("hidden", cmp.value === "empty" || cmp.value === "notEmpty");
  if (value && cmp.value === "is") value.setAttribute("placeholder", "true or false");
  else value?.setAttribute("placeholder", cmp.value.includes("LastDays") ? "Days" : "Value");
}
