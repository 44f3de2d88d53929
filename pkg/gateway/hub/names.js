// The names of the objects, and the connection to them.

import { VERSION } from "./effects.js";

/** Maximum length of a name in bytes. Names are ASCII. */
const MAX_NAME = 512;

/**
 * What the option `hub` returns.
 *
 * @typedef {object} Bindings
 * @property {import("./memory.js").Namespace} executions
 * @property {import("./memory.js").Namespace} account
 * @property {string} [name]
 */

/**
 * The name of the account and the region: upstream calls count there.
 *
 * @param {Bindings} bindings
 * @param {any} upstream the client options
 */
export function accountName({ name }, upstream) {
  const { credentials, region, endpoint } = upstream ?? {};
  const isStatic = typeof credentials?.accessKeyId === "string" && credentials.securityToken === undefined;
  const account = name ?? (isStatic ? credentials.accessKeyId : "default");
  return [account, region ?? endpoint ?? ""].map((part) => encodeURIComponent(String(part))).join("/");
}

/**
 * The objects of one execution, as a Worker reaches them.
 *
 * @typedef {object} Objects
 * @property {(path: string, query: Record<string, string | number>, init?: any, leaf?: string) => Promise<any>} hub
 * @property {(query: Record<string, string | number>) => Promise<{ wait: number, stretch: number }>} permit
 * @property {() => Promise<string>} metrics those of all Workers of the account
 */

/**
 * @param {Bindings} bindings
 * @param {any} upstream
 * @param {import("../gateway.js").Metrics} metrics
 * @param {string} flow
 * @param {string} execution "" for the list of a flow
 * @returns {Objects}
 */
export function objectsOf(bindings, upstream, metrics, flow, execution) {
  const account = accountName(bindings, upstream);
  const key = `${encodeURIComponent(flow)}/${encodeURIComponent(execution)}`;

  /**
   * @param {import("./memory.js").Namespace} namespace
   * @param {string} name
   * @param {string} path
   * @param {Record<string, string | number>} query
   * @param {any} [init]
   */
  const ask = async (namespace, name, path, query, init) => {
    const id = namespace.idFromName(await shortened(name));
    const parameters = new URLSearchParams({ v: VERSION });
    for (const [name, value] of Object.entries(query)) parameters.set(name, String(value));
    // A new stub for each request: one whose object failed stays unusable.
    return namespace.get(id).fetch(`https://hub/${path}?${parameters}`, init);
  };

  /**
   * Asks the budget, and sends what this isolate has counted.
   *
   * @param {string} path
   * @param {Record<string, string | number>} query
   */
  const budget = async (path, query) => {
    const deltas = metrics.takeDeltas();
    try {
      return await ask(bindings.account, account, path, query, deltas ? { method: "POST", body: deltas } : undefined);
    } catch (error) {
      metrics.returnDeltas(deltas);
      throw error;
    }
  };

  return {
    hub: (path, query, init, leaf = "") =>
      ask(
        bindings.executions,
        // No part contains a slash: the object of a leaf has the name of no other execution.
        `${account}/${key}${leaf && `/${leaf}`}`,
        path,
        { ...query, flow, execution, ...(leaf && { leaf }) },
        init,
      ),

    async permit(query) {
      const response = await budget("permit", { ...query, key });
      const [word, wait, stretch] = (await response.text()).split(" ");
      if (response.status !== 200 || word !== "wait") throw new Error(`the budget answered ${response.status}`);
      return { wait: Number(wait), stretch: Number(stretch) };
    },

    metrics: async () => (await budget("metrics", {})).text(),
  };
}

/**
 * The name, or its SHA-256 if it is long.
 *
 * @param {string} name
 */
async function shortened(name) {
  if (name.length <= MAX_NAME) return name;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name));
  return `sha256:${hex(new Uint8Array(digest))}`;
}

/** @param {Uint8Array} bytes */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
