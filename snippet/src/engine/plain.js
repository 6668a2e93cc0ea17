// @ts-check
// The plain engine: Pyodide as its makers publish it, by documented options only, with a smaller library.

/** Python that gives the door back, to be called with JavaScript's byte arrays. */
export const OPEN_DOOR = `
from askwell_door import answer as _answer
def answer(bundle, bundle_hash, snapshot, request):
    return _answer(bundle.to_bytes(), bundle_hash.encode(), snapshot.to_bytes(), request.to_bytes()).decode()
answer
`;

/**
 * Boots Pyodide, everything it needs being fetched at once.
 *
 * @param {import("./types.d.ts").EngineFiles} files
 * @param {RequestPriority} priority
 * @returns {Promise<import("./types.d.ts").Interpreter>}
 */
export async function startPlain(files, priority) {
  const at = (/** @type {string} */ name) => new URL(name, self.location.href).href;
  const bytes = async (/** @type {Response} */ body) => new Blob([await body.arrayBuffer()]);
  const from = performance.now();
  const wasm = fetch(at(files.wasm), { priority, integrity: files.wasmIntegrity });
  const stdlib = fetch(at(files.stdlib), { priority, integrity: files.stdlibIntegrity }).then(bytes);
  const [{ loadPyodide }, glue, library] = await Promise.all([
    fetch(at(files.loader), { priority, integrity: files.loaderIntegrity }).then(imported),
    fetch(at(files.glue), { priority, integrity: files.glueIntegrity }).then(imported),
    stdlib,
    wasm.then(mustBeThere),
  ]);
  const fetchedAt = performance.now();
  const stdLibURL = URL.createObjectURL(library);
  const restore = answerFetchOf("pyodide.asm.wasm", wasm);
  try {
    const python = await loadPyodide({
      indexURL: new URL(".", self.location.href).href,
      createPyodideModule: glue.default,
      lockFileContents: files.lock,
      packageBaseUrl: new URL(".", self.location.href).href,
      stdLibURL,
      env: { PYTHONHASHSEED: "0", PYTHONDONTWRITEBYTECODE: "1" },
      stdout: () => {},
      stderr: () => {},
    });
    const answer = python.runPython(OPEN_DOOR);
    return { answer, spent: () => false, boot: { fetch: fetchedAt - from, restore: performance.now() - fetchedAt } };
  } finally {
    restore();
    URL.revokeObjectURL(stdLibURL);
  }
}

/** A module of the bytes that were checked: what is imported by its address is not. @param {Response} response */
async function imported(response) {
  const address = URL.createObjectURL(new Blob([await response.arrayBuffer()], { type: "text/javascript" }));
  try {
    return await import(address);
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Without its WebAssembly, Pyodide would wait for ever. @param {Response} response */
function mustBeThere(response) {
  if (!response.ok) throw new Error("missing");
}

/**
 * Pyodide asks for its WebAssembly by a fixed name; ours is named by its content and already on its way.
 *
 * @param {string} name
 * @param {Promise<Response>} response
 */
function answerFetchOf(name, response) {
  const fetched = self.fetch;
  self.fetch = (input, options) => (String(input).endsWith(name) ? response : fetched.call(self, input, options));
  return () => {
    self.fetch = fetched;
  };
}
