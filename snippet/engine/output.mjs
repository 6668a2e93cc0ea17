// @ts-check
// Where built files go: each named by its content, with the integrity that a page can check.
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";

/**
 * @typedef {{name: string, integrity: string, bytes: number}} Written
 * @typedef {{written: Record<string, Written>, write: (stem: string, ending: string, body: Uint8Array | string) => Promise<string>}} Output
 */

/**
 * @param {string} folder
 * @param {(text: string) => void} say
 * @returns {Output}
 */
export function openOutput(folder, say) {
  /** @type {Record<string, Written>} */
  const written = {};
  return {
    written,
    async write(stem, ending, body) {
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
      const name = `${stem}-${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}${ending}`;
      const integrity = `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
      await writeFile(path.join(folder, name), bytes);
      written[stem] = { name, integrity, bytes: bytes.length };
      say(`${name} ${bytes.length} bytes`);
      return name;
    },
  };
}
