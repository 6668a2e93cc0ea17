// @ts-check
// The page's end of the engine (docs/wire.md section 8), which never runs in the page itself.
import { openDesk } from "../engine/desk.js";
import { addressOf } from "./edge.js";
import { sayThroughFrame } from "./engine-frame.js";

/** @typedef {import("../types").Evaluation} Evaluation */
/** @typedef {"alive" | "cold" | "absent"} State */
/** @typedef {{answer?: string, error?: string, marks?: Record<string, number>}} Told */
/** @typedef {{status?: number, retry_after?: string | null, text?: string, error?: string}} Heard what the edge said to beacons */
/** @typedef {(told: any) => void} Hear */
/** @typedef {(data: object, given?: Transferable[]) => void} Say */

/**
 * @typedef {object} Link
 * @property {State | null} state
 * @property {Promise<State>} first the first state that the engine tells
 * @property {(state: State) => void} hear
 * @property {(bundle: string, snapshot: ArrayBuffer, request: string) => Promise<Told>} ask gives the snapshot away
 * @property {(beacons: string) => Promise<Heard>} tell has the worker send a body of beacons to the edge
 * @property {(bundle: string, request: string) => void} warm wishes for the engine, and that it meets this question
 */

/** One for each project, by where its beacons go, for as long as the page lives. @type {Map<string, Link>} */
const links = new Map();

/** @param {Evaluation} evaluation @returns {Link | undefined} the link that is there already */
export function presentLink(evaluation) {
  return links.get(addressOf(evaluation, "beacons"));
}

/** @param {string} address of beacons @returns {Link | null} one whose worker has spoken */
export function livingLink(address) {
  const link = links.get(address);
  return link?.state && link.state !== "absent" ? link : null;
}

/** @param {Evaluation} evaluation @param {(state: State) => void} hear @returns {Link} */
export function openLink(evaluation, hear) {
  const link = presentLink(evaluation) ?? makeLink((told) => connect(evaluation, told));
  links.set(addressOf(evaluation, "beacons"), link);
  link.hear = hear;
  return link;
}

/** Through a frame on the edge's origin; where that is the page's own, straight to the worker. @param {Evaluation} evaluation @param {Hear} hear @returns {Promise<Say>} */
async function connect(evaluation, hear) {
  const { base, start, shared } = evaluation;
  const { engine, frame } = start.files;
  const own = `${base}/`.startsWith(`${location.origin}/`);
  if (!engine || !own) return sayThroughFrame(base + frame, hear);
  const desk = openDesk(shared.trusted(base + engine), addressOf(evaluation, "beacons"), start.engine);
  const page = { postMessage: hear };
  desk.welcome(page);
  return (data) => desk.hear(page, data);
}

/** @param {(hear: Hear) => Promise<Say>} connect @returns {Link} */
function makeLink(connect) {
  /** @type {Map<number, (told: any) => void>} */
  const asked = new Map();
  /** @type {(state: State) => void} */
  let tellFirst = () => {};
  let lastId = 0;
  /** @type {Hear} */
  const hear = (told) => {
    if ("state" in told) {
      link.state = told.state;
      link.hear(told.state);
      tellFirst(told.state);
    } else {
      asked.get(told.id)?.(told);
      asked.delete(told.id);
    }
  };
  const saying = connect(hear);
  saying.catch(() => hear({ state: "absent" }));
  /** @param {object} question @param {Transferable[]} [given] @returns {Promise<any>} */
  const send = (question, given) =>
    new Promise((resolve, reject) => {
      asked.set(++lastId, resolve);
      const id = lastId;
      saying.then((say) => say({ id, ...question }, given)).catch(reject);
    });
  /** @type {Link} */
  const link = {
    state: null,
    first: new Promise((resolve) => {
      tellFirst = resolve;
    }),
    hear: () => {},
    ask: (bundle, snapshot, request) => send({ bundle, snapshot, request }, [snapshot]),
    tell: (beacons) => send({ beacons }),
    warm: (bundle, request) => saying.then((say) => say({ warm: true, bundle, request })).catch(() => {}),
  };
  return link;
}
