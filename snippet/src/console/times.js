// @ts-check
// Instants in the reader's own zone and language; the page has them in UTC.

const WHOLE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** @param {ParentNode} root */
export function localTimes(root) {
  for (const each of root.querySelectorAll("time[datetime]")) {
    const instant = new Date(each.getAttribute("datetime") ?? "");
    if (Number.isNaN(instant.getTime())) continue;
    const local = WHOLE.format(instant);
    each.setAttribute("title", local);
    if (!each.hasAttribute("data-ago")) each.textContent = local;
  }
}
