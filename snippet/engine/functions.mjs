// @ts-check
// Leaves functions out of a module: whatever calls one of them traps. The others keep their order.
import { skipImmediates } from "./instructions.mjs";
import { numbers, readFunctionImports, readNumbers } from "./lists.mjs";
import { Bytes, Cursor, readSections, SECTION, writeSections } from "./wasm.mjs";

/** No local variables, unreachable, end. */
const TRAPPING = new Uint8Array([0, 0x00, 0x0b]);
const [END, CALL, RETURN_CALL, REF_FUNC] = [0x0b, 0x10, 0x12, 0xd2];

/**
 * The module with some of its functions. One that traps, for each type, stands for the others.
 *
 * @param {Uint8Array} wasm
 * @param {number[]} kept indices among the module's own functions, ascending
 * @returns {Uint8Array}
 */
export function keepFunctions(wasm, kept) {
  const sections = new Map(readSections(wasm).map(({ id, body }) => [id, body]));
  const body = (/** @type {number} */ id) => sections.get(id) ?? new Uint8Array([0]);
  if (sections.has(SECTION.start)) throw new Error("a function that starts by itself");
  refuseReferences(body(SECTION.global));
  const imported = readFunctionImports(body(SECTION.import)).length;
  const types = readNumbers(body(SECTION.function));
  const places = new Map(kept.map((own, place) => [imported + own, imported + place]));
  /** @type {number[]} types of the functions that trap */
  const trapping = [];
  const renumber = (/** @type {number} */ index) => {
    if (index < imported) return index;
    const type = types[index - imported];
    const place = places.get(index);
    if (place !== undefined) return place;
    if (!trapping.includes(type)) trapping.push(type);
    return imported + kept.length + trapping.indexOf(type);
  };
  const bodies = readBodies(body(SECTION.code));
  const code = kept.map((own) => renumberCalls(bodies[own], renumber));
  sections.set(SECTION.export, renumberExports(body(SECTION.export), renumber));
  sections.set(SECTION.element, renumberTables(body(SECTION.element), renumber));
  sections.set(SECTION.function, numbers([...kept.map((own) => types[own]), ...trapping]));
  const all = [...code, ...trapping.map(() => TRAPPING)];
  const written = new Bytes(1 << 20).unsigned(all.length);
  for (const each of all) written.unsigned(each.length).append(each);
  sections.set(SECTION.code, written.done());
  return writeSections([...sections].filter(([id]) => id !== 0).map(([id, made]) => ({ id, body: made })));
}

/** @param {Uint8Array} section */
function readBodies(section) {
  const cursor = new Cursor(section);
  return Array.from({ length: cursor.unsigned() }, () => {
    const length = cursor.unsigned();
    cursor.skip(length);
    return section.subarray(cursor.at - length, cursor.at);
  });
}

/** @param {Uint8Array} body @param {(index: number) => number} renumber */
function renumberCalls(body, renumber) {
  const cursor = new Cursor(body);
  for (let groups = cursor.unsigned(); groups > 0; groups--) {
    cursor.skipNumber();
    const type = cursor.byte();
    if (type === 0x63 || type === 0x64) cursor.skipNumber();
  }
  const out = new Bytes(body.length + 64).append(body.subarray(0, cursor.at));
  while (cursor.at < body.length) {
    const from = cursor.at;
    const operation = cursor.byte();
    if (operation === CALL || operation === RETURN_CALL || operation === REF_FUNC) {
      out.push(operation).unsigned(renumber(cursor.unsigned()));
    } else {
      skipImmediates(cursor, operation);
      out.append(body.subarray(from, cursor.at));
    }
  }
  return out.done();
}

/** @param {Uint8Array} section @param {(index: number) => number} renumber */
function renumberExports(section, renumber) {
  const cursor = new Cursor(section);
  const count = cursor.unsigned();
  const out = new Bytes(section.length).unsigned(count);
  for (let left = count; left > 0; left--) {
    const name = cursor.name();
    const kind = cursor.byte();
    const index = cursor.unsigned();
    out
      .name(name)
      .push(kind)
      .unsigned(kind === 0 ? renumber(index) : index);
  }
  return out.done();
}

/** Lists of functions for tables, at constant places. @param {Uint8Array} section @param {(index: number) => number} renumber */
function renumberTables(section, renumber) {
  const cursor = new Cursor(section);
  const count = cursor.unsigned();
  const out = new Bytes(section.length).unsigned(count);
  for (let left = count; left > 0; left--) {
    const from = cursor.at;
    const flags = cursor.unsigned();
    if (flags > 3) throw new Error(`a list of functions of kind ${flags}`);
    if (flags === 2) cursor.skipNumber();
    if (flags !== 1 && flags !== 3) skipExpression(cursor);
    if (flags !== 0) cursor.skip(1);
    out.append(section.subarray(from, cursor.at));
    const listed = Array.from({ length: cursor.unsigned() }, () => renumber(cursor.unsigned()));
    out.append(numbers(listed));
  }
  return out.done();
}

/** Global variables do not refer to functions. @param {Uint8Array} section */
function refuseReferences(section) {
  const cursor = new Cursor(section);
  for (let left = cursor.unsigned(); left > 0; left--) {
    const type = cursor.byte();
    if (type === 0x63 || type === 0x64) cursor.skipNumber();
    cursor.skip(1);
    skipExpression(cursor);
  }
}

/** @param {Cursor} cursor */
function skipExpression(cursor) {
  for (;;) {
    const operation = cursor.byte();
    if (operation === END) return;
    if (operation === REF_FUNC) throw new Error("a constant that refers to a function");
    skipImmediates(cursor, operation);
  }
}
