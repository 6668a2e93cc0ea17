// @ts-check
// The decision's way through time, drawn: a bar for each step.
import { drawn, make } from "../elements.js";

/** @param {import("./types").Report["marks"]} marks */
export function timeline(marks) {
  const table = make("div", "timeline");
  table.setAttribute("role", "table");
  table.setAttribute("aria-label", "Timeline of the decision");
  const from = Math.min(...marks.map((mark) => mark.from_ms));
  const span = Math.max(...marks.map((mark) => mark.to_ms)) - from || 1;
  for (const mark of [...marks].sort((one, other) => one.from_ms - other.from_ms)) {
    const row = make("div", "row");
    row.setAttribute("role", "row");
    const took = mark.to_ms - mark.from_ms;
    const cells = [make("span", "", mark.name), make("span"), make("span", "ms", `${milliseconds(took)} ms`)];
    for (const cell of cells) cell.setAttribute("role", "cell");
    cells[1].append(bar((mark.from_ms - from) / span, took / span));
    cells[1].setAttribute("aria-label", `begins after ${milliseconds(mark.from_ms - from)} ms`);
    row.append(...cells);
    table.append(row);
  }
  return table;
}

/** @param {number} start @param {number} length both as shares of the whole */
function bar(start, length) {
  const svg = drawn("svg", { "aria-hidden": "true" });
  const width = Math.max(length, 0.008); // a step that took no time is there all the same
  const x = Math.min(start, 1 - width);
  svg.append(
    drawn("rect", { class: "track", width: "100%", height: "10", rx: "3" }),
    drawn("rect", { class: "bar", x: percent(x), width: percent(width), height: "10", rx: "3" }),
  );
  return svg;
}

/** @param {number} share */
function percent(share) {
  return `${(share * 100).toFixed(2)}%`;
}

/** @param {number} value */
function milliseconds(value) {
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}
