// The process with the watchers. Each watcher checks what it receives: states in order, the expected end exactly once,
// events without a gap.
//
//     fork("client.mjs", [service, gateway])                      → { ready: true }
//     { watch: { flowName, executionName, expected, watchers } }  → { done: executionName, problems }
//     { figures: true }                                           → { figures }

import process from "node:process";
import { createClient } from "../../pkg/dist/index.js";
import { KEY } from "../gateway-load/service.mjs";

const [service, gateway] = process.argv.slice(2);

/** A client has the rate limit of an account. Pages of different users are different clients. */
const PAGES = 20;

const direct = createClient({ endpoint: service, credentials: KEY, allowInsecureHttp: true });
const pages = (transport) => Array.from({ length: PAGES }, () => createClient({ endpoint: gateway, transport }));
const [streams, polls] = [pages("sse"), pages("poll")];

const figures = { watchers: 0, most: 0, updates: 0, events: 0, retries: 0 };

/** What the watchers of an execution are: the numbers of each kind, and how each of them watches. */
const KINDS = {
  direct: (ref, signal) => watch(direct, ref, signal),
  directEvents: (ref, signal) => follow(direct, ref, signal),
  stream: (ref, signal, index) => watch(streams[index % PAGES], ref, signal),
  streamEvents: (ref, signal, index) => follow(streams[index % PAGES], ref, signal),
  poll: (ref, signal, index) => watch(polls[index % PAGES], ref, signal),
};

/** Returns the problems of a watcher of states. */
async function watch(client, { expected, ...ref }, signal) {
  const problems = [];
  const seen = [];
  const options = {
    signal,
    onUpdate: ({ status }) => void seen.push(status),
    onRetry: countRetry,
    waitTimeSeconds: 60,
  };
  const { status } = await client.waitForExecution(ref, options);
  figures.updates += seen.length;
  if (status !== expected) problems.push(`the end is ${status}, not ${expected}`);
  // Starting and Running, then the end exactly once.
  if (!/^(Starting )?(Running )?\w+$/.test(seen.join(" ")) || seen.at(-1) !== expected)
    problems.push(`the states are ${seen.join(" ")}`);
  return problems;
}

/** Returns the problems of a watcher of events. */
async function follow(client, { expected, ...ref }, signal) {
  const problems = [];
  let [before, last] = [0, ""];
  for await (const event of client.executionEvents(ref, { follow: true, signal, onRetry: countRetry })) {
    figures.events += 1;
    if (event.eventId !== before + 1) problems.push(`event ${event.eventId} follows event ${before}`);
    [before, last] = [event.eventId, event.type];
  }
  if (last !== `Execution${expected}`) problems.push(`the last event is ${last}`);
  return problems;
}

function countRetry() {
  figures.retries += 1;
}

let index = 0;

async function watchAll({ watchers, timeoutMs, ...ref }) {
  const problems = [];
  const one = async (kind) => {
    figures.watchers += 1;
    figures.most = Math.max(figures.most, figures.watchers);
    index += 1;
    // An execution takes minutes at most. A watcher that is not done then has lost the end.
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      for (const text of await KINDS[kind](ref, signal, index)) problems.push(`${kind}: ${text}`);
    } catch (error) {
      problems.push(`${kind}: ${error.name} ${error.code ?? ""} ${error.message}`);
    } finally {
      figures.watchers -= 1;
    }
  };
  await Promise.all(
    Object.entries(watchers).flatMap(([kind, count]) => Array.from({ length: count }, () => one(kind))),
  );
  process.send({ done: ref.executionName, problems });
}

process.on("message", (message) => {
  if (message.watch) watchAll(message.watch);
  if (message.figures) process.send({ figures: { ...figures, heapMb: process.memoryUsage().heapUsed / 2 ** 20 } });
});
process.on("disconnect", () => process.exit(0));
process.send({ ready: true });
