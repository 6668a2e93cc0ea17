// @ts-check
// The hidden frame that the engine lives behind where the edge's origin is not the page's.

/** @param {string} address @param {(told: any) => void} hear @returns {(data: object, given?: Transferable[]) => void} */
export function sayThroughFrame(address, hear) {
  const { port1: port, port2: theirs } = new MessageChannel();
  port.onmessage = ({ data }) => hear(data);
  // To whatever is there: where the frame was refused that is the browser's own page, and to name another origin than its
  // would write a line into the console. What is said over the port is of this page alone, which could read it anyway.
  embed(address, (frame) => frame.postMessage({ askwell: 1, hello: true }, "*", [theirs]));
  return (data, given = []) => port.postMessage(data, given);
}

/** A frame that nobody sees, and that takes no place. @param {string} address @param {(frame: Window) => void} greet */
function embed(address, greet) {
  const frame = document.createElement("iframe");
  frame.title = "Askwell";
  frame.tabIndex = -1;
  frame.setAttribute("aria-hidden", "true");
  frame.style.setProperty("display", "none", "important");
  let forbidden = false; // by the page's policy; a greeting to what stands there instead would be one more complaint
  const look = (/** @type {SecurityPolicyViolationEvent} */ { blockedURI }) => {
    forbidden ||= blockedURI !== "" && address.startsWith(blockedURI);
  };
  document.addEventListener("securitypolicyviolation", look);
  const arrived = () => {
    document.removeEventListener("securitypolicyviolation", look);
    if (frame.contentWindow && !forbidden) greet(frame.contentWindow);
  };
  frame.addEventListener("load", () => setTimeout(arrived), { once: true });
  frame.src = address;
  document.documentElement.append(frame); // pages replace their body at will
}
