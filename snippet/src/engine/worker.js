// @ts-check
// The worker, shared or dedicated: keeps one engine for all its ports, gives its memory back when nobody asks.
import { Failure, readBundle } from "./bundles.js";
import { startFirst } from "./starting.js";

/** @typedef {import("./types.d.ts").Ask} Ask */
/** @typedef {import("./types.d.ts").Told} Told */
/** @typedef {import("./types.d.ts").Question} Question */
/** @typedef {{postMessage: (told: Told) => void}} Listener */

/** A late question may cross the farewell; it calls the closing off. */
const FAREWELL_MS = 250;
const TRY_AGAIN_MS = 60_000;
/** What the core says to input that it refuses, or that no engine could hold. Anything else says that the engine broke. */
const REFUSALS = new Set(["BundleError", "SnapshotError", "RequestError", "MemoryError", "RecursionError"]);

/** @type {Set<Listener>} */
const listeners = new Set();
/** In this order. @type {import("./types.d.ts").Variant[]} */
let chosen = ENGINE_FILES.image ? ["image", "plain"] : ["plain"];
/** Those not set aside. */
let variants = new Set(chosen);
/** @type {ReturnType<typeof startFirst> | null} */
let started = null;
/** @type {import("./types.d.ts").State} */
let state = "cold";
let idleMs = 600_000;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let idleTimer;

/** @param {import("./types.d.ts").State} next */
function tellState(next) {
  state = next;
  for (const listener of listeners) listener.postMessage({ state });
}

/** @param {RequestPriority} priority */
function start(priority) {
  if (started === null) {
    started = startFirst(ENGINE_FILES, variants, priority);
    started.then(() => tellState("alive"), giveUp);
  }
  return started;
}

/** Nothing boots. It may have been the connection, so that is not for ever. */
function giveUp() {
  tellState("absent");
  setTimeout(() => {
    variants = new Set(chosen);
    started = null;
    tellState("cold");
  }, TRY_AGAIN_MS);
}

/** Broken in the middle of a decision. Whoever waited for it too, asks the next. @type {WeakSet<object>} */
const broken = new WeakSet();

/** The engine that answered cannot do it after all: the next variant takes its place, or none for a while. @param {Awaited<ReturnType<typeof startFirst>>} engine */
function setAside(engine) {
  broken.add(engine);
  variants.delete(engine.variant);
  started = null;
  tellState("cold");
  start("high").catch(() => {});
}

/**
 * @param {Question} question
 * @param {Listener} listener
 * @returns {Promise<Told>}
 */
async function answer(question, listener) {
  const at = performance.now();
  const reading = readBundle(question.bundle, () => listener.postMessage({ id: question.id, fetching: true }));
  const [engine, bundle] = await Promise.all([start("high"), reading]);
  if (broken.has(engine)) return answer(question, listener);
  const readyAt = performance.now();
  const request = new TextEncoder().encode(question.request);
  const text = ask(engine, bundle, question, request);
  const doneAt = performance.now();
  if (engine.spent()) {
    started = null;
    start("low").catch(() => {});
  }
  const refusal = text.startsWith("!") ? text.slice(1) : null;
  if (refusal !== null && !REFUSALS.has(refusal)) {
    setAside(engine);
    if (variants.size > 0) return answer(question, listener);
  }
  if (refusal !== null) throw new Failure(refusal);
  const booted = engine.bootedAt > at ? engine.boot : {};
  const marks = { ...booted, wait: readyAt - at, decide: doneAt - readyAt, since_start: doneAt };
  return { id: question.id, answer: text, marks, variant: engine.variant };
}

/** A snapshot with a bit of everything that one of the edge's has, whose segment and rule are nobody's. */
const SOMEBODY = Uint8Array.from(
  "\x8a\xa9allows_at\x81\xa4FR_1\x00\xa5as_of\x01\xa8creation\xc0\xaalist_rules\xc2\xa5notes\x90\xa7pending\x90\xa8segments\x91\xa4SG_1\xabsegments_at\x01\xa1v\x01\xa7visitor\xa5known",
  (each) => each.charCodeAt(0),
);

/** Each of the first questions takes several times as long as the next: code is compiled, then specialised. */
const REHEARSALS = 3;

/** So that the page's next question does not pay for that. The answers are nobody's. @param {import("./types.d.ts").Warming} asked */
async function rehearse({ bundle, request }) {
  if (bundle === undefined || request === undefined) return;
  for (let done = 0; done < REHEARSALS; done++) {
    await answer({ id: 0, bundle, snapshot: SOMEBODY.buffer.slice(0), request }, { postMessage() {} });
  }
}

/**
 * The core's words, or a name for what broke the engine itself.
 *
 * @param {Awaited<ReturnType<typeof startFirst>>} engine
 * @param {Uint8Array} bundle
 * @param {Question} question
 * @param {Uint8Array} request
 */
function ask(engine, bundle, question, request) {
  try {
    return engine.answer(bundle, question.bundle, new Uint8Array(question.snapshot), request);
  } catch {
    return "!EngineBroken";
  }
}

/**
 * @param {Listener} listener
 * @param {Ask} asked
 */
async function hear(listener, asked) {
  postponeClosing();
  if ("settings" in asked) {
    idleMs = asked.settings.idle_ms;
    chosen = asked.settings.variants ?? chosen;
    if (started === null) variants = new Set(chosen);
    postponeClosing();
  } else if ("warm" in asked) {
    start("low")
      .then(() => rehearse(asked))
      .catch(() => {});
  } else if ("beacons" in asked) {
    listener.postMessage(await tellEdge(asked));
  } else {
    listener.postMessage(
      await answer(asked, listener).catch((failure) => ({ id: asked.id, error: String(failure?.name ?? "Error") })),
    );
  }
}

/** So that the page's thread need not. @param {import("./types.d.ts").Telling} telling @returns {Promise<Told>} */
async function tellEdge({ id, address, beacons }) {
  try {
    const answer = await fetch(address, { method: "POST", body: beacons, keepalive: true, credentials: "omit" });
    const { status, headers } = answer;
    return { id, status, retry_after: headers.get("Retry-After"), text: await answer.text() };
  } catch {
    return { id, error: "Unreachable" };
  }
}

function postponeClosing() {
  clearTimeout(idleTimer);
  idleTimer = setTimeout(() => {
    for (const listener of listeners) listener.postMessage({ closing: true });
    idleTimer = setTimeout(() => self.close(), FAREWELL_MS);
  }, idleMs);
}

/** @param {MessagePort | DedicatedWorkerGlobalScope} port */
function serve(port) {
  listeners.add(port);
  port.onmessage = ({ data }) => hear(port, data);
  if (port instanceof MessagePort) port.addEventListener("close", () => listeners.delete(port));
  port.postMessage({ state });
}

postponeClosing();
if ("onconnect" in self) {
  self.onconnect = (/** @type {MessageEvent} */ connected) => serve(connected.ports[0]);
} else {
  serve(/** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self)));
}
