#!/usr/bin/env node
// @ts-check
// Bundles what pages load, besides the engine: node build.mjs OUTDIR. Writes OUTDIR/manifest.json.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { openOutput } from "./engine/output.mjs";
import { CALLED_AT_ONCE, partOf } from "./engine/parts.mjs";

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
/** Small scripts, most of which runs at once. */
const QUICK = new Set(["loader", "client", "demo"]);
/** What the loader loads when it is wanted. */
const PARTS = { client: "./src/client.js", debugger: "./src/debugger.js" };

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("usage: build.mjs OUTDIR");
await mkdir(folder, { recursive: true });
const output = openOutput(folder, (text) => process.stdout.write(`${text}\n`));
for (const [stem, source] of Object.entries(WHOLE)) {
  await output.write(stem, path.extname(source), await bundle({ entryPoints: [source] }, stem, path.extname(source)));
}
for (const [stem, source] of Object.entries(PARTS)) {
  await output.write(stem, ".js", await bundle(partOf(source, HERE), stem, ".js"));
}
await output.finish(/^(?!engine)/);
await writeFile(path.join(folder, "manifest.json"), JSON.stringify({ files: output.written }, null, 1));

/** @param {import("esbuild").BuildOptions} entry @param {string} stem @param {string} ending */
async function bundle(entry, stem, ending) {
  const built = await build({
    ...entry,
    absWorkingDir: HERE,
    bundle: true,
    minify: true,
    write: false,
    ...(ending === ".js" ? { format: "iife" } : {}),
    ...(QUICK.has(stem) ? CALLED_AT_ONCE : {}),
    platform: "browser",
    target: "es2020",
    nodePaths: [path.join(HERE, "node_modules")],
    legalComments: "none",
  });
  const [file] = built.outputFiles ?? [];
  return file.contents;
}
