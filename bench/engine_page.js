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

/** @returns {Promise<[number, string]>} */
async function decideByEngine({ hash, snapshot, request }) {
  const from = performance.now();
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.src = "p/ZN_1/frame";
  const { port1: port, port2 } = new MessageChannel();
  const answer = new Promise((resolve, reject) => {
    port.onmessage = ({ data }) => {
      if (data.answer) resolve(data.answer);
      if (data.error) reject(new Error(data.error));
    };
  });
  frame.onload = () => {
    frame.contentWindow.postMessage({ askwell: 1, hello: true }, origin, [port2]);
    const bytes = new Uint8Array(snapshot).buffer;
    port.postMessage({ id: 1, bundle: hash, snapshot: bytes, request }, [bytes]);
  };
  document.body.append(frame);
  const text = await answer;
  return [performance.now() - from, text];
}
