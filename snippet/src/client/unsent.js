// @ts-check
// Beacons that the edge has not confirmed, in the site's own storage: written before the page can go away, and each
// under a key of its own, so that tabs do not write over each other's.
import { isMap } from "../storage.js";

const KEY = "askwell:unsent:";

/** @typedef {{address: string, beacon: import("../types").Beacon}} Entry */

/** @param {Entry} entry */
export function keep(entry) {
  quietly(() => localStorage.setItem(KEY + entry.beacon.id, JSON.stringify(entry)));
}

/** @param {string[]} ids */
export function drop(ids) {
  quietly(() => {
    for (const id of ids) localStorage.removeItem(KEY + id);
  });
}

/** What this page and others have kept; what cannot be one of ours is removed. @returns {Entry[]} */
export function readKept() {
  /** @type {Entry[]} */
  const found = [];
  quietly(() => {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(KEY)) continue;
      const entry = parsed(localStorage.getItem(key));
      if (KEY + entry?.beacon.id === key) found.push(/** @type {Entry} */ (entry));
      else localStorage.removeItem(key);
    }
  });
  return found;
}

/** @param {string | null} text @returns {Entry | null} */
function parsed(text) {
  try {
    const entry = JSON.parse(text ?? "");
    return isMap(entry) && isMap(entry.beacon) && typeof entry.address === "string" ? /** @type {any} */ (entry) : null;
  } catch {
    return null;
  }
}

/** Where the site or the browser allows no storage, or has no room, beacons last for the page. @param {() => void} work */
function quietly(work) {
  try {
    work();
  } catch {
    // In memory it is.
  }
}
