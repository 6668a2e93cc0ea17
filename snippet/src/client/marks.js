// @ts-check
// What this browser remembers of displays: in the site's storage, and for repeated displays across subdomains in a cookie.
import { isMap, mapIn, putNewest } from "../storage.js";

/** So many displays are kept; what goes first is the oldest. */
const KEPT = 50;
const COOKIE = "askwell_";

/** @typedef {import("../types").Evaluation} Evaluation */

/** @param {Evaluation} evaluation @param {import("../types").Show} show @param {number} at */
export function markDisplayed({ start, shared }, show, at) {
  shared.store.change((all) => {
    const ours = mapIn(all, start.project);
    putNewest(mapIn(ours, "displayed"), show.intercept, at, KEPT);
    putNewest(mapIn(ours, "actions"), show.action, at, KEPT);
  });
  if (show.cookie_domain && show.repeat_s) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    const life = `Max-Age=${Math.min(show.repeat_s, 34_560_000)}; Domain=${show.cookie_domain}; Path=/; SameSite=Lax`;
    try {
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not everywhere
      document.cookie = `${COOKIE}${show.intercept}=${at}; ${life}${secure}`;
    } catch {
      // Cookies are off here.
    }
  }
}

/** `displayed`, `actions`, `surveys` of docs/wire.md section 3. @param {Evaluation} evaluation @param {Record<string, string> | null} cookies */
export function readMarks({ start, shared }, cookies) {
  if (!shared.store.works) return { displayed: null, actions: null, surveys: null };
  const all = shared.store.read();
  const ours = isMap(all[start.project]) ? all[start.project] : {};
  const since = isMap(all.visit) ? Number(all.visit.from) : 0;
  const displayed = isMap(ours.displayed) ? { ...ours.displayed } : {};
  for (const [name, at] of Object.entries(cookies ?? {})) {
    if (name.startsWith(`${COOKIE}SI_`)) displayed[name.slice(COOKIE.length)] ??= Number(at);
  }
  return {
    displayed: seen(displayed, since),
    actions: seen(isMap(ours.actions) ? ours.actions : {}, since),
    surveys: Object.keys(isMap(all.surveys) ? all.surveys : {}),
  };
}

/** @param {Record<string, number>} map @param {number} since when the visit began */
function seen(map, since) {
  return Object.fromEntries(Object.entries(map).map(([id, at]) => [id, { at, session: at >= since }]));
}
