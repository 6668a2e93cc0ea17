// @ts-check
// QSI.API: what pages call. Nothing in it ever throws; only a second load() without unload() is refused, readably.

import { mapIn } from "./storage.js";
import { countTracked } from "./visit.js";

const AGAIN = "QSI.API.load: already loaded. Call QSI.API.unload() first.";
const NAME_LIMIT = 100;

/** @typedef {import("./types").Shared} Shared */

/** @param {Shared} shared @param {{loaded: boolean, turn: number}} state */
export function makeApi(shared, state) {
  const projects = () => [...shared.projects.values()];
  return {
    /** Reads the start files, and `QSI.config` anew; a thenable. */
    load() {
      if (state.loaded) return thenable(Promise.reject(new Error(AGAIN)));
      state.loaded = true;
      return thenable(Promise.all(projects().map((each) => each.load())).then(tellLoaded));
    },
    /** Evaluates; shows what waits for this call too. */
    run() {
      if (state.loaded) for (const each of projects()) each.run(true);
    },
    /** Takes everything away, also what is under way. */
    unload() {
      state.loaded = false;
      state.turn++;
      for (const each of projects()) each.unload();
    },
    /** The visitor is somebody (else) from now on; run() evaluates for them. */
    identify,
    /** The visitor has logged out. */
    reset: () => identify(),
    /** Counts something that conditions ask for. */
    track(/** @type {unknown} */ name) {
      if (name) countTracked(shared.store, String(name).slice(0, NAME_LIMIT));
    },
    /** The survey was taken in this browser. */
    completed(/** @type {unknown} */ survey) {
      shared.store.change((all) => {
        mapIn(all, "surveys")[String(survey).slice(0, NAME_LIMIT)] = Date.now();
      });
    },
  };

  /** @param {unknown} [externalReference] @param {unknown} [contact] @param {unknown} [externalReferenceToken] */
  function identify(externalReference, contact, externalReferenceToken) {
    for (const each of projects()) each.forget();
    try {
      const named = /** @type {any} */ (QSI);
      named.config = { ...named.config, externalReference, contact, externalReferenceToken };
    } catch {
      // A page that froze QSI has no say in who its visitor is.
    }
  }
}

/** For pages that listen on `window`. */
export function tellLoaded() {
  dispatchEvent(new Event("qsi_js_loaded"));
}

/**
 * As published: with `then` and without `catch`. A page that does not listen to refusals hears of none.
 *
 * @template T
 * @param {Promise<T>} promise
 */
function thenable(promise) {
  promise.catch(() => {});
  return {
    /** @param {(value: T) => any} [done] @param {(problem: any) => any} [refused] @returns {any} */
    // biome-ignore lint/suspicious/noThenProperty: it is what the published API gives back
    then(done, refused) {
      const next = promise.then(done, refused);
      if (!refused) promise.catch(() => next.catch(() => {}));
      return thenable(next);
    },
  };
}
