// The emulator on loopback with a faulty proxy, for the suites of all runtimes: real sockets that close, incomplete
// bodies, HTML pages.
//
//     GET <url>/                        the emulator
//     GET <url>/<id>/<step>,<step>,…/   the emulator behind the proxy, which applies one step to each request and the
//                                       last step to all further requests
//     GET <url>/log/<id>                the requests of this id: [{ step, ended }]; `ended` is "answered", "gone"
//                                       (the client disconnected) or absent
//
// Steps: ok · drop (no response) · truncate (half of the body, then the connection closes) · stall (half of the body,
// then nothing) · hold (no response, the connection stays open) · html502, html504 · busy (429 with
// x-acs-retry-after) · throttled (an error of the shared gateway) · cutN (the connection closes after N ms)

import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import { createEmulator } from "../../../pkg/dist/local.js";

// Pages of all origins may read the responses.
const CORS = { "access-control-allow-origin": "*", "access-control-expose-headers": "date, x-acs-retry-after" };

/** @returns {Promise<{ url: string, close(): void }>} */
export async function openService() {
  const emulator = createEmulator();
  const logs = new Map();
  const server = createServer((incoming, outgoing) => {
    answer(emulator, logs, incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
      emulator.close();
    },
  };
}

async function answer(emulator, logs, incoming, outgoing) {
  const { pathname, search } = new URL(incoming.url, "http://x");
  const [, id = "", steps = ""] = pathname.split("/");
  if (id === "log") return reply(outgoing, 200, {}, JSON.stringify(logs.get(steps) ?? []));
  const log = logs.get(id) ?? [];
  if (id) logs.set(id, log);
  const names = (steps || "ok").split(",");
  const entry = { step: names[Math.min(log.length, names.length - 1)] };
  log.push(entry);
  const gone = new AbortController();
  outgoing.once("close", () => {
    entry.ended ??= outgoing.writableFinished ? "answered" : "gone";
    gone.abort();
  });

  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = incoming.method === "POST" ? Buffer.concat(chunks) : undefined;
  const type = incoming.headers["content-type"];
  const headers = { ...(type && { "content-type": type }), ...acs(incoming.headers) };
  const request = new Request(`http://${incoming.headers.host}/${search}`, {
    method: incoming.method,
    headers,
    body,
    signal: gone.signal,
  });
  const asked = async () => {
    const response = await emulator.fetch(request);
    return [response.status, Object.fromEntries(response.headers), await response.text()];
  };
  const cut = () => {
    entry.ended = "cut";
    // The end of the connection, not of a response.
    incoming.socket.destroy();
  };
  const half = () => {
    const text = '{"RequestId":"r","FlowName":"f","Name":"e","Status":"Running",';
    outgoing.writeHead(200, { ...CORS, "content-length": 2 * text.length });
    outgoing.write(text);
  };

  const { step } = entry;
  if (step === "ok") return reply(outgoing, ...(await asked()));
  if (step === "drop") return cut();
  if (step === "hold") return undefined;
  if (step === "stall") return half();
  if (step === "truncate") {
    half();
    return void setTimeout(cut, 20);
  }
  if (step.startsWith("html")) {
    const status = Number(step.slice(4));
    return reply(
      outgoing,
      status,
      { "content-type": "text/html" },
      `<html><title>${status} Bad Gateway</title></html>`,
    );
  }
  if (step === "busy") return reply(outgoing, 429, { "x-acs-retry-after": "150" }, fault("ResourceThrottled"));
  if (step === "throttled") return reply(outgoing, 400, {}, fault("Throttling.User"));
  if (step.startsWith("cut")) {
    const timer = setTimeout(cut, Number(step.slice(3)));
    const answer = await asked().catch(() => undefined);
    clearTimeout(timer);
    if (answer && entry.ended === undefined) reply(outgoing, ...answer);
    return undefined;
  }
  throw new Error(`there is no step \`${step}\``);
}

/** Headers of the signature in the header form. */
function acs(headers) {
  const signed = Object.entries(headers).filter(
    ([name]) => name.startsWith("x-acs-") || name === "authorization" || name === "accept",
  );
  return Object.fromEntries(signed);
}

function reply(outgoing, status, headers, text) {
  if (!outgoing.destroyed) outgoing.writeHead(status, { ...headers, ...CORS }).end(text);
}

function fault(Code) {
  return JSON.stringify({ Code, Message: "slow down", RequestId: "r" });
}
