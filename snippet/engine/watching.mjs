// @ts-check
// One function's code with looks at memory before its loads and stores.
import { readMemoryArgument, STORED, skipImmediates, WIDTHS } from "./instructions.mjs";
import { planLooks } from "./known.mjs";
import { Bytes, Cursor } from "./wasm.mjs";

/**
 * @typedef {import("./known.mjs").Signature} Signature
 * @typedef {import("./looks.mjs").Calls} Calls
 * @typedef {import("./looks.mjs").Check} Check
 * @typedef {{code: number, align: number, offset: number}} Operation a load or a store
 * @typedef {(use: string, type: number) => number} Spare a local variable of our own
 * @typedef {object} Means
 * @property {Calls} calls
 * @property {Check} check
 * @property {(address: number) => boolean} sure whether an address is known to be there
 * @property {Uint8Array} prologue code that goes first
 * @property {import("./known.mjs").Module} module
 */

/**
 * @param {Uint8Array} body local variables, then instructions
 * @param {Signature} signature
 * @param {Means} means
 */
export function watchFunction(body, signature, { calls, check, prologue, sure, module }) {
  const cursor = new Cursor(body);
  const groups = Array.from({ length: cursor.unsigned() }, () => ({
    count: cursor.unsigned(),
    type: readType(cursor),
  }));
  const firstSpare = signature.parameters.length + groups.reduce((sum, { count }) => sum + count, 0);
  /** @type {Map<string, {index: number, type: number}>} */
  const spares = new Map();
  const spare = (/** @type {string} */ use, /** @type {number} */ type) => {
    const found = spares.get(use + type) ?? { index: firstSpare + spares.size, type };
    spares.set(use + type, found);
    return found.index;
  };
  const code = new Bytes(body.length * 2).append(prologue);
  const accesses = planLooks(body, cursor.at, module);
  const seen = new Set();
  let next = 0;
  const prepare = (/** @type {Operation} */ operation) => {
    const access = accesses[next++];
    if (access === "stack") return check.stack?.(code, operation, spare);
    if (access === "unknown") return lookAt(operation, code, check, spare);
    if ("first" in access && sure(access.first) && sure(access.last)) return;
    if ("first" in access) return lookAt(operation, code, check, spare);
    if (seen.has(access)) return check.again?.(code, operation, access, spare);
    seen.add(access);
    check.around(code, access, spare);
  };
  while (cursor.at < body.length) watchInstruction(cursor, code, calls, prepare);
  const out = new Bytes(code.length + 64).unsigned(groups.length + spares.size);
  for (const { count, type } of groups) out.unsigned(count).append(type);
  for (const { type } of spares.values()) out.push(1, type);
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
 * @param {Calls} calls
 * @param {(operation: Operation) => void} prepare
 */
function watchInstruction(cursor, code, calls, prepare) {
  const from = cursor.at;
  const operation = cursor.byte();
  if (operation >= 0x28 && operation <= 0x3e) {
    prepare({ code: operation, ...readMemoryArgument(cursor) });
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
 * Looks at what an operation is about to touch, by its operands on the stack.
 *
 * @param {Operation} operation
 * @param {Bytes} code
 * @param {Check} check
 * @param {Spare} spare
 */
function lookAt(operation, code, check, spare) {
  const { align, offset } = operation;
  const width = WIDTHS[operation.code - 0x28];
  withAddress(operation, code, spare, () => {
    check.own(code, offset, spare);
    if (1 << align < width) check.own(code, offset + width - 1, spare);
  });
}

/**
 * Code that runs with an operation's address on top of the stack, the value that it stores put aside meanwhile.
 *
 * @param {Operation} operation
 * @param {Bytes} code
 * @param {Spare} spare
 * @param {() => void} write
 */
export function withAddress({ code: operation }, code, spare, write) {
  const stored = operation >= 0x36 ? spare("value", STORED[operation - 0x36]) : null;
  if (stored !== null) code.push(0x21).unsigned(stored);
  write();
  if (stored !== null) code.push(0x20).unsigned(stored);
}
