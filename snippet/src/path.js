// @ts-check
// Reads `a.b['c'][0]` from the page, step by step, as the expression would; never evaluates text.

const STEP = /\.?([^.[\]\s'"()]+)|\[(\d+)\]|\[(["'])(.*?)\3\]/y;

/**
 * @param {any} from
 * @param {string} path
 * @returns {any} throws where the expression would, and where it is none
 */
export function lookUp(from, path) {
  let value = from;
  for (let at = 0; at < path.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const step = STEP.exec(path);
    if (!step) throw new SyntaxError(path);
    value = value[step[1] ?? step[2] ?? step[4]];
  }
  return value;
}
