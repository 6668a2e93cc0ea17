// @ts-check
// What the debugger is told, and the page if it asks. Otherwise all of it goes nowhere.

/** Windows by project; one of an earlier evaluation goes on with the next. @type {Map<string, Promise<import("../types").Debugger>>} */
const windows = new Map();

/** @typedef {import("../types").Evaluation} Evaluation */

/** @param {Evaluation} evaluation */
export function openReport(evaluation) {
  const { start, who, warnings, debug, startedMs } = evaluation;
  const zero = startedMs[0];
  /** @type {import("../types").Report} */
  const report = {
    project: start.project,
    reference: { given: who.reference !== undefined, masked: masked(who.reference), warnings: [...warnings] },
    visitor: null,
    creation: null,
    notes: [],
    path: null,
    failure: null,
    answer: null,
    marks: [{ name: "start", from_ms: 0, to_ms: startedMs[1] - zero }],
    claims: [],
  };
  if (debug && !report.reference.given && snippetBelow()) report.reference.warnings.push("snippet_below");
  const update = () => {
    tellPage(report);
    if (debug) show(evaluation, report);
  };
  update();
  return {
    /** @param {string} path */
    path(path) {
      report.path ??= path;
      if (report.path !== "prefilter") report.path = path;
    },
    /** @template T @param {string} name @param {Promise<T>} work @returns {Promise<T>} */
    async mark(name, work) {
      const from_ms = performance.now() - zero;
      try {
        return await work;
      } finally {
        report.marks.push({ name, from_ms, to_ms: performance.now() - zero });
        update();
      }
    },
    /** What the engine says of its time, just before now: its own start, where it waited for one, and the decision. @param {Record<string, number>} marks */
    inside({ wait = 0, decide, ...boot }) {
      if (decide === undefined) return;
      const decided_ms = performance.now() - zero - decide;
      let from_ms = decided_ms - wait;
      for (const name of ["fetch", "compile", "restore"]) {
        if (boot[name] === undefined) continue;
        report.marks.push({ name, from_ms, to_ms: from_ms + boot[name] });
        from_ms += boot[name];
      }
      report.marks.push({ name: "decide", from_ms: decided_ms, to_ms: decided_ms + decide });
      update();
    },
    /** @param {import("../types").Answered} answer */
    answer(answer) {
      report.answer = answer;
      report.visitor = answer.visitor ?? null;
      report.creation = answer.creation ?? null;
      report.notes = answer.notes ?? [];
      update();
    },
    /** @param {import("../types").Report["claims"][number]} claim */
    claim(claim) {
      report.claims.push(claim);
      update();
    },
    /** @param {unknown} problem */
    fail(problem) {
      report.failure = problem instanceof Error ? problem.message : String(problem);
      if (report.answer === null) report.path = "nothing";
      update();
    },
  };
}

/** Reports that the page hears of next. @type {Set<import("../types").Report>} */
const unheard = new Set();

/** `QSI.config.onReport`, once for all that one turn brought; what the page's function throws is the page's own. @param {import("../types").Report} report */
function tellPage(report) {
  const { onReport } = /** @type {any} */ (QSI).config ?? {};
  if (typeof onReport !== "function" || unheard.has(report)) return;
  unheard.add(report);
  setTimeout(() => {
    unheard.delete(report);
    onReport(copy(report));
  });
}

/** As it is now: what goes on is told in a copy of its own. @param {import("../types").Report} report */
function copy(report) {
  return { ...report, marks: [...report.marks], claims: [...report.claims] };
}

/** @param {Evaluation} evaluation @param {import("../types").Report} report */
async function show({ base, start, shared, nonce }, report) {
  const known = windows.get(start.project);
  const told = copy(report);
  try {
    if (known) return (await known).update(told);
    const opened = shared
      .part(base + start.files.debugger, start.integrity.debugger, nonce)
      .then(({ open }) => open(told));
    windows.set(start.project, opened);
    await opened;
  } catch {
    windows.delete(start.project);
  }
}

/** The first two characters and the length: `U-… (3)`. @param {unknown} reference */
function masked(reference) {
  if (reference === undefined) return null;
  const characters = [...String(reference)];
  return `${characters.slice(0, 2).join("")}… (${characters.length})`;
}

/** The reference is set below our script, so that it came too late. */
function snippetBelow() {
  const all = [...document.scripts];
  const ours = all.findIndex(({ src }) => src.includes("/p/ZN_"));
  return all.slice(ours + 1).some(({ src, text }) => !src && text.includes("externalReference"));
}
