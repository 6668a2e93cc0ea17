#!/usr/bin/env node
// @ts-check
// Builds the engine: node engine/build.mjs OUTDIR --package FOLDER [--package FOLDER …] [--plain]
// Writes files named by their content and OUTDIR/engine.json, which lists them; prints its progress.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { packImage } from "./image.mjs";
import { openOutput } from "./output.mjs";
import { packPlain } from "./plain.mjs";
import { bundleScripts } from "./scripts.mjs";
import { readPackage } from "./python.mjs";

const DOOR = "askwell_door.py";

/** @param {string} text */
const say = (text) => process.stdout.write(`engine: ${text}\n`);

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { package: { type: "string", multiple: true }, plain: { type: "boolean" } },
  });
  const [folder] = positionals;
  if (!folder || !values.package) throw new Error("usage: build.mjs OUTDIR --package FOLDER [--package FOLDER …]");
  await mkdir(folder, { recursive: true });
  const output = openOutput(folder, say);
  const modules = await readModules(values.package);
  const plain = await packPlain(modules, output, say);
  const image = values.plain ? undefined : await packImage(modules, path.join(folder, plain.stdlib), output, say);
  const files = { ...plain, ...(image ? { image } : {}) };
  const { frame } = await bundleScripts(files, output);
  await copyFile(new URL("../src/engine/frame.html", import.meta.url), path.join(folder, "engine-frame.html"));
  await writeFile(path.join(folder, "engine.json"), JSON.stringify({ frame, image, files: output.written }, null, 1));
  await output.clean();
  say(`built, the frame's script is ${frame}`);
}

/** @param {string[]} folders */
async function readModules(folders) {
  const door = new Uint8Array(await readFile(new URL("./door.py", import.meta.url)));
  return Object.assign({ [DOOR]: door }, ...(await Promise.all(folders.map(readPackage))));
}

await main();
