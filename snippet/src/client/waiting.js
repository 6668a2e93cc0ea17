// @ts-check
// Waiting, never for longer than is said, and never for an evaluation that another has replaced.

export class Replaced extends Error {}

/** @param {AbortSignal} signal */
export function goOn(signal) {
  if (signal.aborted) throw new Replaced("replaced");
}

/**
 * Runs `work` under a signal of its own, aborted after `limitMs` or with `signal`.
 *
 * @template T
 * @param {number} limitMs
 * @param {AbortSignal | null} signal
 * @param {(signal: AbortSignal) => Promise<T>} work
 * @returns {Promise<T>}
 */
export function within(limitMs, signal, work) {
  const own = new AbortController();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(new Error("timeout")), limitMs);
    const replaced = () => end(new Replaced("replaced"));
    const end = (/** @type {Error} */ why) => {
      own.abort();
      reject(why);
    };
    if (signal?.aborted) replaced();
    signal?.addEventListener("abort", replaced);
    work(own.signal)
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", replaced);
      });
  });
}

/**
 * Resolves when `listen` calls back; what it returns takes the listening away again, in any case.
 *
 * @param {AbortSignal} signal
 * @param {(happened: () => void) => () => void} listen
 * @returns {Promise<void>}
 */
export function until(signal, listen) {
  return new Promise((resolve, reject) => {
    const replaced = () => {
      stop();
      reject(new Replaced("replaced"));
    };
    const stop = listen(() => {
      stop();
      signal.removeEventListener("abort", replaced);
      resolve();
    });
    if (signal.aborted) replaced();
    signal.addEventListener("abort", replaced, { once: true });
  });
}

/** In a moment when the browser has nothing else to do. @param {() => void} work */
export function whenIdle(work) {
  if (typeof requestIdleCallback === "function") requestIdleCallback(work, { timeout: 5_000 });
  else setTimeout(work, 1_000);
}
