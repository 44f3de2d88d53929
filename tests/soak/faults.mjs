// A proxy between two processes that injects faults: refused requests, errors of the service, slow answers, cut connections.

import http from "node:http";
import { pause } from "../gateway-load/measure.mjs";

/** Share of the requests that get a fault, by kind. */
const SHARES = { unavailable: 0.02, throttled: 0.02, refused: 0.01, cut: 0.01, slow: 0.03 };

const ERRORS = {
  unavailable: [503, "ServiceUnavailable"],
  throttled: [429, "Throttling.User"],
};

/** Maximum delay of a slow answer, in ms. */
const SLOW_MS = 5000;

/**
 * Starts a proxy on a free port of loopback.
 *
 * @param {{ target: () => string, random: () => number, streamsLiveMs?: number }} options `target`: the address to forward
 *   to; `streamsLiveMs`: mean time until a stream of events is cut
 */
export async function startFaults({ target, random, streamsLiveMs = 60_000 }) {
  const counts = { requests: 0, unreachable: 0, streamsCut: 0, ...mapValues(SHARES, () => 0) };
  const agent = new http.Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 256 });

  const server = http.createServer(async (request, response) => {
    counts.requests += 1;
    const fault = choose(random());
    if (fault) counts[fault] += 1;
    if (fault === "refused") return void request.socket.destroy();
    if (fault in ERRORS) {
      request.resume();
      const [status, Code] = ERRORS[fault];
      response.writeHead(status, { "content-type": "application/json" });
      return void response.end(JSON.stringify({ Code, Message: "injected", RequestId: "soak" }));
    }
    if (fault === "slow") await pause(random() * SLOW_MS);
    forward(request, response, fault === "cut");
  });

  function forward(request, response, isCut) {
    const { hostname, port } = new URL(target());
    const onward = http.request(
      { agent, hostname, port, method: request.method, path: request.url, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        const isStream = /event-stream/.test(answer.headers["content-type"] ?? "");
        if (isCut && !isStream) return void answer.once("data", () => response.destroy());
        if (isStream) {
          const ms = -Math.log(1 - random()) * streamsLiveMs;
          const timer = setTimeout(() => {
            counts.streamsCut += 1;
            response.destroy();
          }, ms);
          response.once("close", () => clearTimeout(timer));
        }
        answer.pipe(response);
        answer.on("error", () => response.destroy());
      },
    );
    onward.on("error", () => {
      counts.unreachable += 1;
      response.destroy();
    });
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  }

  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    counts,
    close() {
      server.closeAllConnections();
      server.close();
      agent.destroy();
    },
  };
}

/** The fault for a random number from 0 to 1. */
function choose(number) {
  let least = 0;
  for (const [kind, share] of Object.entries(SHARES)) {
    least += share;
    if (number < least) return kind;
  }
  return "";
}

function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
