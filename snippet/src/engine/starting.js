// @ts-check
// Which engine answers: the fastest that boots; one that fails is set aside for good and the next is tried.
import { Failure } from "./bundles.js";
import { restoreImage } from "./image.js";
import { startPlain } from "./plain.js";

/** @typedef {import("./types.d.ts").Interpreter} Interpreter */
/** @typedef {import("./types.d.ts").Variant} Variant */

/** A variant that has not booted by then has failed; the page has long been answered by the edge. */
const BOOT_LIMIT_MS = 25_000;

/**
 * Boots the first of the variants that works.
 *
 * @param {import("./types.d.ts").EngineFiles} files
 * @param {Set<Variant>} variants those not set aside; a failing one is taken out
 * @param {RequestPriority} priority
 * @returns {Promise<Interpreter & {variant: Variant, bootedAt: number}>}
 */
export async function startFirst(files, variants, priority) {
  for (const variant of [...variants]) {
    try {
      const interpreter = await within(BOOT_LIMIT_MS, START[variant](files, priority));
      return { ...interpreter, variant, bootedAt: performance.now() };
    } catch {
      variants.delete(variant);
    }
  }
  throw new Failure("EngineAbsent");
}

/** @type {Record<Variant, (files: import("./types.d.ts").EngineFiles, priority: RequestPriority) => Promise<Interpreter>>} */
const START = {
  image: startImage,
  plain: startPlain,
};

/**
 * @param {import("./types.d.ts").EngineFiles} files
 * @param {RequestPriority} priority
 * @returns {Promise<Interpreter>}
 */
async function startImage({ image }, priority) {
  if (!image) throw new Failure("NotBuilt");
  const { wasm, wasmIntegrity, memory, memoryIntegrity, plan } = image;
  const fetched = (/** @type {string} */ name, /** @type {string} */ integrity) =>
    fetch(new URL(name, self.location.href), { priority, integrity });
  const from = performance.now();
  const [module, pieces] = await Promise.all([
    WebAssembly.compileStreaming(fetched(wasm, wasmIntegrity)),
    fetched(memory, memoryIntegrity).then((response) => response.arrayBuffer()),
  ]);
  const compiledAt = performance.now();
  const fetchedAt = Math.min(compiledAt, Math.max(from, arrivedAt(wasm), arrivedAt(memory)));
  const interpreter = await restoreImage(module, plan, new Uint8Array(pieces));
  const boot = { fetch: fetchedAt - from, compile: compiledAt - fetchedAt, restore: performance.now() - compiledAt };
  return { ...interpreter, boot };
}

/** When a file's last byte was there: compiling has begun before, and what it took beyond is the compiler's. @param {string} name */
function arrivedAt(name) {
  const [entry] = performance.getEntriesByName(new URL(name, self.location.href).href);
  return /** @type {PerformanceResourceTiming | undefined} */ (entry)?.responseEnd ?? 0;
}

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
