// @ts-check
// A built engine run in Node, as a browser would: for tests and for comparing it with CPython.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { restoreImage } from "../src/engine/image.js";
import { OPEN_DOOR } from "../src/engine/plain.js";
import { startPython } from "./python.mjs";

/**
 * @typedef {object} Running
 * @property {import("../src/engine/types.d.ts").Answer} answer
 * @property {() => boolean} deferred whether the deferred part was wanted
 * @property {() => void} complete wants it now
 */

/**
 * @param {string} folder the build's output
 * @returns {Promise<Running>}
 */
export async function runImage(folder) {
  const { image } = JSON.parse(await readFile(path.join(folder, "engine.json"), "utf8"));
  if (!image) throw new Error("this build has no image");
  return restoreFrom(folder, image);
}

/**
 * @param {string} folder
 * @param {import("../src/engine/types.d.ts").ImageFiles} image
 * @returns {Promise<Running>}
 */
export async function restoreFrom(folder, image) {
  const read = async (/** @type {string} */ name) => new Uint8Array(await readFile(path.join(folder, name)));
  let wanted = false;
  /** @type {any} */
  let python;
  const { answer } = await restoreImage(
    await WebAssembly.compile(await read(image.wasm)),
    image.plan,
    await read(image.memory),
    () => {
      wanted = true;
      return new Uint8Array(readFileSync(path.join(folder, String(image.deferred))));
    },
    (exports) => {
      python = exports;
    },
  );
  const complete = () => {
    for (let at = 0; image.deferred && !wanted && at < python.memory.buffer.byteLength; at += 256) python.touch(at, 1);
  };
  return { answer, deferred: () => wanted, complete };
}

/**
 * @param {string} library file of the standard library with the core in it
 * @returns {Promise<Running>}
 */
export async function runPlain(library) {
  const python = await startPython({ stdlib: library });
  return { answer: python.runPython(OPEN_DOOR), deferred: () => false, complete: () => {} };
}
