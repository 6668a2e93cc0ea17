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
import { readPackage, startPython } from "./python.mjs";
import { restoreFrom, runPlain } from "./run.mjs";
import { bundleScripts } from "./scripts.mjs";
import { askAll, makeQuestions } from "./training.mjs";

const DOOR = "askwell_door.py";
const CHECK = { seed: 2, count: 300 };

/** @param {string} text */
const say = (text) => process.stdout.write(`${text}\n`);

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { package: { type: "string", multiple: true }, plain: { type: "boolean" } },
  });
  const [folder] = positionals;
  if (!folder || !values.package) throw new Error("usage: build.mjs OUTDIR --package FOLDER [--package FOLDER …]");
  await mkdir(folder, { recursive: true });
  const output = openOutput(folder, say);
  say("1 of 5: starting Pyodide, compiling the library that the core needs");
  const python = await startPython({ modules: await readModules(values.package) });
  const plain = await packPlain(python, output, say);
  const image = values.plain ? undefined : await quickEngine(folder, python, plain.stdlib, output);
  say("5 of 5: scripts, and waiting for what is being compressed");
  const files = { ...plain, ...(image ? { image } : {}) };
  const { frame } = await bundleScripts(files, output);
  await copyFile(new URL("../src/engine/frame.html.in", import.meta.url), path.join(folder, "engine-frame.html"));
  await output.finish(/^engine-/);
  await writeFile(path.join(folder, "engine.json"), JSON.stringify({ frame, image, files: output.written }, null, 1));
  say(`built, the frame's script is ${frame}`);
}

/**
 * The quick engine, if it can be had and says what plain Pyodide says. It rests on more than Pyodide promises;
 * where a new version breaks that, the build says how and goes on without.
 *
 * @param {string} folder
 * @param {any} python
 * @param {string} library
 * @param {import("./output.mjs").Output} output
 */
async function quickEngine(folder, python, library, output) {
  try {
    const image = await packImage(python, path.join(folder, library), output, say);
    say(`4 of 5: comparing ${CHECK.count} answers with plain Pyodide's`);
    const questions = await makeQuestions(python, CHECK.seed, CHECK.count);
    const quick = askAll((await restoreFrom(folder, image)).answer, questions);
    const sure = askAll((await runPlain(path.join(folder, library))).answer, questions);
    const other = quick.findIndex((answer, number) => answer !== sure[number]);
    if (other >= 0) throw new Error(`question ${other} is answered otherwise than by plain Pyodide`);
    return image;
  } catch (failure) {
    say(`NO QUICK ENGINE, only the plain one: ${/** @type {Error} */ (failure).message.slice(0, 1000)}`);
    return undefined;
  }
}

/** @param {string[]} folders */
async function readModules(folders) {
  const door = new Uint8Array(await readFile(new URL("./door.py", import.meta.url)));
  return Object.assign({ [DOOR]: door }, ...(await Promise.all(folders.map(readPackage))));
}

await main();
