// @ts-check
// The page's facts, exactly as docs/wire.md section 3 has them; whatever cannot be read is "not known".
import { randomHex } from "../chance.js";
import { lookUp } from "../path.js";
import { isMap, mapIn } from "../storage.js";
import { readDevice } from "./device.js";
import { readMarks } from "./marks.js";

const TEXT_LIMIT = 1000;
const URL_LIMIT = 2000;
const INSTANT_LIMIT = 253_370_764_800_000; // 9999-01-01: a clock beyond is as wrong, and the core has no date there

/** @typedef {import("../types").Evaluation} Evaluation */

/** @param {Evaluation} evaluation */
export function makeRequest(evaluation) {
  return {
    now: Math.min(Math.max(0, Math.floor(Date.now())) || 0, INSTANT_LIMIT),
    draw: readDraw(evaluation),
    page_view_id: evaluation.pageViewId,
    debug: evaluation.debug,
    page: readPage(evaluation),
  };
}

/** @param {Evaluation} evaluation */
function readPage(evaluation) {
  const { start, shared } = evaluation;
  const { view, store } = shared;
  const all = store.works ? store.read() : null;
  const visit = isMap(all?.visit) ? all.visit : null;
  // Reading them waits for another process of the browser.
  const cookies = start.cookie_domain || start.reads.cookies.length > 0 ? readCookies() : {};
  return {
    url: view.url.slice(0, URL_LIMIT),
    referrer: view.before.slice(0, URL_LIMIT),
    language: navigator.language || null,
    ...readDevice(navigator.userAgent, navigator.maxTouchPoints > 1),
    utc_offset_s: -60 * new Date().getTimezoneOffset(),
    page_count: visit?.pages ?? null,
    time_on_site_s: visit && Math.max(0, Math.floor((Date.now() - visit.from) / 1000)),
    time_on_page_s: Math.floor((performance.now() - view.since_ms) / 1000),
    history: visit && start.reads.history ? visit.history : null,
    cookies: cookies && pick(cookies, start.reads.cookies),
    values: readValues(start.reads.values),
    tracked: all && (isMap(all.tracked) ? all.tracked : {}),
    storage: store.works,
    ...readMarks(evaluation, cookies),
    active: shared.screen.size > 0,
  };
}

/** One draw for each request, or one for each visitor. @param {Evaluation} evaluation */
function readDraw({ start, shared }) {
  const fresh = randomHex();
  if (start.sampling === "request") return fresh;
  const kept = shared.store.read()[start.project]?.draw;
  if (/^[0-9a-f]{32}$/.test(kept)) return kept;
  shared.store.change((all) => {
    mapIn(all, start.project).draw = fresh;
  });
  return fresh;
}

/** Every cookie, or null where there can be none. @returns {Record<string, string> | null} */
function readCookies() {
  try {
    if (!navigator.cookieEnabled) return null;
    /** @type {[string, string][]} */
    const pairs = [];
    for (const each of document.cookie.split(/; */)) {
      const [name, ...value] = each.split("=");
      if (name) pairs.push([name, decoded(value.join("="))]);
    }
    return Object.fromEntries(pairs.reverse()); // of two with one name the first counts
  } catch {
    return null;
  }
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @param {Record<string, string>} cookies @param {string[]} names */
function pick(cookies, names) {
  const found = names.filter((name) => Object.hasOwn(cookies, name));
  return Object.fromEntries(found.map((name) => [name, cookies[name].slice(0, TEXT_LIMIT)]));
}

/** Values that the page offers: one that throws is null, one that is not there is left out. @param {string[]} paths */
function readValues(paths) {
  /** @type {Record<string, unknown>} */
  const values = {};
  for (const path of paths) {
    try {
      const value = lookUp(window, path);
      if (value !== undefined && value !== null) values[path] = plain(value);
    } catch {
      values[path] = null;
    }
  }
  return values;
}

/** @param {unknown} value */
function plain(value) {
  if (typeof value === "string") return value.slice(0, TEXT_LIMIT);
  if (typeof value === "bigint") return String(value);
  return typeof value === "number" || typeof value === "boolean" ? value : {}; // only that it is there
}
