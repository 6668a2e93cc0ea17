// @ts-check
// A creative's elements, built one by one: no markup is parsed, so Trusted Types have nothing to check.
import { make } from "../elements.js";

/**
 * @typedef {object} Card
 * @property {HTMLElement} element the card, still empty: a dialog, or a region that leaves the page usable
 * @property {HTMLElement[]} content what it is to hold
 * @property {HTMLElement} accept a link where the target opens in a tab
 * @property {HTMLElement | null} decline
 * @property {HTMLElement} close
 */

/**
 * @param {import("./types").Creative} creative
 * @param {string | null} href where accepting leads in a tab of its own
 * @returns {Card}
 */
export function makeCard(creative, href) {
  const modal = creative.kind === "dialog";
  const element = make(modal ? "dialog" : "section", `card ${modal ? "dialog" : "slide_in"}`);
  if (creative.position === "start") element.classList.add("start");
  element.lang = creative.language;
  element.dir = creative.direction;
  element.setAttribute("aria-labelledby", "title");
  const mark = make("span", "mark"); // a drawing in style.js, as the closing cross is: no image, which costs a page more
  const title = make("h2", "", creative.title);
  title.id = "title";
  const content = [mark, title];
  if (creative.body.trim()) {
    const body = make("p", "", creative.body);
    body.id = "body";
    element.setAttribute("aria-describedby", "body");
    content.push(body);
  }
  const accept = make(href ? "a" : "button", "accept", creative.accept);
  if (href && accept instanceof HTMLAnchorElement) {
    accept.href = href;
    accept.target = "_blank";
    accept.rel = "noopener";
  }
  const decline = creative.decline.trim() ? make("button", "decline", creative.decline) : null;
  const close = make("button", "close");
  close.setAttribute("aria-label", creative.close);
  const actions = make("div", "actions");
  actions.append(accept, ...(decline ? [decline] : []));
  content.push(actions, close); // last in order, first at hand: the corner is its place
  return { element, content, accept, decline, close };
}
