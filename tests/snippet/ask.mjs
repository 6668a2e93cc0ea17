// Runs the page's own modules on questions from the standard input: [["may_show", …], ["look_up", …], ["device", …]].
import { readFileSync } from "node:fs";

const source = new URL("../../snippet/src/", import.meta.url);
const { mayShow } = await import(new URL("prefilter.js", source));
const { lookUp } = await import(new URL("path.js", source));
const { readDevice } = await import(new URL("client/device.js", source));

function lookedUp(from, path) {
  try {
    const value = lookUp(from, path);
    return value === undefined ? "undefined" : value;
  } catch (problem) {
    return `!${problem.name}`;
  }
}

const answers = {
  may_show: ([prefilter, url, now]) => mayShow(prefilter, url, now),
  look_up: ([from, path]) => lookedUp(from, path),
  device: ([agent, touch]) => Object.values(readDevice(agent, touch)),
};
const asked = JSON.parse(readFileSync(0, "utf-8"));
process.stdout.write(JSON.stringify(asked.map(([what, ...words]) => answers[what](words))));
