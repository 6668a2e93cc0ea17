// @ts-check
// From a decision to a creative on the screen: its moment, nothing else in its place, the edge's grant, paint, beacon.

import { randomHex } from "../chance.js";
import { paint } from "../creative/paint.js";
import { tell } from "./beacons.js";
import { post } from "./edge.js";
import { markDisplayed } from "./marks.js";
import { waitForMoment } from "./timing.js";
import { goOn, within } from "./waiting.js";

/** @typedef {import("../types").Evaluation} Evaluation */
/** @typedef {import("../types").Show} Show */
/** @typedef {ReturnType<typeof import("./report.js").openReport>} Report */

/** @param {Evaluation} evaluation @param {Show} show @param {Report} report */
export async function present(evaluation, show, report) {
  const { signal, start, shared } = evaluation;
  if (show.timing.on === "manual" && !evaluation.byPage) return;
  await waitForMoment(show.timing, signal);
  if (!show.passive && start.single_active && shared.screen.size > 0) throw new Error("another_active");
  const place = {};
  if (!show.passive) shared.screen.add(place);
  const free = () => shared.screen.delete(place);
  try {
    const claim = show.claim ? await claimSlot(evaluation, show, report) : null;
    if (show.claim && claim === null) free();
    else await display(evaluation, show, claim, free, report);
  } catch (problem) {
    free();
    throw problem;
  }
}

/**
 * The edge decides last. Without its word in time nothing shows.
 *
 * @param {Evaluation} evaluation @param {Show} show @param {Report} report
 * @returns {Promise<string | null>} the claim's id
 */
async function claimSlot(evaluation, show, report) {
  const { intercept, action } = show;
  const { who, pageViewId, debug, start } = evaluation;
  const { reference, token } = who;
  const body = { page_view_id: pageViewId, intercept, action, reference, token, test: debug };
  const limit = start.claim_timeout_ms;
  try {
    const answer = await report.mark("claim", post(evaluation, "claim", body, limit, null));
    const { granted, claim, rule = null } = JSON.parse(answer);
    report.claim({ intercept, granted, rule });
    return granted ? claim : null;
  } catch (problem) {
    report.claim({ intercept, granted: false, rule: null });
    tellAbout(evaluation, show, "cancelled", null); // it may have been granted all the same
    throw problem;
  }
}

/** @param {Evaluation} evaluation @param {Show} show @param {string | null} claim @param {() => void} free @param {Report} report */
async function display(evaluation, show, claim, free, report) {
  const { signal, start, removers } = evaluation;
  const tellOf = (/** @type {string} */ kind) => {
    if (show.record) tellAbout(evaluation, show, kind, claim);
  };
  let remove = () => {};
  const over = () => {
    removers.delete(leave);
    free();
  };
  const leave = () => {
    over();
    remove();
  };
  const heard = { onClicked: () => tellOf("clicked"), onDismissed: () => tellOf("dismissed"), onGone: over };
  try {
    goOn(signal);
    const painting = within(start.paint_timeout_ms, signal, (own) => paint(show, { ...heard, signal: own }));
    ({ remove } = await report.mark("paint", painting));
  } catch (problem) {
    if (claim !== null) tellAbout(evaluation, show, "cancelled", claim);
    throw problem;
  }
  removers.add(leave);
  markDisplayed(evaluation, show, Date.now());
  tellOf("displayed");
}

/** @param {Evaluation} evaluation @param {Show} show @param {string} kind @param {string | null} claim */
function tellAbout(evaluation, { intercept, action }, kind, claim) {
  const { who, pageViewId, debug } = evaluation;
  const { reference, token } = who;
  const about = { intercept, action, reference, token, ...(claim ? { claim } : {}), ...(debug ? { test: true } : {}) };
  tell(evaluation, { id: randomHex(), kind, at: Date.now(), page_view_id: pageViewId, ...about });
}
