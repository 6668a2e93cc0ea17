// @ts-check
// The page goes away: one listener for all who must know, since each that comes and goes is told to the browser's process.

/** @type {Set<() => unknown>} */
const waiting = new Set();

/** @param {() => unknown} work @returns {() => void} when it need not be done any more */
export function onLeaving(work) {
  if (waiting.size === 0) addEventListener("pagehide", leave);
  waiting.add(work);
  return () => waiting.delete(work);
}

function leave() {
  for (const work of [...waiting]) work();
}
