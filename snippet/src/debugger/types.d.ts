/** What the client knows of one decision, as it goes on. Nothing here is a contact's. */
export interface Report {
  project: string;
  reference: { given: boolean; masked: string | null; warnings: string[] };
  /** `anonymous`, `unsigned`, `unknown`, `known`; null until the edge has said. */
  visitor: string | null;
  creation: string | null;
  notes: string[];
  /** What answered: `alive` or `cold` engine, `edge`, `prefilter` … */
  path: string | null;
  failure: string | null;
  answer: Answer | null;
  marks: { name: string; from_ms: number; to_ms: number }[];
  claims: { intercept: string; granted: boolean; rule: string | null }[];
}

/** docs/wire.md section 4. */
export interface Answer {
  bundle: string | null;
  decisions: { intercept: string; reason: string; action: string | null; rule: string | null }[];
  explain?: Explained[];
  receipt?: string;
}

export interface Explained {
  intercept: string;
  version: number;
  reason: string;
  rule: string | null;
  directory: string | null;
  frequency_control: boolean;
  draw: { rate: number; passed: boolean };
  rows: Row[];
}

export interface Row {
  path: string;
  kind: string;
  name: string | null;
  cmp: string;
  expected: unknown;
  actual: unknown;
  passed: boolean | null;
}

export interface Debugger {
  update: (report: Report) => void;
  close: () => void;
}
