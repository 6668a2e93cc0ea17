// What a page needs to talk to the engine's frame; the tests' own, so that the frame is tested alone.
const asked = new Map();
const states = [];
let port;

/** Embeds the frame and gives the first state it tells, or "nothing" when it keeps silent. */
function embed(address, target = new URL(address).origin) {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.src = address;
  return new Promise((resolve) => {
    frame.onload = () => {
      const channel = new MessageChannel();
      port = channel.port1;
      port.onmessage = ({ data }) => {
        if ("state" in data) resolve(states[states.push(data.state) - 1]);
        else asked.get(data.id)(data);
      };
      frame.contentWindow.postMessage({ askwell: 1, hello: true }, target, [channel.port2]);
      setTimeout(resolve, 3000, "nothing");
    };
    document.body.append(frame);
  });
}

/** Resolves with the frame's answer. */
function ask([bundle, snapshot, request]) {
  return new Promise((resolve) => {
    const id = asked.size + 1;
    asked.set(id, resolve);
    const bytes = new Uint8Array(snapshot).buffer;
    port.postMessage({ id, bundle, snapshot: bytes, request }, [bytes]);
  });
}
