// @ts-check
// What happened, told to the edge until it has it on its disk: kept by the browser, sent again on the next page.
import { addressOf, mayAsk, noteHeld } from "./edge.js";
import { livingLink } from "./engine-link.js";
import { onLeaving } from "./leaving.js";
import { drop, keep, readKept } from "./unsent.js";
import { within } from "./waiting.js";

const KEPT = 100;
const AT_ONCE = 20;
const KEPT_FOR_MS = 24 * 60 * 60_000; // later the edge would not believe the instant
const LIMIT_MS = 10_000;
const WORKER_MS = 5_000; // one that boots its engine is busy for a while

/** @typedef {import("../types").Shared} Shared */
/** @typedef {import("./unsent.js").Entry} Entry */
/** @typedef {import("./engine-link.js").Heard} Heard */

/** @type {Map<string, Entry>} */
const waiting = new Map();
/** @type {Set<string>} */
const onTheWay = new Set();
let resent = false;

/** @param {import("../types").Evaluation} evaluation @param {import("../types").Beacon} beacon @returns {Promise<unknown>} settled once this try is over */
export function tell(evaluation, beacon) {
  const { shared } = evaluation;
  const entry = { address: addressOf(evaluation, "beacons"), beacon };
  waiting.set(beacon.id, entry);
  noteUnsent(shared);
  if (waiting.size <= KEPT) keep(entry);
  return send(shared);
}

/**
 * Takes up, once a page, what earlier pages could not send.
 *
 * @param {Shared} shared
 * @returns {Promise<unknown> | null} settled once this try is over, where it gives back a slot that the next decision may use
 */
export function resend(shared) {
  if (resent) return null;
  resent = true;
  if (!shared.store.read().unsent) return null;
  const found = readKept().sort((a, b) => a.beacon.at - b.beacon.at);
  const fresh = found.filter(({ beacon }) => Math.abs(Date.now() - beacon.at) <= KEPT_FOR_MS).slice(-KEPT);
  for (const entry of fresh) waiting.set(entry.beacon.id, entry);
  const old = found.filter((each) => !fresh.includes(each));
  forget(
    shared,
    old.map(({ beacon }) => beacon.id),
  );
  const sent = send(shared);
  return fresh.some(({ beacon }) => beacon.kind === "cancelled") ? sent : null;
}

/** @param {Shared} shared @returns {Promise<unknown>} */
function send(shared) {
  /** @type {Map<string, import("../types").Beacon[]>} */
  const batches = new Map();
  for (const [id, { address, beacon }] of waiting) {
    if (onTheWay.has(id)) continue;
    const batch = batches.get(address) ?? [];
    batches.set(address, batch);
    if (batch.length < AT_ONCE) batch.push(beacon);
  }
  return Promise.allSettled([...batches].map(([address, batch]) => sendBatch(shared, address, batch)));
}

/** @param {Shared} shared @param {string} address @param {import("../types").Beacon[]} beacons */
async function sendBatch(shared, address, beacons) {
  mayAsk(shared);
  const ids = beacons.map(({ id }) => id);
  for (const id of ids) onTheWay.add(id);
  const free = () => {
    for (const id of ids) onTheWay.delete(id);
  };
  const over = setTimeout(free, LIMIT_MS);
  try {
    const body = JSON.stringify({ beacons });
    const answer = await post(address, body);
    if (!answer) return;
    const { status = 0, retry_after = null, text = "" } = answer;
    noteHeld(shared, status, retry_after);
    if (status === 200) {
      const { recorded, refused } = JSON.parse(text);
      forget(shared, [...recorded, ...refused.map((/** @type {{id: string}} */ each) => each.id)]);
    } else if (status >= 400 && status < 500 && status !== 408 && status !== 429) forget(shared, ids); // never will be
  } finally {
    clearTimeout(over);
    free();
  }
  if (!ids.some((id) => waiting.has(id)) && waiting.size > 0) send(shared); // as long as the edge takes them
}

/** Off the page's thread where the engine's worker is there. It may end with the page, so then once more. @param {string} address @param {string} body @returns {Promise<Heard | null>} */
async function post(address, body) {
  const link = livingLink(address);
  if (link) {
    const again = () => postAlive(address, body).catch(() => {});
    const stay = onLeaving(again);
    const heard = await within(WORKER_MS, null, () => link.tell(body)).catch(() => null);
    stay();
    if (heard?.status) return heard;
  }
  return postAlive(address, body);
}

/** Outlives the page. @param {string} address @param {string} body @returns {Promise<Heard | null>} */
async function postAlive(address, body) {
  try {
    const answer = await fetch(address, { method: "POST", body, keepalive: true, credentials: "omit" });
    return { status: answer.status, retry_after: answer.headers.get("Retry-After"), text: await answer.text() };
  } catch (problem) {
    if ("keepalive" in Request.prototype) throw problem;
    navigator.sendBeacon(address, body); // its answer is not heard, so it will be sent again
    return null;
  }
}

/** @param {Shared} shared @param {string[]} ids */
function forget(shared, ids) {
  if (ids.length === 0) return;
  for (const id of ids) waiting.delete(id);
  drop(ids);
  if (waiting.size === 0 && readKept().length === 0) {
    shared.store.change((all) => {
      delete all.unsent;
    });
  }
}

/** So that the next page, too, knows to look. @param {Shared} shared */
function noteUnsent(shared) {
  if (shared.store.read().unsent) return;
  shared.store.change((all) => {
    all.unsent = true;
  });
}
