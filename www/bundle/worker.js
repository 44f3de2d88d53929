// Starts a Worker thread after its modules are loaded. Messages that arrive earlier are delivered then.

import { load } from "./modules.js";

/**
 * @param {Record<string, URL>} urls
 * @param {() => Promise<unknown>} main imports the Worker
 */
export async function startWorker(urls, main) {
  /** @type {MessageEvent[]} */
  const early = [];
  const keep = (/** @type {MessageEvent} */ event) => {
    early.push(event);
    event.stopImmediatePropagation();
  };
  addEventListener("message", keep);
  try {
    await load(urls);
    await main();
  } catch (error) {
    // The page receives it as the event `error` of the Worker.
    reportError(error);
    return;
  }
  removeEventListener("message", keep);
  for (const { data, ports } of early) dispatchEvent(new MessageEvent("message", { data, ports: [...ports] }));
}
