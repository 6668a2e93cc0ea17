// @ts-check

/** 32 hex digits that nobody can guess: ids of page views and beacons, draws. */
export function randomHex() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return bytes.reduce((text, byte) => text + byte.toString(16).padStart(2, "0"), "");
}
