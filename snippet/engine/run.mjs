// @ts-check
// A built engine run in Node, as a browser would: for tests and for comparing it with CPython.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { restoreImage } from "../src/engine/image.js";
import { OPEN_DOOR } from "../src/engine/plain.js";
import { startPython } from "./python.mjs";

/** @typedef {{answer: import("../src/engine/types.d.ts").Answer}} Running */

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
  const module = await WebAssembly.compile(await read(image.wasm));
  return restoreImage(module, image.plan, await read(image.memory));
}

/**
 * @param {string} library file of the standard library with the core in it
 * @returns {Promise<Running>}
 */
export async function runPlain(library) {
  const python = await startPython({ stdlib: library });
  return { answer: python.runPython(OPEN_DOOR) };
}
