// @ts-check
// The scripts of the worker and of what opens it, with the names of the files that they fetch written in.
import { build } from "esbuild";
import { CALLED_AT_ONCE } from "./parts.mjs";

const SOURCES = new URL("../src/engine/", import.meta.url).pathname;

/**
 * @param {import("../src/engine/types.d.ts").EngineFiles} files
 * @param {import("./output.mjs").Output} output
 */
export async function bundleScripts(files, output) {
  const worker = await output.write(
    "engine-worker",
    ".js",
    await bundled(module("worker.js"), { ENGINE_FILES: files }),
  );
  const frame = await output.write(
    "engine-frame",
    ".js",
    await bundled({ ...module("frame.js"), ...CALLED_AT_ONCE }, { ENGINE_WORKER: worker }),
  );
  return { worker, frame };
}

/** @param {string} source @returns {import("esbuild").BuildOptions} */
function module(source) {
  return { entryPoints: [SOURCES + source], format: "esm" };
}

/**
 * @param {import("esbuild").BuildOptions} entry
 * @param {Record<string, unknown>} constants
 */
async function bundled(entry, constants) {
  const built = await build({
    ...entry,
    bundle: true,
    minify: true,
    write: false,
    platform: "browser",
    target: "es2022",
    legalComments: "none",
    define: Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, JSON.stringify(value)])),
  });
  const [file] = built.outputFiles ?? [];
  return file.contents;
}
