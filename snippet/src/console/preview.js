// @ts-check
// A creative as visitors will see it, drawn anew with each letter by what draws it on pages.
import { makeCard } from "../creative/card.js";
import { styleOf } from "../creative/style.js";
import { sheet } from "../elements.js";

/** In its box instead of above the page. */
const BOXED = `:host { position: static !important; width: auto !important; height: auto !important; z-index: auto !important }
.card, .card.dialog { position: relative; inset: auto; width: 100%; max-width: 23.5em; margin: 0 auto; animation: none; max-height: none }`;

/** @param {ParentNode} root */
export function creativePreview(root) {
  for (const place of root.querySelectorAll("[data-preview]")) {
    const form = place.closest("form");
    if (!form) continue;
    const host = document.createElement("div");
    host.inert = true;
    place.replaceChildren(host);
    const shadow = host.attachShadow({ mode: "open" });
    const draw = () => {
      const creative = read(new FormData(form));
      shadow.adoptedStyleSheets = [sheet(styleOf(creative, false) + BOXED)];
      const { element, content } = makeCard(creative, null);
      element.append(...content);
      element.setAttribute("open", "");
      shadow.replaceChildren(element);
    };
    form.addEventListener("input", draw);
    draw();
  }
}

/** @param {FormData} form @returns {import("../creative/types").Creative} */
function read(form) {
  /** @param {string} name */
  const text = (name) => String(form.get(`definition.${name}`) ?? "");
  return {
    kind: text("kind") === "dialog" ? "dialog" : "slide_in",
    title: text("title") || "Your question",
    body: text("body"),
    accept: text("accept") || "…",
    decline: text("decline"),
    close: text("close"),
    language: text("language") || "en",
    direction: text("direction") === "rtl" ? "rtl" : text("direction") === "ltr" ? "ltr" : "auto",
    position: text("position") === "start" ? "start" : "end",
    accent: form.get("coloured") === "yes" ? text("accent") : null,
  };
}
