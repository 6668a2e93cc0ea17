// @ts-check
// Who the page says its visitor is. Judged by the core alone; here it is only cut to a size that fits any request.
import { lookUp } from "./path.js";
import { isMap } from "./storage.js";

/** In UTF-16 units, so that whatever is cut is still beyond the core's limits of 100, 200 and 50 characters. */
const REFERENCE_CUT = 400;
const FIELD_CUT = 401;
const PAIR_CUT = 101;
const FIELDS = 12;
const PAIRS = 60;
const TOKEN_CUT = 4097;

/** @param {unknown} config `QSI.config` @returns {import("./types").Who} */
export function readWho(config) {
  if (!isMap(config)) return {};
  /** @type {import("./types").Who} */
  const who = {};
  const { externalReference, externalReferenceToken: token, contact, consent } = config;
  const reference = readReference(externalReference);
  if (reference !== undefined) who.reference = reference;
  if (typeof token === "string") who.token = token.slice(0, TOKEN_CUT);
  if (contact !== undefined && contact !== null) who.contact = readContact(contact);
  if (consent === false) who.consent = consent;
  return who;
}

/** @param {unknown} value */
function readReference(value) {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) return value;
  if (typeof value === "function" || typeof value === "symbol") return true; // no text: the core says so
  return String(value).slice(0, REFERENCE_CUT);
}

/** @param {unknown} contact */
function readContact(contact) {
  if (!isMap(contact)) return true;
  const { attributes, ...fields } = contact;
  const read = cut(fields, FIELDS, FIELD_CUT);
  if (attributes === undefined) return read;
  return { ...read, attributes: isMap(attributes) ? cut(attributes, PAIRS, PAIR_CUT) : true };
}

/** @param {Record<string, any>} map @param {number} most @param {number} length */
function cut(map, most, length) {
  const pairs = Object.entries(map).slice(0, most);
  return Object.fromEntries(pairs.map(([name, value]) => [name.slice(0, PAIR_CUT), plain(value, length)]));
}

/** @param {unknown} value @param {number} length */
function plain(value, length) {
  if (typeof value === "string") return value.slice(0, length);
  return typeof value === "number" || typeof value === "boolean" || value === null ? value : {};
}

/**
 * The published snippet sets nothing when another script has made `QSI` before it. Then its expression is read here,
 * if it is a text, a number or a path such as `shop.user.id`.
 *
 * @returns {unknown}
 */
export function referenceInSnippet() {
  for (const { src, text } of document.scripts) {
    const found = !src && /externalReference['"]?\s*:\s*(?:(["'])(.*?)\1|([\w$.[\]'"]+))\s*[,}]/.exec(text);
    if (!found) continue;
    const [, , quoted, path] = found;
    if (quoted !== undefined) return quoted;
    return /^\d/.test(path) ? Number(path) : lookUp(window, path);
  }
  return undefined;
}
