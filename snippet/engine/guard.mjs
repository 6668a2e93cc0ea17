// @ts-check
// Makes WebAssembly look before it touches memory: to record which pieces decisions touch, and then to
// hold back the others. Every load and store is led over a small function that knows the pieces' marks.
import { readMemoryArgument, skipImmediates, STORED, WIDTHS } from "./instructions.mjs";
import { Bytes, Cursor, readSections, SECTION, writeSections } from "./wasm.mjs";

/** Bytes in a piece, as a power of two. */
export const PIECE_BITS = 8;

const I32 = 0x7f;
const VOID = 0x40;

/**
 * @typedef {{bitmap: number, end: number, record: boolean}} Watch
 * @typedef {{parameters: number[], results: number[]}} Signature
 */

/**
 * The guarded module, and the import it calls when it touches a marked piece.
 *
 * @param {Uint8Array} wasm
 * @param {Watch} watch
 * @returns {{wasm: Uint8Array, hook: string | null}}
 */
export function guardMemory(wasm, watch) {
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
  const calls = { check: first, range: first + 1, copy: first + 2, fill: first + 3 };
  const quiet = typeAt(types, [], []);
  const hook = imported.findIndex(({ from, type }) => from !== "placeholder" && type === quiet);
  if (hook < 0) throw new Error("no import of type () -> () can serve as the hook");
  const added = addedBodies(watch, calls, hook);
  section(SECTION.function).body = numbers([...declared, ...added.map(({ type }) => typeAt(types, ...type))]);
  section(SECTION.export).body = withExport(section(SECTION.export).body, "touch", calls.range);
  section(SECTION.code).body = guardCode(section(SECTION.code).body, declared.map((type) => types[type]), calls, added);
  return { wasm: writeSections(sections), hook: watch.record ? null : imported[hook].name };
}

/** @param {Uint8Array} body @returns {Signature[]} */
function readTypes(body) {
  const cursor = new Cursor(body);
  return Array.from({ length: cursor.unsigned() }, () => {
    if (cursor.byte() !== 0x60) throw new Error("a type that is no function");
    const list = () => Array.from({ length: cursor.unsigned() }, () => cursor.byte());
    return { parameters: list(), results: list() };
  });
}

/** @param {Signature[]} types @param {number[]} parameters @param {number[]} results */
function typeAt(types, parameters, results) {
  const wanted = `${parameters}>${results}`;
  const found = types.findIndex((type) => `${type.parameters}>${type.results}` === wanted);
  if (found < 0) throw new Error(`no function type ${wanted}`);
  return found;
}

/** @param {Uint8Array} body */
function readFunctionImports(body) {
  const cursor = new Cursor(body);
  const functions = [];
  for (let left = cursor.unsigned(); left > 0; left--) {
    const from = cursor.name();
    const name = cursor.name();
    const kind = cursor.byte();
    if (kind === 0) functions.push({ from, name, type: cursor.unsigned() });
    else if (kind === 3) cursor.skip(2);
    else throw new Error(`an import of kind ${kind}`);
  }
  return functions;
}

/** @param {Uint8Array} body */
function readNumbers(body) {
  const cursor = new Cursor(body);
  return Array.from({ length: cursor.unsigned() }, () => cursor.unsigned());
}

/** @param {number[]} values */
function numbers(values) {
  const out = new Bytes().unsigned(values.length);
  for (const value of values) out.unsigned(value);
  return out.done();
}

/**
 * JavaScript writes into Python's memory too, and says so by this function.
 *
 * @param {Uint8Array} body
 * @param {string} name
 * @param {number} index
 */
function withExport(body, name, index) {
  const cursor = new Cursor(body);
  const count = cursor.unsigned();
  return new Bytes().unsigned(count + 1).append(body.subarray(cursor.at)).name(name).push(0).unsigned(index).done();
}

/**
 * @param {Uint8Array} body
 * @param {Signature[]} signatures
 * @param {Record<string, number>} calls
 * @param {{body: Uint8Array}[]} added
 */
function guardCode(body, signatures, calls, added) {
  const cursor = new Cursor(body);
  const count = cursor.unsigned();
  const out = new Bytes(body.length * 2).unsigned(count + added.length);
  for (let index = 0; index < count; index++) {
    const length = cursor.unsigned();
    const guarded = guardFunction(body.subarray(cursor.at, cursor.at + length), signatures[index], calls);
    out.unsigned(guarded.length).append(guarded);
    cursor.skip(length);
  }
  for (const { body: made } of added) out.unsigned(made.length).append(made);
  return out.done();
}

/**
 * @param {Uint8Array} body local variables, then instructions
 * @param {Signature} signature
 * @param {Record<string, number>} calls
 */
function guardFunction(body, signature, calls) {
  const cursor = new Cursor(body);
  const groups = Array.from({ length: cursor.unsigned() }, () => ({ count: cursor.unsigned(), type: readType(cursor) }));
  const firstSpare = signature.parameters.length + groups.reduce((sum, { count }) => sum + count, 0);
  /** @type {Map<number, number>} spare local variables by type */
  const spares = new Map();
  const spare = (/** @type {number} */ type) => {
    if (!spares.has(type)) spares.set(type, firstSpare + spares.size);
    return /** @type {number} */ (spares.get(type));
  };
  const code = new Bytes(body.length * 2);
  while (cursor.at < body.length) guardInstruction(cursor, code, calls, spare);
  const out = new Bytes(code.length + 64).unsigned(groups.length + spares.size);
  for (const { count, type } of groups) out.unsigned(count).append(type);
  for (const type of spares.keys()) out.push(1, type);
  return out.append(code.done()).done();
}

/** A value's type: one byte, or a reference with what it refers to. @param {Cursor} cursor */
function readType(cursor) {
  const from = cursor.at;
  const byte = cursor.byte();
  if (byte === 0x63 || byte === 0x64) cursor.skipNumber();
  return cursor.body.subarray(from, cursor.at);
}

/**
 * @param {Cursor} cursor
 * @param {Bytes} code
 * @param {Record<string, number>} calls
 * @param {(type: number) => number} spare
 */
function guardInstruction(cursor, code, calls, spare) {
  const from = cursor.at;
  const operation = cursor.byte();
  if (operation >= 0x28 && operation <= 0x3e) {
    const { align, offset } = readMemoryArgument(cursor);
    const check = (/** @type {number} */ at) => code.push(0x41).signed(at).push(0x10).unsigned(calls.check);
    const width = WIDTHS[operation - 0x28];
    const stored = operation >= 0x36 ? spare(STORED[operation - 0x36]) : null;
    if (stored !== null) code.push(0x21).unsigned(stored);
    check(offset);
    if (1 << align < width) check(offset + width - 1);
    if (stored !== null) code.push(0x20).unsigned(stored);
  } else if (operation === 0xfc && (cursor.body[cursor.at] === 10 || cursor.body[cursor.at] === 11)) {
    code.push(0x10).unsigned(cursor.body[cursor.at] === 10 ? calls.copy : calls.fill);
    return skipImmediates(cursor, operation);
  } else {
    if (operation === 0xfc && cursor.body[cursor.at] === 8) throw new Error("memory.init");
    skipImmediates(cursor, operation);
  }
  code.append(cursor.body.subarray(from, cursor.at));
}

/**
 * The functions that look at the marks: check(address, offset) gives the address back, range(address, length),
 * and the two that stand in for memory.copy and memory.fill.
 *
 * @param {Watch} watch
 * @param {Record<string, number>} calls
 * @param {number} hook
 */
function addedBodies({ bitmap, end, record }, calls, hook) {
  const pieces = Math.ceil(end / (1 << PIECE_BITS));
  /** Looks at the mark of the piece whose number is in a local variable. @param {Bytes} code @param {number} piece */
  const look = (code, piece) => {
    code.push(0x20, piece);
    if (record) return code.push(0x41, 1, 0x3a, 0).unsigned(bitmap);
    return code.push(0x2d, 0).unsigned(bitmap).push(0x04, VOID, 0x10).unsigned(hook).push(0x0b);
  };
  const known = (/** @type {Bytes} */ code, /** @type {number} */ piece) =>
    code.push(0x20, piece, 0x41).signed(pieces).push(0x49);
  const check = new Bytes().push(1, 1, I32);
  check.push(0x20, 0, 0x20, 1, 0x6a, 0x41, PIECE_BITS, 0x76, 0x21, 2);
  known(check, 2).push(0x04, VOID);
  look(check, 2).push(0x0b, 0x20, 0, 0x0b);
  const range = new Bytes().push(1, 1, I32, 0x20, 1, 0x45, 0x04, VOID, 0x0f, 0x0b);
  range.push(0x20, 0, 0x41, PIECE_BITS, 0x76, 0x21, 2, 0x03, VOID);
  known(range, 2).push(0x04, VOID);
  look(range, 2).push(0x0b, 0x20, 2, 0x41, 1, 0x6a, 0x22, 2);
  range.push(0x20, 0, 0x20, 1, 0x6a, 0x41, 1, 0x6b, 0x41, PIECE_BITS, 0x76, 0x4d, 0x0d, 0, 0x0b, 0x0b);
  const over = (/** @type {Bytes} */ code, /** @type {number} */ at) =>
    code.push(0x20, at, 0x20, 2, 0x10).unsigned(calls.range);
  const all = [0x20, 0, 0x20, 1, 0x20, 2, 0xfc];
  const copy = over(over(new Bytes().push(0), 0), 1).append(all).push(10, 0, 0, 0x0b);
  const fill = over(new Bytes().push(0), 0).append(all).push(11, 0, 0x0b);
  /** @type {[number[], number[]]} */
  const three = [[I32, I32, I32], []];
  return [
    { body: check.done(), type: /** @type {[number[], number[]]} */ ([[I32, I32], [I32]]) },
    { body: range.done(), type: /** @type {[number[], number[]]} */ ([[I32, I32], []]) },
    { body: copy.done(), type: three },
    { body: fill.done(), type: three },
  ];
}
