// @ts-check
// Binaryen's part: cuts CPython's WebAssembly in two, the functions that decisions run and the rest.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { nameFunctions } from "./lists.mjs";

const run = promisify(execFile);

/** Whether this machine has the tools; without them the engine is built in one piece. */
export async function canSplit() {
  try {
    await run("wasm-split", ["--version"]);
    await run("wasm-opt", ["--version"]);
    return true;
  } catch {
    return false;
  }
}

/**
 * The module without what nothing in it uses.
 *
 * @param {Uint8Array} wasm
 * @returns {Promise<Uint8Array>}
 */
export function withoutUnused(wasm) {
  return inFolder(async (at) => {
    await writeFile(at("whole.wasm"), wasm);
    const options = ["--all-features", "--remove-unused-module-elements"];
    await run("wasm-opt", [...options, at("whole.wasm"), "-o", at("lean.wasm")]);
    return new Uint8Array(await readFile(at("lean.wasm")));
  });
}

/**
 * @param {Uint8Array} wasm
 * @param {number[]} kept indices among the module's own functions
 * @returns {Promise<{primary: Uint8Array, secondary: Uint8Array}>}
 */
export function splitOff(wasm, kept) {
  const name = (/** @type {number} */ index) => `f${index}`;
  return inFolder(async (at) => {
    await writeFile(at("whole.wasm"), nameFunctions(wasm, name));
    await writeFile(at("kept"), kept.map(name).join("\n"));
    const options = ["--all-features", "--split", `--keep-funcs=@${at("kept")}`, "--export-prefix=%"];
    const outputs = ["-o1", at("primary.wasm"), "-o2", at("secondary.wasm")];
    await run("wasm-split", [...options, at("whole.wasm"), ...outputs]);
    const [primary, secondary] = await Promise.all([readFile(at("primary.wasm")), readFile(at("secondary.wasm"))]);
    return { primary: new Uint8Array(primary), secondary: new Uint8Array(secondary) };
  });
}

/**
 * @template T
 * @param {(at: (name: string) => string) => Promise<T>} work with files of a folder that is taken away afterwards
 */
async function inFolder(work) {
  const folder = await mkdtemp(path.join(tmpdir(), "askwell-engine-"));
  try {
    return await work((name) => path.join(folder, name));
  } finally {
    await rm(folder, { recursive: true });
  }
}
