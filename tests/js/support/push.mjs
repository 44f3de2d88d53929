// A gateway with event streams, in virtual time.

import { RUNNING } from "./doubles.mjs";

const encoder = new TextEncoder();

/** The text of one event. */
export const message = (type, id, data) => `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

/** The response of an event stream. `write(send, close)` may return a function for the cancellation. */
export function streamed(write, { signal, type = "text/event-stream", chunk = (text) => [encoder.encode(text)] } = {}) {
  let end = () => {};
  const body = new ReadableStream(
    {
      start(controller) {
        let isOpen = true;
        const close = (error) => {
          if (!isOpen) return;
          isOpen = false;
          if (error) controller.error(error);
          else controller.close();
        };
        const send = (text) => {
          if (isOpen) for (const bytes of chunk(text)) controller.enqueue(bytes);
        };
        const onEnd = write(send, close);
        end = () => {
          if (isOpen && typeof onEnd === "function") onEnd();
          isOpen = false;
        };
        // As a host does.
        signal?.addEventListener("abort", () => {
          end();
          close(signal.reason);
        });
      },
      cancel: () => end(),
    },
    { highWaterMark: 1000 },
  );
  return new Response(body, { headers: { "content-type": type } });
}

/**
 * A gateway for one execution.
 *
 *     states   [[ms, status]]: what the execution is from that time on
 *     events   [[ms, type]]: its history, with the ids 1, 2, ...
 *     offers   whether responses say that there are streams
 *     maxMs    a stream ends after this time
 *     onStream(number, connection)   returns another response, or undefined
 *
 * `seen` has all requests: { kind: "now" | "poll" | "history" | "stream", at, headers, query }. `open` is the number of open
 * streams.
 */
export function pushGateway({
  states,
  events = [],
  offers = true,
  maxMs = Number.POSITIVE_INFINITY,
  heartbeatMs = 15_000,
  chunk,
  onStream = () => undefined,
}) {
  const begun = performance.now();
  const now = () => performance.now() - begun;
  const headers = offers ? { "x-cloudflow-transports": "sse, poll" } : {};
  const count = (list) => list.filter(([at]) => at <= now()).length;
  const bodyOf = (number) => ({ ...RUNNING, RequestId: `r${number}`, Status: states[number - 1][1] });
  const event = (id) => ({
    ...{ EventId: id, ScheduleEventId: id - 1, Type: events[id - 1][1], StepName: "s" },
    ...{ Time: "2026-01-01T00:00:00.000Z", EventDetail: "{}" },
  });
  const gateway = { seen: [], open: 0, cancelled: 0, fetch };

  /** Waits for a time or an abort. */
  const until = (at, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, Math.max(0, at - now()));
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    });
  const json = (body) => new Response(JSON.stringify(body), { headers });

  async function fetch(url, init) {
    const { pathname, searchParams: query } = new URL(url);
    const isStream = pathname.endsWith("/events");
    const isHistory = query.get("Action") === "GetExecutionHistory";
    const wait = Number(query.get("WaitTimeSeconds") ?? 0);
    const kind = isStream ? "stream" : isHistory ? "history" : wait > 0 ? "poll" : "now";
    gateway.seen.push({ kind, at: now(), query, headers: new Headers(init.headers) });
    if (isStream) return stream(url, init, query);
    if (isHistory) {
      const from = Number(query.get("NextToken") ?? 0);
      const to = Math.min(count(events), from + Number(query.get("Limit") ?? 60));
      const more = to < count(events) ? { NextToken: String(to) } : {};
      return json({
        RequestId: "h",
        Events: Array.from({ length: Math.max(0, to - from) }, (_, i) => event(from + i + 1)),
        ...more,
      });
    }
    const at = count(states);
    const next = states[at]?.[0] ?? Number.POSITIVE_INFINITY;
    if (wait > 0 && at < states.length) await until(Math.min(next, now() + wait * 1000), init.signal);
    return json(bodyOf(count(states)));
  }

  function stream(url, init, query) {
    const number = gateway.seen.filter(({ kind }) => kind === "stream").length;
    const [seq = 0, last = 0] = (new Headers(init.headers).get("last-event-id") ?? "0.0").split(".").map(Number);
    const other = onStream(number, { url, init, seq, last });
    if (other !== undefined) return other;
    const withHistory = query.get("history") === "1";
    return streamed(
      (send, close) => {
        gateway.open += 1;
        let [state, sent] = [seq, withHistory ? last : 0];
        const timers = new Set();
        const later = (at, act) => timers.add(setTimeout(act, Math.max(0, at - now())));
        const end = () => {
          for (const timer of timers) clearTimeout(timer);
          gateway.open -= 1;
        };
        const look = () => {
          if (count(states) > state) {
            state = count(states);
            send(message("execution", `${state}.${sent}`, bodyOf(state)));
          }
          const isDone = count(events) === events.length;
          if (withHistory && count(events) > sent) {
            const fresh = Array.from({ length: count(events) - sent }, (_, i) => event(sent + i + 1));
            sent = count(events);
            send(message("history", `${state}.${sent}`, { Events: fresh, Done: isDone }));
          }
          if (state === states.length && (!withHistory || isDone)) {
            send(message("end", `${state}.${sent}`, {}));
            end();
            close();
          }
        };
        send("retry: 1000\n\n");
        for (const [at] of [...states, ...events]) if (at > now()) later(at, look);
        const beat = () => {
          send(": heartbeat\n\n");
          later(now() + heartbeatMs, beat);
        };
        if (Number.isFinite(heartbeatMs)) later(now() + heartbeatMs, beat);
        if (Number.isFinite(maxMs))
          later(now() + maxMs, () => {
            end();
            close();
          });
        look();
        return () => {
          gateway.cancelled += 1;
          end();
        };
      },
      { signal: init.signal, chunk },
    );
  }

  gateway.kinds = () => gateway.seen.map(({ kind }) => kind);
  gateway.of = (kind) => gateway.seen.filter((request) => request.kind === kind);
  return gateway;
}

/** An execution that runs at 5 s and ends at 90 s. */
export const STATES = [
  [0, "Starting"],
  [5000, "Running"],
  [90_000, "Succeeded"],
];

export const EVENTS = [
  [0, "ExecutionStarted"],
  [6000, "StepEntered"],
  [6100, "StepExited"],
  [40_000, "StepEntered"],
  [90_000, "ExecutionSucceeded"],
];

/** What a watcher sees: [status, ms], and how it ends. */
export function watched(time, iterator, more) {
  const seen = [];
  const ended = (async () => {
    for await (const { status } of iterator) {
      seen.push([status, Math.round(time.now())]);
      more?.(status);
    }
  })();
  ended.catch(() => {});
  return { seen, ended };
}

/** What a follower sees: the ids of the events. */
export async function idsOf(iterator) {
  const ids = [];
  for await (const { eventId } of iterator) ids.push(eventId);
  return ids;
}
