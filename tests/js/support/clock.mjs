// Time that a test moves by hand. While it is installed, `setTimeout`, `Date.now()` and `performance.now()` are
// the test's: hours pass in milliseconds, and the same way each time.

/**
 * Runs `body(time)` in a time of its own.
 *
 *     time.now()       milliseconds since it began
 *     time.until(promise, mostMs)   lets time pass until the promise settles, and gives what it came to
 *     time.pass(ms)    lets so much time pass
 *     time.settle()    lets happen what can happen without time
 *     time.suspend(ms, { steady })  the machine sleeps: no timer fires meanwhile; `steady`: the steady clock stands
 *     time.timers()    how many timers are set
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
    // In Bun it was the object's own.
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

/** Hops that bring nothing new before everything counts as done: a body is read in several. */
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

  /** Lets the next timer fire, if one is due until then. */
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

  /** A timer that is late does not turn the clocks back. */
  #advance(ms) {
    this.wall += Math.max(0, ms);
    this.steady += Math.max(0, ms);
  }
}

/** A turn of the host's own loop, without its timers where they are slow. */
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
