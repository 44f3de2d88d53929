// A service on loopback for the rows that need real requests: it holds an answer, or throttles.

import http from "node:http";
import { makeResponse } from "./flows.mjs";

/** @param answer (response, seen, query) → called for each request, with how many there were before */
export async function service(answer) {
  let seen = 0;
  const server = http.createServer((request, response) =>
    answer(response, seen++, new URL(request.url, "http://x").searchParams),
  );
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    host: `127.0.0.1:${server.address().port}`,
    get seen() {
      return seen;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export function ok(response) {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(makeResponse("small"));
}

export function throttled(response) {
  response.writeHead(429, { "content-type": "application/json", "retry-after": "2" });
  response.end('{"Code":"Throttling.User","Message":"slow down","RequestId":"r","__type":"ThrottlingException"}');
}
