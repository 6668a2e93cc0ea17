// @ts-check
// Questions to train and compare engines with, made by Python from a seed; and what an engine answers to them.
import { readFile } from "node:fs/promises";

/** @typedef {{bundle: Uint8Array, hash: string, snapshot: Uint8Array, request: Uint8Array}} Asked */

const SOURCES = ["inputs.py", "bundles.py"];

/**
 * @param {any} python a Pyodide that can import the core
 * @param {number} seed
 * @param {number} count
 * @returns {Promise<Asked[]>}
 */
export async function makeQuestions(python, seed, count) {
  for (const name of SOURCES) {
    python.FS.writeFile(`/build/modules/${name}`, await readFile(new URL(name, import.meta.url)));
  }
  /** @type {[Uint8Array, string, Uint8Array, Uint8Array][]} */
  const made = python.runPython(`import inputs; inputs.questions(${seed}, ${count})`).toJs();
  return made.map(([bundle, hash, snapshot, request]) => ({ bundle, hash, snapshot, request }));
}

/**
 * @param {import("../src/engine/types.d.ts").Answer} answer
 * @param {Asked[]} questions
 */
export function askAll(answer, questions) {
  return questions.map(({ bundle, hash, snapshot, request }) => answer(bundle, hash, snapshot, request));
}
