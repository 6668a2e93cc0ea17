#!/usr/bin/env node
// @ts-check
// Answers questions from standard input with a built engine: node engine/answers.mjs FOLDER [image|plain] [--deferred]
// In: bundle, hash, snapshot, request, each after its length (32 bits); out: the answer after its length.
// Last, on the error output, whether the deferred part was needed.
import { readFileSync, writeSync } from "node:fs";
import path from "node:path";
import { runImage, runPlain } from "./run.mjs";
import { readQuestions } from "./training.mjs";

const [folder, variant = "image", first] = process.argv.slice(2);
const { files } = JSON.parse(readFileSync(path.join(folder, "engine.json"), "utf8"));
const engine = await (variant === "plain"
  ? runPlain(path.join(folder, files["engine-library"].name))
  : runImage(folder));
if (first === "--deferred") engine.complete();

const parts = [];
for await (const part of process.stdin) parts.push(part);
for (const { bundle, hash, snapshot, request } of readQuestions(Buffer.concat(parts))) {
  tell(engine.answer(bundle, hash, snapshot, request));
}
process.stderr.write(engine.deferred() ? "deferred\n" : "first part only\n");

/** @param {string} text */
function tell(text) {
  const body = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  const all = Buffer.concat([length, body]);
  for (let written = 0; written < all.length; ) written += writeSync(1, all, written);
}
