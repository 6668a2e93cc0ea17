// @ts-check
// Keeps one worker at hand: shared if the browser can, else the page's or frame's own, and a new one for a hung one.

/** @typedef {import("./types.d.ts").Told} Told */
/** @typedef {import("./types.d.ts").Ask} Ask */
/** @typedef {{port: MessagePort | Worker, shared: boolean, end: () => void, unheard: Ask[] | null, failing: (failed: () => void) => void}} Link */

/** A shared worker that has not spoken by then is hung, or cannot be had here. */
const FIRST_WORD_MS = 4_000;
/** Which of the shared workers' names is in use, for all frames of this origin. */
const GENERATION = "askwell-generation";

/**
 * @param {string} script address of the worker
 * @param {Ask} greeting said first to every new worker
 * @param {(told: Told) => void} hear
 * @param {() => void} lost the worker broke, and with it all that was asked of it
 * @param {() => void} none no worker can be had at all
 */
export function keepWorker(script, greeting, hear, lost, none) {
  /** @type {Link | null} */
  let link = null;
  let mayShare = typeof SharedWorker === "function";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let silence;
  let forbidden = false; // by the page's policy, and each try is a line in its console
  document.addEventListener("securitypolicyviolation", ({ blockedURI }) => {
    forbidden ||= blockedURI === String(script);
  });

  /** @returns {Link} */
  function connect() {
    const made = mayShare ? shared(script, `askwell-${generation()}`) : dedicated(script);
    const failed = () => link === made && fail(made);
    made.port.onmessage = ({ data }) => link === made && hearFrom(made, data);
    made.failing(failed);
    if (made.shared) silence = setTimeout(() => hung(made), FIRST_WORD_MS);
    link = made;
    made.port.postMessage(greeting);
    return made;
  }

  /** @param {Link} from @param {Told} told */
  function hearFrom(from, told) {
    clearTimeout(silence);
    from.unheard = null;
    if ("closing" in told) drop(from);
    hear(told);
  }

  /** The next page is not to wait for the same worker. @param {Link} silent */
  function hung(silent) {
    giveUpName();
    fail(silent);
  }

  /** @param {Link} broken */
  function drop(broken) {
    clearTimeout(silence);
    broken.end();
    link = null;
  }

  /** Without a first word nothing is lost: a worker of this page's own is asked again. @param {Link} broken */
  function fail(broken) {
    const { unheard } = broken;
    drop(broken);
    if (unheard === null) return lost();
    if (!broken.shared || forbidden) return none();
    mayShare = false;
    connect();
    for (const asked of unheard) ask(asked);
  }

  /** @param {Ask} asked */
  function ask(asked) {
    const { port, unheard } = link ?? connect();
    unheard?.push(asked);
    port.postMessage(asked);
  }

  return {
    ask,
    /** Makes sure that there is a worker to hear from. */
    connect() {
      if (link === null) connect();
    },
    /** The worker hangs: a shared one cannot be ended from here, so its name is given up. */
    replace() {
      giveUpName();
      if (link) drop(link);
      lost();
    },
  };
}

/** Its own where it may not store. */
let ownGeneration = 0;

function generation() {
  try {
    return Number(localStorage.getItem(GENERATION)) || ownGeneration;
  } catch {
    return ownGeneration;
  }
}

function giveUpName() {
  ownGeneration = generation() + 1;
  try {
    localStorage.setItem(GENERATION, String(ownGeneration));
  } catch {
    // Then each page finds out for itself.
  }
}

/**
 * @param {string} script
 * @param {string} name a new name is a new worker
 */
function shared(script, name) {
  const options = /** @type {WorkerOptions} */ ({ type: "module", name, extendedLifetime: true });
  const worker = new SharedWorker(script, options);
  return link(worker.port, true, worker, () => worker.port.close());
}

/** @param {string} script */
function dedicated(script) {
  const worker = new Worker(script, { type: "module" });
  return link(worker, false, worker, () => worker.terminate());
}

/**
 * @param {MessagePort | Worker} port
 * @param {boolean} isShared
 * @param {AbstractWorker} worker
 * @param {() => void} end
 */
function link(port, isShared, worker, end) {
  return {
    port,
    shared: isShared,
    end,
    unheard: /** @type {Ask[] | null} */ ([]),
    failing: (/** @type {() => void} */ failed) =>
      worker.addEventListener("error", (error) => {
        error.preventDefault(); // else a dedicated one's goes on to the page's `onerror`
        failed();
      }),
  };
}
