// @ts-check
// Bundles by their hash: fetched once from the edge's own origin, the few newest kept.

const KEPT = 4;

/** @type {Map<string, Promise<Uint8Array>>} */
const bundles = new Map();

/**
 * The bundle's bytes. A failed fetch is not remembered.
 *
 * @param {string} hash 32 hex digits
 * @param {() => void} fetching called when it must be waited for
 * @returns {Promise<Uint8Array>}
 */
export function readBundle(hash, fetching) {
  if (!bundles.has(hash)) fetching();
  const known = bundles.get(hash) ?? fetchBundle(hash);
  bundles.delete(hash);
  bundles.set(hash, known);
  known.catch(() => bundles.delete(hash));
  for (const oldest of [...bundles.keys()].slice(0, -KEPT)) bundles.delete(oldest);
  return known;
}

/** @param {string} hash */
async function fetchBundle(hash) {
  if (!/^[0-9a-f]{32}$/.test(hash)) throw new Failure("BundleName");
  const response = await fetch(new URL(`../b/${hash}`, self.location.href));
  if (!response.ok) throw new Failure("BundleMissing");
  return new Uint8Array(await response.arrayBuffer());
}

/** What a page is told of a failure: a class name and nothing else. */
export class Failure extends Error {
  /** @param {string} name */
  constructor(name) {
    super(name);
    this.name = name;
  }
}
