// @ts-check
// Reads and writes WebAssembly binaries: sections, names of imports and exports, and a walk over instructions.

export const SECTION = {
  type: 1,
  import: 2,
  function: 3,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
};

/** Bytes that grow. */
export class Bytes {
  constructor(size = 1 << 16) {
    this.body = new Uint8Array(size);
    this.length = 0;
  }
  /** @param {number} more */
  #room(more) {
    if (this.length + more <= this.body.length) return;
    const wider = new Uint8Array(Math.max(this.body.length * 2, this.length + more));
    wider.set(this.body.subarray(0, this.length));
    this.body = wider;
  }
  /** @param {...number} bytes */
  push(...bytes) {
    return this.append(bytes);
  }
  /** @param {ArrayLike<number>} bytes */
  append(bytes) {
    this.#room(bytes.length);
    this.body.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }
  /** @param {number} value */
  unsigned(value) {
    let rest = value;
    do {
      const low = rest % 128;
      rest = Math.floor(rest / 128);
      this.push(rest ? low | 128 : low);
    } while (rest);
    return this;
  }
  /** @param {number} value 32 bits */
  signed(value) {
    let rest = value | 0;
    for (;;) {
      const low = rest & 127;
      rest >>= 7;
      const done = (rest === 0 && !(low & 64)) || (rest === -1 && low & 64);
      this.push(done ? low : low | 128);
      if (done) return this;
    }
  }
  /** @param {string} text */
  name(text) {
    const bytes = new TextEncoder().encode(text);
    return this.unsigned(bytes.length).append(bytes);
  }
  done() {
    return this.body.slice(0, this.length);
  }
}

/** A place in a binary, moving forward. */
export class Cursor {
  /** @param {Uint8Array} body */
  constructor(body, at = 0) {
    this.body = body;
    this.at = at;
  }
  byte() {
    return this.body[this.at++];
  }
  unsigned() {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.body[this.at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }
  /** A signed number of 32 bits. */
  signed() {
    let value = 0;
    let shift = 0;
    let byte = 128;
    for (; byte >= 128; shift += 7) {
      byte = this.body[this.at++];
      value |= (byte & 127) << shift;
    }
    return shift < 32 && byte & 64 ? value | (-1 << shift) : value;
  }
  /** Steps over a number of any width and sign. */
  skipNumber() {
    while (this.body[this.at++] >= 128);
  }
  /** @param {number} count */
  skip(count) {
    this.at += count;
  }
  name() {
    const length = this.unsigned();
    this.at += length;
    return new TextDecoder().decode(this.body.subarray(this.at - length, this.at));
  }
}

/**
 * @param {Uint8Array} wasm
 * @returns {{id: number, body: Uint8Array}[]}
 */
export function readSections(wasm) {
  const cursor = new Cursor(wasm, 8);
  const sections = [];
  while (cursor.at < wasm.length) {
    const id = cursor.byte();
    const length = cursor.unsigned();
    sections.push({ id, body: wasm.subarray(cursor.at, cursor.at + length) });
    cursor.skip(length);
  }
  return sections;
}

/** @param {{id: number, body: Uint8Array}[]} sections */
export function writeSections(sections) {
  const out = new Bytes(1 << 20).append([0, 97, 115, 109, 1, 0, 0, 0]);
  for (const { id, body } of sections) out.push(id).unsigned(body.length).append(body);
  return out.done();
}

/**
 * The same module with only those exports that are wanted.
 *
 * @param {Uint8Array} wasm
 * @param {(name: string) => boolean} wanted
 */
export function keepExports(wasm, wanted) {
  const sections = readSections(wasm).map((section) => {
    if (section.id !== SECTION.export) return section;
    const cursor = new Cursor(section.body);
    const kept = new Bytes();
    let count = 0;
    for (let left = cursor.unsigned(); left > 0; left--) {
      const name = cursor.name();
      const kind = cursor.byte();
      const index = cursor.unsigned();
      if (!wanted(name)) continue;
      kept.name(name).push(kind).unsigned(index);
      count += 1;
    }
    return { id: section.id, body: new Bytes().unsigned(count).append(kept.done()).done() };
  });
  return writeSections(sections);
}

/**
 * The same module without its custom sections and, its memory coming from an image, without its data.
 *
 * @param {Uint8Array} wasm
 */
export function dropData(wasm) {
  return writeSections(
    readSections(wasm).filter(({ id }) => id !== 0 && id !== SECTION.data && id !== SECTION.dataCount),
  );
}
