// @ts-check
// Code that looks at memory, in the two ways that a build needs: a training module marks the pieces that it touches,
// the shipped one ends a decision that touches what is not there.
import { Bytes } from "./wasm.mjs";

/** Bytes in a piece, as a power of two. */
export const PIECE_BITS = 8;

const I32 = 0x7f;
const VOID = 0x40;

/**
 * @typedef {import("./known.mjs").Surroundings} Surroundings
 * @typedef {import("./watching.mjs").Operation} Operation
 * @typedef {import("./watching.mjs").Spare} Spare
 * @typedef {{range: number, copy: number, fill: number}} Calls indices of the functions of addedBodies
 * @typedef {(code: Bytes) => Bytes} Give code that leaves an address on the stack
 * @typedef {{one: (code: Bytes) => Bytes, two: (code: Bytes, first: Give, last: Give) => Bytes}} Look code for the
 *   pieces of an address on the stack, and of two addresses
 * @typedef {object} Check
 * @property {(code: Bytes, offset: number, spare: Spare) => void} own looks at the address on the stack plus an
 *   offset, and leaves the address there
 * @property {(code: Bytes, around: Surroundings, spare: Spare) => void} around looks at a variable's surroundings
 * @property {(code: Bytes, operation: Operation, around: Surroundings, spare: Spare) => void} [again] sees an access to
 *   surroundings that were looked at
 * @property {(code: Bytes, operation: Operation, spare: Spare) => void} [stack] sees one to the stack
 */

/**
 * The looks of either way, in line: a call would take longer, and hardly fewer bytes.
 *
 * @param {Look} look
 * @returns {Check}
 */
export function checking(look) {
  return {
    own: (code, offset, spare) => {
      const address = spare("address", I32);
      code.push(0x22).unsigned(address);
      if (offset !== 0) code.push(0x41).signed(offset).push(0x6a);
      look.one(code).push(0x20).unsigned(address);
    },
    around: (code, { local, low, high, aligned }) => {
      const at = (/** @type {number} */ offset) => (/** @type {Bytes} */ code) => from(code, local, offset);
      if (aligned) look.one(at(low)(code));
      else look.two(code, at(low), at(high - 1));
    },
  };
}

/** Code that gives a variable's value plus an offset. @param {Bytes} code @param {number} local @param {number} offset */
function from(code, local, offset) {
  code.push(0x20).unsigned(local);
  return offset === 0 ? code : code.push(0x41).signed(offset).push(0x6a);
}

/** Code that sets the mark of a function. @param {number} at */
export function noting(at) {
  return new Bytes(16).push(0x41, 0, 0x41, 1, 0x3a, 0).unsigned(at).done();
}

/** Sets the marks of pieces. @param {number} bitmap @returns {Look} */
export function marking(bitmap) {
  const one = (/** @type {Bytes} */ code) => code.push(0x41, PIECE_BITS, 0x76, 0x41, 1, 0x3a, 0).unsigned(bitmap);
  return { one, two: (code, first, last) => one(last(one(first(code)))) };
}

/**
 * Ends the decision where a mark is set: by a load from an address that no memory has. A branch would cost more.
 *
 * @param {number} bitmap
 * @returns {Look}
 */
export function asking(bitmap) {
  const mark = (/** @type {Bytes} */ code) => code.push(0x41, PIECE_BITS, 0x76, 0x2d, 0).unsigned(bitmap);
  const trap = (/** @type {Bytes} */ code) => code.push(0x41, 31, 0x74, 0x2d, 0, 0, 0x1a);
  return {
    one: (code) => trap(mark(code)),
    two: (code, first, last) => trap(mark(last(mark(first(code)))).push(0x72)),
  };
}

/**
 * range(address, length) looks at every piece, and two more stand in for memory.copy and memory.fill.
 *
 * @param {Look} look
 * @param {Calls} calls
 * @returns {{body: Uint8Array, type: [number[], number[]]}[]}
 */
export function addedBodies(look, calls) {
  const piece = 1 << PIECE_BITS;
  const range = new Bytes().push(1, 1, I32, 0x20, 1, 0x45, 0x04, VOID, 0x0f, 0x0b);
  range.push(0x20, 0, 0x20, 1, 0x6a, 0x41, 1, 0x6b, 0x21, 2);
  look.one(range.push(0x20, 2));
  range.push(0x03, VOID);
  look.one(range.push(0x20, 0));
  range.push(0x20, 0, 0x41).signed(piece).push(0x6a, 0x22, 0, 0x20, 2, 0x4d, 0x0d, 0, 0x0b, 0x0b);
  const over = (/** @type {Bytes} */ code, /** @type {number} */ at) =>
    code.push(0x20, at, 0x20, 2, 0x10).unsigned(calls.range);
  const all = [0x20, 0, 0x20, 1, 0x20, 2, 0xfc];
  const copy = over(over(new Bytes().push(0), 0), 1)
    .append(all)
    .push(10, 0, 0, 0x0b);
  const fill = over(new Bytes().push(0), 0).append(all).push(11, 0, 0x0b);
  return [
    { body: range.done(), type: [[I32, I32], []] },
    { body: copy.done(), type: [[I32, I32, I32], []] },
    { body: fill.done(), type: [[I32, I32, I32], []] },
  ];
}
