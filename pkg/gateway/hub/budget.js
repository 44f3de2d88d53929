// The permits of one account, on any host.

import { BUCKETS, VERSION } from "./effects.js";

/** Maximum number of counters that an account keeps. */
const MAX_COUNTERS = 10_000;

/**
 * @typedef {object} BudgetStore
 * @property {(key: string) => string | undefined} get
 * @property {(key: string, text: string) => void} put
 */

export class BudgetObject {
  /** @type {import("./machines.js").Cell} */
  #cell = { id: undefined };
  /** @type {Map<string, number> | undefined} */
  #counters;

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
    if (pathname === "/metrics") return new Response([...this.#all()].map((entry) => entry.join(" ")).join("\n"));
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
        /** @type {number} */
        const packed = call("budgetPermit", budget, Date.now(), bucket, key, throttled);
        store.put("budget", call("budgetRecord", budget));
        return { wait: Math.floor(packed / 64), stretch: packed % 64 };
      },
    );
  }

  #all() {
    this.#counters ??= new Map(Object.entries(JSON.parse(this.store.get("counters") ?? "{}")));
    return this.#counters;
  }

  /**
   * Adds to the counters: lines of a name and a number.
   *
   * @param {string} text
   */
  #count(text) {
    if (text === "") return;
    const counters = this.#all();
    for (const line of text.split("\n")) {
      const at = line.lastIndexOf(" ");
      const [name, value] = [line.slice(0, at), Number(line.slice(at + 1))];
      if (at <= 0 || !Number.isFinite(value) || (!counters.has(name) && counters.size >= MAX_COUNTERS)) continue;
      counters.set(name, (counters.get(name) ?? 0) + value);
    }
    this.store.put("counters", JSON.stringify(Object.fromEntries(counters)));
  }
}
