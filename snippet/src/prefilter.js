// @ts-check

/**
 * Whether anything can show here at all; docs/wire.md section 7. The core compiled it, and may_show() of the core is the same.
 *
 * @param {import("./types").PrefilterEntry[]} prefilter
 * @param {string} url
 * @param {number} now
 */
export function mayShow(prefilter, url, now) {
  const folded = url.toLowerCase();
  return prefilter.some(
    ({ from_at, until_at, urls }) =>
      (from_at === null || now >= from_at) &&
      (until_at === null || now < until_at) &&
      (urls === null || urls.some((literals) => literals.every((literal) => folded.includes(literal)))),
  );
}
