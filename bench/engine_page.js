// The benchmark's page: from the first line of its script to a decision, by one way or the other.

/** @returns {Promise<[number, string]>} milliseconds and the answer */
async function decideByStock({ hash, snapshot, request }) {
  const from = performance.now();
  const worker = new Worker("stock-worker.mjs", { type: "module" });
  const answer = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = reject;
    worker.postMessage({ hash, snapshot: new Uint8Array(snapshot), request });
  });
  return [performance.now() - from, answer];
}

/** The engine's frame, once it is there. */
let engine;

/** One question over the frame's port. */
function ask({ hash, snapshot, request }) {
  const { port } = engine;
  const bytes = new Uint8Array(snapshot).buffer;
  return new Promise((resolve, reject) => {
    port.onmessage = ({ data }) => {
      if (data.answer) resolve(data);
      if (data.error) reject(new Error(data.error));
    };
    port.postMessage({ id: 1, bundle: hash, snapshot: bytes, request }, [bytes]);
  });
}

/** @returns {Promise<[number, string]>} */
async function decideByEngine(question) {
  const from = performance.now();
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.src = "p/ZN_1/frame";
  const { port1: port, port2 } = new MessageChannel();
  engine = { port };
  const loaded = new Promise((resolve) => {
    frame.onload = resolve;
  });
  document.body.append(frame);
  await loaded;
  frame.contentWindow.postMessage({ askwell: 1, hello: true }, origin, [port2]);
  const { answer } = await ask(question);
  return [performance.now() - from, answer];
}

/** @returns {Promise<[number, number][]>} round trip and time in the core, of a live engine, again and again */
async function liveDecisions(question, count) {
  const found = [];
  for (let done = 0; done < count; done++) {
    const from = performance.now();
    const { marks } = await ask(question);
    found.push([performance.now() - from, marks.decide]);
  }
  return found;
}
