// The object of one execution on any host: it carries out what the machine `Hub` decides.

import { ALARM, CLOSED, FRAME, HISTORY, KINDS, POLLED, VERSION, effectsIn, frameOf, readFrame } from "./effects.js";

/**
 * One end of a connection. The attachment outlives the object.
 *
 * @typedef {object} Socket
 * @property {(text: string) => void} send
 * @property {(code: number, reason: string) => void} close
 * @property {[id: number, text: string] | undefined} attachment
 */

/**
 * What is stored of an object. Texts may be of any size.
 *
 * @typedef {object} Store
 * @property {(key: string) => string | undefined} get
 * @property {(key: string, text: string) => void} put
 * @property {(after: number, limit: number) => { id: number, text: string }[]} events all of them if `limit` is negative
 * @property {(events: { id: number, text: string }[]) => void} putEvents
 * @property {() => number} eventCharacters
 * @property {() => number} lastEvent 0 without events
 * @property {(nonce: string, expires: number, now: number) => boolean} useNonce false if it was used before
 * @property {() => void} clear
 */

/**
 * @typedef {object} Host
 * @property {() => Iterable<Socket>} sockets the open ones
 * @property {() => { socket: Socket, response: Response }} accept
 * @property {(socket: Socket) => number | undefined} seen when the last automatic answer was sent
 * @property {Store} store
 * @property {(at: number | undefined) => void} alarm
 * @property {(work: Promise<unknown>) => void} waitUntil
 */

/**
 * What the object knows of itself.
 *
 * @typedef {{ flow: string, execution: string, leaf: string }} Names
 */

/**
 * The object's own call of DescribeExecution, under a permit: a frame, or undefined if there was no permit in time.
 *
 * @typedef {(names: Names) => Promise<{ header: string, body: string } | undefined>} OwnPoll
 */

/** Maximum size of the stored events of an execution, in characters. */
const MAX_EVENTS = 50_000_000;

/** Maximum size of one of them. The service has a limit far below. */
const MAX_EVENT = 500_000;

/** Maximum number of events of a page, and maximum size of it in characters. */
const MAX_PAGE = 1000;
const MAX_PAGE_CHARACTERS = 4_000_000;

/** How long a spent ticket is remembered after its end: the clock of a Worker may be behind that of the object. */
const SKEW_MS = 60_000;

export class HubObject {
  /** @type {import("./machines.js").Cell} */
  #cell = { id: undefined };
  /** The open sockets by their number. @type {Map<number, Socket>} */
  #sockets = new Map();

  /**
   * @param {Host} host
   * @param {import("./machines.js").Machines} machines
   * @param {OwnPoll} poll
   */
  constructor(host, machines, poll) {
    this.host = host;
    this.machines = machines;
    this.poll = poll;
  }

  /**
   * @param {{ url: string, method: string, headers: { get(name: string): string | null }, text(): Promise<string> }} request
   * @returns {Promise<Response>}
   */
  async fetch(request) {
    const { pathname, searchParams: query } = new URL(request.url);
    if (query.get("v") !== VERSION) return new Response("version", { status: 400 });
    if (pathname === "/join") return this.#join(query, request.headers.get("upgrade") === "websocket");
    if (pathname === "/events") return this.#events(query);
    if (pathname === "/ticket") {
      const [nonce, expires] = [query.get("nonce") ?? "", Number(query.get("expires"))];
      return new Response(null, { status: this.host.store.useNonce(nonce, expires, Date.now() - SKEW_MS) ? 204 : 409 });
    }
    if (pathname === "/report" && request.method === "POST") {
      const { header, body } = readFrame(await request.text());
      this.#remember(query);
      this.#handle(FRAME, -1, header, body);
      const { state } = this.#use((hub) => this.#ask(hub, 0));
      return new Response(frameOf(state, this.host.store.get("state")));
    }
    return new Response("path", { status: 404 });
  }

  /** The alarm is due. */
  async alarm() {
    this.#handle(ALARM, -1, "");
    await this.#polling;
  }

  /**
   * A frame arrived.
   *
   * @param {Socket} socket
   * @param {string} text
   */
  message(socket, text) {
    const [id] = socket.attachment ?? [];
    if (id === undefined) return;
    const { header, body } = readFrame(text);
    this.#handle(FRAME, id, header, body);
  }

  /**
   * A connection was closed, or failed.
   *
   * @param {Socket} socket
   */
  closed(socket) {
    const [id] = socket.attachment ?? [];
    if (id === undefined) return;
    socket.attachment = undefined;
    this.#handle(CLOSED, id, "");
    this.#sockets.delete(id);
  }

  /** Releases the machine: the object is not used any more. */
  release() {
    this.machines.release(this.#cell);
  }

  #isPolling = false;
  /** The last own poll. @type {Promise<void> | undefined} */
  #polling;

  /**
   * @param {URLSearchParams} query
   * @param {boolean} isUpgrade
   */
  #join(query, isUpgrade) {
    const number = (/** @type {string} */ name) => Math.max(0, Number(query.get(name)) || 0);
    const kind = KINDS.indexOf(query.get("kind") ?? "");
    if (kind < 0 || !isUpgrade) return new Response("join", { status: 400 });
    this.#remember(query);
    const now = Date.now();
    const bits = kind + (query.get("history") === "1" ? HISTORY : 0);
    const { call } = this.machines;
    const answer = this.#step(
      (hub, seen) => call("hubJoin", hub, now, seen, number("since"), number("deadline"), bits, number("after")),
      "",
    );
    return answer ?? new Response("no answer", { status: 500 });
  }

  /** @param {URLSearchParams} query */
  #events(query) {
    const after = Math.max(0, Number(query.get("after")) || 0);
    const limit = Math.min(Math.max(1, Number(query.get("limit")) || 1), MAX_PAGE);
    const { store } = this.host;
    const events = store.events(after, limit + 1);
    let characters = 0;
    let count = 0;
    while (count < Math.min(limit, events.length)) {
      characters += events[count].text.length;
      if (count > 0 && characters > MAX_PAGE_CHARACTERS) break;
      count += 1;
    }
    const page = events.slice(0, count);
    const last = page.at(-1)?.id ?? after;
    const { header } = this.#use((hub) => this.#ask(hub, last));
    const known = `${header} ${store.lastEvent()} ${store.get("token") ?? ""}`;
    return new Response([known, ...page.map(({ text }) => text)].join("\n"));
  }

  /**
   * Keeps the names, which the own poll needs.
   *
   * @param {URLSearchParams} query
   */
  #remember(query) {
    if (this.host.store.get("names") !== undefined) return;
    const names = { flow: query.get("flow"), execution: query.get("execution"), leaf: query.get("leaf") ?? "" };
    this.host.store.put("names", JSON.stringify(names));
  }

  /** @returns {Names} */
  #names() {
    return JSON.parse(this.host.store.get("names") ?? '{"flow":"","execution":"","leaf":""}');
  }

  /** Opens the machine with what outlived it. */
  #open() {
    const { store } = this.host;
    const { call } = this.machines;
    this.#sockets.clear();
    const attachments = [];
    for (const socket of this.host.sockets()) {
      const { attachment } = socket;
      if (attachment === undefined) continue;
      const [id, text] = attachment;
      this.#sockets.set(id, socket);
      attachments.push(text);
    }
    return call("hubOpen", store.get("record") ?? "", this.#names().leaf !== "", attachments.join("\n"));
  }

  /**
   * @template T
   * @param {(hub: number) => T} act
   */
  #use(act) {
    return this.machines.use(this.#cell, () => this.#open(), act);
  }

  /**
   * @param {number} event
   * @param {number} from
   * @param {string} header
   * @param {string} [body]
   */
  #handle(event, from, header, body = "") {
    return this.#step((hub, seen) => this.machines.call("hubStep", hub, Date.now(), seen, event, from, header), body);
  }

  /**
   * The time of the last automatic answer to the leader, or -1.
   *
   * @param {number} hub
   */
  #seen(hub) {
    const [leader] = this.machines.call("hubAsk", hub, 0, -1, 0).split("\n");
    const socket = leader === "" ? undefined : this.#sockets.get(Number(leader));
    return (socket && this.host.seen(socket)) ?? -1;
  }

  /**
   * The headers of the state, and of a page of events that ends with `last`.
   *
   * @param {number} hub
   * @param {number} last
   */
  #ask(hub, last) {
    /** @type {string[]} */
    const [, state, header] = this.machines.call("hubAsk", hub, Date.now(), this.#seen(hub), last).split("\n");
    return { state, header };
  }

  /**
   * Runs a step of the machine, and its effects. Returns the answer to a join.
   *
   * @param {(hub: number, seen: number) => string} act
   * @param {string} body of the frame that is handled
   */
  #step(act, body) {
    const text = this.#use((hub) => act(hub, this.#seen(hub)));
    const { host } = this;
    const { store } = host;
    /** @type {Response | undefined} */
    let answer;
    for (const [effect, a = "", b = "", c = ""] of effectsIn(text)) {
      if (effect === "send") this.#send(a, frameOf(b, this.#body(b, c, body)));
      else if (effect === "close") this.#close(a, b);
      else if (effect === "answer") answer = new Response(frameOf(a, this.#body(a, b, body)));
      else if (effect === "leaves") answer = new Response(null, { status: 307, headers: { "x-hub-leaves": a } });
      else if (effect === "accept") {
        const { socket, response } = host.accept();
        socket.attachment = [Number(a), b];
        this.#sockets.set(Number(a), socket);
        answer = response;
      } else if (effect === "attach") {
        const socket = this.#sockets.get(Number(a));
        if (socket?.attachment) socket.attachment = [Number(a), b];
      } else if (effect === "state") store.put("state", body);
      else if (effect === "events") this.#keepEvents(Number(a), body);
      else if (effect === "record") store.put("record", a);
      else if (effect === "alarm") host.alarm(a === "" ? undefined : Number(a));
      else if (effect === "poll") this.#startPoll();
      else if (effect === "clear") store.clear();
    }
    return answer;
  }

  /**
   * The body of a frame to send.
   *
   * @param {string} header
   * @param {string} which
   * @param {string} current
   */
  #body(header, which, current) {
    const { store } = this.host;
    if (which === "current") return current;
    if (which === "stored") return store.get("state") ?? "";
    if (which !== "")
      return store
        .events(Number(which), -1)
        .map(({ text }) => text)
        .join("\n");
    // A new leader continues to read the history where the last one stopped.
    return header.startsWith("lead ") ? store.get("token") : undefined;
  }

  /**
   * @param {string} ids
   * @param {string} text
   */
  #send(ids, text) {
    for (const id of ids.split(",")) {
      try {
        this.#sockets.get(Number(id))?.send(text);
      } catch {
        // The connection is closing: its event follows.
      }
    }
  }

  /**
   * @param {string} ids
   * @param {string} reason
   */
  #close(ids, reason) {
    for (const id of ids.split(",")) {
      const socket = this.#sockets.get(Number(id));
      this.#sockets.delete(Number(id));
      try {
        if (socket) socket.attachment = undefined;
        socket?.close(1000, reason);
      } catch {
        // The connection is closing already.
      }
    }
  }

  /**
   * Stores the events of a frame that are new. A line that starts with `#` has the token of the next page.
   *
   * @param {number} after
   * @param {string} body
   */
  #keepEvents(after, body) {
    const { store } = this.host;
    const events = [];
    let room = MAX_EVENTS - store.eventCharacters();
    for (const text of body.split("\n")) {
      if (text.startsWith("#")) store.put("token", text);
      else if (text !== "" && text.length <= Math.min(room, MAX_EVENT)) {
        const id = eventId(text);
        if (id > after) events.push({ id, text });
        room -= text.length;
      }
    }
    store.putEvents(events);
  }

  #startPoll() {
    if (this.#isPolling) return;
    this.#isPolling = true;
    this.#polling = this.poll(this.#names())
      .catch(() => undefined)
      .then((frame) => {
        this.#isPolling = false;
        if (frame) this.#handle(FRAME, -1, frame.header, frame.body);
        else this.#handle(POLLED, -1, "");
      });
    this.host.waitUntil(this.#polling);
  }
}

/**
 * The number of an event.
 *
 * @param {string} text one event as JSON
 */
export function eventId(text) {
  // The usual first field: histories are long, and each stream reads them.
  const [, id] = /^\{"EventId":(\d{1,15})[,}]/.exec(text) ?? [];
  if (id !== undefined) return Number(id);
  try {
    return Number(JSON.parse(text).EventId) || 0;
  } catch {
    return 0;
  }
}
