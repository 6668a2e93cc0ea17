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

/**
 * Questions as they come from another program: bundle, hash, snapshot, request, each after its length in 32 bits.
 *
 * @param {Uint8Array} body
 * @returns {Generator<Asked>}
 */
export function* readQuestions(body) {
  const words = new DataView(body.buffer, body.byteOffset);
  for (let at = 0; at < body.length; ) {
    const [bundle, hash, snapshot, request] = Array.from({ length: 4 }, () => {
      const length = words.getUint32(at, true);
      at += 4 + length;
      return new Uint8Array(body.subarray(at - length, at));
    });
    yield { bundle, hash: new TextDecoder().decode(hash), snapshot, request };
  }
}
