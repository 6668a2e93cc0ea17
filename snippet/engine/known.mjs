// @ts-check
// What is known of a function's addresses before it runs: which loads and stores go through the same unchanged
// variable, and which go to the function's own place on the stack. Memory that is there stays there, so one look at a
// variable's surroundings serves every later access through it.
import { readMemoryArgument, skipImmediates, stackEffect, WIDTHS } from "./instructions.mjs";
import { CLOSING, copy, OPENING, SET, TEE, variablesSet, without } from "./variables.mjs";
import { Cursor } from "./wasm.mjs";

/** A look reaches at most so far: it asks for the pieces of its first and its last byte, which may not have one between. */
const REACH = 256;

const [LOOP, ELSE, CATCH, CATCH_ALL] = [3, 5, 7, 0x19];
const [CALL, CALL_INDIRECT] = [0x10, 0x11];
const [GET, GLOBAL_GET, CONST, ADD, SUB] = [0x20, 0x23, 0x41, 0x6a, 0x6b];

/**
 * @typedef {{local: number, low: number, high: number, aligned: boolean}} Surroundings
 *   bytes `low` … `high - 1` from a variable's value; `aligned` when they are in one piece
 * @typedef {Surroundings | "stack" | {first: number, last: number} | "unknown"} Access what a load or store touches:
 *   surroundings, looked at where they come first; the stack; bytes at fixed addresses; or anything
 * @typedef {import("./variables.mjs").Value} Value
 * @typedef {import("./variables.mjs").Variables} Variables
 * @typedef {{operation: number, before: Variables, set: Set<number>}} Construct
 * @typedef {{parameters: number[], results: number[]}} Signature
 * @typedef {{stackPointer: number, called: (index: number) => Signature, types: Signature[]}} Module what a function
 *   is surrounded by: which global variable points to the stack, and what other functions take and give
 */

/**
 * What each load and store of a function needs, in the order of the code.
 *
 * @param {Uint8Array} body
 * @param {number} from where the instructions begin
 * @param {Module} module
 * @returns {Access[]}
 */
export function planLooks(body, from, module) {
  return new Walk(body, from, module).accesses();
}

class Walk {
  /** @param {Uint8Array} body @param {number} from @param {Module} module */
  constructor(body, from, module) {
    this.cursor = new Cursor(body, from);
    this.module = module;
    this.sets = variablesSet(body, from);
    /** @type {Variables} */
    this.variables = new Map();
    /** @type {({value?: Value, local?: number, constant?: number})[]} what is on top of the stack, as far as known */
    this.operands = [];
    /** @type {Construct[]} */
    this.open = [];
    /** @type {Access[]} */
    this.found = [];
  }

  accesses() {
    while (this.cursor.at < this.cursor.body.length) this.step();
    return this.found;
  }

  step() {
    const operation = this.cursor.byte();
    const ahead = new Cursor(this.cursor.body, this.cursor.at);
    if (operation >= 0x28 && operation <= 0x3e) this.access(operation, readMemoryArgument(ahead));
    else if (operation === GET) this.get(ahead.unsigned());
    else if (operation === SET || operation === TEE) this.set(ahead.unsigned(), operation === TEE);
    else if (operation === GLOBAL_GET)
      this.operands.push(ahead.unsigned() === this.module.stackPointer ? { value: { stack: true, seen: [] } } : {});
    else if (operation === CONST) this.operands.push({ constant: ahead.signed() >>> 0 });
    else if (operation === ADD || operation === SUB) this.move(operation);
    else if (operation === CALL) this.call(this.module.called(ahead.unsigned()), 0);
    else if (operation === CALL_INDIRECT) this.call(this.module.types[ahead.unsigned()], 1);
    else this.other(operation);
    skipImmediates(this.cursor, operation);
  }

  pop() {
    return this.operands.pop() ?? {};
  }

  /** @param {number} operation @param {{align: number, offset: number}} argument */
  access(operation, { align, offset }) {
    const stores = operation >= 0x36;
    if (stores) this.pop();
    const { local, value, constant } = this.pop();
    if (!stores) this.operands.push({});
    const width = WIDTHS[operation - 0x28];
    const unchanged = local !== undefined && value !== undefined && this.variables.get(local) === value;
    if (constant !== undefined) this.found.push({ first: constant + offset, last: constant + offset + width - 1 });
    else if (value?.stack) this.found.push("stack");
    else if (!unchanged) this.found.push("unknown");
    else this.found.push(this.surroundings(local, value, offset, width, 1 << align >= width));
  }

  /** @param {number} local @param {Value} value @param {number} offset @param {number} width @param {boolean} aligned */
  surroundings(local, value, offset, width, aligned) {
    for (const around of value.seen) {
      const low = Math.min(around.low, offset);
      const high = Math.max(around.high, offset + width);
      if (high - low > REACH) continue;
      if (low < around.low || high > around.high) Object.assign(around, { low, high, aligned: false });
      return around;
    }
    const around = { local, low: offset, high: offset + width, aligned };
    value.seen.push(around);
    return around;
  }

  /** @param {number} local */
  get(local) {
    if (!this.variables.has(local)) this.variables.set(local, { stack: false, seen: [] });
    this.operands.push({ local, value: this.variables.get(local) });
  }

  /** @param {number} local @param {boolean} stays on the stack */
  set(local, stays) {
    const value = this.pop().value ?? { stack: false, seen: [] };
    this.variables.set(local, value);
    if (stays) this.operands.push({ local, value });
  }

  /** A place on the stack plus or minus a constant is one too. @param {number} operation */
  move(operation) {
    const [second, first] = [this.pop(), this.pop()];
    const from = operation === ADD && second.constant === undefined ? [second, first] : [first, second];
    const stays = from[0].value?.stack && from[1].constant !== undefined;
    this.operands.push(stays ? { value: { stack: true, seen: [] } } : {});
  }

  /** @param {Signature} signature @param {number} more operands */
  call({ parameters, results }, more) {
    for (let left = parameters.length + more; left > 0; left--) this.pop();
    for (const _ of results) this.operands.push({});
  }

  /** @param {number} operation */
  other(operation) {
    const effect = stackEffect(operation);
    if (effect) {
      for (let left = effect.taken; left > 0; left--) this.pop();
      for (let left = effect.given; left > 0; left--) this.operands.push({});
      return;
    }
    this.operands = [];
    if (OPENING.has(operation)) this.begin(operation);
    else if ([ELSE, CATCH, CATCH_ALL].includes(operation)) this.goOn(operation === ELSE);
    else if (CLOSING.has(operation)) this.end();
  }

  /** @param {number} operation */
  begin(operation) {
    const set = /** @type {Set<number>} */ (this.sets.shift());
    // Whatever comes round again may have changed what it sets.
    if (operation === LOOP) this.variables = without(this.variables, set);
    this.open.push({ operation, before: copy(this.variables), set });
  }

  /** The other way through a construct, which knows what was known before. @param {boolean} nothingSet */
  goOn(nothingSet) {
    const { before, set } = /** @type {Construct} */ (this.open.at(-1));
    this.variables = nothingSet ? copy(before) : without(before, set);
  }

  end() {
    const ended = this.open.pop();
    // After a loop comes only who fell out of it; after the others, who jumped there from anywhere inside.
    if (ended && ended.operation !== LOOP) this.variables = without(ended.before, ended.set);
  }
}
