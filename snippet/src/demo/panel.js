// @ts-check
// Draws each report of the client into the panel. What is told comes from the answer that the page got.
import { make } from "../elements.js";
import { how, why } from "./words.js";

/**
 * @typedef {import("../debugger/types").Report} Report
 * @typedef {{intercept: string, passive: boolean, timing: {on: string}}} Shown
 * @typedef {{names: Record<string, string>, person: string, reference: string | null}} Told
 * @typedef {{config?: {onReport?: (report: Report) => void}, isDebug?: boolean, API?: Record<string, () => PromiseLike<unknown>>}} Published
 */

/** The panel asks the client for reports, by the setting that any page may use. */
export function open() {
  /** @type {Told} */
  const told = JSON.parse(document.querySelector("#told")?.textContent ?? "{}");
  const published = /** @type {{QSI?: Published}} */ (window).QSI;
  if (published?.config) published.config.onReport = (report) => tell(report, told);
  const button = /** @type {HTMLButtonElement | null} */ (document.querySelector("#debug"));
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => debug(published));
}

/** As on any page: the published way into the debugger. @param {Published | undefined} published */
async function debug(published) {
  if (!published?.API) return;
  await published.API.unload();
  published.isDebug = true;
  await published.API.load();
  await published.API.run();
}

/** @param {Report} report @param {Told} told */
function tell(report, told) {
  const place = document.querySelector("#verdict");
  const { answer, failure } = report;
  if (!place || !(answer || failure)) return;
  /** @type {HTMLElement[]} */
  const parts = [make("h2", "", "What was decided"), ...verdict(report, told)];
  if (answer)
    parts.push(make("p", "how", `Decided ${how(report.path ?? "")}${took(report)}.`), decisions(report, told));
  const opened = place.querySelector("details")?.open ?? innerWidth > 900;
  place.replaceChildren(...parts);
  const details = place.querySelector("details");
  if (details) details.open = opened;
}

/** @param {Report} report @param {Told} told */
function verdict(report, told) {
  const shown = showing(report).filter((each) => !each.passive);
  const held = report.answer?.decisions.find((each) => each.reason === "frequency_rule");
  const refused = report.claims.find((claim) => !claim.granted);
  if (shown.length) {
    const name = told.names[shown[0].intercept] ?? shown[0].intercept;
    return [make("p", "word", "Invited"), make("p", "why", `“${name}” fits, and nothing speaks against it.`)];
  }
  const text = report.failure
    ? `Something on the way did not work (${report.failure}). Then nothing is shown, and the shop does not notice.`
    : held || refused
      ? "An invitation would fit, but this contact was asked often enough. It is left in peace."
      : (NOBODY[told.person] ?? "No invitation is meant for this visitor on this page.");
  return [make("p", "word", "Left in peace"), make("p", "why", text)];
}

/** @type {Record<string, string>} */
const NOBODY = {
  unknown: "Invitations to contacts stay away from people whom the directory does not know.",
  anonymous:
    "This page's invitations go to people in a segment, and nobody knows who this is. See the help page, or press Feedback below.",
};

/** @param {Report} report what shows, after the edge's last word */
function showing({ answer, claims }) {
  const refused = new Set(claims.filter((claim) => !claim.granted).map((claim) => claim.intercept));
  const shown = /** @type {{show?: Shown[]} | null} */ (answer)?.show ?? [];
  return shown.filter((each) => !refused.has(each.intercept));
}

/** @param {Report} report @param {Told} told */
function decisions(report, told) {
  const shows = new Map(showing(report).map((each) => [each.intercept, each]));
  const details = make("details");
  details.append(make("summary", "", "Every intercept, and why"));
  const list = make("ul", "decisions");
  for (const { intercept, reason } of report.answer?.decisions ?? []) {
    const shown = shows.get(intercept);
    const refused = reason === "shown" && !shown;
    const item = make("li");
    const text = make("div");
    text.append(
      make("b", "", told.names[intercept] ?? intercept),
      make("span", "", why(refused ? "frequency_rule" : reason, shown?.timing.on)),
    );
    item.append(make("span", shown ? "yes" : "no", shown ? "✓" : "–"), text);
    list.append(item);
  }
  details.append(list);
  return details;
}

/** @param {Report} report */
function took({ marks }) {
  const mark = marks.find((each) => each.name === "decide");
  return mark ? `, in ${(mark.to_ms - mark.from_ms).toFixed(1)} ms` : "";
}
