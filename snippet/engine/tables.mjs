// @ts-check
// Leaves a module with its one table of functions. The others hold references to JavaScript, which a decision
// has none of; whatever would use them ends the engine. Binaryen's wasm-split knows one table only.
import { skipImmediates } from "./instructions.mjs";
import { Bytes, Cursor, readSections, SECTION, writeSections } from "./wasm.mjs";

const TABLE_SECTION = 4;
/** No local variables, unreachable, end. */
const REFUSING = [0, 0x00, 0x0b];

/** @param {Uint8Array} wasm */
export function keepFunctionTable(wasm) {
  const sections = readSections(wasm).map(({ id, body }) => {
    if (id === TABLE_SECTION) return { id, body: firstTable(body) };
    if (id === SECTION.code) return { id, body: refuseOtherTables(body) };
    return { id, body };
  });
  return writeSections(sections);
}

/** @param {Uint8Array} body */
function firstTable(body) {
  const cursor = new Cursor(body);
  cursor.unsigned();
  const from = cursor.at;
  if (cursor.byte() !== 0x70) throw new Error("the first table does not hold functions");
  const limited = cursor.byte();
  cursor.skipNumber();
  if (limited & 1) cursor.skipNumber();
  return new Bytes().unsigned(1).append(body.subarray(from, cursor.at)).done();
}

/** @param {Uint8Array} body */
function refuseOtherTables(body) {
  const cursor = new Cursor(body);
  const count = cursor.unsigned();
  const out = new Bytes(body.length).unsigned(count);
  for (let index = 0; index < count; index++) {
    const length = cursor.unsigned();
    const made = body.subarray(cursor.at, cursor.at + length);
    const kept = usesOtherTable(made) ? REFUSING : made;
    out.unsigned(kept.length).append(kept);
    cursor.skip(length);
  }
  return out.done();
}

/** @param {Uint8Array} body of a function */
function usesOtherTable(body) {
  const cursor = new Cursor(body);
  for (let groups = cursor.unsigned(); groups > 0; groups--) {
    cursor.skipNumber();
    const type = cursor.byte();
    if (type === 0x63 || type === 0x64) cursor.skipNumber();
  }
  while (cursor.at < body.length) {
    const operation = cursor.byte();
    const ahead = new Cursor(body, cursor.at);
    if (operation === 0x11) ahead.skipNumber();
    if ([0x11, 0x25, 0x26].includes(operation) && ahead.unsigned() !== 0) return true;
    if (operation === 0xfc && ahead.unsigned() >= 12 && ahead.unsigned() !== 0) return true;
    skipImmediates(cursor, operation);
  }
  return false;
}
