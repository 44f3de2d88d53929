// The endpoint of the page: the gateway at `api/`, and the control server at `control/` if there is one.

import { createClient } from "cloudflow-wasm/ask";
import { createControl } from "./control.js";

/**
 * Creates the calls of the page. `needsNetwork` is false if `fetch` reaches the endpoint without a network.
 *
 * @param {{ base: string | URL, fetch?: typeof fetch, needsNetwork?: boolean }} options
 */
export function createApi({ base, fetch: given, needsNetwork = true }) {
  const send = given ?? ((/** @type {any} */ input, /** @type {any} */ init) => fetch(input, init));
  /** @type {Set<(response: Response) => void>} */
  const listeners = new Set();

  /** @param {string} input @param {RequestInit} [init] */
  async function observed(input, init) {
    const response = await send(input, init);
    for (const listener of listeners) listener(response);
    return response;
  }

  return {
    needsNetwork,
    /** Its functions can be called when `modules.ready("ask")` has resolved. */
    client: createClient({ endpoint: new URL("api/", base).href, fetch: observed }),

    /**
     * Calls a listener with each response of the gateway. Returns the function that ends this.
     *
     * @param {(response: Response) => void} listener
     */
    onResponse(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    ...createControl(base, send),
  };
}

/** @typedef {ReturnType<typeof createApi>} Api */
