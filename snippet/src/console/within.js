// @ts-check
// A part of the page that came anew may be what is looked for itself.

/** @param {ParentNode} root @param {string} selector @returns {Element[]} */
export function within(root, selector) {
  const inner = [...root.querySelectorAll(selector)];
  return root instanceof Element && root.matches(selector) ? [root, ...inner] : inner;
}
