// @ts-check
// Questions to train and compare engines with, made by Python from a seed; and what an engine answers to them.
import { readFile } from "node:fs/promises";
import { startPython } from "./python.mjs";

/** @typedef {{bundle: Uint8Array, hash: string, snapshot: Uint8Array, request: Uint8Array}} Asked */

const INPUTS = new URL("./inputs.py", import.meta.url);

/**
 * @param {Record<string, Uint8Array>} modules
 * @param {number} seed
 * @param {number} count
 * @returns {Promise<Asked[]>}
 */
export async function makeQuestions(modules, seed, count) {
  const inputs = new Uint8Array(await readFile(INPUTS));
  const python = await startPython({ modules: { ...modules, "_askwell_inputs.py": inputs } });
  /** @type {[Uint8Array, string, Uint8Array, Uint8Array][]} */
  const made = python.runPython(`import _askwell_inputs; _askwell_inputs.questions(${seed}, ${count})`).toJs();
  return made.map(([bundle, hash, snapshot, request]) => ({ bundle, hash, snapshot, request }));
}

/**
 * @param {import("../src/engine/types.d.ts").Answer} answer
 * @param {Asked[]} questions
 */
export function askAll(answer, questions) {
  return questions.map(({ bundle, hash, snapshot, request }) => answer(bundle, hash, snapshot, request));
}
