// @ts-check
// One project of the page: loads its start file, and evaluates only where something can show.
import { randomHex } from "./chance.js";
import { readWho, referenceInSnippet } from "./identity.js";
import { mayShow } from "./prefilter.js";
import { countPage } from "./visit.js";
import { watchUrl } from "./watch.js";

/** @typedef {import("./types").Shared} Shared */

/**
 * @param {string} base address of the edge, without a slash at its end
 * @param {string} id
 * @param {string | undefined} nonce
 * @param {Shared} shared
 * @param {import("./types").Start | undefined} given the start file that came along, for the first time of asking
 * @returns {import("./types").Project}
 */
export function makeProject(base, id, nonce, shared, given) {
  /** @type {import("./types").Start | null} */
  let start = null;
  /** @type {Promise<void> | null} */
  let loading = null;
  /** @type {AbortController | undefined} */
  let evaluation;
  let evaluated = "";
  let watching = false;
  /** Ends soon after it is replaced; by then it has given back what it had claimed. @type {Promise<void> | undefined} */
  let underWay;
  /** @type {[number, number]} */
  let startedMs = [0, 0];
  /** @type {Set<() => void>} */
  const removers = new Set();
  const address = (/** @type {string} */ path) => `${base}/p/${id}/${path}`;

  function load() {
    const from = performance.now();
    const asked = shared.debugToken ? `?askwell_debug=${shared.debugToken}` : "";
    const told =
      given && !asked
        ? Promise.resolve(given)
        : fetch(address(`start.json${asked}`), { credentials: "omit" })
            .then((answer) => (answer.ok ? answer.json() : null))
            .catch(() => null); // the edge is down: nothing shows
    given = undefined;
    /** @type {Promise<void>} */
    const mine = told.then((found) => {
      if (loading !== mine) return;
      start = found;
      startedMs = [from, performance.now()];
      if (start?.reevaluate_on_url && !watching) watch();
    });
    loading = mine;
    return mine;
  }

  function watch() {
    watching = true;
    watchUrl(() => {
      if (start?.reevaluate_on_url && evaluated !== location.href) tryRun(false);
    });
  }

  /** @param {boolean} byPage */
  async function run(byPage) {
    evaluation?.abort();
    const mine = new AbortController();
    evaluation = mine;
    await loading;
    if (mine.signal.aborted || !start) return;
    evaluated = location.href;
    const page = seePage(shared);
    const debug = /** @type {any} */ (QSI).isDebug === true || start.debug === true;
    const { who, warnings } = visitor(shared);
    const pageViewId = randomHex();
    const nothing = !debug && !mayShow(start.prefilter, page.url, Date.now());
    if (nothing && start.creates && who.reference !== undefined) sendPageView(who, pageViewId);
    const { client } = start.files;
    if (!client || (nothing && !shared.store.read().unsent)) return;
    /** @type {import("./types").Client} */
    const { evaluate, resend } = await shared.part(base + client, start.integrity.client, nonce, start.client);
    if (nothing) return void resend(shared);
    await underWay;
    if (mine.signal.aborted) return;
    const { signal } = mine;
    const given = { base, start, shared, who, pageViewId, byPage, debug, warnings, nonce, signal, removers, startedMs };
    underWay = evaluate(given).catch(() => {}); // a setting of the page may throw
  }

  /** So that the contact comes into being though nothing shows. Lost, it is sent again on the next page. */
  function sendPageView(/** @type {import("./types").Who} */ who, /** @type {string} */ pageViewId) {
    const beacon = { ...who, id: randomHex(), kind: "page_view", at: Date.now(), page_view_id: pageViewId };
    const body = JSON.stringify({ beacons: [beacon] });
    fetch(address("beacons"), { method: "POST", body, keepalive: true, credentials: "omit" }).catch(() => {});
  }

  const tryRun = (/** @type {boolean} */ byPage) => run(byPage).catch(() => {});

  function forget() {
    evaluation?.abort();
    for (const remove of [...removers]) remove();
  }

  return {
    load,
    run: tryRun,
    forget,
    unload() {
      forget();
      start = null;
      loading = null;
    },
  };
}

/** The page's address, counted as a page of the visit when it is new. @param {Shared} shared */
function seePage(shared) {
  const url = location.href.replace(/([?&])askwell_debug=[^&#]*(&?)/, (_, mark, more) => more && mark);
  if (url !== shared.view.url) {
    const first = shared.view.url === "";
    shared.view = {
      url,
      before: first ? document.referrer : shared.view.url,
      since_ms: first ? 0 : performance.now(),
    };
    countPage(shared.store, url, Date.now());
  }
  return shared.view;
}

/**
 * Whatever the page wrote into `QSI.config`.
 *
 * @param {Shared} shared
 * @returns {{who: import("./types").Who, warnings: string[]}}
 */
function visitor(shared) {
  try {
    const named = /** @type {any} */ (QSI);
    if (!shared.first) named.config ??= { externalReference: referenceInSnippet() };
    return { who: readWho(named.config), warnings: [] };
  } catch (problem) {
    return { who: {}, warnings: [`config_unreadable:${problem}`] };
  }
}
