// Checks what the engine's build takes for known of addresses, on the real module: node looks.mjs LIBRARY QUESTIONS
// Where a load or store has no look of its own, the code asks itself whether that was right, and traps if not.
import { readFile } from "node:fs/promises";
import path from "node:path";

const engine = new URL("../../snippet/engine/", import.meta.url);
const load = (name) => import(new URL(name, engine).href);
const { rewrite } = await load("guard.mjs");
const { train } = await load("image.mjs");
const { WIDTHS } = await load("instructions.mjs");
const { PYODIDE } = await load("python.mjs");
const { CALLED, takeImage } = await load("snapshot.mjs");
const { readQuestions } = await load("training.mjs");
const { dropData, keepExports } = await load("wasm.mjs");
const { withAddress } = await load("watching.mjs");

const I32 = 0x7f;
const MIXED = 0x5bd1e995; // so that a look that never ran does not pass for one at address 0

const [library, questionsFile] = process.argv.slice(2);
const questions = [...readQuestions(new Uint8Array(await readFile(questionsFile)))];
const { memory, door, stack, stackEnd, pages, mostPages, bitmap } = await takeImage(library);
const published = new Uint8Array(await readFile(path.join(PYODIDE, "pyodide.asm.wasm")));
const wasm = dropData(keepExports(published, (name) => CALLED.includes(name)));
const plan = { door, stack, pages, mostPages, bitmap: null };

const counts = { own: 0, around: 0, again: 0, stack: 0 };
const places = new Map();
const placeOf = (around) => places.get(around) ?? places.set(around, `around ${places.size}`).get(around);
const mixed = (code) => code.push(0x41).signed(MIXED).push(0x73);
const trapIf = (code) => code.push(0x04, 0x40, 0x00, 0x0b);

/** Keeps the address that is looked at, and compares it with what is touched later. */
const check = {
  own: () => {
    counts.own += 1;
  },
  around: (code, around, spare) => {
    counts.around += 1;
    mixed(code.push(0x20).unsigned(around.local)).push(0x21).unsigned(spare(placeOf(around), I32));
  },
  again: (code, operation, around, spare) => {
    counts.again += 1;
    const last = operation.offset + WIDTHS[operation.code - 0x28];
    if (operation.offset < around.low || last > around.high || around.high - around.low > 256)
      throw new Error("not in these surroundings");
    withAddress(operation, code, spare, () => {
      const address = spare("address", I32);
      mixed(code.push(0x22).unsigned(address)).push(0x20).unsigned(spare(placeOf(around), I32)).push(0x47);
      trapIf(code).push(0x20).unsigned(address);
    });
  },
  stack: (code, operation, spare) => {
    counts.stack += 1;
    withAddress(operation, code, spare, () => {
      const address = spare("address", I32);
      const from = stackEnd - operation.offset;
      code.push(0x22).unsigned(address).push(0x41).signed(from).push(0x6b, 0x41).signed(stack - stackEnd).push(0x4b);
      trapIf(code).push(0x20).unsigned(address);
    });
  },
};
const look = { one: (code) => code.push(0x1a), two: (code) => code };
const asserting = (module) => rewrite(module, { look, check, sure: () => true });
await train(wasm, questions, plan, memory, bitmap, asserting);
process.stdout.write(JSON.stringify(counts));
