// @ts-check
// On a narrow screen the panel is folded to one row above the shop, until somebody unfolds it.

/** The page's head has put the state on the root, before anything was drawn. */
export function foldable() {
  const root = document.documentElement;
  const button = document.querySelector("#fold");
  if (!button) return;
  const say = () => button.setAttribute("aria-expanded", String(root.dataset.panel === "open"));
  say();
  button.addEventListener("click", () => {
    root.dataset.panel = root.dataset.panel === "open" ? "folded" : "open";
    say();
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not everywhere
    document.cookie = `panel=${root.dataset.panel}; Path=/; SameSite=Lax`; // the next page is drawn so at once
  });
}
