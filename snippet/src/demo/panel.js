// @ts-check
// Draws each report of the client into the panel. What is told comes from the answer that the page got.
import { make } from "../elements.js";
import { how, when, why } from "./words.js";

const WIDE = "(width > 900px)";

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
  const chosen = document.querySelector(".people [aria-current]");
  if (chosen) onceLaidOut(chosen, () => chosen.scrollIntoView({ block: "nearest", inline: "center" }));
  const list = document.querySelector("#reasons details");
  if (list instanceof HTMLDetailsElement) unfolds(list);
  document.querySelector("#debug")?.addEventListener("click", () => debug(published));
}

/** Before it is painted, and without asking for a layout that is not due yet. @param {Element} element @param {() => void} then */
function onceLaidOut(element, then) {
  const observer = new ResizeObserver(() => {
    observer.disconnect();
    then();
  });
  observer.observe(element);
}

/** As on any page: the published way into the debugger. @param {Published | undefined} published */
async function debug(published) {
  if (!published?.API) return;
  await published.API.unload();
  published.isDebug = true;
  await published.API.load();
  await published.API.run();
}

/** What is drawn already. */
let known = "";

/** @param {Report} report @param {Told} told */
function tell(report, told) {
  const { answer, failure, claims } = report;
  if (!(answer || failure)) return;
  const refused = claims.filter((claim) => !claim.granted); // a claim that is granted changes nothing that is told
  const news = JSON.stringify([answer?.decisions, refused, failure]);
  if (known === news) return;
  known = news;
  const [short, long] = verdict(report, told);
  at("verdict").replaceChildren(make("p", "word", short), make("p", "why", long)); // it is read aloud
  at("short").textContent = short;
  at("reasons").hidden = !answer;
  if (!answer) return;
  at("how").textContent = `Decided ${how(report.path ?? "")}${took(report)}.`;
  tellReasons(report);
}

/** @param {string} id of an element of the shop's page */
function at(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** Open where there is room; what somebody opens is brought into view. @param {HTMLDetailsElement} list */
function unfolds(list) {
  list.open = matchMedia(WIDE).matches;
  const unfolded = () => list.open && list.scrollIntoView({ block: "nearest" });
  list.firstElementChild?.addEventListener("click", () => list.addEventListener("toggle", unfolded, { once: true }));
}

/** @param {Report} report @param {Told} told @returns {[short: string, long: string]} */
function verdict(report, told) {
  const [first] = showing(report).filter((each) => !each.passive);
  if (report.failure)
    return ["Nothing shown", `Something on the way did not work (${report.failure}). The shop does not notice.`];
  if (first) {
    const name = told.names[first.intercept] ?? first.intercept;
    return ["Invited", `“${name}” fits, and nothing speaks against it. ${when(first.timing.on)}`.trim()];
  }
  const reasons = new Set(report.answer?.decisions.map((each) => each.reason));
  if (report.claims.some((claim) => !claim.granted)) reasons.add("frequency_rule");
  const why = Object.keys(PEACE).find((reason) => reasons.has(reason));
  return [
    "Left in peace",
    why ? PEACE[why] : (NOBODY[told.person] ?? "No invitation is meant for this visitor on this page."),
  ];
}

/** What would have fitted, and why it stayed away. @type {Record<string, string>} */
const PEACE = {
  frequency_rule: "An invitation would fit, but this contact was asked often enough.",
  repeated_display: "An invitation would fit, but this browser saw it a little while ago.",
  sampled_out: "An invitation would fit, but only some page views are asked, by the draw. Load the page again.",
};

/** @type {Record<string, string>} */
const NOBODY = {
  unknown: "Invitations to contacts stay away from people whom the directory does not know.",
  anonymous:
    "The invitations of this page go to people in a segment, and nobody knows who this is. Press Feedback below.",
};

/** @param {Report} report what shows, after the edge's last word */
function showing({ answer, claims }) {
  const refused = new Set(claims.filter((claim) => !claim.granted).map((claim) => claim.intercept));
  const shown = /** @type {{show?: Shown[]} | null} */ (answer)?.show ?? [];
  return shown.filter((each) => !refused.has(each.intercept));
}

/** The shop has written a row for each intercept that it brings; those that show go to the top. @param {Report} report */
function tellReasons(report) {
  const shows = new Map(showing(report).map((each) => [each.intercept, each]));
  for (const { intercept, reason } of report.answer?.decisions ?? []) {
    const row = document.getElementById(intercept) ?? addRow(intercept);
    const [sign, , because] = row.querySelectorAll("span, b");
    const shown = shows.get(intercept);
    const refused = reason === "shown" && !shown;
    sign.className = shown ? "yes" : "no";
    sign.textContent = shown ? "✓" : "–";
    because.textContent = why(refused ? "frequency_rule" : reason, shown?.timing.on);
    if (shown) at("decisions").prepend(row);
  }
}

/** For an intercept that somebody added in the console. @param {string} intercept */
function addRow(intercept) {
  const row = /** @type {HTMLElement} */ (at("decisions").lastElementChild?.cloneNode(true));
  row.id = intercept;
  for (const name of row.querySelectorAll("b")) name.textContent = intercept;
  at("decisions").append(row);
  return row;
}

/** @param {Report} report */
function took({ marks }) {
  const mark = marks.find((each) => each.name === "decide");
  return mark ? `, in ${(mark.to_ms - mark.from_ms).toFixed(1)} ms` : "";
}
