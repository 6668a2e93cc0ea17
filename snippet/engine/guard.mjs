// @ts-check
// Makes WebAssembly look before it touches memory: to record which pieces decisions touch, and then to
// hold back the others. Every load and store is led over a small function that knows the pieces' marks.
import { readMemoryArgument, STORED, skipImmediates, WIDTHS } from "./instructions.mjs";
import { Bytes, Cursor, readSections, SECTION, writeSections } from "./wasm.mjs";

/** Bytes in a piece, as a power of two. */
export const PIECE_BITS = 8;

const I32 = 0x7f;
const VOID = 0x40;

/**
 * @typedef {{bitmap: number, record: boolean}} Watch the marks' address; set them, or look at them
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
  const look = looking(watch, hook);
  const added = addedBodies(look, calls);
  section(SECTION.function).body = numbers([...declared, ...added.map(({ type }) => typeAt(types, ...type))]);
  section(SECTION.export).body = withExport(section(SECTION.export).body, "touch", calls.range);
  section(SECTION.code).body = guardCode(
    section(SECTION.code).body,
    declared.map((type) => types[type]),
    calls,
    added,
  );
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
  return new Bytes()
    .unsigned(count + 1)
    .append(body.subarray(cursor.at))
    .name(name)
    .push(0)
    .unsigned(index)
    .done();
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
  const groups = Array.from({ length: cursor.unsigned() }, () => ({
    count: cursor.unsigned(),
    type: readType(cursor),
  }));
  const firstSpare = signature.parameters.length + groups.reduce((sum, { count }) => sum + count, 0);
  /** @type {Map<number, number>} local variables of our own, by type */
  const spares = new Map();
  const spare = (/** @type {number} */ type) => {
    const index = spares.get(type) ?? firstSpare + spares.size;
    spares.set(type, index);
    return index;
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
    const width = WIDTHS[operation - 0x28];
    const stored = operation >= 0x36 ? spare(STORED[operation - 0x36]) : null;
    if (stored !== null) code.push(0x21).unsigned(stored);
    const check = (/** @type {number} */ at) => code.push(0x41).signed(at).push(0x10).unsigned(calls.check);
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
 * Code that takes an address from the stack and looks at the mark of its piece: sets it, or calls the hook.
 *
 * @param {Watch} watch
 * @param {number} hook
 */
function looking({ bitmap, record }, hook) {
  return (/** @type {Bytes} */ code) => {
    code.push(0x41, PIECE_BITS, 0x76);
    if (record) code.push(0x41, 1, 0x3a, 0).unsigned(bitmap);
    else code.push(0x2d, 0).unsigned(bitmap).push(0x04, VOID, 0x10).unsigned(hook).push(0x0b);
    return code;
  };
}

/**
 * check(address, offset) gives the address back, range(address, length) looks at every piece, and two
 * more stand in for memory.copy and memory.fill. V8 makes the calls cheap; the same in line is much more
 * code to compile, which costs a visitor's first decision more than it gains later ones.
 *
 * @param {(code: Bytes) => Bytes} look
 * @param {Record<string, number>} calls
 * @returns {{body: Uint8Array, type: [number[], number[]]}[]}
 */
function addedBodies(look, calls) {
  const check = look(new Bytes().push(0, 0x20, 0, 0x20, 1, 0x6a)).push(0x20, 0, 0x0b);
  const piece = 1 << PIECE_BITS;
  const range = new Bytes().push(1, 1, I32, 0x20, 1, 0x45, 0x04, VOID, 0x0f, 0x0b);
  range.push(0x20, 0, 0x20, 1, 0x6a, 0x41, 1, 0x6b, 0x21, 2);
  look(range.push(0x20, 2));
  range.push(0x03, VOID);
  look(range.push(0x20, 0));
  range.push(0x20, 0, 0x41).signed(piece).push(0x6a, 0x22, 0, 0x20, 2, 0x4d, 0x0d, 0, 0x0b, 0x0b);
  const over = (/** @type {Bytes} */ code, /** @type {number} */ at) =>
    code.push(0x20, at, 0x20, 2, 0x10).unsigned(calls.range);
  const all = [0x20, 0, 0x20, 1, 0x20, 2, 0xfc];
  const copy = over(over(new Bytes().push(0), 0), 1)
    .append(all)
    .push(10, 0, 0, 0x0b);
  const fill = over(new Bytes().push(0), 0).append(all).push(11, 0, 0x0b);
  return [
    { body: check.done(), type: [[I32, I32], [I32]] },
    { body: range.done(), type: [[I32, I32], []] },
    { body: copy.done(), type: [[I32, I32, I32], []] },
    { body: fill.done(), type: [[I32, I32, I32], []] },
  ];
}
