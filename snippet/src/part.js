// @ts-check
// Loads a further script of ours: only the bytes that the start file names, and without a global.

/** @type {{createScriptURL: (address: string) => any} | undefined} */
let policy;

/**
 * The script's exports. It is a classic script, since only there every browser refuses other bytes than `integrity`;
 * it finds its way back by a property of its own element (build.mjs).
 *
 * @param {string} address
 * @param {string | undefined} integrity
 * @param {string | undefined} nonce of the loader's own element, for policies that ask for one
 * @returns {Promise<any>}
 */
export function loadPart(address, integrity, nonce) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const over = () => {
      script.remove();
      reject(new Error("part_not_loaded")); // unless it has called back
    };
    Object.assign(script, { askwell: resolve, onload: over, onerror: over, crossOrigin: "", integrity });
    if (!integrity) return over(); // nothing unchecked
    if (nonce) script.nonce = nonce;
    script.src = trusted(address);
    document.documentElement.append(script);
  });
}

/** Where the page wants Trusted Types, by a policy named `askwell`. @param {string} address */
export function trusted(address) {
  try {
    policy ??= /** @type {any} */ (window).trustedTypes.createPolicy("askwell", {
      createScriptURL: (/** @type {string} */ each) => each,
    });
    return policy?.createScriptURL(address) ?? address;
  } catch {
    return address;
  }
}
