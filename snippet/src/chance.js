// @ts-check

/** 32 hex digits that nobody can guess: ids of page views and beacons, draws. */
export function randomHex() {
  let text = "";
  for (const number of crypto.getRandomValues(new Uint32Array(4))) text += number.toString(16).padStart(8, "0");
  return text;
}
