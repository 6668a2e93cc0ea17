// @ts-check
// The visit: pages seen without a pause of half an hour, as this browser counts them.
import { mapIn } from "./storage.js";

const PAUSE_MS = 30 * 60_000;
const PAGES = 30;
const URL_LIMIT = 500;
const TRACKED = 50;

/** @param {import("./types").Store} store @param {string} url @param {number} now */
export function countPage(store, url, now) {
  store.change((all) => {
    const visit = mapIn(all, "visit");
    const goesOn = Math.abs(now - visit.at) < PAUSE_MS; // a clock that was set back ends no visit
    const earlier = Array.isArray(visit.history) ? visit.history : [];
    all.visit = {
      from: (goesOn && Number(visit.from)) || now,
      at: now,
      pages: goesOn ? (visit.pages | 0) + 1 : 1,
      url: url.slice(0, URL_LIMIT),
      history: goesOn ? [...earlier, visit.url].slice(-PAGES) : [],
    };
  });
}

/** @param {import("./types").Store} store @param {string} name */
export function countTracked(store, name) {
  store.change((all) => {
    const tracked = mapIn(all, "tracked");
    const times = (tracked[name] | 0) + 1;
    if (name in tracked || Object.keys(tracked).length < TRACKED) tracked[name] = times;
  });
}
