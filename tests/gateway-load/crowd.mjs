// The load generator: many watchers in this process, each with a connection of its own.
//
// A watcher of the kind `poll` repeats held polls until it reads a final state, as `watchExecution` does. One of the kind
// `stream` reads server-sent events, and connects again with `Last-Event-ID`. One of the kind `ask` asks without a wait in
// an interval, as a page without a gateway for held polls does.

import http from "node:http";
import { pause } from "./measure.mjs";

const FINAL = new Set(["Succeeded", "Failed", "TimedOut", "Stopped"]);

/** The error of a gateway that has no state in time. */
const UNKNOWN = "HTTP 503 ServiceUnavailable";

/** Base of the pause before a watcher tries again after an error, in ms. */
const RETRY_MS = 1000;

/** An answer of a held poll is early or late by more than this, in ms. A client gives up after 10 s. */
const EARLY_MS = 1000;
const LATE_MS = 10_000;

/** Maximum time until a held poll of 60 s is answered, and maximum time without a byte of a stream, in ms. */
const ANSWER_MS = 75_000;
const SILENCE_MS = 45_000;

/** Connections from one source address. */
const PER_ADDRESS = 20_000;

/**
 * @typedef {object} Watcher
 * @property {number} index
 * @property {"poll" | "stream" | "ask"} kind
 * @property {string} execution
 * @property {[number, number]} waits range of `WaitTimeSeconds` in s; of `ask` the interval
 * @property {number} [joined] time of the first request
 * @property {number} [seen] time at which it saw the end
 * @property {number} [endedAt] time of the end upstream
 * @property {string} [last] last event id
 */

export class Crowd {
  /**
   * @param {string} url of the gateway
   * @param {{ random?: () => number }} [options]
   */
  constructor(url, { random = Math.random } = {}) {
    const { hostname, port } = new URL(url);
    this.target = { host: hostname, port: Number(port) };
    this.random = random;
    /** @type {Watcher[]} */
    this.watchers = [];
    this.counts = { requests: 0, streams: 0, answers: 0, heartbeats: 0, duplicates: 0, early: 0, late: 0, unknown: 0 };
    /** Executions of which a watcher has received a state. */
    this.known = new Set();
    /** Failed requests by reason. */
    this.errors = {};
    /** Maximum time from the end of a wait until its answer, in ms. */
    this.latest = 0;
    this.agents = new Map();
    this.open = 0;
    this.closed = false;
    /** Errors that a restart of the gateway causes are counted apart. */
    this.isDown = false;
    this.whileDown = 0;
  }

  /** Adds watchers and starts them at a rate per second. */
  async join(watchers, rate) {
    const began = performance.now();
    for (const [index, watcher] of watchers.entries()) {
      const due = began + (index * 1000) / rate;
      if (due > performance.now() + 5) await pause(due - performance.now());
      this.add(watcher);
    }
  }

  add(given) {
    const watcher = { ...given, index: this.watchers.length, joined: Date.now() };
    this.watchers.push(watcher);
    this.run(watcher);
  }

  async run(watcher) {
    while (watcher.seen === undefined && !this.closed) {
      try {
        if (watcher.kind === "stream") await this.stream(watcher);
        else await this.poll(watcher);
      } catch (error) {
        if (this.closed) return;
        // A kept connection that the server has closed meanwhile.
        if (error.isReused) continue;
        // Before the first call for an execution has got a permit, there is nothing to answer with.
        if (error.message === UNKNOWN && !this.known.has(watcher.execution)) this.counts.unknown += 1;
        else this.failed(error.message);
        await pause(error.afterMs ?? RETRY_MS * (0.5 + this.random()));
      }
    }
  }

  failed(reason) {
    if (this.isDown) this.whileDown += 1;
    else this.errors[reason] = (this.errors[reason] ?? 0) + 1;
  }

  /** One request of a watcher of the kinds `poll` and `ask`. */
  async poll(watcher) {
    const [least, most] = watcher.waits;
    const seconds = Math.round(least + (most - least) * this.random());
    const wait = watcher.kind === "poll" ? seconds : 0;
    const began = Date.now();
    this.counts.requests += 1;
    const body = await this.read(watcher, path("/", { Action: "DescribeExecution", Version: "2019-03-15", wait }));
    if (this.state(watcher, JSON.parse(body))) return;
    const took = Date.now() - began;
    if (watcher.kind === "ask") return void (await pause(seconds * 1000));
    if (took < wait * 1000 - EARLY_MS) this.counts.early += 1;
    if (took > wait * 1000 + LATE_MS) this.counts.late += 1;
    this.latest = Math.max(this.latest, took - wait * 1000);
  }

  /** One stream, until it ends. */
  async stream(watcher) {
    this.counts.streams += 1;
    const headers = watcher.last === undefined ? {} : { "last-event-id": watcher.last };
    let rest = "";
    await this.read(watcher, path("/events", {}), { accept: "text/event-stream", ...headers }, (text) => {
      rest += text;
      for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
        this.event(watcher, rest.slice(0, end));
        rest = rest.slice(end + 2);
      }
    });
    if (watcher.seen !== undefined || this.closed) return;
    this.counts.ended = (this.counts.ended ?? 0) + 1;
    // `retry: 1000`, as a browser does.
    await pause(RETRY_MS * (0.5 + this.random()));
  }

  event(watcher, text) {
    const fields = new Map();
    for (const line of text.split("\n")) {
      if (line.startsWith(":")) this.counts.heartbeats += 1;
      const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
      if (name) fields.set(name, value);
    }
    const id = fields.get("id");
    const type = fields.get("event");
    if (type === "error") {
      this.failed(`event: ${fields.get("data")}`);
    } else if (type === "execution") {
      const seq = (one) => Number((one ?? "0").split(".")[0]);
      // The state of a lower or of the same number was delivered before.
      if (watcher.last !== undefined && seq(id) <= seq(watcher.last)) this.counts.duplicates += 1;
      this.state(watcher, JSON.parse(fields.get("data")));
    }
    if (id !== undefined) watcher.last = id;
  }

  /** Returns true for a final state. */
  state(watcher, { Status: status, Output: output }) {
    this.counts.answers += 1;
    this.known.add(watcher.execution);
    if (!FINAL.has(status)) return false;
    if (watcher.seen !== undefined) this.counts.duplicates += 1;
    watcher.seen ??= Date.now();
    watcher.endedAt ??= JSON.parse(output).endedAt;
    return true;
  }

  /** Sends a request. Returns the body, or passes its parts on. */
  read(watcher, pathOf, headers = {}, onText) {
    const { promise, resolve, reject: fail } = withResolvers();
    let [text, isOpen] = ["", false];
    this.open += 1;
    let timer;
    const over = () => {
      clearTimeout(timer);
      this.open -= 1;
    };
    const reject = (error) => {
      over();
      fail(error);
    };
    // A held poll is answered within its wait. A stream has a heartbeat every 15 s.
    const expect = (ms) => {
      clearTimeout(timer);
      timer = setTimeout(() => request.destroy(new Error("no answer in time")), ms);
    };
    const request = http.get(
      { ...this.target, path: pathOf(watcher.execution), agent: this.agentOf(watcher), headers },
      (response) => {
        isOpen = true;
        const isError = response.statusCode !== 200;
        response.setEncoding("utf8");
        response.on("data", (part) => {
          if (onText) expect(SILENCE_MS);
          if (onText && !isError) onText(part);
          else text += part;
        });
        response.on("close", () => {
          if (!response.complete) return reject(new Error("the connection closed in a response"));
          if (!isError) {
            over();
            return resolve(text);
          }
          const error = new Error(`HTTP ${response.statusCode} ${/"Code":"([^"]*)"/.exec(text)?.[1] ?? ""}`);
          const after = Number(response.headers["x-acs-retry-after"]);
          reject(Object.assign(error, after > 0 ? { afterMs: after * (1 + this.random()) } : {}));
        });
        response.on("error", () => {});
      },
    );
    request.on("error", (error) => {
      if (!isOpen) reject(Object.assign(new Error(error.code ?? error.message), { isReused: isStale(request, error) }));
    });
    expect(onText ? SILENCE_MS : ANSWER_MS);
    return promise;
  }

  /** One agent per kind and source address: a stream does not take the kept connection of a poll. */
  agentOf({ kind, index }) {
    // A given source address costs a search for a free port, which takes milliseconds with thousands of connections.
    const address = index < PER_ADDRESS ? undefined : `127.0.0.${1 + Math.floor(index / PER_ADDRESS)}`;
    const key = `${kind} ${address}`;
    const found =
      this.agents.get(key) ??
      new http.Agent({
        keepAlive: kind !== "stream",
        maxSockets: Number.POSITIVE_INFINITY,
        maxFreeSockets: Number.POSITIVE_INFINITY,
        // A free connection keeps no server from closing it.
        timeout: 90_000,
        localAddress: address,
      });
    this.agents.set(key, found);
    return found;
  }

  /** Watchers that have not seen the end of one of some executions. */
  missing(executions) {
    return this.watchers.filter(({ seen, execution }) => seen === undefined && executions.has(execution));
  }

  /** Waits until all watchers of some executions have seen the end, at most `ms`. */
  async seenBy(executions, ms) {
    const until = Date.now() + ms;
    while (this.missing(executions).length > 0 && Date.now() < until) await pause(250);
  }

  close() {
    this.closed = true;
    for (const agent of this.agents.values()) agent.destroy();
  }
}

/** Time from the end of an execution until each watcher saw it, or from its first request if that was later. */
export function latencies(watchers) {
  return watchers
    .filter(({ seen }) => seen !== undefined)
    .map(({ seen, endedAt, joined }) => seen - Math.max(endedAt, joined));
}

function path(base, { Action, Version, wait }) {
  return (execution) => {
    const query = new URLSearchParams({ FlowName: "f", ExecutionName: execution });
    if (Action) query.set("Action", Action);
    if (Version) query.set("Version", Version);
    if (wait) query.set("WaitTimeSeconds", String(wait));
    return `${base}?${query}`;
  };
}

function isStale(request, error) {
  return request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
}

function withResolvers() {
  let [resolve, reject] = [undefined, undefined];
  const promise = new Promise((done, fail) => {
    [resolve, reject] = [done, fail];
  });
  return { promise, resolve, reject };
}
