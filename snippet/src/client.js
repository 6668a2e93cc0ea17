// @ts-check
// The second script, for pages on which something can show: asks who may be asked what, and shows it.
import { ask } from "./client/answering.js";
import { resend } from "./client/beacons.js";
import { makeRequest } from "./client/facts.js";
import { openReport } from "./client/report.js";
import { GIVE_BACK_MS, present } from "./client/showing.js";
import { within } from "./client/waiting.js";
import { mayShow } from "./prefilter.js";

export { resend };

/** @param {import("./types").Evaluation} evaluation rejects only where a setting of the page's throws */
export async function evaluate(evaluation) {
  const { shared, start, signal } = evaluation;
  const report = openReport(evaluation);
  const attempt = async (/** @type {() => Promise<void>} */ work) => {
    try {
      await work();
    } catch (problem) {
      if (!signal.aborted) report.fail(problem);
    }
  };
  const givenBack = resend(shared);
  await attempt(async () => {
    if (givenBack) await within(GIVE_BACK_MS, signal, () => givenBack).catch(() => {});
    if (!mayShow(start.prefilter, shared.view.url, Date.now())) report.path("prefilter");
    const answer = await ask(evaluation, makeRequest(evaluation), report);
    if (!signal.aborted) report.answer(answer);
    const { show: shows, claims = {} } = answer;
    await Promise.all(shows.map((show) => attempt(() => present(evaluation, show, claims[show.intercept], report))));
  });
}
