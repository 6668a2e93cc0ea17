// @ts-check
// What a browser says of itself, in the words that conditions use.

/** Name and its marks, the more special first: every browser claims to be several others. @type {[string, ...string[]][]} */
const BROWSERS = [
  ["edge", "Edg/", "Edge/", "EdgA/", "EdgiOS/"],
  ["opera", "OPR/", "Opera"],
  ["samsung", "SamsungBrowser"],
  ["firefox", "Firefox", "FxiOS"],
  ["chrome", "Chrome/", "Chromium/", "CriOS"],
  ["safari", "Safari/"],
];
/** @type {[string, ...string[]][]} */
const SYSTEMS = [
  ["android", "Android"],
  ["ios", "iPhone", "iPad", "iPod"],
  ["chromeos", "CrOS"],
  ["windows", "Windows"],
  ["macos", "Mac OS X", "Macintosh"],
  ["linux", "Linux", "X11"],
];

/** @param {string} agent @param {boolean} touch whether the screen takes several fingers */
export function readDevice(agent, touch) {
  const says = (/** @type {string} */ mark) => agent.includes(mark);
  const named = (/** @type {[string, ...string[]][]} */ names) =>
    names.find(([, ...marks]) => marks.some(says))?.[0] ?? null;
  // An iPad calls itself a Mac, but no Mac has a touch screen.
  const pad = says("iPad") || (says("Macintosh") && touch);
  const tablet = pad || (says("Android") && !says("Mobile")) || says("Tablet");
  const mobile = says("Mobi") || says("iPhone") || says("iPod");
  return {
    device: tablet ? "tablet" : mobile ? "mobile" : "desktop",
    browser: named(BROWSERS),
    os: pad ? "ios" : named(SYSTEMS),
  };
}
