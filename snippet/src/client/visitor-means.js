// @ts-check
// Whether a visitor's connection and machine can afford an engine fetched ahead of need.

/** Less memory than this (GiB, as browsers report it) and the edge decides. */
const LEAST_MEMORY = 1;

/**
 * @param {Navigator & {connection?: {saveData?: boolean, effectiveType?: string}, deviceMemory?: number}} visitor
 * @returns {boolean}
 */
export function mayFetchEngine({ connection, deviceMemory }) {
  if (connection?.saveData) return false;
  if (connection?.effectiveType === "slow-2g" || connection?.effectiveType === "2g") return false;
  return deviceMemory === undefined || deviceMemory >= LEAST_MEMORY;
}
