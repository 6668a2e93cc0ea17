// @ts-check
// Where built files go: each named by its content, with the integrity that a page can check, and
// beside it the compressed forms that are served in its place.
import { createHash } from "node:crypto";
import { readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/**
 * @typedef {{name: string, integrity: string, bytes: number, brotli: number}} Written
 * @typedef {object} Output
 * @property {Record<string, Written>} written by stem
 * @property {(stem: string, ending: string, body: Uint8Array | string, effort?: Effort) => Promise<string>} write
 * @property {() => Promise<void>} clean takes away what earlier builds left
 * @typedef {"all" | "some"} Effort
 */

/** Brotli's quality: all of it for what every visitor needs, less for what hardly anyone does. */
const QUALITY = { all: 11, some: 9 };

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
    async write(stem, ending, body, effort = "all") {
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
      const name = `${stem}-${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}${ending}`;
      const integrity = `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
      const [br, gz] = await Promise.all([compress(bytes, QUALITY[effort]), promisify(gzip)(bytes, { level: 9 })]);
      const file = path.join(folder, name);
      await Promise.all([writeFile(file, bytes), writeFile(`${file}.br`, br), writeFile(`${file}.gz`, gz)]);
      written[stem] = { name, integrity, bytes: bytes.length, brotli: br.length };
      say(`${name}: ${bytes.length} bytes, ${br.length} compressed`);
      return name;
    },
    async clean() {
      const kept = new Set(Object.values(written).flatMap(({ name }) => [name, `${name}.br`, `${name}.gz`]));
      const ours = (await readdir(folder)).filter((name) => /^engine-[a-z-]*[0-9a-f]{16}\./.test(name));
      await Promise.all(ours.filter((name) => !kept.has(name)).map((name) => rm(path.join(folder, name))));
    },
  };
}

/** @param {Uint8Array} bytes @param {number} quality */
function compress(bytes, quality) {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = constants;
  const params = { [BROTLI_PARAM_QUALITY]: quality, [BROTLI_PARAM_LGWIN]: 24, [BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return promisify(brotliCompress)(bytes, { params });
}
