// @ts-check
// The standard library of the plain engine: only what the core imports, as byte code, with the core itself.
import { readFile } from "node:fs/promises";

const PACKER = new URL("./stdlib.py", import.meta.url);

/**
 * The archive that takes the place of python_stdlib.zip.
 *
 * @param {any} python a Pyodide that can import the core and has imported nothing else
 * @returns {Promise<{body: Uint8Array, names: string[]}>}
 */
export async function packStdlib(python) {
  python.FS.writeFile("/build/modules/_askwell_packer.py", await readFile(PACKER));
  const [body, names] = python
    .runPython(`
import _askwell_packer as packer, importlib
importlib.import_module("askwell_door")
for name in packer.ALWAYS: importlib.import_module(name)
names = packer.loaded_names() - {"_askwell_packer"}
[packer.pack(names), sorted(names)]
`)
    .toJs();
  return { body, names };
}
