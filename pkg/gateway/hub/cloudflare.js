// The objects of a gateway as Durable Objects with hibernation and SQLite.

import { BudgetObject } from "./budget.js";
import { HubObject } from "./object.js";

/** @typedef {import("./object.js").Host} Host */

/** Maximum length of a stored value: SQLite of Durable Objects refuses values above 2 MB, and a character has 3 bytes. */
const MAX_VALUE = 500_000;

/**
 * The classes of the Worker.
 *
 * @param {import("./machines.js").Machines} machines
 * @param {(env: any) => import("./object.js").OwnPoll} pollOf
 */
export function cloudflareClasses(machines, pollOf) {
  class ExecutionHub {
    /**
     * @param {any} state
     * @param {any} env
     */
    constructor(state, env) {
      this.host = new CloudflareHost(state);
      this.object = new HubObject(this.host, machines, pollOf(env));
      // Answered without waking the object.
      state.setWebSocketAutoResponse(new /** @type {any} */ (globalThis).WebSocketRequestResponsePair("p", "q"));
    }

    /** @param {Request} request */
    fetch(request) {
      return this.object.fetch(request);
    }

    alarm() {
      return this.object.alarm();
    }

    /**
     * @param {any} socket
     * @param {string | ArrayBuffer} data
     */
    webSocketMessage(socket, data) {
      if (typeof data === "string") this.object.message(this.host.socketOf(socket), data);
    }

    /** @param {any} socket */
    webSocketClose(socket) {
      this.object.closed(this.host.socketOf(socket));
      try {
        socket.close(1000, "");
      } catch {
        // It is closed already.
      }
    }

    /** @param {any} socket */
    webSocketError(socket) {
      this.webSocketClose(socket);
    }
  }

  class AccountBudget {
    /** @param {any} state */
    constructor(state) {
      this.object = new BudgetObject(textsIn(database(state.storage)), machines);
    }

    /** @param {Request} request */
    fetch(request) {
      return this.object.fetch(request);
    }
  }

  return { ExecutionHub, AccountBudget };
}

/** @implements {Host} */
class CloudflareHost {
  /** @param {any} state */
  constructor(state) {
    this.state = state;
    this.store = storeIn(state.storage);
  }

  *sockets() {
    for (const socket of this.state.getWebSockets()) if (socket.readyState === 1) yield this.socketOf(socket);
  }

  accept() {
    const { 0: client, 1: server } = new /** @type {any} */ (globalThis).WebSocketPair();
    this.state.acceptWebSocket(server);
    const response = new Response(null, /** @type {any} */ ({ status: 101, webSocket: client }));
    return { socket: this.socketOf(server), response };
  }

  /**
   * @param {any} socket
   * @returns {import("./object.js").Socket & { socket: any }}
   */
  socketOf(socket) {
    return {
      socket,
      send: (text) => socket.send(text),
      close: (code, reason) => socket.close(code, reason),
      get attachment() {
        return socket.deserializeAttachment() ?? undefined;
      },
      set attachment(value) {
        socket.serializeAttachment(value ?? null);
      },
    };
  }

  /** @param {any} socket */
  seen({ socket }) {
    return this.state.getWebSocketAutoResponseTimestamp(socket)?.getTime();
  }

  /** @param {number | undefined} at */
  alarm(at) {
    const { storage } = this.state;
    // Writes wait for each other, and nothing is sent before they are done.
    if (at === undefined) storage.deleteAlarm();
    else storage.setAlarm(at);
  }

  /** @param {Promise<unknown>} work */
  waitUntil(work) {
    this.state.waitUntil(work);
  }
}

/**
 * The tables of an object. They are created at the first use, and again after `clear`: an object without data costs nothing.
 *
 * @param {any} storage
 */
function database(storage) {
  let isCreated = false;
  return {
    /**
     * @param {string} query
     * @param {unknown[]} values
     */
    exec(query, ...values) {
      if (!isCreated) {
        storage.sql.exec(
          "CREATE TABLE IF NOT EXISTS texts(key TEXT, part INTEGER, text TEXT, PRIMARY KEY(key, part));" +
            "CREATE TABLE IF NOT EXISTS events(id INTEGER PRIMARY KEY, text TEXT);" +
            "CREATE TABLE IF NOT EXISTS nonces(nonce TEXT PRIMARY KEY, expires INTEGER)",
        );
        isCreated = true;
      }
      return storage.sql.exec(query, ...values);
    },
    clear() {
      storage.deleteAll();
      isCreated = false;
    },
  };
}

/**
 * Texts of any length by their key.
 *
 * @param {ReturnType<typeof database>} sql
 */
function textsIn(sql) {
  /** What was read or written. @type {Map<string, string | undefined>} */
  const known = new Map();
  return {
    known,
    /** @param {string} key */
    get(key) {
      if (known.has(key)) return known.get(key);
      const parts = [...sql.exec("SELECT text FROM texts WHERE key = ? ORDER BY part", key)];
      const text = parts.length === 0 ? undefined : parts.map((row) => row.text).join("");
      known.set(key, text);
      return text;
    },
    /**
     * @param {string} key
     * @param {string} text
     */
    put(key, text) {
      const before = known.get(key);
      if (before === text) return;
      if (before === undefined || before.length > MAX_VALUE) sql.exec("DELETE FROM texts WHERE key = ?", key);
      for (const [part, piece] of piecesOf(text).entries())
        sql.exec("INSERT OR REPLACE INTO texts VALUES(?, ?, ?)", key, part, piece);
      known.set(key, text);
    },
  };
}

/**
 * Splits a text into values that SQLite accepts, between characters.
 *
 * @param {string} text
 */
function piecesOf(text) {
  const pieces = [];
  let from = 0;
  do {
    let to = Math.min(text.length, from + MAX_VALUE);
    // A half of a surrogate pair would be replaced.
    if (to < text.length && (text.charCodeAt(to - 1) & 0xfc00) === 0xd800) to -= 1;
    pieces.push(text.slice(from, to));
    from = to;
  } while (from < text.length);
  return pieces;
}

/**
 * @param {any} storage
 * @returns {import("./object.js").Store}
 */
function storeIn(storage) {
  const sql = database(storage);
  const { known, get, put } = textsIn(sql);
  /** Characters of the events, once they were counted. @type {number | undefined} */
  let size;
  const sizeOf = () => {
    size ??= Number([...sql.exec("SELECT COALESCE(SUM(LENGTH(text)), 0) AS size FROM events")][0].size);
    return size;
  };
  return {
    get,
    put,
    events: (after, limit) => [
      ...sql.exec("SELECT id, text FROM events WHERE id > ? ORDER BY id LIMIT ?", after, limit),
    ],
    putEvents(events) {
      for (const { id, text } of events) {
        const before = sizeOf();
        if (sql.exec("INSERT OR IGNORE INTO events VALUES(?, ?)", id, text).rowsWritten > 0)
          size = before + text.length;
      }
    },
    lastEvent: () => [...sql.exec("SELECT COALESCE(MAX(id), 0) AS last FROM events")][0].last,
    eventCharacters: sizeOf,
    useNonce(nonce, expires, now) {
      sql.exec("DELETE FROM nonces WHERE expires <= ?", now);
      return sql.exec("INSERT OR IGNORE INTO nonces VALUES(?, ?)", nonce, expires).rowsWritten > 0;
    },
    clear() {
      sql.clear();
      known.clear();
      size = undefined;
    },
  };
}
