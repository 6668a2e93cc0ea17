// Stock Pyodide with its defaults, deciding what the engine decides: the benchmark's other side.
import { loadPyodide } from "./stock/pyodide.mjs";

onmessage = async ({ data: { bundle, hash, snapshot, request } }) => {
  const python = await loadPyodide({ indexURL: new URL("./stock/", import.meta.url).href });
  const core = await (await fetch("core.zip")).arrayBuffer();
  python.unpackArchive(new Uint8Array(core), "zip");
  const answer = python.runPython(`
from askwell_runtime.browser import answer_bytes
lambda bundle, name, snapshot, request: answer_bytes(
    bundle.to_bytes(), name, snapshot.to_bytes(), request).decode()
`);
  const body = new Uint8Array(await (await fetch(`b/${hash}`)).arrayBuffer());
  postMessage(answer(body, hash, snapshot, request));
};
