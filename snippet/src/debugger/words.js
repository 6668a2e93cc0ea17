// @ts-check
// Reasons in plain words: what happened, and what to do next. Ids only; names stay in the console.

/** @typedef {[said: string, next: string]} Words */

/** @type {Record<string, Words>} */
const REASONS = {
  shown: ["Shows on this page.", ""],
  inactive: ["Published, but switched off.", "Activate the intercept in the console."],
  not_started: ["Its schedule has not begun.", "Wait for the first day, or change the schedule and publish."],
  ended: ["Its schedule is over.", "Change the schedule and publish, or deactivate it."],
  storage_off: [
    "It needs cookies and storage, and this browser keeps none.",
    "Allow storage for this site, or drop the option.",
  ],
  unsigned_reference: [
    "The project wants a signed reference, and this one is not validly signed.",
    "Send QSI.config.externalReferenceToken; see the project's keys in the console.",
  ],
  unknown_reference: [
    "The directory has no contact with this reference.",
    "Check the reference, letter case included, or let page views create contacts.",
  ],
  not_targeted: ["The targeting does not match.", "Look at the conditions marked ✕ below."],
  membership_pending: [
    "It depends on a segment whose membership is not known yet.",
    "Wait for the segment's next build, or build it now in the console.",
  ],
  no_action: ["No action set matches.", "Look at the conditions of its actions below."],
  sampled_out: ["The draw left this page view out.", "Load the page again, or raise the sample rate."],
  repeated_display: [
    "This browser saw it within its repeated-display period.",
    "Clear this site's cookies and storage to see it again.",
  ],
  frequency_rule: [
    "A frequency rule holds it back: this contact was asked often enough.",
    "Wait until the rule allows again, or test with another contact.",
  ],
  list_rule_tie: [
    "A list rule covers this contact, so only the oldest of the capped intercepts shows.",
    "Nothing is wrong; the older intercept goes first.",
  ],
  another_active: ["Another creative has the place: one at a time.", "Close it, or change the order in the project."],
};

/** @type {Record<string, string>} */
const VISITORS = {
  anonymous: "Anonymous: the page gave no reference. Frequency rules do not apply.",
  unsigned: "Not recognised: the reference is not validly signed.",
  unknown: "Not recognised: the directory has no contact with this reference.",
  known: "A contact of the directory.",
};

/** @type {Record<string, string>} */
const CREATIONS = {
  created: "This page view added the contact.",
  exists: "Not needed: the contact was there.",
  no_reference: "Not created: without a reference there is nothing to find it by again.",
  disabled: "Not created: the project does not add contacts by itself.",
  rate_limited: "Not created: too many new contacts from this address; try again in a moment.",
  invalid: "Not created: the reference cannot be used.",
  consent: "Not created: QSI.config.consent is false.",
};

/** @type {Record<string, string>} */
const PATHS = {
  prefilter: "the list of addresses: nothing can show here",
  edge: "the edge",
  "engine-alive": "the engine in this browser, alive from an earlier page",
  "engine-cold": "the engine in this browser, started for this page",
  nothing: "nobody",
};

/** @type {Record<string, string>} */
const FAILURES = {
  timeout: "the edge or the engine took too long. Is the edge up, and can this browser reach it?",
  held_back: "the edge asked to be left alone for a while (429 or 503). Try again in a minute.",
  another_active: "another creative came first. Close it and load the page again.",
  part_not_loaded: "a script of ours was not loaded. Does the page's policy allow our address in script-src?",
  "Failed to fetch": "the edge cannot be reached. Does the page's policy allow our address in connect-src?",
};

/** @type {Record<string, string>} */
const WARNINGS = {
  snippet_below: "The reference is set below our script, so it came too late. Move that snippet above it.",
  config_unreadable: "QSI.config could not be read; an expression in it threw",
};

/** @param {string} reason @returns {Words} */
export function reasonWords(reason) {
  return REASONS[reason] ?? [reason, ""];
}

/** @param {string | null} visitor */
export function visitorWords(visitor) {
  return visitor === null ? "Not known yet." : (VISITORS[visitor] ?? visitor);
}

/** @param {string | null} creation */
export function creationWords(creation) {
  if (creation === null) return "";
  const rule = /^conflict_rule:(\d+)$/.exec(creation)?.[1];
  if (rule) return `Not created: identity rule ${rule} says that this person is in the directory already.`;
  return CREATIONS[creation] ?? creation;
}

/** @param {string} path */
export function pathWords(path) {
  return PATHS[path] ?? path;
}

/** @param {string} failure */
export function failureWords(failure) {
  return FAILURES[failure] ?? failure;
}

/** @param {string} note `attribute_too_long:Location` */
export function noteWords(note) {
  const [what, name] = note.split(":");
  if (WARNINGS[what]) return WARNINGS[what] + (name ? `: ${name}` : "");
  return `${what.replaceAll("_", " ")}${name ? `: ${name}` : ""}`;
}

/** @param {import("./types").Explained} line @param {import("./types").Report} report */
export function frequencyWords(line, report) {
  const claim = report.claims.find((each) => each.intercept === line.intercept);
  if (claim) return claim.granted ? "allowed, the edge granted the display" : `refused by the edge${by(claim.rule)}`;
  if (line.reason === "frequency_rule") return `held back${by(line.rule)}`;
  if (!line.frequency_control) return "not limited: frequency control is off";
  if (report.visitor === "anonymous") return "not limited: no reference";
  return ["shown", "list_rule_tie", "another_active"].includes(line.reason) ? "allowed" : "not reached";
}

/** @param {string | null} rule */
function by(rule) {
  return rule ? ` by ${rule}` : "";
}

/** @param {import("./types").Explained} line */
export function drawWords({ draw: { rate, passed } }) {
  if (rate === 10000) return "everybody";
  return `${rate / 100} % of page views; this one is ${passed ? "in" : "out"}`;
}

/** @param {import("./types").Explained} line */
export function repeatedWords({ reason }) {
  if (reason === "repeated_display") return "held back: shown in this browser before";
  return ["shown", "frequency_rule", "list_rule_tie", "another_active"].includes(reason)
    ? "nothing in the way"
    : "not reached";
}

/** @param {import("./types").Row} row `url contains`, `cookie plan is not` */
export function conditionWords({ kind, name, cmp }) {
  return [kind, name, cmp].filter(Boolean).join(" ").replaceAll("_", " ");
}

/** @param {unknown} value as a person reads it */
export function valueWords(value) {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return value.length ? value.map(String).join(", ") : "none";
  if (typeof value === "object") return JSON.stringify(value);
  return value === "" ? "(empty)" : String(value);
}
