// Runs the corpus inside Pyodide as published, with the core's wheel:
// node in_node.mjs WHEEL MSGPACK FILE… prints {"urls": {"failures": [[case, what], …], "digest": "…"}, …}.
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { readPackage, startPython } from "../../snippet/engine/python.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [wheel, msgpack, ...files] = process.argv.slice(2);
const driver = new Uint8Array(readFileSync(path.join(root, "tests/decisions/driver.py")));
const python = await startPython({ modules: { "driver.py": driver, ...(await readPackage(msgpack)) } });
python.unpackArchive(new Uint8Array(readFileSync(wheel)), "wheel");
const driven = python.runPython("import driver; driver");
const found = files.map((file) => {
  const text = readFileSync(file, "utf8");
  return [path.parse(file).name, { failures: JSON.parse(driven.run(text)), digest: driven.digest(text) }];
});
process.stdout.write(JSON.stringify(Object.fromEntries(found)));
