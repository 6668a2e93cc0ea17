// @ts-check
// Code that looks at memory, in the two ways that a build needs: a training module marks the pieces that it touches,
// the shipped one asks whether what it touches is there.
import { Bytes } from "./wasm.mjs";

/** Bytes in a piece, as a power of two. */
export const PIECE_BITS = 8;

const I32 = 0x7f;
const VOID = 0x40;

/**
 * @typedef {import("./known.mjs").Surroundings} Surroundings
 * @typedef {import("./watching.mjs").Operation} Operation
 * @typedef {import("./watching.mjs").Spare} Spare
 * @typedef {{check: number, both: number, range: number, copy: number, fill: number}} Calls indices of the functions
 *   of addedBodies
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
 * Looks by a call: little code to compile, for what seldom runs.
 *
 * @param {Calls} calls
 * @returns {Check}
 */
export function checkByCall(calls) {
  return {
    own: (code, offset) => code.push(0x41).signed(offset).push(0x10).unsigned(calls.check),
    around: (code, { local, low, high }) =>
      code
        .push(0x20)
        .unsigned(local)
        .push(0x41)
        .signed(low)
        .push(0x41)
        .signed(high - 1)
        .push(0x10)
        .unsigned(calls.both),
  };
}

/**
 * Looks in line: quicker, for what runs all the time.
 *
 * @param {Look} look
 * @returns {Check}
 */
export function checkInLine(look) {
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

/** Code that adds one to the number at an address. @param {number} at */
export function counting(at) {
  return new Bytes(24).push(0x41, 0, 0x41, 0, 0x28, 2).unsigned(at).push(0x41, 1, 0x6a, 0x36, 2).unsigned(at).done();
}

/** Sets the marks of pieces. @param {number} bitmap @returns {Look} */
export function marking(bitmap) {
  const one = (/** @type {Bytes} */ code) => code.push(0x41, PIECE_BITS, 0x76, 0x41, 1, 0x3a, 0).unsigned(bitmap);
  return { one, two: (code, first, last) => one(last(one(first(code)))) };
}

/** Calls the hook where a mark is set. @param {number} bitmap @param {number} hook @returns {Look} */
export function asking(bitmap, hook) {
  const mark = (/** @type {Bytes} */ code) => code.push(0x41, PIECE_BITS, 0x76, 0x2d, 0).unsigned(bitmap);
  const call = (/** @type {Bytes} */ code) => code.push(0x04, VOID, 0x10).unsigned(hook).push(0x0b);
  return {
    one: (code) => call(mark(code)),
    two: (code, first, last) => call(mark(last(mark(first(code)))).push(0x72)),
  };
}

/**
 * check(address, offset) gives the address back, both(address, offset, offset) looks at two bytes' pieces,
 * range(address, length) at every piece, and two more stand in for memory.copy and memory.fill.
 *
 * @param {Look} look
 * @param {Calls} calls
 * @returns {{body: Uint8Array, type: [number[], number[]]}[]}
 */
export function addedBodies(look, calls) {
  const check = look.one(new Bytes().push(0, 0x20, 0, 0x20, 1, 0x6a)).push(0x20, 0, 0x0b);
  const plus = (/** @type {number} */ offset) => (/** @type {Bytes} */ code) => code.push(0x20, 0, 0x20, offset, 0x6a);
  const both = look.two(new Bytes().push(0), plus(1), plus(2)).push(0x0b);
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
    { body: check.done(), type: [[I32, I32], [I32]] },
    { body: both.done(), type: [[I32, I32, I32], []] },
    { body: range.done(), type: [[I32, I32], []] },
    { body: copy.done(), type: [[I32, I32, I32], []] },
    { body: fill.done(), type: [[I32, I32, I32], []] },
  ];
}
