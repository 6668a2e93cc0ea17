// @ts-check
// The engine's hidden frame on the edge's origin: answers pages of the allowed origins, each over its own port.
import { openDesk } from "./desk.js";

/** @type {import("./types.d.ts").FrameSettings} */
const settings = JSON.parse(document.getElementById("askwell-engine")?.textContent ?? '{"origins": []}');
const beacons = new URL("beacons", location.href).href; // the frame is served beside them
const desk = openDesk(new URL(ENGINE_WORKER, import.meta.url).href, beacons, settings);

addEventListener("message", ({ origin, data, ports }) => {
  if (!settings.origins.includes(origin) || data?.askwell !== 1 || data.hello !== true || ports.length !== 1) return;
  const page = ports[0];
  page.onmessage = (message) => desk.hear(page, message.data);
  page.addEventListener("close", () => desk.dismiss(page));
  desk.welcome(page);
});
