// @ts-check
// A WebAssembly module's lists: types, imported functions, exports.
import { Bytes, Cursor } from "./wasm.mjs";

/**
 * @typedef {import("./known.mjs").Signature} Signature
 * @typedef {{from: string, name: string, type: number}} Imported
 */

/** @param {Uint8Array} body @param {string} wanted */
export function readExport(body, wanted) {
  const cursor = new Cursor(body);
  for (let left = cursor.unsigned(); left > 0; left--) {
    const name = cursor.name();
    cursor.skip(1);
    const index = cursor.unsigned();
    if (name === wanted) return index;
  }
  throw new Error(`the module does not export ${wanted}`);
}

/** @param {Uint8Array} body @returns {Signature[]} */
export function readTypes(body) {
  const cursor = new Cursor(body);
  return Array.from({ length: cursor.unsigned() }, () => {
    if (cursor.byte() !== 0x60) throw new Error("a type that is no function");
    const list = () => Array.from({ length: cursor.unsigned() }, () => cursor.byte());
    return { parameters: list(), results: list() };
  });
}

/** @param {Signature[]} types @param {number[]} parameters @param {number[]} results */
export function typeAt(types, parameters, results) {
  const wanted = `${parameters}>${results}`;
  const found = types.findIndex((type) => `${type.parameters}>${type.results}` === wanted);
  if (found < 0) throw new Error(`no function type ${wanted}`);
  return found;
}

/** @param {Uint8Array} body @returns {Imported[]} */
export function readFunctionImports(body) {
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
export function readNumbers(body) {
  const cursor = new Cursor(body);
  return Array.from({ length: cursor.unsigned() }, () => cursor.unsigned());
}

/** @param {number[]} values */
export function numbers(values) {
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
export function withExport(body, name, index) {
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
