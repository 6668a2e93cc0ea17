// @ts-check
// For a page of the edge's own origin: the worker is its own to open, and needs no frame to live behind.
import { openDesk } from "./desk.js";

/** @typedef {import("./types.d.ts").Told} Told */

/**
 * @param {string} address of this very script; the worker's lies beside it
 * @param {(script: string) => string} trusted what a page with Trusted Types takes for it
 * @param {import("./types.d.ts").DeskSettings} settings
 * @param {(told: Told) => void} hear
 * @returns {(data: unknown) => void} says something to the engine
 */
export function connect(address, trusted, settings, hear) {
  const desk = openDesk(trusted(new URL(ENGINE_WORKER, address).href), settings);
  const page = { postMessage: hear };
  desk.welcome(page);
  return (data) => desk.hear(page, data);
}
