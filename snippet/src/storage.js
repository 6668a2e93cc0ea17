// @ts-check
// The site's own storage: one small map of ours. Where the site or the browser allows none, memory of this page.

const KEY = "askwell";

/** @returns {import("./types").Store} */
export function openStorage() {
  let works = true;
  /** @type {Record<string, any>} */
  let memory = {};
  const read = () => {
    if (!works) return memory;
    let text;
    try {
      text = localStorage.getItem(KEY);
    } catch {
      works = false;
      return memory;
    }
    try {
      const found = JSON.parse(text ?? "{}");
      return isMap(found) ? found : {};
    } catch {
      return {}; // somebody else wrote there
    }
  };
  return {
    get works() {
      read();
      return works;
    },
    read,
    change(by) {
      const all = read();
      by(all);
      if (!works) return;
      try {
        localStorage.setItem(KEY, JSON.stringify(all));
      } catch {
        works = false;
        memory = all;
      }
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
