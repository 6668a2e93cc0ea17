// @ts-check
// Takes the memory of a CPython that has imported the core: without Pyodide's own Python modules, without its glue.
import path from "node:path";
import { pathToFileURL } from "node:url";
import { LOCK, PYODIDE } from "./python.mjs";
import { inStillWorld } from "./still.mjs";

/** No site, no docstrings, no byte code written; the order of sets is the same in every image. */
const ARGUMENTS = ["-S", "-OO", "-B", "-P"];

const IMPORT_CORE = `
import sys
sys.path[:] = [p for p in sys.path if p.endswith(".zip")]
import askwell_door
sys.path[:] = []
sys.path_importer_cache.clear()
sys.meta_path[:] = sys.meta_path[:1]
sys.path_hooks[:] = []
import gc
gc.collect()
gc.disable()
sys._clear_internal_caches()
`;

// Why each line after the import: nothing can be imported later but what is built in; without the collector
// (an engine that has grown is replaced instead) and with empty caches, a decision touches no object by chance.
class Booted extends Error {}

/**
 * Starts CPython from an archive and stops before Pyodide adds anything of its own.
 *
 * @param {string} library file of the standard library
 * @returns {Promise<any>} exports of the running instance
 */
async function boot(library) {
  const glue = await import(pathToFileURL(path.join(PYODIDE, "pyodide.asm.mjs")).href);
  const { loadPyodide } = await import(pathToFileURL(path.join(PYODIDE, "pyodide.mjs")).href);
  /** @type {any} */
  let exports;
  const createPyodideModule = async (/** @type {any} */ settings) => {
    const { instantiateWasm } = settings;
    settings.instantiateWasm = (/** @type {any} */ info, /** @type {any} */ done) =>
      instantiateWasm(info, (/** @type {WebAssembly.Instance} */ instance, /** @type {any} */ module) => {
        exports = instance.exports;
        done(instance, module);
      });
    await glue.default(settings);
    throw new Booted();
  };
  const options = { indexURL: PYODIDE, lockFileContents: LOCK, stdLibURL: library, args: ARGUMENTS };
  await loadPyodide({ ...options, createPyodideModule, env: { PYTHONHASHSEED: "0" } }).catch(
    (/** @type {unknown} */ failure) => {
      if (!(failure instanceof Booted)) throw failure;
    },
  );
  return exports;
}

/** The engine's memory never grows beyond; there is a mark for each piece of it. */
const MOST_MEMORY = 128 << 20;

/** @param {any} python @param {string} text @returns {number} address of a C string */
function cString(python, text) {
  const bytes = new TextEncoder().encode(`${text}\0`);
  const at = python.malloc(bytes.length);
  new Uint8Array(python.memory.buffer).set(bytes, at);
  return at;
}

/**
 * The image: the whole memory up to its last byte that is not zero, and what must be known beside it.
 *
 * @param {string} library
 */
export function takeImage(library) {
  return inStillWorld(() => take(library));
}

/** What a restored image calls, see restoreImage. */
export const CALLED = [
  "memory",
  "__indirect_function_table",
  "__stack_pointer",
  "emscripten_stack_init",
  "malloc",
  "free",
  "PyBytes_AsString",
  "PyBytes_FromStringAndSize",
  "PyBytes_Size",
  "PyObject_Vectorcall",
  "Py_DecRef",
  "PyUnicode_InternFromString",
];

/** What taking an image calls; a Pyodide without one of these can have none. */
const NEEDED = [
  "PyImport_ImportModule",
  "PyObject_GetAttrString",
  "PyObject_Malloc",
  "PyRun_SimpleString",
  "_PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET",
  "_PyRuntime",
  "emscripten_stack_get_end",
];

/**
 * @param {Record<string, unknown>} python
 * @param {Iterable<string>} names
 */
export function mustExport(python, names) {
  const missing = [...names].filter((name) => python?.[name] === undefined);
  if (missing.length)
    throw new Error(`this Pyodide does not export ${missing.join(", ")}, which the quick engine calls`);
}

/** @param {string} library */
async function take(library) {
  const python = await boot(library);
  mustExport(python, [...NEEDED, ...CALLED]);
  const bitmap = python.malloc(MOST_MEMORY / 256);
  const source = cString(python, IMPORT_CORE);
  if (python.PyRun_SimpleString(source) !== 0) throw new Error("the core cannot be imported");
  python.free(source);
  const names = [cString(python, "askwell_door"), cString(python, "answer")];
  const door = python.PyObject_GetAttrString(python.PyImport_ImportModule(names[0]), names[1]);
  if (door === 0) throw new Error("no door in askwell_door");
  for (const name of names) python.free(name);
  fillHoles(python);
  const memory = new Uint8Array(python.memory.buffer).slice();
  const stack = python.__stack_pointer.value;
  memory.fill(0, python.emscripten_stack_get_end(), stack);
  memory.fill(0, bitmap, bitmap + MOST_MEMORY / 256);
  forgetTrampoline(memory, python);
  let end = memory.length;
  while (end > 0 && memory[end - 1] === 0) end--;
  return {
    memory: memory.subarray(0, Math.ceil(end / 256) * 256),
    door,
    stack,
    stackEnd: python.emscripten_stack_get_end(),
    bitmap,
    pages: memory.length / 65536,
    mostPages: MOST_MEMORY / 65536,
  };
}

/**
 * Takes all memory that the imports used and gave back, for good: a decision then works in memory that was
 * never written, which the image need not hold. First the C library's holes, then those of Python's own pools.
 *
 * @param {any} python
 */
function fillHoles(python) {
  const top = python.malloc(1 << 22);
  python.free(top);
  for (let size = 1 << 20; size >= 8; size = Math.floor(size * 0.9)) {
    for (;;) {
      const at = python.malloc(size);
      if (at < top) continue;
      python.free(at);
      break;
    }
  }
  for (let size = 16; size <= 512; size += 16) while (python.PyObject_Malloc(size) < top);
}

/**
 * CPython calls functions with too few arguments through a small module that Pyodide's glue adds to the
 * table. The image does without: at zero, it calls the import _PyEM_TrampolineCall_JS instead.
 *
 * @param {Uint8Array} memory
 * @param {any} python
 */
function forgetTrampoline(memory, python) {
  const words = new DataView(memory.buffer);
  const offset = words.getUint32(python._PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET.value, true);
  words.setUint32(python._PyRuntime.value + offset, 0, true);
}
