// @ts-check
// The site's own storage: one small map of ours. Where the site or the browser allows none, memory of this page.

const KEY = "askwell";

/** Read once a turn, and written at its end: each costs a page more than all else here. @returns {import("./types").Store} */
export function openStorage() {
  /** Where nothing can be stored. @type {Record<string, any> | undefined} */
  let memory;
  /** @type {Record<string, any> | undefined} */
  let turn;
  let changed = false;
  const read = () => {
    if (!turn) {
      queueMicrotask(endTurn);
      turn = memory ?? stored();
    }
    return turn;
  };
  const stored = () => {
    let text;
    try {
      text = localStorage.getItem(KEY);
    } catch {
      memory = {};
      return memory;
    }
    try {
      const found = JSON.parse(text ?? "{}");
      return isMap(found) ? found : {};
    } catch {
      return {}; // somebody else wrote there
    }
  };
  const endTurn = () => {
    try {
      if (changed && !memory) localStorage.setItem(KEY, JSON.stringify(turn));
    } catch {
      memory = turn;
    }
    turn = undefined;
    changed = false;
  };
  return {
    get works() {
      read();
      return !memory;
    },
    read,
    change(by) {
      by(read());
      changed = true;
    },
  };
}

/** @param {unknown} value @returns {value is Record<string, any>} */
export function isMap(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The map under a name, whatever was there before. @param {Record<string, any>} all @param {string} name */
export function mapIn(all, name) {
  if (!isMap(all[name])) all[name] = {};
  return all[name];
}

/** Keeps the newest. @param {Record<string, any>} map @param {string} name @param {unknown} value @param {number} most */
export function putNewest(map, name, value, most) {
  delete map[name];
  map[name] = value;
  for (const oldest of Object.keys(map).slice(0, -most)) delete map[oldest];
}
