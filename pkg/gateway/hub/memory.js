// The objects of a gateway in one process: the same code as on Durable Objects, with sockets, storage and alarms in
// memory.

import { BudgetObject } from "./budget.js";
import { createNonces } from "./nonces.js";
import { HubObject } from "./object.js";

/** @typedef {import("./object.js").Host} Host */

/** Maximum of the texts that idle objects keep, in characters, and maximum number of idle objects. */
const MAX_CHARACTERS = 64_000_000;
const MAX_IDLE = 10_000;

/**
 * What the gateway needs of a namespace, which is the part of a `DurableObjectNamespace` that it uses.
 *
 * @typedef {object} Namespace
 * @property {(name: string) => any} idFromName
 * @property {(id: any) => { fetch(url: string, init?: RequestInit): Promise<any> }} get
 */

/**
 * @param {import("./machines.js").Machines} machines
 * @param {import("./object.js").OwnPoll} poll
 */
export function memoryHub(machines, poll) {
  /** In the order of their last use. @type {Map<string, MemoryHost>} */
  const hubs = new Map();
  /** @type {Map<string, BudgetObject>} */
  const budgets = new Map();
  const nonces = createNonces();
  let characters = 0;

  /** Drops objects whose time is over, and those that have not been used for the longest time if there are too many. */
  function tidy() {
    // A few at a time.
    let steps = 8;
    for (const [name, host] of hubs) {
      steps -= 1;
      if (steps < 0) return;
      if (host.open.size > 0) {
        // It is in use.
        hubs.delete(name);
        hubs.set(name, host);
        continue;
      }
      const isOver = host.due !== undefined && host.due <= Date.now();
      if (!isOver && characters <= MAX_CHARACTERS && hubs.size <= MAX_IDLE) return;
      drop(name, host);
    }
  }

  /**
   * @param {string} name
   * @param {MemoryHost} host
   */
  function drop(name, host) {
    hubs.delete(name);
    host.object.release();
    host.alarm(undefined);
    characters -= host.size;
  }

  /** @param {string} name */
  function hub(name) {
    let host = hubs.get(name);
    if (host) hubs.delete(name);
    else {
      /** @type {MemoryHost} */
      const created = new MemoryHost(
        nonces,
        (change) => {
          characters += change;
        },
        // Without a state there is nothing to remember.
        () => {
          if (hubs.get(name) === created && created.isEmpty()) drop(name, created);
        },
      );
      host = created;
      host.object = new HubObject(host, machines, poll);
    }
    hubs.set(name, host);
    return host;
  }

  /** @type {Namespace} */
  const executions = {
    idFromName: (name) => name,
    get: (name) => ({
      async fetch(url, init) {
        const host = hub(name);
        try {
          return await host.object.fetch(requestOf(url, init));
        } finally {
          host.idle();
          tidy();
        }
      },
    }),
  };

  /** @type {Namespace} */
  const account = {
    idFromName: (name) => name,
    get: (name) => ({
      async fetch(url, init) {
        let budget = budgets.get(name);
        if (!budget) {
          /** @type {Map<string, string>} */
          const texts = new Map();
          budget = new BudgetObject(
            { get: (key) => texts.get(key), put: (key, text) => texts.set(key, text) },
            machines,
          );
          budgets.set(name, budget);
        }
        return budget.fetch(requestOf(url, init));
      },
    }),
  };

  return {
    executions,
    account,
    /** The number of objects, and of their open sockets. */
    stat() {
      let sockets = 0;
      for (const { open } of hubs.values()) sockets += open.size;
      return { hubs: hubs.size, sockets };
    },
    /**
     * Discards the objects, but not what is stored and the sockets: as a host does with an object that is idle.
     */
    evict() {
      for (const host of hubs.values()) {
        host.object.release();
        host.object = new HubObject(host, machines, poll);
      }
    },
    /** Closes all connections, as a deployment does. */
    abort() {
      for (const host of hubs.values()) for (const socket of [...host.open]) socket.lose();
    },
  };
}

/**
 * The part of a request that the objects read. Not every host lets a `Request` have the header `upgrade`.
 *
 * @param {string} url
 * @param {any} init
 */
function requestOf(url, { method = "GET", headers = {}, body = "" } = {}) {
  return {
    url,
    method,
    headers: { get: (/** @type {string} */ name) => headers[name] ?? null },
    text: async () => body,
  };
}

/** @implements {Host} */
class MemoryHost {
  /** The sockets of the object. @type {Set<MemorySocket>} */
  open = new Set();
  /** Characters that are stored. */
  size = 0;
  /** When the alarm is due. @type {number | undefined} */
  due;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {Map<string, string>} */
  #texts = new Map();
  /** @type {{ id: number, text: string }[]} */
  #events = [];
  #eventCharacters = 0;
  /** @type {HubObject} */
  object = /** @type {any} */ (undefined);

  /**
   * @param {ReturnType<typeof createNonces>} nonces
   * @param {(change: number) => void} grow
   * @param {() => void} idle is called when the object may have become idle
   */
  constructor(nonces, grow, idle) {
    this.nonces = nonces;
    this.idle = idle;
    this.grow = (/** @type {number} */ change) => {
      this.size += change;
      grow(change);
    };
  }

  sockets() {
    return this.open;
  }

  accept() {
    const [client, server] = [new MemorySocket(), new MemorySocket()];
    client.peer = server;
    server.peer = client;
    server.host = this;
    this.open.add(server);
    return { socket: server, response: /** @type {any} */ ({ status: 101, webSocket: client }) };
  }

  /** @param {import("./object.js").Socket} socket */
  seen(socket) {
    return /** @type {MemorySocket} */ (socket).seen;
  }

  /**
   * An alarm has a timer only while someone watches: otherwise a process could not end, and the object is dropped when
   * it is due.
   *
   * @param {number | undefined} at
   */
  alarm(at) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.due = at;
    if (at === undefined || this.open.size === 0) return;
    this.#timer = setTimeout(
      () => {
        this.due = undefined;
        this.object.alarm().catch(() => this.fail());
      },
      Math.max(0, Math.min(at - Date.now(), 2 ** 31 - 1)) + 1,
    );
  }

  /** @param {Promise<unknown>} _work */
  waitUntil(_work) {}

  /** @param {MemorySocket} socket */
  left(socket) {
    if (!this.open.delete(socket)) return;
    this.guarded(() => this.object.closed(socket));
    if (this.open.size > 0) return;
    this.alarm(this.due);
    this.idle();
  }

  /**
   * Handles an event. No error may end the process.
   *
   * @param {() => void} act
   */
  guarded(act) {
    try {
      act();
    } catch {
      this.fail();
    }
  }

  /** The object has failed: its watchers connect again. */
  fail() {
    for (const socket of [...this.open]) socket.close(1011, "failed");
  }

  /** True if nothing is open, and nothing is stored that someone may need. */
  isEmpty() {
    return this.open.size === 0 && !this.#texts.has("state") && this.#events.length === 0;
  }

  store = {
    get: (/** @type {string} */ key) => this.#texts.get(key),
    put: (/** @type {string} */ key, /** @type {string} */ text) => {
      this.grow(text.length - (this.#texts.get(key)?.length ?? 0));
      this.#texts.set(key, text);
    },
    events: (/** @type {number} */ after, /** @type {number} */ limit) => {
      const from = this.#events.findIndex(({ id }) => id > after);
      return from < 0 ? [] : this.#events.slice(from, limit < 0 ? undefined : from + limit);
    },
    putEvents: (/** @type {{ id: number, text: string }[]} */ events) => {
      for (const event of events) {
        this.#events.push(event);
        this.#eventCharacters += event.text.length;
        this.grow(event.text.length);
      }
    },
    lastEvent: () => this.#events.at(-1)?.id ?? 0,
    eventCharacters: () => this.#eventCharacters,
    useNonce: (/** @type {string} */ nonce, /** @type {number} */ expires, /** @type {number} */ now) =>
      this.nonces.use(nonce, expires, now),
    clear: () => {
      this.grow(-this.size);
      this.#texts.clear();
      this.#events = [];
      this.#eventCharacters = 0;
    },
  };
}

/**
 * One end of a connection in memory, with the part of a `WebSocket` that the gateway uses. Events are delivered in
 * order, after the code that causes them.
 */
class MemorySocket {
  /** @type {[id: number, text: string] | undefined} */
  attachment;
  /** @type {MemorySocket | undefined} */
  peer;
  /** The host of the end that belongs to an object. @type {MemoryHost | undefined} */
  host;
  /** When this end answered last by itself. @type {number | undefined} */
  seen;
  #isClosed = false;
  /** @type {Record<string, (event: any) => void>} */
  #listeners = {};

  /** What arrived before `accept`. Undefined afterwards. @type {(() => void)[] | undefined} */
  #early = [];

  /** Delivers events from here on, after the code that accepts. Those that arrive before are delivered in order. */
  accept() {
    queueMicrotask(() => {
      const early = this.#early ?? [];
      this.#early = undefined;
      for (const deliver of early) deliver();
    });
  }

  /**
   * @param {string} type
   * @param {(event: any) => void} listener
   */
  addEventListener(type, listener) {
    this.#listeners[type] = listener;
  }

  /** @param {string} text */
  send(text) {
    if (this.#isClosed) throw new TypeError("the connection is closed");
    queueMicrotask(() => this.peer?.receive(text));
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  close(code, reason) {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { host } = this;
    if (host?.open.delete(this) && host.open.size === 0) queueMicrotask(() => host.idle());
    queueMicrotask(() => this.peer?.end(code, reason));
  }

  /** The connection breaks. */
  lose() {
    this.close(1006, "");
    this.host?.object.closed(this);
  }

  /** @param {string} text */
  receive(text) {
    if (this.#isClosed) return;
    if (this.#early && !this.host) {
      this.#early.push(() => this.receive(text));
      return;
    }
    if (!this.host) this.#listeners.message?.({ data: text });
    else if (text === "p") {
      this.seen = Date.now();
      this.send("q");
    } else {
      const { host } = this;
      host.guarded(() => host.object.message(this, text));
    }
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  end(code, reason) {
    if (this.#isClosed) return;
    if (this.#early && !this.host) {
      this.#early.push(() => this.end(code, reason));
      return;
    }
    this.#isClosed = true;
    if (this.host) this.host.left(this);
    else this.#listeners.close?.({ code, reason });
  }
}
