// @ts-check
// The worker's and the frame's scripts, with the names of the files that they fetch written in.
import { build } from "esbuild";

const SOURCES = new URL("../src/engine/", import.meta.url).pathname;

/**
 * @param {import("../src/engine/types.d.ts").EngineFiles} files
 * @param {import("./output.mjs").Output} output
 */
export async function bundleScripts(files, output) {
  const worker = await output.write("engine-worker", ".js", await bundle("worker.js", { ENGINE_FILES: files }));
  const frame = await output.write("engine-frame", ".js", await bundle("frame.js", { ENGINE_WORKER: worker }));
  return { worker, frame };
}

/**
 * @param {string} source
 * @param {Record<string, unknown>} constants
 */
async function bundle(source, constants) {
  const built = await build({
    entryPoints: [SOURCES + source],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    legalComments: "none",
    define: Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, JSON.stringify(value)])),
  });
  return built.outputFiles[0].contents;
}
