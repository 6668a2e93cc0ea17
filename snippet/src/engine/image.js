// @ts-check
// The quick engine: CPython's memory as it was after the core's import, and only the code and data that decisions touch.
// A decision that touches anything else ends with an error, and its engine with it: another one is asked.

/** @typedef {import("./types.d.ts").ImagePlan} ImagePlan */

/** Memory is divided into pieces of 256 bytes. A piece is empty, here, or left out. */
const PIECE = 256;
const HERE = 1;
const LEFT_OUT = 2;
/** An engine whose memory has grown to twice its first size is replaced. */
const GROWN = 2;

/**
 * Brings the image to life.
 *
 * @param {WebAssembly.Module} module
 * @param {ImagePlan} plan
 * @param {Uint8Array} image states of all pieces, then the pieces that are here
 * @param {(python: any) => void} [look] sees the running instance's exports (for training and tests)
 * @returns {Promise<import("./types.d.ts").Interpreter>}
 */
export async function restoreImage(module, plan, image, look) {
  /** @type {any} */
  let python;
  const instance = await WebAssembly.instantiate(
    module,
    importsOf(module, plan, () => python),
  );
  python = instance.exports;
  const missing = plan.pages - python.memory.buffer.byteLength / 65536;
  if (missing > 0) python.memory.grow(missing);
  writePieces(python.memory, image, plan.bitmap);
  python.emscripten_stack_init();
  python.__stack_pointer.value = plan.stack;
  look?.(python);
  return {
    answer: (bundle, hash, snapshot, request) => callDoor(python, plan.door, bundle, hash, snapshot, request),
    spent: () => python.memory.buffer.byteLength > GROWN * plan.pages * 65536,
  };
}

/**
 * Every import ends the engine, be it one of CPython's or a function that was left out, since a decision needs none:
 * but a call through a table with too few arguments, and more memory.
 *
 * @param {WebAssembly.Module} module
 * @param {ImagePlan} plan
 * @param {() => any} python
 */
function importsOf(module, plan, python) {
  /** @type {Record<string, Function>} */
  const answered = {
    _PyEM_TrampolineCall_JS: (/** @type {number} */ at, /** @type {number[]} */ ...words) =>
      python().__indirect_function_table.get(at)(...words),
    emscripten_resize_heap: (/** @type {number} */ bytes) => growTo(python().memory, bytes >>> 0, plan.mostPages),
  };
  /** @type {Record<string, Record<string, any>>} */
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] =
      kind === "global"
        ? new WebAssembly.Global({ value: "i32", mutable: true }, 0)
        : (answered[name] ?? refuse(`${from}.${name}`));
  }
  return imports;
}

/** @param {string} name */
function refuse(name) {
  return () => {
    throw new Error(`a decision called ${name}`);
  };
}

/** @param {WebAssembly.Memory} memory @param {number} bytes @param {number} mostPages */
function growTo(memory, bytes, mostPages) {
  const wanted = Math.ceil(bytes / 65536);
  const now = memory.buffer.byteLength / 65536;
  if (wanted > mostPages) return 0;
  if (wanted > now) memory.grow(wanted - now);
  return 1;
}

/**
 * Writes the pieces that a file holds, and marks those that it does not.
 *
 * @param {WebAssembly.Memory} memory
 * @param {Uint8Array} file number of pieces, their states, those that are here
 * @param {number | null} bitmap address of the marks
 */
function writePieces(memory, file, bitmap) {
  const heap = new Uint8Array(memory.buffer);
  const count = new DataView(file.buffer, file.byteOffset).getUint32(0, true);
  const states = file.subarray(4, 4 + count);
  let from = 4 + count;
  for (let piece = 0; piece < count; ) {
    const first = piece;
    while (piece < count && states[piece] === HERE) piece++;
    const length = (piece - first) * PIECE;
    if (length > 0) heap.set(file.subarray(from, from + length), first * PIECE);
    from += length;
    while (piece < count && states[piece] !== HERE) piece++;
  }
  if (bitmap === null) return;
  for (let piece = 0; piece < count; piece++) heap[bitmap + piece] = states[piece] === LEFT_OUT ? 1 : 0;
}

/**
 * Calls the door by CPython's own interface: four objects in, one out, nothing kept.
 *
 * @param {any} python
 * @param {number} door
 * @param {Uint8Array} bundle
 * @param {string} hash
 * @param {Uint8Array} snapshot
 * @param {Uint8Array} request
 */
function callDoor(python, door, bundle, hash, snapshot, request) {
  const write = (/** @type {number} */ at, /** @type {Uint8Array} */ body) => {
    python.touch?.(at, body.length);
    new Uint8Array(python.memory.buffer).set(body, at);
  };
  const words = [bundle, new TextEncoder().encode(hash), snapshot, request].map((body) => {
    const object = given(python.PyBytes_FromStringAndSize(0, body.length));
    write(python.PyBytes_AsString(object), body);
    return object;
  });
  const vector = given(python.malloc(words.length * 4));
  write(vector, new Uint8Array(new Uint32Array(words).buffer));
  const result = given(python.PyObject_Vectorcall(door, vector, words.length, 0));
  const at = python.PyBytes_AsString(result);
  const body = new Uint8Array(python.memory.buffer).slice(at, at + python.PyBytes_Size(result));
  for (const object of [...words, result]) python.Py_DecRef(object);
  python.free(vector);
  return new TextDecoder().decode(body);
}

/** An address; none means that memory is full, or that the door raised. @param {number} address */
function given(address) {
  if (address === 0) throw new Error("nothing given");
  return address;
}
