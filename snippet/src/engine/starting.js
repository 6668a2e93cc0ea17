// @ts-check
// Which engine answers: the fastest that boots; one that fails is set aside for good and the next is tried.
import { Failure } from "./bundles.js";
import { startPlain } from "./plain.js";

/** @typedef {import("./types.d.ts").Answer} Answer */
/** @typedef {import("./types.d.ts").Variant} Variant */

/** A variant that has not booted by then has failed; the page has long been answered by the edge. */
const BOOT_LIMIT_MS = 25_000;

/**
 * Boots the first of the variants that works.
 *
 * @param {import("./types.d.ts").EngineFiles} files
 * @param {Set<Variant>} variants those not set aside; a failing one is taken out
 * @param {RequestPriority} priority
 * @returns {Promise<{answer: Answer, variant: Variant}>}
 */
export async function startFirst(files, variants, priority) {
  for (const variant of [...variants]) {
    try {
      const answer = await within(BOOT_LIMIT_MS, START[variant](files, priority));
      return { answer, variant };
    } catch {
      variants.delete(variant);
    }
  }
  throw new Failure("EngineAbsent");
}

/** @type {Record<Variant, (files: import("./types.d.ts").EngineFiles, priority: RequestPriority) => Promise<Answer>>} */
const START = {
  image: () => Promise.reject(new Error("not built")),
  plain: startPlain,
};

/**
 * @template T
 * @param {number} limitMs
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
function within(limitMs, promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("timeout")), limitMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
