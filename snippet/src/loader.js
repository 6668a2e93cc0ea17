// @ts-check
// The first script, the same for every project: starts after the page has loaded, and keeps out of its way.
import { makeApi, tellLoaded } from "./api.js";
import { loadPart, trusted } from "./part.js";
import { makeProject } from "./project.js";
import { openStorage } from "./storage.js";

const ADDRESS = /^(.*)\/p\/(ZN_[A-Za-z0-9]+)\.js(?:[?#]|$)/;
/** Where scripts of several projects, or of one that is embedded twice, find each other. */
const SHARED = Symbol.for("askwell");

/** @typedef {import("./types").Shared} Shared */

function begin() {
  /** @type {any} */
  const script = document.currentScript ?? document.querySelector('script[src*="/p/ZN_"]');
  if (!script) return;
  const first = typeof QSI === "undefined";
  if (first) /** @type {any} */ (window).QSI = {};
  const named = /** @type {any} */ (QSI);
  if (!named[SHARED]) Object.defineProperty(named, SHARED, { value: share(named, first) });
  named[SHARED].add(script, ASKWELL_START);
}

/** @param {any} named `QSI` @param {boolean} first @returns {Shared} */
function share(named, first) {
  const state = { loaded: false, turn: 0 };
  /** @type {Map<string, Promise<any>>} */
  const parts = new Map();
  /** @type {Shared} */
  const shared = {
    store: openStorage(),
    projects: new Map(),
    screen: new Set(),
    view: { url: "", before: "", since_ms: 0 },
    debugToken: /[?&]askwell_debug=([^&#]+)/.exec(location.href)?.[1],
    first,
    trusted,
    part(address, integrity, nonce, brought) {
      const loaded = parts.get(address) ?? (brought ? new Promise(brought) : loadPart(address, integrity, nonce));
      parts.set(address, loaded);
      loaded.catch(() => parts.delete(address));
      return loaded;
    },
    add(script, start) {
      const [, base = "", id] = ADDRESS.exec(script.src) ?? [];
      if (!id || shared.projects.has(id)) return;
      const project = makeProject(base, id, script.nonce, shared, start);
      shared.projects.set(id, project);
      state.loaded = true;
      const { turn } = state; // the page may unload us at any time
      afterLoad(async () => {
        if (turn === state.turn) await project.load();
        if (turn === state.turn) tellLoaded();
        if (turn === state.turn) project.run(false);
      });
    },
  };
  named.API ??= makeApi(shared, state);
  return shared;
}

/** Once the page has loaded, and somebody looks at it. @param {() => void} start */
function afterLoad(start) {
  const soon = () => setTimeout(start);
  if (/** @type {any} */ (document).prerendering) {
    document.addEventListener("prerenderingchange", () => afterLoad(start), { once: true });
  } else if (document.readyState === "complete") soon();
  else addEventListener("load", soon, { once: true });
}

try {
  begin();
} catch {
  // Never the page's trouble.
}
