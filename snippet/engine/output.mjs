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
 *   gives the name; the compressed forms follow in other threads
 * @property {(mine: RegExp) => Promise<void>} finish waits for them, and takes away what earlier builds left of these names
 * @typedef {"all" | "some"} Effort
 */

/** What a build writes is named so. */
const BUILT = /^[a-z-]+-[0-9a-f]{16}\./;

/** Of brotli and gzip: all for what every visitor needs; for what hardly anyone does, a tenth of the time and a tenth more bytes. */
const QUALITY = { all: { brotli: 11, gzip: 9 }, some: { brotli: 6, gzip: 6 } };

/**
 * @param {string} folder
 * @param {(text: string) => void} say
 * @returns {Output}
 */
export function openOutput(folder, say) {
  /** @type {Record<string, Written>} */
  const written = {};
  /** @type {Promise<void>[]} */
  const packing = [];
  return {
    written,
    async write(stem, ending, body, effort = "all") {
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
      const name = `${stem}-${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}${ending}`;
      const integrity = `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
      const file = path.join(folder, name);
      await writeFile(file, bytes);
      written[stem] = { name, integrity, bytes: bytes.length, brotli: 0 };
      packing.push(
        packBeside(file, bytes, QUALITY[effort]).then((brotli) => {
          written[stem].brotli = brotli;
          say(`${name}: ${bytes.length} bytes, ${brotli} compressed`);
        }),
      );
      return name;
    },
    async finish(mine) {
      await Promise.all(packing);
      const kept = new Set(Object.values(written).flatMap(({ name }) => [name, `${name}.br`, `${name}.gz`]));
      const left = (await readdir(folder)).filter((name) => BUILT.test(name) && mine.test(name) && !kept.has(name));
      await Promise.all(left.map((name) => rm(path.join(folder, name))));
    },
  };
}

/**
 * @param {string} file
 * @param {Uint8Array} bytes
 * @param {{brotli: number, gzip: number}} quality
 * @returns {Promise<number>} size of the brotli form
 */
async function packBeside(file, bytes, quality) {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = constants;
  const params = {
    [BROTLI_PARAM_QUALITY]: quality.brotli,
    [BROTLI_PARAM_LGWIN]: 24,
    [BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(bytes, { params }),
    promisify(gzip)(bytes, { level: quality.gzip }),
  ]);
  await Promise.all([writeFile(`${file}.br`, br), writeFile(`${file}.gz`, gz)]);
  return br.length;
}
