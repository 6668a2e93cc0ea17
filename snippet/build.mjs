#!/usr/bin/env node
// @ts-check
// Bundles what pages load, besides the engine: node build.mjs OUTDIR. Writes OUTDIR/manifest.json.
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { openOutput } from "./engine/output.mjs";

/** Stem, source and format of each: scripts of a page's own, and what they import when it is wanted. */
const ENTRIES = {
  loader: ["src/loader.js", "iife"],
  client: ["src/client.js", "iife"],
  debugger: ["src/debugger.js", "esm"],
  demo: ["src/demo.js", "iife"],
  "demo-style": ["../edge/askwell_edge/demo/static/demo.css", "css"],
};

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("usage: build.mjs OUTDIR");
await mkdir(folder, { recursive: true });
const output = openOutput(folder, (text) => process.stdout.write(`${text}\n`));
for (const [stem, [source, format]] of Object.entries(ENTRIES)) {
  if (existsSync(new URL(source, import.meta.url)))
    await output.write(stem, path.extname(source), await bundle(source, format));
}
await writeFile(path.join(folder, "manifest.json"), JSON.stringify({ files: output.written }, null, 1));

/** @param {string} source @param {string} format */
async function bundle(source, format) {
  const built = await build({
    absWorkingDir: new URL(".", import.meta.url).pathname,
    entryPoints: [source],
    bundle: true,
    minify: true,
    write: false,
    ...(format === "css" ? {} : { format: /** @type {"iife" | "esm"} */ (format) }),
    platform: "browser",
    target: "es2020",
    legalComments: "none",
  });
  return built.outputFiles[0].contents;
}
