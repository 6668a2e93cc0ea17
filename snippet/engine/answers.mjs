#!/usr/bin/env node
// @ts-check
// Answers questions from standard input with a built engine: node engine/answers.mjs FOLDER [image|plain]
// In: bundle, hash, snapshot, request, each after its length (32 bits); out: the answer after its length.
// Where an engine from the image breaks, the plain one answers and another goes on. Last, on the error output, how
// often that was.
import { readFileSync } from "node:fs";
import path from "node:path";
import { runImage, runPlain } from "./run.mjs";
import { readQuestions } from "./training.mjs";

const [folder, variant = "image"] = process.argv.slice(2);
const { files } = JSON.parse(readFileSync(path.join(folder, "engine.json"), "utf8"));
const start = {
  image: () => runImage(folder),
  plain: () => runPlain(path.join(folder, files["engine-library"].name)),
};
let engine = await start[variant]();
let plain;
let broken = 0;

const parts = [];
for await (const part of process.stdin) parts.push(part);
for (const { bundle, hash, snapshot, request } of readQuestions(Buffer.concat(parts))) {
  let answer;
  try {
    answer = engine.answer(bundle, hash, snapshot, request);
  } catch (failure) {
    if (variant === "plain") throw failure;
    broken += 1;
    engine = await start.image();
    plain ??= await start.plain();
    answer = plain.answer(bundle, hash, snapshot, request);
  }
  tell(answer);
}
process.stderr.write(`${broken}\n`);

/** @param {string} text */
function tell(text) {
  const body = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  process.stdout.write(Buffer.concat([length, body]));
}
