#!/usr/bin/env node
// @ts-check
// Bundles what pages load, besides the engine: node build.mjs OUTDIR. Writes OUTDIR/manifest.json.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { openOutput } from "./engine/output.mjs";

const HERE = new URL(".", import.meta.url).pathname;

/** Stem and source of what runs by itself. */
const WHOLE = {
  loader: "src/loader.js",
  demo: "src/demo.js",
  "demo-style": "../edge/askwell_edge/demo/static/demo.css",
  console: "src/console/main.js",
  "console-style": "../edge/askwell_edge/console/static/console.css",
  reference: "src/reference/reference.js",
  "reference-style": "src/reference/reference.css",
};
/** What the loader loads when it is wanted: parts hand their exports to the element that loads them. */
const PARTS = { client: "./src/client.js", debugger: "./src/debugger.js" };

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("usage: build.mjs OUTDIR");
await mkdir(folder, { recursive: true });
const output = openOutput(folder, (text) => process.stdout.write(`${text}\n`));
for (const [stem, source] of Object.entries(WHOLE)) {
  await output.write(stem, path.extname(source), await bundle({ entryPoints: [source] }, path.extname(source)));
}
for (const [stem, source] of Object.entries(PARTS)) {
  const contents = `import * as part from "${source}"; document.currentScript.askwell(part);`;
  await output.write(stem, ".js", await bundle({ stdin: { contents, resolveDir: HERE } }, ".js"));
}
await output.finish(/^(?!engine)/);
await writeFile(path.join(folder, "manifest.json"), JSON.stringify({ files: output.written }, null, 1));

/** @param {import("esbuild").BuildOptions} entry @param {string} ending */
async function bundle(entry, ending) {
  const built = await build({
    ...entry,
    absWorkingDir: HERE,
    bundle: true,
    minify: true,
    write: false,
    ...(ending === ".js" ? { format: "iife" } : {}),
    platform: "browser",
    target: "es2020",
    nodePaths: [path.join(HERE, "node_modules")],
    legalComments: "none",
  });
  const [file] = built.outputFiles ?? [];
  return file.contents;
}
