// @ts-check
// The window's parts: who is looking, each intercept with its conditions, how the decision came about.
import { make } from "../elements.js";
import { timeline } from "./timeline.js";
import * as words from "./words.js";

/** @typedef {import("./types").Report} Report @typedef {import("./types").Explained} Explained */

/** @param {Report} report */
export function visitorSection({ reference, visitor, creation, notes }) {
  const section = titled("Who is looking");
  const lines = list([
    ["Reference", reference.given ? `given: ${reference.masked ?? "hidden"}` : "none given"],
    ["Visitor", words.visitorWords(visitor)],
    ["New contact", words.creationWords(creation)],
  ]);
  const remarks = [...reference.warnings, ...notes].map((note) => make("p", "warning", words.noteWords(note)));
  section.append(lines, ...remarks);
  return section;
}

/** @param {Report} report @param {Set<string>} unfolded ids of intercepts that stand open */
export function interceptsSection(report, unfolded) {
  const section = titled("Intercepts");
  section.classList.add("intercepts");
  const lines = report.answer?.explain ?? [];
  if (!lines.length) {
    const nothing = report.answer ? "The project has published no intercept." : "No decision yet.";
    section.append(make("p", "inside", nothing));
  }
  section.append(...lines.map((line) => intercept(line, report, unfolded)));
  return section;
}

/** @param {Explained} line @param {Report} report @param {Set<string>} unfolded */
function intercept(line, report, unfolded) {
  const refused = report.claims.some((claim) => claim.intercept === line.intercept && !claim.granted);
  const shows = line.reason === "shown" && !refused;
  const [said, next] = words.reasonWords(refused ? "frequency_rule" : line.reason);
  const details = make("details");
  details.open = unfolded.has(line.intercept);
  details.addEventListener("toggle", () => unfolded[details.open ? "add" : "delete"](line.intercept));
  const summary = make("summary");
  summary.dataset.key = line.intercept;
  const reason = refused ? "refused by the edge" : line.reason.replaceAll("_", " ");
  summary.append(
    make("span", shows ? "yes" : "no", shows ? "✓" : "✕"),
    make("code", "", line.intercept),
    make("span", "chip", reason),
    make("span", "said", said),
  );
  const inside = make("div", "inside");
  if (next) inside.append(make("p", "next", `Next: ${next}`));
  inside.append(
    list([
      ["Version", String(line.version)],
      ["Directory", line.directory ?? "not linked"],
      ["Frequency", words.frequencyWords(line, report)],
      ["Sampling", words.drawWords(line)],
      ["Repeated display", words.repeatedWords(line)],
    ]),
    conditions(line.rows),
  );
  details.append(summary, inside);
  return details;
}

/** @param {import("./types").Row[]} rows */
function conditions(rows) {
  if (!rows.length) return make("p", "", "No conditions: everybody is meant.");
  const items = make("ul", "rows");
  for (const row of rows) {
    const item = make("li");
    const [state, sign] = row.passed === null ? ["pending", "…"] : row.passed ? ["pass", "✓"] : ["fail", "✕"];
    const head = make("p");
    const classes = { pass: "yes", fail: "no", pending: "pending" }[state] ?? "";
    head.append(make("span", classes, `${sign} ${state} `), make("b", "", words.conditionWords(row)));
    item.append(
      head,
      list([
        ["expected", words.valueWords(row.expected)],
        ["actual", words.valueWords(row.actual)],
        ["place", row.path],
      ]),
    );
    items.append(item);
  }
  return items;
}

/** @param {Report} report */
export function timingSection({ path, failure, marks, answer }) {
  const section = titled("How it was decided");
  section.append(
    list([
      ["Answered by", path === null ? "nobody yet" : words.pathWords(path)],
      ["Bundle", answer?.bundle ?? "none"],
    ]),
  );
  if (failure) section.append(make("p", "failure", `Nothing is shown: ${words.failureWords(failure)}`));
  if (marks.length) section.append(timeline(marks));
  return section;
}

/** @param {string} title */
function titled(title) {
  const section = make("section");
  section.append(make("h3", "", title));
  return section;
}

/** @param {[string, string][]} lines those with nothing to say are left out */
function list(lines) {
  const items = make("dl");
  for (const [term, text] of lines) if (text) items.append(make("dt", "", term), make("dd", "", text));
  return items;
}
