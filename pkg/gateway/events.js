// `GET /events`: an execution, and its history, as server-sent events.

import { onAbort } from "../shared/abort.js";
import { STREAM } from "./hub/effects.js";
import { eventId } from "./hub/object.js";
import { watch } from "./hub/watch.js";
import { corsHeaders } from "./cors.js";

/** A caller that does not read so many characters is disconnected; it resumes. */
const MAX_UNREAD = 32_000_000;

/**
 * @param {import("./gateway.js").Served} served
 * @param {{ history: boolean, lastEventId: string | null }} wanted
 * @param {{ maxSeconds: number, heartbeatSeconds: number }} limits
 * @returns {Response}
 */
export function events(served, wanted, limits) {
  const { log, cors, signal, waitUntil } = served;
  const [, since, after] = /^(\d{1,15})\.(\d{1,15})$/.exec(wanted.lastEventId ?? "") ?? ["", "0", "0"];
  let [seq, last] = [Number(since), Number(after)];
  let isFinal = false;
  let isClosed = false;
  /** @type {import("./hub/watch.js").Watching | undefined} */
  let watching;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let heart;
  /** @type {(() => void) | undefined} */
  let unlisten;
  const encoder = new TextEncoder();
  /** @type {ReadableStreamDefaultController<Uint8Array>} */
  let stream;

  /** @param {string} text */
  const write = (text) => {
    if (isClosed) return;
    if ((stream.desiredSize ?? 0) < 0) leave();
    else stream.enqueue(encoder.encode(text));
  };

  /**
   * @param {string} event
   * @param {string} data one line
   * @param {boolean} [hasId]
   */
  const send = (event, data, hasId = false) =>
    write(`${hasId ? `id: ${seq}.${last}\n` : ""}event: ${event}\ndata: ${data}\n\n`);

  function close() {
    if (isClosed) return;
    isClosed = true;
    clearInterval(heart);
    unlisten?.();
    try {
      stream.close();
    } catch {
      // The caller has gone.
    }
  }

  function finish() {
    if (isFinal) send("end", "{}");
    close();
  }

  function leave() {
    close();
    watching?.leave();
  }

  const body = new ReadableStream(
    {
      start(controller) {
        stream = controller;
        write("retry: 1000\n\n");
        heart = setInterval(() => write(": heartbeat\n\n"), limits.heartbeatSeconds * 1000);
        // Streams that began together do not end together.
        const ms = limits.maxSeconds * 1000 * (0.9 + 0.1 * Math.random());
        watching = watch(
          served,
          {
            kind: STREAM,
            since: seq,
            after: last,
            history: wanted.history,
            deadline: Date.now() + ms,
          },
          {
            state(header, body) {
              const [, number, rank] = header.split(" ");
              seq = Number(number) || seq;
              isFinal = rank === "3";
              send("execution", body, true);
            },
            events(_, body, from, done) {
              const lines = body
                .split("\n")
                .filter((line) => line.startsWith("{") && eventId(line) > Math.max(from, last));
              const end = lines.at(-1);
              if (end !== undefined) last = eventId(end);
              else if (!done) return;
              send("history", `{"Events":[${lines.join(",")}],"Done":${done}}`, true);
            },
            fault: (_, body) => {
              send("error", body);
              close();
            },
            answer: close,
            unreachable(error) {
              log("the hub cannot be reached; a stream ends", error);
              close();
            },
          },
        );
        watching.ended.then(finish);
        waitUntil(watching.ended);
        if (signal) unlisten = onAbort(signal, leave);
      },
      cancel: leave,
    },
    { highWaterMark: MAX_UNREAD, size: (/** @type {Uint8Array} */ chunk) => chunk.byteLength },
  );

  const headers = corsHeaders(cors);
  headers.set("content-type", "text/event-stream;charset=utf-8");
  headers.set("x-content-type-options", "nosniff");
  // Proxies such as nginx hold responses back otherwise.
  headers.set("x-accel-buffering", "no");
  return new Response(body, { headers });
}
