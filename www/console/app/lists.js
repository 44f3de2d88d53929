// Reads the lists of flows and executions, page by page.

import { problemOf } from "./problem.js";
import { modules } from "./ready.js";

/** Number of entries of a page. */
const PAGE = 30;

/** @param {{ store: import("./store.js").Store, api: import("./api.js").Api }} context */
export function createLists({ store, api }) {
  /** @type {Record<string, AbortController | undefined>} */
  const pending = {};

  /**
   * Reads the first or the next page of a list. A newer request replaces an older one.
   *
   * @param {"flows" | "executions"} name
   * @param {boolean} isNext
   * @param {(nextToken: string | undefined, signal: AbortSignal) => Promise<{ items: any[], nextToken?: string }>} read
   * @param {string} action
   */
  async function page(name, isNext, read, action) {
    pending[name]?.abort();
    const controller = new AbortController();
    pending[name] = controller;
    const before = store.get()[name];
    const nextToken = isNext ? before.nextToken : undefined;
    store.set({ [name]: { ...before, isLoading: true, problem: undefined } });
    try {
      const { items, nextToken: following } = await read(nextToken, controller.signal);
      if (controller.signal.aborted) return;
      const all = isNext ? [...(before.items ?? []), ...items] : items;
      store.set({ [name]: { items: all, isLoading: false, ...(following && { nextToken: following }) } });
    } catch (error) {
      if (controller.signal.aborted) return;
      store.set({ [name]: { ...before, isLoading: false, problem: problemOf(error, action) } });
    }
  }

  const lists = {
    /** @param {{ next?: boolean }} [options] */
    async readFlows({ next = false } = {}) {
      const read = async (/** @type {string | undefined} */ nextToken) => {
        const { flows, nextToken: following } = await api.flows({ limit: PAGE, nextToken });
        return { items: flows, nextToken: following };
      };
      await page("flows", next, read, "ListFlows");
    },

    /** @param {{ next?: boolean }} [options] */
    async readExecutions({ next = false } = {}) {
      const { listed: flowName, filter } = store.get();
      if (!flowName) return;
      const read = async (/** @type {string | undefined} */ nextToken, /** @type {AbortSignal} */ signal) => {
        /** @type {any} */
        const request = { flowName, limit: PAGE, metadataOnly: true };
        if (nextToken) request.nextToken = nextToken;
        if (filter.status) request.status = filter.status;
        if (filter.prefix) request.executionNamePrefix = filter.prefix;
        await modules.ready("ask");
        const { executions, nextToken: following } = await api.client.listExecutions(request, { signal });
        return { items: executions, nextToken: following };
      };
      await page("executions", next, read, "ListExecutions");
    },

    /**
     * Lists the executions of another flow.
     *
     * @param {string} flowName
     */
    list(flowName) {
      if (flowName === store.get().listed) return lists.readExecutions();
      store.set({ listed: flowName, executions: { isLoading: false } });
      return lists.readExecutions();
    },

    /** @param {{ status?: string, prefix?: string }} change */
    filter(change) {
      store.set({ filter: { ...store.get().filter, ...change } });
      return lists.readExecutions();
    },
  };
  return lists;
}
