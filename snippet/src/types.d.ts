import type { Creative, Target } from "./creative/types";
import type { Answer, Debugger, Explained, Report } from "./debugger/types";
import type { Variant } from "./engine/types";

export type { Answer, Debugger, Report };

/** docs/wire.md section 6: what a page knows before anything else. `files.engine` is the worker's script. */
export interface Start {
  project: string;
  bundle: string | null;
  mode: "auto" | "browser" | "edge";
  sampling: "request" | "visitor";
  single_active: boolean;
  creates: boolean;
  reevaluate_on_url: boolean;
  cookie_domain: string | null;
  claim_timeout_ms: number;
  paint_timeout_ms: number;
  reads: { cookies: string[]; values: string[]; tracked: boolean; history: boolean };
  prefilter: PrefilterEntry[];
  files: { client?: string; debugger?: string; engine?: string; frame: string };
  integrity: { client?: string; debugger?: string };
  engine: { variants: Variant[] };
  debug?: boolean;
  /** In the loader alone, where every page needs the client: runs it, and gives away its exports. */
  client?: (give: (exports: Client & { open: (report: Report) => Debugger }) => void) => void;
}

export interface PrefilterEntry {
  from_at: number | null;
  until_at: number | null;
  urls: string[][] | null;
}

/** Who the page says its visitor is, cut to size; docs/wire.md section 6. */
export interface Who {
  reference?: string | number | boolean;
  token?: string;
  contact?: unknown;
  consent?: false;
}

// biome-ignore lint/suspicious/noExplicitAny: read from storage, where anybody may have written
export type Loose = Record<string, any>;

/** The site's own storage; `works` is false where it allows none, and then it lasts for the page. */
export interface Store {
  readonly works: boolean;
  read: () => Loose;
  change: (by: (all: Loose) => void) => void;
}

/** What all projects of one page share. */
export interface Shared {
  store: Store;
  projects: Map<string, Project>;
  /** Creatives that are on the screen, or about to be; passive ones are not counted. */
  screen: Set<object>;
  part: (
    address: string,
    integrity: string | undefined,
    nonce: string | undefined,
    client?: Start["client"],
  ) => Promise<Client & { open: (report: Report) => Debugger }>;
  /** What a page with Trusted Types takes for an address of ours. */
  trusted: (address: string) => string;
  /** The project that a script names, and the start file that it brought. */
  add: (script: HTMLScriptElement, start: Start | undefined) => void;
  /** The page at hand: its address, the one before, and since when (`performance.now()`). */
  view: { url: string; before: string; since_ms: number };
  /** From the debugger's link. */
  debugToken: string | undefined;
  /** `QSI` was not there before us. */
  first: boolean;
}

export interface Project {
  load: () => Promise<void>;
  run: (byPage: boolean) => Promise<void>;
  unload: () => void;
  /** What was for one visitor ends, creatives on the screen included. */
  forget: () => void;
}

/** One evaluation of one project. */
export interface Evaluation {
  base: string;
  start: Start;
  shared: Shared;
  who: Who;
  pageViewId: string;
  byPage: boolean;
  debug: boolean;
  warnings: string[];
  nonce: string | undefined;
  /** Aborted when another evaluation takes this one's place, or the project is unloaded. */
  signal: AbortSignal;
  /** Takes creatives of this project off the screen. */
  removers: Set<() => void>;
  startedMs: [number, number];
}

export interface Client {
  evaluate: (evaluation: Evaluation) => Promise<void>;
  /** Sends what earlier pages could not. */
  resend: (shared: Shared) => unknown;
}

export interface Show {
  intercept: string;
  version: number;
  action: string;
  creative: Creative;
  target: Target;
  timing: { on: string; delay_s?: number; percent?: number; selector?: string };
  claim: boolean;
  record: boolean;
  repeat_s: number | null;
  survey: string | null;
  passive: boolean;
  cookie_domain: string | null;
}

/** The edge's answer to a claim. */
export interface Claimed {
  granted: boolean;
  claim?: string;
  lease_ms?: number;
  rule?: string | null;
}

/** docs/wire.md section 4. */
export type Answered = Answer & {
  show: Show[];
  /** By intercept: what the edge claimed while it decided. */
  claims?: Record<string, Claimed>;
  visitor?: string;
  creation?: string | null;
  notes?: string[];
  explain?: Explained[];
};

export interface Beacon {
  id: string;
  kind: string;
  at: number;
  page_view_id: string;
  [field: string]: unknown;
}
