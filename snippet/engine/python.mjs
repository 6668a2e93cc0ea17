// @ts-check
// Pyodide run in Node at build time: the only place that knows how the npm package is started there.
import { readFileSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);

/** Folder of the npm package. */
export const PYODIDE = path.dirname(require.resolve("pyodide/package.json"));

/** Pyodide wants to know which build a lock file is for; no package is ever loaded, so none is listed. */
export const LOCK = JSON.stringify({
  info: JSON.parse(readFileSync(path.join(PYODIDE, "pyodide-lock.json"), "utf8")).info,
  packages: {},
});

/**
 * Every file of a Python package, by its name inside the archive: {"msgpack/ext.py": bytes}.
 * Takes a package's folder, or a wheel (read by Python itself, see stdlib.py).
 *
 * @param {string} folder
 * @returns {Promise<Record<string, Uint8Array>>}
 */
export async function readPackage(folder) {
  /** @type {Record<string, Uint8Array>} */
  const files = {};
  for (const entry of (await readdir(folder, { recursive: true })).sort()) {
    const file = path.join(folder, entry);
    if (entry.endsWith(".py") && (await stat(file)).isFile()) {
      files[path.join(path.basename(folder), entry)] = new Uint8Array(await readFile(file));
    }
  }
  if (Object.keys(files).length === 0) throw new Error(`no Python modules in ${folder}`);
  return files;
}

/**
 * A stock Pyodide, or one with another standard library, with /build/modules on its path.
 *
 * @param {{stdlib?: string, modules?: Record<string, Uint8Array>, env?: Record<string, string>}} [options]
 */
export async function startPython({ stdlib, modules = {}, env = {} } = {}) {
  const { loadPyodide } = await import(pathToFileURL(path.join(PYODIDE, "pyodide.mjs")).href);
  const python = await loadPyodide({
    indexURL: PYODIDE,
    lockFileContents: LOCK,
    env: { PYTHONHASHSEED: "0", PYTHONINSPECT: "", ...env },
    ...(stdlib ? { stdLibURL: stdlib } : {}),
  });
  for (const [name, body] of Object.entries(modules)) {
    const target = `/build/modules/${name}`;
    python.FS.mkdirTree(path.dirname(target));
    python.FS.writeFile(target, body);
  }
  python.FS.mkdirTree("/build/modules");
  python.runPython("import sys; sys.path.insert(0, '/build/modules')");
  return python;
}
