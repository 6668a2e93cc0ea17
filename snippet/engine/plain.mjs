// @ts-check
// The plain engine's files: Pyodide as published, with the library that the core needs.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { LOCK, PYODIDE } from "./python.mjs";
import { packStdlib } from "./stdlib.mjs";

/**
 * @param {any} python a Pyodide that can import the core and has imported nothing else
 * @param {import("./output.mjs").Output} output
 * @param {(text: string) => void} say
 */
export async function packPlain(python, output, say) {
  const { body, names } = await packStdlib(python);
  say(`standard library: ${names.length} modules`);
  const published = async (/** @type {string} */ name) => new Uint8Array(await readFile(path.join(PYODIDE, name)));
  return {
    lock: LOCK,
    loader: await output.write("engine-loader", ".mjs", await published("pyodide.mjs"), "some"),
    loaderIntegrity: output.written["engine-loader"].integrity,
    glue: await output.write("engine-glue", ".mjs", await published("pyodide.asm.mjs"), "some"),
    glueIntegrity: output.written["engine-glue"].integrity,
    wasm: await output.write("engine-full", ".wasm", await published("pyodide.asm.wasm"), "some"),
    wasmIntegrity: output.written["engine-full"].integrity,
    stdlib: await output.write("engine-library", ".zip", body, "some"),
    stdlibIntegrity: output.written["engine-library"].integrity,
  };
}
