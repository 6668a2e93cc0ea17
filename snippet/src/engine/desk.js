// @ts-check
// Takes pages' questions to the worker, and its answers back; a worker that breaks or hangs is replaced.
import { keepWorker } from "./keeper.js";

const FIRST_WORD_MS = 400;

/** @typedef {import("./types.d.ts").Told} Told */
/** @typedef {import("./types.d.ts").State} State */
/** @typedef {import("./types.d.ts").DeskSettings} DeskSettings */
/** @typedef {{postMessage: (told: Told) => void}} Page */
/** @typedef {{page: Page, id: number, timer?: ReturnType<typeof setTimeout>}} Pending */

/**
 * @param {string} worker address of its script
 * @param {string} edge where beacons go; no page says another address
 * @param {DeskSettings} settings
 */
export function openDesk(worker, edge, settings) {
  const bootLimitMs = settings.boot_timeout_ms ?? 30_000;
  const answerLimitMs = settings.answer_timeout_ms ?? 3_000;
  /** @type {Set<Page>} */
  const pages = new Set();
  /** @type {Map<number, Pending>} */
  const pending = new Map();
  /** @type {State} */
  let state = typeof WebAssembly === "object" && typeof Worker === "function" ? "cold" : "absent";
  let lastId = 0;
  /** @type {(word?: unknown) => void} */
  let firstWord = () => {};

  const keeper = keepWorker(
    worker,
    { settings: { idle_ms: settings.idle_ms ?? 600_000, variants: settings.variants } },
    hearWorker,
    () => loseWorker("cold"),
    () => loseWorker("absent"),
  );

  /** Pages wait for the worker's first word, but not long: they have an edge to ask. */
  const heard = new Promise((resolve) => {
    firstWord = resolve;
    setTimeout(resolve, FIRST_WORD_MS);
  });

  /** @param {Told} told */
  function hearWorker(told) {
    if ("closing" in told) tellState("cold");
    else if ("state" in told) {
      tellState(told.state);
      if (told.state === "cold") waitLonger([...pending.values()]);
    } else if ("fetching" in told) waitLonger([pending.get(told.id)]);
    else settle(told.id, told);
  }

  /** What waits for a bundle, or for the next engine where the one that was asked gave way. @param {(Pending | undefined)[]} waiting */
  function waitLonger(waiting) {
    for (const asked of waiting) {
      if (!asked?.timer) continue;
      clearTimeout(asked.timer);
      asked.timer = limited(bootLimitMs);
    }
  }

  /** How long an answer may take before its worker counts as hung. @param {number} limitMs */
  function limited(limitMs) {
    return setTimeout(() => keeper.replace(), limitMs);
  }

  /** Nothing that was asked of a broken worker is answered any more. @param {State} next */
  function loseWorker(next) {
    for (const id of [...pending.keys()]) settle(id, { id, error: "EngineLost" });
    tellState(next);
  }

  /** @param {State} next */
  function tellState(next) {
    state = next;
    firstWord();
    for (const page of pages) page.postMessage({ state });
  }

  /**
   * @param {number} id of ours
   * @param {Told} told
   */
  function settle(id, told) {
    const asked = pending.get(id);
    if (!asked) return;
    pending.delete(id);
    clearTimeout(asked.timer);
    asked.page.postMessage({ ...told, id: asked.id });
  }

  if (state === "cold") keeper.connect();

  return {
    /** Tells the page its first state once there is one to tell, and each later one. @param {Page} page */
    welcome(page) {
      heard.then(() => {
        pages.add(page);
        page.postMessage({ state });
      });
    },
    /** @param {Page} page */
    dismiss: (page) => pages.delete(page),
    /** @param {Page} page @param {unknown} data */
    hear(page, data) {
      if (typeof data !== "object" || data === null) return;
      const { warm, id, beacons, bundle, snapshot, request } = /** @type {Record<string, unknown>} */ (data);
      if (warm) {
        // The page has found an idle moment, and whether the visitor can afford it.
        if (state !== "cold") return;
        const rehearsed = typeof bundle === "string" && typeof request === "string" ? { bundle, request } : {};
        return keeper.ask({ warm: true, ...rehearsed });
      }
      if (typeof id !== "number") return;
      if (typeof beacons === "string" && state !== "absent") {
        pending.set(++lastId, { page, id });
        return keeper.ask({ id: lastId, address: edge, beacons });
      }
      if (typeof bundle !== "string" || !(snapshot instanceof ArrayBuffer) || typeof request !== "string") {
        return page.postMessage({ id, error: "Question" });
      }
      if (state === "absent") return page.postMessage({ id, error: "EngineAbsent" });
      const ours = ++lastId;
      pending.set(ours, { page, id, timer: limited(state === "alive" ? answerLimitMs : bootLimitMs) });
      keeper.ask({ id: ours, bundle, snapshot, request });
    },
  };
}
