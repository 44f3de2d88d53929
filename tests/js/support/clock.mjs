// Virtual time for tests. While it is installed, it replaces `setTimeout`, `Date.now()` and `performance.now()`: hours
// take milliseconds, and the order of events is deterministic.

/**
 * Runs `body(time)` in virtual time.
 *
 *     time.now()       milliseconds since it began
 *     time.until(promise, mostMs)   advances the time until the promise settles, and returns its result
 *     time.pass(ms)    advances the time
 *     time.settle()    runs everything that needs no time
 *     time.suspend(ms, { steady })  the machine sleeps: no timer fires; `steady`: the steady clock stops
 *     time.timers()    number of active timers
 */
export async function virtually(body) {
  const real = { setTimeout, clearTimeout, now: Date.now, steady: Object.getOwnPropertyDescriptor(performance, "now") };
  const clock = new Clock();
  globalThis.setTimeout = (then, ms = 0, ...args) => clock.set(() => then(...args), ms);
  globalThis.clearTimeout = (timer) => clock.clear(timer);
  Date.now = () => clock.wall;
  Object.defineProperty(performance, "now", { value: () => clock.steady, configurable: true, writable: true });
  try {
    return await body(clock);
  } finally {
    globalThis.setTimeout = real.setTimeout;
    globalThis.clearTimeout = real.clearTimeout;
    Date.now = real.now;
    delete performance.now;
    // In Bun it is an own property.
    if (real.steady) Object.defineProperty(performance, "now", real.steady);
  }
}

/**
 * A clock for `createEmulator` that advances only when the test calls `pass(ms)`, which fires the due timers. For tests
 * that use real time elsewhere.
 */
export function manualClock() {
  let now = Date.now();
  let last = 0;
  const timers = new Map();
  return {
    now: () => now,
    setTimeout(wake, ms) {
      last += 1;
      timers.set(last, { wake, at: now + ms });
      return last;
    },
    clearTimeout: (timer) => void timers.delete(timer),
    pass(ms) {
      now += ms;
      for (const [timer, { wake, at }] of [...timers]) if (at <= now && timers.delete(timer)) wake();
    },
  };
}

/** Number of turns without a new timer after which everything is done: a body is read in several turns. */
const QUIET_HOPS = 6;

class Clock {
  began = 1_800_000_000_000;
  wall = this.began;
  steady = 1_000_000;
  #timers = new Map();
  #last = 0;
  #moves = 0;
  #hop = hops();

  set(then, ms) {
    this.#last += 1;
    this.#moves += 1;
    this.#timers.set(this.#last, { then, at: this.steady + Math.max(0, Number(ms) || 0) });
    return this.#last;
  }

  clear(timer) {
    if (this.#timers.delete(timer)) this.#moves += 1;
  }

  now() {
    return this.steady - 1_000_000;
  }

  timers() {
    return this.#timers.size;
  }

  async settle() {
    for (let quiet = 0; quiet < QUIET_HOPS; quiet += 1) {
      const before = this.#moves;
      await this.#hop();
      if (this.#moves !== before) quiet = 0;
    }
  }

  async pass(ms) {
    const end = this.steady + ms;
    await this.settle();
    while (await this.#next(end));
    this.#advance(end - this.steady);
  }

  async until(promise, mostMs = 24 * 3_600_000) {
    let settled = false;
    const done = () => (settled = true);
    promise.then(done, done);
    const end = this.steady + mostMs;
    await this.settle();
    while (!settled && (await this.#next(end)));
    if (!settled) throw new Error(`it is not settled after ${mostMs} ms, with ${this.#timers.size} timers set`);
    return promise;
  }

  async suspend(ms, { steady = false } = {}) {
    await this.settle();
    this.wall += ms;
    if (!steady) this.steady += ms;
  }

  /** Fires the next timer that is due before `end`. Returns false if there is none. */
  async #next(end) {
    let first;
    for (const [timer, { at }] of this.#timers) {
      if (first === undefined || at < this.#timers.get(first).at) first = timer;
    }
    if (first === undefined || this.#timers.get(first).at > end) return false;
    const { then, at } = this.#timers.get(first);
    this.#timers.delete(first);
    this.#advance(at - this.steady);
    then();
    await this.settle();
    return true;
  }

  /** A late timer does not move the clocks backwards. */
  #advance(ms) {
    this.wall += Math.max(0, ms);
    this.steady += Math.max(0, ms);
  }
}

/** Returns a function that waits for one turn of the host's event loop. */
function hops() {
  if (globalThis.setImmediate) return () => new Promise((resolve) => setImmediate(resolve));
  if (!globalThis.document) {
    const timeout = setTimeout;
    return () => new Promise((resolve) => timeout(resolve, 0));
  }
  const { port1, port2 } = new MessageChannel();
  return () =>
    new Promise((resolve) => {
      port1.onmessage = resolve;
      port2.postMessage(0);
    });
}
