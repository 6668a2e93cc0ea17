// @ts-check
// What a browser says of itself, in the words that conditions use.

/** Name and its mark, the more special first: every browser claims to be several others. */
const BROWSERS = [
  ["edge", /\bEdg(e|A|iOS)?\//],
  ["opera", /\bOPR\/|\bOpera\b/],
  ["samsung", /SamsungBrowser/],
  ["firefox", /Firefox|FxiOS/],
  ["chrome", /Chrom(e|ium)\/|CriOS/],
  ["safari", /Safari\//],
];
const SYSTEMS = [
  ["android", /Android/],
  ["ios", /iPhone|iPad|iPod/],
  ["chromeos", /CrOS/],
  ["windows", /Windows/],
  ["macos", /Mac OS X|Macintosh/],
  ["linux", /Linux|X11/],
];

/** @param {string} agent @param {boolean} touch whether the screen takes several fingers */
export function readDevice(agent, touch) {
  // An iPad calls itself a Mac, but no Mac has a touch screen.
  const pad = /iPad/.test(agent) || (/Macintosh/.test(agent) && touch);
  const tablet = pad || (/Android/.test(agent) && !/Mobile/.test(agent)) || /Tablet/.test(agent);
  const mobile = /Mobi|iPhone|iPod/.test(agent);
  return {
    device: tablet ? "tablet" : mobile ? "mobile" : "desktop",
    browser: named(BROWSERS, agent),
    os: pad ? "ios" : named(SYSTEMS, agent),
  };
}

/** @param {(string | RegExp)[][]} marks @param {string} agent */
function named(marks, agent) {
  return marks.find(([, mark]) => /** @type {RegExp} */ (mark).test(agent))?.[0] ?? null;
}
