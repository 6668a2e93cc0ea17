// @ts-check
// Instants in the reader's own zone and language; the page has them in UTC.

const WHOLE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
// A day that was kept without its hour is the same day everywhere.
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });

/** @param {ParentNode} root */
export function localTimes(root) {
  for (const each of root.querySelectorAll("time[datetime]")) {
    const instant = new Date(each.getAttribute("datetime") ?? "");
    if (Number.isNaN(instant.getTime())) continue;
    const day = each.hasAttribute("data-day");
    const local = (day ? DAY : WHOLE).format(instant);
    each.setAttribute("title", local);
    if (!day && !each.hasAttribute("data-ago")) each.textContent = local;
  }
}
