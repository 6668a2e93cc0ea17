// @ts-check
// What assistive technology needs of the library's parts, by the library's own plugins: landmarks
// around them, a heading before the calls, names for choices, and no link inside a button.

/** @typedef {(props: object) => unknown} Part */

/** Around which part, as which landmark, by what name. */
const LANDMARKS = {
  InfoContainer: ["region", "About this API"],
  ServersContainer: ["region", "Servers"],
  AuthorizeBtnContainer: ["region", "Your token"],
  FilterContainer: ["search", "Find calls"],
};

/** @param {{React: {createElement: (kind: unknown, props?: object | null, ...inner: unknown[]) => unknown, Fragment: unknown}}} system */
export function accessible({ React: { createElement, Fragment } }) {
  const inLandmarks = Object.entries(LANDMARKS).map(([part, [role, label]]) => [
    part,
    /** @param {Part} Original */
    (Original) => (/** @type {object} */ props) =>
      createElement(
        "div",
        { role, "aria-label": label },
        part === "InfoContainer" ? null : createElement("h2", { className: "spoken" }, label),
        createElement(Original, props),
      ),
  ]);
  return {
    components: {
      /** The button around it opens the call. @param {{text: string}} props */
      DeepLink: ({ text }) => createElement("span", null, text),
    },
    wrapComponents: {
      ...Object.fromEntries(inLandmarks),
      /** @param {Part} Original */
      operations: (Original) => (/** @type {object} */ props) =>
        createElement(
          Fragment,
          null,
          createElement("h2", { className: "spoken" }, "Calls"),
          createElement(Original, props),
        ),
      /** @param {Part} Original */
      ExamplesSelect: (Original) => (/** @type {object} */ props) =>
        createElement(
          "label",
          null,
          createElement("span", { className: "spoken" }, "Example"),
          createElement(Original, props),
        ),
    },
  };
}
