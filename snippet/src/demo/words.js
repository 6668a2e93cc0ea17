// @ts-check
// The panel's words for a newcomer; the debugger's are for whoever sets intercepts up.

/** @type {Record<string, string>} */
const WHY = {
  inactive: "It is switched off.",
  not_started: "Its first day has not come yet.",
  ended: "Its last day is over.",
  storage_off: "It needs cookies, and this browser keeps none.",
  unsigned_reference: "The shop did not prove who is here.",
  unknown_reference: "It asks contacts alone, and the directory does not know this one.",
  not_targeted: "It is meant for another page or for other people.",
  membership_pending: "It is not settled yet whether this contact is in its segment.",
  no_action: "None of its variants is meant for this visitor.",
  sampled_out: "The draw left this page view out.",
  repeated_display: "This browser saw it a little while ago.",
  frequency_rule: "This contact has been asked as often as the rules allow.",
  list_rule_tie: "An older one goes first.",
  another_active: "One at a time: another one has the place.",
};

/** @type {Record<string, string>} */
const WHEN = {
  delay: "It waits a second before it comes.",
  scroll: "It comes once half of the page has been read.",
  exit: "It comes when the visitor is about to leave.",
  click: "It comes when the Feedback button is pressed.",
  manual: "It comes when the page asks for it.",
};

/** @type {Record<string, string>} */
const HOW = {
  edge: "by the Python core on the edge, because the engine in this browser was not ready yet",
  prefilter: "by a list of addresses alone: nothing can show on this page, so nothing else was asked",
};

/** @param {string} reason @param {string | undefined} timing */
export function why(reason, timing) {
  if (reason === "shown") return `Shows. ${when(timing)}`.trim();
  return WHY[reason] ?? reason;
}

/** @param {string | undefined} timing */
export function when(timing) {
  return (timing && WHEN[timing]) ?? "";
}

/** @param {string} path */
export function how(path) {
  return HOW[path] ?? "by the Python core, in this browser";
}
