// @ts-check
// Makes WebAssembly look before it touches memory: to record what decisions touch, and then to hold back the rest.
import { Bytes, Cursor, readSections, SECTION, writeSections } from "./wasm.mjs";
import { addedBodies, asking, checkByCall, checkInLine, counting, marking, watchFunction } from "./watching.mjs";

/**
 * @typedef {{look: (code: Bytes) => Bytes, check: (index: number) => Check, entered: (index: number) => Uint8Array}} Way
 * @typedef {import("./watching.mjs").Signature} Signature
 * @typedef {import("./watching.mjs").Check} Check
 * @typedef {{from: string, name: string, type: number}} Imported
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
  return rewrite(wasm, () => ({ look, check: () => check, entered: (index) => counting(marks.functions + 4 * index) }));
}

/**
 * The guarded module, and the import it calls when it touches a marked piece.
 *
 * @param {Uint8Array} wasm
 * @param {number} bitmap address of the marks
 * @param {Set<number>} busy functions, by their place in the code, that look in line
 * @returns {{wasm: Uint8Array, hook: string}}
 */
export function guardMemory(wasm, bitmap, busy) {
  let hook = "";
  const guarded = rewrite(wasm, (imported, types, first) => {
    const quiet = typeAt(types, [], []);
    const index = imported.findIndex(({ from, type }) => from !== "placeholder" && type === quiet);
    if (index < 0) throw new Error("no import of type () -> () can serve as the hook");
    hook = imported[index].name;
    const look = asking(bitmap, index);
    const [inLine, byCall] = [checkInLine(look), checkByCall(first)];
    return { look, check: (each) => (busy.has(each) ? inLine : byCall), entered: () => new Uint8Array(0) };
  });
  return { wasm: guarded.wasm, hook };
}

/**
 * @param {Uint8Array} wasm
 * @param {(imported: Imported[], types: Signature[], first: number) => Way} choose by the index of the first function that is added
 */
function rewrite(wasm, choose) {
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
  const calls = { range: first + 1, copy: first + 2, fill: first + 3 };
  const { look, check, entered } = choose(imported, types, first);
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
    const checked = check(index);
    /** @type {Check} */
    const counted = (code, offset, spare) => {
      looks[index] += 1;
      checked(code, offset, spare);
    };
    const watched = watchFunction(body, types[type], calls, counted, entered(index));
    out.unsigned(watched.length).append(watched);
    cursor.skip(length);
  });
  for (const { body } of added) out.unsigned(body.length).append(body);
  code.body = out.done();
  return { wasm: writeSections(sections), looks };
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

/** @param {Uint8Array} body @returns {Imported[]} */
function readFunctionImports(body) {
  const cursor = new Cursor(body);
  /** @type {Imported[]} */
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
 * The same module with names for its functions, so that Binaryen of any version can be told of them.
 *
 * @param {Uint8Array} wasm
 * @param {(index: number) => string} name
 */
export function nameFunctions(wasm, name) {
  const sections = readSections(wasm).filter(({ id }) => id !== 0);
  const body = (/** @type {number} */ id) => sections.find((section) => section.id === id)?.body ?? new Uint8Array([0]);
  const imported = readFunctionImports(body(SECTION.import)).length;
  const count = new Cursor(body(SECTION.function)).unsigned();
  const map = new Bytes().unsigned(count);
  for (let index = 0; index < count; index++) map.unsigned(imported + index).name(name(index));
  const names = new Bytes().name("name").push(1).unsigned(map.length).append(map.done());
  return writeSections([...sections, { id: 0, body: names.done() }]);
}
