// @ts-check
// Notices that a single-page application moved on, without touching its history object.

const SETTLED_MS = 50;
const LOOK_MS = 500;

/** @param {() => void} changed called once the address has settled */
export function watchUrl(changed) {
  let last = location.href;
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const settle = () => {
    if (location.href === last) return;
    last = location.href;
    changed();
  };
  const look = () => {
    clearTimeout(timer);
    timer = setTimeout(settle, SETTLED_MS);
  };
  const { navigation } = /** @type {any} */ (window);
  if (navigation) navigation.addEventListener("currententrychange", look);
  else setInterval(settle, LOOK_MS);
}
