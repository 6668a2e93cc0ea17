// @ts-check
// The quick engine's files: a memory image after the core's import, divided by what decisions touch.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { restoreImage } from "../src/engine/image.js";
import { guardMemory, recordUse } from "./guard.mjs";
import { PIECE_BITS } from "./looks.mjs";
import { PYODIDE } from "./python.mjs";
import { CALLED, takeImage } from "./snapshot.mjs";
import { canSplit, splitOff, withoutUnused } from "./split.mjs";
import { keepFunctionTable } from "./tables.mjs";
import { askAll, makeQuestions } from "./training.mjs";
import { Bytes, dropData, keepExports } from "./wasm.mjs";

const EXPORTS = new Set(CALLED);
const PIECE = 1 << PIECE_BITS;
const MOST_FUNCTIONS = 1 << 15;
const HERE = 1;
const DEFERRED = 2;
const TRAINING = { seed: 1, count: 5000 };
/** So many looks at memory are in line; more would be more code to compile than they gain. */
const IN_LINE = 9000;

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
  const wasm = keepFunctionTable(keepExports(published, (name) => EXPORTS.has(name)));
  const whole = allHere(memory);
  const plan = { door, stack, pages, mostPages, bitmap: null, hook: null };
  if (!(await canSplit())) {
    say("no wasm-split and wasm-opt (Debian's binaryen) here: the engine is built in one piece, and larger");
    return {
      wasm: await output.write("engine", ".wasm", dropData(wasm), "some"),
      memory: await output.write("engine-memory", ".bin", writePieces(memory, whole, HERE), "some"),
      memoryIntegrity: output.written["engine-memory"].integrity,
      deferred: null,
      plan,
    };
  }
  say(`3 of 5: finding what ${TRAINING.count} questions touch`);
  const shrinking = withoutUnused(wasm);
  const questions = await makeQuestions(python, TRAINING.seed, TRAINING.count);
  const lean = await shrinking;
  const { kept, use, states } = await train(lean, questions, plan, memory, bitmap);
  // No access to the stack is looked at; what lies there is nothing but in the pieces at its ends.
  for (const piece of [stackEnd >>> PIECE_BITS, stack >>> PIECE_BITS])
    if (states[piece] === DEFERRED) states[piece] = HERE;
  const { primary, secondary } = await splitOff(lean, kept);
  say(
    `code: ${kept.length} functions and ${dropData(primary).length} bytes at first, ${dropData(secondary).length} deferred`,
  );
  say(`memory: ${count(states, HERE) * PIECE} bytes at first, ${count(states, DEFERRED) * PIECE} deferred`);
  const guarded = guardMemory(primary, bitmap, busiest(use), (address) => states[address >>> PIECE_BITS] !== DEFERRED);
  const deferred = new Bytes();
  const code = dropData(secondary);
  deferred.append(new Uint8Array(new Uint32Array([code.length]).buffer)).append(code);
  deferred.append(writePieces(memory, states, DEFERRED));
  return {
    wasm: await output.write("engine", ".wasm", dropData(guarded.wasm)),
    memory: await output.write("engine-memory", ".bin", writePieces(memory, states, HERE)),
    memoryIntegrity: output.written["engine-memory"].integrity,
    deferred: await output.write("engine-deferred", ".bin", deferred.done(), "some"),
    plan: { ...plan, bitmap, hook: guarded.hook },
  };
}

/**
 * What an engine with all its code and memory touches while it answers, and about how often each function kept looks
 * at memory. Counts of functions lie where marks of the memory's last pieces would: an engine in training never grows
 * so large.
 *
 * @param {Uint8Array} wasm
 * @param {import("./training.mjs").Asked[]} questions
 * @param {import("../src/engine/types.d.ts").ImagePlan} plan
 * @param {Uint8Array} memory
 * @param {number} bitmap
 * @param {typeof recordUse} [record]
 */
export async function train(wasm, questions, plan, memory, bitmap, record = recordUse) {
  const counts = bitmap + (plan.mostPages << 16) / PIECE - 4 * MOST_FUNCTIONS;
  const recorder = record(wasm, { pieces: bitmap, functions: counts });
  const functions = recorder.looks.length;
  if (functions > MOST_FUNCTIONS) throw new Error(`${functions} functions are too many to count`);
  /** @type {any} */
  let python;
  const module = await WebAssembly.compile(/** @type {BufferSource} */ (recorder.wasm));
  const everything = writePieces(memory, allHere(memory), HERE);
  const readDeferred = () => {
    throw new Error("nothing is deferred in training");
  };
  const { answer } = await restoreImage(module, plan, everything, readDeferred, (exports) => {
    python = exports;
  });
  askAll(answer, questions);
  internMany(python);
  const heap = new Uint8Array(python.memory.buffer);
  if (heap.length > (plan.mostPages << 16) - 4 * MOST_FUNCTIONS * PIECE)
    throw new Error("training took too much memory");
  const entered = new Uint32Array(heap.buffer, counts, functions);
  const kept = [...entered.keys()].filter((index) => entered[index]);
  return {
    kept,
    use: kept.map((index) => ({ entered: entered[index], looks: recorder.looks[index] })),
    states: statesOf(memory, heap.subarray(bitmap, bitmap + memory.length / PIECE)),
  };
}

/**
 * The functions entered most often, by their place among the kept, as far as looks in line may be. Splitting leaves
 * functions in order, and another order would only be slower.
 *
 * @param {{entered: number, looks: number}[]} kept
 */
function busiest(kept) {
  const places = [...kept.keys()].sort((a, b) => kept[b].entered - kept[a].entered);
  let left = IN_LINE;
  const fits = (/** @type {number} */ place) => kept[place].looks <= left;
  return new Set(
    places.filter((place) => {
      const chosen = fits(place);
      if (chosen) left -= kept[place].looks;
      return chosen;
    }),
  );
}

/**
 * msgpack interns the keys of maps, ids among them: a look-up by chance in the table of all interned texts,
 * which may meet any of them. So all of them count as touched.
 *
 * @param {any} python
 */
function internMany(python) {
  const at = python.malloc(32);
  for (let number = 0; number < 200_000; number++) {
    const text = new TextEncoder().encode(`SI_${number.toString(36).padStart(15, "0")}\0`);
    new Uint8Array(python.memory.buffer).set(text, at);
    python.Py_DecRef(python.PyUnicode_InternFromString(at));
  }
  python.free(at);
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
    return touched[piece] || isRepeated(body) ? HERE : DEFERRED;
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
