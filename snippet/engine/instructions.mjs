// @ts-check
// Steps over the immediates of one WebAssembly instruction. An unknown one stops the build: nothing is guessed.

/** @typedef {import("./wasm.mjs").Cursor} Cursor */

/** What follows the operation's byte, as letters: n a number, b a byte, 4/8/S fixed bytes, m a memory argument. */
const AFTER = new Map([
  ...each([0x00, 0x01, 0x05, 0x0a, 0x0b, 0x0f, 0x19, 0x1a, 0x1b, 0xd1, 0xd3, 0xd4], ""),
  ...each([0x02, 0x03, 0x04, 0x06, 0x07, 0x08, 0x09, 0x0c, 0x0d, 0x10, 0x12, 0x14, 0x15, 0x18], "n"),
  ...each([0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x41, 0x42, 0xd0, 0xd2, 0xd5, 0xd6], "n"),
  ...each([0x11, 0x13], "nn"),
  ...each([0x3f, 0x40], "b"),
  ...each([0x43], "4"),
  ...each([0x44], "8"),
  ...each(range(0x28, 0x3e), "m"),
  ...each(range(0x45, 0xc4), ""),
]);

/** After 0xfc: saturating conversions, memory and table operations. */
const AFTER_FC = ["", "", "", "", "", "", "", "", "nb", "n", "bb", "b", "nn", "n", "nn", "n", "n", "n"];

/** @param {number[]} operations @param {string} letters @returns {[number, string][]} */
function each(operations, letters) {
  return operations.map((operation) => [operation, letters]);
}

/** @param {number} first @param {number} last */
function range(first, last) {
  return Array.from({ length: last - first + 1 }, (_, step) => first + step);
}

/**
 * Moves past one instruction, whose first byte was just read.
 *
 * @param {Cursor} cursor
 * @param {number} operation
 */
export function skipImmediates(cursor, operation) {
  if (operation === 0x0e) {
    for (let left = cursor.unsigned() + 1; left > 0; left--) cursor.skipNumber();
  } else if (operation === 0x1c) {
    cursor.skip(cursor.unsigned());
  } else if (operation === 0x1f) {
    cursor.skipNumber();
    for (let left = cursor.unsigned(); left > 0; left--) {
      if (cursor.byte() < 2) cursor.skipNumber();
      cursor.skipNumber();
    }
  } else {
    skipLetters(cursor, lettersOf(cursor, operation));
  }
}

/** @param {Cursor} cursor @param {number} operation */
function lettersOf(cursor, operation) {
  const letters = operation === 0xfc ? AFTER_FC[cursor.unsigned()] : AFTER.get(operation);
  if (letters === undefined) throw new Error(`unknown WebAssembly operation 0x${operation.toString(16)}`);
  return letters;
}

/** @param {Cursor} cursor @param {string} letters */
function skipLetters(cursor, letters) {
  for (const letter of letters) {
    if (letter === "n") cursor.skipNumber();
    else if (letter === "b") cursor.skip(1);
    else if (letter === "m") readMemoryArgument(cursor);
    else cursor.skip(Number(letter));
  }
}

/** @param {Cursor} cursor */
export function readMemoryArgument(cursor) {
  const align = cursor.unsigned();
  if (align >= 64) throw new Error("more than one memory");
  return { align, offset: cursor.unsigned() };
}

/** Bytes read or written by the operations 0x28 (i32.load) to 0x3e (i64.store32). */
export const WIDTHS = [4, 8, 4, 8, 1, 1, 2, 2, 1, 1, 2, 2, 4, 4, 4, 8, 4, 8, 1, 2, 1, 2, 4];

/** The type of what the operations 0x36 (i32.store) to 0x3e store: i32, i64, f32, f64. */
export const STORED = [0x7f, 0x7e, 0x7d, 0x7c, 0x7f, 0x7f, 0x7e, 0x7e, 0x7e];

/** How many operands the operations that neither jump nor call take and give. */
const EFFECTS = new Map([
  ...each([0x1a, 0x21, 0x24, 0x0d], "1 0"), // drop, local.set, global.set, br_if
  ...each([0x1b, 0x1c], "3 1"), // select
  ...each([0x20, 0x23, 0x3f, ...range(0x41, 0x44)], "0 1"), // local.get, global.get, memory.size, constants
  ...each([0x22, 0x40, ...range(0x28, 0x35)], "1 1"), // local.tee, memory.grow, loads
  ...each(range(0x36, 0x3e), "2 0"), // stores
  ...each(range(0x45, 0xc4), "2 1"), // comparisons and arithmetic, of two operands but for the next line's
  ...each([0x45, 0x50, ...range(0x67, 0x69), ...range(0x79, 0x7b), ...range(0x8b, 0x91), ...range(0x99, 0x9f)], "1 1"),
  ...each(range(0xa7, 0xc4), "1 1"), // conversions
]);

/**
 * @param {number} operation
 * @returns {{taken: number, given: number} | null} null where it depends on more than the operation's byte
 */
export function stackEffect(operation) {
  const effect = EFFECTS.get(operation);
  return effect ? { taken: Number(effect[0]), given: Number(effect[2]) } : null;
}
