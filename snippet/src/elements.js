// @ts-check
// Elements made one by one, and styles that need no element: what strict policies and Trusted Types allow.

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {string} [classes] @param {string} [text]
 */
export function make(tag, classes, text) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  if (text) element.textContent = text;
  if (tag === "button") element.setAttribute("type", "button");
  return element;
}

/** A shape within 24 × 24, for the eye alone. @param {string} path */
export function drawing(path) {
  const svg = drawn("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" });
  svg.append(drawn("path", { d: path }));
  return svg;
}

/** @param {string} tag @param {Record<string, string>} attributes */
export function drawn(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** @param {string} text a style sheet's */
export function sheet(text) {
  const made = new CSSStyleSheet();
  made.replaceSync(text);
  return made;
}
