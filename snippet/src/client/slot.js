// @ts-check
// A slot under the caps that the edge granted with its decision, until the moment to show has come.
import { onLeaving } from "./leaving.js";

/** @typedef {import("../types").Claimed} Claimed */

/**
 * Given back when the page goes away before it was used: the next page may use it.
 *
 * @param {Claimed | undefined} claimed
 * @param {(claim: string) => Promise<unknown>} giveBack
 */
export function holdSlot(claimed, giveBack) {
  const at = Date.now();
  let held = claimed;
  const take = () => {
    stay();
    const taken = held;
    held = undefined;
    return taken;
  };
  const leave = async () => {
    const claim = take()?.claim;
    if (claim) await giveBack(claim);
  };
  const stay = claimed?.claim ? onLeaving(leave) : () => {};
  return {
    /** The edge's word, or undefined where it must be asked (anew: half of the lease is left for painting). */
    use() {
      const { lease_ms = 0 } = held ?? {};
      const old = Math.abs(Date.now() - at) > lease_ms / 2;
      const taken = take();
      return taken?.granted && old ? undefined : taken;
    },
    leave,
  };
}
