// @ts-check
// The page's end of the engine (docs/wire.md section 8), which never runs in the page itself.
import { openDesk } from "../engine/desk.js";
import { sayThroughFrame } from "./engine-frame.js";

/** @typedef {import("../types").Evaluation} Evaluation */
/** @typedef {"alive" | "cold" | "absent"} State */
/** @typedef {{answer?: string, error?: string, marks?: Record<string, number>}} Told */
/** @typedef {(told: any) => void} Hear */
/** @typedef {(data: object, given?: Transferable[]) => void} Say */

/**
 * @typedef {object} Link
 * @property {State | null} state
 * @property {Promise<State>} first the first state that the engine tells
 * @property {(state: State) => void} hear
 * @property {(bundle: string, snapshot: ArrayBuffer, request: string) => Promise<Told>} ask gives the snapshot away
 * @property {() => void} warm wishes for the engine in idle time
 */

/** One for each project, for as long as the page lives. @type {Map<string, Link>} */
const links = new Map();

/** @param {Evaluation} evaluation @returns {Link | undefined} the link that is there already */
export function presentLink(evaluation) {
  return links.get(evaluation.start.project);
}

/** @param {Evaluation} evaluation @param {(state: State) => void} hear @returns {Link} */
export function openLink(evaluation, hear) {
  const link = presentLink(evaluation) ?? makeLink((told) => connect(evaluation, told));
  links.set(evaluation.start.project, link);
  link.hear = hear;
  return link;
}

/** Through a frame on the edge's origin; where that is the page's own, straight to the worker. @param {Evaluation} evaluation @param {Hear} hear @returns {Promise<Say>} */
async function connect(evaluation, hear) {
  const { base, start, shared } = evaluation;
  const worker = new URL(start.files.engine ?? "", base);
  if (!start.files.engine || worker.origin !== location.origin) {
    return sayThroughFrame(new URL(start.files.frame, base).href, hear);
  }
  const desk = openDesk(shared.trusted(worker.href), start.engine);
  const page = { postMessage: hear };
  desk.welcome(page);
  return (data) => desk.hear(page, data);
}

/** @param {(hear: Hear) => Promise<Say>} connect @returns {Link} */
function makeLink(connect) {
  /** @type {Map<number, (told: Told) => void>} */
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
  /** @type {Link} */
  const link = {
    state: null,
    first: new Promise((resolve) => {
      tellFirst = resolve;
    }),
    hear: () => {},
    ask: (bundle, snapshot, request) =>
      new Promise((resolve, reject) => {
        asked.set(++lastId, resolve);
        const question = { id: lastId, bundle, snapshot, request };
        saying.then((say) => say(question, [snapshot])).catch(reject);
      }),
    warm: () => saying.then((say) => say({ warm: true })).catch(() => {}),
  };
  return link;
}
