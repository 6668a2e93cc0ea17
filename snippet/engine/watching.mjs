// @ts-check
// One function's code with a look at memory before each load and store, in the two ways that a build needs:
// a training module marks what it touches, the shipped one asks whether what it touches is there.
import { readMemoryArgument, STORED, skipImmediates, WIDTHS } from "./instructions.mjs";
import { Bytes, Cursor } from "./wasm.mjs";

/** Bytes in a piece, as a power of two. */
export const PIECE_BITS = 8;

const I32 = 0x7f;
const VOID = 0x40;

/**
 * @typedef {{parameters: number[], results: number[]}} Signature
 * @typedef {{range: number, copy: number, fill: number}} Calls indices of the functions of addedBodies
 * @typedef {(code: Bytes, offset: number, spare: (use: string, type: number) => number) => void} Check
 *   looks at the address on the stack plus an offset, and leaves the address there
 */

/**
 * @param {Uint8Array} body local variables, then instructions
 * @param {Signature} signature
 * @param {Calls} calls
 * @param {Check} check
 * @param {Uint8Array} prologue
 */
export function watchFunction(body, signature, calls, check, prologue) {
  const cursor = new Cursor(body);
  const groups = Array.from({ length: cursor.unsigned() }, () => ({
    count: cursor.unsigned(),
    type: readType(cursor),
  }));
  const firstSpare = signature.parameters.length + groups.reduce((sum, { count }) => sum + count, 0);
  /** @type {Map<string, {index: number, type: number}>} local variables of our own */
  const spares = new Map();
  const spare = (/** @type {string} */ use, /** @type {number} */ type) => {
    const found = spares.get(use + type) ?? { index: firstSpare + spares.size, type };
    spares.set(use + type, found);
    return found.index;
  };
  const code = new Bytes(body.length * 2).append(prologue);
  while (cursor.at < body.length) watchInstruction(cursor, code, calls, check, spare);
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
 * @param {Check} check
 * @param {(use: string, type: number) => number} spare
 */
function watchInstruction(cursor, code, calls, check, spare) {
  const from = cursor.at;
  const operation = cursor.byte();
  if (operation >= 0x28 && operation <= 0x3e) {
    const { align, offset } = readMemoryArgument(cursor);
    const width = WIDTHS[operation - 0x28];
    const stored = operation >= 0x36 ? spare("value", STORED[operation - 0x36]) : null;
    if (stored !== null) code.push(0x21).unsigned(stored);
    check(code, offset, spare);
    if (1 << align < width) check(code, offset + width - 1, spare);
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
 * Looks by a call of check(address, offset): little code to compile, for what seldom runs.
 *
 * @param {number} index of that function
 * @returns {Check}
 */
export function checkByCall(index) {
  return (code, offset) => code.push(0x41).signed(offset).push(0x10).unsigned(index);
}

/**
 * Looks in line: quicker, for what runs all the time.
 *
 * @param {(code: Bytes) => Bytes} look
 * @returns {Check}
 */
export function checkInLine(look) {
  return (code, offset, spare) => {
    const address = spare("address", I32);
    code.push(0x22).unsigned(address);
    if (offset !== 0) code.push(0x41).signed(offset).push(0x6a);
    look(code).push(0x20).unsigned(address);
  };
}

/** Code that adds one to the number at an address. @param {number} at */
export function counting(at) {
  return new Bytes(24).push(0x41, 0, 0x41, 0, 0x28, 2).unsigned(at).push(0x41, 1, 0x6a, 0x36, 2).unsigned(at).done();
}

/** Code that takes an address from the stack and sets the mark of its piece. @param {number} bitmap */
export function marking(bitmap) {
  return (/** @type {Bytes} */ code) => code.push(0x41, PIECE_BITS, 0x76, 0x41, 1, 0x3a, 0).unsigned(bitmap);
}

/** Code that takes an address from the stack and calls the hook where the mark is set. @param {number} bitmap @param {number} hook */
export function asking(bitmap, hook) {
  return (/** @type {Bytes} */ code) =>
    code.push(0x41, PIECE_BITS, 0x76, 0x2d, 0).unsigned(bitmap).push(0x04, VOID, 0x10).unsigned(hook).push(0x0b);
}

/**
 * check(address, offset) gives the address back, range(address, length) looks at every piece, and two
 * more stand in for memory.copy and memory.fill.
 *
 * @param {(code: Bytes) => Bytes} look
 * @param {Calls} calls
 * @returns {{body: Uint8Array, type: [number[], number[]]}[]}
 */
export function addedBodies(look, calls) {
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
