// @ts-check
// Makes WebAssembly look before it touches memory: to record what decisions touch, and then to hold back the rest.
import { numbers, readExport, readFunctionImports, readNumbers, readTypes, typeAt, withExport } from "./lists.mjs";
import { addedBodies, asking, checkByCall, checkInLine, counting, marking } from "./looks.mjs";
import { Bytes, Cursor, readSections, SECTION, writeSections } from "./wasm.mjs";
import { watchFunction } from "./watching.mjs";

/**
 * @typedef {object} Way
 * @property {import("./looks.mjs").Look} look
 * @property {(index: number) => Check} check
 * @property {(index: number) => Uint8Array} entered code at a function's beginning
 * @property {(address: number) => boolean} sure
 * @typedef {import("./known.mjs").Signature} Signature
 * @typedef {import("./looks.mjs").Check} Check
 * @typedef {import("./looks.mjs").Calls} Calls
 * @typedef {import("./lists.mjs").Imported} Imported
 */

/**
 * A module for training: it sets the mark of every piece of memory that it touches, and counts how often it enters
 * every function.
 *
 * @param {Uint8Array} wasm
 * @param {{pieces: number, functions: number}} marks addresses of one byte for each piece, four for each function
 * @returns {{wasm: Uint8Array, looks: Uint32Array}} the module, and how often each function's code looks at memory
 */
export function recordUse(wasm, marks) {
  const look = marking(marks.pieces);
  const check = checkInLine(look);
  const entered = (/** @type {number} */ index) => counting(marks.functions + 4 * index);
  return rewrite(wasm, () => ({ look, check: () => check, entered, sure: () => false }));
}

/**
 * The guarded module, and the import it calls when it touches a marked piece.
 *
 * @param {Uint8Array} wasm
 * @param {number} bitmap address of the marks
 * @param {Set<number>} busy functions, by their place in the code, that look in line
 * @param {(address: number) => boolean} sure whether an address is in a piece that is there from the start
 * @returns {{wasm: Uint8Array, hook: string}}
 */
export function guardMemory(wasm, bitmap, busy, sure) {
  let hook = "";
  const guarded = rewrite(wasm, (imported, types, calls) => {
    const quiet = typeAt(types, [], []);
    const index = imported.findIndex(({ from, type }) => from !== "placeholder" && type === quiet);
    if (index < 0) throw new Error("no import of type () -> () can serve as the hook");
    hook = imported[index].name;
    const look = asking(bitmap, index);
    const [inLine, byCall] = [checkInLine(look), checkByCall(calls)];
    return {
      look,
      check: (each) => (busy.has(each) ? inLine : byCall),
      entered: () => new Uint8Array(0),
      sure,
    };
  });
  return { wasm: guarded.wasm, hook };
}

/**
 * The module with looks of any kind.
 *
 * @param {Uint8Array} wasm
 * @param {(imported: Imported[], types: Signature[], calls: Calls) => Way} choose
 */
export function rewrite(wasm, choose) {
  const sections = readSections(wasm).map(({ id, body }) => ({ id, body }));
  const section = (/** @type {number} */ id) => {
    const found = sections.find((candidate) => candidate.id === id);
    if (!found) throw new Error(`no section ${id} in the module`);
    return found;
  };
  const types = readTypes(section(SECTION.type).body);
  const imported = readFunctionImports(section(SECTION.import).body);
  const declared = readNumbers(section(SECTION.function).body);
  const first = imported.length + declared.length;
  const calls = { check: first, both: first + 1, range: first + 2, copy: first + 3, fill: first + 4 };
  const { look, check, entered, sure } = choose(imported, types, calls);
  const signatures = [...imported.map(({ type }) => type), ...declared].map((type) => types[type]);
  const stackPointer = readExport(section(SECTION.export).body, "__stack_pointer");
  const module = { stackPointer, types, called: (/** @type {number} */ index) => signatures[index] };
  const added = addedBodies(look, calls);
  section(SECTION.function).body = numbers([...declared, ...added.map(({ type }) => typeAt(types, ...type))]);
  section(SECTION.export).body = withExport(section(SECTION.export).body, "touch", calls.range);
  const code = section(SECTION.code);
  const cursor = new Cursor(code.body);
  const out = new Bytes(code.body.length * 2).unsigned(cursor.unsigned() + added.length);
  const looks = new Uint32Array(declared.length);
  declared.forEach((type, index) => {
    const length = cursor.unsigned();
    const body = code.body.subarray(cursor.at, cursor.at + length);
    const counted = countLooks(check(index), () => {
      looks[index] += 1;
    });
    const means = { calls, check: counted, sure, module, prologue: entered(index) };
    const watched = watchFunction(body, types[type], means);
    out.unsigned(watched.length).append(watched);
    cursor.skip(length);
  });
  for (const { body } of added) out.unsigned(body.length).append(body);
  code.body = out.done();
  return { wasm: writeSections(sections), looks };
}

/** @param {Check} check @param {() => void} count @returns {Check} */
function countLooks(check, count) {
  return {
    ...check,
    own: (...all) => {
      count();
      check.own(...all);
    },
    around: (...all) => {
      count();
      check.around(...all);
    },
  };
}
