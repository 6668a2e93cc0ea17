// @ts-check
// On a narrow screen the panel is folded to one row above the shop, until somebody unfolds it.

/** The page's head has put the state of this tab on the root, before anything was drawn. */
export function foldable() {
  const root = document.documentElement;
  const button = document.querySelector("#fold");
  if (!button) return;
  const say = () => button.setAttribute("aria-expanded", String(root.dataset.panel === "open"));
  say();
  button.addEventListener("click", () => {
    root.dataset.panel = root.dataset.panel === "open" ? "folded" : "open";
    say();
    try {
      sessionStorage.setItem("panel", root.dataset.panel);
    } catch {
      // Where nothing can be kept, the next page begins folded.
    }
  });
}
