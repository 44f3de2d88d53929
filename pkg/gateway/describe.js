// DescribeExecution through the hub: one upstream poll for all callers.

import { onAbort } from "../shared/abort.js";
import { NOW, POLL } from "./hub/effects.js";
import { statusIn, watch } from "./hub/watch.js";
import { busy, respond, respondFault } from "./respond.js";

/** Time limit of an answer without a wait. */
const NOW_MS = 8000;

/**
 * @param {import("./gateway.js").Served} served
 * @param {number} seconds the wait of the caller
 * @param {(secondsLeft: number) => Promise<Response>} direct answers with a poll of its own
 * @returns {Promise<Response>}
 */
export function describe(served, seconds, direct) {
  const { log, cors, signal, waitUntil } = served;
  const began = Date.now();
  return new Promise((resolve) => {
    const watching = watch(
      served,
      {
        kind: seconds > 0 ? POLL : NOW,
        since: 0,
        after: 0,
        history: false,
        deadline: began + (seconds > 0 ? seconds * 1000 : NOW_MS),
      },
      {
        answer: (header, body) => resolve(header === "" ? busy(cors) : respond(200, body, cors)),
        fault: (header, body) => resolve(respondFault({ status: statusIn(header), body }, cors)),
        unreachable(error) {
          log("the hub cannot be reached; this request polls the service", error);
          resolve(direct(Math.max(0, Math.floor(seconds - (Date.now() - began) / 1000))));
        },
      },
    );
    const unlisten = signal
      ? onAbort(signal, () => {
          watching.leave();
          resolve(new Response(null, { status: 499 }));
        })
      : undefined;
    watching.ended.then(() => unlisten?.());
    // The watch may finish the poll of a leader after its own answer.
    waitUntil(watching.ended);
  });
}
