// @ts-check
// The quick engine's files: of a memory image after the core's import, and of the code, what decisions touch.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { restoreImage } from "../src/engine/image.js";
import { keepFunctions } from "./functions.mjs";
import { guardMemory, recordUse } from "./guard.mjs";
import { PIECE_BITS } from "./looks.mjs";
import { PYODIDE } from "./python.mjs";
import { CALLED, takeImage } from "./snapshot.mjs";
import { askAll, makeQuestions } from "./training.mjs";
import { Bytes, dropData, keepExports } from "./wasm.mjs";

const EXPORTS = new Set(CALLED);
const PIECE = 1 << PIECE_BITS;
const MOST_FUNCTIONS = 1 << 15;
const HERE = 1;
const LEFT_OUT = 2;
const TRAINING = { seed: 1, count: 5000 };

/**
 * @param {any} python a Pyodide that can import the core
 * @param {string} library file of the standard library
 * @param {import("./output.mjs").Output} output
 * @param {(text: string) => void} say
 * @returns {Promise<import("../src/engine/types.d.ts").ImageFiles>}
 */
export async function packImage(python, library, output, say) {
  say("2 of 5: taking the memory of a Python that has imported the core");
  const image = await takeImage(library);
  const { memory, door, stack, stackEnd, pages, mostPages, bitmap } = image;
  const published = new Uint8Array(await readFile(path.join(PYODIDE, "pyodide.asm.wasm")));
  const wasm = dropData(keepExports(published, (name) => EXPORTS.has(name)));
  const plan = { door, stack, pages, mostPages, bitmap: null };
  say(`3 of 5: finding what ${TRAINING.count} questions touch`);
  const questions = await makeQuestions(python, TRAINING.seed, TRAINING.count);
  const { kept, states } = await train(wasm, questions, plan, memory, bitmap);
  // No access to the stack is looked at; what lies there is nothing but in the pieces at its ends.
  for (const piece of [stackEnd >>> PIECE_BITS, stack >>> PIECE_BITS])
    if (states[piece] === LEFT_OUT) states[piece] = HERE;
  const lasting = keepFunctions(wasm, kept);
  say(`code: ${kept.length} functions and ${lasting.length} bytes of ${wasm.length}`);
  say(`memory: ${count(states, HERE) * PIECE} bytes, without ${count(states, LEFT_OUT) * PIECE}`);
  const sure = (/** @type {number} */ address) => states[address >>> PIECE_BITS] !== LEFT_OUT;
  const guarded = guardMemory(lasting, bitmap, sure);
  return {
    wasm: await output.write("engine", ".wasm", guarded),
    wasmIntegrity: output.written.engine.integrity,
    memory: await output.write("engine-memory", ".bin", writePieces(memory, states, HERE)),
    memoryIntegrity: output.written["engine-memory"].integrity,
    plan: { ...plan, bitmap },
  };
}

/**
 * What an engine with all its code and memory touches while it answers. Marks of functions lie where those of the
 * memory's last pieces would: an engine in training never grows so large.
 *
 * @param {Uint8Array} wasm
 * @param {import("./training.mjs").Asked[]} questions
 * @param {import("../src/engine/types.d.ts").ImagePlan} plan
 * @param {Uint8Array} memory
 * @param {number} bitmap
 * @param {typeof recordUse} [record]
 */
export async function train(wasm, questions, plan, memory, bitmap, record = recordUse) {
  const functions = bitmap + (plan.mostPages << 16) / PIECE - MOST_FUNCTIONS;
  const recording = record(wasm, { pieces: bitmap, functions, mostFunctions: MOST_FUNCTIONS });
  /** @type {any} */
  let python;
  const module = await WebAssembly.compile(/** @type {BufferSource} */ (recording));
  const everything = writePieces(memory, allHere(memory), HERE);
  const { answer } = await restoreImage(module, plan, everything, (exports) => {
    python = exports;
  });
  askAll(answer, questions);
  const heap = new Uint8Array(python.memory.buffer);
  if (heap.length > (plan.mostPages << 16) - MOST_FUNCTIONS * PIECE) throw new Error("training took too much memory");
  const entered = heap.subarray(functions, functions + MOST_FUNCTIONS);
  return {
    kept: [...entered.keys()].filter((index) => entered[index]),
    states: statesOf(memory, heap.subarray(bitmap, bitmap + memory.length / PIECE)),
  };
}

/** @param {Uint8Array} memory */
function allHere(memory) {
  return statesOf(memory, new Uint8Array(memory.length / PIECE).fill(1));
}

/**
 * Nothing for an empty piece, else whether decisions touched it.
 *
 * @param {Uint8Array} memory
 * @param {Uint8Array} touched
 */
function statesOf(memory, touched) {
  return Uint8Array.from({ length: memory.length / PIECE }, (_, piece) => {
    const body = memory.subarray(piece * PIECE, (piece + 1) * PIECE);
    if (body.every((byte) => byte === 0)) return 0;
    return touched[piece] || isRepeated(body) ? HERE : LEFT_OUT;
  });
}

/**
 * The cache of types' attributes, which is empty: records of three words, all the same. Where a decision looks there
 * hangs on numbers that types get in the order of their first use; and it takes no room once compressed.
 *
 * @param {Uint8Array} body
 */
function isRepeated(body) {
  return body.every((byte, at) => at < 12 || byte === body[at - 12]);
}

/** @param {Uint8Array} states @param {number} wanted */
function count(states, wanted) {
  return states.reduce((sum, state) => sum + (state === wanted ? 1 : 0), 0);
}

/**
 * Number of pieces, their states, the pieces of one state.
 *
 * @param {Uint8Array} memory
 * @param {Uint8Array} states
 * @param {number} wanted
 */
function writePieces(memory, states, wanted) {
  const out = new Bytes(memory.length).append(new Uint8Array(new Uint32Array([states.length]).buffer)).append(states);
  states.forEach((state, piece) => {
    if (state === wanted) out.append(memory.subarray(piece * PIECE, (piece + 1) * PIECE));
  });
  return out.done();
}
