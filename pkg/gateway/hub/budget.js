// The permits of one account, on any host.

import { createMetrics } from "../metrics.js";
import { BUCKETS, VERSION } from "./effects.js";

/**
 * @typedef {object} BudgetStore
 * @property {(key: string) => string | undefined} get
 * @property {(key: string, text: string) => void} put
 */

export class BudgetObject {
  /** @type {import("./machines.js").Cell} */
  #cell = { id: undefined };
  /** @type {ReturnType<typeof createMetrics> | undefined} */
  #counted;

  /**
   * @param {BudgetStore} store
   * @param {import("./machines.js").Machines} machines
   */
  constructor(store, machines) {
    this.store = store;
    this.machines = machines;
  }

  /**
   * @param {{ url: string, method: string, text(): Promise<string> }} request
   * @returns {Promise<Response>}
   */
  async fetch(request) {
    const { pathname, searchParams: query } = new URL(request.url);
    if (query.get("v") !== VERSION) return new Response("version", { status: 400 });
    if (request.method === "POST") this.#count(await request.text());
    if (pathname === "/metrics") return new Response(this.#metrics().text());
    const bucket = BUCKETS.indexOf(query.get("bucket") ?? "");
    if (pathname !== "/permit" || bucket < 0) return new Response("path", { status: 404 });
    const throttled = query.get("throttled") ?? "-";
    const { wait, stretch } = this.#permit(bucket, query.get("key") ?? "", throttled === "-" ? -1 : Number(throttled));
    return new Response(`wait ${wait} ${stretch}`);
  }

  /** Releases the machine: the object is not used any more. */
  release() {
    this.machines.release(this.#cell);
  }

  /**
   * @param {number} bucket
   * @param {string} key
   * @param {number} throttled
   */
  #permit(bucket, key, throttled) {
    const { machines, store } = this;
    const { call } = machines;
    return machines.use(
      this.#cell,
      () => call("budgetOpen", store.get("budget") ?? ""),
      (budget) => {
        /** @type {string[]} */
        const [, wait, stretch, record] = call("budgetPermit", budget, Date.now(), bucket, key, throttled).split("\t");
        store.put("budget", record);
        return { wait, stretch };
      },
    );
  }

  #metrics() {
    if (!this.#counted) {
      this.#counted = createMetrics();
      this.#counted.merge(this.store.get("metrics") ?? "");
    }
    return this.#counted;
  }

  /**
   * Adds what an isolate has counted.
   *
   * @param {string} deltas
   */
  #count(deltas) {
    if (deltas === "") return;
    const metrics = this.#metrics();
    metrics.merge(deltas);
    this.store.put("metrics", metrics.snapshot());
  }
}
