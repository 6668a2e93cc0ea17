// @ts-check
// Questions to the edge. Held back, it is not asked again before it said so.
import { within } from "./waiting.js";

const HELD_S = 30;
const HELD_MOST_S = 3600;
/** The edge takes 32 KiB; some room for what a proxy adds. */
const BODY_LIMIT = 31_000;

/** @typedef {import("../types").Shared} Shared */

/**
 * @param {import("../types").Evaluation} evaluation
 * @param {string} place
 * @param {object} body
 * @param {number} limitMs
 * @param {AbortSignal | null} [signal] the evaluation's, unless it is said
 * @returns {Promise<string>} the answer's text
 */
export function post(evaluation, place, body, limitMs, signal = evaluation.signal) {
  return posted(evaluation, place, body, limitMs, signal, (answer) => answer.text());
}

/**
 * @param {import("../types").Evaluation} evaluation
 * @param {object} body
 * @param {number} limitMs
 * @returns {Promise<ArrayBuffer>} the snapshot
 */
export function postForSnapshot(evaluation, body, limitMs) {
  return posted(evaluation, "snapshot", body, limitMs, evaluation.signal, (answer) => answer.arrayBuffer());
}

/**
 * @template T
 * @param {import("../types").Evaluation} evaluation @param {string} place @param {object} body
 * @param {number} limitMs @param {AbortSignal | null} signal
 * @param {(answer: Response) => Promise<T>} read
 */
async function posted(evaluation, place, body, limitMs, signal, read) {
  const { shared } = evaluation;
  mayAsk(shared);
  return within(limitMs, signal, async (own) => {
    const address = addressOf(evaluation, place);
    const asked = {
      method: "POST",
      body: JSON.stringify(body),
      signal: own,
      credentials: /** @type {const} */ ("omit"),
    };
    const answer = await fetch(address, asked);
    if (answer.status >= 400) noteHeld(shared, answer.status, answer.headers.get("Retry-After"));
    if (!answer.ok) throw new Error(`${place}_${answer.status}`);
    return read(answer);
  });
}

/** @param {Pick<import("../types").Evaluation, "base" | "start">} evaluation @param {string} place of the project's */
export function addressOf({ base, start }, place) {
  return `${base}/p/${start.project}/${place}`;
}

/** @param {Shared} shared @throws while the edge wants to be left alone */
export function mayAsk(shared) {
  const until = shared.store.read().held_until;
  const left = until - Date.now();
  if (left > 0 && left <= HELD_MOST_S * 1000) throw new Error("held_back");
}

/** @param {Shared} shared @param {number} status @param {string | null} retryAfter */
export function noteHeld(shared, status, retryAfter) {
  if (status !== 429 && status !== 503) return;
  const seconds = Number(retryAfter) || HELD_S;
  shared.store.change((all) => {
    all.held_until = Date.now() + Math.min(seconds, HELD_MOST_S) * 1000;
  });
}

/** @param {object} body */
export function fits(body) {
  const text = JSON.stringify(body);
  return text.length * 3 <= BODY_LIMIT || new TextEncoder().encode(text).length <= BODY_LIMIT;
}
