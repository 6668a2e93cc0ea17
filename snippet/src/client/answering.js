// @ts-check
// Who answers: the engine in the browser, or the same core on the edge; where neither can, nothing shows.

import { isMap } from "../storage.js";
import { fits, post, postForSnapshot } from "./edge.js";
import { openLink, presentLink } from "./engine-link.js";
import { mayFetchEngine } from "./visitor-means.js";
import { goOn, Replaced, whenIdle, within } from "./waiting.js";

const EDGE_MS = 5_000;
const FRAME_MS = 1_000;
const FRAME_PATIENT_MS = 10_000;
const FRAME_IDLE_MS = 5_000;
const ALIVE_MS = 2_000;
const COLD_MS = 35_000;
/** An engine that was alive so lately is worth asking for; the worker ends after ten minutes without a question. */
const WARM_FOR_MS = 10 * 60_000;
/** Where no worker outlives the page, the edge answers for so long without another try. */
const FLEETING_MS = 24 * 60 * 60_000;

/** @typedef {import("../types").Evaluation} Evaluation */
/** @typedef {import("../types").Answered} Answered */
/** @typedef {ReturnType<typeof import("./report.js").openReport>} Report */

/**
 * The answer of docs/wire.md section 4.
 *
 * @param {Evaluation} evaluation @param {object} request @param {Report} report
 * @returns {Promise<Answered>}
 */
export async function ask(evaluation, request, report) {
  const { mode } = evaluation.start;
  if (mode === "browser") return askEngine(evaluation, request, report, FRAME_PATIENT_MS);
  if (mode === "auto" && mayBeAlive(evaluation)) {
    try {
      return await askEngine(evaluation, request, report, FRAME_MS);
    } catch (problem) {
      if (problem instanceof Replaced || /held_back|snapshot_/.test(String(problem))) throw problem;
    }
  }
  const answer = await askEdge(evaluation, request, report);
  if (mode === "auto" && mayFetchEngine(navigator) && !fleeting(evaluation)) whenIdle(() => warm(evaluation, request));
  return answer;
}

/**
 * Claims what shows soon with the same question. So it is heard to its end, replaced or not: what was granted is
 * given back by whoever does not show it. Nobody sees a tab in the background, and no claim is used up for it.
 *
 * @param {Evaluation} evaluation @param {object} request @param {Report} report @returns {Promise<Answered>}
 */
async function askEdge(evaluation, request, report) {
  report.path("edge");
  const claims = document.visibilityState === "visible";
  const body = fitted({ ...request, ...evaluation.who, claims });
  return readAnswer(await report.mark("decide", post(evaluation, "decide", body, EDGE_MS, null)));
}

/** @param {Evaluation} evaluation @param {object} request @param {Report} report @param {number} frameMs */
async function askEngine(evaluation, request, report, frameMs) {
  const { start, signal, who, pageViewId, shared } = evaluation;
  const link = openLink(evaluation, (state) => noteState(shared, state));
  const patient = start.mode === "browser";
  const asking = report.mark("snapshot", postForSnapshot(evaluation, { ...who, page_view_id: pageViewId }, EDGE_MS));
  asking.catch(() => {});
  const known = link.state;
  const state = known ?? (await within(frameMs, signal, () => link.first));
  if (state === "absent" || (state === "cold" && !patient)) {
    if (known === null) noteFleeting(shared);
    throw new Error(`engine_${state}`);
  }
  const snapshot = await asking;
  goOn(signal);
  report.path(state === "alive" ? "engine-alive" : "engine-cold");
  const told = await report.mark(
    "engine",
    within(state === "alive" ? ALIVE_MS : COLD_MS, signal, () =>
      link.ask(String(start.bundle), snapshot, JSON.stringify(request)),
    ),
  );
  report.inside(told.marks ?? {});
  if (told.answer === undefined) throw new Error(`engine_${told.error}`);
  return readAnswer(told.answer);
}

/** @param {string} text @returns {Answered} */
function readAnswer(text) {
  const answer = JSON.parse(text);
  if (!Array.isArray(answer?.show) || !Array.isArray(answer.decisions)) throw new Error("answer_malformed");
  return answer;
}

/** @param {Evaluation} evaluation */
function mayBeAlive(evaluation) {
  const link = presentLink(evaluation);
  if (link?.state) return link.state === "alive";
  const { engine } = evaluation.shared.store.read();
  return isMap(engine) && Math.abs(Date.now() - engine.alive_at) < WARM_FOR_MS && !fleeting(evaluation);
}

/** @param {Evaluation} evaluation */
function fleeting({ shared }) {
  const { engine } = shared.store.read();
  return isMap(engine) && Math.abs(Date.now() - engine.fleeting_at) < FLEETING_MS;
}

/** Where it is not allowed or cannot be had, no try on every page: the browser may write a line about each. @param {Evaluation} evaluation @param {object} request */
async function warm(evaluation, request) {
  const { shared, start } = evaluation;
  const link = openLink(evaluation, (state) => noteState(shared, state));
  link.warm(String(start.bundle), JSON.stringify(request));
  const state = await within(FRAME_IDLE_MS, null, () => link.first).catch(() => "absent");
  if (state === "absent") noteFleeting(shared);
}

/** @param {import("../types").Shared} shared @param {string} state */
function noteState(shared, state) {
  if (state !== "alive") return;
  shared.store.change((all) => {
    all.engine = { ...(isMap(all.engine) ? all.engine : {}), alive_at: Date.now() };
  });
}

/** It was alive on the page before and is not on this one: here no worker outlives its page. @param {import("../types").Shared} shared */
function noteFleeting(shared) {
  shared.store.change((all) => {
    all.engine = { fleeting_at: Date.now() };
  });
}

/** Without what is longest, until the edge takes it; what is missing is "not known". @param {Record<string, any>} body */
function fitted(body) {
  const page = { ...body.page };
  const parts = [
    () => delete page.history,
    () => delete page.values,
    () => delete page.cookies,
    () => delete body.contact,
  ];
  const whole = () => ({ ...body, page });
  for (const drop of parts) {
    if (fits(whole())) break;
    drop();
  }
  return whole();
}
