/** What the build tells the worker: addresses relative to the worker's own. */
export interface EngineFiles {
  /** A lock file's text that lists no package. */
  lock: string;
  loader: string;
  loaderIntegrity: string;
  glue: string;
  glueIntegrity: string;
  wasm: string;
  wasmIntegrity: string;
  stdlib: string;
  stdlibIntegrity: string;
  image?: ImageFiles;
}

export interface ImageFiles {
  wasm: string;
  wasmIntegrity: string;
  memory: string;
  memoryIntegrity: string;
  plan: ImagePlan;
}

/** What the build froze beside the memory. */
export interface ImagePlan {
  /** Address of the door's function object. */
  door: number;
  /** Where the stack pointer stood. */
  stack: number;
  /** Size of the memory in pages of 64 KiB. */
  pages: number;
  /** The size it may grow to. */
  mostPages: number;
  /** Address of one byte for each piece, set where the piece was left out; null if none was. */
  bitmap: number | null;
}

/** One question to the core; the bundle is named by its hash. */
export interface Question {
  id: number;
  bundle: string;
  snapshot: ArrayBuffer;
  request: string;
}

/** Beacons for the edge, as the body that it takes; the frame or page adds the address. */
export interface Telling {
  id: number;
  address: string;
  beacons: string;
}

/** Wishes for an engine, and one that has met this question already: what is run for the first time takes longest. */
export interface Warming {
  warm: true;
  bundle?: string;
  request?: string;
}

/** From the page or the frame to the worker. */
export type Ask = Question | Telling | Warming | { settings: { idle_ms: number; variants?: Variant[] } };

export type State = "alive" | "cold" | "absent";

export type Variant = "image" | "plain";

/** Milliseconds. The first three follow each other, and are there where a question waited for the engine to boot. */
export interface Marks {
  fetch?: number;
  /** What the compiler took after the last byte; plain Pyodide's is part of `restore`. */
  compile?: number;
  /** Until Python runs. */
  restore?: number;
  /** From the question's arrival until engine and bundle were there. */
  wait: number;
  /** Inside the core. */
  decide: number;
  /** Age of the worker. */
  since_start: number;
}

/** From the worker to the frame, and from there to the page. */
export type Told =
  | { state: State }
  | { id: number; answer: string; marks: Marks; variant: Variant }
  | { id: number; error: string }
  /** What the edge said to beacons: `text` is its answer's body. */
  | { id: number; status: number; retry_after: string | null; text: string }
  /** From the worker to the frame alone: the answer takes as long as the connection. */
  | { id: number; fetching: true }
  | { closing: true };

/** Bytes in, the core's answer out: JSON, or "!" and a class name. */
export type Answer = (bundle: Uint8Array, hash: string, snapshot: Uint8Array, request: Uint8Array) => string;

/** A booted interpreter. */
export interface Interpreter {
  answer: Answer;
  /** Whether its memory has grown so much that a fresh one is better. */
  spent: () => boolean;
  /** How long its boot took, in the browser. */
  boot?: Pick<Marks, "fetch" | "compile" | "restore">;
}

/** How an edge wants its engine. */
export interface DeskSettings {
  idle_ms?: number;
  variants?: Variant[];
  boot_timeout_ms?: number;
  answer_timeout_ms?: number;
}

/** What a frame is told by the page that serves it. */
export interface FrameSettings extends DeskSettings {
  origins: string[];
}

declare global {
  /** Written in by the build. */
  const ENGINE_FILES: EngineFiles;
  const ENGINE_WORKER: string;
}
