// @ts-check
// Cuts CPython's WebAssembly in two by Binaryen's wasm-split: what decisions run, and the rest.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const PROFILE = "__askwell_profile";

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
 * @param {Uint8Array} wasm
 * @param {(instrumented: Uint8Array, readProfile: (python: any) => Uint8Array) => Promise<Uint8Array>} train
 *   runs the instrumented module and gives the profile back
 * @returns {Promise<{primary: Uint8Array, secondary: Uint8Array}>}
 */
export async function splitByUse(wasm, train) {
  const folder = await mkdtemp(path.join(tmpdir(), "askwell-engine-"));
  const at = (/** @type {string} */ name) => path.join(folder, name);
  try {
    await writeFile(at("whole.wasm"), wasm);
    await run("wasm-opt", [
      "--all-features",
      "--remove-unused-module-elements",
      at("whole.wasm"),
      "-o",
      at("lean.wasm"),
    ]);
    await run("wasm-split", [
      "--all-features",
      "--instrument",
      `--profile-export=${PROFILE}`,
      at("lean.wasm"),
      "-o",
      at("trained.wasm"),
    ]);
    await writeFile(at("profile"), await train(new Uint8Array(await readFile(at("trained.wasm"))), readProfile));
    await run("wasm-split", [
      "--all-features",
      "--split",
      `--profile=${at("profile")}`,
      "--export-prefix=%",
      at("lean.wasm"),
      "-o1",
      at("primary.wasm"),
      "-o2",
      at("secondary.wasm"),
    ]);
    const [primary, secondary] = await Promise.all([readFile(at("primary.wasm")), readFile(at("secondary.wasm"))]);
    return { primary: new Uint8Array(primary), secondary: new Uint8Array(secondary) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @param {any} python exports of an instrumented instance */
function readProfile(python) {
  const at = python.malloc(1 << 20);
  const length = python[PROFILE](at, 1 << 20);
  if (length > 1 << 20) throw new Error("the profile does not fit");
  return new Uint8Array(python.memory.buffer).slice(at, at + length);
}
