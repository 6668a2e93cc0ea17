// @ts-check
// Makes WebAssembly look before it touches memory: to record what decisions touch, and then to go without the rest.
import { numbers, readExport, readFunctionImports, readNumbers, readTypes, typeAt, withExport } from "./lists.mjs";
import { addedBodies, asking, checking, marking, noting } from "./looks.mjs";
import { Bytes, Cursor, readSections, SECTION, writeSections } from "./wasm.mjs";
import { watchFunction } from "./watching.mjs";

/**
 * @typedef {object} Way
 * @property {import("./looks.mjs").Look} look
 * @property {import("./looks.mjs").Check} [check] by default that of `look`
 * @property {(address: number) => boolean} [sure] whether an address is known to be there
 * @property {(index: number) => Uint8Array} [entered] code at the beginning of a function
 */

/**
 * A module for training: it sets the mark of every piece of memory that it touches, and of every function that it
 * enters.
 *
 * @param {Uint8Array} wasm
 * @param {{pieces: number, functions: number, mostFunctions: number}} marks addresses of one byte for each
 */
export function recordUse(wasm, { pieces, functions, mostFunctions }) {
  const entered = (/** @type {number} */ index) => {
    if (index >= mostFunctions) throw new Error(`more than ${mostFunctions} functions`);
    return noting(functions + index);
  };
  return rewrite(wasm, { look: marking(pieces), entered });
}

/**
 * The module that ships: it traps where it touches a marked piece.
 *
 * @param {Uint8Array} wasm
 * @param {number} bitmap address of the marks
 * @param {(address: number) => boolean} sure whether an address is in a piece that is there
 */
export function guardMemory(wasm, bitmap, sure) {
  return rewrite(wasm, { look: asking(bitmap), sure });
}

/**
 * The module with looks of any kind.
 *
 * @param {Uint8Array} wasm
 * @param {Way} way
 */
export function rewrite(wasm, { look, check = checking(look), sure = () => false, entered = () => new Uint8Array(0) }) {
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
  const calls = { range: first, copy: first + 1, fill: first + 2 };
  const signatures = [...imported.map(({ type }) => type), ...declared].map((type) => types[type]);
  const stackPointer = readExport(section(SECTION.export).body, "__stack_pointer");
  const module = { stackPointer, types, called: (/** @type {number} */ index) => signatures[index] };
  const added = addedBodies(look, calls);
  section(SECTION.function).body = numbers([...declared, ...added.map(({ type }) => typeAt(types, ...type))]);
  section(SECTION.export).body = withExport(section(SECTION.export).body, "touch", calls.range);
  const code = section(SECTION.code);
  const cursor = new Cursor(code.body);
  const out = new Bytes(code.body.length * 2).unsigned(cursor.unsigned() + added.length);
  declared.forEach((type, index) => {
    const length = cursor.unsigned();
    const body = code.body.subarray(cursor.at, cursor.at + length);
    const watched = watchFunction(body, types[type], { calls, check, sure, module, prologue: entered(index) });
    out.unsigned(watched.length).append(watched);
    cursor.skip(length);
  });
  for (const { body } of added) out.unsigned(body.length).append(body);
  code.body = out.done();
  return writeSections(sections);
}
