// @ts-check
// What a function's variables hold, as far as it is known, and which of them a part of its code sets.
import { skipImmediates } from "./instructions.mjs";
import { Cursor } from "./wasm.mjs";

export const [SET, TEE] = [0x21, 0x22];
/** block, loop, if, try, try_table; and what ends them: end, delegate. */
export const OPENING = new Set([0x02, 0x03, 0x04, 0x06, 0x1f]);
export const CLOSING = new Set([0x0b, 0x18]);

/**
 * @typedef {{stack: boolean, seen: import("./known.mjs").Surroundings[]}} Value what a variable or an operand holds:
 *   an address in the function's own place on the stack, or one with surroundings that were looked at
 * @typedef {Map<number, Value>} Variables
 */

/** What is seen on one way is not seen on another, so each has its own. @param {Variables} variables */
export function copy(variables) {
  /** @type {Map<Value, Value>} */
  const copies = new Map();
  const own = (/** @type {Value} */ value) => {
    const made = copies.get(value) ?? { ...value, seen: [...value.seen] };
    copies.set(value, made);
    return made;
  };
  return new Map([...variables].map(([local, value]) => [local, own(value)]));
}

/** @param {Variables} variables @param {Set<number>} set */
export function without(variables, set) {
  return copy(new Map([...variables].filter(([local]) => !set.has(local))));
}

/**
 * The variables that each construct sets anywhere inside, in the order in which constructs begin.
 *
 * @param {Uint8Array} body
 * @param {number} from
 */
export function variablesSet(body, from) {
  const cursor = new Cursor(body, from);
  /** @type {Set<number>[]} */
  const all = [];
  /** @type {Set<number>[]} */
  const open = [];
  while (cursor.at < body.length) {
    const operation = cursor.byte();
    if (OPENING.has(operation)) {
      all.push(new Set());
      open.push(all[all.length - 1]);
    } else if (operation === SET || operation === TEE) {
      open.at(-1)?.add(new Cursor(body, cursor.at).unsigned());
    } else if (CLOSING.has(operation)) {
      for (const local of open.pop() ?? []) open.at(-1)?.add(local);
    }
    skipImmediates(cursor, operation);
  }
  return all;
}
