// @ts-check
// A world without time and chance, for the moment in which an image is taken: the same sources, the same bytes.
import nodeCrypto from "node:crypto";

/** Any instant will do; nothing in the core reads a clock. */
const INSTANT = Date.UTC(2026, 0, 1);

/**
 * Runs with a clock that stands, no randomness and a program of no name, and puts everything back.
 *
 * @template T
 * @param {() => Promise<T>} run
 * @returns {Promise<T>}
 */
export async function inStillWorld(run) {
  const { argv } = process;
  const measured = performance.now;
  const fill = nodeCrypto.randomFillSync;
  const draw = crypto.getRandomValues;
  const RealDate = globalThis.Date;
  process.argv = [argv[0], "/askwell"];
  globalThis.Date = /** @type {DateConstructor} */ (
    class extends RealDate {
      /** @param {any[]} parts */
      constructor(...parts) {
        // @ts-expect-error: Date takes any number of parts
        super(...(parts.length ? parts : [INSTANT]));
      }
      static now() {
        return INSTANT;
      }
    }
  );
  performance.now = () => 0;
  const zeros = (/** @type {any} */ array) => array.fill(0);
  nodeCrypto.randomFillSync = zeros;
  crypto.getRandomValues = zeros;
  try {
    return await run();
  } finally {
    process.argv = argv;
    globalThis.Date = RealDate;
    performance.now = measured;
    nodeCrypto.randomFillSync = fill;
    crypto.getRandomValues = draw;
  }
}
