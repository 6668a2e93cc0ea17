// @ts-check
// From a decision to a creative on the screen: its moment, nothing else in its place, the edge's grant, paint, beacon.

import { randomHex } from "../chance.js";
import { paint } from "../creative/paint.js";
import { tell } from "./beacons.js";
import { post } from "./edge.js";
import { markDisplayed } from "./marks.js";
import { holdSlot } from "./slot.js";
import { waitForMoment } from "./timing.js";
import { goOn, within } from "./waiting.js";

/** So long the next evaluation waits until a slot that was not used is free again. */
export const GIVE_BACK_MS = 1_000;

/** @typedef {import("../types").Claimed} Claimed */
/** @typedef {import("../types").Evaluation} Evaluation */
/** @typedef {import("../types").Show} Show */
/** @typedef {ReturnType<typeof import("./report.js").openReport>} Report */

/**
 * @param {Evaluation} evaluation @param {Show} show
 * @param {Claimed | undefined} claimed where the edge claimed while it decided
 * @param {Report} report
 */
export async function present(evaluation, show, claimed, report) {
  const { signal, start, shared } = evaluation;
  if (show.timing.on === "manual" && !evaluation.byPage) return;
  const slot = holdSlot(claimed, (claim) => giveBack(evaluation, show, claim));
  try {
    await waitForMoment(show.timing, signal);
    if (!show.passive && start.single_active && shared.screen.size > 0) throw new Error("another_active");
  } catch (problem) {
    await slot.leave();
    throw problem;
  }
  const place = {};
  if (!show.passive) shared.screen.add(place);
  const free = () => shared.screen.delete(place);
  try {
    const claim = show.claim ? await claimSlot(evaluation, show, slot.use(), report) : null;
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
 * @param {Evaluation} evaluation @param {Show} show @param {Claimed | undefined} claimed @param {Report} report
 * @returns {Promise<string | null>} the claim's id
 */
async function claimSlot(evaluation, show, claimed, report) {
  const { intercept } = show;
  try {
    const { granted, claim = null, rule = null } = claimed ?? (await askForSlot(evaluation, show, report));
    report.claim({ intercept, granted, rule });
    return granted ? claim : null;
  } catch (problem) {
    report.claim({ intercept, granted: false, rule: null });
    await giveBack(evaluation, show, null); // it may have been granted all the same
    throw problem;
  }
}

/** @param {Evaluation} evaluation @param {Show} show @param {Report} report @returns {Promise<Claimed>} */
async function askForSlot(evaluation, { intercept, action }, report) {
  const { who, pageViewId, debug, start } = evaluation;
  const { reference, token } = who;
  const body = { page_view_id: pageViewId, intercept, action, reference, token, test: debug };
  return JSON.parse(await report.mark("claim", post(evaluation, "claim", body, start.claim_timeout_ms, null)));
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
    if (claim !== null) await giveBack(evaluation, show, claim);
    throw problem;
  }
  removers.add(leave);
  markDisplayed(evaluation, show, Date.now());
  tellOf("displayed");
}

/** Before the next evaluation asks, which would find the slot taken. @param {Evaluation} evaluation @param {Show} show @param {string | null} claim */
function giveBack(evaluation, show, claim) {
  return within(GIVE_BACK_MS, null, () => tellAbout(evaluation, show, "cancelled", claim)).catch(() => {});
}

/** @param {Evaluation} evaluation @param {Show} show @param {string} kind @param {string | null} claim */
function tellAbout(evaluation, { intercept, action }, kind, claim) {
  const { who, pageViewId, debug } = evaluation;
  const { reference, token } = who;
  const about = { intercept, action, reference, token, ...(claim ? { claim } : {}), ...(debug ? { test: true } : {}) };
  return tell(evaluation, { id: randomHex(), kind, at: Date.now(), page_view_id: pageViewId, ...about });
}
