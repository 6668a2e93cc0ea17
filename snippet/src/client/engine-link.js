// @ts-check
// The page's end of the engine's frame (docs/wire.md section 8). The engine itself never runs in the page.

/** @typedef {"alive" | "cold" | "absent"} State */
/** @typedef {{answer?: string, error?: string, marks?: Record<string, number>}} Told */

/**
 * @typedef {object} Link
 * @property {State | null} state
 * @property {Promise<State>} first the first state that the frame tells
 * @property {(state: State) => void} hear
 * @property {(bundle: string, snapshot: ArrayBuffer, request: string) => Promise<Told>} ask gives the snapshot away
 * @property {() => void} warm wishes for the engine in idle time
 */

/** One frame for each address, for as long as the page lives. @type {Map<string, Link>} */
const links = new Map();

/** @param {string} address @returns {Link | undefined} the frame that is there already */
export function presentLink(address) {
  return links.get(address);
}

/** @param {string} address @param {(state: State) => void} hear @returns {Link} */
export function openLink(address, hear) {
  const link = links.get(address) ?? makeLink(address);
  links.set(address, link);
  link.hear = hear;
  return link;
}

/** @param {string} address @returns {Link} */
function makeLink(address) {
  const { port1: port, port2: theirs } = new MessageChannel();
  /** @type {Map<number, (told: Told) => void>} */
  const asked = new Map();
  /** @type {(state: State) => void} */
  let tellFirst = () => {};
  let lastId = 0;
  /** @type {Link} */
  const link = {
    state: null,
    first: new Promise((resolve) => {
      tellFirst = resolve;
    }),
    hear: () => {},
    ask: (bundle, snapshot, request) =>
      new Promise((resolve) => {
        asked.set(++lastId, resolve);
        port.postMessage({ id: lastId, bundle, snapshot, request }, [snapshot]);
      }),
    warm: () => port.postMessage({ warm: true }),
  };
  port.onmessage = ({ data }) => {
    if ("state" in data) {
      link.state = data.state;
      link.hear(data.state);
      tellFirst(data.state);
    } else {
      asked.get(data.id)?.(data);
      asked.delete(data.id);
    }
  };
  // To whatever is there: where the frame was refused that is the browser's own page, and to name another origin than its
  // would write a line into the console. What is said over the port is of this page alone, which could read it anyway.
  embed(address, (frame) => frame.postMessage({ askwell: 1, hello: true }, "*", [theirs]));
  return link;
}

/** A frame that nobody sees, and that takes no place. @param {string} address @param {(frame: Window) => void} greet */
function embed(address, greet) {
  const frame = document.createElement("iframe");
  frame.title = "Askwell";
  frame.tabIndex = -1;
  frame.setAttribute("aria-hidden", "true");
  frame.style.setProperty("display", "none", "important");
  let forbidden = false; // by the page's policy; a greeting to what stands there instead would be one more complaint
  const look = (/** @type {SecurityPolicyViolationEvent} */ { blockedURI }) => {
    forbidden ||= blockedURI !== "" && address.startsWith(blockedURI);
  };
  document.addEventListener("securitypolicyviolation", look);
  const arrived = () => {
    document.removeEventListener("securitypolicyviolation", look);
    if (frame.contentWindow && !forbidden) greet(frame.contentWindow);
  };
  frame.addEventListener("load", () => setTimeout(arrived), { once: true });
  frame.src = address;
  document.documentElement.append(frame); // pages replace their body at will
}
