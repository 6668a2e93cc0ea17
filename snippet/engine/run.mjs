// @ts-check
// A built engine run in Node, as a browser would: for tests and for comparing it with CPython.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { restoreImage } from "../src/engine/image.js";

/**
 * @param {string} folder the build's output
 * @returns {Promise<{answer: import("../src/engine/types.d.ts").Answer, python: any, deferred: () => boolean}>}
 */
export async function runImage(folder) {
  const { image } = JSON.parse(await readFile(path.join(folder, "engine.json"), "utf8"));
  if (!image) throw new Error("this build has no image");
  const read = async (/** @type {string} */ name) => new Uint8Array(await readFile(path.join(folder, name)));
  let wanted = false;
  /** @type {any} */
  let python;
  const answer = await restoreImage(
    await WebAssembly.compile(await read(image.wasm)),
    image.plan,
    await read(image.memory),
    () => {
      wanted = true;
      return new Uint8Array(readFileSync(path.join(folder, image.deferred)));
    },
    (exports) => {
      python = exports;
    },
  );
  return { answer, python, deferred: () => wanted };
}
